"""Exercise 07: the agents and minibatches on which a gradient step is tried; the same ones for the same seed."""

import copy
import functools
from dataclasses import dataclass

import numpy as np

from ppo_edu.grading.checks.train_ppo_step_recipes import Settings

OBS, ACTIONS, HIDDEN = 3, 4, 5
# (ratio − 1) / ε: inside, far outside, and so near the edges that e^ε in place of 1 + ε would tell.
OF_THE_BAND = (-0.5, -2.0, -1.3, -0.95, 0.5, 0.95, 1.05, 1.3, 2.0)


@dataclass(frozen=True)
class Probe:
    """A minibatch, an agent it meets, and what else a step depends on."""

    rows: int
    settings: Settings
    moved: bool = True  # has the policy moved since the rollout, or is every ratio 1?
    leftover: float = 0.0  # size of the gradient that the step before has left behind


@dataclass(frozen=True)
class Stage:
    """One step of the check; `part` names the network it looks at, both when None."""

    title: str
    points: float
    probes: tuple[Probe, ...]
    part: str | None = None
    norm: bool = False


FREE = float("inf")
STAGES = (
    Stage(
        "the policy, in the first step of an update: every ratio is 1",
        0.75,
        (Probe(24, Settings(0.2, 0.5, 0.0, FREE), moved=False), Probe(9, Settings(0.1, 1.0, 0.0, FREE), moved=False)),
        part="policy",
    ),
    Stage(
        "the policy, in later steps: ratios on both sides of the band",
        0.75,
        (Probe(40, Settings(0.2, 0.5, 0.0, FREE)), Probe(32, Settings(0.3, 0.25, 0.0, FREE))),
        part="policy",
    ),
    Stage(
        "the critic, and the entropy bonus",
        0.75,
        (Probe(24, Settings(0.2, 0.7, 0.3, FREE)), Probe(24, Settings(0.2, 0.25, 0.1, FREE))),
    ),
    Stage(
        "what an earlier step left behind is gone; a long gradient is cut, a short one is not; the norm",
        0.5,
        (
            Probe(24, Settings(0.1, 0.25, 0.05, 0.45), leftover=0.6),
            Probe(24, Settings(0.2, 0.5, 0.05, 0.03)),
            Probe(24, Settings(0.2, 0.5, 0.05, 60.0), leftover=0.4),
        ),
        norm=True,
    ),
    Stage(
        "a minibatch of one row; the batch left as it was",
        0.25,
        (Probe(1, Settings(0.2, 0.5, 0.0, FREE)),),
    ),
)


def network(rng, outputs):
    """Two linear layers with a tanh between them, drawn from the generator."""
    import torch
    from torch import nn

    layers = []
    with torch.random.fork_rng(devices=[]):  # a linear layer first draws weights of its own, from the global generator
        for shape in ((OBS, HIDDEN), (HIDDEN, outputs)):
            layers += [nn.Linear(*shape), nn.Tanh()]
    with torch.no_grad():
        for layer in layers[::2]:
            for p in layer.parameters():
                p.copy_(torch.tensor(rng.normal(0, 0.5, p.shape)))
    return nn.Sequential(*layers[:-1])


def agent(rng):
    """A module with `policy` and `critic`."""
    from torch import nn

    module = nn.Module()
    module.policy, module.critic = network(rng, ACTIONS), network(rng, 1)
    return module


def situation(probe, seed):
    """(agent, batch): the same ones for the same seed, new each time."""
    net, batch, left = _drawn(probe, seed)
    net = copy.deepcopy(net)
    for p, grad in zip(net.parameters(), left):
        p.grad = grad.clone()
    return net, {name: x.clone() for name, x in batch.items()}


@functools.cache
def _drawn(probe, seed):
    import torch

    rng = np.random.default_rng(seed)
    net = agent(rng)
    obs = torch.tensor(rng.normal(0, 1, (probe.rows, OBS)), dtype=torch.float32)
    with torch.no_grad():
        logs = net.policy(obs).log_softmax(-1)
    # Not the likeliest ones: divided by the smallest ratio, a probability must still be one.
    actions = torch.tensor([rng.choice(np.flatnonzero(p < 0.38)) for p in logs.exp().numpy()])
    logprobs = logs.gather(1, actions[:, None])[:, 0]
    ratios = 1 + probe.moved * probe.settings.clip_eps * rng.permutation(np.resize(OF_THE_BAND, probe.rows))
    normal = torch.tensor(rng.normal(0, 1, (2, probe.rows)), dtype=torch.float32)
    batch = dict(
        obs=obs,
        actions=actions,
        old_logprobs=logprobs - torch.tensor(np.log(ratios), dtype=torch.float32),
        advantages=3 * normal[0] + 1.5,
        returns=4 * normal[1] + 4,
    )
    signs = [torch.tensor(rng.choice([-1.0, 1.0], p.shape), dtype=torch.float32) for p in net.parameters()]
    return net, batch, [probe.leftover * s for s in signs]
