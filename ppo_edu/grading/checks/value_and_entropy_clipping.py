"""Exercise 06: the clipped value loss, its values and its slope, and what is believed about it."""

import numpy as np

from ppo_edu.grading.checks.value_and_entropy_critic import half_square, sizes
from ppo_edu.grading.formula import Formula, Part, belief
from ppo_edu.grading.items import Item
from ppo_edu.loss import clipped_value_loss


def draws(rng, eps, count=40, margin=0.05):
    """Made-up samples of all kinds, none where two pieces of the loss meet."""
    v, old, r = sizes(rng, 8 * count), sizes(rng, 8 * count), sizes(rng, 8 * count)
    v = np.where(rng.uniform(size=v.shape) < 0.4, old + eps * rng.uniform(-1, 1, v.shape), v)
    near = old + np.clip(v - old, -eps, eps)
    outside = abs(v - old) > eps
    apart = abs(abs(v - old) - eps) > min(margin, eps / 4)
    keep = np.flatnonzero(apart & ~(outside & (abs(abs(v - r) - abs(near - r)) < margin)))[:count]
    return v[keep], old[keep], r[keep], eps


def inside(seed):
    """Nothing is clipped: within ε of the old value, on either side, and exactly at it."""
    rng = np.random.default_rng(seed)
    old = sizes(rng, 12)
    by_hand = np.array([1.1, 0.9, 1.0]), np.ones(3), np.array([3.5, 3.5, 1.0]), 0.2
    return [by_hand, (old + 0.5 * rng.uniform(-0.9, 0.9, 12), old, sizes(rng, 12), 0.5)]


def beyond(seed):
    """Further than ε: towards the target, away from it, past it; and made-up samples at five widths."""
    rng = np.random.default_rng(seed + 1)
    v, r = np.array([1.5, 0.5, 2.0, -1.0, 4.0, 3.0]), np.array([3.5, 3.5, 1.1, -3.0, 2.0, 1.0])
    return [(v, np.ones(6), r, 0.2), *(draws(rng, eps) for eps in (0.1, 0.2, 0.5, 1.0, 2.0))]


def edges(seed):
    """Exactly ε away, and ε = 0."""
    rng = np.random.default_rng(seed + 2)
    at = np.array([1.25, 0.75, 1.25, 0.75]), np.ones(4), np.array([3.0, 3.0, -2.0, -2.0]), 0.25
    return [at, (sizes(rng, 8), sizes(rng, 8), sizes(rng, 8), 0.0)]


def shapes(seed):
    """One number, a batch of one, a [T, N] table."""
    v, old, r, eps = draws(np.random.default_rng(seed + 3), 0.5, count=12)
    return [(1.5, 1.0, 3.5, 0.2), (v[:1], old[:1], r[:1], eps), (*(x.reshape(4, 3) for x in (v, old, r)), eps)]


def slopes(seed):
    v, old, r, eps = draws(np.random.default_rng(seed + 4), 0.5)
    cases = np.array([1.75, 0.25, 1.3, 2.5]), np.ones(4), np.array([3.5, 3.5, 3.5, 2.9])
    return *(np.append(*pair) for pair in zip(cases, (v, old, r))), eps


def near(v, o, e):
    return o + (v - o).clamp(-e, e)


def plain(v, r):
    return half_square(v - r)


def worse(v, o, r, e):
    return plain(v, r).maximum(plain(near(v, o, e), r))


def held(v, o, e):
    return (v - o).abs() > e


def with_near(value):
    """The loss with another number in the place of V_old + clip(V − V_old, −ε, ε)."""
    return lambda v, o, r, e: plain(v, r).maximum(plain(value(v, o, r, e), r))


def silent_beyond(v, o, r, e):
    loss = worse(v, o, r, e)
    return loss * ~held(v, o, e) + loss.detach() * held(v, o, e)


BELIEFS = (
    belief(
        "That is the plain loss: nothing is clipped, or around the target, where the max undoes it.",
        lambda v, o, r, e: plain(v, r),
        lambda v, o, r, e: (v - r) ** 2,
    ),
    belief(
        "You take the smaller of the two losses. L^CLIP takes a min because it is maximised. The pessimist's choice "
        "between two losses is …?",
        lambda v, o, r, e: plain(v, r).minimum(plain(near(v, o, e), r)),
        lambda v, o, r, e: 2 * plain(v, r).minimum(plain(near(v, o, e), r)),
    ),
    belief(
        "That is the clip without the max. A prediction that went more than ε *away* from its target is then never "
        "called back.",
        lambda v, o, r, e: plain(near(v, o, e), r),
        lambda v, o, r, e: 2 * plain(near(v, o, e), r),
    ),
    belief(
        "The ½ is missing: with it the slope is the error, where there is one.",
        lambda v, o, r, e: 2 * worse(v, o, r, e),
    ),
    belief(
        "A factor too many: ½ is all.",
        lambda v, o, r, e: worse(v, o, r, e) / 2,
    ),
    belief(
        "The ½ stands before one of the two squares only. It belongs before both.",
        lambda v, o, r, e: plain(v, r).maximum((near(v, o, e) - r) ** 2),
        lambda v, o, r, e: ((v - r) ** 2).maximum(plain(near(v, o, e), r)),
    ),
    belief(
        "You clip the change and forget to add it to V_old again: the second term compares a *change* with the target.",
        with_near(lambda v, o, r, e: (v - o).clamp(-e, e)),
        lambda v, o, r, e: plain((v - o).clamp(-e, e), r),
    ),
    belief(
        "Your band is around 0. It is around what the critic said when the batch was collected, V_old.",
        with_near(lambda v, o, r, e: v.clamp(-e, e)),
        with_near(lambda v, o, r, e: o + v.clamp(-e, e)),
        with_near(lambda v, o, r, e: o.clamp(-e, e)),
    ),
    belief(
        "Your band is around 1, or its width is a multiple of V_old, as if a ratio were clipped. Values are clipped by "
        "their *difference*: V − V_old within ±ε.",
        with_near(lambda v, o, r, e: v.clamp(1 - e, 1 + e)),
        with_near(lambda v, o, r, e: o * (v / o).clamp(1 - e, 1 + e)),
        # Where V_old < 0 these two edges have changed places, and then it matters which of them is tried last.
        with_near(lambda v, o, r, e: v.maximum(o * (1 - e)).minimum(o * (1 + e))),
        with_near(lambda v, o, r, e: v.minimum(o * (1 + e)).maximum(o * (1 - e))),
        with_near(lambda v, o, r, e: v.clamp(o - e * o.abs(), o + e * o.abs())),
        with_near(lambda v, o, r, e: o + (v - o).clamp(1 - e, 1 + e)),
        with_near(lambda v, o, r, e: (v / o).clamp(1 - e, 1 + e)),
    ),
    belief(
        "Your band is around the target, or it is the target that you clip. What is clipped is V, around V_old.",
        lambda v, o, r, e: half_square((v - r).clamp(-e, e)),
        lambda v, o, r, e: plain(v, o + (r - o).clamp(-e, e)),
    ),
    belief(
        "V and V_old have changed places in the clip: it starts at V_old and goes towards V.",
        with_near(lambda v, o, r, e: v + (o - v).clamp(-e, e)),
        with_near(lambda v, o, r, e: o + (o - v).clamp(-e, e)),
        with_near(lambda v, o, r, e: o - (v - o).clamp(-e, e)),
        with_near(lambda v, o, r, e: v + (v - o).clamp(-e, e)),
    ),
    belief(
        "The band has one edge only.",
        with_near(lambda v, o, r, e: o + (v - o).clamp(max=e)),
        with_near(lambda v, o, r, e: o + (v - o).clamp(min=-e)),
    ),
    belief(
        "You clip the loss. What is clipped is the prediction; the loss of a bad one may be as large as it is.",
        lambda v, o, r, e: plain(v, r).clamp(max=e),
        lambda v, o, r, e: plain(v, r).clamp(1 - e, 1 + e),
        lambda v, o, r, e: plain(o, r) + (plain(v, r) - plain(o, r)).clamp(-e, e),
    ),
    belief(
        "You add or average the two losses. Only the worse of them counts.",
        lambda v, o, r, e: plain(v, r) + plain(near(v, o, e), r),
        lambda v, o, r, e: (plain(v, r) + plain(near(v, o, e), r)) / 2,
    ),
    belief(
        "You compare the errors before they are squared, and then −3 counts as less than −1.",
        lambda v, o, r, e: half_square((v - r).maximum(near(v, o, e) - r)),
        lambda v, o, r, e: half_square((r - v).maximum(r - near(v, o, e))),
        lambda v, o, r, e: plain(v.maximum(near(v, o, e)), r),
        lambda v, o, r, e: plain(v.minimum(near(v, o, e)), r),
    ),
    belief(
        "The target is not used in one of the two terms, or V_old stands in its place.",
        with_near(lambda v, o, r, e: r + near(v, o, e)),
        with_near(lambda v, o, r, e: r + near(v, o, e) - o),
        lambda v, o, r, e: plain(v, o).maximum(plain(near(v, o, e), o)),
        lambda v, o, r, e: plain(v, o).maximum(plain(near(v, o, e), r)),
    ),
    belief(
        "V_old's own loss is the second term: the clipped prediction is meant, which moves with V as far as ε.",
        lambda v, o, r, e: plain(v, r).maximum(plain(o, r)),
        lambda v, o, r, e: plain(o, r),
    ),
    belief(
        "The sign is turned: a loss is minimised.",
        lambda v, o, r, e: -worse(v, o, r, e),
        lambda v, o, r, e: (-plain(v, r)).maximum(-plain(near(v, o, e), r)),
    ),
    belief(
        "You average over the batch, or compare two means. The worse loss is chosen sample by sample, and each keeps "
        "its own.",
        lambda v, o, r, e: worse(v, o, r, e).mean(),
        lambda v, o, r, e: plain(v, r).mean().maximum(plain(near(v, o, e), r).mean()),
        lambda v, o, r, e: worse(v, o, r, e).sum(),
        lambda v, o, r, e: plain(v, r).sum().maximum(plain(near(v, o, e), r).sum()),
        lambda v, o, r, e: worse(v, o, r, e).max(),
    ),
    belief(
        "You set the loss to 0 beyond ε. Flat is a matter of slope: the loss has no jump.",
        lambda v, o, r, e: plain(v, r) * ~held(v, o, e),
        lambda v, o, r, e: worse(v, o, r, e) * ~held(v, o, e),
    ),
    belief(
        "Your ε does not move: the answer is the same for every `clip_eps`.",
        *(lambda v, o, r, e, k=k: worse(v, o, r, k) for k in (0.1, 0.2, 0.5, 1.0)),
    ),
    belief(
        "ε is a distance here; yours is doubled, halved or squared.",
        *(lambda v, o, r, e, k=k: worse(v, o, r, k * e) for k in (2, 0.5)),
        lambda v, o, r, e: worse(v, o, r, e * e),
    ),
    belief(
        "The values are right, but no gradient reaches `values`: it was detached.",
        lambda v, o, r, e: worse(v.detach(), o, r, e),
    ),
    belief(
        "The values are right, but one of the two terms has lost its gradient. Inside the band they tie, and both "
        "need it.",
        lambda v, o, r, e: plain(v, r).maximum(plain(near(v.detach(), o, e), r)),
        lambda v, o, r, e: plain(v.detach(), r).maximum(plain(near(v, o, e), r)),
    ),
    belief(
        "The values are right, but beyond ε the gradient is gone on both sides. A prediction that went *away* from its "
        "target must keep it.",
        silent_beyond,
    ),
)


def where(value, old, target, eps):
    """A sentence about the case this sample is."""
    if abs(value - old) <= eps:
        return "V is within ε of V_old, edges included: nothing is clipped, and the loss is the plain one."
    if abs(old + np.clip(value - old, -eps, eps) - target) > abs(value - target):
        return "V went further than ε and came closer to its target: the loss is that of a V which had stopped at ε."
    return "V went further than ε and is now further from its target than at the edge: the plain loss, with its slope."


CLIPPED_VALUE_LOSS = Item(
    name="clipped_value_loss",
    exercise="06_value_and_entropy",
    points=1,
    judge=Formula(
        clipped_value_loss,
        ("V", "V_old", "V̂", "ε"),
        3,
        (
            Part("within ε of the old value", 0.125, inside),
            Part("further than ε: towards the target, away from it, past it", 0.375, beyond),
            Part("on the edges and ε = 0", 0.125, edges),
            Part("one number, a batch of one, a table; inputs left as they were", 0.125, shapes, optional=True),
        ),
        BELIEFS,
        where,
        "The max makes it a pessimist, as the min did for an objective. It takes away the incentive to go on; it does "
        "not hold V within ε.",
        slope=(0.25, slopes),
    ),
    hints=(
        "Where would V be, had it been allowed to leave V_old by no more than ε?",
        "Two predictions, V and the one held near V_old; two losses; the worse one counts, sample by sample.",
        "near_old = ___ + clip(___ − ___, −clip_eps, clip_eps); then half of an elementwise ___ of two squares",
    ),
    answer="near_old = old_values + np.clip(values - old_values, -clip_eps, clip_eps)\n"
    "return np.maximum((values - returns) ** 2, (near_old - returns) ** 2) / 2",
)
