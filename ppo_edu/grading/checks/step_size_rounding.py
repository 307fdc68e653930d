"""Exercise 01: tells a finite difference whose nudge is too small from every other wrong gradient."""

import numpy as np

from ppo_edu import mdp
from ppo_edu.grading.batch import OfBatch
from ppo_edu.grading.checks.step_size_worlds import exact_return

TOO_SMALL = (
    "Your nudge is so small that rounding decides. J has some 16 digits, and J after the nudge differs from J before "
    "it in the last few of them only; dividing by the nudge makes their error large."
)
# By these the difference of two J was divided: a round number or the float's own ε, and for both sides twice as much.
EPSILON = float(np.finfo(float).eps)
DIVISORS = (EPSILON, 2 * EPSILON, *(times * 10.0**-k for k in range(10, 17) for times in (1, 2, 3, 4, 5, 6)))


def is_rounding(slopes, worlds, divisor):
    """Is every slope, times `divisor`, a whole number of the steps in which a float near J can change?

    That holds for differences of two returns, however they were computed, and for hardly any other number.
    """
    seen = False
    for slope, (logits, *world) in zip(slopes, worlds):
        # Half a step: one of the two returns may lie below a power of 2, where steps are half as large.
        steps = slope * divisor / (np.spacing(abs(exact_return(mdp.softmax(logits), *world))) / 2)
        if slope.shape != logits.shape or not np.allclose(steps, np.round(steps), rtol=0, atol=1e-3):
            return False
        seen = seen or bool(np.any(np.round(steps)))
    return seen


class OfGradient(OfBatch):
    """An `OfBatch` for the gradient of a return: no formula gives the numbers that rounding leaves."""

    def _say(self, probes, answers, first, damaged):
        slopes = [answer[0] for answer in answers]
        if not damaged and any(is_rounding(slopes, probes, divisor) for divisor in DIVISORS):
            return TOO_SMALL
        return super()._say(probes, answers, first, damaged)
