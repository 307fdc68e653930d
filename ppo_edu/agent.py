"""The policy and the critic: two small networks, and how to act, score and keep them (lesson 07)."""

import io
import math
from dataclasses import asdict
from pathlib import Path

import gymnasium as gym
import numpy as np
import torch
from gymnasium.wrappers.utils import RunningMeanStd
from torch import nn

from ppo_edu.config import PPOConfig
from ppo_edu.entropy import gaussian_entropy, logprobs_and_entropy
from ppo_edu.kl import categorical_kl, gaussian_kl


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
        self.register_buffer("obs_mean", torch.zeros(obs_size))
        self.register_buffer("obs_std", torch.ones(obs_size))
        self._seen = RunningMeanStd(shape=(obs_size,))

    @classmethod
    def for_envs(cls, envs, config, generator=None):
        """A fresh agent with the sizes of `envs`."""
        space = envs.single_action_space
        obs_size = envs.single_observation_space.shape[0]
        if isinstance(space, gym.spaces.Discrete):
            return cls(config, obs_size, int(space.n), None, generator)
        return cls(config, obs_size, space.shape[0], (space.low, space.high), generator)

    @torch.no_grad()
    def act(self, obs, generator=None, greedy=False):
        """Actions [N] (or [N, A]) for observations [N, O], numpy in and out: sampled, or the mode if `greedy`."""
        output = self._policy_numpy(obs)
        noise = torch.empty(0 if greedy else output.shape)
        if self.bounds is None:
            if not greedy:  # argmax of logits + Gumbel noise is a sample of the softmax
                output = output - noise.exponential_(generator=generator).log_().numpy()
            return output.argmax(-1)
        if not greedy:
            output = output + self.log_std.exp().numpy() * noise.normal_(generator=generator).numpy()
        return output

    def _policy_numpy(self, obs):
        """The policy network's output in numpy: for a step's few rows torch's overhead costs more than its sums."""
        values = self.scaled(as_tensor(obs)).numpy()
        layers = [layer for layer in self.policy if isinstance(layer, nn.Linear)]
        for layer in layers:
            values = values @ layer.weight.numpy().T + layer.bias.numpy()
            if layer is not layers[-1]:
                values = np.tanh(values)
        return values

    def scaled(self, obs):
        """Observations [B, O] as the networks take them."""
        return (obs - self.obs_mean) / self.obs_std if self.config.normalize_obs else obs

    def learn_scale(self, obs):
        """Count observations [B, O] into mean and deviation. Between rollouts only: old log-probs must stay true."""
        if self.config.normalize_obs and len(obs):
            self._seen.update(obs)
            self.obs_mean.copy_(torch.from_numpy(self._seen.mean))
            self.obs_std.copy_(torch.from_numpy(np.sqrt(self._seen.var + 1e-8)))

    def for_env(self, actions):
        """The actions as the environment takes them: a Gaussian's are cut to its bounds."""
        return actions if self.bounds is None else actions.clip(*self.bounds)

    def value(self, obs):
        """V_φ(s): [B, O] → [B]."""
        return self.critic(self.scaled(obs)).squeeze(-1)

    def distribution(self, obs):
        """What fixes π_θ(·|s): (logits,), or (mean, standard deviation) of a Gaussian. [B, O] → [B, A] each."""
        output = self.policy(self.scaled(obs))
        return (output,) if self.bounds is None else (output, self.log_std.exp().expand_as(output))

    def logprobs_and_entropy(self, obs, actions):
        """log π_θ(a|s) and S[π_θ(·|s)]: [B, O] and [B] (or [B, A]) → [B] and [B]."""
        if self.bounds is None:
            return logprobs_and_entropy(*self.distribution(obs), actions)
        mean, std = self.distribution(obs)
        logprobs = -(((actions - mean) / std) ** 2 / 2 + self.log_std + math.log(2 * math.pi) / 2).sum(-1)
        return logprobs, gaussian_entropy(std).sum(-1)

    def kl_from(self, old, obs):
        """KL(π_old ‖ π_θ), exact: [B]. `old` is what `distribution(obs)` gave when the policy was π_old."""
        new = self.distribution(obs)
        return categorical_kl(*new, *old) if self.bounds is None else gaussian_kl(*new, *old).sum(-1)

    def save(self, path):
        """Write tensors and plain settings, nothing that runs code when it is read."""
        sizes = dict(obs_size=self.policy[0].in_features, action_size=self.policy[-1].out_features)
        bounds = None if self.bounds is None else [torch.from_numpy(b) for b in self.bounds]
        saved = io.BytesIO()  # torch itself meets a full disk with an error that does not speak of disks
        torch.save(dict(config=asdict(self.config), bounds=bounds, parameters=self.state_dict(), **sizes), saved)
        Path(path).write_bytes(saved.getvalue())

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


class Tanh(nn.Module):
    """tanh x = 2 σ(2x) − 1, by the sigmoid: which of the two torch computes faster depends on the processor."""

    def forward(self, x):
        return torch.sigmoid(x * 2) * 2 - 1


def _network(inputs, hidden, outputs, head_gain, generator):
    """Two tanh layers with orthogonal weights; a small `head_gain` starts the policy almost uniform."""
    layers = []
    for n_in, n_out, gain in [(inputs, hidden, 2**0.5), (hidden, hidden, 2**0.5), (hidden, outputs, head_gain)]:
        with torch.random.fork_rng(devices=[]):  # it first draws weights of its own, from the global generator
            linear = nn.Linear(n_in, n_out)
        nn.init.orthogonal_(linear.weight, gain, generator=generator)
        nn.init.zeros_(linear.bias)
        layers += [linear, Tanh()]
    return nn.Sequential(*layers[:-1])


def as_tensor(array):
    """A float32 tensor, sharing memory where it can."""
    return torch.from_numpy(np.ascontiguousarray(array, dtype=np.float32))
