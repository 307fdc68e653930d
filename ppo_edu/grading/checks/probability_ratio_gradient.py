"""Exercise 02: the gradient of the mean of L^CPI with respect to the logits, at θ_old and away from it."""

import numpy as np

from ppo_edu.grading.batch import OfBatch
from ppo_edu.grading.formula import Part, belief
from ppo_edu.grading.items import Item


def logprobs_of(logits, actions):
    """log π of the actions taken, for a softmax over the logits: [A], [B] → [B]."""
    shifted = logits - logits.max()
    return (shifted - np.log(np.exp(shifted).sum()))[actions]


def scores(logits, actions):
    """∇ log π of each action taken, with respect to the logits: one-hot − π, [B, A]."""
    policy = np.exp(logits - logits.max())
    return np.eye(len(logits))[actions] - policy / policy.sum()


def weighed(logits, actions, weights):
    """The mean of weight · ∇ log π over the batch."""
    return weights @ scores(logits, actions) / len(actions)


def ratio(logits, actions, old_logprobs):
    return np.exp(logprobs_of(logits, actions) - old_logprobs)


def gradient(logits, actions, old_logprobs, advantages):
    """∇ mean(ratio · Â) = mean(ratio · Â · ∇ log π)."""
    return weighed(logits, actions, ratio(logits, actions, old_logprobs) * advantages)


def batch(rng, moved, arms=4, size=12):
    """A batch of a made-up policy, and logits that have moved from its own by so much."""
    old = rng.normal(0, 1, arms)
    actions = rng.permutation(np.resize(np.arange(arms), size))
    return old + moved * rng.normal(0, 1, arms), actions, logprobs_of(old, actions), rng.normal(0.4, 1.5, size)


def lesson(moved):
    """Probabilities .2, .3, .5 when collected; the first action now at .5, or nothing changed."""
    old, now = np.log([0.2, 0.3, 0.5]), np.log([0.5, 0.2, 0.3] if moved else [0.2, 0.3, 0.5])
    actions = np.array([0, 0, 1, 2])
    return now, actions, old[actions], np.array([2.0, -1.0, 0.5, 1.0])


def where_collected(seed):
    """At θ_old every ratio is 1."""
    rng = np.random.default_rng(seed)
    return [lesson(False), batch(rng, 0), batch(rng, 0, arms=2, size=7)]


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


def normalised(A, ddof):
    return (A - A.mean()) / (A.std(ddof=ddof) + 1e-8) if len(A) > ddof else A - A.mean()


def without_the_others(z, a, o, A):
    hot = np.eye(len(z))[a]
    return (ratio(z, a, o) * A) @ (hot * scores(z, a)) / len(a)


def by_probability(z, a, weights):
    return weights @ np.eye(len(z))[a] / len(a)


BELIEFS = (
    belief(
        "That is the plain policy gradient, mean(Â · ∇ log π). It is right at θ_old, where every ratio is 1. As soon "
        "as the policy has moved, each sample's pull is scaled; by what?",
        lambda z, a, o, A: weighed(z, a, A),
    ),
    belief(
        "You add the batch up. Asked is the gradient of the mean.",
        lambda z, a, o, A: len(a) * gradient(z, a, o, A),
    ),
    belief(
        "You divide by the batch and by the number of actions: a mean over samples *and* logits. The mean is over the "
        "samples; each logit keeps its own sum.",
        lambda z, a, o, A: gradient(z, a, o, A) / len(z),
    ),
    belief(
        "The softmax has a denominator: a higher logit for one action makes all the others rarer. In your gradient "
        "the logits of the actions that were not taken feel nothing of it.",
        lambda z, a, o, A: by_probability(z, a, ratio(z, a, o) * A),
        lambda z, a, o, A: by_probability(z, a, A),
        without_the_others,
    ),
    belief(
        "The sign is turned: that is the gradient of the loss. L^CPI is maximised.",
        lambda z, a, o, A: -gradient(z, a, o, A),
        lambda z, a, o, A: -weighed(z, a, A),
    ),
    belief(
        "That is the gradient with respect to the probabilities. Asked is the one with respect to the logits: the "
        "softmax lies between them.",
        lambda z, a, o, A: by_probability(z, a, A / np.exp(o)),
        lambda z, a, o, A: by_probability(z, a, A / np.exp(logprobs_of(z, a))),
    ),
    belief(
        "Your gradient stops at log π: it belongs to the samples. Asked is the one with respect to the logits, one "
        "number per action.",
        lambda z, a, o, A: ratio(z, a, o) * A,
        lambda z, a, o, A: ratio(z, a, o) * A / len(a),
    ),
    belief(
        "You normalise the advantages or take their mean off. That may be done, but by the caller: here they are what "
        "they are.",
        lambda z, a, o, A: gradient(z, a, o, normalised(A, 0)),
        lambda z, a, o, A: gradient(z, a, o, normalised(A, 1)),
        lambda z, a, o, A: gradient(z, a, o, A - A.mean()),
    ),
    belief(
        "The advantage has lost its sign (|Â|), and with it the difference between a good and a bad action.",
        lambda z, a, o, A: gradient(z, a, o, abs(A)),
        lambda z, a, o, A: gradient(z, a, o, np.maximum(A, 0)),
    ),
    belief(
        "Your ratio is upside down: old over new. A sample's pull grows as its action becomes likelier.",
        lambda z, a, o, A: weighed(z, a, A / ratio(z, a, o)),
    ),
    belief(
        "You weigh by ratio − 1 or by the log-ratio. Both are 0 at θ_old; the gradient there is the policy gradient.",
        lambda z, a, o, A: weighed(z, a, A * (ratio(z, a, o) - 1)),
        lambda z, a, o, A: weighed(z, a, A * np.log(ratio(z, a, o))),
    ),
    belief(
        "The ratio is there twice. Its own gradient is ratio · ∇ log π, with one ratio.",
        lambda z, a, o, A: weighed(z, a, A * ratio(z, a, o) ** 2),
    ),
    belief(
        "The old log-probabilities are not used: you weigh by the new probability alone.",
        lambda z, a, o, A: weighed(z, a, A * np.exp(logprobs_of(z, a))),
    ),
    belief(
        "The ratios are made to average 1. Here each sample keeps its own ratio, whatever the others are.",
        lambda z, a, o, A: gradient(z, a, o, A) / ratio(z, a, o).mean(),
    ),
    belief(
        "You clip the ratio. L^CPI has no clip; that is the next lesson's objective.",
        lambda z, a, o, A: weighed(z, a, A * np.clip(ratio(z, a, o), 0.8, 1.2)),
        lambda z, a, o, A: weighed(z, a, A * ratio(z, a, o) * (abs(ratio(z, a, o) - 1) <= 0.2)),
    ),
    belief(
        "Your gradient is 0 everywhere. Either nothing reaches the logits (`detach`, `item`, `no_grad`), or the old "
        "log-probabilities are computed anew from the logits and cancel the new ones.",
        lambda z, a, o, A: 0 * z,
    ),
    belief(
        "There is one gradient per sample. Asked is the gradient of their mean: one number per action.",
        lambda z, a, o, A: (ratio(z, a, o) * A)[:, None] * scores(z, a),
    ),
    belief(
        "That is the value of L^CPI. Asked is its gradient: one number per action.",
        lambda z, a, o, A: (ratio(z, a, o) * A).mean(),
    ),
)


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
