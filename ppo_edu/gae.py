"""Generalized Advantage Estimation and what it is made of (lesson 05). Data, so numpy only.

Row t is transition t in every array, [T] or [T, N] for N environments side by side. `terminated` answers
"is there a future to bootstrap from?", `dones = terminated | truncated` answers "does row t+1 belong to this
episode?".
"""

import math

import numpy as np

from ppo_edu.arrays import data, require_fraction


def td_errors(rewards, values, next_values, terminated, gamma):
    """δ_t = r_t + γ V(s_{t+1}) − V(s_t), and no γ V(s_{t+1}) where the episode terminated. GAE paper section 3.

    `next_values[t]` is V of the true successor of row t, also where a time limit cut the episode: truncation is
    not termination. All [T] or [T, N]. Raises `ValueError` for γ outside [0, 1] or shapes that differ.

    >>> td_errors([1, 2, -1, 3], [0, 1.5, 2, 1], [1.5, 2, 1, 0], [0, 0, 0, 1], gamma=0.9).round(4)  # Example 2
    array([ 2.35,  2.3 , -2.1 ,  2.  ])
    """
    require_fraction(gamma=gamma)
    rewards, values, next_values, terminated = data(
        rewards=rewards, values=values, next_values=next_values, terminated=terminated
    )
    return rewards + gamma * np.where(terminated, 0, next_values) - values


def gae(deltas, dones, gamma, gae_lambda):
    """Â_t = δ_t + γλ Â_{t+1}, starting afresh after every done: one pass backwards, O(T). GAE paper eq. 16.

    deltas, dones: [T] or [T, N] → advantages of that shape. The last row's future is in its δ alone.
    Raises `ValueError` for γ or λ outside [0, 1] or shapes that differ.

    >>> gae([2.35, 2.3, -2.1, 2.0], [0, 0, 0, 1], gamma=0.9, gae_lambda=0.8).round(4)  # Example 2
    array([ 3.6639,  1.8248, -0.66  ,  2.    ])
    """
    require_fraction(gamma=gamma, gae_lambda=gae_lambda)
    deltas, dones = data(deltas=deltas, dones=dones)
    decay = np.where(dones, 0, gamma * gae_lambda).astype(deltas.dtype)
    advantages = deltas.copy()
    for t in range(len(deltas) - 2, -1, -1):
        advantages[t] += decay[t] * advantages[t + 1]
    return advantages


def gae_by_definition(deltas, dones, gamma, gae_lambda):
    """Â_t = Σ_{l≥0} (γλ)^l δ_{t+l} up to the end of the episode, as a double sum: O(T²), the spec of `gae`.

    Same arguments, result and errors as `gae`. GAE paper eq. 16.

    >>> gae_by_definition([2.35, 2.3, -2.1, 2.0], [0, 0, 0, 1], gamma=0.9, gae_lambda=0.8).round(4)
    array([ 3.6639,  1.8248, -0.66  ,  2.    ])
    """
    require_fraction(gamma=gamma, gae_lambda=gae_lambda)
    return _discounted_sums(deltas, dones, gamma * gae_lambda, math.inf)


def n_step_advantage(deltas, dones, gamma, n):
    """A^(n)_t = Σ_{l<n} γ^l δ_{t+l}, cut at the end of the episode. GAE paper eq. 14.

    It telescopes to n rewards plus γⁿ V(s_{t+n}) − V(s_t). deltas, dones: [T] or [T, N] → that shape.
    Raises `ValueError` for γ outside [0, 1], n < 1 or shapes that differ.

    >>> n_step_advantage([2.35, 2.3, -2.1, 2.0], [0, 0, 0, 1], gamma=0.9, n=2).round(4)
    array([ 4.42,  0.41, -0.3 ,  2.  ])
    """
    require_fraction(gamma=gamma)
    if not n >= 1:
        raise ValueError(f"n must be ≥ 1, got {n}")
    return _discounted_sums(deltas, dones, gamma, n)


def effective_horizon(gamma, gae_lambda):
    """1 / (1 − γλ) steps: where the weight (γλ)^l of δ_{t+l} has fallen to about 1/e; inf for γλ = 1.

    Raises `ValueError` for γ or λ outside [0, 1].

    >>> round(effective_horizon(0.99, 0.95), 1)
    16.8
    """
    require_fraction(gamma=gamma, gae_lambda=gae_lambda)
    return math.inf if gamma * gae_lambda == 1 else 1 / (1 - gamma * gae_lambda)


def _discounted_sums(deltas, dones, discount, n):
    """Σ_{l<n} discount^l δ_{t+l} for every t, stopping after the first done row."""
    deltas, dones = data(deltas=deltas, dones=dones)
    sums = np.zeros_like(deltas)
    for t in range(len(deltas)):
        alive = np.ones(deltas.shape[1:], dtype=bool)
        for l in range(min(n, len(deltas) - t)):
            sums[t] += np.where(alive, discount**l * deltas[t + l], 0)
            alive = alive & ~dones[t + l].astype(bool)
    return sums
