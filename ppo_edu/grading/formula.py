"""Judges a function of (arrays …, clip_eps or the like) by what it computes, never by how it is written.

The learner's function and every known misconception are observed on the same inputs. Where the learner is wrong,
the misconception that reproduces *all* their outputs is the one to talk about; without one, the first case that
differed speaks for itself.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ppo_edu.arrays import is_tensor
from ppo_edu.grading import runner
from ppo_edu.grading.items import Verdict
from ppo_edu.grading.report import Case, Step, shown

# Loose enough for an answer in float32; probes keep a distance from the edges, or sit on ones float32 can hold.
TOLERANCE = dict(rtol=1e-4, atol=1e-5)
SLOPE_TOLERANCE = dict(rtol=1e-2, atol=1e-2)
NOT_FOR_THIS_KIND = ("TypeError", "AttributeError", "ambiguous", "size-1", "length-1")


@dataclass(frozen=True)
class Part:
    """One step of a check: its probes, and which entry of the answer it looks at (all, when None)."""

    title: str
    points: float
    probes: Callable  # seed -> list of input tuples
    entry: int | None = None
    optional: bool = False  # an answer that works on one shape only may raise here; a wrong number may not come


@dataclass(frozen=True)
class Misconception:
    """A belief: what to say about it, and the formulas (on tensors) of those who hold it."""

    message: str
    formulas: tuple[Callable, ...]


def belief(message, *formulas):
    """Shorthand for a `Misconception`."""
    return Misconception(message, formulas)


@dataclass(frozen=True)
class Formula:
    """`Formula(...)(function, seed)` gives the `Verdict`; see the fields."""

    reference: Callable
    symbols: tuple[str, ...]  # one per input, as a learner reads them
    arrays: int  # how many of the inputs are arrays of one shape
    parts: tuple[Part, ...]
    beliefs: tuple[Misconception, ...]
    explain: Callable  # inputs of the case -> a sentence about that case
    why: str  # what to say when it is correct
    slope: tuple[float, Callable] | None = None  # points, seed -> inputs: where d answer / d first input is judged
    per_sample: bool = True  # the answer belongs to each sample, so one number at a time is a fair way to compute it

    def __call__(self, function, seed):
        caller = self._choose(function, self.parts[0].probes(seed)[0])
        probes = [(part, inputs) for part in self.parts for inputs in part.probes(seed)]
        answers, damaged = [], set()
        for part, inputs in probes:
            try:
                answer, changed = caller(function, inputs)
            except runner.Raised:
                if not part.optional:
                    raise
                answer, changed = None, []
            answers.append(answer)
            damaged |= set(changed)
        self._demand_one_answer(caller, function, probes[0][1], answers[0])
        steps, failed = self._values(probes, answers, damaged)
        slopes = None
        if self.slope:
            slopes, slope_step = self._slopes(caller, function, seed)
            steps.append(slope_step)
        if all(step.passed for step in steps):
            return Verdict(tuple(steps), self.why)
        return Verdict(tuple(steps), self._say(probes, answers, failed, slopes, damaged, steps, seed))

    # -- asking --------------------------------------------------------------------------------------------------

    def _choose(self, function, inputs):
        """The way of calling that this function understands: arrays, tensors, lists, or one number at a time."""
        callers = [self._with(np.copy), self._with(tensor), self._with(lambda x: x.tolist())]
        if self.per_sample:
            callers.append(self._one_by_one)
        errors = []
        for caller in callers:
            try:
                caller(function, inputs)
                return caller
            except runner.Raised as error:
                errors.append(error)
        # Of many complaints, the one that is not about the kind of the inputs; else about the simplest kind.
        own = [error for error in errors if not any(word in str(error) for word in NOT_FOR_THIS_KIND)]
        raise own[0] if own else errors[-1]

    def _with(self, convert):
        def caller(function, inputs):
            given = [convert(np.float64(x)) for x in inputs[: self.arrays]]
            result, changed = runner.call(function, *given, *inputs[self.arrays :])
            answer = runner.numbers(result)
            scalar = self.per_sample and np.ndim(inputs[0]) == 0 and answer.size == 1
            return (answer.reshape(()) if scalar else answer), changed

        return caller

    def _one_by_one(self, function, inputs):
        arrays, rest = inputs[: self.arrays], inputs[self.arrays :]
        samples = zip(*(np.ravel(x).tolist() for x in arrays))
        answers = [runner.numbers(runner.call(function, *sample, *rest)[0]) for sample in samples]
        if any(answer.size != 1 for answer in answers):
            raise runner.Unusable("For one sample the answer should be one number.")
        return np.array([answer.item() for answer in answers]).reshape(np.shape(arrays[0])), []

    def _demand_one_answer(self, caller, function, inputs, first):
        again, _ = caller(function, inputs)
        if not np.array_equal(first, again, equal_nan=True):
            raise runner.Unusable("Two calls with the same inputs gave two answers: this is not yet a function.")

    # -- comparing -----------------------------------------------------------------------------------------------

    def _values(self, probes, answers, damaged):
        """The steps, and (inputs, index, step) of the first difference; index None where the shape is wrong."""
        steps, first = [], None
        for part in self.parts:
            mine = [(inputs, answer) for (owner, inputs), answer in zip(probes, answers) if owner is part]
            found = next(filter(None, (self._difference(part, *pair) for pair in mine if pair[1] is not None)), None)
            first = first or found
            spoilt = part is self.parts[-1] and damaged
            steps.append(Step(part.title, part.points, not found and not spoilt, found[2] if found else None))
        return steps, first

    def _difference(self, part, inputs, answer):
        expected = runner.numbers(self.reference(*inputs))
        if expected.shape != answer.shape:
            said = f"{self._names()} of shape {np.shape(inputs[0])}"
            return inputs, None, Case(said, f"an answer of shape {expected.shape}", f"shape {answer.shape}")
        right = np.isclose(answer, expected, **TOLERANCE)
        if part.entry is not None:
            right = right | (np.arange(right.size) != part.entry)
        if right.all():
            return None
        index = tuple(np.argwhere(~right)[0])
        sample = tuple(x[index] if self.per_sample and np.ndim(x) else x for x in inputs)
        mine, theirs = expected[index], answer[index]
        if np.asarray(self.reference(*inputs)).dtype == bool and theirs in (0, 1):  # a yes or no, told as one
            return sample, index, Case(self._inputs(sample), str(bool(mine)), str(bool(theirs)))
        return sample, index, Case(self._inputs(sample), shown(mine), shown(theirs))

    def _slopes(self, caller, function, seed):
        points, probes = self.slope
        title, inputs = f"its slope with respect to {self.symbols[0]}", probes(seed)
        expected, slopes = autograd(self.reference, inputs), autograd(function, inputs)
        if slopes is None:
            slopes = central_difference(lambda x: caller(function, x)[0], inputs)
        if slopes.shape != expected.shape:
            return None, Step(title, points, False)
        wrong = ~np.isclose(slopes, expected, **SLOPE_TOLERANCE)
        if not wrong.any():
            return slopes, Step(title, points, True)
        i = np.argmax(wrong)
        sample = self._inputs([x[i] if np.ndim(x) else x for x in inputs])
        case = Case(sample, f"slope {shown(expected[i])}", f"slope {shown(slopes[i])}")
        return slopes, Step(title, points, False, case)

    # -- talking -------------------------------------------------------------------------------------------------

    def _about_shape(self, given, case):
        return shape_message(given, case)

    def _say(self, probes, answers, failed, slopes, damaged, steps, seed):
        if damaged:
            names = ", ".join(self.symbols[i] for i in sorted(damaged))
            return f"Your function changed its input ({names}) in place; its caller still needs it. Work on a copy."
        for belief in self.beliefs:
            for formula in belief.formulas:
                if self._reproduces(formula, probes, answers, failed, slopes, seed):
                    return belief.message
        if failed and failed[1] is None:
            return self._about_shape(np.shape(failed[0][0]), failed[2])
        if failed:
            everything = np.concatenate([answer.ravel() for answer in answers if answer is not None])
            if np.ptp(everything) == 0:
                return f"The answer is {shown(everything[0])} whatever the inputs are: a constant."
            return self.explain(*failed[0])
        return "The values are right, but not the slope, and learning follows the slope."

    def _reproduces(self, formula, probes, answers, failed, slopes, seed):
        """Does this formula give all the learner's values, or, where those are right, all their slopes?"""
        call = self._with(tensor)
        for inputs, answer in ((inputs, answer) for (_, inputs), answer in zip(probes, answers) if answer is not None):
            theirs = call(formula, inputs)[0]
            if theirs.shape != answer.shape or not np.allclose(theirs, answer, equal_nan=True, **TOLERANCE):
                return False
        return bool(failed) or np.allclose(autograd(formula, self.slope[1](seed)), slopes, **SLOPE_TOLERANCE)

    def _names(self):
        return " and ".join(self.symbols[: self.arrays])

    def _inputs(self, inputs):
        return ", ".join(f"{symbol} = {shown(x)}" for symbol, x in zip(self.symbols, inputs))


def tensor(x):
    """A float64 tensor of its own."""
    import torch

    return torch.tensor(x, dtype=torch.float64)


def autograd(function, inputs):
    """d Σ answer / d first input by torch, or None where the function does not answer tensors with tensors."""
    import torch

    first = tensor(inputs[0]).requires_grad_()
    rest = [tensor(x) if np.ndim(x) else x for x in inputs[1:]]
    # Not through `call`: a copy would cut the graph. These tensors are thrown away, so nothing can be spoilt.
    try:
        result = runner.quietly(function, first, *rest)
        result = torch.stack(list(result)) if isinstance(result, list | tuple) else result
    except (Exception, SystemExit):
        return None
    if not is_tensor(result) or result.shape != first.shape:
        return None
    if not result.requires_grad:
        return np.zeros(first.shape)
    try:
        (slope,) = torch.autograd.grad(result.sum(), first, allow_unused=True)
    except RuntimeError:  # an operation without a derivative, such as //
        return None
    return np.zeros(first.shape) if slope is None else slope.numpy()


def central_difference(function, inputs, h=1e-3):
    """The same slope from two values, for answers that know no tensors. Exact between kinks, where all is linear."""
    up, down = (function((inputs[0] + step, *inputs[1:])) for step in (h, -h))
    return (up - down) / (2 * h)


def shape_message(given, case):
    """What an answer of the wrong shape usually means."""
    expected, got = case.expected.removeprefix("an answer of shape "), case.got.removeprefix("shape ")
    if len(given) == 1 and got == str(given * 2):
        return (
            f"From {given} samples came {got} numbers: somewhere a column ({given[0]}, 1) met a row {given}, and "
            "broadcasting paired every sample with every other. Keep one shape throughout."
        )
    if len(given) == 1 and got == str((*given, 1)):
        return (
            f"The answer is a column {got}, the samples are {given}. The next formula that meets both makes "
            f"{given * 2} of them by broadcasting. Keep the shape you were given."
        )
    return f"The answer has shape {got}, expected {expected}: one number per sample, in the shape of the inputs."
