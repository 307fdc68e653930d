"""Judges what a function makes of a rollout: arrays [T] or [T, N] in, row by row in time, arrays out.

As `OfBatch`, and: a misconception may be about one of several outputs, a difference is shown in its row, and an
answer that raises on some of the parts is judged on the others.
"""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from ppo_edu.grading import runner
from ppo_edu.grading.batch import TOLERANCE, OfBatch, arrays, as_array, as_list, as_tensor, in_words
from ppo_edu.grading.formula import NOT_FOR_THIS_KIND, Part, shown
from ppo_edu.grading.items import Verdict
from ppo_edu.grading.report import Case, Step


def as_float_tensor(x):
    """Flags as 0.0 and 1.0, for those who write 1 − dones in torch."""
    import torch

    return torch.tensor(np.asarray(x, dtype=np.float64))


@dataclass(frozen=True)
class Fragile(Part):
    """A part, after the others, on which an answer may raise that is fine elsewhere; `raised` says what that means."""

    raised: str = ""


@dataclass(frozen=True)
class OfRollout(OfBatch):
    """`OfRollout(...)(function, seed)` gives the `Verdict`; an output a belief is not about is None in its answer."""

    row: Callable = field(kw_only=True)  # inputs, index of the entry that differs -> words for that row
    backwards: bool = field(default=False, kw_only=True)  # show the last row that differs: there a recursion went wrong
    kinds: tuple = field(default=(as_array, as_tensor, as_float_tensor, as_list), kw_only=True)  # of inputs, to try

    def __call__(self, function, seed):
        try:
            return super().__call__(function, seed)
        except runner.Raised as first:
            for kind in self.kinds:
                with contextlib.suppress(runner.Raised, runner.NotAttempted):
                    return OfBatch.__call__(replace(self, kinds=(kind,)), function, seed)
            return self._without_fragile_parts(function, seed, first)

    def _without_fragile_parts(self, function, seed, first):
        """What raises on fragile parts only is worth the points of the others."""
        kind = self._kind(function, self.parts[0].probes(seed)[0])
        raising = {part: error for part in self.parts if (error := self._error(kind, function, part.probes(seed)))}
        if not raising or not all(isinstance(part, Fragile) for part in raising):
            raise first
        rest = tuple(part for part in self.parts if part not in raising)
        verdict = OfBatch.__call__(replace(self, parts=rest, kinds=(kind,)), function, seed)
        steps = iter(verdict.steps)
        steps = [Step(p.title, p.points, False) if p in raising else next(steps) for p in self.parts]
        part, error = next(iter(raising.items()))
        right = all(step.passed for step in verdict.steps)
        return Verdict(tuple(steps), f"{part.raised} Your code raised {error}" if right else verdict.message)

    def _error(self, kind, function, probes):
        for inputs in probes:
            try:
                self._ask(kind, function, inputs)
            except runner.Raised as error:
                return error
        return None

    def _kind(self, function, inputs):
        errors = []
        for kind in self.kinds:
            try:
                self._ask(kind, function, inputs)
                return kind
            except runner.Raised as error:
                errors.append(error)
            except runner.NotAttempted:
                # Torch says NotImplementedError, too: for | between floats.
                if not errors:
                    raise
        own = [error for error in errors if not any(word in str(error) for word in NOT_FOR_THIS_KIND)]
        raise own[0] if own else errors[-1]

    def _difference(self, part, inputs, answer):
        expected = arrays(self.reference(*inputs))
        if len(answer) != len(expected):
            wanted = " and ".join(self.outputs)
            return (
                inputs,
                f"Asked are {len(expected)} things: {wanted}.",
                Case(self._sizes(inputs), wanted, "something else"),
            )
        for i, (name, mine, theirs) in enumerate(zip(self.outputs, expected, answer)):
            if part.entry not in (None, i):
                continue
            if mine.shape != theirs.shape and not mine.size == theirs.size == 1:
                case = Case(self._sizes(inputs), f"{name}: {in_words(mine.shape)}", in_words(theirs.shape))
                return inputs, f"{name}: expected {in_words(mine.shape)}, got {in_words(theirs.shape)}.", case
            wrong = ~np.isclose(mine, theirs.reshape(mine.shape), equal_nan=True, **TOLERANCE)
            if wrong.any():
                index = tuple(np.argwhere(wrong)[-1 if self.backwards else 0])
                got = shown(theirs.reshape(mine.shape)[index])
                return inputs, "", Case(self.row(inputs, index), f"{name} {shown(mine[index])}", got)
        return None

    def _sizes(self, inputs):
        return ", ".join(
            f"{symbol} of {in_words(np.shape(x))}" for symbol, x in zip(self.symbols, inputs) if np.ndim(x)
        )

    def _say(self, probes, answers, first, damaged):
        # Who is wrong before the fragile parts come should hear of that, even when these add a mistake of their own.
        firm = sum(len(part.probes(0)) for part in self.parts if not isinstance(part, Fragile))
        counts = [len(probes)] + [firm] * any(first and first[0] is inputs for inputs in probes[:firm])
        for count in counts * (not damaged):
            for belief in self.beliefs:
                if any(self._believed(formula, probes[:count], answers) for formula in belief.formulas):
                    return belief.message
        return OfBatch._say(replace(self, beliefs=()), probes, answers, first, damaged)

    def _believed(self, formula, probes, answers):
        """Does this formula give all the learner's answers, in the outputs it speaks about, and not the right ones?"""
        differs = False
        for inputs, answer in zip(probes, answers):
            theirs = runner.quietly(formula, *inputs)
            theirs = theirs if isinstance(theirs, tuple) else (theirs,)
            if len(theirs) != len(answer) or not all(x is None or alike(x, y) for x, y in zip(theirs, answer)):
                return False
            right = arrays(self.reference(*inputs))
            differs |= len(right) != len(theirs) or any(
                x is not None and not alike(x, y) for x, y in zip(theirs, right)
            )
        return differs

    def _arrays(self, result):
        """As `OfBatch` does; two outputs of one shape may also come stacked in one array."""
        stacked = len(self.outputs) > 1 and not isinstance(result, list | tuple) and np.ndim(result) > 1
        return super()._arrays(list(result) if stacked and len(result) == len(self.outputs) else result)


def alike(left, right):
    """The same shape and the same values."""
    left = np.asarray(left, dtype=np.float64)
    return left.shape == right.shape and np.allclose(left, right, equal_nan=True, **TOLERANCE)


def row_of(symbols):
    """Words for a row that differs: its inputs and those of the rows after it, in the same environment."""

    def words(inputs, index):
        where = f"row {index[0]}" + (f" of environment {index[1]}" if len(index) > 1 else "")
        columns = [x[index[0] :][(slice(None), *index[1:])] if np.ndim(x) else x for x in inputs]
        given = [f"{symbol} = {shown(0.0 + np.asarray(x))}" for symbol, x in zip(symbols, columns)]
        return f"{where}, with what is there and after it: " + ", ".join(given)

    return words
