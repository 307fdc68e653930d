"""Exercise 04: the three estimators of a KL, sample by sample, and their digits."""

from dataclasses import dataclass

import numpy as np

from ppo_edu.grading import runner
from ppo_edu.grading.checks.trust_regions_estimators_beliefs import BELIEFS, DIGITS, in_units, reference, units
from ppo_edu.grading.formula import Part, shown
from ppo_edu.grading.items import Item
from ppo_edu.grading.rollout import Fragile, OfRollout


@dataclass(frozen=True)
class OfSamples(OfRollout):
    """As `OfRollout`, with tiny answers made visible; three numbers are three answers, too."""

    def _arrays(self, result):
        if isinstance(result, list | tuple) and len(result) == 3:
            return tuple(map(runner.numbers, result))
        return super()._arrays(result)

    def _ask(self, kind, function, inputs):
        answer, changed = super()._ask(kind, function, inputs)
        if len(answer) == 3:
            answer = tuple(value / size for value, size in zip(answer, units(*inputs)))
        return answer, changed


def samples(rng, count):
    """Log-probabilities of sampled actions before and after, of both directions and all sizes."""
    old = np.log(rng.uniform(0.05, 0.5, count))
    return old + rng.choice([-1.0, 1.0], count) * rng.uniform(0.05, 0.65, count), old


def ordinary(seed):
    """The lesson's ratio 2.5, samples by hand, then draws."""
    rng = np.random.default_rng(seed)
    by_hand = np.log([0.5, 0.1, 0.4, 0.3, 0.04]), np.log([0.2, 0.2, 0.4, 0.5, 0.02])
    return [by_hand, samples(rng, 40), samples(rng, 3)]


def far(seed):
    """Large changes, a batch of one, and densities: a log-probability may be positive."""
    rng = np.random.default_rng(seed + 1)
    large = np.array([-0.1, -6.0, -3.0, -12.0]), np.array([-5.0, -0.5, -3.5, -4.0])
    density = np.array([1.5, 2.0, 0.3]) + rng.uniform(-0.5, 0.5, 3), np.array([1.0, 2.4, -0.4])
    return [large, samples(rng, 1), density]


def tiny(seed):
    """Log-ratios of 1e−8 to 3e−8: k3 is 5e−17 to 5e−16."""
    rng = np.random.default_rng(seed + 2)
    x = rng.choice([-1.0, 1.0], 6) * rng.uniform(1, 3, 6) * 1e-8
    return [(x, np.zeros(6)), (x[:3] - 2**-4, np.full(3, -(2**-4)))]


def one_sample(inputs, index):
    """Words for the sample that differs."""
    new, old = (np.asarray(x)[index] for x in inputs)
    words = f"sample {index[0]}: logprob {shown(new)}, old_logprob {shown(old)}"
    if units(*inputs)[0] == 1:
        return words
    return f"sample {index[0]}: logprob − old_logprob {shown(new - old)} (answers divided by 1e−8, 1e−16, 1e−16)"


def explain(logprobs, old_logprobs):
    """A sentence about the case."""
    if units(logprobs, old_logprobs)[0] != 1:
        return DIGITS
    return (
        "With x = log π − log π_old, of each sample: k1 is the definition of KL under the mean, k2 half a square, "
        "k3 the definition and something that averages to 0."
    )


ESTIMATORS = Item(
    name="kl_estimators",
    exercise="04_trust_regions",
    points=2,
    judge=OfSamples(
        in_units(reference),
        ("logprobs", "old_logprobs"),
        ("k1", "k2", "k3"),
        (
            Part("k1", 0.5, ordinary, entry=0),
            Part("k2", 0.5, ordinary, entry=1),
            Part("k3", 0.5, ordinary, entry=2),
            Part("large changes, one sample, densities above 1", 0.25, far),
            Fragile(
                "k3 keeps its digits at log-ratios of 1e−8; inputs left as they were",
                0.25,
                tiny,
                raised="Here the log-ratios are about 1e−8.",
            ),
        ),
        BELIEFS,
        explain,
        "For logging, k3: near the old policy its noise is a fraction of k1's, and unlike k2 it is right on average. "
        "It needs samples from the old policy, and so do the other two.",
        row=one_sample,
    ),
    hints=(
        "The samples come from π_old. Which of ratio and 1/ratio averages to 1 over them?",
        "All three are made of one number a sample, x = log π − log π_old. Only k3 needs an exponential, and only as "
        "e^x − 1, for which numpy and torch have a function of its own.",
        "x = ___ − ___; return ___, ___ / 2, np.expm1(___) − ___",
    ),
    answer="x = logprobs - old_logprobs\nreturn -x, x**2 / 2, np.expm1(x) - x",
)
