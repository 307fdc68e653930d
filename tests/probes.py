"""Environments so small that what must be learned is known in closed form."""

import math

import gymnasium as gym
import numpy as np

GAMMA = 0.9


class Probe(gym.Env):
    """One number to see; `outcome(action)` says what a step gives: (obs, reward, terminated)."""

    action_space = gym.spaces.Discrete(2)
    observation_space = gym.spaces.Box(-np.inf, np.inf, (1,), np.float32)

    def first(self):
        return 0.0

    def reset(self, seed=None, options=None):
        super().reset(seed=seed)
        self.t, self.seen = 0, self.first()
        return np.array([self.seen], np.float32), {}

    def step(self, action):
        self.t += 1
        seen, reward, terminated = self.outcome(action)
        self.seen = seen
        return np.array([seen], np.float32), float(reward), terminated, False, {}


class ConstantReward(Probe):
    """Reward 1 for ever: V = 1/(1−γ), however soon a time limit cuts the episode."""

    def outcome(self, action):
        return 0.0, 1.0, False


class DelayedReward(Probe):
    """Two steps, and only the second is rewarded: V = γ, then 1."""

    def outcome(self, action):
        return 1.0, float(self.t == 2), self.t == 2


class ActionMatters(Probe):
    """One step: action 1 is worth +1, action 0 is worth −1."""

    def outcome(self, action):
        return 0.0, 2.0 * action - 1, True


class ObservationMatters(Probe):
    """One step: the action must be the sign that is seen."""

    def first(self):
        return float(self.np_random.choice([-1.0, 1.0]))

    def outcome(self, action):
        return 0.0, 1.0 if (action == 1) == (self.seen > 0) else -1.0, True


class Target(Probe):
    """One step: a continuous action, best at 0.5."""

    action_space = gym.spaces.Box(-2.0, 2.0, (1,), np.float32)

    def outcome(self, action):
        return 0.0, -((float(action[0]) - 0.5) ** 2), True


class Counter(Probe):
    """Sees how many steps the episode has lasted; rewards 1; terminates after three."""

    def outcome(self, action):
        return float(self.t), 1.0, self.t == 3


class NanReward(Probe):
    """Goes wrong on its 40th step."""

    steps = 0

    def outcome(self, action):
        self.steps += 1
        return 0.0, math.nan if self.steps > 40 else 1.0, False


class Image(Probe):
    """Observations PPO here refuses."""

    observation_space = gym.spaces.Box(0, 255, (8, 8, 3), np.uint8)


class Dictionary(Probe):
    """Observations PPO here refuses."""

    observation_space = gym.spaces.Dict(a=gym.spaces.Discrete(2))


def register():
    """Make the probes known to Gymnasium as Probe/Name-v0."""
    limits = {ConstantReward: 10, NanReward: 1000}
    for probe in Probe.__subclasses__():
        gym.register(f"Probe/{probe.__name__}-v0", probe, max_episode_steps=limits.get(probe))
