"""Exercise 02: what is believed about the gradient of L^CPI, as formulas: logits z, actions a, old log-probs o, Â."""

import numpy as np

from ppo_edu.grading.checks.probability_ratio_softmax import gradient, logprobs_of, normalised, ratio, scores, weighed
from ppo_edu.grading.formula import belief


def without_the_others(z, a, o, A):
    hot = np.eye(len(z))[a]
    return (ratio(z, a, o) * A) @ (hot * scores(z, a)) / len(a)


def by_probability(z, a, weights):
    return weights @ np.eye(len(z))[a] / len(a)


def own_probability_everywhere(z, a, weights):
    """The score with π of the action taken in every entry."""
    return weights @ (np.eye(len(z))[a] - np.exp(logprobs_of(z, a))[:, None]) / len(a)


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
    ),
    belief(
        "You leave out the samples with Â < 0. A bad action teaches as much as a good one.",
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
        "You take the mean of a product apart: mean(x) · mean(y) is not mean(x · y). Within each sample its own "
        "ratio, its own Â and its own ∇ log π belong together.",
        lambda z, a, o, A: ratio(z, a, o).mean() * weighed(z, a, A),
        lambda z, a, o, A: (ratio(z, a, o) * A).mean() * scores(z, a).mean(0),
        lambda z, a, o, A: A.mean() * weighed(z, a, ratio(z, a, o)),
        lambda z, a, o, A: ratio(z, a, o).mean() * A.mean() * scores(z, a).mean(0),
    ),
    belief(
        "You take the logits for log-probabilities. They are so only when their exponentials add up to 1, and logits "
        "need not: adding 10 to all of them must change no ratio.",
        lambda z, a, o, A: weighed(z, a, np.exp(z[a] - o) * A),
        lambda z, a, o, A: by_probability(z, a, np.exp(z[a] - o) * A),
        lambda z, a, o, A: (np.exp(z[a] - o) * A) @ (np.eye(len(z))[a] - np.exp(z)) / len(a),
        lambda z, a, o, A: (ratio(z, a, o) * A) @ (np.eye(len(z))[a] - np.exp(z)) / len(a),
    ),
    belief(
        "You take the logits for probabilities. The policy is their softmax.",
        lambda z, a, o, A: weighed(z, a, z[a] / np.exp(o) * A),
        lambda z, a, o, A: (ratio(z, a, o) * A) @ (np.eye(len(z))[a] - z) / len(a),
        lambda z, a, o, A: (z[a] / np.exp(o) * A) @ (np.eye(len(z))[a] - z) / len(a),
    ),
    belief(
        "The new probabilities are not used: you weigh by 1 over the old ones. A ratio compares two policies.",
        lambda z, a, o, A: weighed(z, a, A / np.exp(o)),
    ),
    belief(
        "You weigh by a probability on top of the ratio. How often an action is taken is in the batch already: it is "
        "there as many times.",
        lambda z, a, o, A: weighed(z, a, ratio(z, a, o) * A * np.exp(logprobs_of(z, a))),
    ),
    belief(
        "Your ∇ log π is wrong for the actions that were not taken: you subtract the probability of the action that "
        "was taken from every entry. Which probability belongs to a logit?",
        lambda z, a, o, A: own_probability_everywhere(z, a, ratio(z, a, o) * A),
        lambda z, a, o, A: own_probability_everywhere(z, a, A),
    ),
    belief(
        "You divide by N − 1. That is for a variance; a mean divides by the number of samples.",
        lambda z, a, o, A: gradient(z, a, o, A) * len(a) / max(len(a) - 1, 1),
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
