"""Exercise 04: the made-up pairs of policies that a KL is tried on, and words for a state."""

import numpy as np

from ppo_edu.grading.formula import shown

NONE = -np.inf  # the logit of a masked action
LESSON = np.log([0.5, 0.4, 0.1]), np.log([0.6, 0.3, 0.1])  # old and new; KL 0.0239


def ordinary(seed):
    """The lesson's pair and two more, shifted; as many states as actions; other sizes; one state; equal policies."""
    rng = np.random.default_rng(seed)
    old = np.log([[0.5, 0.4, 0.1], [1 / 3, 1 / 3, 1 / 3], [0.2, 0.2, 0.6]]) + [[0.0], [3.0], [-2.0]]
    new = np.log([[0.6, 0.3, 0.1], [0.7, 0.2, 0.1], [0.5, 0.1, 0.4]]) + [[1.0], [-1.0], [4.0]]
    pairs = [(new, old), *(tuple(rng.normal(0, 1.5, (2, *shape))) for shape in ((5, 3), (4, 4), (1, 6)))]
    same = rng.normal(0, 1.5, (2, 5))
    return [*pairs, (same + 1.0, same)]


def huge(seed):
    """Logits whose exponentials overflow or vanish, and 3,000 actions: there something added for each shows."""
    new = [[-1000.0, 1000.0, 0.0], [1000.0, 999.0, 0.0], [-1000.0, -1001.0, -1000.0], [0.0, 720.0, 719.0]]
    old = [[1000.0, -1000.0, 0.0], [999.0, 1000.0, 998.0], [-1000.0, -1000.0, -1002.0], [0.0, 720.0, 721.0]]
    level = [[-2000.0, -2000.0], [5000.0, 5000.0]], [[-2000.0, -2001.0], [0.0, 1.0]]
    many = np.resize([0.0, 1.0], (1, 3000)), np.resize([1.0, 0.0, 0.5], (1, 3000))
    peak = np.where(np.arange(3000) == 7, 15.0, 0.0)[None], np.where(np.arange(3000) == 7, 16.0, 0.0)[None]
    return [tuple(map(np.array, pair)) for pair in ((new, old), level, many, peak)]


def masked(seed):
    """Actions that both rule out, that only the old policy rules out, that only the new one does: there KL is inf."""
    both = (
        [[0.0, 0.5, NONE], [1.0, NONE, 2.5], [NONE, NONE, 3.0]],
        [[0.5, 0.0, NONE], [0.0, NONE, 2.5], [NONE, NONE, 0.0]],
    )
    only_old = [[0.0, 0.0, 1.0], [0.2, -0.3, 0.5]], [[0.0, NONE, 0.5], [NONE, 0.0, NONE]]
    only_new = [[0.0, 1.0, NONE], [0.0, 1.0, 0.5]], [[0.5, 0.0, -1.0], [0.0, 0.5, -1.0]]
    new, old = np.random.default_rng(seed + 1).normal(0, 1.5, (2, 4, 5))
    for logits in (new, old):
        logits[[0, 1, 1, 3], [2, 0, 4, 3]] = NONE
    return [*(tuple(map(np.array, pair)) for pair in (both, only_old, only_new)), (new, old)]


def state(inputs, index):
    """Words for the state that differs."""
    logits, old_logits = (x[index[0]] if np.ndim(x) > 1 else x for x in inputs)
    where = f"state {index[0]}" if index else "all states"
    return f"{where}, logits {shown(logits)}, old_logits {shown(old_logits)}"
