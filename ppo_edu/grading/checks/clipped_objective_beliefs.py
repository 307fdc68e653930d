"""What is often believed about L^CLIP, as formulas on tensors: ratio r, advantages A, ε e (exercise 03)."""

import math

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
    """The silent, and those on the edge where silence begins."""
    return (A > 0) & (r >= 1 + e) | (A < 0) & (r <= 1 - e) | (A == 0)


def slope(r, A, e):
    return A * ~silent(r, A, e)


def between(low, high):
    """The objective with another band."""
    return lambda r, A, e: (r * A).minimum(r.clamp(low(e), high(e)) * A)


def edge(A, e):
    """The edge on which an action of this sign falls silent."""
    return 1 + e * A.sign()


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
        "For one sign of Â you take the larger product: you use max there, or compare the ratios, or sizes, before the "
        "sign of Â is in. Of the two *products*, the smaller one counts, for either sign.",
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
        "Your clipped term is always on an edge, for one sign of Â or for both, as if the edges had changed places. "
        "Inside the band the ratio stays as it is. (Bounds that are multiplied by Â change places where Â < 0.)",
        lambda r, A, e: (r * A).minimum((1 - e) * A),
        lambda r, A, e: (r * A).minimum((1 + e) * A),
        lambda r, A, e: (r * A).minimum(edge(-A, e) * A),
    ),
    belief(
        "The band has one edge only. A bad action that becomes rarer needs the lower edge, a good one that becomes "
        "likelier the upper.",
        lambda r, A, e: (r * A).minimum(r.clamp(max=1 + e) * A),
        lambda r, A, e: (r * A).minimum(r.clamp(min=1 - e) * A),
    ),
    belief(
        "Your lower edge is 1/(1+ε), a band that is even in the logarithm. PPO's is 1−ε.",
        between(lambda e: 1 / (1 + e), lambda e: 1 + e),
    ),
    belief(
        "Your band is another one. The edges of PPO's lie ε below and ε above 1, as written, no more and no less.",
        between(lambda e: e, lambda e: 1 + e),
        between(lambda e: 1 - e, lambda e: 1.0),
        between(lambda e: 1.0, lambda e: 1 + e),
        between(lambda e: 1 - e / 2, lambda e: 1 + e / 2),
        between(lambda e: 1 - 2 * e, lambda e: 1 + 2 * e),
        between(lambda e: math.exp(-e), math.exp),
    ),
    belief(
        "You clip for one sign of Â only, and there without the min.",
        lambda r, A, e: clip(r, e) * A.clamp(min=0) + r * A.clamp(max=0),
        lambda r, A, e: r * A.clamp(min=0) + clip(r, e) * A.clamp(max=0),
    ),
    belief(
        "One of the two terms lacks its advantage. Both are a ratio times Â, and only then can they be compared.",
        lambda r, A, e: (r * A).minimum(clip(r, e)),
        lambda r, A, e: r.minimum(clip(r, e) * A),
    ),
    belief(
        "You add the two terms, average them or take their difference. Each is a promise of its own, and one of the "
        "two is believed.",
        lambda r, A, e: r * A + clip(r, e) * A,
        lambda r, A, e: (r * A + clip(r, e) * A) / 2,
        lambda r, A, e: r * A - clip(r, e) * A,
        lambda r, A, e: clip(r, e) * A - r * A,
    ),
    belief(
        "That is the edge of the band times Â, whatever the ratio is. Inside the band nothing is clipped.",
        lambda r, A, e: edge(A, e) * A,
        lambda r, A, e: (1 + e) * A,
    ),
    belief(
        "You take exp or log of the ratio. It is the ratio already, 1 where nothing changed.",
        lambda r, A, e: pessimist(r.exp(), A, e),
        lambda r, A, e: pessimist(r.log(), A, e),
    ),
    belief(
        "You use ratio − 1. L^CPI is ratio · Â, and L^CLIP equals it inside the band.",
        lambda r, A, e: ((r - 1) * A).minimum((r - 1).clamp(-e, e) * A),
        lambda r, A, e: (r * A).minimum((r - 1).clamp(-e, e) * A),
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
        "You divide by the number of samples. Here each sample keeps its own value; the caller takes the mean.",
        lambda r, A, e: pessimist(r, A, e) / r.numel(),
    ),
    belief(
        "That is the slope dL/dratio, not the value L.",
        slope,
    ),
    belief(
        "That is a mask: where the slope is zero, or where it is not. Asked is the value L.",
        silent,
        silent_but_for_zero,
        lambda r, A, e: ~silent(r, A, e),
        lambda r, A, e: ~silent_but_for_zero(r, A, e),
    ),
    belief(
        "You set the value to 0 where the slope is 0. A gradient that is gone is not a value that is gone: flat is a "
        "matter of slope, and the curve has no jump.",
        lambda r, A, e: r * A * ~silent(r, A, e),
        lambda r, A, e: r * A * ~touching(r, A, e),
    ),
    belief(
        "You set the value, or the clipped term, to 0 outside the band, as if such a sample did not count. It has a "
        "value there, and the curve has no jump. At most its slope is gone, and on the far side of the band not even "
        "that.",
        lambda r, A, e: r * A * ~outside(r, e),
        lambda r, A, e: r * A * ((r > 1 - e) & (r < 1 + e)),
        lambda r, A, e: (r * A).minimum(r * A * ~outside(r, e)),
        lambda r, A, e: (r * A).minimum(r * A * ((r > 1 - e) & (r < 1 + e))),
    ),
    belief(
        "Where you clip, the value jumps to Â, as if the ratio were 1 there. The curve has no jump.",
        lambda r, A, e: A * (r * ~outside(r, e) + outside(r, e)),
        lambda r, A, e: A * (r * ~silent(r, A, e) + silent(r, A, e)),
        lambda r, A, e: (r * A).minimum(A * (r * ~outside(r, e) + outside(r, e))),
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
        "The answer is the ratio, clipped or not, or Â alone. L^CLIP is a product of the two.",
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
