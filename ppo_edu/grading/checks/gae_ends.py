"""Exercise 05: from a rollout with true ends and time limits to advantages and to targets for the critic."""

import numpy as np

from ppo_edu.grading.checks import gae_rollouts as data
from ppo_edu.grading.checks.gae_ends_beliefs import BELIEFS, reference
from ppo_edu.grading.formula import Part
from ppo_edu.grading.items import Item
from ppo_edu.grading.rollout import Fragile, OfRollout, row_of

SYMBOLS = ("rewards", "values", "next_values", "terminated", "truncated", "γ", "λ")


def made(seed, *cases):
    rng = np.random.default_rng(seed)
    return [(*data.rollout(rng, ends), gamma, gae_lambda) for ends, gamma, gae_lambda in cases]


def true_ends(seed):
    """The lesson's example, then two episodes and a begun one."""
    rows = data.LESSON_REWARDS, data.LESSON_VALUES, data.LESSON_NEXT, data.LESSON_END, ~data.LESSON_END & False
    return [(*rows, 0.9, 0.8), *made(seed, ("--T--T--", 0.9, 0.7))]


def time_limits(seed):
    """A time limit in the middle, many of both kinds, limits only, the limit at the very end."""
    cases = (data.LIMIT_IN_THE_MIDDLE, 0.9, 0.8), (data.MANY_ENDS, 0.95, 0.7), ("LLL", 0.9, 0.5), ("---L", 0.9, 1.0)
    return made(seed + 1, *cases)


def everything(seed):
    return [*true_ends(seed), *time_limits(seed)]


def borders(seed):
    """T = 1 of every kind, λ = 0 and 1, γ = 1."""
    cases = ("T", 0.9, 0.8), ("L", 0.9, 0.8), ("B", 0.9, 0.8), ("-", 0.9, 0.8)
    more = (data.LIMIT_IN_THE_MIDDLE, 0.9, 0.0), (data.MANY_ENDS, 0.9, 1.0), (data.LIMIT_IN_THE_MIDDLE, 1.0, 1.0)
    return made(seed + 2, *cases, *more)


def environments(seed):
    """Four of different fates, three rows of three."""
    return made(seed + 3, (data.SIDE_BY_SIDE, 0.9, 0.8), (("--T", "-L-", "T--"), 0.8, 0.9))


ENDS = Item(
    name="advantages_and_returns",
    exercise="05_gae",
    points=2,
    judge=OfRollout(
        reference,
        SYMBOLS,
        ("advantages", "returns"),
        (
            Part("true ends: the advantages", 0.5, true_ends, entry=0),
            Part("time limits in the middle: the advantages", 0.5, time_limits, entry=0),
            Part("the targets for the critic", 0.5, everything, entry=1),
            Part("T = 1, λ = 0 and 1, γ = 1", 0.25, borders),
            Fragile(
                "several environments, [T, N]; inputs left as they were",
                0.25,
                environments,
                raised="With [T, N] a row holds one entry for each environment. Do your `td_errors` and your `gae` "
                "pass their own checks?",
            ),
        ),
        BELIEFS,
        lambda *inputs: (
            "Two questions about row t, with two answers: is there a future to bootstrap from, and does row t+1 "
            "belong to the same episode?"
        ),
        "A time limit is no death: `terminated` cuts the bootstrap, `terminated | truncated` the recursion. Added to "
        "V, the same advantages are what the critic learns.",
        row=row_of(SYMBOLS),
        backwards=True,
    ),
    hints=(
        "Row t was cut by the clock. Is there still something to come for that state? And does row t+1 know about it?",
        "You have both functions. One of them needs to know where the future is gone, the other where the episode is "
        "over.",
        "deltas = td_errors(…, ___, gamma); advantages = gae(deltas, ___, …); return advantages, advantages + ___",
    ),
    answer="deltas = td_errors(rewards, values, next_values, terminated, gamma)\n"
    "advantages = gae(deltas, terminated | truncated, gamma, gae_lambda)\n"
    "return advantages, advantages + values",
)
