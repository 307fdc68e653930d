"""Exercise 02: the gradient of the mean of L^CPI with respect to the logits, at θ_old and away from it."""

import numpy as np

from ppo_edu.grading.batch import OfBatch
from ppo_edu.grading.checks.probability_ratio_gradient_beliefs import BELIEFS
from ppo_edu.grading.checks.probability_ratio_softmax import gradient, logprobs_of, ratio
from ppo_edu.grading.formula import Part
from ppo_edu.grading.items import Item


def batch(rng, moved, arms=4, size=12):
    """A batch of a made-up policy, and logits that have moved from its own by so much."""
    old = rng.normal(0, 1, arms)
    actions = rng.permutation(np.resize(np.arange(arms), size))
    return old + moved * rng.normal(0, 1, arms), actions, logprobs_of(old, actions), rng.normal(0.4, 1.5, size)


def lesson(moved):
    """Probabilities .2, .3, .5 when collected; the first action now at .5, or nothing changed."""
    old, now = np.log([0.2, 0.3, 0.5]), np.log([0.5, 0.2, 0.3] if moved else [0.2, 0.3, 0.5])
    actions = np.array([0, 0, 1, 2])
    return now, actions, old[actions], np.array([2.0, -1.0, 1.0, 1.0])


def where_collected(seed):
    """At θ_old every ratio is 1."""
    rng = np.random.default_rng(seed)
    even = np.zeros(2), np.array([0, 1, 1]), np.log([0.5] * 3), np.array([2.0, 1.0, -2.0])  # logits, not log-probs
    return [lesson(False), even, batch(rng, 0), batch(rng, 0, arms=2, size=7)]


def moved_on(seed):
    """Away from θ_old."""
    rng = np.random.default_rng(seed + 1)
    return [lesson(True), *(batch(rng, moved, arms, 3 * arms + 1) for moved in (0.3, 1.0) for arms in (2, 3, 6))]


def corners(seed):
    """A single sample; logits shifted together by 30; nothing but Â = 0."""
    logits, actions, old, advantages = batch(np.random.default_rng(seed + 2), 0.5)
    return [
        (logits, actions[:1], old[:1], advantages[:1]),
        (logits + 30.0, actions, old, advantages),
        (logits, actions, old, 0 * advantages),
    ]


def explain(logits, actions, old_logprobs, advantages):
    """A sentence about the case: where the policy is, seen from where it collected."""
    change = ratio(logits, actions, old_logprobs)
    if np.allclose(change, 1):
        return "Here nothing has changed yet: every ratio is 1, and the gradient is the plain policy gradient."
    return f"Here the policy has moved: its ratios run from {change.min():.2f} to {change.max():.2f}."


GRADIENT = Item(
    name="cpi_gradient",
    exercise="02_probability_ratio",
    points=2,
    judge=OfBatch(
        gradient,
        ("logits", "actions", "log π_old", "Â"),
        ("the gradient",),
        (
            Part("at θ_old, where it equals the policy gradient", 0.5, where_collected),
            Part("away from θ_old, where it does not", 1, moved_on),
            Part("one sample, large logits, Â = 0, the inputs left as they were", 0.5, corners),
        ),
        BELIEFS,
        explain,
        "At θ_old it is the policy gradient, so the first step on a batch is nothing new. From the second on, each "
        "sample pulls with its ratio.",
    ),
    hints=(
        "You know the slope of the ratio with respect to log π. And when a logit rises, what happens to log π of this "
        "action, and of the others?",
        "The chain rule in two steps: ratio with respect to log π, log π with respect to the logits. Or let torch do "
        "it: build the mean of L^CPI from the logits, and ask for its gradient.",
        "weights = ___ * advantages; gradient = mean over the batch of weights · (one-hot of the action − ___)",
    ),
    answer="policy = np.exp(log_softmax(logits))\n"
    "ratio = probability_ratio(np.log(policy[actions]), old_logprobs)\n"
    "scores = np.eye(len(policy))[actions] - policy\n"
    "return (ratio * advantages) @ scores / len(actions)",
)
