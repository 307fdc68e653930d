"""Exercise 04: judges what comes out of a function, and what it cost: products, memory."""

import math
import tracemalloc
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import numpy as np

from ppo_edu.arrays import is_tensor
from ppo_edu.grading import runner
from ppo_edu.grading.rollout import OfRollout, alike


@dataclass(frozen=True)
class AtACost(OfRollout):
    """As `OfRollout` for one output, with a second: 0, or 1 where the answer was too dear."""

    too_dear: str = field(kw_only=True)  # what to say when the values are right and the cost is not
    meter: Callable = field(kw_only=True)  # inputs -> context that yields a function: 1.0 if it was too dear
    allowed: Callable = field(kw_only=True)  # inputs -> words for the cost allowed, and for more than that

    def _ask(self, kind, function, inputs):
        with self.meter(inputs) as bill:
            answer, changed = super()._ask(kind, function, inputs)
        return (*answer, np.array(bill())), changed

    def _arrays(self, result):
        return (runner.numbers(result),)

    def _difference(self, part, inputs, answer):
        found = super()._difference(part, inputs, answer)
        if found is None or not found[2].expected.startswith(f"{self.outputs[1]} "):
            return found
        given, note, case = found
        allowed, more = self.allowed(inputs)
        return given, note, replace(case, expected=allowed, got=more)

    def _say(self, probes, answers, first, damaged):
        right = all(alike(self.reference(*inputs)[0], answer[0]) for inputs, answer in zip(probes, answers))
        return self.too_dear if right and not damaged else super()._say(probes, answers, first, damaged)


def free(formula):
    """A formula for the first output, as an answer that costs nothing."""
    return lambda *inputs: (formula(*inputs), 0.0)


def about(formula):
    """A belief about the first output; the second may be anything."""
    return lambda *inputs: (formula(*inputs), None)


def in_kind(function):
    """`function` on arrays, for arrays, tensors and lists: what goes in comes out."""

    def answer(given):
        result = function(np.array(runner.numbers(given)))
        if np.ndim(result) == 0:
            return float(result)
        if is_tensor(given):
            import torch

            return torch.as_tensor(result, dtype=given.dtype)
        return result.tolist() if isinstance(given, list | tuple) else result.astype(np.asarray(given).dtype)

    return answer


@contextmanager
def products(inputs):
    """Counts the products of `matvec`; one more than `iterations` is allowed, for those who begin with b − H x."""
    matvec, _, iterations, _ = inputs
    matvec.calls = 0
    yield lambda: float(matvec.calls > iterations + 1)


@contextmanager
def memory(inputs):
    """Was there, for as long as the call ran, as much memory in use as a float32 matrix of all parameters takes?"""
    entries = math.prod(np.shape(inputs[0])) ** 2
    if entries < 1e5 or tracemalloc.is_tracing():
        yield lambda: 0.0
        return
    tracemalloc.start()
    try:
        yield lambda: float(peak >= 3.5 * entries)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
