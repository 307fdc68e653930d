"""Exercise 06: three terms in one objective, and what is believed about their signs and coefficients."""

import numpy as np

from ppo_edu.grading.checks.value_and_entropy_critic import sizes
from ppo_edu.grading.formula import Formula, Part, belief
from ppo_edu.grading.items import Item
from ppo_edu.loss import total_objective


def samples(seed):
    """By hand, then made-up terms with coefficients of many sizes.

    Four samples by hand and three terms, so that a list of the terms is not of the right shape by chance.
    """
    rng = np.random.default_rng(seed)
    L, V, S = np.array([2.4, -1.0, 0.5, 1.5]), np.array([2.0, 0.0, 1.0, 3.0]), np.array([0.94, 1.0, 0.0, 0.5])
    by_hand = L, V, S, 0.5, 0.01
    coefficients = (0.5, 0.01), (1.0, 0.1), (0.25, 1.5), (2.0, 0.7)
    return [by_hand, *((sizes(rng, 8), abs(sizes(rng, 8)), abs(sizes(rng, 8)), *pair) for pair in coefficients)]


def switched_off(seed):
    """One coefficient 0, or both."""
    rng = np.random.default_rng(seed + 1)
    pairs = (0.0, 0.3), (0.4, 0.0), (0.0, 0.0)
    return [(sizes(rng, 5), abs(sizes(rng, 5)), abs(sizes(rng, 5)), *pair) for pair in pairs]


def shapes(seed):
    """Three means, as a training loop has them; a batch of one; a [T, N] table."""
    rng = np.random.default_rng(seed + 2)
    of_shape = ((*(abs(sizes(rng, shape)) for _ in range(3)), 0.5, 0.2) for shape in (1, (3, 2)))
    return [(2.4, 2.0, 0.94, 0.5, 0.01), (-0.3, 0.7, 0.1, 0.5, 0.2), *of_shape]


BELIEFS = (
    belief(
        "Every sign is turned: that is the loss, to be minimised. This function is called objective.",
        lambda L, V, S, c1, c2: -L + c1 * V - c2 * S,
    ),
    belief(
        "The value loss is added. In something that is maximised it would be driven *up*: the critic runs from its "
        "targets.",
        lambda L, V, S, c1, c2: L + c1 * V + c2 * S,
    ),
    belief(
        "The entropy is subtracted. In something that is maximised it would be driven down: the policy makes up its "
        "mind sooner.",
        lambda L, V, S, c1, c2: L - c1 * V - c2 * S,
        lambda L, V, S, c1, c2: L - (c1 * V + c2 * S),
    ),
    belief(
        "The value loss is added and the entropy subtracted. Both are the wrong way round for something that is "
        "maximised.",
        lambda L, V, S, c1, c2: L + c1 * V - c2 * S,
    ),
    belief(
        "L^CLIP is subtracted. It is an objective already: larger is better.",
        lambda L, V, S, c1, c2: -L - c1 * V + c2 * S,
        lambda L, V, S, c1, c2: -L + c1 * V + c2 * S,
        lambda L, V, S, c1, c2: -L - c1 * V - c2 * S,
    ),
    belief(
        "The coefficients have changed places: `vf_coef` belongs to the value loss, `ent_coef` to the entropy.",
        lambda L, V, S, c1, c2: L - c2 * V + c1 * S,
        lambda L, V, S, c1, c2: L + c1 * S - c2 * V,
        lambda L, V, S, c1, c2: -L + c2 * V - c1 * S,
    ),
    belief(
        "Value loss and entropy have changed places.",
        lambda L, V, S, c1, c2: L - c1 * S + c2 * V,
    ),
    belief(
        "A coefficient is missing. Value loss, entropy and advantage are in three different units; c₁ and c₂ make "
        "them comparable.",
        lambda L, V, S, c1, c2: L - V + S,
        lambda L, V, S, c1, c2: L - V + c2 * S,
        lambda L, V, S, c1, c2: L - c1 * V + S,
    ),
    belief(
        "One coefficient multiplies two terms.",
        lambda L, V, S, c1, c2: L - c1 * (V + c2 * S),
        lambda L, V, S, c1, c2: L - c1 * (V - c2 * S),
        lambda L, V, S, c1, c2: L - c1 * V + c1 * c2 * S,
        lambda L, V, S, c1, c2: L - c1 * (V - S),
        lambda L, V, S, c1, c2: L + c2 * (S - V),
        lambda L, V, S, c1, c2: L + c2 * (S - c1 * V),
        lambda L, V, S, c1, c2: c1 * (L - V) + c2 * S,
    ),
    belief(
        "A coefficient counts twice, or the ½ of the value loss does: it is in `value_loss` already.",
        lambda L, V, S, c1, c2: L - c1 * V / 2 + c2 * S,
        lambda L, V, S, c1, c2: L - c1**2 * V + c2 * S,
        lambda L, V, S, c1, c2: L - c1 * V + c2**2 * S,
        lambda L, V, S, c1, c2: L - c1**2 * V + c2**2 * S,
        lambda L, V, S, c1, c2: L - 2 * c1 * V + c2 * S,
    ),
    belief(
        "You divide by a coefficient. A larger c₁ or c₂ gives its term *more* weight.",
        lambda L, V, S, c1, c2: L - V / c1 + c2 * S,
        lambda L, V, S, c1, c2: L - c1 * V + S / c2,
        lambda L, V, S, c1, c2: L - V / c1 + S / c2,
    ),
    belief(
        "The coefficients are added. They are factors.",
        lambda L, V, S, c1, c2: L - (c1 + V) + (c2 + S),
        lambda L, V, S, c1, c2: L - (c1 + V) + c2 * S,
        lambda L, V, S, c1, c2: L - c1 * V + (c2 + S),
    ),
    belief(
        "One of the three terms is missing.",
        lambda L, V, S, c1, c2: L - c1 * V,
        lambda L, V, S, c1, c2: L + c2 * S,
        lambda L, V, S, c1, c2: c2 * S - c1 * V,
    ),
    belief("That is L^CLIP, and nothing else.", lambda L, V, S, c1, c2: L),
    belief(
        "L^CLIP has no coefficient: with 1 − c₁ − c₂, or another one, its size would change with theirs.",
        lambda L, V, S, c1, c2: (1 - c1 - c2) * L - c1 * V + c2 * S,
        lambda L, V, S, c1, c2: (1 - c1) * L - c1 * V + c2 * S,
        lambda L, V, S, c1, c2: c1 * L - V + c2 * S,
    ),
    belief(
        "Your coefficients do not move: the answer is the same for every `vf_coef`, or every `ent_coef`.",
        lambda L, V, S, c1, c2: L - 0.5 * V + 0.01 * S,
        lambda L, V, S, c1, c2: L - 0.5 * V + c2 * S,
        lambda L, V, S, c1, c2: L - c1 * V + 0.01 * S,
    ),
    belief(
        "You average over the batch. Here each sample keeps its own value; the caller takes the mean.",
        lambda L, V, S, c1, c2: (L - c1 * V + c2 * S).mean(),
        lambda L, V, S, c1, c2: -(L - c1 * V + c2 * S).mean(),
    ),
    belief(
        "You add the batch up. Here each sample keeps its own value; the caller takes the mean.",
        lambda L, V, S, c1, c2: (L - c1 * V + c2 * S).sum(),
    ),
    belief(
        "The value loss is squared once more, or its root taken. It is a loss already.",
        lambda L, V, S, c1, c2: L - c1 * V**2 + c2 * S,
        lambda L, V, S, c1, c2: L - c1 * V**2 / 2 + c2 * S,
        lambda L, V, S, c1, c2: L - c1 * V.sqrt() + c2 * S,
    ),
)

TOTAL = Item(
    name="total_objective",
    exercise="06_value_and_entropy",
    points=1,
    judge=Formula(
        total_objective,
        ("L^CLIP", "L^VF", "S", "c₁", "c₂"),
        3,
        (
            Part("terms and coefficients of many sizes", 0.5, samples),
            Part("coefficients that are 0", 0.25, switched_off),
            Part("three means, a batch of one, a table; inputs left as they were", 0.25, shapes, optional=True),
        ),
        BELIEFS,
        lambda *inputs: "Of each term ask: should it become larger or smaller? Then weigh it.",
        "Everything in it is arranged so that more is better. Which way an optimizer walks is the next question.",
    ),
    hints=(
        "L is maximised. Which of the three terms is a loss?",
        "Sum of three terms; two of them carry a coefficient, one of them a minus.",
        "return clip_objective ___ vf_coef * ___ ___ ent_coef * ___",
    ),
    answer="return clip_objective - vf_coef * value_loss + ent_coef * entropy",
)
