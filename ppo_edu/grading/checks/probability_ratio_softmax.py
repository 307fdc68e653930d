"""Exercise 02: a softmax policy of one state, and the gradient of the mean of L^CPI with respect to its logits."""

import numpy as np


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


def normalised(A, ddof):
    return (A - A.mean()) / (A.std(ddof=ddof) + 1e-8) if len(A) > ddof else A - A.mean()
