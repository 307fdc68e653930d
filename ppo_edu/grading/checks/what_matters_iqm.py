"""Exercise 08: the interquartile mean."""

import math

import numpy as np

from ppo_edu.diagnostics import interquartile_mean
from ppo_edu.grading.batch import OfBatch
from ppo_edu.grading.formula import Part, belief
from ppo_edu.grading.items import Item

LESSON = np.array([276.0, 385.0, 334.0, 373.0, 341.0, 355.0, 325.0, 361.0, 379.0, 377.0])  # ten default runs


def runs(rng, size):
    """Made-up returns in no order, a few of them broken."""
    return np.where(rng.random(size) < 0.15, rng.uniform(8, 60, size), rng.normal(350, 40, size))


def by_fours(seed):
    """The lesson's ten, four by hand, and sixteen that are made up."""
    return [(np.array([1000.0, 10.0, 0.0, 20.0]),), (LESSON,), (runs(np.random.default_rng(seed), 16),)]


def odd_sizes(seed):
    """Counts that four does not divide, fewer than four, equal scores, scores below 0."""
    rng = np.random.default_rng(seed + 1)
    few = [(runs(rng, size),) for size in (1, 2, 3, 7, 11, 14)]
    far_apart = [(rng.permutation(5 * 1.6 ** np.arange(size)),) for size in (8, 13, 16)]
    equal = (np.array([500.0, 9.0, 500.0, 500.0, 500.0, 12.0, 500.0]),)
    return [*few, *far_apart, equal, (np.array([9.0, 500.0, 22.0, 481.0, 37.0, 12.0]),), (-runs(rng, 9),)]


def middle(scores, low, high):
    """Mean of the ordered scores, so many cut off at either end."""
    return np.sort(scores)[low : len(scores) - high].mean()


def cut(number):
    """The mean with `number(n)` cut off at both ends."""
    return lambda scores: middle(scores, number(len(scores)), number(len(scores)))


def within_quantiles(strict):
    def formula(scores):
        low, high = np.quantile(scores, [0.25, 0.75])
        kept = (low < scores) & (scores < high) if strict else (low <= scores) & (scores <= high)
        return scores[kept].mean()

    return formula


def empty_when_nothing_is_cut(scores):
    n = len(scores) // 4
    return np.sort(scores)[n:-n].mean()


def three_quarters_down(scores):
    return np.sort(scores)[len(scores) // 4 : 3 * len(scores) // 4].mean()


BELIEFS = (
    belief("That is the mean of all runs: one broken seed moves it as far as it likes.", lambda x: x.mean()),
    belief("That is the median: it uses one or two runs. The middle *half* is asked for.", lambda x: np.median(x)),
    belief(
        "You cut before you sort: what falls away are the first and the last runs, not the lowest and the highest.",
        lambda x: x[len(x) // 4 : len(x) - len(x) // 4].mean(),
    ),
    belief(
        "Fewer than four runs give nan, or nothing: a quarter of them, rounded down, is 0, and `x[0:-0]` is empty.",
        empty_when_nothing_is_cut,
    ),
    belief(
        "You count the upper end from below, as 3·S // 4, and that rounds down once more: where four does not divide "
        "S, a run more falls away at the top than at the bottom. Cut the same number at both ends.",
        three_quarters_down,
        lambda x: three_quarters_down(x) if len(x) > 3 else x.mean(),
        lambda x: three_quarters_down(x) if len(x) > 1 else x.mean(),
    ),
    belief(
        "You cut at one end only. A quarter goes at either.",
        lambda x: middle(x, len(x) // 4, 0),
        lambda x: middle(x, 0, len(x) // 4),
    ),
    belief(
        "A quarter in all is cut off, half of it at either end. Asked is a quarter at *either* end.",
        cut(lambda n: n // 8),
        cut(lambda n: n // 4 // 2),
    ),
    belief(
        "Another share is cut off. A quarter of the runs at either end, rounded down, leaves the middle half.",
        cut(lambda n: n // 10),
        cut(lambda n: n // 5),
        cut(lambda n: n // 3),
        cut(lambda n: min(n // 4 + 1, (n - 1) // 2)),
    ),
    belief(
        "You do not round down: of ten runs, two are cut off at either end, and of three none.",
        cut(lambda n: min(math.ceil(n / 4), (n - 1) // 2)),
        cut(lambda n: min(round(n / 4), (n - 1) // 2)),
        cut(lambda n: min(int(n / 4 + 0.5), (n - 1) // 2)),
    ),
    belief(
        "You cut a fixed number of runs, whatever there are. It is a quarter of them.",
        cut(lambda n: min(2, (n - 1) // 2)),
        cut(lambda n: min(1, (n - 1) // 2)),
    ),
    belief(
        "You keep the runs between the two quartiles as `quantile` interpolates them. Count runs instead: with few, or "
        "with equal ones, that is not the same.",
        within_quantiles(True),
        within_quantiles(False),
    ),
    belief(
        "That is the mean of the two quartiles, or of three. What lies between them is what should be averaged.",
        lambda x: np.quantile(x, [0.25, 0.75]).mean(),
        lambda x: np.quantile(x, [0.25, 0.5, 0.75]).mean(),
    ),
    belief(
        "That is the interquartile *range*, a width. Asked is the mean of what lies in it.",
        lambda x: np.diff(np.quantile(x, [0.25, 0.75]))[0],
        lambda x: np.ptp(np.sort(x)[len(x) // 4 : len(x) - len(x) // 4]),
    ),
    belief(
        "You add the middle up, or divide by the number of all runs. Divide by how many are left.",
        lambda x: np.sort(x)[len(x) // 4 : len(x) - len(x) // 4].sum(),
        lambda x: np.sort(x)[len(x) // 4 : len(x) - len(x) // 4].sum() / len(x),
    ),
    belief(
        "You average the ends and throw the middle away.",
        lambda x: np.delete(np.sort(x), np.s_[len(x) // 4 : len(x) - len(x) // 4]).mean() if len(x) > 3 else math.nan,
    ),
    belief(
        "The outer runs are pulled in to the quartiles and still counted. Asked is the mean without them.",
        lambda x: np.sort(x)[np.clip(np.arange(len(x)), len(x) // 4, len(x) - len(x) // 4 - 1)].mean(),
        lambda x: np.clip(x, *np.quantile(x, [0.25, 0.75])).mean(),
    ),
    belief(
        "Those are the runs of the middle half. Their mean is asked for, one number.",
        lambda x: np.sort(x)[len(x) // 4 : len(x) - len(x) // 4],
    ),
)

IQM = Item(
    name="iqm",
    exercise="08_what_matters",
    points=0.5,
    judge=OfBatch(
        lambda scores: interquartile_mean(scores),
        ("scores",),
        ("IQM",),
        (
            Part("the lesson's ten runs, four, sixteen", 0.25, by_fours),
            Part("other counts, fewer than four, equal scores; inputs left as they were", 0.25, odd_sizes),
        ),
        BELIEFS,
        lambda scores: (
            f"Of {len(scores)} runs, {len(scores) // 4} lowest and {len(scores) // 4} highest fall away; the mean of "
            "the others is asked for."
        ),
        "One broken seed of ten does not decide, and six runs count instead of the median's two.",
    ),
    hints=(
        "Which runs fall away, and how many of them are there at either end?",
        "Sort a copy, count a quarter of the runs (rounded down), and keep what lies between. What if that count is 0?",
        "ordered = np.sort(scores); cut = ___; return ordered[cut : ___ − cut].mean()",
    ),
    answer="ordered, cut = np.sort(scores), len(scores) // 4\nreturn ordered[cut : len(scores) - cut].mean()",
)
