"""Exercise 08: PPO's loss on one rollout, put together from pieces any of which may be replaced by a wrong one."""

from typing import NamedTuple

import numpy as np

from ppo_edu.clip import clipped_objective
from ppo_edu.grading.checks.gae_rollouts import rollout as made_up
from ppo_edu.loss import normalize, value_loss


class Steps(NamedTuple):
    """T steps of one environment under π_old; tensors [T], named as in `ppo.Rollout`."""

    actions: object
    logprobs: object
    values: object
    rewards: object
    next_values: object
    terminated: object
    truncated: object


def alive(end, limit):
    return ~end


def same_episode(end, limit):
    return ~(end | limit)


def raw_plus_old_values(raw, scaled, values, steps):
    return raw + steps.values


def new_over_old(new, old):
    return (new - old).exp()


def total(objective, vf_loss, entropy, config):
    return -(objective - config.vf_coef * vf_loss + config.ent_coef * entropy)


def loss_with(
    discount=lambda config: config.gamma,
    decay=lambda config: config.gamma * config.gae_lambda,
    bootstrap=alive,
    goes_on=same_episode,
    promised=lambda values, steps: steps.values,
    scaled=normalize,
    targets=raw_plus_old_values,
    ratio=new_over_old,
    objective=clipped_objective,
    critic=value_loss,
    mean=lambda x: x.mean(),
    total=total,
):
    """A function (logits, values, steps, config) → the loss; the right one where no piece is replaced."""

    def loss(logits, values, steps, config):
        import torch

        future = steps.next_values * bootstrap(steps.terminated, steps.truncated)
        deltas = steps.rewards + discount(config) * future - promised(values, steps)
        kept = decay(config) * goes_on(steps.terminated, steps.truncated)
        advantages, following = [], torch.zeros(())
        for t in reversed(range(len(deltas))):
            following = deltas[t] + kept[t] * following
            advantages.insert(0, following)
        raw = torch.stack(advantages)
        weights = scaled(raw)
        logs = logits.log_softmax(-1)
        ratios = ratio(logs[torch.arange(len(logs)), steps.actions], steps.logprobs)
        gain = objective(ratios, weights, config.clip_eps)
        vf_loss = critic(values, targets(raw, weights, values, steps))
        return total(mean(gain), mean(vf_loss), mean(-(logs.exp() * logs).sum(-1)), config)

    return loss


def observed(function, logits, values, steps, config):
    """{"loss", "logits", "values"} → the loss, and its slope in each, as arrays; slopes None where there is none."""
    import torch

    logits, values = (x.detach().clone().requires_grad_() for x in (logits, values))
    loss = function(logits, values, steps, config)
    if not loss.requires_grad:
        return None
    slopes = torch.autograd.grad(loss, (logits, values), allow_unused=True)
    slopes = (torch.zeros_like(x) if slope is None else slope for x, slope in zip((logits, values), slopes))
    return {name: x.detach().numpy() for name, x in zip(("loss", "logits", "values"), (loss, *slopes))}


def steps_of(seed, ends, critic_moved=0.0, policy_moved=0.0, behind_limits=None):
    """(logits [T, 3], values [T], steps), made up; what moved since the rollout, and what the limits hide, is given."""
    import torch

    rng = np.random.default_rng(seed)
    rewards, old_values, next_values, terminated, truncated = made_up(rng, ends)
    if behind_limits is not None:
        next_values = np.where(truncated, behind_limits, next_values)
    logits, actions = rng.normal(size=(len(rewards), 3)), rng.integers(3, size=len(rewards))
    logits, actions, moved = torch.tensor(logits), torch.tensor(actions), torch.tensor(rng.normal(size=logits.shape))
    rows = (torch.tensor(x) for x in (old_values, rewards, next_values, terminated, truncated))
    logprobs = (logits - policy_moved * moved).log_softmax(-1)[torch.arange(len(actions)), actions]
    values = torch.tensor(old_values + critic_moved * rng.normal(size=len(old_values)))
    return logits, values, Steps(actions, logprobs, *rows)
