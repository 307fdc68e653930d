"""Exercise 04: the end of a TRPO step, its length and its line search, judged by where it arrives."""

import numpy as np

from ppo_edu.grading.checks.trust_regions_cost import in_kind
from ppo_edu.grading.checks.trust_regions_step_beliefs import BELIEFS, reference
from ppo_edu.grading.formula import Part, shown
from ppo_edu.grading.items import Item
from ppo_edu.grading.rollout import OfRollout


def world(rng, words, share=0.7, growth=0.0, bend=0.5, level=None, flat=1.0, spoilt=None, delta=0.02):
    """The inputs of a made-up step, along which everything is known.

    With t the part of the full step taken: KL = δ · share · t² (1 + growth · t²), and the surrogate rises by
    t (1 − bend · t²) times what its slope promises. `spoilt(surrogate, mean_kl, t)` may change both; `flat` below 1
    makes long steps; `level` is the surrogate before the step.
    """
    size = int(rng.integers(2, 6))
    root = rng.normal(size=(size, size))
    F = flat * (root @ root.T / size + np.eye(size))
    theta, slope = rng.normal(size=size), rng.normal(size=size) * np.sqrt(flat)
    direction = np.linalg.solve(F, slope)
    curvature = float(direction @ slope)
    level = rng.choice([-3.0, 4.0]) if level is None else level

    def along(new):
        moved = new - theta
        return moved @ F @ moved / (2 * delta), moved @ slope  # t² on the way, and what the slope promises

    def outcome(new):
        squared, promised = along(new)
        gain = promised * (1 - bend * squared)
        backwards = 1 if promised >= 0 else 20  # a KL is not symmetric about θ
        result = level + gain, delta * share * squared * (1 + growth * squared) * backwards
        return spoilt(*result, squared**0.5) if spoilt and squared > 0 else result

    surrogate, mean_kl = (in_kind(lambda new, i=i: outcome(np.asarray(new, dtype=np.float64))[i]) for i in (0, 1))
    surrogate.words = words
    return theta, direction, curvature, surrogate, mean_kl, delta


def lengths(seed):
    """The full step is good, for several δ and curvatures."""
    rng = np.random.default_rng(seed)
    words = "the full step keeps its KL and raises the surrogate"
    cases = (
        dict(delta=0.01, share=0.2, bend=0.1),
        dict(delta=0.3, flat=5.0, bend=0.65),
        dict(delta=0.02, flat=0.2, bend=0.95, share=0.9),
    )
    return [world(rng, words, **case) for case in cases]


def too_far(seed):
    """The measured KL is above δ, and so the step is halved."""
    rng = np.random.default_rng(seed + 1)
    words = "the measured KL of the full step is {} times δ"
    growths = 0.25, 8.0, 100.0, 700.0
    return [world(rng, words.format(shown(1 + g)), share=1.0, growth=g, flat=0.05) for g in growths]


def falling(seed):
    """The surrogate falls, at first or up to the ninth halving, while the KL is small; or both ask for less."""
    rng = np.random.default_rng(seed + 2)
    words = "the full step lowers the surrogate, and its KL is {} δ"
    low, high = words.format("below"), words.format("above")
    steep = world(rng, "nothing but the tenth halving raises the surrogate", bend=5e5, flat=1e-4)
    mixed = dict(share=1.0, growth=8.0, bend=9.0, flat=0.05), dict(share=1.0, growth=100.0, bend=2.0, flat=0.05)
    return [
        *(world(rng, low, bend=bend, flat=0.05, level=level) for bend, level in ((2.0, 4.0), (9.0, -3.0))),
        *(world(rng, high, **case) for case in mixed),
        steep,
    ]


def on_the_edge(surrogate, mean_kl, t):
    return surrogate, 0.25


def nothing_gained(surrogate, mean_kl, t):
    return 4.0, mean_kl


def wall(surrogate, mean_kl, t):
    return surrogate, (mean_kl if abs(t - 1) > 0.1 else 0.1)


def nan_far_out(surrogate, mean_kl, t):
    return (surrogate if t < 0.4 else np.nan), mean_kl


def nan_kl_far_out(surrogate, mean_kl, t):
    return surrogate, (mean_kl if t < 0.4 else np.nan)


def refused(seed):
    """No length is good, or only one that is beyond ten halvings; a gain of 0; a KL of just δ; nan."""
    rng = np.random.default_rng(seed + 3)
    wide = dict(flat=1e-4)
    return [
        world(rng, "no length raises the surrogate", bend=1e12, **wide),
        world(rng, "an eleventh halving would raise the surrogate", bend=2e6, **wide),
        world(rng, "no length has a KL of at most δ", growth=1e15, **wide),
        world(rng, "the surrogate is the same everywhere", level=4.0, spoilt=nothing_gained),
        world(rng, "the KL is exactly δ", delta=0.25, spoilt=on_the_edge),
        world(rng, "the KL is above δ at the full step alone", share=0.2, bend=0.1, flat=0.05, spoilt=wall),
        world(rng, "the surrogate of long steps is nan", flat=0.05, spoilt=nan_far_out),
        world(rng, "the KL of long steps is nan", flat=0.05, spoilt=nan_kl_far_out),
    ]


def words(inputs, index):
    """Words for the entry that differs."""
    theta, direction, curvature, surrogate, _, delta = inputs
    where = f"entry {index[0]}, " if index else ""
    return (
        f"{where}θ = {shown(theta)}, direction {shown(direction)}, curvature {shown(curvature)}, "
        f"δ = {shown(delta)}; {surrogate.words}"
    )


def explain(theta, direction, curvature, surrogate, mean_kl, max_kl):
    """A sentence about the case."""
    return (
        f"In this case {surrogate.words}. What should the full step be, so that ½ s² · curvature is δ? Then ask of "
        "each length, from the longest on, whether both measurements are good."
    )


TRPO_STEP = Item(
    name="trpo_step",
    exercise="04_trust_regions",
    points=1,
    judge=OfRollout(
        reference,
        ("theta", "direction", "curvature", "surrogate", "mean_kl", "δ"),
        ("θ",),
        (
            Part("the length of the full step", 0.25, lengths),
            Part("a KL above δ", 0.25, too_far),
            Part("a surrogate that falls", 0.25, falling),
            Part("no good length, a KL of just δ, nan; inputs left as they were", 0.25, refused),
        ),
        BELIEFS,
        explain,
        "The curvature proposes, the measurement decides: no accepted step is beyond δ, none lowers the surrogate. "
        "What it promises is about this batch; the return of the world is another matter.",
        row=words,
    ),
    hints=(
        "How long must s be so that ½ s² curvature is δ? And what do you do if the KL you measure is larger after all?",
        "Try s, s/2, s/4 …, always from θ. The first one whose measured KL and surrogate are both good is taken. If "
        "none of eleven is, nothing moves.",
        "for i in range(11): new = theta + ___ / 2**i * direction; good if mean_kl(new) <= ___ and ___ > ___",
    ),
    answer="length, start = (2 * max_kl / curvature) ** 0.5, surrogate(theta)\n"
    "for halvings in range(11):\n"
    "    new = theta + length / 2**halvings * direction\n"
    "    if mean_kl(new) <= max_kl and surrogate(new) > start:\n"
    "        return new\n"
    "return theta",
)
