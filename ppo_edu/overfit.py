"""K epochs on one frozen batch: what the clip does to the ratio, and what the batch does to the policy (lesson 03)."""

import math
from copy import deepcopy
from dataclasses import dataclass

import numpy as np
import torch

from ppo_edu.clip import clip_fraction, clipped_objective, gradient_is_zero, zero_gradient_fraction
from ppo_edu.kl import approx_kl
from ppo_edu.loss import normalize
from ppo_edu.ppo import (
    Adam,
    PPOConfig,
    advantages_and_returns,
    collect,
    make_envs,
    minibatches,
    one_thread,
    start,
    train,
)
from ppo_edu.ratio import probability_ratio


@dataclass(frozen=True)
class Batch:
    """Samples of one policy: what it saw and did, how likely that was, and how good it turned out."""

    obs: torch.Tensor  # (B, O)
    actions: torch.Tensor  # (B,)
    old_logprobs: torch.Tensor  # (B,)
    advantages: torch.Tensor  # (B,) normalised

    def rows(self, rows):
        """Some of the samples."""
        return Batch(self.obs[rows], self.actions[rows], self.old_logprobs[rows], self.advantages[rows])

    def ratio(self, agent):
        """π_θ / π_old of every sample, with gradient."""
        return probability_ratio(agent.logprobs_and_entropy(self.obs, self.actions)[0], self.old_logprobs)


def frozen_batch(seed, iterations=9, num_envs=2):
    """A CartPole agent that is good but not perfect, and two independent batches of it: about 256 samples to learn
    from, about 4096 to be held out.
    """
    config = PPOConfig(seed=seed, iterations=iterations, num_steps=128, num_minibatches=8, learning_rate=4e-3)
    agent, _ = train(config)
    return agent, sample(agent, num_envs, seed), sample(agent, 32, seed + 1_000_000)


def sample(agent, num_envs, seed):
    """The valid rows of one rollout of `num_envs` environments as a `Batch`."""
    envs = make_envs(agent.config.env_id, num_envs)
    rollout, _ = collect(envs, agent, agent.config, start(envs, seed, torch.Generator().manual_seed(seed)))
    envs.close()
    advantages, _ = advantages_and_returns(rollout, agent.config)
    arrays = (rollout.obs, rollout.actions, rollout.logprobs, advantages)
    obs, actions, old_logprobs, advantages = (torch.from_numpy(a[rollout.valid]) for a in arrays)
    return Batch(obs, actions, old_logprobs, normalize(advantages))


def epochs_on(agent, batch, held_out, learning_rate, clip_eps, epochs, seed=0, num_minibatches=4):
    """Yield (epoch, agent, measurements) after each of `epochs` passes over `batch`; the agent given stays as it is.

    Both surrogates are L^CPI, the mean of ratio · Â: what the step hopes to gain over π_old. `clip_eps=math.inf`
    learns without the clip.
    """
    learner = deepcopy(agent)
    optimizer, generator = Adam(learner.policy.parameters()), torch.Generator().manual_seed(seed)
    with one_thread():
        for epoch in range(1, epochs + 1):
            for rows in minibatches(len(batch.obs), num_minibatches, generator):
                part = batch.rows(rows)
                objective = clipped_objective(part.ratio(learner), part.advantages, clip_eps).mean()
                optimizer.step(-objective, learning_rate, max_grad_norm=math.inf)
            yield epoch, learner, measure(learner, batch, held_out)


@torch.no_grad()
def measure(agent, batch, held_out, clip_eps=0.2):
    """Surrogates on both batches, KL, and the shares of `batch` outside 1 ± `clip_eps` and silent there."""
    ratio, elsewhere = batch.ratio(agent), held_out.ratio(agent)
    return {
        "surrogate": (ratio * batch.advantages).mean().item() - batch.advantages.mean().item(),
        "held_out": (elsewhere * held_out.advantages).mean().item() - held_out.advantages.mean().item(),
        "kl": approx_kl(ratio.log(), torch.zeros_like(ratio)).mean().item(),
        "outside": clip_fraction(ratio, clip_eps),
        "silent": zero_gradient_fraction(ratio, batch.advantages, clip_eps),
        "max_ratio": ratio.max().item(),
    }


def histogram(ratio, advantages, clip_eps, edges):
    """Counts of log₂ ratio per bin: inside the band, outside with a gradient, silent. [3, len(edges) − 1]."""
    ratio, advantages = np.asarray(ratio), np.asarray(advantages)
    silent = gradient_is_zero(ratio, advantages, clip_eps)
    outside = (ratio > 1 + clip_eps) | (ratio < 1 - clip_eps)
    logs = np.log2(ratio).clip(edges[0], edges[-1])
    return np.stack([np.histogram(logs[which], edges)[0] for which in (~outside, outside & ~silent, outside & silent)])
