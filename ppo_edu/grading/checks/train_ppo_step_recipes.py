"""Exercise 07: a gradient step of PPO in exchangeable parts, so that what is believed about it can be said as one."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple


class Settings(NamedTuple):
    """In the order in which `ppo_step` takes them."""

    clip_eps: float
    vf_coef: float
    ent_coef: float
    max_grad_norm: float


class Look:
    """One minibatch as the loss sees it."""

    def __init__(self, net, batch, settings):
        self.batch, self.settings, self.eps = batch, settings, settings.clip_eps
        self.logits = net.policy(batch["obs"])
        self.logs = self.logits.log_softmax(-1)
        self.logprobs, self.old = self.taken(self.logs), batch["old_logprobs"]
        self.column = net.critic(batch["obs"])
        self.values, self.returns = self.column[:, 0], batch["returns"]
        self.A = normalized(batch["advantages"])

    def taken(self, table):
        """The column of the actions that were played."""
        return table.gather(1, self.batch["actions"][:, None])[:, 0]

    @property
    def ratio(self):
        return (self.logprobs - self.old).exp()


def normalized(x):
    return (x - x.mean()) / (x.std(correction=0) + 1e-8)


def surrogate(ratio, A, eps):
    """L^CLIP per sample."""
    import torch

    return torch.min(ratio * A, ratio.clamp(1 - eps, 1 + eps) * A)


def clipped(look):
    return surrogate(look.ratio, look.A, look.eps).mean()


def value_loss(look):
    return ((look.values - look.returns) ** 2 / 2).mean()


def entropy(look):
    return -(look.logs.exp() * look.logs).sum(-1).mean()


def minus_the_objective(L, loss, S, settings):
    return -(L - settings.vf_coef * loss + settings.ent_coef * S)


def length(tensors):
    """Of all of them as one vector."""
    return sum(float((x.double() ** 2).sum()) for x in tensors) ** 0.5


def cut_together(net, settings):
    """Scale the whole gradient down where it is longer than allowed; returns its length before."""
    grads = [p.grad for p in net.parameters() if p.grad is not None]
    norm = length(grads)
    if norm > settings.max_grad_norm:
        for g in grads:
            g.mul_(settings.max_grad_norm / norm)
    return norm


@dataclass(frozen=True)
class Recipe:
    """`Recipe(...)(net, optimizer, batch, settings)` takes a step; the fields are what may be believed otherwise."""

    L: Callable = clipped
    loss: Callable = value_loss
    S: Callable = entropy
    total: Callable = minus_the_objective
    cut: Callable = cut_together
    zero: bool = True
    steps: int = 1
    leave: bool = False  # the gradient stays uncomputed, or unused

    def __call__(self, net, optimizer, batch, settings):
        if self.zero:
            optimizer.zero_grad()
        if not self.leave:
            look = Look(net, batch, settings)
            self.total(self.L(look), self.loss(look), self.S(look), settings).backward()
        norm = self.cut(net, settings)
        for _ in range(self.steps):
            optimizer.step()
        return norm


REFERENCE = Recipe()
