"""How much likelier an action has become: the probability ratio and the objective built on it (lesson 02).

Written `ratio`, never `r`: r is the reward in half of the literature.
"""

from ppo_edu.arrays import backend, formula


@formula("logprobs", "old_logprobs")
def log_ratio(logprobs, old_logprobs):
    """log π_θ(a|s) − log π_old(a|s), any shape.

    Differences of logs survive probabilities like e⁻¹⁰⁰⁰, whose quotient would be 0/0.

    >>> import math
    >>> round(log_ratio(math.log(0.5), math.log(0.2)), 4)
    0.9163
    """
    return logprobs - old_logprobs


@formula("logprobs", "old_logprobs")
def probability_ratio(logprobs, old_logprobs):
    """π_θ(a|s) / π_old(a|s) = exp(log π_θ − log π_old), any shape; 1 where nothing changed. PPO paper §3.

    An action that has become impossible (new −inf) has ratio 0; one that was impossible (old −inf) has inf;
    one that is and was impossible has nan. Raises `ValueError` when the shapes differ.

    >>> import math
    >>> round(probability_ratio(math.log(0.5), math.log(0.2)), 6)
    2.5
    """
    return backend(logprobs).exp(logprobs - old_logprobs)


@formula("ratio", "advantages")
def unclipped_objective(ratio, advantages):
    """L^CPI per sample: ratio · Â, to be maximised. PPO paper eq. 6.

    Raises `ValueError` when the shapes differ.

    >>> unclipped_objective(2.5, 2.0)
    5.0
    """
    return ratio * advantages


@formula("ratio")
def effective_sample_size(ratio):
    """(Σ w)² / Σ w² of the importance weights w = ratio: how many equally weighted samples they are worth.

    A `float` between 0 and the number of samples: equal weights keep them all, one huge weight leaves 1.

    >>> effective_sample_size([1.0, 1.0, 1.0, 1.0])
    4.0
    >>> round(effective_sample_size([2.5, 0.625, 0.625, 0.625]), 3)
    2.579
    """
    total, squares = float(ratio.sum()), float((ratio**2).sum())
    return total * total / squares if squares else 0.0  # Python's ** raises where * gives inf
