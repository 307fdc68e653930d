"""One training run on CartPole-v1, timed: `solve.py {ours,sb3-tuned,sb3-default} SEED` prints one line of JSON.

The clocks stand still during evaluation, so they show training alone: until the *sampled* policy first averages
475 over 100 fresh episodes, and until the budget is spent. Both sides are looked at after every rollout and its
update, by one function, which gives up on a policy as soon as 475 is out of its reach. That is exact, and so cheap
for poor policies that no iteration has to be skipped: skipping while the training episodes are still short would
hold back the verdict on Stable-Baselines3, whose running mean covers its last 100 episodes.

Every doubt is settled for Stable-Baselines3: its clocks start at `learn`, after the model is built, and ours before
the environments are; and it is looked at 16 times as often per environment step, so has more chances to be lucky.
"""

import argparse
import json
import time
from unittest import mock

GOAL = 475
DEFAULT_STEPS, DEFAULT_SECONDS = 200_000, 120


def sampled_mean(act, seed, worth=0):
    """Mean return of 100 fresh episodes with the actions `act(obs)` draws from torch's global generator.

    Stops once the mean can no longer reach `worth`, and then returns the best that was still possible.
    """
    import gymnasium as gym
    import numpy as np
    import torch

    envs = gym.make_vec("CartPole-v1", num_envs=100, vectorization_mode="vector_entry_point")
    longest = envs.spec.max_episode_steps
    returns, playing, best = np.zeros(100), np.ones(100, dtype=bool), longest
    with torch.random.fork_rng(devices=[]):  # training goes on as if nobody had looked
        torch.manual_seed(seed)
        obs, _ = envs.reset(seed=seed)
        while playing.any() and best >= worth:
            obs, rewards, terminated, truncated, _ = envs.step(act(obs))
            returns += np.where(playing, rewards, 0)
            playing &= ~(terminated | truncated)
            best = np.where(playing, longest, returns).mean()
    envs.close()
    return float(best)


def clocks():
    return time.perf_counter(), time.process_time()


class Record:
    """What the clocks show when the task is first solved, and at the end."""

    def __init__(self):
        self.solved = self.end = None
        self.wall = self.cpu = 0.0
        self.since = clocks()

    def check(self, steps, act, last=False):
        """Judge the policy after `steps` environment steps, off the clock."""
        wall, cpu = clocks()
        self.wall += wall - self.since[0]
        self.cpu += cpu - self.since[1]
        reading = dict(steps=steps, wall=self.wall, cpu=self.cpu)
        if self.solved is None and sampled_mean(act, steps, worth=GOAL) >= GOAL:
            self.solved = reading
        if last:
            self.end = reading | {"return": sampled_mean(act, 10**6 + steps)}
        self.since = clocks()


def train_ours(seed):
    """Time `train` itself, not a copy of its loop; the agent, which it keeps to itself, is seen on its way by."""
    from ppo_edu import ppo
    from ppo_edu.config import PPOConfig

    config, seen, update = PPOConfig(seed=seed), [], ppo.update

    def seeing_update(agent, *arguments):
        seen[:] = [agent]
        return update(agent, *arguments)

    def on_iteration(history):
        last = history["iteration"][-1] == config.iterations
        record.check(history["env_steps"][-1], seen[0].act, last)

    with mock.patch.object(ppo, "update", seeing_update):
        record = Record()
        ppo.train(config, on_iteration)
    return record


def train_sb3(model, steps, seconds=float("inf")):
    from stable_baselines3.common.callbacks import BaseCallback

    class Check(BaseCallback):
        """A rollout starts when the update after the one before is done, which has no event of its own."""

        def _on_rollout_start(self):
            if self.num_timesteps > 0:
                record.check(self.num_timesteps, act)

        def _on_training_end(self):
            record.check(self.num_timesteps, act, last=True)

        def _on_step(self):
            return record.wall < seconds

    def act(obs):
        return model.policy.predict(obs, deterministic=False)[0]

    callback = Check()
    record = Record()
    model.learn(steps, callback)
    return record


def default(seed):
    from stable_baselines3 import PPO
    from stable_baselines3.common.env_util import make_vec_env

    return PPO("MlpPolicy", make_vec_env("CartPole-v1", seed=seed), seed=seed, device="cpu")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("who", choices=["ours", "sb3-tuned", "sb3-default"])
    parser.add_argument("seed", type=int)
    arguments = parser.parse_args()
    who, seed = arguments.who, arguments.seed
    began = time.perf_counter()
    if who == "ours":
        import ppo_edu.ppo  # noqa: F401
    else:
        import stable_baselines3  # noqa: F401
    imports = time.perf_counter() - began

    import torch
    from sb3_tuned import STEPS, tuned

    torch.set_num_threads(1)
    if who == "ours":
        record = train_ours(seed)
    elif who == "sb3-tuned":
        record = train_sb3(tuned(seed), STEPS)
    else:
        record = train_sb3(default(seed), DEFAULT_STEPS, DEFAULT_SECONDS)
    print(json.dumps(dict(who=who, seed=seed, imports=imports, solved=record.solved, end=record.end)))


if __name__ == "__main__":
    main()
