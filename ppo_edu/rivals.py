"""PPO's update beside what it is compared with: TRPO, KL penalties, and L^CPI without any restraint (lesson 08).

Collecting, advantages, networks and critic are those of `ppo`; only the policy's update differs.
"""

import math
import time
from typing import NamedTuple

import torch

from ppo_edu.clip import clip_fraction, clipped_objective
from ppo_edu.kl import adaptive_kl_coef
from ppo_edu.loss import normalize, value_loss
from ppo_edu.ppo import (
    ActorCritic,
    Adam,
    advantages_and_returns,
    collect,
    make_envs,
    minibatches,
    one_thread,
    start,
)
from ppo_edu.ratio import probability_ratio
from ppo_edu.trpo import agent_functions, trpo_step


class Rival(NamedTuple):
    """What restrains an update: a clip, a penalty β·KL (moved towards `target_kl` if given), or TRPO's δ."""

    clip_eps: float = math.inf
    kl_coef: float = 0.0
    target_kl: float | None = None
    max_kl: float | None = None


RIVALS = {
    "clip": Rival(clip_eps=0.2),
    "adaptive KL": Rival(kl_coef=1.0, target_kl=0.01),
    "fixed KL": Rival(kl_coef=1.0),
    "TRPO": Rival(max_kl=0.01),
    "L^CPI": Rival(),
}


def update(rival, agent, rollout, config, optimizer, generator, learning_rate):
    """One iteration's update of the agent, in place (TRPO's is written for categorical policies).

    Returns the exact mean KL(π_old ‖ π) of the batch, its share of ratios outside 1 ± 0.2, and its largest ratio.
    """
    advantages, returns = advantages_and_returns(rollout, config)
    arrays = rollout.obs, rollout.actions, rollout.logprobs, advantages, returns
    obs, actions, old_logprobs, advantages, returns = (torch.from_numpy(a[rollout.valid]) for a in arrays)
    advantages = normalize(advantages)
    with torch.no_grad():
        old = agent.distribution(obs)
    if rival.max_kl is not None:
        trpo_step(*agent_functions(agent, obs, actions, advantages), max_kl=rival.max_kl)
    for _ in range(config.update_epochs):
        for rows in minibatches(len(obs), config.num_minibatches, generator):
            loss = config.vf_coef * value_loss(agent.value(obs[rows]), returns[rows]).mean()
            if rival.max_kl is None:
                logprobs = agent.logprobs_and_entropy(obs[rows], actions[rows])[0]
                ratio = probability_ratio(logprobs, old_logprobs[rows])
                loss = loss - clipped_objective(ratio, advantages[rows], rival.clip_eps).mean()
                if rival.kl_coef:
                    kl = agent.kl_from([part[rows] for part in old], obs[rows]).mean()
                    loss = loss + rival.kl_coef * kl
            optimizer.step(loss, learning_rate, config.max_grad_norm)
    with torch.no_grad():
        ratio = probability_ratio(agent.logprobs_and_entropy(obs, actions)[0], old_logprobs)
        kl = agent.kl_from(old, obs).mean().item()
    return {"kl": kl, "outside": clip_fraction(ratio, 0.2), "max_ratio": ratio.max().item()}


def train(rival, config):
    """A whole run → (agent, rows): per iteration the return, what `update` measured, and the CPU seconds so far."""
    envs, generator = make_envs(config.env_id, config.num_envs), torch.Generator().manual_seed(config.seed)
    agent = ActorCritic.for_envs(envs, config, generator)
    optimizer = Adam((agent if rival.max_kl is None else agent.critic).parameters())
    state, rows, began = start(envs, config.seed, generator), [], time.process_time()
    with one_thread():
        for iteration in range(config.iterations):
            rollout, state = collect(envs, agent, config, state)
            measured = update(rival, agent, rollout, config, optimizer, generator, config.learning_rate_at(iteration))
            if rival.target_kl is not None:
                rival = rival._replace(kl_coef=adaptive_kl_coef(rival.kl_coef, measured["kl"], rival.target_kl))
            ended = rollout.episode_returns
            found = {"return": float(ended.mean()) if len(ended) else math.nan, **measured}
            rows.append({"iteration": iteration + 1, **found, "seconds": time.process_time() - began})
    envs.close()
    return agent, rows
