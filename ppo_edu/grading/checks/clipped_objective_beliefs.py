"""What is often believed about clipping, as formulas on tensors: ratio r, advantages A, ε e (exercise 03)."""

from ppo_edu.grading.formula import belief


def clip(r, e):
    return r.clamp(1 - e, 1 + e)


def pessimist(r, A, e):
    return (r * A).minimum(clip(r, e) * A)


def outside(r, e):
    return (r > 1 + e) | (r < 1 - e)


def silent_but_for_zero(r, A, e):
    return (A > 0) & (r > 1 + e) | (A < 0) & (r < 1 - e)


def silent(r, A, e):
    return silent_but_for_zero(r, A, e) | (A == 0)


def touching(r, A, e):
    return (A > 0) & (r >= 1 + e) | (A < 0) & (r <= 1 - e) | (A == 0)


def slope(r, A, e):
    return A * ~silent(r, A, e)


def detached_outside(r, A, e):
    value = pessimist(r, A, e)
    return value * ~outside(r, e) + value.detach() * outside(r, e)


OBJECTIVE = (
    belief(
        "You take the larger of the two terms. L^CLIP is pessimistic: of two promises it believes the smaller one.",
        lambda r, A, e: (r * A).maximum(clip(r, e) * A),
    ),
    belief(
        "That is the clip without the min. It is flat on both sides of the band, so a sample on the wrong side "
        "(a good action that became rarer, a bad one that became likelier) is never pulled back.",
        lambda r, A, e: clip(r, e) * A,
    ),
    belief(
        "The min compares the ratios before the advantage is multiplied in. A negative advantage turns the order "
        "around, so compare the two products.",
        lambda r, A, e: r.minimum(clip(r, e)) * A,
        lambda r, A, e: clip(r, e).maximum(r) * A,
    ),
    belief(
        "That is L^CPI: nothing is clipped anywhere.",
        lambda r, A, e: r * A,
    ),
    belief(
        "The sign is turned: this is a loss, to be minimised. The function is called objective: it is maximised.",
        lambda r, A, e: -pessimist(r, A, e),
        lambda r, A, e: -clip(r, e) * A,
        lambda r, A, e: -r * A,
        lambda r, A, e: (-r * A).minimum(-clip(r, e) * A),
    ),
    belief(
        "You clip the advantage. It is the ratio that has a band around 1; advantages may be of any size.",
        lambda r, A, e: (r * A).minimum(r * A.clamp(1 - e, 1 + e)),
        lambda r, A, e: (r * A).minimum(r * A.clamp(-e, e)),
        lambda r, A, e: r * A.clamp(1 - e, 1 + e),
        lambda r, A, e: r * A.clamp(-e, e),
    ),
    belief(
        "You clip the product. The band is around ratio 1, so clip the ratio first and multiply then.",
        lambda r, A, e: (r * A).minimum((r * A).clamp(1 - e, 1 + e)),
        lambda r, A, e: (r * A).clamp(1 - e, 1 + e),
        lambda r, A, e: (r * A).minimum((r * A).clamp(-e, e)),
    ),
    belief(
        "Your band is around 0. A ratio of 1 means that nothing has changed, so the band is around 1.",
        lambda r, A, e: (r * A).minimum(r.clamp(-e, e) * A),
        lambda r, A, e: r.clamp(-e, e) * A,
    ),
    belief(
        "The band has one edge only. A bad action that becomes rarer needs the lower edge, a good one that becomes "
        "likelier the upper.",
        lambda r, A, e: (r * A).minimum(r.clamp(max=1 + e) * A),
        lambda r, A, e: (r * A).minimum(r.clamp(min=1 - e) * A),
    ),
    belief(
        "Your lower edge is 1/(1+ε), a band that is even in the logarithm. PPO's is 1−ε.",
        lambda r, A, e: (r * A).minimum(r.clamp(1 / (1 + e), 1 + e) * A),
    ),
    belief(
        "You treat the input as a log-ratio. It is the ratio already, 1 where nothing changed.",
        lambda r, A, e: pessimist(r.exp(), A, e),
        lambda r, A, e: pessimist(r.log(), A, e),
    ),
    belief(
        "You use ratio − 1. L^CPI is ratio · Â, and L^CLIP equals it inside the band.",
        lambda r, A, e: ((r - 1) * A).minimum((r - 1).clamp(-e, e) * A),
    ),
    belief(
        "The advantage has lost its sign (|Â|), and with it the difference between a good and a bad action.",
        lambda r, A, e: pessimist(r, A.abs(), e),
    ),
    belief(
        "Your ε does not move: the answer is the same for every `clip_eps`.",
        lambda r, A, e: pessimist(r, A, 0.2),
        lambda r, A, e: pessimist(r, A, 0.1),
    ),
    belief(
        "You average over the batch. Here each sample keeps its own value; the caller takes the mean.",
        lambda r, A, e: pessimist(r, A, e).mean(),
        lambda r, A, e: -pessimist(r, A, e).mean(),
    ),
    belief(
        "You add the batch up. Here each sample keeps its own value; the caller takes the mean.",
        lambda r, A, e: pessimist(r, A, e).sum(),
    ),
    belief(
        "That is the slope dL/dratio, not the value L.",
        slope,
    ),
    belief(
        "You set the value to 0 where it should stop growing. Flat is a matter of slope: the curve has no jump.",
        lambda r, A, e: r * A * ~silent(r, A, e),
        lambda r, A, e: r * A * ~outside(r, e),
    ),
    belief(
        "You put the floor of dual-clip under bad actions. PPO has none: with Â < 0 the objective falls without end.",
        lambda r, A, e: pessimist(r, A, e).maximum(3 * A.minimum(0 * A)) * (A < 0) + pessimist(r, A, e) * (A >= 0),
        lambda r, A, e: pessimist(r, A, e).maximum(2 * A.minimum(0 * A)) * (A < 0) + pessimist(r, A, e) * (A >= 0),
    ),
    belief(
        "You normalise the advantages first. That may be done, but by the caller: here they are what they are.",
        lambda r, A, e: pessimist(r, (A - A.mean()) / (A.std(correction=0) + 1e-8), e),
        lambda r, A, e: pessimist(r, (A - A.mean()) / (A.std() + 1e-8), e),
    ),
    belief(
        "The answer is one of the inputs, unchanged.",
        lambda r, A, e: r,
        lambda r, A, e: A,
        lambda r, A, e: clip(r, e),
    ),
    belief(
        "The values are right, but no gradient reaches the ratio: it was detached (`.detach()`, `.item()`, "
        "`no_grad`, `torch.tensor(ratio)`). With this objective a policy learns nothing.",
        lambda r, A, e: pessimist(r.detach(), A, e),
    ),
    belief(
        "The values are right, but one of the two terms has lost its gradient. Both need it: inside the band they tie.",
        lambda r, A, e: (r * A).minimum(clip(r.detach(), e) * A),
        lambda r, A, e: (r.detach() * A).minimum(clip(r, e) * A),
    ),
    belief(
        "The values are right, but the gradient is gone on both sides of the band. On the far side (a good action "
        "that became rarer, a bad one that became likelier) it stays.",
        detached_outside,
    ),
)

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
