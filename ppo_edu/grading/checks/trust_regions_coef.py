"""Exercise 04: the adaptive coefficient of the KL penalty (PPO paper, section 4)."""

import numpy as np

from ppo_edu.grading.batch import OfBatch
from ppo_edu.grading.formula import Part, belief, shown
from ppo_edu.grading.items import Item
from ppo_edu.kl import adaptive_kl_coef


def far(seed):
    """KLs far above and far below the target."""
    rng = np.random.default_rng(seed)
    cases = [
        (1.0, 0.04, 0.01),
        (1.0, 0.001, 0.01),
        (0.5, 0.0, 0.02),
        (3.0, 0.9, 0.03),
        (2.0, 9.0, 0.5),
        (2.0, 0.1, 4.0),
    ]
    for factor in (1.6, 1.9, 2.5, 8.0, 1 / 1.6, 1 / 1.9, 1 / 2.5, 1 / 8):
        target = rng.uniform(0.003, 0.5)
        cases.append((rng.uniform(0.5, 20), factor * target, target))
    return cases


def near(seed):
    """Between the thresholds, and exactly on them, where every float is exact."""
    rng = np.random.default_rng(seed + 1)
    inside = [(rng.uniform(0.5, 20), f * t, t) for f in (0.7, 0.9, 1.0, 1.1, 1.4) for t in (0.01, rng.uniform(0.02, 2))]
    return [*inside, (2.0, 0.375, 0.25), (2.0, 0.25, 0.375)]


def borders(seed):
    """A β that is 0, tiny or huge, and one that is a whole number."""
    low, huge = (0.02, 0.001, 0.01), (5000.0, 0.05, 0.01)
    return [(0.0, 0.05, 0.01), (3, 0.001, 0.01), (1, 0.001, 0.01), huge, low, (7, 1, 1), (2e-4, 0.001, 0.01)]


def rule(low=lambda t: t / 1.5, high=lambda t: 1.5 * t, down=lambda b: b / 2, up=lambda b: 2 * b, keep=lambda b: b):
    """The same rule with something replaced."""
    return lambda b, k, t: up(b) if k > high(t) else down(b) if k < low(t) else keep(b)


def limited(low, high):
    """The rule, and β kept between two numbers afterwards; 0 may be left alone, or lifted beforehand."""
    return (
        lambda b, k, t: np.clip(rule()(b, k, t), low, high),
        lambda b, k, t: np.clip(rule()(b, k, t), low, high) if b else b,
        lambda b, k, t: rule()(np.clip(b, low, high), k, t),
    )


def never(t):
    return np.inf


def no_low(t):
    return -np.inf


BELIEFS = (
    belief(
        "Your β moves the wrong way, or KL and target have changed places. Where the policy went too far, the penalty "
        "was too weak.",
        rule(down=lambda b: 2 * b, up=lambda b: b / 2),
        rule(lambda t: t, lambda t: t, lambda b: 2 * b, lambda b: b / 2),
    ),
    belief(
        "Your middle is missing, or is too narrow. From the target divided by 1.5 up to 1.5 times the target β should "
        "stay what it is.",
        rule(lambda t: t, lambda t: t),
        rule(lambda t: t / 1.5, lambda t: t / 1.5),
        rule(lambda t: 1.5 * t, lambda t: 1.5 * t),
        lambda b, k, t: 2 * b if k > 1.5 * t else b / 2,
        lambda b, k, t: b / 2 if k < t / 1.5 else 2 * b,
        rule(lambda t: t / 1.5, lambda t: t),
        rule(lambda t: t, lambda t: 1.5 * t),
    ),
    belief(
        "β moves the same way on both sides of the target in yours. A policy that goes too far and one that hardly "
        "moves need opposite things.",
        rule(down=lambda b: 2 * b),
        rule(up=lambda b: b / 2),
        lambda b, k, t: 2 * b if abs(k - t) > t / 2 else b,
        lambda b, k, t: b / 2 if abs(k - t) > t / 2 else b,
    ),
    belief(
        "β only ever falls or stays in yours. Above 1.5 times the target it should be doubled.",
        rule(high=never),
        lambda b, k, t: b / 2 if k < t else b,
    ),
    belief(
        "β only ever rises or stays. Below the target divided by 1.5 it should be halved.",
        rule(no_low),
        lambda b, k, t: 2 * b if k > t else b,
    ),
    belief(
        "You change β by the factor 1.5. That is the number of the thresholds; β is doubled or halved.",
        rule(down=lambda b: b / 1.5, up=lambda b: 1.5 * b),
    ),
    belief(
        "Doubling is times 2, halving is divided by 2. In yours it is another factor, a power or a difference.",
        rule(down=lambda b: b / 1.5),
        rule(up=lambda b: 1.5 * b),
        rule(up=lambda b: b**2),
        rule(down=lambda b: b**0.5, up=lambda b: b**2),
        rule(down=lambda b: b - 2, up=lambda b: b + 2),
        rule(down=lambda b: b - 0.5, up=lambda b: b + 0.5),
        rule(down=lambda b: b - 1, up=lambda b: b + 1),
        rule(down=lambda b: b / 3, up=lambda b: 3 * b),
        rule(down=lambda b: b / 4, up=lambda b: 4 * b),
        rule(down=lambda b: b / 10, up=lambda b: 10 * b),
        rule(down=lambda b: b / 1.1, up=lambda b: 1.1 * b),
        rule(down=lambda b: 0.9 * b, up=lambda b: 1.1 * b),
    ),
    belief(
        "You use 2 as the threshold. 2 is what β is changed by; the KL is compared with 1.5 times the target, and with "
        "the target divided by 1.5.",
        rule(lambda t: t / 2, lambda t: 2 * t),
        rule(lambda t: t / 2, lambda t: 2 * t, lambda b: b / 1.5, lambda b: 1.5 * b),
    ),
    belief(
        "Your lower threshold is not the target divided by 1.5, but half of it, say, or 1.5 less.",
        rule(lambda t: 0.5 * t),
        rule(lambda t: t / 2.5),
        rule(lambda t: t - 1.5),
    ),
    belief(
        "Your upper threshold is not 1.5 times the target: 1.5 is a factor, not a distance or a KL.",
        rule(high=lambda t: t + 1.5),
        rule(high=lambda t: 2 * t),
        rule(lambda t: t - 1.5, lambda t: t + 1.5),
        rule(lambda t: 1 / 1.5, lambda t: 1.5),
    ),
    belief(
        "Exactly on a threshold nothing happens yet: β moves only when the KL is beyond it.",
        lambda b, k, t: 2 * b if k >= 1.5 * t else b / 2 if k <= t / 1.5 else b,
        lambda b, k, t: 2 * b if k >= 1.5 * t else b / 2 if k < t / 1.5 else b,
        lambda b, k, t: 2 * b if k > 1.5 * t else b / 2 if k <= t / 1.5 else b,
    ),
    belief(
        "You move β by how far the KL is from the target. The rule is coarser: double, halve, or leave it.",
        lambda b, k, t: b * k / t,
        lambda b, k, t: b * np.sqrt(k / t),
        lambda b, k, t: b * k / t if k > 1.5 * t or k < t / 1.5 else b,
        lambda b, k, t: b * (1 + (k - t) / t),
        lambda b, k, t: b + (k - t),
        lambda b, k, t: b * (1 + np.clip(k / t - 1, -0.2, 0.2)),
        lambda b, k, t: b * np.clip(k / t, 0.5, 2),
    ),
    belief(
        "You change something, but not β: the target or the KL comes back, or the penalty β · KL.",
        lambda b, k, t: rule()(t, k, t),
        lambda b, k, t: rule()(k, k, t),
        lambda b, k, t: rule()(b, k, t) * k,
        lambda b, k, t: k,
        lambda b, k, t: t,
        lambda b, k, t: b * k,
    ),
    belief(
        "You keep β between two limits. The rule has none: 0 stays 0, and a large β may become larger.",
        *(f for low in (-np.inf, 1e-3, 0.01, 0.1) for high in (1.0, 10.0, 100.0, 1000.0) for f in limited(low, high)),
        *(f for low in (1e-3, 0.005, 0.01, 0.05, 0.1) for f in limited(low, np.inf)),
    ),
    belief(
        "That is the factor. Multiply β by it: the rule gives the β of the next update.",
        rule(down=lambda b: 0.5, up=lambda b: 2.0, keep=lambda b: 1.0),
    ),
    belief(
        "In between, β comes back as another number: 0, 1, or the target. It should stay what it was.",
        rule(keep=lambda b: 0.0),
        rule(keep=lambda b: 1.0),
        lambda b, k, t: rule(keep=lambda b: t)(b, k, t),
    ),
    belief(
        "β never moves: it comes back as it came in.",
        lambda b, k, t: b,
    ),
    belief(
        "Something rounds down (//, or int): halving 3 gives 1.5.",
        rule(down=lambda b: b // 2 if isinstance(b, int) else b / 2),
        rule(down=lambda b: b // 2),
    ),
)


def explain(kl_coef, kl, target_kl):
    """A sentence about the case."""
    if kl > 1.5 * target_kl:
        return f"The KL is {shown(kl / target_kl)} times the target: the policy went too far, and β should be doubled."
    if kl < target_kl / 1.5:
        return f"The KL is {shown(kl / target_kl)} times the target: the policy could go further. β should be halved."
    return f"The KL is {shown(kl / target_kl)} times the target, not beyond a threshold: β should stay what it is."


ADAPTIVE_KL_COEF = Item(
    name="adaptive_kl_coef",
    exercise="04_trust_regions",
    points=1,
    judge=OfBatch(
        adaptive_kl_coef,
        ("β", "KL", "target"),
        ("β",),
        (
            Part("far from the target", 0.5, far),
            Part("near the target, and exactly on the thresholds", 0.25, near),
            Part("β = 0, small and large ones, whole numbers", 0.25, borders),
        ),
        BELIEFS,
        explain,
        "Coarse, but it corrects itself: a β that is wrong by a factor of 1000 is put right in ten updates. It reacts "
        "to the last update, though, and limits the next one by a pull, not by a wall.",
    ),
    hints=(
        "The policy went further than you wanted. Was the penalty too strong or too weak?",
        "Three cases: the KL is beyond 1.5 times the target, below the target divided by 1.5, or in between.",
        "if kl > ___: return ___; if kl < ___: return ___; and what in all other cases?",
    ),
    answer="if kl > 1.5 * target_kl:\n"
    "    return 2 * kl_coef\n"
    "if kl < target_kl / 1.5:\n"
    "    return kl_coef / 2\n"
    "return kl_coef",
)
