"""Proximal Policy Optimization, top to bottom: collect → advantages → update (lesson 07).

Every array of a rollout is [T, N, …]: row t is transition t, column n is environment n. The formulas come from
`ratio`, `clip`, `gae`, `loss`, `kl` and `entropy`; torch holds the networks, Gymnasium the environments.
"""

import csv
import math
import time
from contextlib import contextmanager
from dataclasses import asdict, dataclass

import gymnasium as gym
import numpy as np
import torch
from torch import nn
from torch.optim.adam import adam

from ppo_edu.clip import clip_fraction, clipped_objective, zero_gradient_fraction
from ppo_edu.diagnostics import explained_variance
from ppo_edu.entropy import categorical_entropy, gaussian_entropy
from ppo_edu.gae import gae, td_errors
from ppo_edu.kl import approx_kl
from ppo_edu.loss import clipped_value_loss, normalize, total_objective, value_loss
from ppo_edu.ratio import probability_ratio

# ── settings ─────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class PPOConfig:
    """Everything a training run depends on; the defaults solve CartPole-v1 in about two seconds."""

    env_id: str = "CartPole-v1"
    """Any Gymnasium id whose observations are a flat vector and whose actions are Discrete or a flat Box."""
    seed: int = 1
    """Same seed, same run, to the last bit on one machine."""
    num_envs: int = 32
    """N environments stepped side by side."""
    num_steps: int = 128
    """T steps in each of them per iteration, so a batch has T · N rows."""
    iterations: int = 24
    """How often to collect a batch and learn from it."""
    update_epochs: int = 4
    """K passes over each batch; more of them use the data better, until they overfit it."""
    num_minibatches: int = 8
    """Gradient steps per epoch."""
    learning_rate: float = 4e-3
    """Adam's step size at the start; large, because the batches are large and the run is short."""
    anneal_lr: bool = True
    """Lower the learning rate linearly towards 0 over the run: larger steps early, less noise at the end."""
    gamma: float = 0.98
    """Discount factor: a reward k steps ahead counts γᵏ."""
    gae_lambda: float = 0.9
    """GAE's λ: 0 trusts the critic, 1 trusts the sampled rewards."""
    clip_eps: float = 0.2
    """ε: beyond ratio 1 ± ε a sample gains nothing from moving further out; `math.inf` gives L^CPI."""
    clip_value_eps: float | None = None
    """Clip the change of V per iteration too, in units of reward; off, as studies find no benefit."""
    normalize_advantages: bool = True
    """Give each batch's advantages mean 0 and standard deviation 1: convenient when the reward scale is unknown."""
    vf_coef: float = 0.5
    """c₁, the weight of the value loss; here the networks share nothing, so only gradient clipping couples them."""
    ent_coef: float = 0.0
    """c₂, the weight of the entropy bonus; CartPole needs none."""
    max_grad_norm: float = 0.5
    """Gradients longer than this are scaled down to it; `math.inf` switches it off."""
    target_kl: float | None = None
    """Stop an iteration's epochs once its approximate KL(π_old‖π) exceeds this; off by default."""
    hidden_size: int = 64
    """Width of the two tanh layers of each network."""

    def __post_init__(self):
        whole = ("num_envs", "num_steps", "iterations", "update_epochs", "num_minibatches", "hidden_size")
        for name in whole + ("seed",):
            value, least = getattr(self, name), 0 if name == "seed" else 1
            if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
                raise ValueError(f"{name} must be a whole number ≥ {least}, got {value!r}")
        for name in ("learning_rate", "clip_eps", "vf_coef", "max_grad_norm", "clip_value_eps", "target_kl"):
            value = getattr(self, name)
            optional = name in ("clip_value_eps", "target_kl")
            if not (optional and value is None) and not (_is_number(value) and value >= 0):
                raise ValueError(f"{name} must be a number ≥ 0{' or None' * optional}, got {value!r}")
        for name in ("gamma", "gae_lambda"):
            if not (_is_number(getattr(self, name)) and 0 <= getattr(self, name) <= 1):
                raise ValueError(f"{name} must lie in [0, 1], got {getattr(self, name)!r}")
        if not (_is_number(self.ent_coef) and math.isfinite(self.ent_coef)):
            raise ValueError(f"ent_coef must be a finite number, got {self.ent_coef!r}")
        if not math.isfinite(self.learning_rate):
            raise ValueError(f"learning_rate must be finite, got {self.learning_rate}")
        if self.num_minibatches > self.num_envs * self.num_steps:
            raise ValueError(
                f"num_minibatches = {self.num_minibatches} is more than the batch has samples: "
                f"num_envs · num_steps = {self.num_envs} · {self.num_steps} = {self.num_envs * self.num_steps}"
            )


def _is_number(value):
    return isinstance(value, int | float | np.number) and not isinstance(value, bool)


# ── environments ─────────────────────────────────────────────────────────────────────────────────────────────


def make_envs(env_id, num_envs):
    """`num_envs` copies of a Gymnasium environment as one vector environment, vectorised where it offers that.

    Raises `ValueError` for an unknown id or one whose spaces, or way of resetting, PPO here cannot handle.
    """
    try:
        spec = gym.spec(env_id)
        mode = "vector_entry_point" if spec.vector_entry_point else "sync"
        envs = gym.make_vec(env_id, num_envs=num_envs, vectorization_mode=mode)
    except (gym.error.Error, ImportError, AttributeError, TypeError) as error:
        raise ValueError(f"cannot make environment {env_id!r}: {error}") from error
    obs_space, action_space = envs.single_observation_space, envs.single_action_space
    flat = isinstance(obs_space, gym.spaces.Box) and len(obs_space.shape) == 1
    discrete = isinstance(action_space, gym.spaces.Discrete) and action_space.start == 0
    vector = isinstance(action_space, gym.spaces.Box) and len(action_space.shape) == 1
    resets_late = envs.metadata.get("autoreset_mode") == gym.vector.AutoresetMode.NEXT_STEP
    problem = None
    if not flat:
        problem = f"observations must be a flat vector of numbers, not {obs_space}"
    elif not (discrete or vector):
        problem = f"actions must be Discrete (from 0) or a flat Box, not {action_space}"
    elif not resets_late:
        problem = f"it must reset on the next step, not {envs.metadata.get('autoreset_mode')}"
    if problem:
        envs.close()
        raise ValueError(f"{env_id}: {problem}")
    return envs


# ── the agent ────────────────────────────────────────────────────────────────────────────────────────────────


class ActorCritic(nn.Module):
    """A policy π_θ and a critic V_φ: two separate tanh networks.

    With `bounds=None` the policy is categorical over `action_size` actions; with `bounds=(low, high)` it is a
    diagonal Gaussian whose log standard deviation does not depend on the state, and only what the environment
    receives is cut to the bounds.
    """

    def __init__(self, config, obs_size, action_size, bounds=None, generator=None):
        super().__init__()
        self.config = config
        self.policy = _network(obs_size, config.hidden_size, action_size, 0.01, generator)
        self.critic = _network(obs_size, config.hidden_size, 1, 1.0, generator)
        self.log_std = None if bounds is None else nn.Parameter(torch.zeros(action_size))
        self.bounds = None if bounds is None else tuple(np.asarray(b, dtype=np.float32) for b in bounds)

    @classmethod
    def for_envs(cls, envs, config, generator=None):
        """A fresh agent with the sizes of `envs`."""
        space = envs.single_action_space
        obs_size = envs.single_observation_space.shape[0]
        if isinstance(space, gym.spaces.Discrete):
            return cls(config, obs_size, int(space.n), None, generator)
        return cls(config, obs_size, space.shape[0], (space.low, space.high), generator)

    @torch.inference_mode()
    def act(self, obs, generator=None, greedy=False):
        """Actions [N] (or [N, A]) for observations [N, O], numpy in and out: sampled, or the mode if `greedy`."""
        output = self.policy(_tensor(obs))
        if self.bounds is None:
            if not greedy:  # argmax of logits + Gumbel noise is a sample of the softmax
                output = output - torch.empty_like(output).exponential_(generator=generator).log()
            return output.argmax(-1).numpy()
        if not greedy:
            output = output + self.log_std.exp() * torch.randn(output.shape, generator=generator)
        return output.numpy()

    def for_env(self, actions):
        """The actions as the environment takes them: a Gaussian's are cut to its bounds."""
        return actions if self.bounds is None else actions.clip(*self.bounds)

    def value(self, obs):
        """V_φ(s): [B, O] → [B]."""
        return self.critic(obs).squeeze(-1)

    def logprobs_and_entropy(self, obs, actions):
        """log π_θ(a|s) and S[π_θ(·|s)]: [B, O] and [B] (or [B, A]) → [B] and [B]."""
        output = self.policy(obs)
        if self.bounds is None:
            logprobs = output.log_softmax(-1).gather(-1, actions.unsqueeze(-1)).squeeze(-1)
            return logprobs, categorical_entropy(output)
        std = self.log_std.exp()
        z = (actions - output) / std
        logprobs = -(z**2 / 2 + self.log_std + math.log(2 * math.pi) / 2).sum(-1)
        return logprobs, gaussian_entropy(std).sum(-1).expand(len(obs))

    def save(self, path):
        """Write tensors and plain settings, nothing that runs code when it is read."""
        sizes = dict(obs_size=self.policy[0].in_features, action_size=self.policy[-1].out_features)
        bounds = None if self.bounds is None else [torch.from_numpy(b) for b in self.bounds]
        torch.save(
            dict(config=asdict(self.config), bounds=bounds, parameters=self.state_dict(), **sizes), path
        )

    @classmethod
    def load(cls, path):
        """Read what `save` wrote. Raises `ValueError` for a file that holds anything else."""
        try:
            saved = torch.load(path, weights_only=True)
            bounds = None if saved["bounds"] is None else [b.numpy() for b in saved["bounds"]]
            agent = cls(PPOConfig(**saved["config"]), saved["obs_size"], saved["action_size"], bounds)
            agent.load_state_dict(saved["parameters"])
        except OSError:
            raise
        except Exception as error:  # torch raises anything from UnpicklingError to EOFError
            raise ValueError(f"{path} is not an agent saved by this package") from error
        return agent


def _network(inputs, hidden, outputs, head_gain, generator):
    """Two tanh layers with orthogonal weights; a small `head_gain` starts the policy almost uniform."""
    layers = []
    for n_in, n_out, gain in [
        (inputs, hidden, 2**0.5),
        (hidden, hidden, 2**0.5),
        (hidden, outputs, head_gain),
    ]:
        linear = nn.utils.skip_init(nn.Linear, n_in, n_out)
        nn.init.orthogonal_(linear.weight, gain, generator=generator)
        nn.init.zeros_(linear.bias)
        layers += [linear, nn.Tanh()]
    return nn.Sequential(*layers[:-1])


def _tensor(array):
    return torch.from_numpy(np.ascontiguousarray(array, dtype=np.float32))


# ── collect ──────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class State:
    """Where the environments stand between two rollouts: what `collect` takes and gives back."""

    obs: np.ndarray  # (N, O) what the agent sees next
    done: np.ndarray  # (N,) whether the last step ended an episode
    episode_return: np.ndarray  # (N,) reward since the episode began
    generator: torch.Generator  # draws the actions


def start(envs, seed):
    """Reset the environments and the generator of actions."""
    obs, _ = envs.reset(seed=seed)
    nothing = np.zeros(envs.num_envs)
    return State(obs, nothing.astype(bool), nothing, torch.Generator().manual_seed(seed))


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
        values = agent.value(_tensor(obs)).numpy()  # (T+1, N)
        logprobs = agent.logprobs_and_entropy(_tensor(obs[:-1]), torch.from_numpy(actions))[0].numpy()
    rollout = Rollout(
        obs[:-1],
        actions,
        logprobs,
        rewards,
        values[:-1],
        values[1:],
        terminated,
        truncated,
        valid,
        np.array(finished),
    )
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

    A dozen small tensors cost a dozen times the overhead of one. The arithmetic is torch's own fused kernel,
    called as a function: constructing a `torch.optim.Adam` imports 800 modules first, which takes a second.
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
    obs, actions, old_logprobs, old_values, advantages, returns = (
        torch.from_numpy(a[rollout.valid]) for a in arrays
    )
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
                vf_loss = clipped_value_loss(
                    values, old_values[batch], returns[batch], config.clip_value_eps
                ).mean()
            entropy = entropy.mean()
            loss = -total_objective(clip_objective, vf_loss, entropy, config.vf_coef, config.ent_coef)
            grad_norm = optimizer.step(loss, learning_rate, config.max_grad_norm)
            epoch.append(
                (batch, logprobs.detach(), -clip_objective.item(), vf_loss.item(), entropy.item(), grad_norm)
            )
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


def train(config=PPOConfig(), on_iteration=None):  # noqa: B008  frozen, so safe to share
    """Train an agent from scratch; returns (agent, history). A pure function of its config, `seconds` apart.

    `on_iteration(history)` is called after every iteration. Ctrl-C (■ in a notebook) and a loss that is not
    finite end training early and keep what was learned; `history.stopped` then says why.
    Raises `ValueError` before training for an environment PPO here cannot handle.
    """
    envs = make_envs(config.env_id, config.num_envs)
    generator = torch.Generator().manual_seed(config.seed)
    agent = ActorCritic.for_envs(envs, config, generator)
    optimizer = Adam(agent.parameters())
    history, iteration = History(), 0
    began = time.perf_counter()
    try:
        with one_thread():
            state = start(envs, config.seed)
            for iteration in range(config.iterations):
                before = optimizer.flat.clone()
                progress = iteration / config.iterations
                learning_rate = config.learning_rate * (1 - progress if config.anneal_lr else 1)
                rollout, state = collect(envs, agent, config, state)
                require_finite(rollout)
                metrics = update(agent, rollout, config, optimizer, generator, learning_rate)
                episode_returns = rollout.episode_returns
                history.add(
                    iteration=iteration + 1,
                    env_steps=(iteration + 1) * config.num_envs * config.num_steps,
                    **{"return": float(episode_returns.mean()) if len(episode_returns) else math.nan},
                    **metrics,
                    learning_rate=learning_rate,
                    seconds=time.perf_counter() - began,
                )
                if on_iteration is not None:
                    on_iteration(history)
    except KeyboardInterrupt:
        history.stopped = f"interrupted in iteration {iteration + 1} of {config.iterations}"
    except FloatingPointError as error:
        history.stopped = f"{error} became non-finite in iteration {iteration + 1} of {config.iterations}"
        optimizer.flat.copy_(before)
    finally:
        envs.close()
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
            obs, rewards, terminated, truncated, _ = envs.step(
                agent.for_env(agent.act(obs, generator, greedy))
            )
            returns += np.where(playing, rewards, 0)
            playing &= ~(terminated | truncated)
            steps += 1
    envs.close()
    return returns
