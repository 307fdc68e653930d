"""Exercise 06: the made-up logits that entropy and its gradient are tried on, and words for a state."""

import numpy as np

from ppo_edu.arrays import log_softmax
from ppo_edu.grading.formula import shown

NONE = -np.inf  # the logit of a masked action
HUGE = (
    [1000.0, 999.0, 0.0],
    [-1000.0, -1001.0, -1000.0],
    [1000.0, -1000.0, -1000.0],
    [-1000.0, 1000.0, 999.0],
    [0.0, 1.0, 2.0],
    [0.0, 720.0, 720.0],  # exp(720) overflows, exp(−720) is not yet 0
)
MASKED = ([0.0, 0.0, NONE], [1.0, NONE, 2.5], [NONE, NONE, 3.0], [0.5, -0.5, 1.0])
OVERFLOW = "exp of 1000 is too large for a number, exp of −1000 too small. Only differences within a row count."
NO_LOGARITHM = "A probability of 0 has no logarithm. What does an action add that is never taken?"


def ordinary(seed):
    """Example 3 and two more, shifted; as many states as actions; other sizes; one state."""
    rng = np.random.default_rng(seed)
    by_hand = np.log([[0.7, 0.1, 0.1, 0.1], [0.25, 0.25, 0.25, 0.25], [0.4, 0.3, 0.2, 0.1]])
    shapes = (5, 3), (3, 3), (1, 4)
    return [(by_hand + [[0.0], [3.0], [-2.0]],), *((rng.normal(0, 1.5, shape),) for shape in shapes)]


def huge(seed):
    """Logits whose exponentials overflow or vanish; nothing to choose from."""
    two_of_five = np.array([[1000.0, 1000.0, -1000.0, -1000.0, -1000.0]])
    return [(np.array(HUGE),), (two_of_five,), (np.array([[-2000.0, -2000.0]]),), (np.array([[5.0], [-3.0]]),)]


def many(seed):
    """The same, and 3,000 actions: there something sloppy, added for each of them, shows."""
    return [*huge(seed), (np.resize([0.0, 1.0], (1, 3000)),)]


def masked(seed):
    """Some actions are impossible; in one state all but one."""
    logits = np.random.default_rng(seed + 1).normal(0, 1.5, (4, 5))
    logits[[0, 1, 1, 3], [2, 0, 4, 3]] = NONE
    return [(np.array(MASKED),), (logits,)]


def many_masked(seed):
    """The same, and 3,000 actions of which two are possible."""
    return [*masked(seed), (np.append(np.full(2998, NONE), [0.0, 1.0])[None],)]


def state(inputs, index):
    """Words for the state that differs."""
    action = f", action {index[1]}" if len(index) > 1 else ""
    return f"state {index[0]}{action}, logits {shown(inputs[0][index[0]])}"


def policy(logits):
    return np.exp(log_softmax(logits))


def naive(logits):
    """The softmax as it is printed, without a shift."""
    return np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)


def naive_logs(logits):
    return logits - np.log(np.exp(logits).sum(-1, keepdims=True))


def shifted_by(shift):
    """A softmax that subtracts `shift(logits)` before exp, whatever comes of it."""
    return lambda logits: naive(logits - shift(logits))


def cut_at(bound):
    return lambda logits: policy(np.clip(logits, -bound, bound))
