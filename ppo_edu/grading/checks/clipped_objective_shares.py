"""Exercise 03: two shares of a batch, judged one by one, and what is often believed about them."""

from dataclasses import dataclass, replace

import numpy as np

from ppo_edu.grading.checks.clipped_objective_beliefs import clip, outside, silent, silent_but_for_zero, touching
from ppo_edu.grading.formula import Formula, belief

NAMES = ("clip_fraction", "zero_gradient_fraction")


@dataclass(frozen=True)
class Shares(Formula):
    """As `Formula`, for a pair of numbers: the case says which of them differs, a belief may be about one of them."""

    def _difference(self, part, inputs, answer):
        found = super()._difference(part, inputs, answer)
        if found is None or found[1] is None:
            return found
        sample, index, case = found
        return sample, index, replace(case, expected=f"{NAMES[index[0]]} {case.expected}")

    def _reproduces(self, formula, probes, answers, failed, slopes, seed):
        pairs = all(np.shape(answer) == (2,) for answer in answers)
        own = iter(answers)

        def completed(*inputs):
            said, mine = formula(*inputs), next(own)
            if not isinstance(said, tuple) or None not in said:
                return said
            return tuple(y if x is None else x for x, y in zip(said, mine)) if pairs else ()

        return super()._reproduces(completed, probes, answers, failed, slopes, seed)

    def _about_shape(self, given, case):
        shape = case.got.removeprefix("shape ")
        got = "is one number" if shape == "()" else f"has shape {shape}"
        return (
            f"The answer {got}. Asked are two numbers for the whole batch: `return clip_fraction, "
            "zero_gradient_fraction`."
        )


def share(mask):
    return mask.double().mean()


def pair(left, right):
    return lambda r, A, e: (left(r, A, e), right(r, A, e))


def first(number):
    """A belief about the first number; the second may be anything."""
    return lambda r, A, e: (number(r, A, e), None)


def second(number):
    return lambda r, A, e: (None, number(r, A, e))


def share_outside(r, A, e):
    return share(outside(r, e))


def share_silent(r, A, e):
    return share(silent(r, A, e))


def share_silent_but_for_zero(r, A, e):
    return share(silent_but_for_zero(r, A, e))


def on_the_edge_too(r, A, e):
    return share((r >= 1 + e) | (r <= 1 - e))


def outside_or_nothing(r, A, e):
    return share(outside(r, e) | (A == 0))


def of_those_outside(mask):
    """Shares of the samples outside, with 0 or nan where there are none."""

    def number(r, A, e, least):
        return mask(r, A, e).sum() / outside(r, e).sum().clamp(min=least)

    return [second(lambda r, A, e, least=least: number(r, A, e, least)) for least in (0, 1)]


PAIRS = (
    belief(
        "The two are in the wrong order: you put the samples without a gradient first, and those outside the band "
        "second.",
        pair(share_silent, share_outside),
        pair(share_silent_but_for_zero, share_outside),
        pair(share_silent, outside_or_nothing),
        pair(lambda r, A, e: share(touching(r, A, e)), on_the_edge_too),
    ),
    belief(
        "Those are percentages. A fraction lies between 0 and 1.",
        pair(lambda r, A, e: 100 * share_outside(r, A, e), lambda r, A, e: 100 * share_silent(r, A, e)),
        pair(lambda r, A, e: 100 * share_outside(r, A, e), lambda r, A, e: 100 * share_silent_but_for_zero(r, A, e)),
    ),
    belief(
        "Those are counts. A fraction is a count divided by the number of samples.",
        pair(lambda r, A, e: outside(r, e).sum(), lambda r, A, e: silent(r, A, e).sum()),
        pair(lambda r, A, e: outside(r, e).sum(), lambda r, A, e: silent_but_for_zero(r, A, e).sum()),
    ),
    belief(
        "Those are the shares of the others: inside the band, and with a gradient.",
        pair(lambda r, A, e: 1 - share_outside(r, A, e), lambda r, A, e: 1 - share_silent(r, A, e)),
        pair(lambda r, A, e: 1 - share_outside(r, A, e), lambda r, A, e: 1 - share_silent_but_for_zero(r, A, e)),
    ),
    belief(
        "Almost: exactly on the edge (ratio = 1 ± ε) a sample is neither outside nor silent.",
        pair(on_the_edge_too, lambda r, A, e: share(touching(r, A, e))),
        pair(on_the_edge_too, share_silent),
        pair(share_outside, lambda r, A, e: share(touching(r, A, e))),
    ),
    belief(
        "Your ε does not move: the shares are the same for every `clip_eps`.",
        pair(lambda r, A, e: share_outside(r, A, 0.2), lambda r, A, e: share_silent(r, A, 0.2)),
        pair(lambda r, A, e: share_outside(r, A, 0.2), lambda r, A, e: share_silent_but_for_zero(r, A, 0.2)),
    ),
    belief(
        "Asked are two numbers for the whole batch; you give one entry per sample.",
        pair(lambda r, A, e: outside(r, e), silent),
        pair(lambda r, A, e: outside(r, e), silent_but_for_zero),
    ),
    belief("There is one number; asked are two: `return clip_fraction, …`.", share_outside, share_silent),
)

FIRST = (
    belief(
        "Your clip fraction counts only the silent samples. It counts everything outside the band, gradient or not; "
        "that is why the two numbers differ.",
        first(share_silent),
        first(share_silent_but_for_zero),
    ),
    belief(
        "Your clip fraction counts only the samples outside that still *have* a gradient. It asks where the ratio is, "
        "whatever the slope.",
        first(lambda r, A, e: share(outside(r, e) & ~silent(r, A, e))),
    ),
    belief(
        "Your first number is the share *inside* the band.",
        first(lambda r, A, e: 1 - share_outside(r, A, e)),
    ),
    belief(
        "Your clip fraction sees one edge of the band only; it counts both sides.",
        first(lambda r, A, e: share(r > 1 + e)),
        first(lambda r, A, e: share(r < 1 - e)),
    ),
    belief(
        "Your clip fraction is always 0. Do you ask for ratios above the band *and* below it, or ask the ratio after "
        "it was clipped? None is ever there. (And `int` makes 0 of every fraction below 1.)",
        first(lambda r, A, e: 0 * r.sum()),
    ),
    belief(
        "Your clip fraction looks at Â. It asks only where the ratio is: outside the band, on either side.",
        first(outside_or_nothing),
        first(lambda r, A, e: share(outside(r, e) & (A != 0))),
        first(lambda r, A, e: share(outside(r, e) & (A > 0))),
        first(lambda r, A, e: share(outside(r, e) & (A < 0))),
    ),
    belief(
        "Your first number is not a share: how many samples are outside, in per cent, or how far on average.",
        first(lambda r, A, e: outside(r, e).sum()),
        first(lambda r, A, e: 100 * share_outside(r, A, e)),
        first(lambda r, A, e: (r - clip(r, e)).abs().mean()),
    ),
    belief(
        "In your clip fraction the band does not move with ε, or lies around 0. It lies around 1, ε to each side.",
        first(lambda r, A, e: share_outside(r, A, 0.2)),
        first(lambda r, A, e: share(r.abs() > e)),
    ),
)

SECOND = (
    belief(
        "Your second number counts everything outside the band as without gradient. Those on the far side keep theirs.",
        second(share_outside),
        second(outside_or_nothing),
        second(lambda r, A, e: share(outside(r, e) & (A != 0))),
    ),
    belief(
        "Â = 0 is forgotten in the second number: such a sample has no gradient, wherever its ratio is.",
        second(share_silent_but_for_zero),
    ),
    belief(
        "Your second number is a share of the samples *outside*. Both are shares of the whole batch.",
        *of_those_outside(silent),
        *of_those_outside(silent_but_for_zero),
        *of_those_outside(lambda r, A, e: silent(r, A, e) & outside(r, e)),
    ),
    belief(
        "Your second number counts those outside that still *have* a gradient, or is the gap between the two.",
        second(lambda r, A, e: share(outside(r, e) & ~silent(r, A, e))),
        second(lambda r, A, e: share_outside(r, A, e) - share_silent(r, A, e)),
    ),
    belief(
        "Your second number is the share of the samples that *have* a gradient.",
        second(lambda r, A, e: 1 - share_silent(r, A, e)),
        second(lambda r, A, e: 1 - share_silent_but_for_zero(r, A, e)),
    ),
    belief(
        "In your second number the two sides are swapped: it counts the samples that are being pulled back.",
        second(lambda r, A, e: share_silent(r, -A, e)),
    ),
    belief(
        "Your second number looks at one sign only. Good actions fall silent above the band, bad ones below it.",
        *(
            second(lambda r, A, e, s=s, zero=zero: share(silent_but_for_zero(r, A, e) & (s * A > 0) | (A == 0) & zero))
            for s in (1, -1)
            for zero in (True, False)
        ),
    ),
    belief(
        "Your second number is not a share: it counts the samples, or is in per cent.",
        second(lambda r, A, e: silent(r, A, e).sum()),
        second(lambda r, A, e: 100 * share_silent(r, A, e)),
    ),
    belief(
        "Your second number does not move with ε.",
        second(lambda r, A, e: share_silent(r, A, 0.2)),
        second(lambda r, A, e: share_silent_but_for_zero(r, A, 0.2)),
    ),
)

FRACTIONS = (*PAIRS, *FIRST, *SECOND)
