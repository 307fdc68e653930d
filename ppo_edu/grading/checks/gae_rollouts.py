"""Exercise 05: the made-up rollouts its answers are tried on. Numbers depend on the seed, ends never do."""

import numpy as np

LESSON_REWARDS, LESSON_VALUES = np.array([1.0, 2.0, -1.0, 3.0]), np.array([0.0, 1.5, 2.0, 1.0])
LESSON_NEXT, LESSON_END = np.array([1.5, 2.0, 1.0, 0.0]), np.array([False, False, False, True])
LESSON_DELTAS = np.array([2.35, 2.3, -2.1, 2.0])

# One letter a row: T terminated, L time limit, B both at once, anything else goes on.
ONE_EPISODE = "-----T"
LIMIT_IN_THE_MIDDLE = "--L---T--"
MANY_ENDS = "T--LL-TB--L-"
SIDE_BY_SIDE = ("--T---", "-L--T-", "------", "T----L")


def flags(ends):
    """(terminated, truncated) of a string, [T], or of several strings, [T, N]."""
    rows = np.array([list(column) for column in ([ends] if isinstance(ends, str) else ends)]).T
    terminated, truncated = np.isin(rows, ["T", "B"]), np.isin(rows, ["L", "B"])
    return (terminated[:, 0], truncated[:, 0]) if isinstance(ends, str) else (terminated, truncated)


def sizes(rng, shape):
    """Numbers of both signs between 0.4 and 3 in size, so that nothing that is forgotten can hide."""
    return rng.choice([-1.0, 1.0], shape) * rng.uniform(0.4, 3, shape)


def rollout(rng, ends):
    """(rewards, values, next_values, terminated, truncated), each [T] or [T, N].

    After an end `next_values` is no row's value: of the true successor at a time limit, and a guess of the critic
    about a state without a future where the episode terminated.
    """
    terminated, truncated = flags(ends)
    rewards, values, next_values = (sizes(rng, terminated.shape) for _ in range(3))
    within = ~(terminated | truncated)[:-1]
    next_values[:-1][within] = values[1:][within]
    return rewards, values, next_values, terminated, truncated


def after(x, last=0.0):
    """x[t+1] in row t; in the last row `last`, a number or a row."""
    return np.concatenate([x[1:], np.broadcast_to(last, x[:1].shape)])


def before(x):
    """x[t−1] in row t, 0 in the first."""
    return np.concatenate([0 * x[:1], x[:-1]])


def normalised(x):
    return (x - x.mean()) / (x.std() + 1e-8)


def backwards(deltas, decay):
    """Â_t = δ_t + decay_t Â_{t+1}, for a decay of the shape of deltas."""
    advantages = np.array(deltas, dtype=np.float64)
    for t in range(len(deltas) - 2, -1, -1):
        advantages[t] += decay[t] * advantages[t + 1]
    return advantages
