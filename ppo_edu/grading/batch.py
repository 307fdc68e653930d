"""Judges what a function makes of a whole batch: a number, a gradient, a pair of arrays.

As in `Formula`, the misconception that reproduces all of a learner's answers is the one to talk about.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ppo_edu.grading import runner
from ppo_edu.grading.formula import NOT_FOR_THIS_KIND, Part, shown
from ppo_edu.grading.items import Verdict
from ppo_edu.grading.report import Case, Step

# Loose enough for float32 and for finite differences.
TOLERANCE = dict(rtol=1e-3, atol=1e-4)


def as_array(x):
    return np.array(x)


def as_tensor(x):
    import torch

    return torch.tensor(x)


def as_list(x):
    return np.asarray(x).tolist()


@dataclass(frozen=True)
class OfBatch:
    """`OfBatch(...)(function, seed)` gives the `Verdict`; see the fields."""

    reference: Callable  # inputs -> the answer, as a tuple of arrays
    symbols: tuple[str, ...]  # one per input, as a learner reads them
    outputs: tuple[str, ...]  # one per array of the answer
    parts: tuple[Part, ...]  # `entry` is the array a part looks at (all, when None)
    beliefs: tuple  # formulas on arrays, that answer as the reference does, or with an array of another shape
    explain: Callable  # inputs of the case -> a sentence about that case
    why: str  # what to say when it is correct

    def __call__(self, function, seed):
        probes = [(part, inputs) for part in self.parts for inputs in part.probes(seed)]
        kind = self._kind(function, probes[0][1])
        answers, damaged = [], set()
        for _, inputs in probes:
            answer, changed = self._ask(kind, function, inputs)
            answers.append(answer)
            damaged |= set(changed)
        again, _ = self._ask(kind, function, probes[0][1])
        if not same(again, answers[0], rtol=0, atol=0):
            raise runner.Unusable("Two calls with the same inputs gave two answers: this is not yet a function.")
        steps, first = self._steps(probes, answers, damaged)
        if all(step.passed for step in steps):
            return Verdict(tuple(steps), self.why)
        return Verdict(tuple(steps), self._say([inputs for _, inputs in probes], answers, first, damaged))

    def _kind(self, function, inputs):
        """The kind of inputs that this function understands: arrays, tensors, or lists."""
        errors = []
        for kind in (as_array, as_tensor, as_list):
            try:
                self._ask(kind, function, inputs)
                return kind
            except runner.Raised as error:
                errors.append(error)
        own = [error for error in errors if not any(word in str(error) for word in NOT_FOR_THIS_KIND)]
        raise own[0] if own else errors[-1]

    def _ask(self, kind, function, inputs):
        result, changed = runner.call(function, *(kind(x) if np.ndim(x) else x for x in inputs))
        return self._arrays(result), changed

    def _arrays(self, result):
        """The answer as a tuple of float64 arrays; a single number may come in a shape of its own."""
        several = len(self.outputs) > 1 and isinstance(result, list | tuple) and len(result) == len(self.outputs)
        answer = tuple(map(runner.numbers, result)) if several else (runner.numbers(result),)
        # Two bare numbers are one array of two, not a pair of arrays.
        return (np.array(answer),) if several and not any(map(np.ndim, answer)) else answer

    def _steps(self, probes, answers, damaged):
        """The steps, and the inputs of the first difference with a note about shapes, where that is what differs."""
        steps, first = [], None
        for part in self.parts:
            found = None
            for (owner, inputs), answer in zip(probes, answers):
                if owner is part and not found:
                    found = self._difference(part, inputs, answer)
            first = first or found
            spoilt = part is self.parts[-1] and damaged
            steps.append(Step(part.title, part.points, not found and not spoilt, found[2] if found else None))
        return steps, first

    def _difference(self, part, inputs, answer):
        said = ", ".join(f"{symbol} = {shown(x)}" for symbol, x in zip(self.symbols, inputs))
        expected = arrays(self.reference(*inputs))
        if len(answer) != len(expected):
            wanted = " and ".join(self.outputs)
            return inputs, f"Asked are {len(expected)} things: {wanted}.", Case(said, wanted, "something else")
        for i, (name, mine, theirs) in enumerate(zip(self.outputs, expected, answer)):
            if part.entry not in (None, i):
                continue
            if mine.shape != theirs.shape and not mine.size == theirs.size == 1:
                case = Case(said, f"{name}: {in_words(mine.shape)}", in_words(theirs.shape))
                return inputs, f"{name}: expected {in_words(mine.shape)}, got {in_words(theirs.shape)}.", case
            if not np.allclose(mine, theirs.reshape(mine.shape), equal_nan=True, **TOLERANCE):
                return inputs, "", Case(said, f"{name} {rows(mine)}", rows(theirs))
        return None

    def _say(self, probes, answers, first, damaged):
        if damaged:
            names = ", ".join(self.symbols[i] for i in sorted(damaged))
            return f"Your function changed its input ({names}) in place; its caller still needs it. Work on a copy."
        for belief in self.beliefs:
            for formula in belief.formulas:
                theirs = (arrays(runner.quietly(formula, *inputs)) for inputs in probes)
                if all(same(*pair, **TOLERANCE) for pair in zip(theirs, answers)):
                    return belief.message
        inputs, note, case = first
        if "nan" in case.got or "inf" in case.got:  # of the case that is shown: elsewhere it would contradict it
            return "There is a nan or an infinity in your answer: something was divided by 0, or ran away."
        return note or self.explain(*inputs)


def arrays(answer):
    """An answer of the reference or of a belief, as a tuple of float64 arrays."""
    return tuple(np.asarray(x, dtype=np.float64) for x in (answer if isinstance(answer, tuple) else (answer,)))


def same(left, right, **tolerance):
    """Are two answers the same, in the number of arrays, in their shapes, in their values?"""
    return len(left) == len(right) and all(
        x.shape == y.shape and np.allclose(x, y, equal_nan=True, **tolerance) for x, y in zip(left, right)
    )


def in_words(shape):
    return f"shape {shape}" if shape else "one number"


def rows(x):
    """An array in words, row by row."""
    return "[" + ", ".join(map(shown, x)) + "]" if np.ndim(x) == 2 else shown(x)
