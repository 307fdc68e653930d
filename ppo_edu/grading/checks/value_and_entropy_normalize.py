"""Exercise 06: advantages brought to mean 0 and deviation 1, and what is believed about it."""

import numpy as np

from ppo_edu.grading.checks.value_and_entropy_critic import sizes
from ppo_edu.grading.formula import Part, belief, shown
from ppo_edu.grading.items import Item
from ppo_edu.grading.rollout import Fragile, OfRollout
from ppo_edu.loss import normalize

# So small that −1e-8 shows, or another size of it, or the root over it, and still not a guard in its place.
TINY = 1.25e-5


def batches(seed):
    """Two numbers by hand, Example 2, made-up batches: ordinary, far from 0, with one outlier, next to nothing."""
    rng = np.random.default_rng(seed)
    lesson = np.array([3.6639, 1.8248, -0.66, 2.0])
    outlier = np.append(sizes(rng, 200) / 10, 8.0)
    made_up = sizes(rng, 9), 40 + sizes(rng, 7), outlier, TINY * normalize(sizes(rng, 8))
    return [(np.array([1.0, 3.0]),), (lesson,), *((batch,) for batch in made_up)]


def nothing(seed):
    """Equal advantages, and a single one. The mean of three times 0.1 is not quite 0.1, nor is the deviation 0."""
    return [(np.full(6, 2.5),), (np.array([3.0]),), (np.zeros(4),), (np.full(3, 0.1),)]


def tables(seed):
    """[T, N]: one batch."""
    rng = np.random.default_rng(seed + 1)
    return [(sizes(rng, (4, 3)) + np.array([0.0, 5.0, -2.0]),), (sizes(rng, (3, 3)),), (np.full((3, 2), 1.5),)]


def whole(seed):
    """Advantages that are whole numbers."""
    return [(np.array([3, -2, 5, 1, -4, 2]),)]


def by(spread, centre=np.mean):
    """(Â − centre) / spread, nan where that is 0/0."""
    return lambda A: (A - centre(A)) / spread(A)


def columns(A, axis=0):
    return (A - A.mean(axis, keepdims=True)) / (A.std(axis, keepdims=True) + 1e-8)


def of_tables(axis):
    """Normalised along one axis where there are two."""
    return lambda A: columns(A, axis) if A.ndim > 1 else normalize(A)


def sample_std(A):
    return A.std(ddof=1) if A.size > 1 else np.nan


def epsilon_for(spread):
    return tuple(by(lambda A, e=e: spread(A) + e) for e in (1e-8, 0.0))


def root(A, e):
    return np.sqrt(A.var() + e)


BELIEFS = (
    belief(
        "You divide by n − 1: torch's default, and `ddof=1` in numpy. The population's deviation divides by n; of a "
        "single advantage the other is nan.",
        *epsilon_for(sample_std),
        lambda A: np.nan_to_num(by(lambda A: sample_std(A) + 1e-8)(A)),
    ),
    belief(
        "0/0: when all advantages are equal, or there is only one, the deviation is 0. What could be added to it?",
        by(np.std),
        by(np.std, np.median),
    ),
    belief(
        "Your way out is for a deviation of exactly 0. Rounding makes it 1e-17 at times, as for three times 0.1, and "
        "then you divide by that. A number that is always added has no such gap.",
        lambda A: (A - A.mean()) / (A.std() or 1.0),
        lambda A: np.nan_to_num(by(np.std)(A)),
    ),
    belief(
        "Small advantages are left alone or set to 0 in yours. They are divided like all others: that is what makes "
        "the scale of the rewards irrelevant.",
        *(lambda A, e=e: np.zeros(A.shape) if A.std() < e else normalize(A) for e in (1e-4, 1e-3)),
        *(lambda A, e=e: A if A.std() < e else normalize(A) for e in (1e-4, 1e-3)),
        *(lambda A, e=e: A - A.mean() if A.std() < e else normalize(A) for e in (1e-4, 1e-3)),
    ),
    belief(
        "Your epsilon is so large, or so placed (under the root, with a minus), that it decides where advantages are "
        "small. Add 1e-8 to the standard deviation itself.",
        *(by(lambda A, e=e: A.std() + e) for e in (-1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1.0)),
        *(by(lambda A, e=e: root(A, e)) for e in (1e-10, 1e-9, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3)),
        *(by(lambda A, e=e: np.maximum(A.std(), e)) for e in (1e-4, 1e-3, 1e-2, 0.1)),
    ),
    belief(
        "The mean is not taken off. An error of the critic that is the same everywhere stays in.",
        lambda A: A / (A.std() + 1e-8),
        lambda A: A / A.std(),
    ),
    belief(
        "Only the mean is taken off; the spread is still what it was.",
        lambda A: A - A.mean(),
        lambda A: A - A.mean() + 1e-8,
    ),
    belief(
        "You divide by the variance. The standard deviation is its root, and has the unit of Â.",
        by(lambda A: A.var() + 1e-8),
        by(np.var),
        by(lambda A: A.var(ddof=1) + 1e-8),
    ),
    belief(
        "You normalise column by column, or row by row. A table [T, N] is one batch.",
        of_tables(0),
        of_tables(1),
        of_tables(-1),
    ),
    belief(
        "You divide by something else than the deviation: the largest size, the range, the mean size, the length.",
        *(
            formula
            for size in (
                lambda A: abs(A).max(),
                lambda A: abs(A - A.mean()).max(),
                np.max,
                np.ptp,
                lambda A: abs(A).mean(),
                lambda A: abs(A - A.mean()).mean(),
                lambda A: np.sqrt(((A - A.mean()) ** 2).sum()),
                lambda A: np.sqrt((A**2).sum()),
                lambda A: np.sqrt((A**2).mean()),
            )
            for formula in (
                by(lambda A, size=size: size(A) + 1e-8),
                lambda A, size=size: A / (size(A) + 1e-8),
                by(size),
                lambda A, size=size: A / size(A),
            )
        ),
    ),
    belief(
        "That brings them between 0 and 1, or leaves none of them below 0. What is below the mean should become "
        "negative, or nothing is ever pushed down.",
        lambda A: (A - A.min()) / (np.ptp(A) + 1e-8),
        lambda A: (A - A.min()) / np.ptp(A),
        lambda A: (A - A.min()) / (A.std() + 1e-8),
    ),
    belief(
        "That brings them between −1 and 1. It is the standard deviation that should become 1.",
        lambda A: 2 * (A - A.min()) / (np.ptp(A) + 1e-8) - 1,
    ),
    belief(
        "You take the median off. The mean is meant.",
        by(lambda A: A.std() + 1e-8, np.median),
    ),
    belief(
        "The pieces are there, but not in their places: first the mean off, then *all of that* over the deviation.",
        lambda A: A / (A.std() + 1e-8) - A.mean(),
        lambda A: A - A.mean() / (A.std() + 1e-8),
        lambda A: A - A.mean() / A.std(),
        lambda A: (A + A.mean()) / (A.std() + 1e-8),
        lambda A: (A - A.mean()) + A.std(),
        lambda A: (A - A.std()) / (A.mean() + 1e-8),
    ),
    belief(
        "You multiply by the deviation.",
        lambda A: (A - A.mean()) * A.std(),
        lambda A: (A - A.mean()) * (A.std() + 1e-8),
    ),
    belief(
        "The sign is turned: good actions look bad.",
        lambda A: -normalize(A),
        lambda A: (A.mean() - A) / A.std(),
    ),
    belief(
        "The advantages lost their signs, or became weights that sum to 1.",
        lambda A: abs(normalize(A)),
        lambda A: A / A.sum(),
        lambda A: A / (A.sum() + 1e-8),
        lambda A: abs(A) / abs(A).sum(),
        lambda A: np.exp(A - A.max()) / np.exp(A - A.max()).sum(),
    ),
    belief(
        "Only the signs are left, or large ones are cut off. Normalising keeps all proportions.",
        np.sign,
        lambda A: np.sign(A - A.mean()),
        *(lambda A, k=k: np.clip(normalize(A), -k, k) for k in (1, 1.5, 2, 3, 5, 10)),
        lambda A: np.clip(A, -1, 1),
        np.tanh,
    ),
    belief(
        "Equal advantages should become 0: none of them is better than usual.",
        lambda A: A if A.std() == 0 else normalize(A),
        lambda A: np.ones(A.shape) if A.std() == 0 else normalize(A),
        lambda A: A if A.size == 1 else normalize(A),
        lambda A: A if A.std() < 1e-8 else normalize(A),
    ),
    belief("The answer is the input, unchanged.", lambda A: A),
    belief(
        "With whole numbers your answer loses its decimals: the array you fill holds whole numbers, as `advantages` "
        "does (`zeros_like` and `copy` keep the kind).",
        lambda A: normalize(A).astype(A.dtype),
    ),
)


def explain(advantages):
    """A sentence about the case."""
    if not np.ptp(advantages):
        return "These are all equal: none is better than usual, and 0 says so."
    if abs(advantages).max() < 1e-3:
        return "These are tiny, and still come out with deviation 1 nearly."
    if advantages.ndim > 1:
        return "A table is one batch: one mean and one deviation for all of it."
    return "Afterwards the mean is 0 and the mean of the squares is 1. Is it so in yours?"


def sample(inputs, index):
    """Words for the sample that differs."""
    (batch,) = inputs
    return f"Â = {shown(batch[index])} in a batch with mean {shown(batch.mean())} and deviation {shown(batch.std())}"


NORMALIZE = Item(
    name="normalize",
    exercise="06_value_and_entropy",
    points=1,
    judge=OfRollout(
        normalize,
        ("Â",),
        ("normalised",),
        (
            Part("Example 2, made-up batches, one of tiny numbers", 0.5, batches),
            Fragile("equal advantages, and a single one", 0.25, nothing, raised="Here the deviation is 0."),
            Fragile("a table [T, N]", 0.125, tables, raised="Here `advantages` is a table [T, N]: one batch."),
            Fragile(
                "whole numbers; inputs left as they were",
                0.125,
                whole,
                raised="Here `advantages` holds whole numbers.",
            ),
        ),
        BELIEFS,
        explain,
        "The scale is gone, and with it the knowledge whether there was anything to learn: noise of 1e-5 came out as "
        "large as everything else.",
        row=sample,
    ),
    hints=(
        "What is the standard deviation of a batch of one? And what becomes of 0/0?",
        "Take the mean off, divide by the root of the mean square of what is left, plus something that only matters "
        "when that is 0.",
        "centred = advantages − ___; return centred / (___ + 1e-8)",
    ),
    answer="centred = advantages - np.mean(advantages)\nreturn centred / (np.sqrt(np.mean(centred**2)) + 1e-8)",
)
