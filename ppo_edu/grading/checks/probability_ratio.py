"""Exercise 02, the probability ratio: in log space, in L^CPI, its worth in samples, its gradient, several epochs."""

from dataclasses import replace

import numpy as np

from ppo_edu.arrays import is_tensor
from ppo_edu.grading import runner
from ppo_edu.grading.checks.probability_ratio_beliefs import OBJECTIVE, RATIO, UNDERFLOW
from ppo_edu.grading.checks.probability_ratio_epochs import EPOCHS
from ppo_edu.grading.checks.probability_ratio_gradient import GRADIENT
from ppo_edu.grading.checks.probability_ratio_weights import EFFECTIVE
from ppo_edu.grading.formula import Formula, Part, shown, tensor
from ppo_edu.grading.items import Item, Verdict
from ppo_edu.grading.report import Step
from ppo_edu.ratio import probability_ratio

EXERCISE = "02_probability_ratio"
LOGPROBS = ("log π", "log π_old")
CUT_OFF = (
    "Ordinary probabilities come out right. Here both are too small to be told from 0, and yet the ratio is an "
    "ordinary number: it needs the difference of the logs as they are. Logs that are cut off lose it, and so do "
    "probabilities."
)


def objective(logprobs, old_logprobs, advantages):
    """L^CPI per sample, from log-probabilities."""
    return probability_ratio(logprobs, old_logprobs) * advantages


def ordinary(seed):
    """The lesson's numbers, then 200 seeded pairs of probabilities between e⁻⁵ and 1."""
    drawn = np.random.default_rng(seed).uniform(-5, -0.05, (2, 200))
    return [(np.log([0.5, 0.3, 0.02, 0.9]), np.log([0.2, 0.3, 0.1, 0.6])), tuple(drawn)]


def extremes(seed):
    """Probabilities that no float can hold, whose ratio is an ordinary number; ratios far from 1; a −inf."""
    new, old = np.array([-1000.0, -999.0, -3000.0, -802.0]), np.array([-999.0, -1000.0, -3000.0, -800.0])
    far = np.array([-1.0, -26.0, -0.25]), np.array([-26.0, -1.0, -6.0])
    return [(new, old), far, (np.array([-np.inf, -1.0]), np.array([-2.0, -1.5]))]


def single(seed):
    """One number, and a batch of one."""
    return [(-0.5, -1.25), (np.array([-0.5]), np.array([-1.25]))]


def near(seed):
    """Pairs for slopes, none further from ratio 1 than a factor of e²."""
    rng = np.random.default_rng(seed + 2)
    old = rng.uniform(-5, -2.1, 60)
    return old + rng.uniform(-2, 2, 60), old


def with_advantages(probes, sign):
    """The same probes with advantages of one sign, of many sizes."""

    def probed(seed):
        rng = np.random.default_rng(seed + 3)
        return [(*inputs, sign * np.exp(rng.uniform(-3, 3, np.shape(inputs[0])))) for inputs in probes(seed)]

    return probed


def extremes_and_nothing(seed):
    """The extremes with both signs, and Â = 0."""
    nothing = np.array([-1.0, -2.0]), np.array([-1.5, -1.0]), np.zeros(2)
    return [(new, old, np.resize([2.0, -3.0], new.size)) for new, old in extremes(seed)] + [nothing]


def single_advantage(seed):
    """One sample, and a batch of one."""
    return [(*inputs, -2.0 + np.zeros_like(inputs[0])) for inputs in single(seed)]


def near_with_advantages(seed):
    """The same pairs for slopes, with advantages of both signs."""
    rng = np.random.default_rng(seed + 4)
    return *near(seed), rng.choice([-1.0, 1.0], 60) * rng.uniform(0.3, 3, 60)


class LogSpace(Formula):
    """A `Formula` that knows what a division by zero among the extreme probes means, and that `math.exp` is fair."""

    def __call__(self, function, seed):
        try:
            verdict = super().__call__(function, seed)
        except runner.Raised as error:
            if not any(word in str(error) for word in ("ZeroDivisionError", "OverflowError")):
                raise
            return self._without_extremes(function, seed)
        values_right = all(step.passed for step in verdict.steps[: len(self.parts)])
        if values_right and not verdict.steps[-1].passed and leaves_torch(function, self.parts[0].probes(seed)[0]):
            return super().__call__(lambda *inputs: runner.numbers(function(*inputs)), seed)
        return verdict

    def _without_extremes(self, function, seed):
        hard = next(part for part in self.parts if part.probes in (extremes, extremes_and_nothing))
        easy = replace(self, parts=tuple(part for part in self.parts if part is not hard))
        verdict = Formula.__call__(easy, function, seed)
        message = UNDERFLOW if all(step.passed for step in verdict.steps) else verdict.message
        return Verdict((*verdict.steps, Step(hard.title, hard.points, False)), message)


def leaves_torch(function, inputs):
    """Does it give plain numbers for log-probs in a tensor, as with `math.exp`? Then its slope is that of its values.

    Torch would see a slope of 0 there if only Â is a tensor too: a number times a tensor is a tensor.
    """
    try:
        result = runner.quietly(function, tensor(inputs[0]).requires_grad_(), *inputs[1:])
    except (Exception, SystemExit):
        return False
    return not any(map(is_tensor, result if isinstance(result, list | tuple) else [result]))


def likelier(logprob, old_logprob, *advantage):
    """A sentence about the case."""
    if logprob == -np.inf:
        return "log π = −inf: this action has become impossible, so it is 0 times as likely as before."
    if min(logprob, old_logprob) < -700:
        return CUT_OFF
    new, old = np.exp(logprob), np.exp(old_logprob)
    words = f"The probability was {shown(old)} and is now {shown(new)}. The ratio says how many times as likely that is"
    return words + ("." if not advantage else f"; the objective weighs Â = {shown(advantage[0])} by it.")


ITEMS = (
    Item(
        name="probability_ratio",
        exercise=EXERCISE,
        points=3,
        judge=LogSpace(
            probability_ratio,
            LOGPROBS,
            2,
            (
                Part("ordinary probabilities", 1, ordinary),
                Part("probabilities like e⁻¹⁰⁰⁰, ratios far from 1, an action that has become impossible", 1, extremes),
                Part("one number, a batch of one, and the inputs left as they were", 0.5, single, optional=True),
            ),
            RATIO,
            likelier,
            "Only the difference of the logs is needed, and that is an ordinary number even where both probabilities "
            "are too small to write down. The slope with respect to log π is the ratio itself.",
            slope=(0.5, near),
        ),
        hints=(
            "An action had probability 0.2 and now has 0.5. Which number should come out? What do you get for it from "
            "log 0.5 and log 0.2?",
            "A quotient of two numbers becomes a difference in the logarithm. Take the difference first, leave the "
            "logarithm last.",
            "return np.___(logprobs ___ old_logprobs)",
        ),
        answer="return np.exp(logprobs - old_logprobs)",
    ),
    Item(
        name="unclipped_objective",
        exercise=EXERCISE,
        points=2,
        judge=LogSpace(
            objective,
            (*LOGPROBS, "Â"),
            3,
            (
                Part("good actions (Â > 0)", 0.5, with_advantages(ordinary, 1)),
                Part("bad actions (Â < 0)", 0.5, with_advantages(ordinary, -1)),
                Part("Â = 0, and probabilities like e⁻¹⁰⁰⁰", 0.25, extremes_and_nothing),
                Part("one sample, a batch of one, the inputs left as they were", 0.25, single_advantage, optional=True),
            ),
            OBJECTIVE,
            likelier,
            "Its slope with respect to log π is ratio · Â. Only where the ratio is 1 is that the slope of the plain "
            "policy gradient, Â.",
            slope=(0.5, near_with_advantages),
        ),
        hints=(
            "The batch was drawn with the old policy. An action twice as likely now: how much should its advantage "
            "count?",
            "Each sample's advantage, weighted by how much likelier its action has become. No mean, no minus.",
            "return probability_ratio(___, ___) * ___",
        ),
        answer="return probability_ratio(logprobs, old_logprobs) * advantages",
    ),
    EFFECTIVE,
    GRADIENT,
    EPOCHS,
)
