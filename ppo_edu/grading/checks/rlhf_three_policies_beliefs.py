"""Exercise 09: what is believed about three policies in one table, as formulas that give the same numbers."""

import numpy as np

from ppo_edu.clip import clipped_objective, clipped_objective_slope, gradient_is_zero
from ppo_edu.grading.formula import belief
from ppo_edu.ratio import probability_ratio


def reference(new, old, ref, advantages, eps, beta):
    """From logarithms and the package's case form of the slope."""
    ratio = probability_ratio(np.log(new), np.log(old))
    pair = clipped_objective(ratio, advantages, eps), clipped_objective_slope(ratio, advantages, eps)
    return ratio, *pair, beta * (np.log(ref) - np.log(old))  # so that none is a −0


def built(
    ratio=lambda new, old, ref: new / old,
    objective=clipped_objective,
    slope=clipped_objective_slope,
    kl=lambda new, old, ref: np.log(old / ref),
    reward=lambda kl, beta: -beta * kl,
):
    """The table with one column made otherwise; what follows from the ratio follows from the wrong one."""

    def table(new, old, ref, A, eps, beta):
        r = ratio(new, old, ref)
        return r, objective(r, A, eps), slope(r, A, eps), reward(kl(new, old, ref), beta)

    return table


def at(column, table):
    """A belief about one column of a table: the others are not asked."""
    return lambda *inputs: tuple(table(*inputs)[i] if i == column else None for i in range(4))


def only(column, **pieces):
    return at(column, built(**pieces))


def in_ratio(*ratios):
    """Beliefs about the ratio, whatever is made of it."""
    return [only(0, ratio=ratio) for ratio in ratios]


def in_objective(*objectives):
    return [only(1, objective=objective) for objective in objectives]


def in_slope(*slopes):
    return [only(2, slope=slope) for slope in slopes]


def in_reward(*kls):
    """Beliefs about what β is to be paid for, charged and, by mistake, paid out."""
    return [only(3, kl=kl, reward=lambda kl, beta, sign=sign: sign * beta * kl) for kl in kls for sign in (-1, 1)]


def clip_alone(r, A, eps):
    return np.clip(r, 1 - eps, 1 + eps) * A


def clip_of_logs(log_ratio, A, low, high):
    return np.minimum(log_ratio * A, np.clip(log_ratio, low, high) * A)


def inside(r, eps):
    return (r > 1 - eps) & (r < 1 + eps)


def kl_in_advantages(new, old, ref, A, eps, beta):
    return reference(new, old, ref, A - beta * np.log(old / ref), eps, beta)


def sloped_kl(base):
    """The slope less that of β log π_θ, in π_θ or in the ratio."""

    def table(new, old, ref, A, eps, beta):
        return 0, 0, clipped_objective_slope(new / old, A, eps) - beta / base(new, old)

    return table


def fixed_prices(new, old, ref, A, eps, beta):
    return reference(new, old, ref, A, 0.2, 0.5)


def without_decimals(*inputs):
    return [column.astype(inputs[3].dtype) for column in reference(*inputs)]


def reordered(*order):
    return lambda *inputs: tuple(reference(*inputs)[i] for i in order)


def row_by_row(*inputs):
    return np.stack(reference(*inputs), axis=-1)


def averaged(*inputs):
    return np.array([column.mean() for column in reference(*inputs)])


BELIEFS = (
    belief(
        "A column of yours that belongs to the ratio is made with π_ref: that is the lesson text's own answer. π_ref "
        "is frozen; PPO compares with the policy that *wrote this batch*.",
        *in_ratio(lambda new, old, ref: new / ref, lambda new, old, ref: ref / new),
        *(only(column, ratio=lambda new, old, ref: new / ref) for column in (1, 2)),
    ),
    belief(
        "π_θ is not in your ratio. It is the policy that is being updated: without it there is nothing to clip, and "
        "nothing to learn.",
        *in_ratio(lambda new, old, ref: old / ref, lambda new, old, ref: ref / old),
        *(only(column, ratio=lambda new, old, ref: old / ref) for column in (1, 2)),
    ),
    belief(
        "Your ratio stands upside down: the policy that is being updated is on top.",
        *in_ratio(lambda new, old, ref: old / new),
    ),
    belief(
        "Probabilities are given, no logarithms: exp of their difference is no ratio, and neither is the difference.",
        *in_ratio(lambda new, old, ref: np.exp(new - old), lambda new, old, ref: new - old),
    ),
    belief(
        "Your ratio is a logarithm. Its exp is the ratio.",
        *in_ratio(lambda new, old, ref: np.log(new / old)),
    ),
    belief(
        "A quotient of logarithms is no ratio of probabilities. It is the probabilities that are compared.",
        *in_ratio(lambda new, old, ref: np.log(new) / np.log(old)),
    ),
    belief(
        "Your ratio is clipped already. The ratio is what it is; L^CLIP takes the smaller of two products.",
        lambda new, old, ref, A, eps, beta: (np.clip(new / old, 1 - eps, 1 + eps), None, None, None),
    ),
    belief(
        "Your objective is the clip without the min: a bad word that became likelier looks better than it is.",
        *in_objective(clip_alone),
    ),
    belief(
        "Your objective takes the larger of the two. The min makes it pessimistic.",
        *in_objective(lambda r, A, eps: np.maximum(r * A, clip_alone(r, A, eps))),
    ),
    belief("Your objective is not clipped at all: that is ratio · Â.", *in_objective(lambda r, A, eps: r * A)),
    belief(
        "In your objective the min is taken of the ratios, before Â comes in. With Â < 0 that picks the other one.",
        *in_objective(
            lambda r, A, eps: np.minimum(r, np.clip(r, 1 - eps, 1 + eps)) * A,
            lambda r, A, eps: np.minimum(r, 1 + eps) * A,
        ),
    ),
    belief(
        "In your objective a logarithm is clipped, or the product with Â. The band 1 ± ε lies around the ratio itself.",
        *in_objective(
            lambda r, A, eps: clip_of_logs(np.log(r), A, -eps, eps),
            lambda r, A, eps: clip_of_logs(np.log(r), A, 1 - eps, 1 + eps),
            lambda r, A, eps: np.minimum(r * A, np.exp(np.clip(np.log(r), -eps, eps)) * A),
            lambda r, A, eps: np.log(r) * A,
            lambda r, A, eps: np.minimum(r * A, np.clip(r * A, 1 - eps, 1 + eps)),
            lambda r, A, eps: np.clip(r * A, 1 - eps, 1 + eps),
        ),
    ),
    belief(
        "A column of yours has a minus too many: that is a loss, to be made smaller. L^CLIP is to be made larger.",
        *in_objective(lambda r, A, eps: -clipped_objective(r, A, eps)),
        *in_slope(lambda r, A, eps: -clipped_objective_slope(r, A, eps)),
    ),
    belief(
        "Â, or its sign, is missing in your objective or in your slope.",
        *in_objective(
            lambda r, A, eps: np.minimum(r, np.clip(r, 1 - eps, 1 + eps)),
            lambda r, A, eps: np.clip(r, 1 - eps, 1 + eps),
            lambda r, A, eps: clipped_objective(r, np.abs(A), eps),
        ),
        *in_slope(
            lambda r, A, eps: np.where(gradient_is_zero(r, A, eps), 0.0, 1.0),
            lambda r, A, eps: inside(r, eps) * 1.0,
            lambda r, A, eps: np.ones_like(r),
            lambda r, A, eps: r,
            lambda r, A, eps: np.abs(clipped_objective_slope(r, A, eps)),
        ),
    ),
    belief(
        "Your slope is 0 everywhere outside the band. A good word that became too rare, and a bad one that became too "
        "likely, keep theirs: they are on the wrong side.",
        *in_slope(lambda r, A, eps: np.where(~inside(r, eps), 0.0, A)),
    ),
    belief(
        "Your slope is 0 for every word. Only words that have already gone where Â sends them, and past the band, "
        "are silent.",
        lambda new, old, ref, A, eps, beta: (new / old, None, 0 * new, None),
    ),
    belief(
        "Your slope is never 0. Where L^CLIP is flat, a small change of the ratio changes nothing.",
        *in_slope(lambda r, A, eps: A),
    ),
    belief(
        "Your slope is 0 where it should not be, and the other way round.",
        *in_slope(
            lambda r, A, eps: np.where(gradient_is_zero(r, A, eps), A, 0.0),
            lambda r, A, eps: -clipped_objective_slope(r, -A, eps),
            lambda r, A, eps: np.where(inside(r, eps), 0.0, A),
        ),
    ),
    belief(
        "Only one edge silences in yours. Each sign of Â has an edge of its own: ask where a bad word has become rare "
        "enough, and a good one likely enough.",
        *in_slope(
            lambda r, A, eps: np.where(r > 1 + eps, 0.0, A),
            lambda r, A, eps: np.where((A > 0) & (r > 1 + eps), 0.0, A),
            lambda r, A, eps: np.where(r < 1 - eps, 0.0, A),
            lambda r, A, eps: np.where((A < 0) & (r < 1 - eps), 0.0, A),
        ),
    ),
    belief(
        "That is the sign of the slope, or whether there is one. The slope is a number: how much L^CLIP gains for a "
        "unit of ratio.",
        *in_slope(
            lambda r, A, eps: np.sign(clipped_objective_slope(r, A, eps)),
            lambda r, A, eps: gradient_is_zero(r, A, eps) * 1.0,
        ),
    ),
    belief(
        "The columns stand in another order: ratio, objective, slope, KL reward.",
        *(reordered(*order) for order in ((0, 2, 1, 3), (0, 1, 3, 2), (1, 0, 2, 3), (3, 0, 1, 2))),
    ),
    belief(
        "You return a row for each word. Asked are the four columns, each [B]: the same numbers, turned round.",
        row_by_row,
    ),
    belief(
        "You take means over the words. Every word has its own ratio, objective, slope and KL reward.",
        averaged,
        lambda *inputs: tuple(averaged(*inputs)),
    ),
    belief(
        "That is the slope in log π_θ, or the objective itself: ratio · Â. Asked is the slope in the *ratio*.",
        *in_slope(
            lambda r, A, eps: r * clipped_objective_slope(r, A, eps),
            clipped_objective,
            clip_alone,
            lambda r, A, eps: r * A,
        ),
    ),
    belief(
        "That is the slope in π_θ: one division by a probability too many. Asked is the slope in the *ratio*.",
        lambda new, old, ref, A, eps, beta: (None, None, clipped_objective_slope(new / old, A, eps) / old, None),
        lambda new, old, ref, A, eps, beta: (None, None, clipped_objective_slope(new / old, A, eps) / new, None),
        lambda new, old, ref, A, eps, beta: (None, None, A / old, None),
    ),
    belief(
        "Your objective or its slope has the KL in it. In this table the KL is a part of the word's reward, a column "
        "of its own.",
        at(1, lambda new, old, ref, A, eps, beta: (0, clipped_objective(new / old, A, eps) - beta * np.log(old / ref))),
        at(1, lambda new, old, ref, A, eps, beta: (0, clipped_objective(new / old, A, eps) - beta * np.log(new / ref))),
        at(1, kl_in_advantages),
        at(2, kl_in_advantages),
        *(at(2, sloped_kl(base)) for base in (lambda new, old: new, lambda new, old: new / old)),
    ),
    belief(
        "With whole numbers for Â a column loses its decimals: the array you fill holds whole numbers, as "
        "`advantages` does.",
        *(at(column, without_decimals) for column in (0, 1, 3)),
    ),
    belief(
        "ε or β is a fixed number in yours. Both are inputs, and change from table to table.",
        *(at(column, fixed_prices) for column in (1, 2, 3)),
    ),
)
