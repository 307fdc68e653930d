"""What is often believed about silent samples, as formulas on tensors (exercise 03)."""

import torch

from ppo_edu.grading.checks.clipped_objective_beliefs import (
    clip,
    outside,
    pessimist,
    silent,
    silent_but_for_zero,
    slope,
    touching,
)
from ppo_edu.grading.formula import belief


def or_nothing(*masks):
    """Each mask, and each with Â = 0 marked as well."""
    return [f for m in masks for f in (m, lambda r, A, e, m=m: m(r, A, e) | (A == 0))]


def seem_equal(up, down):
    """`isclose` of the objective at two ratios, with numpy's tolerances."""
    return lambda r, A, e: torch.isclose(pessimist(r + up, A, e), pessimist(r + down, A, e), rtol=1e-5, atol=1e-8)


MASK = (
    belief(
        "You mark everything outside the band. Outside is not silent: a good action that became rarer and a bad one "
        "that became likelier keep their full gradient.",
        lambda r, A, e: outside(r, e),
        lambda r, A, e: outside(r, e) | (A == 0),
        lambda r, A, e: outside(r, e) & (A != 0),
        lambda r, A, e: (r >= 1 + e) | (r <= 1 - e),
    ),
    belief(
        "On one side of the band you look at the sign of the advantage, on the other you do not. It counts on both.",
        *or_nothing(
            lambda r, A, e: (A > 0) & (r > 1 + e) | (r < 1 - e),
            lambda r, A, e: (r > 1 + e) | (A < 0) & (r < 1 - e),
        ),
    ),
    belief(
        "You mark one sign of the advantage, on both sides of the band. Each sign has one side on which it falls "
        "silent, and on the other it is pulled back.",
        *or_nothing(lambda r, A, e: outside(r, e) & (A > 0), lambda r, A, e: outside(r, e) & (A < 0)),
    ),
    belief(
        "The edges have changed places: you mark all of the band as well, and there every sample learns.",
        *or_nothing(lambda r, A, e: (A > 0) & (r > 1 - e) | (A < 0) & (r < 1 + e)),
    ),
    belief(
        "Where the two terms are equal you take the clipped one. All of the band is such a tie, and there the slope is "
        "Â.",
        lambda r, A, e: clip(r, e) * A <= r * A,
        lambda r, A, e: pessimist(r, A, e) == clip(r, e) * A,
    ),
    belief(
        "You mark every sample that has moved the way its advantage asks, however little. Silence begins beyond the "
        "band.",
        *or_nothing(lambda r, A, e: A * (r - 1) > 0),
    ),
    belief(
        "In yours the size of the advantage decides. Where a sample falls silent depends on its sign alone.",
        *or_nothing(lambda r, A, e: A * (r - 1) > e, lambda r, A, e: r * A > 1 + e),
    ),
    belief(
        "You look at the ratio only. Which side is silent depends on the sign of the advantage.",
        lambda r, A, e: r > 1 + e,
        lambda r, A, e: (r > 1 + e) | (A == 0),
        lambda r, A, e: r < 1 - e,
    ),
    belief(
        "You mark one sign only. Good actions fall silent above the band, bad ones below it.",
        lambda r, A, e: (A > 0) & (r > 1 + e),
        lambda r, A, e: (A > 0) & (r > 1 + e) | (A == 0),
        lambda r, A, e: (A < 0) & (r < 1 - e),
        lambda r, A, e: (A < 0) & (r < 1 - e) | (A == 0),
    ),
    belief(
        "The two sides are swapped: you mark the samples that are being pulled back, and those have a gradient.",
        *or_nothing(lambda r, A, e: silent_but_for_zero(r, -A, e), lambda r, A, e: A * (r - 1) < 0),
    ),
    belief(
        "This is the opposite mask: True where there *is* a gradient.",
        lambda r, A, e: ~silent(r, A, e),
        lambda r, A, e: ~silent_but_for_zero(r, A, e),
        lambda r, A, e: ~touching(r, A, e),
    ),
    belief(
        "Â = 0 is forgotten: slope Â is 0 there, wherever the ratio is.",
        silent_but_for_zero,
        lambda r, A, e: (A > 0) & (r > 1 + e) | (A <= 0) & (r < 1 - e),
        lambda r, A, e: (A >= 0) & (r > 1 + e) | (A < 0) & (r < 1 - e),
        lambda r, A, e: (A >= 0) & (r > 1 + e) | (A <= 0) & (r < 1 - e),
        lambda r, A, e: (A > 0) & (r >= 1 + e) | (A < 0) & (r <= 1 - e),
    ),
    belief(
        "Almost: exactly on the edge (ratio = 1 ± ε) the slope is still Â, as in torch. Silence begins beyond.",
        touching,
        lambda r, A, e: (A > 0) & (r >= 1 + e) | (A < 0) & (r < 1 - e) | (A == 0),
        lambda r, A, e: (A > 0) & (r > 1 + e) | (A < 0) & (r <= 1 - e) | (A == 0),
    ),
    belief(
        "You compare two values of the objective, but too loosely: `isclose` forgives a hundred-thousandth of the "
        "value, and so small a step in the ratio often changes no more than that. Then much looks flat that is not.",
        *(seem_equal(h, 0.0) for h in (1e-4, 1e-5, 1e-6)),
        *(seem_equal(h, -h) for h in (1e-4, 1e-5, 1e-6)),
    ),
    belief(
        "You mark the inside of the band, where every sample learns.",
        lambda r, A, e: ~outside(r, e),
        lambda r, A, e: ~outside(r, e) | (A == 0),
    ),
    belief("That is the slope itself. Asked is where it is zero: True or False.", slope),
    belief("That is the value of L^CLIP. Asked is where its slope is zero: True or False.", pessimist),
    belief(
        "You ask where the *value* is zero. Where the slope is gone the value stays what it is at the edge.",
        lambda r, A, e: pessimist(r, A, e) == 0,
    ),
    belief(
        "That is a share or a count. Asked is the mask: one True or False per sample.",
        lambda r, A, e: silent(r, A, e).double().mean(),
        lambda r, A, e: silent(r, A, e).sum(),
    ),
    belief("Your mask is the same everywhere: a constant.", lambda r, A, e: r < -1, lambda r, A, e: r > -1),
    belief("You mark Â = 0 only; most silent samples are silent because of their ratio.", lambda r, A, e: A == 0),
    belief(
        "Your ε does not move: the mask is the same for every `clip_eps`.",
        *or_nothing(lambda r, A, e: silent_but_for_zero(r, A, 0.2), lambda r, A, e: silent_but_for_zero(r, A, 0.1)),
    ),
    belief(
        "Your lower edge is 1/(1+ε), a band that is even in the logarithm. PPO's is 1−ε.",
        *or_nothing(lambda r, A, e: (A > 0) & (r > 1 + e) | (A < 0) & (r < 1 / (1 + e))),
    ),
    belief(
        "Your band is around 0. A ratio of 1 means that nothing has changed, so the band is around 1.",
        lambda r, A, e: silent(r + 1, A, e),
        lambda r, A, e: silent_but_for_zero(r + 1, A, e),
    ),
)
