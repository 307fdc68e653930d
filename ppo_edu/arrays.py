"""One helper for all formulas: floats, numpy arrays and torch tensors go in, the same kind comes out.

Any tensor among the arguments gives a tensor (gradients flow), else any array gives an array, else a Python
number. A 0-d value goes with any shape; two other shapes must be equal, because a silent (4,) with (4, 1)
would become (4, 4). Contents are not scanned: nan in, nan out, without a warning.
"""

import functools
import inspect
import math
import sys

import numpy as np


def is_tensor(value):
    """True for a torch tensor, without importing torch: who holds a tensor has imported it."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.Tensor)


def backend(array):
    """The module whose functions (exp, minimum, where, …) work on `array`: torch or numpy."""
    return sys.modules["torch"] if is_tensor(array) else np


def same_shape(names, arrays):
    """Raise `ValueError` unless all `arrays` that are not 0-d have one shape."""
    if len({tuple(array.shape) for array in arrays if array.ndim}) > 1:
        sized = [f"{name} {tuple(array.shape)}" for name, array in zip(names, arrays, strict=True) if array.ndim]
        raise ValueError("shapes differ: " + ", ".join(sized))


def formula(*names, last_axis=False):
    """Decorator: the leading arguments, called `names`, become arrays of one kind, dtype and shape.

    Integers become floats, the widest float among the arrays wins, and Python numbers follow it. With
    `last_axis` the formula sums over the last axis, so a single number is refused.
    """

    def decorate(function):
        signature = inspect.signature(function)
        assert tuple(signature.parameters)[: len(names)] == names

        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            bound = signature.bind(*args, **kwargs).args if kwargs else args
            if len(bound) < len(names):
                signature.bind(*args, **kwargs)  # raises Python's own TypeError
            given, rest = bound[: len(names)], bound[len(names) :]
            arrays = _convert(names, given)
            for name, array in zip(names, arrays, strict=True):
                if last_axis and array.ndim == 0:
                    raise ValueError(f"{name} needs a last axis with one entry per action, got a single number")
            same_shape(names, arrays)
            if is_tensor(arrays[0]):
                return function(*arrays, *rest)
            with np.errstate(all="ignore"):
                result = function(*arrays, *rest)
            if type(result) is float:
                return result
            result = np.asarray(result)
            number = result.ndim == 0 and not any(isinstance(value, np.ndarray) for value in given)
            return result.item() if number else result

        return wrapper

    return decorate


def _convert(names, given):
    """The arguments as tensors if any is one, else as numpy arrays, of one floating dtype."""
    torch = sys.modules.get("torch")
    tensors = [value for value in given if is_tensor(value)]
    if not tensors:
        arrays = [_numbers(name, value) for name, value in zip(names, given, strict=True)]
        typed = [array.dtype for array, value in zip(arrays, given, strict=True) if not isinstance(value, int | float)]
        dtype = np.result_type(*typed) if typed else np.float64
        dtype = dtype if np.issubdtype(dtype, np.floating) else np.float64
        return [array.astype(dtype, copy=False) for array in arrays]
    if (
        len(tensors) == len(given)
        and len({(t.dtype, t.device) for t in tensors}) == 1
        and tensors[0].is_floating_point()
    ):
        return tensors
    arrays = [
        value if is_tensor(value) else torch.as_tensor(_numbers(name, value))
        for name, value in zip(names, given, strict=True)
    ]
    typed = [array.dtype for array, value in zip(arrays, given, strict=True) if not isinstance(value, int | float)]
    dtype = functools.reduce(torch.promote_types, typed)
    dtype = dtype if dtype.is_floating_point else torch.get_default_dtype()
    return [array.to(device=tensors[0].device, dtype=dtype) for array in arrays]


def _numbers(name, value):
    try:
        array = np.asarray(value)
    except ValueError:
        raise ValueError(f"{name} has rows of different lengths") from None
    if array.dtype.kind not in "fiub":
        raise TypeError(f"{name} must be a number, an array or a tensor of real numbers, got {type(value).__name__}")
    return array


def data(**arrays):
    """The named arguments as floating numpy arrays of one shape, [T] or [T, N]; for data-side functions."""
    for name, value in arrays.items():
        if is_tensor(value) and value.requires_grad:
            raise TypeError(f"{name} is data, no gradient flows through it here: pass {name}.detach()")
    arrays = {name: _numbers(name, value) for name, value in arrays.items()}
    if scalars := [name for name, array in arrays.items() if array.ndim == 0]:
        raise ValueError(f"{scalars[0]} needs a time axis, [T] or [T, N], got a single number")
    same_shape(arrays.keys(), arrays.values())
    return [a if a.dtype.kind == "f" else a.astype(np.float64) for a in arrays.values()]


def log_softmax(logits):
    """log π = z − log Σ exp z over the last axis, safe for logits of ±1000 and of −inf (a masked action)."""
    if is_tensor(logits):
        return logits.log_softmax(-1)
    shifted = logits - logits.max(axis=-1, keepdims=True, initial=-np.inf)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def xlogy(weights, logs):
    """weights · logs, and 0 where the weight is 0, whatever the log; its gradient is finite there too."""
    xp = backend(weights)
    return weights * xp.where(weights > 0, logs, xp.zeros_like(logs))


def require_fraction(**values):
    """Raise `ValueError` unless every named number lies in [0, 1], `TypeError` for what is no number."""
    for name, value in values.items():
        _refuse_words(name, value)
        if not 0 <= value <= 1:
            raise ValueError(f"{name} must lie in [0, 1], got {value}")


def require_clip_eps(clip_eps):
    """Raise `ValueError` unless ε ≥ 0 (`math.inf` switches clipping off), `TypeError` for what is no number."""
    _refuse_words("clip_eps", clip_eps)
    if not clip_eps >= 0:
        raise ValueError(f"clip_eps must be ≥ 0, got {clip_eps}; usual values are 0.1 to 0.3")


def _refuse_words(name, value):
    if value is None or isinstance(value, str | list | tuple):
        raise TypeError(f"{name} must be a number, got {value!r}")


def share(mask):
    """How much of a boolean array is True, as a Python float; nan when it is empty."""
    size = math.prod(mask.shape)
    return int(mask.sum()) / size if size else math.nan
