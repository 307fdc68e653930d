"""Exercise 02: how many equally weighted samples a batch of ratios is worth."""

import numpy as np

from ppo_edu.grading.batch import OfBatch
from ppo_edu.grading.formula import Part, belief
from ppo_edu.grading.items import Item
from ppo_edu.ratio import effective_sample_size


def by_hand(seed):
    """Equal weights of any size, and the lesson's batch with one heavy sample."""
    return [(np.array(w),) for w in ([1.0] * 4, [2.0] * 3, [0.5] * 8, [2.5, 0.625, 0.625, 0.625], [2.0, 0.0, 1.0])]


def drawn(seed):
    """Ratios of every spread, their mean anywhere; one that outweighs all; a batch of one."""
    rng = np.random.default_rng(seed)
    spreads = [(np.exp(rng.normal(rng.uniform(-1, 1), spread, 64)),) for spread in (0.05, 0.3, 1.0, 2.0)]
    return [*spreads, (np.array([1000.0, 0.01, 0.02, 0.01]),), (np.array([0.7]),)]


def of_squares(w):
    return w.sum() ** 2 / (w**2).sum()


def share(w):
    return w / w.sum()


BELIEFS = (
    belief(
        "That is 1/Σw², which is right for weights that add up to 1. Ratios do not: four ratios of 1 are worth 4.",
        lambda w: 1 / (w**2).sum(),
    ),
    belief(
        "That takes for granted that the ratios average 1. In a batch they rarely do, and ratios all twice as large "
        "are worth as many samples.",
        lambda w: len(w) ** 2 / (w**2).sum(),
        lambda w: len(w) / (1 + w.var()),
        lambda w: len(w) / (1 + ((w - 1) ** 2).mean()),
        lambda w: len(w) / (1 + w.var(ddof=1)),
    ),
    belief(
        "The variance divides by N − 1. The identity with (Σw)²/Σw² needs the one that divides by N.",
        lambda w: len(w) / (1 + w.var(ddof=1) / w.mean() ** 2),
        lambda w: len(w) / (1 + w.var(ddof=1) / w.mean() ** 2) if len(w) > 1 else 1,
    ),
    belief(
        "The variance is made of squares, the mean that you divide it by is not. Try ratios all twice as large: the "
        "answer must stay.",
        lambda w: len(w) / (1 + w.var() / w.mean()),
    ),
    belief(
        "The standard deviation over the mean stays when all ratios double, as it should. But Σw² adds up squares, and "
        "your quotient is not squared.",
        lambda w: len(w) / (1 + w.std() / w.mean()),
    ),
    belief(
        "Upside down: your number falls where the samples are worth more. Four equal ratios are worth 4, not 1/4.",
        lambda w: 1 / of_squares(w),
    ),
    belief(
        "That is a share of the batch, between 0 and 1. Asked is a number of samples: four equal ratios are worth 4.",
        lambda w: of_squares(w) / len(w),
        lambda w: 1 / (1 + w.var() / w.mean() ** 2),
    ),
    belief(
        "That is the sum or the mean of the weights. It doubles when all ratios double; what they are worth does not.",
        lambda w: w.sum(),
        lambda w: w.mean(),
    ),
    belief(
        "The sum is not squared. Then ratios all twice as large would be worth half as many samples.",
        lambda w: w.sum() / (w**2).sum(),
    ),
    belief(
        "Your answer does not depend on how unequal the ratios are. Σw² adds the squares; (Σw)² squares the sum.",
        lambda w: 1,
        lambda w: len(w),
    ),
    belief(
        "One of the two sums is missing. The other alone is four times as large when all ratios double; what the "
        "samples are worth does not change.",
        lambda w: w.sum() ** 2,
        lambda w: (w**2).sum(),
    ),
    belief(
        "Top and bottom are exchanged, and one square is missing. Your number is larger for unequal ratios, where the "
        "samples are worth less.",
        lambda w: (w**2).sum() / w.sum(),
    ),
    belief(
        "The square stands outside of the whole quotient, and so the lower sum is squared once more. Ratios all twice "
        "as large would be worth a quarter.",
        lambda w: (w.sum() / (w**2).sum()) ** 2,
    ),
    belief(
        "That is the square root of the effective sample size: four equal ratios are worth 4, not 2.",
        lambda w: np.sqrt(of_squares(w)),
    ),
    belief(
        "You count samples by a threshold or a band. What a ratio is worth does not jump anywhere.",
        lambda w: (w > 1).sum(),
        lambda w: (w >= 1).sum(),
        lambda w: (w > 0).sum(),
        lambda w: (abs(w - 1) <= 0.2).sum(),
    ),
    belief(
        "You look at the largest and the smallest weight only. All the others count as well.",
        lambda w: len(w) * w.min() / w.max(),
        lambda w: w.min() / w.max(),
    ),
    belief(
        "You count in units of the largest weight. That, too, runs from 1 to N, but asked is the one with squares.",
        lambda w: w.sum() / w.max(),
    ),
    belief(
        "That is the exponential of the entropy of the weights. It also runs from 1 to N, but asked is the one with "
        "squares.",
        lambda w: np.exp(-np.sum(np.where(w > 0, share(w) * np.log(np.where(w > 0, share(w), 1)), 0))),
    ),
    belief(
        "You round. An effective number of samples need not be whole.",
        lambda w: np.floor(of_squares(w)),
        lambda w: np.round(of_squares(w)),
        lambda w: np.ceil(of_squares(w)),
    ),
    belief(
        "You take the inputs for log-ratios. They are ratios already, 1 where nothing changed.",
        lambda w: of_squares(np.exp(w)),
    ),
    belief(
        "There is one entry per sample. Asked is one number for the whole batch.",
        share,
        lambda w: w**2,
        lambda w: w**2 / (w**2).sum(),
        lambda w: w.sum() ** 2 / w**2,
    ),
    belief(
        "One sample too few: with a single sample, or with equal ones, every sample counts.",
        lambda w: of_squares(w) - 1,
        lambda w: (len(w) - 1) / (1 + w.var() / w.mean() ** 2),
    ),
)

EFFECTIVE = Item(
    name="effective_sample_size",
    exercise="02_probability_ratio",
    points=1,
    judge=OfBatch(
        effective_sample_size,
        ("ratio",),
        ("effective sample size",),
        (
            Part("weights that can be counted by hand", 0.5, by_hand),
            Part("random ratios, one that outweighs all, a batch of one; inputs left as they were", 0.5, drawn),
        ),
        BELIEFS,
        lambda ratio: (
            "Equal weights are worth all their samples, whatever their size; one weight far above the "
            "others is worth one sample."
        ),
        "The further the policy moves, the fewer samples speak for it: a handful of large ratios drown the rest.",
    ),
    hints=(
        "Four ratios of 1: what should come out? Four ratios of 3? And one of 1000 among three tiny ones?",
        "Two sums: one of the weights, one of their squares. Doubling every weight must change nothing.",
        "return (sum of ___) ** ___ / sum of (___ ** ___)",
    ),
    answer="return ratio.sum() ** 2 / (ratio**2).sum()",
)
