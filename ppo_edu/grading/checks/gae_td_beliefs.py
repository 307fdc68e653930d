"""Exercise 05: what is believed about TD errors, as formulas that give the same numbers."""

import numpy as np

from ppo_edu.grading.checks.gae_rollouts import after, backwards, before, normalised
from ppo_edu.grading.formula import belief


def whole_numbers(formula):
    """The formula with its answer stored row by row in an array of the first input's kind."""

    def stored(first, *rest):
        return formula(first, *rest).astype(first.dtype)

    return stored


def delta(r, v, n, end, g):
    return r + g * n * ~end - v


def monte_carlo(r, v, n, end, g):
    """All rewards to come, less V."""
    return backwards(r, g * ~end) - v


def monte_carlo_with_the_last_value(r, v, n, end, g):
    """The same, with the critic's word about what follows the last row."""
    r = np.array(r, dtype=np.float64)
    r[-1] += g * n[-1] * ~end[-1]
    return monte_carlo(r, v, n, end, g)


def bootstrap_from(following):
    """δ with V(s_{t+1}) read from another row of `values`."""
    return lambda r, v, n, end, g: delta(r, v, following(v, n), end, g)


TD_ERRORS = (
    belief(
        "You bootstrap through the end. Where the episode terminated there is no future, whatever the critic says "
        "about that state.",
        lambda r, v, n, end, g: r + g * n - v,
    ),
    belief(
        "Your mask is turned around: it keeps the future where the episode terminated and drops it where it goes on.",
        lambda r, v, n, end, g: r + g * n * end - v,
    ),
    belief(
        "You drop the last reward together with the future. It was paid; only γ V(s_{t+1}) falls away at the end.",
        lambda r, v, n, end, g: (r + g * n) * ~end - v,
        lambda r, v, n, end, g: (r + g * n - v) * ~end,
    ),
    belief(
        "Where the episode terminated you leave out V(s_t) too. The critic promised it, and that promise is what the "
        "last reward is measured against.",
        lambda r, v, n, end, g: r + (g * n - v) * ~end,
    ),
    belief(
        "V(s_t) is not subtracted. That is the target r + γ V(s_{t+1}); the TD error says by how much it beats V(s_t).",
        lambda r, v, n, end, g: r + g * n * ~end,
    ),
    belief(
        "The sign is turned: δ is positive when the step went *better* than the critic said.",
        lambda r, v, n, end, g: -delta(r, v, n, end, g),
    ),
    belief(
        "V(s_t) is added. What the critic promised is subtracted from what came.",
        lambda r, v, n, end, g: r + g * n * ~end + v,
    ),
    belief(
        "V(s_{t+1}) is not discounted: it begins one step later, so it counts γ.",
        lambda r, v, n, end, g: r + n * ~end - v,
    ),
    belief(
        "γ belongs to what lies one step ahead, V(s_{t+1}), and to nothing else.",
        lambda r, v, n, end, g: r + n * ~end - g * v,
        lambda r, v, n, end, g: r + g * (n * ~end - v),
        lambda r, v, n, end, g: g * (r + n * ~end) - v,
        lambda r, v, n, end, g: g * r + n * ~end - v,
        lambda r, v, n, end, g: g * delta(r, v, n, end, 1),
        lambda r, v, n, end, g: g * r + g * n * ~end - g * v,
    ),
    belief(
        "V(s_{t+1}) is one step away, so it is discounted by γ once, not twice.",
        lambda r, v, n, end, g: r + g**2 * n * ~end - v,
    ),
    belief(
        "You read V(s_{t+1}) from the next row of `values`. After an end the next row is another episode, and after "
        "the last row there is none. `next_values` holds the true successor.",
        bootstrap_from(lambda v, n: after(v)),
        bootstrap_from(lambda v, n: after(v, v[-1:])),
        bootstrap_from(lambda v, n: after(v, n[-1:])),
        bootstrap_from(lambda v, n: np.roll(v, -1, axis=0)),
        bootstrap_from(lambda v, n: np.roll(v, -1)),
        lambda r, v, n, end, g: r + g * after(v) - v,
    ),
    belief(
        "You look one row too far: `next_values[t]` is already the value of the state after row t.",
        bootstrap_from(lambda v, n: after(n)),
        bootstrap_from(lambda v, n: after(n, n[-1:])),
        bootstrap_from(lambda v, n: np.roll(n, -1, axis=0)),
    ),
    belief(
        "The two values have changed places: V(s_{t+1}) is ahead and is added, V(s_t) is subtracted.",
        lambda r, v, n, end, g: delta(r, n, v, end, g),
        lambda r, v, n, end, g: r + g * v - n,
        lambda r, v, n, end, g: r + g * v - n * ~end,
    ),
    belief(
        "At the end you bootstrap from V(s_t) instead. A terminated episode has no future: that term is 0 there.",
        lambda r, v, n, end, g: r + g * np.where(end, v, n) - v,
    ),
    belief(
        "Your flag comes from a neighbouring row. terminated[t] says that the episode ended *with* row t.",
        lambda r, v, n, end, g: delta(r, v, n, after(end).astype(bool), g),
        lambda r, v, n, end, g: delta(r, v, n, before(end).astype(bool), g),
    ),
    belief(
        "Your reward comes from a neighbouring row. rewards[t] was paid for transition t.",
        lambda r, v, n, end, g: delta(after(r), v, n, end, g),
        lambda r, v, n, end, g: delta(before(r), v, n, end, g),
    ),
    belief(
        "The reward is missing: it is the one thing in δ that was really observed.",
        lambda r, v, n, end, g: g * n * ~end - v,
    ),
    belief(
        "That is the discounted sum of all rewards to come, less V(s_t). A TD error looks one step ahead and asks the "
        "critic about the rest.",
        monte_carlo,
        monte_carlo_with_the_last_value,
    ),
    belief(
        "You normalise. A TD error is in units of reward; leave it as it is.",
        lambda *inputs: normalised(delta(*inputs)),
    ),
    belief(
        "That is the size of the error, or its square. δ has a sign: better or worse than the critic said.",
        lambda *inputs: abs(delta(*inputs)),
        lambda *inputs: delta(*inputs) ** 2,
    ),
    belief(
        "Your γ does not move: the answer is the same for every `gamma`.",
        lambda r, v, n, end, g: delta(r, v, n, end, 0.9),
        lambda r, v, n, end, g: delta(r, v, n, end, 0.99),
    ),
    belief(
        "With whole numbers for rewards your δ loses its decimals: the array you fill holds whole numbers, as "
        "`rewards` does (`zeros_like` and `copy` keep the kind).",
        whole_numbers(delta),
    ),
)
