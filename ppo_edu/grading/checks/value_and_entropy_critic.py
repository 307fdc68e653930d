"""Exercise 06: the critic's loss, its values and its slope, and what is believed about it."""

import numpy as np

from ppo_edu.grading.formula import Formula, Part, belief
from ppo_edu.grading.items import Item
from ppo_edu.loss import value_loss


def sizes(rng, shape):
    """Numbers of both signs between 0.4 and 3 in size, so that nothing that is forgotten can hide."""
    return rng.choice([-1.0, 1.0], shape) * rng.uniform(0.4, 3, shape)


def errors(seed):
    """Example 2's critic and targets, made-up ones, and returns counted in hundreds."""
    rng = np.random.default_rng(seed)
    lesson = np.array([0.0, 1.5, 2.0, 1.0]), np.array([3.6639, 3.3248, 1.34, 3.0])
    hundreds = 40 * sizes(rng, 6), 200 + 40 * sizes(rng, 6)
    return [lesson, (sizes(rng, 30), sizes(rng, 30)), hundreds, (np.full(3, 2.0), np.full(3, 2.0))]


def shapes(seed):
    """A [T, N] table, one number, a batch of one."""
    rng = np.random.default_rng(seed + 1)
    return [(sizes(rng, (4, 3)), sizes(rng, (4, 3))), (1.5, 3.5), (sizes(rng, 1), sizes(rng, 1))]


def slopes(seed):
    rng = np.random.default_rng(seed + 2)
    return np.append([0.0, 1.5, 2.0, 1.0], sizes(rng, 20)), np.append([3.66, 3.32, 1.34, 3.0], sizes(rng, 20))


def half_square(x):
    return x**2 / 2


def normalised(x):
    return (x - x.mean()) / (x.std(correction=0) + 1e-8)


BELIEFS = (
    belief("The ½ is missing: then the slope is twice the error.", lambda v, r: (v - r) ** 2),
    belief(
        "A factor too many: ½ is all. The coefficient c₁ is the caller's, even where it happens to be ½ as well.",
        lambda v, r: (v - r) ** 2 / 4,
        lambda v, r: 2 * (v - r) ** 2,
    ),
    belief(
        "You average over the batch. Here each sample keeps its own loss; the caller takes the mean.",
        lambda v, r: half_square(v - r).mean(),
        lambda v, r: ((v - r) ** 2).mean(),
    ),
    belief(
        "You add the batch up. Here each sample keeps its own loss; the caller takes the mean.",
        lambda v, r: half_square(v - r).sum(),
        lambda v, r: ((v - r) ** 2).sum(),
    ),
    belief(
        "The sign is turned. A loss is minimised, and it is least, 0, where the critic is right.",
        lambda v, r: -half_square(v - r),
        lambda v, r: -((v - r) ** 2),
    ),
    belief("That is the error, not its square.", lambda v, r: v - r, lambda v, r: r - v),
    belief(
        "That is the size of the error, not its square. Its slope is the same for a small error as for a large one.",
        lambda v, r: (v - r).abs(),
        lambda v, r: (v - r).abs() / 2,
        lambda v, r: ((v - r) ** 2 / 2).sqrt(),
    ),
    belief(
        "You square before you subtract.",
        lambda v, r: (v**2 - r**2) / 2,
        lambda v, r: (r**2 - v**2) / 2,
        lambda v, r: (v**2 - r**2).abs() / 2,
        lambda v, r: (v**2 + r**2) / 2,
    ),
    belief("The two are added. An error is a difference.", lambda v, r: half_square(v + r)),
    belief(
        "You treat `returns` as advantages, or add V to them once more. They are the targets already: Â + V_old.",
        lambda v, r: half_square(r),
        lambda v, r: half_square(r + 2 * v),
        lambda v, r: half_square(r - 2 * v),
    ),
    belief("The targets are not used.", lambda v, r: half_square(v)),
    belief(
        "That bends into a straight line for large errors (Huber). The square goes on.",
        lambda v, r: ((v - r).abs() <= 1) * half_square(v - r) + ((v - r).abs() > 1) * ((v - r).abs() - 0.5),
    ),
    belief(
        "You halve V or its target before you square. ½ stands in front of the square.",
        lambda v, r: (v / 2 - r) ** 2,
        lambda v, r: (v - r / 2) ** 2,
    ),
    belief(
        "You normalise the returns, or the error. The critic is to predict returns as they are, in units of reward.",
        lambda v, r: half_square(v - normalised(r)),
        lambda v, r: half_square(normalised(v) - normalised(r)),
        lambda v, r: half_square(normalised(v - r)),
        lambda v, r: half_square((v - r) / r),
    ),
    belief(
        "You clip, or cut the error. Nothing is clipped here; the next section clips something else, V − V_old.",
        *(lambda v, r, e=e: half_square((v - r).clamp(-e, e)) for e in (0.2, 0.5, 1.0)),
        *(lambda v, r, e=e: half_square(v - r).clamp(max=e) for e in (0.2, 0.5, 1.0)),
    ),
    belief("The answer is one of the inputs, unchanged.", lambda v, r: v, lambda v, r: r),
    belief(
        "The values are right, but no gradient reaches `values`: it was detached (`.detach()`, `.item()`, `no_grad`, "
        "`torch.tensor(values)`). With this loss a critic learns nothing.",
        lambda v, r: half_square(v.detach() - r),
    ),
    belief(
        "The values are right, but half of the gradient is missing: one of the two factors of the square was detached.",
        lambda v, r: (v - r) * (v.detach() - r) / 2,
    ),
    belief(
        "The values are right, but the slope is turned around: it leads away from the target.",
        lambda v, r: half_square(2 * v.detach() - v - r),
    ),
)

VALUE_LOSS = Item(
    name="value_loss",
    exercise="06_value_and_entropy",
    points=1,
    judge=Formula(
        value_loss,
        ("V", "V̂"),
        2,
        (
            Part("Example 2, made-up values, returns in hundreds", 0.5, errors),
            Part("a table [T, N], one number; inputs left as they were", 0.25, shapes, optional=True),
        ),
        BELIEFS,
        lambda value, target: "Half the square of how far the prediction is from its target, for each sample.",
        "Its slope is the error V − V̂, neither more nor less: that is what the ½ is for.",
        slope=(0.25, slopes),
    ),
    hints=(
        "What should the slope be, so that one step of size 1 lands on the target?",
        "Of which function of V is V − V̂ the derivative?",
        "return (___ − ___) ** 2 / ___",
    ),
    answer="return (values - returns) ** 2 / 2",
)
