"""A default training run beside its floor: the same environment steps and the same matrix products, nothing else.

    python tests/benchmarks/floor.py [REPEATS]

No implementation in Python with these networks can be quicker than the floor; what lies between is exponentials,
sampling, GAE, Adam and Python. The two take turns, and the ratio is taken within a turn before its median is.
"""

import sys
import time
from statistics import median

import numpy as np
import torch

from ppo_edu.ppo import Adam, PPOConfig, make_envs, train

CONFIG = PPOConfig()
ROWS, SIZES = CONFIG.num_envs * CONFIG.num_steps, (4, CONFIG.hidden_size, CONFIG.hidden_size)


def network(outputs):
    """The weights of one network, and an array to multiply for every layer's input and output."""
    draws = np.random.default_rng(0)
    return [draws.normal(size=size).astype(np.float32) for size in zip(SIZES, (*SIZES[1:], outputs), strict=True)]


def forward(weights, rows):
    for weight in weights:
        rows = rows @ weight
    return rows


def backward(weights, rows):
    """The products of a gradient step: forward, then dL/dW and dL/dx of every layer but the first one's dL/dx."""
    inputs = [rows]
    for weight in weights:
        inputs.append(inputs[-1] @ weight)
    error = inputs.pop()
    for k in range(len(weights) - 1, -1, -1):
        inputs[k].T @ error  # noqa: B018
        if k:
            error = error @ weights[k].T


def floor():
    """CPU seconds of the environment steps and the matrix products of one run."""
    policy, critic = network(2), network(1)
    minibatch, steps = (np.ones((n, 4), np.float32) for n in (ROWS // CONFIG.num_minibatches, CONFIG.num_envs))
    batch, actions = np.ones((ROWS, 4), np.float32), np.zeros(CONFIG.num_envs, np.int64)
    envs = make_envs(CONFIG.env_id, CONFIG.num_envs)
    envs.reset(seed=0)
    began = time.process_time()
    for _ in range(CONFIG.iterations):
        for _ in range(CONFIG.num_steps):
            envs.step(actions)
            forward(policy, steps)
        forward(policy, batch)
        forward(critic, batch)
        for _ in range(CONFIG.update_epochs * CONFIG.num_minibatches):
            backward(policy, minibatch)
            backward(critic, minibatch)
    spent = time.process_time() - began
    envs.close()
    return spent


def ours(seed):
    began = time.process_time()
    train(PPOConfig(seed=seed))
    return time.process_time() - began


def main():
    torch.set_num_threads(1)
    Adam([torch.zeros(1, requires_grad=True)])
    train(PPOConfig(iterations=1))  # what is imported late is not charged to the first turn
    repeats, steps = int(sys.argv[1]) if len(sys.argv) > 1 else 7, ROWS * CONFIG.iterations
    turns = [(ours(seed), floor()) for seed in range(1, repeats + 1)]
    training, bare = (median(column) for column in zip(*turns, strict=True))
    ratios = sorted(a / b for a, b in turns)
    print(f"{steps:,} steps, {repeats} turns, one thread, CPU seconds of training alone (medians)")
    print(f"ours   {training:6.2f} s   {steps / training:9,.0f} steps/s")
    print(f"floor  {bare:6.2f} s   {steps / bare:9,.0f} steps/s   environment and matrix products")
    print(f"ours ÷ floor: {median(ratios):.2f} ({ratios[0]:.2f}–{ratios[-1]:.2f})")


if __name__ == "__main__":
    main()
