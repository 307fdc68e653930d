"""Exercise 01: what is believed about a softmax and about safe steps, as formulas that give the same numbers."""

import numpy as np

from ppo_edu.grading.checks.step_size_worlds import longest_safe_step
from ppo_edu.grading.formula import belief
from ppo_edu.mdp import softmax


def shifted_by(shift):
    """A softmax that subtracts `shift(logits)` before exp, whatever comes of it."""

    def formula(z):
        weights = np.exp(z - shift(z))
        return weights / weights.sum(1, keepdims=True)

    return formula


def no_nan(formula):
    return lambda z: np.nan_to_num(formula(z))


def share(weights):
    return weights / weights.sum(1, keepdims=True)


def cut_at(bound):
    return lambda z: softmax(np.clip(z, -bound, bound))


def over_rows(operation):
    """`operation` over the actions, kept as a column."""
    return lambda z: operation(z, axis=1, keepdims=True)


OTHER_SHIFTS = tuple(shifted_by(over_rows(of)) for of in (np.mean, np.median, np.min))

SOFTMAX = (
    belief(
        "exp overflows at 710 and vanishes at −745, and then inf/inf or 0/0 is nan. Only differences within a row "
        "count, so you may shift each row first.",
        shifted_by(lambda z: 0.0),
        no_nan(shifted_by(lambda z: 0.0)),
        lambda z: np.exp(z) / (np.exp(z).sum(1, keepdims=True) + 1e-8),
    ),
    belief(
        "You shift all rows by one number, taken from the whole table. A row far below it vanishes altogether: each "
        "row needs its own.",
        *(formula for of in (np.max, np.mean, np.min) for formula in (shifted_by(of), no_nan(shifted_by(of)))),
    ),
    belief(
        "A shift per row is right, but by this number the largest exponent of a row may still be far above 0, and "
        "overflow. By which shift is it never above 0?",
        *OTHER_SHIFTS,
        *map(no_nan, OTHER_SHIFTS),
        shifted_by(lambda z: z[:, :1]),
        shifted_by(lambda z: z[:, -1:]),
    ),
    belief(
        "You shift column by column. That changes the differences within a row, and these are all that counts.",
        shifted_by(lambda z: z.max(0)),
        shifted_by(lambda z: z.mean(0)),
    ),
    belief(
        "You cut large logits off. Two that were cut to the same bound then look alike, and their difference was what "
        "mattered.",
        *map(cut_at, (1, 5, 10, 20, 30, 50, 88, 100, 200, 300, 500, 600, 700, 709, 710)),
    ),
    belief(
        "You rescale the logits. A shift leaves all differences within a row as they are, a factor does not.",
        lambda z: softmax(z / abs(z).max(1, keepdims=True)),
        lambda z: softmax(z / abs(z).max()),
        lambda z: softmax(z / np.linalg.norm(z, axis=1, keepdims=True)),
        lambda z: softmax((z - z.mean(1, keepdims=True)) / z.std(1, keepdims=True)),
        lambda z: softmax((z - z.mean(1, keepdims=True)) / (z.std(1, keepdims=True) + 1e-8)),
        lambda z: softmax(z / 1000) if abs(z).max() >= 500 else softmax(z),
    ),
    belief(
        "Your columns sum to 1, your rows do not. A row is a state, and in each state the actions share 1.",
        lambda z: softmax(z.T).T,
        lambda z: np.exp(z - z.max(1, keepdims=True)) / np.exp(z - z.max(1, keepdims=True)).sum(0),
    ),
    belief(
        "The whole table sums to 1. Each state needs a distribution of its own.",
        lambda z: softmax(z.ravel()).reshape(z.shape),
        lambda z: np.exp(z - z.max(1, keepdims=True)) / np.exp(z - z.max(1, keepdims=True)).sum(),
    ),
    belief(
        "These are log-probabilities: none is above 0. Asked are the probabilities.",
        lambda z: z - z.max(1, keepdims=True) - np.log(np.exp(z - z.max(1, keepdims=True)).sum(1, keepdims=True)),
        lambda z: np.log(softmax(z)),
    ),
    belief(
        "The rows do not sum to 1: these are weights, not yet probabilities.",
        np.exp,
        lambda z: np.exp(z - z.max(1, keepdims=True)),
    ),
    belief(
        "That picks the largest logit and drops the rest. A softmax gives every action a share.",
        lambda z: (z == z.max(1, keepdims=True)).astype(float),
        lambda z: np.eye(z.shape[1])[z.argmax(1)],
    ),
    belief(
        "Dividing logits by their sum is no softmax: logits may be negative, and only their differences mean "
        "something.",
        share,
        lambda z: share(abs(z)),
        lambda z: share(z**2),
        lambda z: share(np.maximum(z, 0)),
        lambda z: share(z - z.min(1, keepdims=True)),
    ),
    belief(
        "That is a sigmoid of each logit on its own. A softmax makes the actions of a state compete.",
        lambda z: 1 / (1 + np.exp(-z)),
    ),
    belief("The sign of the exponent is turned: your policy prefers the smallest logit.", lambda z: softmax(-z)),
    belief("The base is 2, not e. Then a logit is a power of two.", lambda z: softmax(z * np.log(2))),
    belief(
        "All actions come out alike: your answer does not depend on the logits.",
        lambda z: np.full(z.shape, 1 / z.shape[1]),
    ),
)


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
        "That is the best step. Beyond it the return falls, but a step is safe as long as it is no worse than staying.",
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
        "That is a return. Asked is the step that earns it.",
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
        "You compare by a quotient, and where `start_return` is 0 or negative it says the opposite. Compare the two "
        "returns.",
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
