"""Proximal Policy Optimization, top to bottom: collect → advantages → update (lesson 07).

Every array of a rollout is [T, N, …]: row t is transition t, column n is environment n. The formulas come from
`ratio`, `clip`, `gae`, `loss` and `kl`; `config` holds the settings, `agent` the networks, `envs` the environments.
"""

import csv
import math
import time
from contextlib import closing, contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from torch.optim.adam import adam

from ppo_edu.agent import ActorCritic, as_tensor
from ppo_edu.clip import clip_fraction, clipped_objective, zero_gradient_fraction
from ppo_edu.config import PPOConfig
from ppo_edu.diagnostics import explained_variance
from ppo_edu.envs import make_envs
from ppo_edu.gae import gae, td_errors
from ppo_edu.kl import approx_kl
from ppo_edu.loss import clipped_value_loss, normalize, total_objective, value_loss
from ppo_edu.ratio import probability_ratio

# ── collect ──────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class State:
    """Where the environments stand between two rollouts: what `collect` takes and gives back."""

    obs: np.ndarray  # (N, O) what the agent sees next
    done: np.ndarray  # (N,) whether the last step ended an episode
    episode_return: np.ndarray  # (N,) reward since the episode began
    generator: torch.Generator  # draws the actions


def start(envs, seed, generator):
    """Reset the environments: the state before the first rollout."""
    obs, _ = envs.reset(seed=seed)
    nothing = np.zeros(envs.num_envs)
    return State(obs, nothing.astype(bool), nothing, generator)


@dataclass(frozen=True)
class Rollout:
    """T steps of N environments under π_old."""

    obs: np.ndarray  # (T, N, O)
    actions: np.ndarray  # (T, N) or (T, N, A)
    logprobs: np.ndarray  # (T, N) of π_old
    rewards: np.ndarray  # (T, N)
    values: np.ndarray  # (T, N) V(s_t)
    next_values: np.ndarray  # (T, N) V of the true successor, also where an episode was cut
    terminated: np.ndarray  # (T, N) no future
    truncated: np.ndarray  # (T, N) cut by a limit, the future goes on
    valid: np.ndarray  # (T, N) False where the environment only reset itself
    episode_returns: np.ndarray  # of the episodes that ended here

    @property
    def dones(self):
        """Row t+1 belongs to another episode."""
        return self.terminated | self.truncated


def collect(envs, agent, config, state):
    """Play `config.num_steps` steps in every environment; returns the rollout and the state to go on from.

    Gymnasium resets an environment on the step *after* a done: that row ignores the action and rewards nothing,
    so it is not `valid`; in return obs[t+1] is always the true successor of row t.
    """
    T, N = config.num_steps, envs.num_envs
    obs = np.empty((T + 1, N, *envs.single_observation_space.shape), dtype=np.float32)
    rewards = np.empty((T, N), dtype=np.float32)
    terminated, truncated, valid = (np.empty((T, N), dtype=bool) for _ in range(3))
    actions, finished, done, episode_return = [], [], state.done, state.episode_return.copy()
    obs[0] = state.obs
    for t in range(T):
        actions.append(agent.act(obs[t], state.generator))
        valid[t] = ~done
        obs[t + 1], rewards[t], terminated[t], truncated[t], _ = envs.step(agent.for_env(actions[t]))
        episode_return += rewards[t]
        done = terminated[t] | truncated[t]
        if done.any():
            finished.extend(episode_return[done])
            episode_return[done] = 0
    actions = np.stack(actions)
    with torch.no_grad():
        values = agent.value(as_tensor(obs)).numpy()  # (T+1, N)
        logprobs = agent.logprobs_and_entropy(as_tensor(obs[:-1]), torch.from_numpy(actions))[0].numpy()
    rollout = Rollout(
        obs[:-1], actions, logprobs, rewards, values[:-1], values[1:], terminated, truncated, valid, np.array(finished)
    )  # fmt: skip
    return rollout, State(obs[-1], done, episode_return, state.generator)


# ── advantages ───────────────────────────────────────────────────────────────────────────────────────────────


def advantages_and_returns(rollout, config):
    """GAE advantages Â and value targets V̂ = Â + V_old, both [T, N]."""
    deltas = td_errors(rollout.rewards, rollout.values, rollout.next_values, rollout.terminated, config.gamma)
    advantages = gae(deltas, rollout.dones, config.gamma, config.gae_lambda)
    return advantages, advantages + rollout.values


# ── update ───────────────────────────────────────────────────────────────────────────────────────────────────


def minibatches(n, count, generator):
    """The rows 0 … n−1 in random order, dealt into at most `count` parts of nearly equal size."""
    return torch.randperm(n, generator=generator).tensor_split(min(count, n)) if n else ()


class Adam:
    """Adam on one flat vector that all parameters, and their gradients, are views of.

    So a step pays its overhead once, not once per tensor. The arithmetic is torch's own fused kernel, called as
    a function: constructing a `torch.optim.Adam` would import 800 modules first, which takes a second.
    """

    def __init__(self, parameters):
        parameters = list(parameters)
        self.flat = torch.cat([p.detach().reshape(-1) for p in parameters])
        self.grad, self.first, self.second = (torch.zeros_like(self.flat) for _ in range(3))
        self.steps = torch.zeros(())
        sizes = [p.numel() for p in parameters]
        for p, values, grads in zip(parameters, self.flat.split(sizes), self.grad.split(sizes), strict=True):
            p.data, p.grad = values.view_as(p), grads.view_as(p)

    def step(self, loss, learning_rate, max_grad_norm):
        """One step down the gradient of `loss`, cut to `max_grad_norm`; returns its norm before the cut.

        Raises `FloatingPointError`, and leaves the parameters alone, when that is not finite.
        """
        self.grad.zero_()
        loss.backward()
        norm = self.grad.norm().item()
        if not math.isfinite(norm):
            raise FloatingPointError("the loss" if not math.isfinite(loss.item()) else "its gradient")
        if norm > max_grad_norm:
            self.grad.mul_(max_grad_norm / norm)
        settings = dict(lr=learning_rate, beta1=0.9, beta2=0.999, eps=1e-5, weight_decay=0.0)
        adam(
            [self.flat], [self.grad], [self.first], [self.second], [], [self.steps],
            fused=True, amsgrad=False, maximize=False, **settings,
        )  # fmt: skip
        return norm


def update(agent, rollout, config, optimizer, generator, learning_rate=None):
    """K epochs of minibatch steps on one rollout; the agent changes in place.

    Returns the metrics of the last epoch, each sample counted as its minibatch met it, before the step.
    Raises `FloatingPointError` on the first loss or gradient that is not finite.
    """
    learning_rate = config.learning_rate if learning_rate is None else learning_rate
    advantages, returns = advantages_and_returns(rollout, config)
    arrays = rollout.obs, rollout.actions, rollout.logprobs, rollout.values, advantages, returns
    obs, actions, old_logprobs, old_values, advantages, returns = (torch.from_numpy(a[rollout.valid]) for a in arrays)
    metrics = dict.fromkeys(UPDATE_METRICS, math.nan)
    metrics["explained_variance"] = explained_variance(old_values, returns)
    if config.normalize_advantages:
        advantages = normalize(advantages)

    for _ in range(config.update_epochs):
        epoch = []
        for batch in minibatches(len(obs), config.num_minibatches, generator):
            logprobs, entropy = agent.logprobs_and_entropy(obs[batch], actions[batch])
            ratio = probability_ratio(logprobs, old_logprobs[batch])
            clip_objective = clipped_objective(ratio, advantages[batch], config.clip_eps).mean()
            values = agent.value(obs[batch])
            if config.clip_value_eps is None:
                vf_loss = value_loss(values, returns[batch]).mean()
            else:
                vf_loss = clipped_value_loss(values, old_values[batch], returns[batch], config.clip_value_eps).mean()
            entropy = entropy.mean()
            loss = -total_objective(clip_objective, vf_loss, entropy, config.vf_coef, config.ent_coef)
            grad_norm = optimizer.step(loss, learning_rate, config.max_grad_norm)
            epoch.append((batch, logprobs.detach(), -clip_objective.item(), vf_loss.item(), entropy.item(), grad_norm))
        if not epoch:  # every row was a reset
            break
        batches, logprobs, *numbers = zip(*epoch, strict=True)
        order, logprobs = torch.cat(batches), torch.cat(logprobs)
        ratio = probability_ratio(logprobs, old_logprobs[order])
        metrics.update(zip(UPDATE_METRICS, (sum(column) / len(column) for column in numbers), strict=False))
        metrics["approx_kl"] = approx_kl(logprobs, old_logprobs[order]).mean().item()
        metrics["clip_fraction"] = clip_fraction(ratio, config.clip_eps)
        metrics["zero_gradient_fraction"] = zero_gradient_fraction(ratio, advantages[order], config.clip_eps)
        if config.target_kl is not None and metrics["approx_kl"] > config.target_kl:
            break
    return metrics


UPDATE_METRICS = (
    "policy_loss", "value_loss", "entropy", "grad_norm",
    "approx_kl", "clip_fraction", "zero_gradient_fraction", "explained_variance",
)  # fmt: skip


# ── train ────────────────────────────────────────────────────────────────────────────────────────────────────


class History(dict):
    """One list per metric, one entry per iteration: `history["return"][-1]`.

    `return` is the mean of the episodes that ended in the iteration's rollout, nan if none did; `seconds` counts
    from the start of training. `stopped` says why training ended early, and is None if it did not.
    """

    stopped = None
    begun = 0

    def begin(self, optimizer):
        """Count an iteration, and remember the parameters it starts from."""
        self.begun, self.before = self.begun + 1, optimizer.flat.clone()

    def add(self, **metrics):
        """Append one iteration."""
        for name, value in metrics.items():
            self.setdefault(name, []).append(value)

    def to_csv(self, path):
        """One row per iteration, one column per metric."""
        with open(path, "w", newline="", encoding="utf8") as file:
            writer = csv.writer(file)
            writer.writerow(self)
            writer.writerows(zip(*self.values(), strict=True))


def require_finite(rollout):
    """Raise `FloatingPointError` naming the first of observations, values, rewards that is not finite."""
    for name in ("obs", "values", "next_values", "rewards"):
        if not np.isfinite(getattr(rollout, name)).all():
            raise FloatingPointError(f"{name} of the rollout")


@contextmanager
def one_thread():
    """One torch thread inside: quickest for networks this small, and the sums come out the same every time."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


@contextmanager
def keep_what_was_learned(history, optimizer, config):
    """One thread inside; Ctrl-C and a number that is not finite end the run there, and `history.stopped` says why."""
    try:
        with one_thread():
            yield
    except KeyboardInterrupt:
        history.stopped = f"interrupted in iteration {max(history.begun, 1)} of {config.iterations}"
    except FloatingPointError as error:
        history.stopped = f"{error} became non-finite in iteration {history.begun} of {config.iterations}"
        optimizer.flat.copy_(history.before)


def train(config=PPOConfig(), on_iteration=None):  # noqa: B008  frozen, so safe to share
    """Train an agent from scratch; returns (agent, history). A pure function of its config, `seconds` apart.

    `on_iteration(history)` is called after every iteration. Ctrl-C (■ in a notebook) and a loss that is not
    finite end training early and keep what was learned; `history.stopped` then says why.
    Raises `ValueError` before training for an environment PPO here cannot handle.
    """
    envs = make_envs(config.env_id, config.num_envs)
    generator = torch.Generator().manual_seed(config.seed)
    agent = ActorCritic.for_envs(envs, config, generator)
    optimizer, history = Adam(agent.parameters()), History()
    began = time.perf_counter()
    with closing(envs), keep_what_was_learned(history, optimizer, config):
        state = start(envs, config.seed, generator)
        for iteration in range(config.iterations):
            history.begin(optimizer)
            learning_rate = config.learning_rate_at(iteration)
            rollout, state = collect(envs, agent, config, state)
            require_finite(rollout)
            metrics = update(agent, rollout, config, optimizer, generator, learning_rate)
            agent.learn_scale(rollout.obs[rollout.valid])
            history.add(
                iteration=iteration + 1,
                env_steps=(iteration + 1) * config.num_envs * config.num_steps,
                **{"return": float(rollout.episode_returns.mean()) if len(rollout.episode_returns) else math.nan},
                **metrics,
                learning_rate=learning_rate,
                seconds=time.perf_counter() - began,
            )
            if on_iteration is not None:
                on_iteration(history)
    return agent, history


# ── evaluate ─────────────────────────────────────────────────────────────────────────────────────────────────


def evaluate(agent, episodes=100, seed=1_000_000, greedy=False, max_steps=None):
    """Undiscounted returns [episodes] of fresh episodes, played side by side: sampled actions, or the mode.

    The first episode of each environment counts, so long ones are not under-represented. `max_steps` ends
    episodes of an environment that never does. Raises `ValueError` for episodes < 1.
    """
    if episodes < 1:
        raise ValueError(f"episodes must be ≥ 1, got {episodes}")
    envs = make_envs(agent.config.env_id, episodes)
    generator = torch.Generator().manual_seed(seed)
    obs, _ = envs.reset(seed=seed)
    returns, playing, steps = np.zeros(episodes), np.ones(episodes, dtype=bool), 0
    with one_thread():
        while playing.any() and steps != max_steps:
            obs, rewards, terminated, truncated, _ = envs.step(agent.for_env(agent.act(obs, generator, greedy)))
            returns += np.where(playing, rewards, 0)
            playing &= ~(terminated | truncated)
            steps += 1
    envs.close()
    return returns
