"""How undecided a policy is, and which way the entropy bonus pushes (lesson 06)."""

import math

from ppo_edu.arrays import backend, formula, log_softmax, xlogy


@formula("logits", last_axis=True)
def categorical_entropy(logits):
    """S = −Σ_a π(a) log π(a). [B, A] → [B], in nats: 0 for one certain action, log A for a uniform policy.

    A masked action (−inf) adds nothing, and its gradient is 0.

    >>> import numpy as np
    >>> round(categorical_entropy(np.log([0.7, 0.1, 0.1, 0.1])).item(), 6)  # Example 3
    0.940448
    """
    return _entropy(log_softmax(logits))


@formula("logits", last_axis=True)
def entropy_gradient(logits):
    """∂S/∂z_a = −π(a) (log π(a) + S). [B, A] → [B, A]; sums to 0 and vanishes where one action is certain.

    >>> import numpy as np
    >>> entropy_gradient(np.log([0.7, 0.1, 0.1, 0.1])).round(6)  # Example 3, finished
    array([-0.408641,  0.136214,  0.136214,  0.136214])
    """
    logs = log_softmax(logits)
    probs = backend(logits).exp(logs)
    return -(xlogy(probs, logs) + probs * _entropy(logs)[..., None])


@formula("std")
def gaussian_entropy(std):
    """S = log σ + ½ log 2πe, per dimension, any shape; of a diagonal Gaussian, sum over dimensions.

    A density's entropy may be negative.

    >>> round(gaussian_entropy(1.0), 6)
    1.418939
    """
    return backend(std).log(std) + 0.5 * math.log(2 * math.pi * math.e)


def logprobs_and_entropy(logits, actions):
    """log π(a) of the actions taken and S, from one normalisation: tensors [B, A] and [B] → [B] and [B]."""
    logs = log_softmax(logits)
    return logs.gather(-1, actions.unsqueeze(-1)).squeeze(-1), _entropy(logs)


def _entropy(logs):
    return -xlogy(backend(logs).exp(logs), logs).sum(-1)
