"""Exercise 09: the loss of a reward model on pairs, its values, and its slopes in both scores."""

from dataclasses import dataclass, replace

import numpy as np

from ppo_edu.grading import runner
from ppo_edu.grading.checks.rlhf_bradley_terry_beliefs import (
    BELIEFS,
    LOSER_SILENT,
    NAN_SLOPE,
    NO_SLOPE,
    OVERFLOW,
    WINNER_SILENT,
)
from ppo_edu.grading.checks.rlhf_sentences import sizes
from ppo_edu.grading.formula import SLOPE_TOLERANCE, Formula, Part, autograd, shown
from ppo_edu.grading.items import Item, Verdict
from ppo_edu.grading.report import Case, Step
from ppo_edu.rlhf import bradley_terry_loss


def pairs(seed):
    """The docstring's pair and the lesson's, a tie, made-up ones, and the same with 40 added to both scores."""
    rng = np.random.default_rng(seed)
    lesson = np.array([1.0, 0.4, 1.2, 0.7]), np.array([0.0, 1.2, 0.4, 0.7])
    chosen, rejected = sizes(rng, 20), sizes(rng, 20)
    return [lesson, (chosen, rejected), (chosen[:6] + 40, rejected[:6] + 40)]


def huge(seed):
    """Differences up to ±1000, and scores that are themselves large."""
    left = np.array([1000.0, 0.0, 500.0, -1800.0, -1000.0, 3000.0])
    return [(left, np.array([0.0, 1000.0, -500.0, -1000.0, -1001.0, 3002.0]))]


def shapes(seed):
    """A table, one number, a batch of one."""
    rng = np.random.default_rng(seed + 1)
    return [(sizes(rng, (4, 3)), sizes(rng, (4, 3))), (1.0, 0.0), (sizes(rng, 1), sizes(rng, 1))]


def slopes(seed):
    """No score above 200: beyond, float32 is too coarse for the finite difference of an answer in numpy."""
    rng = np.random.default_rng(seed + 2)
    return np.append([1.2, 0.4, 200.0, -200.0], sizes(rng, 20)), np.append([0.4, 1.2, 0.0, 0.0], sizes(rng, 20))


def far(seed):
    """For autograd alone: beyond 709 e^x is infinite. (A right answer may have a kink at ±1000.)"""
    chosen, rejected = slopes(seed)
    return np.append(chosen, [900.0, -900.0]), np.append(rejected, [0.0, 0.0])


def turned(function):
    """The function with its first two arguments exchanged."""
    return lambda rejected, chosen: function(chosen, rejected)


def explain(chosen, rejected):
    """A sentence about the case."""
    if chosen == rejected:
        return "At a tie either may win: P = ½, whatever the two scores are."
    return "First the difference of the scores, then the chosen one's probability of winning, then minus its logarithm."


@dataclass(frozen=True)
class BothSlopes:
    """A `Formula`, then the slope in its second input; what overflows in plain Python costs one part only."""

    formula: Formula
    fragile: int  # the part with huge numbers
    title: str
    points: float

    @property
    def beliefs(self):
        return self.formula.beliefs

    def __call__(self, function, seed):
        verdict = self._verdict(function, seed)
        if not all(step.passed for step in verdict.steps[:-1]):
            return Verdict((*verdict.steps, Step(self.title, self.points, False)), verdict.message)
        second, is_nan = self._second(function, seed), self._is_nan(function, seed)
        step = Step(self.title, self.points, second is None and not is_nan, second)
        message = verdict.message
        if is_nan:
            message = NAN_SLOPE
        elif step.passed and message == NO_SLOPE:
            message = WINNER_SILENT
        elif verdict.steps[-1].passed and not step.passed:
            silent = second.got == "slope 0"
            message = LOSER_SILENT if silent else "The values are right, but not the slope in R(rejected)."
        return Verdict((*verdict.steps, step), message)

    def _verdict(self, function, seed):
        try:
            return self.formula(function, seed)
        except runner.Raised as error:
            if "OverflowError" not in str(error) and "math domain" not in str(error):
                raise
            parts = self.formula.parts
            rest = replace(self.formula, parts=parts[: self.fragile] + parts[self.fragile + 1 :], slope=None)
            verdict = rest(function, seed)
            steps = list(verdict.steps)
            steps.insert(self.fragile, Step(parts[self.fragile].title, parts[self.fragile].points, False))
            steps.append(Step(f"its slope with respect to {self.formula.symbols[0]}", self.formula.slope[0], False))
            right = all(step.passed for step in verdict.steps)
            return Verdict(tuple(steps), f"{OVERFLOW} Your code raised {error}" if right else verdict.message)

    def _second(self, function, seed):
        """The `Case` that differs, if one does; who knows no tensors has right slopes with right values."""
        chosen, rejected = far(seed)
        found = autograd(turned(function), (rejected, chosen))
        expected = autograd(turned(self.formula.reference), (rejected, chosen))
        if found is None:
            return None
        wrong = ~np.isclose(found, expected, **SLOPE_TOLERANCE)
        if not wrong.any():
            return None
        i = np.argmax(wrong)
        said = f"R(chosen) = {shown(chosen[i])}, R(rejected) = {shown(rejected[i])}"
        return Case(said, f"slope {shown(expected[i])}", f"slope {shown(found[i])}")

    def _is_nan(self, function, seed):
        found = autograd(function, far(seed))
        return found is not None and np.isnan(found).any()


BRADLEY_TERRY = Item(
    name="bradley_terry_loss",
    exercise="09_rlhf",
    points=2,
    judge=BothSlopes(
        Formula(
            bradley_terry_loss,
            ("R(chosen)", "R(rejected)"),
            2,
            (
                Part("the lesson's pair, a tie, made-up pairs", 0.75, pairs),
                Part("differences of ±1000", 0.5, huge),
                Part("a table, one number; inputs left as they were", 0.25, shapes, optional=True),
            ),
            BELIEFS,
            explain,
            "The slope is minus the probability given to the wrong outcome: a pair teaches as much as it surprised, "
            "and a pair that was clear anyway teaches nothing.",
            slope=(0.25, slopes),
        ),
        1,
        "its slope with respect to R(rejected)",
        0.25,
    ),
    hints=(
        "What is σ of 0, of 1000, of −1000? And minus its logarithm?",
        "−log σ(d) = log(1 + e^(−d)). For large −d the 1 does not matter any more: it is nearly −d. numpy and torch "
        "each have a function that knows this.",
        "margin = ___ - ___; return np.logaddexp(___, ___)",
    ),
    answer="return np.logaddexp(0, -(chosen_scores - rejected_scores))",
)
