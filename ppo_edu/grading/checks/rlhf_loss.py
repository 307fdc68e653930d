"""Exercise 09: the loss of one RLHF update, judged by its value and by the gradients it sends back."""

from dataclasses import dataclass

import numpy as np

from ppo_edu.arrays import is_tensor
from ppo_edu.grading import runner
from ppo_edu.grading.checks.rlhf_loss_beliefs import BELIEFS, ZERO_OVER_ZERO, reference
from ppo_edu.grading.checks.rlhf_sentences import FULL, MANY_LENGTHS, masks, sizes
from ppo_edu.grading.formula import shown
from ppo_edu.grading.items import Item, Verdict
from ppo_edu.grading.report import Case, Step

NAMES = ("logprobs", "old_logprobs", "values", "advantages", "returns", "mask", "clip_eps", "vf_coef")
LEARNED = (0, 2)  # logprobs and values: what depends on the weights
# Loose enough for float32; the mean over words nearly cancels small mistakes of either sign.
TOLERANCE = dict(rtol=1e-4, atol=2e-6)


def made(rng, lengths, columns, eps=0.2, vf_coef=0.5):
    """Words below, inside and above the band, good and bad ones; on the padding other numbers of an ordinary size."""
    mask = masks(lengths, columns)
    case = np.where(mask, np.cumsum(mask).reshape(mask.shape), 0) % 6
    spread = rng.uniform(-1, 1, mask.shape)
    width = eps or 0.2  # without a band no word sits on its edge, where either slope is right
    ratio = np.choose(case % 3, [0.45 + 0.15 * spread, 1 + 0.8 * width * spread, 2 + 0.4 * spread])
    old = -rng.uniform(2, 5, mask.shape)
    advantages = 1.5 + np.where(case < 3, 1, -1) * rng.uniform(0.8, 3, mask.shape)
    advantages = np.where(mask, advantages, 4 + sizes(rng, mask.shape))
    values, returns = sizes(rng, (2, *mask.shape))
    return old + np.log(ratio), old, values, advantages, returns, mask, eps, vf_coef


def by_hand():
    """The docstring's sentence."""
    rows = (-1.0, -2.0, 3.0), (-1.5, -2.0, 2.0), (1.0, 0.0, 4.0), (3.0, 1.0, 9.0), (2.0, 2.0, 5.0)
    return (*(np.array([row]) for row in rows), np.array([[True, True, False]]), 0.2, 0.5)


def full_rows(seed):
    rng = np.random.default_rng(seed)
    return [made(rng, FULL, 4), made(rng, (5, 5), 5, 0.1, 1.0)]


def with_padding(seed):
    rng = np.random.default_rng(seed + 1)
    return [by_hand(), made(rng, MANY_LENGTHS, 6), made(rng, (7, 2, 4), 8, 0.3, 1.5)]


def edges(seed):
    """All advantages equal, a single word, c₁ = 0, ε = 0."""
    rng = np.random.default_rng(seed + 2)
    new, old, values, _, *rest = made(rng, (2, 4, 1), 5)
    alike = new, old, values, np.full(new.shape, 2.5), *rest
    return [alike, made(rng, (1,), 1), made(rng, (3, 2), 3, vf_coef=0.0), made(rng, (4, 3), 5, eps=0.0)]


NOT_FINITE = "Your loss is nan or infinite: a division by 0, or a logarithm or exp of what it cannot take."


@dataclass(frozen=True)
class Seen:
    """What a loss gives on one probe: its value, and the gradients in logprobs and values (None: torch gave none)."""

    value: float
    gradients: tuple | None
    changed: tuple[int, ...] = ()

    def agrees(self, other):
        """The same value, and the same gradients where both have some."""
        mine, theirs = self.gradients or (), other.gradients or ()
        pairs = [(self.value, other.value), *zip(mine, theirs)]
        return all(np.allclose(*pair, equal_nan=True, **TOLERANCE) for pair in pairs)


def seen(loss, inputs):
    """Ask a loss for its value on plain tensors, then for its gradients on tensors that carry them."""
    value, changed = runner.call(loss, *map(_tensor, inputs))
    number = runner.numbers(value)
    if number.size != 1:
        raise runner.Unusable(
            f"Your loss has shape {number.shape}; asked is one number, a mean over the words: an optimizer cannot "
            "follow many losses at once."
        )
    return Seen(number.item(), _gradients(loss, inputs), tuple(changed))


def _tensor(x):
    import torch

    return torch.tensor(x) if np.ndim(x) else x


def _gradients(loss, inputs):
    """(in logprobs, in values); zeros where the loss does not depend on one, or is no tensor at all."""
    import torch

    given = [_tensor(x).requires_grad_() if i in LEARNED else _tensor(x) for i, x in enumerate(inputs)]
    wanted = [given[i] for i in LEARNED]
    nothing = tuple(np.zeros(x.shape) for x in wanted)
    # Not through `call`: a copy would cut the graph. These tensors are thrown away, so nothing can be spoilt.
    try:
        value = runner.quietly(loss, *given)
    except RuntimeError as error:
        if "numpy" in str(error):  # of a tensor that requires a gradient torch gives no array
            return nothing
        raise runner.Raised(runner.describe(error)) from error
    except Exception as error:
        raise runner.Raised(runner.describe(error)) from error
    if not is_tensor(value) or not value.requires_grad:
        return nothing
    found = torch.autograd.grad(value.sum(), wanted, allow_unused=True)
    return tuple(zero if g is None else g.double().numpy() for g, zero in zip(found, nothing))


@dataclass(frozen=True)
class Part:
    """One step of the check; `entry` is what it looks at: the value (None) or one of the two gradients."""

    title: str
    points: float
    probes: tuple
    entry: int | None = None
    whole: bool = False  # value and both gradients


PARTS = (
    Part("sentences that fill their rows: the value", 0.5, (full_rows,)),
    Part("sentences of many lengths: the value, without the padding", 0.5, (with_padding,)),
    Part("the gradient in logprobs, 0 on the padding", 0.5, (full_rows, with_padding), 0),
    Part("the gradient in values, 0 on the padding", 0.25, (full_rows, with_padding), 1),
    Part("equal advantages, one word, c₁ = 0, ε = 0; inputs left as they were", 0.25, (edges,), whole=True),
)


@dataclass(frozen=True)
class Update:
    """`Update(...)(function, seed)` gives the `Verdict`."""

    why: str
    beliefs: tuple = BELIEFS

    def __call__(self, function, seed):
        probes = {probe: probe(seed) for part in PARTS for probe in part.probes}
        got = {probe: [seen(function, inputs) for inputs in batches] for probe, batches in probes.items()}
        right = {probe: [seen(reference, inputs) for inputs in batches] for probe, batches in probes.items()}
        changed = sorted({i for answers in got.values() for answer in answers for i in answer.changed})
        steps = []
        for part in PARTS:
            asked = [x for probe in part.probes for x in zip(probes[probe], got[probe], right[probe])]
            case = next(filter(None, (_case(part, *x) for x in asked)), None)
            spoilt = part is PARTS[-1] and changed
            steps.append(Step(part.title, part.points, case is None and not spoilt, case))
        if all(step.passed for step in steps):
            return Verdict(tuple(steps), self.why)
        if changed:
            names = ", ".join(NAMES[i] for i in changed)
            return Verdict(tuple(steps), f"Your loss changed its input ({names}); later epochs need it as it was.")
        return Verdict(tuple(steps), self._say(steps, probes, got))

    def _say(self, steps, probes, got):
        firm = [probe for probe in probes if probe is not edges]
        # Who is wrong before the edges come hears of that, even when these add a mistake of their own.
        for asked in (list(probes), firm)[: 1 + (not all(step.passed for step in steps[:-1]))]:
            for mistake in self.beliefs:
                if any(_believed(formula, asked, probes, got) for formula in mistake.formulas):
                    return mistake.message
        if not all(np.isfinite(x.value) for answers in got.values() for x in answers):
            return ZERO_OVER_ZERO if all(step.passed for step in steps[:-1]) else NOT_FINITE
        if steps[0].passed and not steps[1].passed:
            return "Without padding your loss is right, with padding it is not: something behind the last words counts."
        if steps[0].passed and steps[1].passed and not all(step.passed for step in steps[2:4]):
            return "The value is right, but not the gradient, and learning follows the gradient."
        if steps[2].passed and steps[3].passed:
            return "Both gradients are right, and the value is not: you add something that no weight can change."
        if steps[2].passed:
            return (
                "What is wrong is the critic's half: the gradient in `logprobs` is right already. Look at (V − V̂)², at "
                "its factors and at its mean."
            )
        return "Follow one word: its advantage, normalised among the words; its ratio; the smaller of two products."


def _believed(formula, asked, probes, got):
    """Does this loss give the learner's value and gradients on all of these probes, and not the right ones?"""
    differs = False
    for probe in asked:
        for inputs, answer in zip(probes[probe], got[probe]):
            theirs = runner.quietly(seen, formula, inputs)
            if not theirs.agrees(answer):
                return False
            differs |= not theirs.agrees(runner.quietly(seen, reference, inputs))
    return differs


def _case(part, inputs, got, right):
    """Where the learner's number differs from the right one, in the part's own quantity."""
    lengths = [int(n) for n in inputs[5].sum(1)]
    where = f"sentences of {lengths} words in {inputs[5].shape[1]} columns, ε = {inputs[6]:g}, c₁ = {inputs[7]:g}"
    if part.entry is None and not np.isclose(got.value, right.value, **TOLERANCE):
        return Case(where, f"loss {shown(right.value)}", shown(got.value))
    for entry in (0, 1) if part.whole else (part.entry,):
        if entry is None:
            continue
        wrong = ~np.isclose(got.gradients[entry], right.gradients[entry], **TOLERANCE)
        if wrong.any():
            index = tuple(np.argwhere(wrong)[0])
            name = f"∂loss/∂{NAMES[LEARNED[entry]]}[{index[0]}, {index[1]}]"
            kind = "a word" if inputs[5][index] else "padding"
            return Case(
                f"{name}, {kind}; {where}", shown(right.gradients[entry][index]), shown(got.gradients[entry][index])
            )
    return None


ANSWER = """\
A = advantages[mask]
A = (A - A.mean()) / (A.std(correction=0) + 1e-8)
ratio = torch.exp(logprobs[mask] - old_logprobs[mask])
clip_objective = torch.min(ratio * A, ratio.clamp(1 - clip_eps, 1 + clip_eps) * A)
value_loss = (values[mask] - returns[mask]) ** 2 / 2
return -(clip_objective.mean() - vf_coef * value_loss.mean())"""

LOSS = Item(
    name="rlhf_loss",
    exercise="09_rlhf",
    points=2,
    judge=Update(
        "Two networks, one number, and not a trace of the padding in value or gradient. π_ref is not in it: it has "
        "done its work in the rewards."
    ),
    hints=(
        "How many numbers have a meaning in these tables? Take just those out, and forget that there ever was a table.",
        "`advantages[mask]` is a row of words without gaps; the same for the other four. What is left is exercise "
        "07's loss without the entropy.",
        "A = (A - ___) / (___ + 1e-8); ratio = (logprobs[mask] - ___).exp(); L = torch.min(ratio * A, ___ * A); "
        "return -(L.mean() - vf_coef * ___.mean())",
    ),
    answer=ANSWER,
)
