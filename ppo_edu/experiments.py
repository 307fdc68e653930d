"""Short experiments that put one question to a trainer (lesson 08).

Each is handed a module with the functions of `ppo.py`, sound or not, and returns numbers by name; `SOUND` says what
they should be. A trainer of one's own fits where it has the same functions.
"""

import math
from contextlib import contextmanager
from dataclasses import replace
from unittest.mock import patch

import gymnasium as gym
import numpy as np
import torch

from ppo_edu.clip import clip_fraction
from ppo_edu.config import PPOConfig
from ppo_edu.diagnostics import doctor
from ppo_edu.ratio import probability_ratio


class Probe(gym.Env):
    """A state that never changes; `outcome(action)` is (reward, terminated)."""

    action_space = gym.spaces.Discrete(2)
    observation_space = gym.spaces.Box(-1, 1, (1,), np.float32)

    def reset(self, seed=None, options=None):
        super().reset(seed=seed)
        return np.zeros(1, np.float32), {}

    def step(self, action):
        return np.zeros(1, np.float32), *self.outcome(action), False, {}


class ConstantReward(Probe):
    """Reward 1 for ever, whatever the action; a time limit of ten steps cuts it."""

    def outcome(self, action):
        return 1.0, False


class TwoArms(Probe):
    """One step: action 1 pays 1, action 0 costs 1."""

    def outcome(self, action):
        return 2.0 * action - 1, True


gym.register("Clinic/ConstantReward-v0", ConstantReward, max_episode_steps=10)
gym.register("Clinic/TwoArms-v0", TwoArms)

PROBE = PPOConfig(
    env_id="Clinic/ConstantReward-v0", num_envs=4, iterations=20, update_epochs=8, learning_rate=2e-2, gamma=0.9,
    hidden_size=16,
)  # fmt: skip


def cartpole(ppo, seed=1):
    """The run most people look at first: the agent's mean return, and how many signs the doctor finds."""
    agent, history = ppo.train(PPOConfig(seed=seed))
    return {"return": float(ppo.evaluate(agent).mean()), "doctor's signs": len(doctor(history).signs)}


def two_arms(ppo, seed=1):
    """One arm pays 1, the other costs 1: the probability of the better one after ten iterations."""
    agent, _ = ppo.train(replace(PROBE, env_id="Clinic/TwoArms-v0", seed=seed, iterations=10))
    return {"P(better arm)": agent.policy(torch.zeros(1, 1)).softmax(-1)[0, 1].item()}


def constant_reward(ppo, seed=1):
    """Reward 1 for ever, cut every ten steps, γ = 0.9: the critic must say 1/(1 − γ) = 10."""
    agent, _ = ppo.train(replace(PROBE, seed=seed))
    return {"V": agent.value(torch.zeros(1, 1)).item()}


def entropy_bonus(ppo, seed=1):
    """No action is better than the other and c₂ = 0.1: the entropy must stay near log 2."""
    _, history = ppo.train(replace(PROBE, seed=seed, ent_coef=0.1))
    return {"entropy / log 2": history["entropy"][-1] / math.log(2)}


def one_update(ppo, seed, **settings):
    """A fresh CartPole agent after one update, its weights before, and the rollout it learned from."""
    config = PPOConfig(seed=seed, **settings)
    envs, generator = ppo.make_envs(config.env_id, config.num_envs), torch.Generator().manual_seed(seed)
    agent = ppo.ActorCritic.for_envs(envs, config, generator)
    optimizer = ppo.Adam(agent.parameters())
    rollout, _ = ppo.collect(envs, agent, config, ppo.start(envs, seed, generator))
    envs.close()
    before = {name: p.detach().clone() for name, p in agent.named_parameters()}
    ppo.update(agent, rollout, config, optimizer, generator)
    return agent, before, rollout


@contextmanager
def recorded(ppo, name, keep):
    """While it lasts, `keep(result, *arguments)` of every call of one of the module's functions goes into a list."""
    function, calls = getattr(ppo, name), []

    def spy(*arguments):
        result = function(*arguments)
        calls.append(keep(result, *arguments))
        return result

    with patch.object(ppo, name, spy):
        yield calls


def what_moved(ppo, seed=1):
    """How far one update moves the weights of the policy and of the critic."""
    agent, before, _ = one_update(ppo, seed)
    moved = {name: (p - before[name]).norm().item() for name, p in agent.named_parameters()}
    nets = ("policy", "critic")
    return {f"{net} moved by": math.hypot(*(moved[name] for name in moved if name.startswith(net))) for net in nets}


def ratios_seen(ppo, seed=1):
    """Thirty epochs on one batch: share outside the band, by the rollout's log-probs and as the loss saw it."""
    with recorded(ppo, "clipped_objective", lambda _, ratio, *rest: clip_fraction(ratio.detach(), 0.2)) as seen:
        agent, _, rollout = one_update(ppo, seed, update_epochs=30)
    arrays = rollout.obs, rollout.actions, rollout.logprobs
    obs, actions, old_logprobs = (torch.from_numpy(array[rollout.valid]) for array in arrays)
    ratio = probability_ratio(agent.logprobs_and_entropy(obs, actions)[0].detach(), old_logprobs)
    return {"outside, in truth": clip_fraction(ratio, 0.2), "outside, in the loss": max(seen)}


def rows_drawn(ppo, seed=1):
    """Two epochs: how many rows of the first minibatch come first again, and how many rows never come."""
    with recorded(ppo, "minibatches", lambda drawn, *_: drawn) as epochs:
        _, _, rollout = one_update(ppo, seed, update_epochs=2)
    first, second = (set(epoch[0].tolist()) for epoch in epochs)
    missing = set(range(rollout.valid.sum())) - set(torch.cat(epochs[0]).tolist())
    return {"first again": len(first & second) / len(first), "never drawn": len(missing)}


def other_episodes(ppo, seed=1):
    """Raise the rewards of later episodes by 100: how far do the advantages of the first ones move?"""
    _, _, rollout = one_update(ppo, seed, update_epochs=1)
    later = np.cumsum(rollout.dones, axis=0) > rollout.dones
    changed = replace(rollout, rewards=rollout.rewards + 100 * later.astype(np.float32))
    advantages, others = (ppo.advantages_and_returns(r, PPOConfig())[0] for r in (rollout, changed))
    return {"first episodes moved by": float(np.abs(advantages - others)[~later].max())}


EXPERIMENTS = {
    f.__name__.replace("_", " "): f
    for f in (
        cartpole, two_arms, constant_reward, entropy_bonus, what_moved, ratios_seen, rows_drawn, other_episodes
    )
}  # fmt: skip
SOUND = {
    "return": (475, 500), "doctor's signs": (0, 0), "P(better arm)": (0.9, 1), "V": (9.8, 10.2),
    "entropy / log 2": (0.8, 1.001), "policy moved by": (0.2, 2), "critic moved by": (2, 8),
    "outside, in truth": (0.01, 0.98), "outside, in the loss": (0.05, 0.98), "first again": (0.1, 0.4),
    "never drawn": (0, 0), "first episodes moved by": (0, 1e-3),
}  # fmt: skip
"""Least and largest value of every number, as the sound trainer gives them with some room."""


def suspicious(numbers):
    """The names of those numbers that a sound trainer does not give."""
    return [name for name, value in numbers.items() if not SOUND[name][0] <= value <= SOUND[name][1]]
