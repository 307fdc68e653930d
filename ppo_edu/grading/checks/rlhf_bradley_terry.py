"""Exercise 09: the loss of a reward model on pairs, its values, its slopes in both scores, and what is believed."""

from dataclasses import dataclass, replace

import numpy as np

from ppo_edu.grading import runner
from ppo_edu.grading.checks.rlhf_sentences import sizes
from ppo_edu.grading.formula import SLOPE_TOLERANCE, Formula, Part, autograd, belief, shown
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
    rng = np.random.default_rng(seed + 2)
    chosen = np.append([1.2, 0.4, 900.0, -900.0], sizes(rng, 20))  # a right answer may have a kink at ±1000
    return chosen, np.append([0.4, 1.2, 0.0, 0.0], sizes(rng, 20))


def turned(function):
    """The function with its first two arguments exchanged."""
    return lambda rejected, chosen: function(chosen, rejected)


def softplus(x):
    import torch

    return torch.nn.functional.softplus(x)


def sigmoid(x):
    return 1 / (1 + (-x).exp())


def overflowing(x):
    return (1 + x.exp()).log()


def of(formula):
    """A belief in terms of the difference R(chosen) − R(rejected)."""
    return lambda c, r: formula(c - r)


def either(formula):
    """A belief with a softplus of numbers of any size, and with one that overflows: it is the same belief."""
    return [lambda c, r, s=s: formula(s, c - r) for s in (softplus, overflowing)]


OVERFLOW = (
    "Right for ordinary scores, but where a difference is large an exponential leaves what a float can hold, and the "
    "loss becomes inf or nan. Which way of writing it never takes exp of a large positive number?"
)
NAN_SLOPE = (
    "The values are right, but the slope is nan where the difference is large: a branch that was not taken holds an "
    "infinity, and autograd multiplies it by 0. Keep the exponent from being positive in *every* branch."
)
ONE_EACH = "Here each pair keeps its own loss; the caller takes the mean."
LOSER_SILENT = (
    "The values are right, but no gradient reaches the rejected score: it was detached. The winner is pushed up and "
    "the loser is not pushed down."
)
NO_SLOPE = (
    "The values are right, but no gradient comes out (`.detach()`, `.item()`, `no_grad`, numpy on tensors): with this "
    "loss a reward model learns nothing."
)
WINNER_SILENT = (
    "The values are right, but no gradient reaches the chosen score: it was detached. The loser is pushed down and "
    "the winner is not pushed up."
)

BELIEFS = (
    belief(
        "The two sentences have changed places, or the sign inside σ: this loss is small where the *rejected* one "
        "scores higher.",
        *either(lambda s, d: s(d)),
    ),
    belief(
        "The minus is missing: that is the log-likelihood. A loss is minimised, and it comes down to 0 where the "
        "winner is far ahead.",
        *either(lambda s, d: -s(-d)),
        *either(lambda s, d: -s(d)),
    ),
    belief(
        "That is a probability. The loss is minus its *logarithm*.",
        of(sigmoid),
        of(lambda d: 1 - sigmoid(d)),
        of(lambda d: -sigmoid(d)),
    ),
    belief(
        "You measure a distance, or square one. That wants equal scores, or a fixed gap between them; the model of "
        "preferences is a probability.",
        of(lambda d: d.abs()),
        of(lambda d: d**2),
        of(lambda d: d**2 / 2),
        of(lambda d: (1 - d) ** 2),
        of(lambda d: (1 - sigmoid(d)) ** 2),
    ),
    belief(
        "You judge each score by itself, σ(R) of one and then of the other. Only the *difference* of the scores counts "
        "in a comparison: add 40 to both, and the loss stays.",
        lambda c, r: softplus(-c) + softplus(r),
        lambda c, r: -sigmoid(c).log() - (1 - sigmoid(r)).log(),
        lambda c, r: softplus(-c) - softplus(-r),
        lambda c, r: softplus(-r) - softplus(-c),
        lambda c, r: sigmoid(c) - sigmoid(r),
        lambda c, r: sigmoid(r) - sigmoid(c),
        lambda c, r: (softplus(-c) + softplus(r)) / 2,
        lambda c, r: (softplus(-c) + softplus(-r)) / 2,
        lambda c, r: -(sigmoid(c) - sigmoid(r)).log(),
        lambda c, r: softplus(-(sigmoid(c) - sigmoid(r))),
    ),
    belief("The rejected score is not used.", lambda c, r: softplus(-c), lambda c, r: overflowing(-c)),
    belief(
        "The scores are added, multiplied or divided. A comparison looks at their difference.",
        lambda c, r: softplus(-(c + r)),
        lambda c, r: softplus(-(c * r)),
        lambda c, r: softplus(-(c / r)),
        lambda c, r: -(c / (c + r)).log(),
    ),
    belief(f"You average over the pairs. {ONE_EACH}", *either(lambda s, d: s(-d).mean())),
    belief(f"You add the pairs up. {ONE_EACH}", *either(lambda s, d: s(-d).sum())),
    belief(
        "That is a hinge: it is exactly 0 beyond some gap, and its slope jumps. −log σ comes to 0 smoothly.",
        of(lambda d: (1 - d).clamp(min=0)),
        of(lambda d: (-d).clamp(min=0)),
    ),
    belief(
        "You ask for a margin of your own. In this model a tie is even, P = ½, and costs log 2.",
        *(of(lambda d, m=m: softplus(m - d)) for m in (0.1, 0.5, 1.0, -1.0, -0.5)),
    ),
    belief(
        "That is the difference itself, without σ. It rewards a larger gap without end.",
        *(of(lambda d, k=k: k * d) for k in (-1, 1)),
    ),
    belief(
        OVERFLOW,
        of(lambda d: (1 + (-d).exp()).log()),
        of(lambda d: -(d.exp() / (1 + d.exp())).log()),
        of(lambda d: (1 + d.exp()).log() - d),
        lambda c, r: -(c.exp() / (c.exp() + r.exp())).log(),
        lambda c, r: (c.exp() + r.exp()).log() - c,
        lambda c, r: (1 + r.exp() / c.exp()).log(),
        of(lambda d: -(1 - sigmoid(-d)).log()),
    ),
    belief(
        "You add a small number inside the logarithm, or cut off what goes in. Then the loss stops growing where the "
        "model is most wrong, and there the slope is 0: the pair that could teach most teaches nothing.",
        *(of(lambda d, e=e: -(sigmoid(d) + e).log()) for e in (1e-12, 1e-10, 1e-9, 1e-8, 1e-7, 1e-6)),
        *(of(lambda d, e=e: -sigmoid(d).clamp(min=e).log()) for e in (1e-12, 1e-10, 1e-9, 1e-8, 1e-7, 1e-6)),
        *(of(lambda d, k=k: softplus(-d.clamp(-k, k))) for k in (10, 20, 30, 50, 60, 80, 88, 100, 500, 700, 709)),
        *(of(lambda d, top=top: overflowing(-d).nan_to_num(posinf=top)) for top in (None, 0, 1000)),
    ),
    belief(
        "The logarithm has another base. Here it is the natural one.",
        *either(lambda s, d: s(-d) / np.log(2)),
        *either(lambda s, d: s(-d) / np.log(10)),
        *either(lambda s, d: s(-d * np.log(10))),
    ),
    belief(
        "The sign of the difference is lost: whoever won, the loss is the same.",
        *(of(lambda d, k=k: softplus(k * d.abs())) for k in (-1, 1)),
    ),
    belief(
        "You count both outcomes. One of them happened: the chosen one won.",
        *(of(lambda d, k=k: (softplus(-d) + softplus(d)) * k) for k in (0.5, 1)),
        of(lambda d: sigmoid(d) * softplus(-d) + sigmoid(-d) * softplus(d)),
    ),
    belief(
        "A factor stands in front of the difference, or of the loss. There is none.",
        *(of(lambda d, k=k: softplus(-d * k)) for k in (0.1, 0.5, 2.0)),
        *(of(lambda d, k=k: softplus(-d) * k) for k in (0.5, 2.0)),
    ),
    belief("That is the odds of the wrong outcome. σ has a 1 below the fraction as well.", of(lambda d: (-d).exp())),
    belief(NO_SLOPE, of(lambda d: softplus(-d.detach()))),
)


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
        second = self._second(function, seed)
        step = Step(self.title, self.points, second is None, second)
        message = verdict.message
        if self._is_nan(function, seed):
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
        chosen, rejected = self.formula.slope[1](seed)
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
        found = autograd(function, self.formula.slope[1](seed))
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
        "margin = ___ − ___; return np.logaddexp(___, ___)",
    ),
    answer="return np.logaddexp(0, -(chosen_scores - rejected_scores))",
)
