"""Exercise 01: what is believed about a softmax, as formulas that give the same numbers."""

import numpy as np

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


def cut_above(top):
    """Logits cut from above only, in a safe softmax and in one that is not."""
    return tuple(
        lambda z, of=of: of(np.minimum(z, top))
        for of in (softmax, shifted_by(lambda z: 0.0), no_nan(shifted_by(lambda z: 0.0)))
    )


def over_rows(operation):
    """`operation` over the actions, kept as a column."""
    return lambda z: operation(z, axis=1, keepdims=True)


OTHER_SHIFTS = tuple(shifted_by(over_rows(of)) for of in (np.mean, np.median, np.min))

LARGE_SHIFTS = (
    lambda z: abs(z).max(1, keepdims=True),
    lambda z: np.linalg.norm(z, axis=1, keepdims=True),
)

SOFTMAX = (
    belief(
        "exp overflows at 710 and vanishes at −745, and then inf/inf or 0/0 is nan. Only differences within a row "
        "count, so you may shift each row first.",
        shifted_by(lambda z: 0.0),
        no_nan(shifted_by(lambda z: 0.0)),
        lambda z: np.exp(z) / (np.exp(z).sum(1, keepdims=True) + 1e-8),
    ),
    belief(
        "You shift all rows by one number, taken from the whole table. A row far below it vanishes altogether, one far "
        "above it overflows: each row needs its own.",
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
        "A shift per row is right, but by this number all exponents of a row may lie far below 0, and vanish together. "
        "By which shift is the largest exponent never far from 0?",
        *(formula for shift in LARGE_SHIFTS for formula in (shifted_by(shift), no_nan(shifted_by(shift)))),
    ),
    belief(
        "You shift column by column. That changes the differences within a row, and these are all that counts.",
        shifted_by(lambda z: z.max(0)),
        shifted_by(lambda z: z.mean(0)),
    ),
    belief(
        "You cut large logits off. Two that were cut to the same bound then look alike, and their difference was what "
        "mattered.",
        *(formula for top in (20, 50, 88, 100, 500, 700, 709) for formula in cut_above(top)),
        *map(cut_at, (1, 5, 10, 20, 30, 50, 88, 100, 200, 300, 500, 600, 700, 709, 710)),
    ),
    belief(
        "You rescale the logits. A shift leaves all differences within a row as they are, a factor does not.",
        *(lambda z, factor=factor: softmax(factor * z) for factor in (0.1, 0.5, 2, 10)),
        lambda z: softmax(z / np.sqrt(z.shape[1])),
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
        lambda z: np.exp(softmax(z)),
        lambda z: np.exp(z - z.max(1, keepdims=True)),
    ),
    belief(
        "You take the softmax twice: the second one treats probabilities as logits, and all actions come out nearly "
        "alike.",
        lambda z: softmax(softmax(z)),
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
    belief(
        "The base is 2, not e: in yours a logit that rises by 1 doubles its weight. It should multiply it by e.",
        lambda z: softmax(z * np.log(2)),
    ),
    belief(
        "All actions come out alike: your answer does not depend on the logits.",
        lambda z: np.full(z.shape, 1 / z.shape[1]),
    ),
)
