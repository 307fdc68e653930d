"""Softmax policies on bandits, hundreds of runs at once: one state, no network, nothing hidden (lessons 01 and 06).

Policy gradient, L^CPI and L^CLIP are one loop: `update_epochs=1` is the policy gradient, `clip_eps=inf` is L^CPI.
"""

import math

import numpy as np

from ppo_edu.clip import clipped_objective_slope
from ppo_edu.entropy import entropy_gradient
from ppo_edu.mdp import draw, softmax
from ppo_edu.ratio import probability_ratio


def step_size_bandit(seeds, generator, arms=10):
    """One bandit a row, [seeds, arms]: the best arm's mean is +.3, the others' are −.3·U(0, 1)."""
    means = -0.3 * generator.random((seeds, arms))
    means[np.arange(seeds), generator.integers(arms, size=seeds)] = 0.3
    return means


def train(
    means,
    learning_rate,
    generator,
    clip_eps=math.inf,
    update_epochs=1,
    ent_coef=0.0,
    noise=1.0,
    batch=16,
    iterations=60,
    logits=0.0,
    normalized=True,
):
    """Plain gradient ascent on the mean of L^CLIP + c2·S over each batch, for all runs side by side.

    means: expected reward of each arm, [runs, arms]; rewards are drawn with standard deviation `noise`.
    logits: where the policies begin, broadcast to [runs, arms]. ent_coef: c2, a number or one per iteration.
    Each iteration draws `batch` arms from the policy, takes reward − mean of the batch as the advantage (over the
    batch's standard deviation, when `normalized`), and makes `update_epochs` ascent steps on that one batch.
    → the policies, [iterations + 1, runs, arms].
    Raises `ValueError` where `clip_eps` is negative.
    """
    means = np.asarray(means, dtype=np.float64)
    logits = np.broadcast_to(logits, means.shape).astype(np.float64)
    ent_coef = np.broadcast_to(ent_coef, iterations)
    rows = np.arange(len(means))[:, None]
    policies = [softmax(logits)]
    for iteration in range(iterations):
        old = policies[-1]
        chosen = draw(np.broadcast_to(old[:, None], (len(means), batch, means.shape[1])), generator)
        rewards = means[rows, chosen] + noise * generator.standard_normal(chosen.shape)
        advantages = rewards - rewards.mean(1, keepdims=True)
        if normalized:  # `ppo_edu.loss.normalize`, for every run at once
            advantages /= rewards.std(1, keepdims=True) + 1e-8
        for _ in range(update_epochs):
            policy = softmax(logits)
            with np.errstate(divide="ignore"):
                ratio = probability_ratio(np.log(policy[rows, chosen]), np.log(old[rows, chosen]))
            # d ratio / d logits = ratio · (one-hot − π), so each sample pushes with slope · ratio.
            push = clipped_objective_slope(ratio, advantages, clip_eps) * ratio / batch
            gradient = -policy * push.sum(1, keepdims=True)
            np.add.at(gradient, (rows, chosen), push)
            logits = logits + learning_rate * (gradient + ent_coef[iteration] * entropy_gradient(logits))
        policies.append(softmax(logits))
    return np.stack(policies)


def relative_value(policies, means):
    """Expected reward under each policy over that of the best arm: policies [..., runs, arms] → [..., runs]."""
    return (policies * means).sum(-1) / means.max(-1)


def stuck(policies, means, above=0.95):
    """Which runs give more than `above` to one arm that is not the best: [..., runs, arms] → bool [..., runs]."""
    return (policies.max(-1) > above) & (policies.argmax(-1) != means.argmax(-1))
