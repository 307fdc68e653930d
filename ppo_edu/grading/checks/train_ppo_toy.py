"""Exercise 07: small vector environments and a policy that remember what was asked of them, and a right rollout."""

import functools
from types import SimpleNamespace

import numpy as np

from ppo_edu.grading import runner

FIELDS = ("obs", "actions", "logprobs", "rewards", "next_obs", "terminated", "truncated", "valid")
# One letter an episode's row, as in exercise 05: T terminated, L time limit, B both at once, anything else goes on.
NO_ENDS = ("--------", "--------", "--------")
SOME_ENDS = ("--T----L--T--", "-L--T-----B--", "-------------", "T-TLB--T-L---")
ALL_AT_ONCE = ("-T-L--", "-T-L--")


class ToyEnvs:
    """Gymnasium's vector API: `num_envs`, `reset`, `step`; an environment resets on the step after an end.

    An observation is (environment, episode, step of the episode, position), so that no two of them are alike.
    """

    def __init__(self, ends):
        self.ends, self.num_envs = ends, len(ends)
        self.single_observation_space = SimpleNamespace(shape=(4,), dtype=np.dtype(np.float32))
        self.single_action_space = SimpleNamespace(shape=(), dtype=np.dtype(np.int64), n=3)
        self.steps = self.resets = 0
        self.executed = []
        self._begin()

    def _begin(self):
        N = self.num_envs
        self.row, self.episode, self.t, self.position = (np.zeros(N, dtype=int) for _ in range(4))
        self.over = np.zeros(N, dtype=bool)

    def reset(self, *, seed=None, options=None):
        """Back to the first episode."""
        self.resets += 1
        self._begin()
        return self.seen(), {}

    def seen(self):
        """(N, 4) what an agent sees now."""
        columns = np.arange(1, self.num_envs + 1), self.episode + 1, self.t, self.position
        return np.stack(columns, axis=1).astype(np.float32)

    def step(self, actions):
        """Play one row everywhere; where the last one ended an episode, only begin the next."""
        actions = np.asarray(actions)
        if actions.shape != (self.num_envs,):
            raise ValueError(f"actions should be of shape ({self.num_envs},), got {actions.shape}")
        self.steps += 1
        self.executed.append(actions.astype(np.float64))
        fresh = self.over
        letters = np.array([ends[row % len(ends)] for ends, row in zip(self.ends, self.row)])
        self.row, self.episode = self.row + ~fresh, self.episode + fresh
        self.t = np.where(fresh, 0, self.t + 1)
        self.position = np.where(fresh, 0, self.position + actions.astype(int) - 1)
        terminated, truncated = np.isin(letters, ["T", "B"]) & ~fresh, np.isin(letters, ["L", "B"]) & ~fresh
        rewards = np.where(fresh, 0.0, 1 + 0.5 * self.position + 0.1 * np.arange(self.num_envs))
        self.over = terminated | truncated
        return self.seen(), rewards, terminated, truncated, {}

    def close(self):
        """Nothing to close."""


class ToyPolicy:
    """obs (N, 4) -> actions (N,), logprobs (N,), drawn anew with every call; keeps what it was asked and answered."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)
        self.asked, self.answered = [], []

    def __call__(self, obs):
        obs = np.array(obs, dtype=np.float64)
        if obs.ndim != 2 or obs.shape[1] != 4:
            raise ValueError(f"the policy takes observations of shape (N, 4), got {obs.shape}")
        probs = self.rng.dirichlet(np.ones(3), len(obs))
        actions = np.array([self.rng.choice(3, p=p) for p in probs])
        self.asked.append(obs)
        self.answered.append(actions)
        return actions, np.log(probs[np.arange(len(obs)), actions])


def rollout(envs, policy, obs, done, num_steps):
    """(fields, obs, done): what is asked of a learner."""
    rows = []
    for _ in range(num_steps):
        actions, logprobs = policy(obs)
        next_obs, rewards, terminated, truncated, _ = envs.step(actions)
        rows.append((obs, actions, logprobs, rewards, next_obs, terminated, truncated, ~done))
        obs, done = next_obs, terminated | truncated
    return dict(zip(FIELDS, map(np.stack, zip(*rows)))), obs, done


def began(ends, steps, seed):
    """Environments and a policy after so many rows, with what `collect` is handed then."""
    envs, policy = ToyEnvs(ends), ToyPolicy(seed)
    obs, done = envs.seen(), envs.over
    if steps:
        _, obs, done = rollout(envs, policy, obs, done, steps)
    envs.steps, envs.executed, policy.asked, policy.answered = 0, [], [], []
    return envs, policy, obs, done


def call(function, *inputs):
    """As `runner.call`, on the inputs themselves: an environment or an agent is there to be changed."""
    given = functools.partial(function, *inputs)
    given.__name__ = getattr(function, "__name__", "")
    return runner.call(given)[0]
