"""Runs a learner's function: on copies, for a limited time, and turns whatever comes back into float64 arrays."""

import contextlib
import copy
import dis
import functools
import inspect
import linecache
import signal
import threading
import traceback
import warnings
from collections.abc import Iterator

import numpy as np

from ppo_edu.arrays import is_tensor

SECONDS = 10
# Processor time is the learner's, wall time is also the machine's: a busy one must fail nobody. Sleeping costs wall.
CLOCKS = (("ITIMER_PROF", "SIGPROF", 1), ("ITIMER_REAL", "SIGALRM", 6))


class TimeLimit(BaseException):
    """Out of time. Not an `Exception`, so that a learner's `except Exception` does not swallow it."""


class NotAttempted(Exception):
    """There is no answer yet; the message says what stands in its place."""


class NoValue(NotAttempted):
    """A function that returns values gave None to these `inputs`: one of its ways ends without one."""

    def __init__(self, inputs):
        super().__init__("In this case your function returned None: there is a way through it without a `return`.")
        self.inputs = inputs


class Raised(Exception):
    """The learner's code raised; the message says what, and in which of their lines."""


class Unusable(Exception):
    """An answer of a kind that cannot be compared; the message says why."""


def clocks():
    """(timer, signal, how many times SECONDS) of each clock this machine and this thread can set."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        return []
    return [(getattr(signal, timer), getattr(signal, rings), factor) for timer, rings, factor in CLOCKS]


@contextlib.contextmanager
def time_limit(seconds):
    """Raise `TimeLimit` in the block after so many seconds of processor time, or six times as many of wall time."""

    def ring(signum, frame):
        raise TimeLimit

    before = [(timer, rings, signal.signal(rings, ring)) for timer, rings, _ in clocks()]
    for timer, _, factor in clocks():
        signal.setitimer(timer, factor * seconds)
    try:
        yield
    finally:
        for timer, rings, handler in before:
            signal.setitimer(timer, 0)
            signal.signal(rings, handler)


@contextlib.contextmanager
def no_time_limit():
    """Stop the clocks of `time_limit` in the block, for what the check itself computes."""
    left = [(timer, signal.setitimer(timer, 0)[0]) for timer, *_ in clocks()]
    try:
        yield
    finally:
        for timer, seconds in left:
            signal.setitimer(timer, seconds)


def call(function, *inputs):
    """(the result, positions of the inputs it changed) of `function` on deep copies of `inputs`.

    A stub or a None raises `NotAttempted` (`NoValue` where the function does return values on another way); anything
    else that comes out of the function raises `Raised`.
    """
    given = copy.deepcopy(inputs)
    try:
        result = quietly(function, *given)
        result = list(result) if isinstance(result, Iterator) else result
    except NotImplementedError as error:
        raise NotAttempted(_unfinished(error, function)) from None
    except (Exception, SystemExit, GeneratorExit) as error:
        raise Raised(describe(error)) from error
    if result is None:
        raise (
            NoValue(inputs)
            if returns_values(function)
            else NotAttempted("Your function returned None. Is a `return` missing?")
        )
    return result, [i for i, (now, then) in enumerate(zip(given, inputs)) if not _same(now, then)]


def returns_values(function):
    """Is there a `return` of something in the function's own code? It is read from the code, which is always there."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    steps = list(dis.get_instructions(code)) if code else []
    for before, step in zip(steps, steps[1:]):
        constant = step.argval if step.opname == "RETURN_CONST" else before.argval
        bare = step.opname == "RETURN_CONST" or before.opname == "LOAD_CONST"
        if step.opname.startswith("RETURN_") and step.opname != "RETURN_GENERATOR" and not (bare and constant is None):
            return True
    return False


def quietly(function, *inputs):
    """Call without warnings: whether numpy minds a division is not what is asked here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return function(*inputs)


def passed_on(function, afterwards):
    """`function`, with `afterwards()` after each call. It stands here because `describe` skips this file's frames."""

    @functools.wraps(function)
    def passing(*inputs, **named):
        try:
            return function(*inputs, **named)
        finally:
            afterwards()

    return passing


def describe(error):
    """`ZeroDivisionError: division by zero`, and the learner's own line where there is one."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename != __file__]
    said = f"{type(error).__name__}: {error}".rstrip(": ")
    if not frames:
        return f"{said}. The check calls your function with the arguments its docstring names."
    line = [frame for frame in frames if frame.filename == frames[0].filename][-1]
    source = linecache.getline(line.filename, line.lineno).strip()
    return f"{said}, in line {line.lineno} of its cell" + (f": `{source}`" if source else ".")


def numbers(result):
    """A learner's answer (number, list, pair, array, tensor, list of tensors) as a float64 array."""
    try:
        return np.array(_plain(result), dtype=np.float64)
    except (TypeError, ValueError, RecursionError):
        if isinstance(result, list | tuple) and _ragged(result):
            raise Unusable("The entries of your answer have different shapes.") from None
        raise Unusable(f"The answer should hold numbers; yours is of type {type(result).__name__}.") from None


def _ragged(parts):
    try:
        return len({np.shape(_plain(part)) for part in parts}) > 1
    except (ValueError, RecursionError):  # a part of it is, or a list holds itself
        return True


def _plain(result):
    if is_tensor(result):
        return result.detach().cpu().numpy()
    if isinstance(result, list | tuple):
        return [_plain(part) for part in result]
    return result


def _same(now, then):
    now, then = np.asarray(_plain(now)), np.asarray(_plain(then))
    return np.array_equal(now, then, equal_nan=then.dtype.kind == "f" and now.dtype.kind == "f")


def _unfinished(error, function):
    frames = traceback.extract_tb(error.__traceback__)
    culprit, own = frames[-1].name, getattr(function, "__name__", "")
    if culprit not in (own, "<lambda>", "quietly"):
        return f"`{own}` uses `{culprit}`, and that one is not written yet."
    return "Write your answer in the cell above, in place of `raise NotImplementedError()`, and run both cells."
