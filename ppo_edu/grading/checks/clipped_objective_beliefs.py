"""What is often believed about L^CLIP, as formulas on tensors: ratio r, advantages A, ε e (exercise 03)."""

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
