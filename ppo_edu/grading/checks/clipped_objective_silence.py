"""What is often believed about silent samples and their share, as formulas on tensors (exercise 03)."""

from ppo_edu.grading.checks.clipped_objective_beliefs import outside, pessimist, silent, silent_but_for_zero, slope
from ppo_edu.grading.formula import belief


def touching(r, A, e):
    return (A > 0) & (r >= 1 + e) | (A < 0) & (r <= 1 - e) | (A == 0)


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
        lambda r, A, e: silent_but_for_zero(r, -A, e),
        lambda r, A, e: silent(r, -A, e),
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
        "You mark the inside of the band, where every sample learns.",
        lambda r, A, e: ~outside(r, e),
        lambda r, A, e: ~outside(r, e) | (A == 0),
    ),
    belief("That is the slope itself. Asked is where it is zero: True or False.", slope),
    belief("That is the value of L^CLIP. Asked is where its slope is zero: True or False.", pessimist),
    belief(
        "That is a share or a count. Asked is the mask: one True or False per sample.",
        lambda r, A, e: silent(r, A, e).double().mean(),
        lambda r, A, e: silent(r, A, e).sum(),
    ),
    belief("Your mask is the same everywhere: a constant.", lambda r, A, e: r < -1, lambda r, A, e: r > -1),
    belief("You mark Â = 0 only; most silent samples are silent because of their ratio.", lambda r, A, e: A == 0),
    belief("Your ε does not move: the mask is the same for every `clip_eps`.", lambda r, A, e: silent(r, A, 0.2)),
    belief(
        "Your band is around 0. A ratio of 1 means that nothing has changed, so the band is around 1.",
        lambda r, A, e: silent(r + 1, A, e),
        lambda r, A, e: silent_but_for_zero(r + 1, A, e),
    ),
)


def share(mask):
    return mask.double().mean()


def pair(left, right):
    return lambda r, A, e: (left(r, A, e), right(r, A, e))


def share_outside(r, A, e):
    return share(outside(r, e))


def share_silent(r, A, e):
    return share(silent(r, A, e))


FRACTIONS = (
    belief(
        "The two are in the wrong order: first the share outside the band, then the share without a gradient.",
        pair(share_silent, share_outside),
    ),
    belief(
        "Your clip fraction counts only the silent samples. It counts everything outside the band, gradient or not; "
        "that is why the two numbers differ.",
        pair(share_silent, share_silent),
        pair(lambda r, A, e: share(silent_but_for_zero(r, A, e)), share_silent),
        pair(lambda r, A, e: share(silent_but_for_zero(r, A, e)), lambda r, A, e: share(silent_but_for_zero(r, A, e))),
    ),
    belief(
        "Your second number counts everything outside the band as without gradient. Those on the far side keep theirs.",
        pair(share_outside, share_outside),
        pair(share_outside, lambda r, A, e: share(outside(r, e) | (A == 0))),
        pair(share_outside, lambda r, A, e: share(outside(r, e) & (A != 0))),
    ),
    belief(
        "Those are percentages. A fraction lies between 0 and 1.",
        pair(lambda r, A, e: 100 * share_outside(r, A, e), lambda r, A, e: 100 * share_silent(r, A, e)),
    ),
    belief(
        "Those are counts. A fraction is a count divided by the number of samples.",
        pair(lambda r, A, e: outside(r, e).sum(), lambda r, A, e: silent(r, A, e).sum()),
        pair(lambda r, A, e: outside(r, e).sum(), lambda r, A, e: silent_but_for_zero(r, A, e).sum()),
    ),
    belief(
        "Those are the shares of the others: inside the band, and with a gradient.",
        pair(lambda r, A, e: 1 - share_outside(r, A, e), lambda r, A, e: 1 - share_silent(r, A, e)),
    ),
    belief(
        "Your clip fraction sees one edge of the band only; it counts both sides.",
        pair(lambda r, A, e: share(r > 1 + e), share_silent),
        pair(lambda r, A, e: share(r < 1 - e), share_silent),
    ),
    belief(
        "Your clip fraction looks at Â. It asks only where the ratio is: outside the band, on either side.",
        pair(lambda r, A, e: share(outside(r, e) | (A == 0)), share_silent),
        pair(lambda r, A, e: share(outside(r, e) & (A != 0)), share_silent),
        pair(lambda r, A, e: share(outside(r, e) & (A > 0)), share_silent),
    ),
    belief(
        "Â = 0 is forgotten in the second number: such a sample has no gradient, wherever its ratio is.",
        pair(share_outside, lambda r, A, e: share(silent_but_for_zero(r, A, e))),
    ),
    belief(
        "Your second number is a share of the samples *outside*. Both are shares of the whole batch.",
        pair(share_outside, lambda r, A, e: silent(r, A, e).sum() / outside(r, e).sum()),
        pair(share_outside, lambda r, A, e: silent_but_for_zero(r, A, e).sum() / outside(r, e).sum()),
    ),
    belief(
        "Your second number counts those outside that still *have* a gradient.",
        pair(share_outside, lambda r, A, e: share(outside(r, e) & ~silent(r, A, e))),
    ),
    belief(
        "Almost: exactly on the edge (ratio = 1 ± ε) a sample is neither outside nor silent.",
        pair(lambda r, A, e: share((r >= 1 + e) | (r <= 1 - e)), lambda r, A, e: share(touching(r, A, e))),
        pair(lambda r, A, e: share((r >= 1 + e) | (r <= 1 - e)), share_silent),
        pair(share_outside, lambda r, A, e: share(touching(r, A, e))),
    ),
    belief(
        "Your ε does not move: the shares are the same for every `clip_eps`.",
        pair(lambda r, A, e: share_outside(r, A, 0.2), lambda r, A, e: share_silent(r, A, 0.2)),
    ),
    belief(
        "Asked are two numbers for the whole batch; you give one entry per sample.",
        pair(lambda r, A, e: outside(r, e), silent),
    ),
    belief("There is one number; asked are two: `return clip_fraction, …`.", share_outside, share_silent),
)
