"""Exercise 09: what is believed about three policies in one table, as formulas that give the same numbers."""

import numpy as np

from ppo_edu import clip
from ppo_edu.grading.formula import belief
from ppo_edu.ratio import probability_ratio


def reference(new, old, ref, advantages, eps, beta):
    """From logarithms and the package's case form of the slope."""
    ratio = probability_ratio(np.log(new), np.log(old))
    objective = clip.clipped_objective(ratio, advantages, eps)
    slope = clip.clipped_objective_slope(ratio, advantages, eps)
    return ratio, objective, slope, -beta * (np.log(old) - np.log(ref))


def built(
    ratio=lambda new, old, ref: new / old,
    objective=lambda r, A, eps: clip.clipped_objective(r, A, eps),
    slope=lambda r, A, eps: clip.clipped_objective_slope(r, A, eps),
    kl=lambda new, old, ref: np.log(old / ref),
    reward=lambda kl, beta: -beta * kl,
):
    """The table with one column made otherwise; what follows from the ratio follows from the wrong one."""

    def table(new, old, ref, A, eps, beta):
        r = ratio(new, old, ref)
        return r, objective(r, A, eps), slope(r, A, eps), reward(kl(new, old, ref), beta)

    return table


def only(column, **pieces):
    """A belief about one column: the others are not asked."""

    def table(*inputs):
        return tuple(x if i == column else None for i, x in enumerate(built(**pieces)(*inputs)))

    return table


def first_three(**pieces):
    """A belief about the ratio and what follows from it."""
    return lambda *inputs: (*built(**pieces)(*inputs)[:3], None)


def clip_alone(r, A, eps):
    return np.clip(r, 1 - eps, 1 + eps) * A


def inside(r, eps):
    return (r > 1 - eps) & (r < 1 + eps)


BELIEFS = (
    belief(
        "Your ratio has π_ref below: that is the lesson text's own answer. π_ref is frozen; PPO compares with the "
        "policy that *wrote this batch*.",
        first_three(ratio=lambda new, old, ref: new / ref),
        first_three(ratio=lambda new, old, ref: old / ref),
        first_three(ratio=lambda new, old, ref: ref / new),
    ),
    belief(
        "Your ratio stands upside down: the policy that is being updated is on top.",
        first_three(ratio=lambda new, old, ref: old / new),
    ),
    belief(
        "Probabilities are given, no logarithms: exp of their difference is no ratio, and neither is the difference.",
        first_three(ratio=lambda new, old, ref: np.exp(new - old)),
        first_three(ratio=lambda new, old, ref: np.exp(new) / np.exp(old)),
        first_three(ratio=lambda new, old, ref: new - old),
    ),
    belief(
        "Your ratio is a logarithm. Its exp is the ratio.",
        first_three(ratio=lambda new, old, ref: np.log(new / old)),
        only(0, ratio=lambda new, old, ref: np.log(new / old)),
    ),
    belief(
        "Your ratio is clipped already. The ratio is what it is; L^CLIP takes the smaller of two products.",
        lambda new, old, ref, A, eps, beta: (np.clip(new / old, 1 - eps, 1 + eps), None, None, None),
    ),
    belief(
        "Your objective is the clip without the min: a bad word that became likelier looks better than it is.",
        only(1, objective=clip_alone),
    ),
    belief(
        "Your objective takes the larger of the two. The min makes it pessimistic.",
        only(1, objective=lambda r, A, eps: np.maximum(r * A, clip_alone(r, A, eps))),
    ),
    belief(
        "Your objective is not clipped at all: that is ratio · Â.",
        only(1, objective=lambda r, A, eps: r * A),
    ),
    belief(
        "In your objective the min is taken of the ratios, before Â comes in. With Â < 0 that picks the other one.",
        only(1, objective=lambda r, A, eps: np.minimum(r, np.clip(r, 1 - eps, 1 + eps)) * A),
        only(1, objective=lambda r, A, eps: np.minimum(r, 1 + eps) * A),
    ),
    belief(
        "Â is missing in your objective or in your slope.",
        only(1, objective=lambda r, A, eps: np.minimum(r, np.clip(r, 1 - eps, 1 + eps))),
        only(1, objective=lambda r, A, eps: np.clip(r, 1 - eps, 1 + eps)),
        only(2, slope=lambda r, A, eps: np.where(clip.gradient_is_zero(r, A, eps), 0.0, 1.0)),
        only(2, slope=lambda r, A, eps: inside(r, eps) * 1.0),
    ),
    belief(
        "Your slope is 0 everywhere outside the band. A good word that became too rare, and a bad one that became too "
        "likely, keep theirs: they are on the wrong side.",
        only(2, slope=lambda r, A, eps: np.where(inside(r, eps), A, 0.0)),
    ),
    belief(
        "Your slope is never 0. Where L^CLIP is flat, a small change of the ratio changes nothing.",
        only(2, slope=lambda r, A, eps: A),
    ),
    belief(
        "Your slope is 0 where it should not be, and the other way round.",
        only(2, slope=lambda r, A, eps: np.where(clip.gradient_is_zero(r, A, eps), A, 0.0)),
        only(2, slope=lambda r, A, eps: clip.clipped_objective_slope(r, -A, eps) * -1),
    ),
    belief(
        "Only the upper edge silences in yours. With Â < 0 it is the lower one: a bad word that is rare enough.",
        only(2, slope=lambda r, A, eps: np.where(r > 1 + eps, 0.0, A)),
        only(2, slope=lambda r, A, eps: np.where((A > 0) & (r > 1 + eps), 0.0, A)),
    ),
    belief(
        "That is the sign of the slope, or whether there is one. The slope is a number: how much L^CLIP gains for a "
        "unit of ratio.",
        only(2, slope=lambda r, A, eps: np.sign(clip.clipped_objective_slope(r, A, eps))),
        only(2, slope=lambda r, A, eps: clip.gradient_is_zero(r, A, eps) * 1.0),
    ),
    belief(
        "The columns stand in another order: ratio, objective, slope, KL reward.",
        lambda *inputs: tuple(reference(*inputs)[i] for i in (0, 2, 1, 3)),
        lambda *inputs: tuple(reference(*inputs)[i] for i in (0, 1, 3, 2)),
        lambda *inputs: tuple(reference(*inputs)[i] for i in (1, 0, 2, 3)),
        lambda *inputs: tuple(reference(*inputs)[i] for i in (3, 0, 1, 2)),
    ),
    belief(
        "That is the slope in log π_θ, or the objective itself: ratio · Â. Asked is the slope in the *ratio*.",
        only(2, slope=lambda r, A, eps: r * clip.clipped_objective_slope(r, A, eps)),
        only(2, slope=clip.clipped_objective),
        only(2, slope=lambda r, A, eps: r * A),
    ),
    belief(
        "That is the slope in π_θ: one 1/π_old too many. Asked is the slope in the *ratio*.",
        lambda new, old, ref, A, eps, beta: (
            None,
            None,
            clip.clipped_objective_slope(new / old, A, eps) / old,
            None,
        ),
    ),
    belief(
        "Your KL reward is made with π_θ. It is a number, fixed when the batch was written: π_old against π_ref.",
        only(3, kl=lambda new, old, ref: np.log(new / ref)),
        only(3, kl=lambda new, old, ref: np.log(ref / new)),
    ),
    belief(
        "Your KL reward compares π_θ with π_old. That is the ratio's business; β measures the distance to π_ref.",
        only(3, kl=lambda new, old, ref: np.log(new / old)),
        only(3, kl=lambda new, old, ref: np.log(old / new)),
    ),
    belief(
        "The sign of your KL reward is turned: a word that π_old writes more often than π_ref pays.",
        only(3, kl=lambda new, old, ref: np.log(ref / old)),
    ),
    belief(
        "β is missing in your KL reward, or divides it.",
        only(3, reward=lambda kl, beta: -kl),
        only(3, reward=lambda kl, beta: kl),
        only(3, reward=lambda kl, beta: -kl / beta),
    ),
    belief(
        "Your KL reward has no logarithm in it: probabilities are compared by their difference or their ratio.",
        only(3, kl=lambda new, old, ref: old - ref),
        only(3, kl=lambda new, old, ref: old / ref),
        only(3, kl=lambda new, old, ref: old / ref - 1),
        only(3, kl=lambda new, old, ref: np.log(old) / np.log(ref)),
    ),
    belief(
        "Your KL reward is weighed by a probability. That is done by writing: likely words are written more often.",
        only(3, kl=lambda new, old, ref: old * np.log(old / ref)),
        only(3, kl=lambda new, old, ref: new * np.log(old / ref)),
        only(3, kl=lambda new, old, ref: ref * np.log(ref / old)),
    ),
    belief(
        "That is another estimate of the KL (k2, k3, |difference|). Section 2 charges the plain difference of "
        "logarithms, of either sign.",
        only(3, kl=lambda new, old, ref: np.log(old / ref) ** 2 / 2),
        only(3, kl=lambda new, old, ref: ref / old - 1 - np.log(ref / old)),
        only(3, kl=lambda new, old, ref: np.abs(np.log(old / ref))),
    ),
    belief(
        "Your KL reward has another base than e.",
        only(3, kl=lambda new, old, ref: np.log2(old / ref)),
        only(3, kl=lambda new, old, ref: np.log10(old / ref)),
    ),
    belief(
        "Your objective has the KL in it. In this table the KL is a part of the word's reward, a column of its own.",
        lambda new, old, ref, A, eps, beta: (
            None,
            clip.clipped_objective(new / old, A, eps) - beta * np.log(old / ref),
            None,
            None,
        ),
        lambda new, old, ref, A, eps, beta: (
            None,
            clip.clipped_objective(new / old, A, eps) - beta * np.log(new / ref),
            None,
            None,
        ),
    ),
    belief(
        "With whole numbers for Â a column loses its decimals: the array you fill holds whole numbers, as "
        "`advantages` does.",
        lambda *inputs: (None, reference(*inputs)[1].astype(inputs[3].dtype), None, None),
    ),
)
