"""Exercise 04: the exact KL of two categorical policies, state by state."""

from dataclasses import dataclass

import numpy as np

from ppo_edu.grading import runner
from ppo_edu.grading.batch import arrays
from ppo_edu.grading.checks import trust_regions_policies as data
from ppo_edu.grading.checks.trust_regions_kl_beliefs import BELIEFS
from ppo_edu.grading.formula import Part
from ppo_edu.grading.items import Item
from ppo_edu.grading.rollout import Fragile, OfRollout
from ppo_edu.kl import categorical_kl

SAMPLED = (
    "Two calls with the same policies gave two answers: something is drawn at random. With all probabilities at hand "
    "nothing needs to be drawn; the average over the actions is a sum."
)
OVERFLOW = "exp of 1000 is too large for a number, exp of −1000 too small. Only differences within a row count."
NO_LOGARITHM = "A masked action has probability 0, and 0 has no logarithm. What does an action add that is never taken?"


@dataclass(frozen=True)
class OfPolicies(OfRollout):
    """As `OfRollout`, where an infinity may be the right answer, and two answers to one question mean sampling."""

    def __call__(self, function, seed):
        try:
            return super().__call__(function, seed)
        except runner.Unusable as error:
            raise runner.Unusable(SAMPLED if "Two calls" in str(error) else str(error)) from None

    def _say(self, probes, answers, first, damaged):
        said = super()._say(probes, answers, first, damaged)
        if damaged or "There is a nan" not in said:
            return said
        right = (arrays(self.reference(*inputs)) for inputs in probes)
        astray = any(
            not np.isfinite(x[np.isfinite(y.reshape(x.shape))]).all() if x.size == y.size else not np.isfinite(x).all()
            for answer, expected in zip(answers, right)
            for x, y in zip(answer, expected)
        )
        inputs, note, _ = first
        return said if astray else note or self.explain(*inputs)


def explain(logits, old_logits):
    """A sentence about the case."""
    if np.isneginf([logits, old_logits]).any():
        return "Unmasked actions come out right. Ask of each masked one: how often does π_old take it, and may π?"
    if abs(logits).max() > 500:
        return "Ordinary logits come out right, huge ones do not. Shift each row first; no probability changes."
    if logits.size > 1000:
        return "Few actions come out right, 3,000 do not: something small is added once for every action."
    return (
        "Two steps: log-probabilities from both tables of logits, then their difference, old less new, averaged as "
        "π_old takes the actions. The sum over the actions is exact; nothing is estimated."
    )


CATEGORICAL_KL = Item(
    name="categorical_kl",
    exercise="04_trust_regions",
    points=3,
    judge=OfPolicies(
        categorical_kl,
        ("logits", "old_logits"),
        ("KL",),
        (
            Part("the lesson's policies and random ones, state by state", 1.5, data.ordinary),
            Fragile("logits of ±1000, and 3,000 actions", 0.75, data.huge, raised=OVERFLOW),
            Fragile("masked actions (−inf); inputs left as they were", 0.75, data.masked, raised=NO_LOGARITHM),
        ),
        BELIEFS,
        explain,
        "0 where nothing moved, in nats, with the old policy first. The huge and the masked logits are not exotic: "
        "networks grow sure of themselves, and many games forbid moves.",
        row=data.state,
    ),
    hints=(
        "Whose actions does the average run over, and what is averaged? And what may be taken off all logits of a row "
        "before exp, without changing any probability?",
        "Shift each row by its own largest logit, then take off the logarithm of the sum of exponentials: log π. Do so "
        "for both tables. Average log π_old − log π under π_old, and let an action that π_old never takes add 0.",
        "a helper that makes log π of z, used twice; weights = np.exp(___); "
        "np.where(weights > 0, weights * (___ − ___), 0).sum(axis=___)",
    ),
    answer="def log_probs(z):\n"
    "    shifted = z - z.max(axis=1, keepdims=True)\n"
    "    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))\n\n"
    "logs, old_logs = log_probs(logits), log_probs(old_logits)\n"
    "old_probs = np.exp(old_logs)\n"
    "return np.where(old_probs > 0, old_probs * (old_logs - logs), 0).sum(axis=1)",
)
