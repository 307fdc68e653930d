"""Exercise 01: what is believed about safe steps, as formulas that give the same numbers."""

import numpy as np

from ppo_edu.grading.checks.step_size_worlds import longest_safe_step
from ppo_edu.grading.formula import belief


def first_worse(steps, returns, start_return):
    return np.flatnonzero(returns < start_return)


def last(steps):
    return steps[-1]


def when(worse, formula, otherwise=last):
    """`formula(steps, returns, k)` with k the first index in `worse(…)`, `otherwise(steps)` where there is none."""

    def answer(steps, returns, start_return):
        found = worse(steps, returns, start_return)
        return formula(steps, returns, found[0]) if len(found) else otherwise(steps)

    return answer


def before(steps, returns, k):
    return steps[k - 1] if k else 0.0


def when_worse(formula, otherwise=last):
    return when(first_worse, formula, otherwise)


def falls(steps, returns, start_return):
    return np.flatnonzero(np.diff(np.r_[start_return, returns]) < 0)


def falls_in_the_list(steps, returns, start_return):
    return np.flatnonzero(np.diff(returns) < 0)


def last_fine(steps, returns, start_return):
    fine = np.flatnonzero(returns >= start_return)
    return steps[fine[-1]] if len(fine) else 0.0


def by_halving(steps, returns, start_return):
    """The step that bisection ends at."""
    low, high = -1, len(steps)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if returns[middle] >= start_return else (low, middle)
    return steps[low] if low >= 0 else 0.0


def crossing(steps, returns, start_return):
    """Where the straight line between the last safe point and the first worse one meets the start's return."""
    worse = first_worse(steps, returns, start_return)
    if not len(worse):
        return steps[-1]
    x, y, k = np.r_[0.0, steps], np.r_[start_return, returns], worse[0]
    return x[k] + (x[k + 1] - x[k]) * (y[k] - start_return) / (y[k] - y[k + 1])


SAFE = (
    belief(
        "That is the best step. How high a step ends does not matter: every step before the first that ends below the "
        "start is safe.",
        lambda steps, returns, J: steps[returns.argmax()],
    ),
    belief(
        "You take the last step that is no worse, and look past a dip before it. A step in the dip is not safe, so "
        "nothing beyond it is.",
        last_fine,
    ),
    belief(
        "You look for the *last* step that does harm, and take the one before it. From the first one on, nothing is "
        "safe.",
        lambda steps, returns, J: when(lambda *line: first_worse(*line)[::-1], before)(steps, returns, J),
    ),
    belief(
        "You halve the list as if a return that has fallen below the start never came back. A dip between two of your "
        "looks goes unseen.",
        by_halving,
    ),
    belief(
        "That is the first step that does harm; the one before it is the longest safe one.",
        when_worse(lambda steps, returns, k: steps[k]),
        when_worse(lambda steps, returns, k: steps[k], lambda steps: 0.0),
    ),
    belief(
        "You stop one step too early: the step just before the first harmful one is still safe.",
        when_worse(lambda steps, returns, k: steps[k - 2] if k > 1 else 0.0),
    ),
    belief(
        "You stop where the return begins to fall. Falling is not yet worse than where it started.",
        when(falls, before),
        when(falls_in_the_list, lambda steps, returns, k: steps[k]),
    ),
    belief(
        "A step that is exactly as good as staying does no harm: it is safe.",
        when(lambda steps, returns, J: np.flatnonzero(returns <= J), before),
    ),
    belief(
        "When the very first step does harm there is none before it, and index −1 is the *last* one. Then the answer "
        "is 0.",
        when_worse(lambda steps, returns, k: steps[k - 1]),
    ),
    belief(
        "When the very first step does harm, no step of the list is safe: the answer is 0.",
        *(when_worse(lambda steps, returns, k, no=no: steps[k - 1] if k else no) for no in (-1.0, np.nan, np.inf)),
        when_worse(lambda steps, returns, k: steps[max(k - 1, 0)]),
    ),
    belief(
        "That is a position in the list, or a count. Asked is the step that stands there.",
        when_worse(lambda steps, returns, k: k - 1, lambda steps: len(steps) - 1),
        when_worse(lambda steps, returns, k: max(k - 1, 0), lambda steps: len(steps) - 1),
        when_worse(lambda steps, returns, k: k, len),
        lambda steps, returns, J: np.sum(returns >= J),
    ),
    belief(
        "That is a return. Asked is a step, the longest safe one.",
        lambda steps, returns, J: returns[np.isclose(steps, longest_safe_step(steps, returns, J)).argmax()],
        lambda steps, returns, J: returns.max(),
    ),
    belief(
        "You compare with 0. The start has a return of its own, `start_return`.",
        lambda steps, returns, J: when_worse(before)(steps, returns, 0.0),
    ),
    belief(
        "You compare with the first step's return. Where it started is `start_return`.",
        lambda steps, returns, J: when_worse(before)(steps, returns, returns[0]),
    ),
    belief(
        "You compare by a quotient: where `start_return` is negative it says the opposite, and at 0 it divides by 0. "
        "Compare the two returns.",
        when(lambda steps, returns, J: np.flatnonzero(returns / J < 1), before),
        when(lambda steps, returns, J: np.flatnonzero(returns / J <= 1), before),
    ),
    belief(
        "The comparison is turned: you stop at the first step that does good.",
        when(lambda steps, returns, J: np.flatnonzero(returns > J), before),
    ),
    belief(
        "When no step does harm, the longest in the list is safe.",
        *(when_worse(before, lambda steps, no=no: no) for no in (0.0, -1.0, np.nan, np.inf)),
        when_worse(before, lambda steps: steps[0]),
    ),
    belief(
        "You guess where the line crosses `start_return` between two steps. Asked is a step of the list: only there "
        "was the return measured.",
        crossing,
        when_worse(lambda steps, returns, k: (before(steps, returns, k) + steps[k]) / 2),
    ),
    belief(
        "That is the step whose return is closest to `start_return`. It may be one that does harm, and there may be "
        "harm before it.",
        lambda steps, returns, J: steps[abs(returns - J).argmin()],
    ),
    belief(
        "You look for the step that ends lowest without doing harm. How good it is does not matter, only how far one "
        "may go.",
        lambda steps, returns, J: (
            steps[np.where(returns >= J, returns, np.inf).argmin()] if (returns >= J).any() else 0.0
        ),
    ),
    belief(
        "You average the returns up to each step. Behind several good steps a harmful one is then hidden.",
        when(lambda steps, returns, J: np.flatnonzero(returns.cumsum() / np.arange(1, len(steps) + 1) < J), before),
    ),
    belief(
        "You look for the worst step. A step does harm as soon as it ends below `start_return`.",
        lambda steps, returns, J: steps[returns.argmin()],
        lambda steps, returns, J: before(steps, returns, returns.argmin()),
    ),
    belief(
        "That is the shortest step that does no harm. Asked is the longest that is safe.",
        lambda steps, returns, J: next((s for s, value in zip(steps, returns) if value >= J), 0.0),
    ),
    belief(
        "You always answer with the last step of the list, whatever its return is.",
        lambda steps, returns, J: steps[-1],
    ),
)
