"""Exercise 03, the clipped objective: its values and slopes, the silent samples, two ways to count, a proof, a bet."""

import numpy as np

from ppo_edu.clip import clip_fraction, clipped_objective, gradient_is_zero, zero_gradient_fraction
from ppo_edu.grading.checks.clipped_objective_beliefs import OBJECTIVE
from ppo_edu.grading.checks.clipped_objective_bets import K_EPOCHS
from ppo_edu.grading.checks.clipped_objective_proof import PROOF
from ppo_edu.grading.checks.clipped_objective_shares import FRACTIONS, Shares
from ppo_edu.grading.checks.clipped_objective_silence import MASK
from ppo_edu.grading.formula import Formula, Part
from ppo_edu.grading.items import Item

SYMBOLS = ("ratio", "Â", "ε")


def good(seed):
    """Below, inside and above the band, for good actions."""
    return [
        (np.array([0.5, 0.9, 1.1, 2.5]), np.full(4, 2.0), 0.2),
        (np.array([0.0, 0.65, 0.73, 1.0, 1.35, 4.0, 50.0]), np.array([0.5, 3.0, 1.5, 1.0, 200.0, 0.25, 2.0]), 0.3),
    ]


def bad(seed):
    """The same, for bad actions."""
    return [(ratio, -advantages, eps) for ratio, advantages, eps in good(seed)]


def draws(rng, eps, count=60):
    """Made-up samples of every size, at a distance from the edges so that rounding decides nothing."""
    ratio = rng.uniform(0.05, 3.5, 8 * count)
    ratio = ratio[np.minimum(abs(ratio - 1 - eps), abs(ratio - 1 + eps)) > 0.02][:count]
    return ratio, rng.choice([-1.0, 1.0], count) * np.exp(rng.uniform(-4, 3, count)), eps


def edges(seed):
    """Exactly on the edges (an ε that every float can hold), Â = 0, and 300 seeded draws at five widths."""
    rng = np.random.default_rng(seed)
    corners = (np.array([0.75, 1.25, 0.75, 1.25]), np.array([2.0, 2.0, -2.0, -2.0]), 0.25)
    nothing = (np.array([0.5, 1.0, 2.5, 1.25]), np.array([0.0, 0.0, 0.0, 2.0]), 0.25)
    return [corners, nothing, *(draws(rng, eps) for eps in (0.0, 0.1, 0.2, 0.3, 0.5))]


def shapes(seed):
    """One number, and a batch of one."""
    return [(2.5, -2.0, 0.2), (2.5, 2.0, 0.2), draws(np.random.default_rng(seed + 1), 0.2, count=1)]


def slopes(seed):
    """The six cases and 60 draws, none on an edge, where the slope may be anything between its two sides."""
    ratio, advantages, eps = draws(np.random.default_rng(seed + 2), 0.2)
    six = np.array([0.5, 1.1, 2.5, 0.5, 0.9, 2.5]), np.array([2.0, 2.0, 2.0, -2.0, -2.0, -2.0])
    return np.concatenate([six[0], ratio]), np.concatenate([six[1], advantages]), eps


def where(ratio, advantage, eps):
    """A sentence about the case this sample is."""
    if advantage == 0:
        return "With Â = 0 there is nothing to gain or to lose: value 0, slope 0."
    if ratio > 1 + eps:
        return (
            "A good action, already likelier than the band allows: the promise stops growing, the slope is gone."
            if advantage > 0
            else "A bad action that became likelier: min keeps the unclipped branch, and with it the slope."
        )
    if ratio < 1 - eps:
        return (
            "A good action that became rarer: min keeps the unclipped branch, and with it the slope."
            if advantage > 0
            else "A bad action, already rarer than the band allows: the promise stops growing, the slope is gone."
        )
    return "Inside the band and on its edges nothing is clipped: L^CLIP is L^CPI, with slope Â."


def fractions(ratio, advantages, clip_eps):
    """The pair asked for."""
    return clip_fraction(ratio, clip_eps), zero_gradient_fraction(ratio, advantages, clip_eps)


def batches(seed):
    """A batch a learner can count by hand, then the edges, then mixed draws."""
    ratio = np.array([2.5, 3.0, 0.5, 0.3, 0.6, 2.0, 1.1, 1.0])
    advantages = np.array([2.0, 1.0, -2.0, -1.0, 2.0, -3.0, 2.0, 0.0])
    return [(ratio, advantages, 0.2), *edges(seed)[:2], *edges(seed)[3:]]


ITEMS = (
    Item(
        name="clipped_objective",
        exercise="03_clipped_objective",
        points=4,
        judge=Formula(
            clipped_objective,
            SYMBOLS,
            2,
            (
                Part("good actions (Â > 0): below, inside, above the band", 1, good),
                Part("bad actions (Â < 0): below, inside, above the band", 1, bad),
                Part("the edges, Â = 0, and 300 random samples with ε from 0 to 0.5", 0.5, edges),
                Part("one number, a batch of one, and the inputs left as they were", 0.5, shapes, optional=True),
            ),
            OBJECTIVE,
            where,
            "It never promises more than L^CPI, and it pays nothing for going on beyond the band. The slope says so: "
            "0 on one side of the band, Â on the other.",
            slope=(1, slopes),
        ),
        hints=(
            "A good action has become likelier than 1+ε. What should it still gain from going further? And a bad "
            "action that became likelier: should it be left alone?",
            "There are two promises: the ratio's own, and that of the ratio held inside the band. Be a pessimist, "
            "sample by sample.",
            "One line makes the clipped ratio; the second returns an elementwise ___ of ___ · advantages and "
            "___ · advantages.",
        ),
        answer="clipped = np.clip(ratio, 1 - clip_eps, 1 + clip_eps)\n"
        "return np.minimum(ratio * advantages, clipped * advantages)",
    ),
    Item(
        name="gradient_is_zero",
        exercise="03_clipped_objective",
        points=3,
        judge=Formula(
            gradient_is_zero,
            SYMBOLS,
            2,
            (
                Part("good actions (Â > 0): below, inside, above the band", 1, good),
                Part("bad actions (Â < 0): below, inside, above the band", 1, bad),
                Part("the edges, Â = 0, and 300 random samples with ε from 0 to 0.5", 0.5, edges),
                Part("one number, a batch of one, and the inputs left as they were", 0.5, shapes, optional=True),
            ),
            MASK,
            where,
            "Outside the band is not the same as silent: of the four cases outside, two keep their full slope and are "
            "pulled back.",
        ),
        hints=(
            "For each of the six cases: if the ratio moves a little, does the smaller of the two terms move?",
            "Silence needs a sign and a side: which side belongs to Â > 0, which to Â < 0? And what is the slope "
            "when Â is 0?",
            "(advantages > 0) & (ratio ___) | (advantages < 0) & (ratio ___) | (advantages ___)",
        ),
        answer="too_likely = (advantages > 0) & (ratio > 1 + clip_eps)\n"
        "too_rare = (advantages < 0) & (ratio < 1 - clip_eps)\n"
        "return too_likely | too_rare | (advantages == 0)",
    ),
    Item(
        name="clip_fractions",
        exercise="03_clipped_objective",
        points=2,
        judge=Shares(
            fractions,
            SYMBOLS,
            2,
            (
                Part("clip_fraction, the first number", 1, batches, entry=0),
                Part("zero_gradient_fraction, the second; inputs left as they were", 1, batches, entry=1),
            ),
            FRACTIONS,
            lambda *inputs: "The first asks where the ratio is, the second whether the slope is gone.",
            "Most code logs the first and readers think of the second. Where no Â is 0, the gap between them is the "
            "samples that are being pulled back.",
            per_sample=False,
        ),
        hints=(
            "Which of the samples outside the band do you count in the first number, which in the second?",
            "The mean of a mask of True and False is a share. You need two masks; you have written one of them.",
            "outside = (ratio ___) | (ratio ___); then return the mean of outside and the mean of ___.",
        ),
        answer="outside = (ratio > 1 + clip_eps) | (ratio < 1 - clip_eps)\n"
        "return outside.mean(), gradient_is_zero(ratio, advantages, clip_eps).mean()",
    ),
    PROOF,
    K_EPOCHS,
)
