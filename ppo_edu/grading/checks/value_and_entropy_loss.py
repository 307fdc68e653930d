"""Exercise 06: the one number an optimizer is given, from a batch; its value, and the gradients it sends back."""

from dataclasses import dataclass

import numpy as np

from ppo_edu.arrays import is_tensor
from ppo_edu.clip import clipped_objective
from ppo_edu.grading import runner
from ppo_edu.grading.checks.value_and_entropy_loss_beliefs import BELIEFS, loss
from ppo_edu.grading.formula import Part, belief, shown, tensor
from ppo_edu.grading.items import Item, Verdict
from ppo_edu.grading.report import Case, Step
from ppo_edu.grading.rollout import Fragile, OfRollout

SYMBOLS = ("ratio", "Â", "V", "V̂", "S", "ε", "c₁", "c₂")
LEARNED = {0: "ratio", 2: "V", 4: "S"}  # what depends on the weights


def batch(rng, eps=0.2, coefficients=(0.5, 0.3), size=12):
    """A made-up batch: ratios below, inside and above the band, for good and for bad actions."""
    draw = rng.uniform(-1, 1, size)
    ratio = np.choose(np.arange(size) % 3, [0.4 + 0.2 * draw, 1 + 0.8 * eps * draw, 2 + 0.5 * draw])
    signs = np.where(np.arange(size) // 3 % 2, -1, 1)
    values, returns = rng.normal(0, 1.5, (2, size))
    advantages, entropy = signs * rng.uniform(0.3, 3, size), rng.uniform(0.2, 1.6, size)
    return ratio, advantages, values, returns, entropy, eps, *coefficients


def by_hand(advantages=(2.0, -2.0), ratio=(2.5, 2.5)):
    """Two samples: L^CLIP 2.4 and −5, L^VF 2 and 0.5, S 1 and 0.5: the loss is 1.3 + 0.625 − 0.0075."""
    values, returns = np.array([1.5, 1.0]), np.array([3.5, 2.0])
    return np.array(ratio), np.array(advantages), values, returns, np.array([1.0, 0.5]), 0.2, 0.5, 0.01


def batches(seed):
    """By hand, both outside the band on the near or on the far side, and made-up batches with many coefficients."""
    rng = np.random.default_rng(seed)
    pairs = (0.1, (1.0, 0.1)), (0.2, (0.25, 1.5)), (0.3, (2.0, 0.7))
    sides = by_hand((2.0, -2.0), (2.5, 0.5)), by_hand((-2.0, 2.0), (2.5, 0.5))
    return [by_hand(), *sides, *(batch(rng, *pair) for pair in pairs)]


def edges(seed):
    """A batch of one, coefficients 0, ε = 0, before the first step (every ratio 1)."""
    rng = np.random.default_rng(seed + 1)
    one, first = batch(rng, size=1), batch(rng)
    cases = batch(rng, coefficients=(0.0, 0.4)), batch(rng, coefficients=(0.6, 0.0)), batch(rng, eps=0.0)
    return [one, *cases, (np.ones(12), *first[1:])]


def slopes(function, inputs):
    """The gradients in ratio, V and S by torch; None where the function does not answer tensors with a number.

    A quantity the loss does not depend on, in torch's eyes, has gradient 0.
    """
    import torch

    given = [tensor(x).requires_grad_(i in LEARNED) if np.ndim(x) else x for i, x in enumerate(inputs)]
    # Not through `call`: a copy would cut the graph. These tensors are thrown away, so nothing can be spoilt.
    try:
        result = runner.quietly(function, *given)
    except (Exception, SystemExit):
        return None
    if not is_tensor(result) or result.numel() != 1:
        return None
    wanted = [given[i] for i in LEARNED]
    if not result.requires_grad:
        return [np.zeros(x.shape) for x in wanted]
    try:
        found = torch.autograd.grad(result.sum(), wanted, allow_unused=True)
    except RuntimeError:  # an operation without a derivative, such as //
        return None
    return [np.zeros(x.shape) if g is None else g.numpy() for g, x in zip(found, wanted)]


def on_tensors(ratio, A, V, R, S, eps, c1, c2, held=()):
    """The loss in torch, the inputs named in `held` detached."""
    ratio, V, S = (x.detach() if name in held else x for name, x in zip(LEARNED.values(), (ratio, V, S)))
    return -(clipped_objective(ratio, A, eps) - c1 * (V - R) ** 2 / 2 + c2 * S).mean()


def holding(*names):
    return lambda *inputs: on_tensors(*inputs, held=names)


SILENT = (
    belief(
        "The value is right, but it is a bare number: no gradient goes back (`.item()`, `float()`, `no_grad`, numpy), "
        "and the optimizer has nothing to follow.",
        holding("ratio", "V", "S"),
    ),
    belief(
        "The value is right, but no gradient reaches the ratio: with this loss the critic learns, and no advantage "
        "moves the policy.",
        holding("ratio"),
        holding("ratio", "S"),
    ),
    belief(
        "The value is right, but no gradient reaches V: the policy learns and the critic does not.",
        holding("V"),
        holding("V", "S"),
    ),
    belief(
        "The value is right, but no gradient reaches ratio or V: only the entropy bonus moves anything.",
        holding("ratio", "V"),
    ),
    belief(
        "The value is right, but no gradient reaches the entropy: the bonus is in the number and pushes nothing.",
        holding("S"),
    ),
)


@dataclass(frozen=True)
class WithSlopes:
    """`WithSlopes(...)(function, seed)` gives the `Verdict`: the value, then, for answers in torch, its gradients.

    From an answer in numpy the right values everywhere are right slopes as well.
    """

    value: OfRollout
    title: str
    points: float
    silent: tuple

    @property
    def beliefs(self):
        return self.value.beliefs + self.silent

    def __call__(self, function, seed):
        verdict = self.value(function, seed)
        if not all(step.passed for step in verdict.steps):
            return Verdict((*verdict.steps, Step(self.title, self.points, False)), verdict.message)
        inputs = batch(np.random.default_rng(seed + 2))
        found, expected = slopes(function, inputs), slopes(on_tensors, inputs)
        pairs = zip(found or expected, expected)
        wrong = next((i for i, pair in enumerate(pairs) if not np.allclose(*pair, atol=1e-4)), None)
        if wrong is None:
            return Verdict((*verdict.steps, Step(self.title, self.points, True)), verdict.message)
        name = list(LEARNED.values())[wrong]
        case = Case(f"∂loss/∂{name} of a batch of 12", shown(expected[wrong]), shown(found[wrong]))
        return Verdict((*verdict.steps, Step(self.title, self.points, False, case)), self._say(found, inputs, name))

    def _say(self, found, inputs, name):
        for mistake in self.silent:
            for formula in mistake.formulas:
                if all(np.allclose(*pair, atol=1e-4) for pair in zip(found, slopes(formula, inputs))):
                    return mistake.message
        return f"The value is right, but not the gradient that reaches {name}. Was a part of the graph cut?"


def entry(inputs, index):
    """Words for a batch."""
    return ", ".join(f"{symbol} = {shown(x)}" for symbol, x in zip(SYMBOLS, inputs))


LOSS = Item(
    name="loss_to_minimise",
    exercise="06_value_and_entropy",
    points=1,
    judge=WithSlopes(
        OfRollout(
            loss,
            SYMBOLS,
            ("loss",),
            (
                Part("two samples by hand, and made-up batches", 0.5, batches),
                Fragile(
                    "one sample, coefficients 0, ε = 0, every ratio 1; inputs left as they were",
                    0.25,
                    edges,
                    raised="A batch may hold a single sample, and a coefficient may be 0.",
                ),
            ),
            BELIEFS,
            lambda *inputs: "Three terms per sample, then one mean, then one sign: an optimizer walks downhill.",
            "One minus sign, in one place. Everything else of PPO is in it: what is good, who is clipped, what the "
            "critic learns, what keeps the policy open.",
            row=entry,
        ),
        "for answers in torch: the gradients in ratio, V and S",
        0.25,
        SILENT,
    ),
    hints=(
        "`optimizer.step()` makes its number smaller. What would it do to your objective?",
        "You have every piece: `clipped_objective` is imported, the other two are yours. Per sample first, then the "
        "mean over the batch, then the sign.",
        "objective = total_objective(clipped_objective(___), value_loss(___), ___, ___); return ___objective.mean()",
    ),
    answer="surrogate = clipped_objective(ratio, advantages, clip_eps)\n"
    "errors = value_loss(values, returns)\n"
    "return -total_objective(surrogate, errors, entropy, vf_coef, ent_coef).mean()",
)
