"""The settings of a training run (lesson 07)."""

import math
from dataclasses import dataclass
from numbers import Integral, Real


@dataclass(frozen=True)
class PPOConfig:
    """Everything a training run depends on; the defaults solve CartPole-v1 in about two seconds."""

    env_id: str = "CartPole-v1"
    """Any Gymnasium id whose observations are a flat vector and whose actions are Discrete or a flat Box."""
    seed: int = 1
    """Same seed, same run, to the last bit on one machine."""
    num_envs: int = 32
    """N environments stepped side by side."""
    num_steps: int = 64
    """T steps in each of them per iteration, so a batch has T · N rows."""
    iterations: int = 40
    """How often to collect a batch and learn from it."""
    update_epochs: int = 4
    """K passes over each batch; more of them use the data better, until they overfit it."""
    num_minibatches: int = 4
    """Gradient steps per epoch."""
    learning_rate: float = 6e-3
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
    """Take from V the incentive to change by more per iteration, in units of reward; off: studies find no benefit."""
    normalize_obs: bool = False
    """Give observations mean 0 and standard deviation 1 by all that rollouts have shown so far; CartPole needs none."""
    normalize_advantages: bool = True
    """Give each batch's advantages mean 0 and standard deviation 1: convenient when the reward scale is unknown."""
    vf_coef: float = 0.5
    """c₁, the weight of the value loss; here the networks share nothing, so it acts through gradient clipping only."""
    ent_coef: float = 0.0
    """c₂, the weight of the entropy bonus; CartPole needs none."""
    max_grad_norm: float = 0.5
    """Gradients longer than this are scaled down to it; `math.inf` switches it off."""
    target_kl: float | None = None
    """Stop an iteration's epochs once its approximate KL(π_old‖π) exceeds this; off by default."""
    hidden_size: int = 64
    """Width of the two tanh layers of each network."""

    def learning_rate_at(self, iteration):
        """Adam's step size in one iteration, the first being 0."""
        return self.learning_rate * (1 - iteration / self.iterations if self.anneal_lr else 1)

    def __post_init__(self):
        def require(what, holds, kind, *names):
            for name in names:
                value = getattr(self, name)
                if isinstance(value, bool) != (kind is bool) or not isinstance(value, kind) or not holds(value):
                    raise ValueError(f"{name} must be {what}, got {value!r}")

        whole = ("num_envs", "num_steps", "iterations", "update_epochs", "num_minibatches", "hidden_size")
        require("a Gymnasium id", bool, str, "env_id")
        require("True or False", lambda _: True, bool, "anneal_lr", "normalize_obs", "normalize_advantages")
        require("a whole number ≥ 1", lambda n: n >= 1, Integral, *whole)
        require("a whole number ≥ 0", lambda n: n >= 0, Integral, "seed")
        require("a number in [0, 1]", lambda x: 0 <= x <= 1, Real, "gamma", "gae_lambda")
        require("a number ≥ 0", lambda x: x >= 0, Real, "clip_eps", "vf_coef", "max_grad_norm")
        require("a finite number ≥ 0", lambda x: 0 <= x < math.inf, Real, "learning_rate")
        require("a finite number", math.isfinite, Real, "ent_coef")
        require("None or a number ≥ 0", lambda x: x is None or x >= 0, Real | None, "clip_value_eps", "target_kl")
        if self.num_minibatches > (size := self.num_envs * self.num_steps):
            raise ValueError(
                f"num_minibatches = {self.num_minibatches} is more than the batch has samples: "
                f"num_envs · num_steps = {self.num_envs} · {self.num_steps} = {size}"
            )
