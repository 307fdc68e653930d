"""`td_errors` and `gae` against Stable-Baselines3's rollout buffer, on the same float32 data: one line of JSON.

Both sides end with advantages and value targets. Every done here is a termination, because Stable-Baselines3 has
no other kind: its collector folds the value of a cut episode into the reward before the buffer sees it.
"""

import json
import time
from statistics import median

SHAPES = (128, 8), (2048, 1), (128, 256), (10_000, 64)
GAMMA, LAMBDA = 0.99, 0.95
SECONDS, ROUNDS = 2, 9  # per shape, both at least


def compare(T, N):
    """Median milliseconds of each side, run in turn so that a busy machine slows both."""
    import numpy as np
    import torch
    from gymnasium.spaces import Box, Discrete
    from stable_baselines3.common.buffers import RolloutBuffer

    from ppo_edu.gae import gae, td_errors

    rng = np.random.default_rng(1)
    rewards, values = rng.normal(size=(2, T, N)).astype(np.float32)
    dones = rng.random((T, N)) < 0.02
    last_values = rng.normal(size=N).astype(np.float32)
    next_values = np.concatenate([values[1:], last_values[None]])

    buffer = RolloutBuffer(T, Box(-1, 1, (1,)), Discrete(2), "cpu", LAMBDA, GAMMA, N)
    buffer.rewards[:], buffer.values[:] = rewards, values
    buffer.episode_starts[1:] = dones[:-1]  # row t starts an episode if row t−1 ended one; the last row's done
    last_dones, last_values = dones[-1], torch.from_numpy(last_values)  # has no row after it and is passed apart

    rounds, clock = [], time.perf_counter
    stop = clock() + SECONDS
    while len(rounds) < ROUNDS or clock() < stop:
        times = [clock()]
        deltas = td_errors(rewards, values, next_values, dones, GAMMA)
        times.append(clock())
        advantages = gae(deltas, dones, GAMMA, LAMBDA)
        times.append(clock())
        returns = advantages + values
        times.append(clock())
        buffer.compute_returns_and_advantage(last_values, last_dones)
        times.append(clock())
        rounds.append([1000 * (after - before) for before, after in zip(times, times[1:])])
    np.testing.assert_allclose(advantages, buffer.advantages, rtol=0, atol=1e-4)
    np.testing.assert_allclose(returns, buffer.returns, rtol=0, atol=1e-4)

    del rounds[0]  # pays for cold caches
    ours = [sum(parts) for *parts, _ in rounds]
    ms = dict(zip(("td_errors", "gae", "returns", "sb3"), map(median, zip(*rounds))))
    return dict(T=T, N=N, ours=median(ours), ratio=median(r[-1] / o for r, o in zip(rounds, ours)), **ms)


if __name__ == "__main__":
    import torch

    torch.set_num_threads(1)
    print(json.dumps([compare(T, N) for T, N in SHAPES]))
