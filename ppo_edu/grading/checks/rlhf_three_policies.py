"""Exercise 09: Problem 5 as a table with three policies, and what is believed about who stands where."""

import numpy as np

from ppo_edu.grading.checks.rlhf_sentences import sizes
from ppo_edu.grading.checks.rlhf_three_policies_beliefs import BELIEFS, reference
from ppo_edu.grading.checks.rlhf_three_policies_rewards import REWARD_BELIEFS
from ppo_edu.grading.formula import Part, shown
from ppo_edu.grading.items import Item
from ppo_edu.grading.rollout import Fragile, OfRollout

SYMBOLS = ("π_θ", "π_old", "π_ref", "Â", "ε", "β")
OUTPUTS = ("ratio", "objective", "slope", "KL reward")


def words(rng, eps, beta):
    """For each sign of Â ratios far below the band of π_old, close to each side of both its edges, and far above.

    The close ones tell this band from one of another width, or around the logarithm; π_ref may be anywhere.
    """
    cases = np.arange(12)
    spread = rng.uniform(-1, 1, cases.size)
    edges = [1 + eps * (middle + 0.02 * spread) for middle in (-1.13, -0.8, 0.8, 1.13)]
    ratio = np.choose(cases % 6, [0.45 + 0.15 * spread, *edges, 2 + 0.4 * spread])
    old = rng.uniform(0.05, 0.3, cases.size)
    ref = old * np.exp(sizes(rng, cases.size, 0.4, 1.2))
    advantages = np.where(cases // 6, -1, 1) * rng.uniform(0.3, 3, cases.size)
    return ratio * old, old, ref, advantages, eps, beta


def problem_5(seed):
    """The lesson's word, π_old where its answer puts it and where it is later; Â of both signs."""
    old = np.array([0.01, 0.02, 0.028, 0.03, 0.06])
    new, ref = np.full(5, 0.03), np.full(5, 0.01)
    return [(new, old, ref, np.full(5, sign), 0.2, 0.5) for sign in (1.0, -1.0)]


def made_up(seed):
    rng = np.random.default_rng(seed)
    return [*problem_5(seed), words(rng, 0.2, 0.3), words(rng, 0.1, 1.5), words(rng, 0.3, 0.8)]


def borders(seed):
    """Â = 0, β = 0, all three alike, one word."""
    rng = np.random.default_rng(seed + 1)
    new, old, ref, advantages, *_ = words(rng, 0.2, 0.5)
    alike = new, new, new, advantages, 0.2, 0.5
    one = tuple(x[:1] for x in (new, old, ref, advantages))
    return [(new, old, ref, 0 * advantages, 0.2, 0.5), (new, old, ref, advantages, 0.2, 0.0), alike, (*one, 0.2, 0.5)]


def whole(seed):
    """Advantages that are whole numbers."""
    new, old, ref, *_ = words(np.random.default_rng(seed + 2), 0.2, 0.5)
    return [(new, old, ref, np.resize([1, -2, 3, -1], len(new)), 0.2, 0.5)]


def row(inputs, index):
    """Words for one word of the table."""
    given = [x[index] if np.ndim(x) else x for x in inputs]
    return ", ".join(f"{symbol} = {shown(0.0 + x)}" for symbol, x in zip(SYMBOLS, given))


THREE_POLICIES = Item(
    name="three_policies",
    exercise="09_rlhf",
    points=2,
    judge=OfRollout(
        reference,
        SYMBOLS,
        OUTPUTS,
        (
            Part("the ratio", 0.25, made_up, entry=0),
            Part("L^CLIP", 0.25, made_up, entry=1),
            Part("its slope", 0.5, made_up, entry=2),
            Part("the KL reward", 0.5, made_up, entry=3),
            Fragile("Â = 0, β = 0, three policies alike, one word", 0.25, borders, raised="Â or β may be 0."),
            Fragile(
                "advantages that are whole numbers; inputs left as they were",
                0.25,
                whole,
                raised="Here the advantages are whole numbers.",
            ),
        ),
        BELIEFS + REWARD_BELIEFS,
        lambda *inputs: (
            "Ask of each column which two policies it compares: the clip looks back to where this batch was written, "
            "β to where everything began. And of the slope, by how much L^CLIP moves when the ratio moves a little."
        ),
        "For a good word the same 0.01 and 0.03 give ratio 3 and silence in the first iteration, ratio 1.07 and full "
        "slope later. And no column but the last knows π_ref.",
        row=row,
    ),
    hints=(
        "Which of the three changes with every gradient step, which once an iteration, which never? Which of them "
        "wrote the word?",
        "Ratio and L^CLIP are exercise 03's. Silent is a good word above the band, a bad one below it. The KL reward "
        "is a difference of two logarithms, and π_θ is in neither.",
        "ratio = probs / ___; silent = np.where(advantages > 0, ratio > ___, ratio < ___); "
        "kl_reward = -kl_coef * np.log(___ / ___)",
    ),
    answer="ratio = probs / old_probs\n"
    "clipped = np.clip(ratio, 1 - clip_eps, 1 + clip_eps)\n"
    "objective = np.minimum(ratio * advantages, clipped * advantages)\n"
    "silent = np.where(advantages > 0, ratio > 1 + clip_eps, ratio < 1 - clip_eps)\n"
    "return ratio, objective, np.where(silent, 0.0, advantages), -kl_coef * np.log(old_probs / ref_probs)",
)
