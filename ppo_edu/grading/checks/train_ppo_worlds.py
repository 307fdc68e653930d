"""Exercise 07: CartPole in three guises, with an account of the steps taken in it. Imported only where one trains."""

from dataclasses import dataclass, field

import gymnasium as gym
import numpy as np

from ppo_edu.envs import make_envs


class OutOfSteps(Exception):
    """The step budget is used up."""


@dataclass
class Account:
    """Steps of single environments, over all that were made; of the first `traced` ones, what was done and seen."""

    budget: int
    traced: int = 0
    steps: int = 0
    made: list = field(default_factory=list)
    trace: list = field(default_factory=list, repr=False)

    @property
    def exceeded(self):
        return self.steps > self.budget

    def note(self, *arrays):
        """Keep these, while the first steps are taken."""
        if self.steps <= self.traced:
            self.trace.append(tuple(np.asarray(x).tobytes() for x in arrays))


@dataclass(frozen=True)
class Guise:
    """How CartPole is shown and steered: seen[i] = signs[i] · number[order[i]]; `swapped`: left is right."""

    name: str
    order: tuple = (0, 1, 2, 3)
    signs: tuple = (1, 1, 1, 1)
    swapped: bool = False

    def make(self, num_envs, account=None):
        """A vector environment of that many CartPoles."""
        envs = Disguised(make_envs("CartPole-v1", num_envs), self, account)
        if account is not None:
            account.made.append(envs)
        return envs


def guises(seed):
    """CartPole as it is, with its actions swapped, and with its four numbers in another order and with other signs."""
    rng = np.random.default_rng(seed)
    # The angle and its speed trade places with the cart's numbers, so that no rule for the plain one works by chance.
    order = tuple(rng.permutation([2, 3]).tolist() + rng.permutation([0, 1]).tolist())
    signs = tuple(rng.permutation([1, -1, 1, -1]).tolist())
    return (
        Guise("CartPole as you know it"),
        Guise("CartPole with left and right exchanged", swapped=True),
        Guise("CartPole with its four numbers in another order and with other signs", order, signs),
    )


class Disguised(gym.vector.VectorWrapper):
    """A guise around Gymnasium's CartPole, that counts. Raises `OutOfSteps` beyond the budget."""

    def __init__(self, envs, guise, account):
        super().__init__(envs)
        self.guise, self.account = guise, account

    def reset(self, *, seed=None, options=None):
        obs, info = self.env.reset(seed=seed, options=options)
        if self.account is not None:
            self.account.note(obs)
        return self._shown(obs), info

    def step(self, actions):
        if self.account is not None:
            self.account.steps += self.num_envs
            if self.account.exceeded:
                raise OutOfSteps(f"the budget of {self.account.budget:,} environment steps is used up")
        actions = np.asarray(actions)
        obs, *rest = self.env.step(1 - actions if self.guise.swapped else actions)
        if self.account is not None:
            self.account.note(actions, obs)
        return self._shown(obs), *rest

    def _shown(self, obs):
        return (obs[:, self.guise.order] * np.array(self.guise.signs)).astype(obs.dtype)


def play(guise, act, episodes, seed):
    """(returns [episodes], actions taken [steps, episodes]) of fresh episodes, the first of each environment."""
    envs = guise.make(episodes)
    (obs, _), returns, playing, taken = envs.reset(seed=seed), np.zeros(episodes), np.ones(episodes, dtype=bool), []
    while playing.any():
        taken.append(act(obs.copy()))
        obs, rewards, terminated, truncated, _ = envs.step(taken[-1])
        returns += np.where(playing, rewards, 0)
        playing &= ~(terminated | truncated)
    envs.close()
    return returns, np.array(taken)
