"""Bias and variance of GAE without sampling: the exact moments of Â in a small world (lesson 05).

Â = Σ_l c^l δ_{t+l} with c = γλ is a discounted sum of δ, so its first two moments obey linear equations like V^π does.
"""

import math

import numpy as np

from ppo_edu.mdp import advantages, state_values

KINDS = ("white", "smooth", "constant", "zero critic", "exact")


def critic_errors(mdp, policy, kind, size):
    """e = V − V^π of the critics to average over, [K, S]; 0 in terminal states, whose value is known.

    "white" has independent noise of standard deviation `size` in every state. Its critics, one more than live
    states, are the corners of a regular simplex, which have the mean and the covariance of that noise: a bias² or a
    variance, being quadratic in e, has over them the average that it has over all draws. "smooth" is one sine wave
    over the states of root mean square `size`, "constant" is `size` everywhere, "zero critic" is V = 0, "exact" is
    V = V^π.
    Raises `ValueError` for another kind.
    """
    live = np.flatnonzero(~mdp.terminal)
    count = len(live)
    if kind == "white":
        basis, _ = np.linalg.qr(np.column_stack([np.ones(count + 1), np.eye(count + 1)[:, 1:]]))
        shape = np.sqrt(count + 1) * basis[:, 1:]
    elif kind == "smooth":
        wave = np.sin(2 * np.pi * (np.arange(count) + 1) / (count + 1))
        shape = wave[None] / np.sqrt(np.mean(wave**2))
    elif kind == "constant":
        shape = np.ones((1, count))
    elif kind == "zero critic":
        shape, size = -state_values(mdp, policy)[None, live], 1
    elif kind == "exact":
        shape, size = np.zeros((1, count)), 0
    else:
        raise ValueError(f"kind must be one of {KINDS}, got {kind!r}")
    errors = np.zeros((len(shape), len(mdp.start)))
    errors[:, live] = size * shape
    return errors


def gae_moments(mdp, policy, errors, gae_lambdas, steps=math.inf):
    """E[Â|s, a] and Var[Â|s, a] of GAE with the critics V^π + errors, exactly: two arrays [K, L, S, A].

    Mean m = E[δ] + c P m and second moment q = E[δ²] + 2c E[δ m(s')] + c² P q; for one state by a linear solve, or
    by `steps` backward recursions where the rollout is cut `steps` rows after t. Then one step from (s, a).
    policy [S, A], errors [K, S], gae_lambdas [L]. Raises `ValueError` for λ outside [0, 1] or steps < 1.
    """
    lambdas = np.asarray(gae_lambdas, dtype=float)
    if not ((lambdas >= 0) & (lambdas <= 1)).all():
        raise ValueError(f"gae_lambdas must lie in [0, 1], got {gae_lambdas}")
    if not steps >= 1:
        raise ValueError(f"steps must be ≥ 1 (math.inf for whole episodes), got {steps}")
    V = (state_values(mdp, policy) + errors).T
    states, actions, _ = mdp.transitions.shape
    rows = np.stack([mdp.transitions * mdp.rewards**power for power in range(3)]).reshape(3, states * actions, states)
    usual = _Step(np.einsum("sa,psat->pst", policy, rows.reshape(3, states, actions, states)), V, V, mdp.gamma)
    first = _Step(rows, np.repeat(V, actions, axis=0), V, mdp.gamma)
    decay = mdp.gamma * lambdas[:, None, None]
    if steps == math.inf:
        identity = np.eye(states)
        mean = np.linalg.solve(identity - decay * usual.follow, usual.delta[None])
        second = np.linalg.solve(identity - decay**2 * usual.follow, usual.square + 2 * decay * usual.cross(mean))
    else:
        mean = second = np.zeros((len(lambdas), *V.shape))
        for _ in range(steps - 1):
            mean, second = usual.moments(mean, second, decay)
    mean, second = first.moments(mean, second, decay)
    shape = (len(lambdas), states, actions, -1)
    return np.moveaxis(mean.reshape(shape), -1, 0), np.moveaxis((second - mean**2).reshape(shape), -1, 0)


def error_curves(mdp, policy, errors, gae_lambdas, steps=math.inf):
    """Squared bias and variance of Â for every λ: a dict of `raw`, `action` and `variance`, each [L].

    Bias is E[Â|s, a] − A^π(s, a), squared as it is (`raw`) or after its mean over the actions of a state is taken off
    (`action`): what is left can tell actions apart. Averages over the critics, over all states that are not terminal
    alike, and over actions as `policy` takes them. Arguments and errors as `gae_moments`.
    """
    mean, variance = gae_moments(mdp, policy, errors, gae_lambdas, steps)
    bias = mean - advantages(mdp, policy)
    usual = (policy * bias).sum(-1, keepdims=True)
    weights = policy * ~mdp.terminal[:, None] / (~mdp.terminal).sum() / len(errors)
    squares = {"raw": bias**2, "action": (bias - usual) ** 2, "variance": variance}
    return {name: np.einsum("klsa,sa->l", square, weights) for name, square in squares.items()}


class _Step:
    """Expectations over one step. rows [3, R, S]: Σ P, Σ P·r, Σ P·r² to each next state; here [R, K], V [S, K]."""

    def __init__(self, rows, here, V, gamma):
        self.follow, self.paid, _ = rows
        self.here, self.V, self.gamma = here, V, gamma
        paid, paid_squared = rows[1:].sum(-1, keepdims=True)
        target = paid + gamma * self.follow @ V
        self.delta = target - here
        target_squared = paid_squared + 2 * gamma * self.paid @ V + gamma**2 * self.follow @ V**2
        self.square = target_squared - 2 * here * target + here**2

    def cross(self, mean):
        """E[δ m(s')]."""
        return self.paid @ mean + self.gamma * self.follow @ (self.V * mean) - self.here * (self.follow @ mean)

    def moments(self, mean, second, decay):
        """Moments of δ + c·(what follows), from those of what follows."""
        mean_now = self.delta + decay * (self.follow @ mean)
        return mean_now, self.square + 2 * decay * self.cross(mean) + decay**2 * (self.follow @ second)
