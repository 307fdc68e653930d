"""Exercise 07: what is believed about a gradient step of PPO, as recipes that leave the same parameters."""

import math
from dataclasses import replace

from ppo_edu.grading.checks.train_ppo_step_recipes import (
    Recipe,
    clipped,
    entropy,
    minus_the_objective,
    normalized,
    surrogate,
    value_loss,
)
from ppo_edu.grading.formula import belief


def with_ratio(ratio):
    """L^CLIP with another ratio."""
    return Recipe(L=lambda look: surrogate(ratio(look), look.A, look.eps).mean())


def with_advantages(advantages):
    """L^CLIP with other advantages."""
    return Recipe(L=lambda look: surrogate(look.ratio, advantages(look), look.eps).mean())


def per_sample(objective):
    """The mean of another objective per sample."""
    return Recipe(L=lambda look: objective(look.ratio, look.A, look.eps).mean())


def held(ratio, eps):
    return ratio.clamp(1 - eps, 1 + eps)


def raw(look):
    return look.batch["advantages"]


def by_n_minus_1(look):
    return (raw(look) - raw(look).mean()) / (raw(look).std() + 1e-8)


def as_torch_cuts(net, settings):
    """A length of nan takes the critic along."""
    import torch

    return torch.nn.utils.clip_grad_norm_(net.parameters(), settings.max_grad_norm)


def larger(ratio, A, eps):
    import torch

    return torch.max(ratio * A, held(ratio, eps) * A)


def smaller_ratio(ratio, A, eps):
    import torch

    return torch.min(ratio, held(ratio, eps)) * A


def times(L=1.0, loss=1.0, S=1.0):
    """Other weights for the three parts."""
    return Recipe(total=lambda a, b, c, s: minus_the_objective(L * a, loss * b, S * c, s))


def everybody_with_everybody(look):
    return ((look.column - look.returns) ** 2 / 2).mean()


ABOUT_THE_LOSS = (
    belief(
        "You step down L. L is an objective: the optimizer descends, so it must be given −L. As it is, good actions "
        "become rarer and the critic gets worse.",
        Recipe(total=lambda L, loss, S, s: -minus_the_objective(L, loss, S, s)),
    ),
    belief(
        "The sign of L^CLIP is turned: good actions become rarer. In a loss it stands with a minus.",
        times(L=-1),
        with_advantages(lambda look: -look.A),
    ),
    belief(
        "The sign of the value loss is turned: the critic moves away from its targets.",
        times(loss=-1),
    ),
    belief(
        "Only the critic goes the right way. In a loss L^CLIP and the entropy stand with a minus; yours makes good "
        "actions rarer and the policy more certain.",
        times(L=-1, S=-1),
    ),
    belief(
        "The sign of the entropy is turned. In L it is a bonus; your step makes the policy more certain.",
        times(S=-1),
    ),
    belief(
        "Only the entropy goes the right way. In a loss L^CLIP stands with a minus and the value loss with a plus.",
        times(L=-1, loss=-1),
    ),
    belief("The entropy bonus is missing, or no gradient comes through it.", times(S=0)),
    belief(
        "c₂ is not used: the entropy counts in full.", Recipe(total=lambda L, loss, S, s: -(L - s.vf_coef * loss + S))
    ),
    belief("The value loss is missing, or no gradient comes through it: the critic never learns.", times(loss=0)),
    belief(
        "c₁ is not used: the value loss counts in full.",
        Recipe(total=lambda L, loss, S, s: -(L - loss + s.ent_coef * S)),
        Recipe(total=lambda L, loss, S, s: -(L - 2 * loss + s.ent_coef * S)),
    ),
    belief(
        "The two coefficients have changed places.",
        Recipe(total=lambda L, loss, S, s: -(L - s.ent_coef * loss + s.vf_coef * S)),
    ),
    belief(
        "Your value loss is (V − V̂)² without the ½ of the contract, so the critic moves twice as far.",
        times(loss=2),
    ),
    belief(
        "The values are a column [B, 1] and the returns a row [B]: broadcasting pairs every row with every other, and "
        "the critic learns the mean of all returns. No error was raised; bring both to one shape.",
        Recipe(loss=everybody_with_everybody),
        Recipe(loss=lambda look: 2 * everybody_with_everybody(look)),
    ),
    belief(
        "You sum over the minibatch. Take the mean of each part, or the step grows with the number of rows.",
        Recipe(L=lambda look: len(look.A) * clipped(look)),
        Recipe(loss=lambda look: len(look.A) * value_loss(look)),
        Recipe(S=lambda look: len(look.A) * entropy(look)),
        Recipe(L=lambda look: len(look.A) * clipped(look), loss=lambda look: len(look.A) * value_loss(look)),
        Recipe(
            total=lambda L, loss, S, s: minus_the_objective(L, loss, S, s),
            L=lambda look: len(look.A) * clipped(look),
            loss=lambda look: len(look.A) * value_loss(look),
            S=lambda look: len(look.A) * entropy(look),
        ),
    ),
    belief(
        "The mean of the entropy runs over actions too: sum over the actions of a row, then take the mean of the rows.",
        Recipe(S=lambda look: entropy(look) / look.logits.shape[1]),
    ),
    belief(
        "Your entropy is −log π of the actions taken. That estimates its value, but its gradient is not the entropy's: "
        "sum −π log π over all actions.",
        Recipe(S=lambda look: -look.logprobs.mean()),
    ),
    belief(
        "The stored log-probabilities are not used. Your ratio is always 1, because the old ones are the current ones "
        "detached, or there is no ratio and log π itself is weighed with Â. So nothing is ever clipped: this is the "
        "plain policy gradient.",
        with_ratio(lambda look: (look.logprobs - look.logprobs.detach()).exp()),
    ),
    belief(
        "No gradient comes through the policy: both log-probabilities are the current ones, or the current one is "
        "detached. Only old_logprobs, from the rollout, is a constant.",
        Recipe(L=lambda look: clipped(look).detach()),
    ),
    belief(
        "You weigh log π with Â: the plain policy gradient. PPO weighs the ratio to the stored log-probabilities.",
        Recipe(L=lambda look: (look.logprobs * raw(look)).mean()),
    ),
    belief(
        "Your ratio is old over new. It says how much likelier the action has become: the new policy's comes first.",
        with_ratio(lambda look: (look.old - look.logprobs).exp()),
    ),
    belief(
        "The exponential is missing: log π, or a difference of logarithms, is no ratio yet.",
        with_ratio(lambda look: look.logprobs - look.old),
        with_ratio(lambda look: 1 + look.logprobs - look.old),
    ),
    belief(
        "A quotient of log-probabilities is no ratio of probabilities. Subtract the logarithms, then take exp.",
        with_ratio(lambda look: look.logprobs / look.old),
        with_ratio(lambda look: (look.logprobs / look.old).exp()),
    ),
    belief(
        "Your ratio is a probability, or a difference of two. It is their quotient.",
        with_ratio(lambda look: look.logprobs.exp()),
    ),
    belief(
        "Your ratio mixes a probability with a logarithm: `old_logprobs` are logarithms, so the new one must be too.",
        with_ratio(lambda look: look.logprobs.exp() / look.old),
        with_ratio(lambda look: (look.logprobs.exp() - look.old).exp()),
        Recipe(
            L=lambda look: surrogate((look.logprobs.exp() - look.old).exp(), look.A, look.eps).mean(),
            S=lambda look: -(look.logs.exp().exp() * look.logs.exp()).sum(-1).mean(),
        ),
    ),
    belief(
        "The policy answers with logits. They become log-probabilities by log_softmax over the actions.",
        with_ratio(lambda look: (look.taken(look.logits) - look.old).exp()),
        Recipe(
            L=lambda look: surrogate((look.taken(look.logits) - look.old).exp(), look.A, look.eps).mean(),
            S=lambda look: -(look.logits.exp() * look.logits).sum(-1).mean(),
        ),
    ),
    belief(
        "The softmax runs over the rows of the minibatch instead of over the actions: its axis is −1.",
        with_ratio(lambda look: (look.taken(look.logits.log_softmax(0)) - look.old).exp()),
        Recipe(
            L=lambda look: surrogate(
                (look.taken(look.logits.log_softmax(0)) - look.old).exp(), look.A, look.eps
            ).mean(),
            S=lambda look: -(look.logits.softmax(0) * look.logits.log_softmax(0)).sum(-1).mean(),
        ),
    ),
    belief(
        "The new log-probability in your ratio is the sum, the mean, the largest or the first of all actions'. Only "
        "the action that was played has an advantage.",
        with_ratio(lambda look: (look.logs.mean(-1) - look.old).exp()),
        with_ratio(lambda look: (look.logs.sum(-1) - look.old).exp()),
        with_ratio(lambda look: (look.logs.max(-1).values - look.old).exp()),
        with_ratio(lambda look: (look.logs[:, 0] - look.old).exp()),
    ),
    belief("Nothing is clipped: that is L^CPI.", per_sample(lambda ratio, A, eps: ratio * A)),
    belief(
        "You use the clip without the min: a ratio that has gone the wrong way loses its gradient too, and cannot be "
        "brought back.",
        per_sample(lambda ratio, A, eps: held(ratio, eps) * A),
    ),
    belief("You take the larger of the two terms. min is the pessimist.", per_sample(larger)),
    belief(
        "You take the min of the ratios before the advantage is multiplied in. Where Â < 0 that picks the wrong one.",
        per_sample(smaller_ratio),
    ),
    belief(
        "The band is 1 ± ε, around a ratio of 1.",
        per_sample(lambda ratio, A, eps: surrogate(ratio + 1, A, eps)),
        Recipe(L=lambda look: _within(look, -look.eps, look.eps)),
        Recipe(L=lambda look: _within(look, 0.8, 1.2)),
        Recipe(L=lambda look: _within(look, 1.0, 1 + look.eps)),
        Recipe(L=lambda look: _within(look, None, 1 + look.eps)),
        Recipe(L=lambda look: _within(look, 1 - look.eps, None)),
        Recipe(L=lambda look: _within(look, math.exp(-look.eps), math.exp(look.eps))),
        Recipe(L=lambda look: _within(look, 1 / (1 + look.eps), 1 + look.eps)),
    ),
    belief(
        "The advantages are used as they are. Here each minibatch gives them mean 0 and standard deviation 1 first.",
        with_advantages(raw),
    ),
    belief(
        "You take the mean off the advantages, or divide by their spread, but not both.",
        with_advantages(lambda look: raw(look) - raw(look).mean()),
        with_advantages(lambda look: raw(look) / (raw(look).std(correction=0) + 1e-8)),
        with_advantages(lambda look: raw(look) / (raw(look).std() + 1e-8)),
    ),
    belief(
        "You divide by the deviation of a sample, with n − 1 under the root: torch's default. The population's has n "
        "there; of a single row the other is nan, and so are all weights that follow from it.",
        with_advantages(by_n_minus_1),
        replace(with_advantages(by_n_minus_1), cut=as_torch_cuts),
        with_advantages(lambda look: by_n_minus_1(look) if len(raw(look)) > 1 else 0 * raw(look)),
    ),
    belief(
        "You divide by the variance of the advantages instead of by its root.",
        with_advantages(lambda look: (raw(look) - raw(look).mean()) / (raw(look).var(correction=0) + 1e-8)),
        with_advantages(lambda look: (raw(look) - raw(look).mean()) / (raw(look).var() + 1e-8)),
    ),
    belief(
        "You make up advantages of your own from returns and values. They come with the minibatch, from GAE; and "
        "values in them would carry a gradient from the policy's loss into the critic.",
        with_advantages(lambda look: normalized(look.returns - look.values)),
        with_advantages(lambda look: normalized((look.returns - look.values).detach())),
        with_advantages(lambda look: look.returns - look.values),
        with_advantages(lambda look: (look.returns - look.values).detach()),
        with_advantages(lambda look: normalized(look.returns)),
    ),
    belief(
        "The critic is drawn to something else than `returns`, or to normalised ones. V̂ is in units of reward.",
        Recipe(loss=lambda look: ((look.values - normalized(look.returns)) ** 2 / 2).mean()),
        Recipe(loss=lambda look: ((look.values - raw(look)) ** 2 / 2).mean()),
        Recipe(loss=lambda look: ((look.values - look.A) ** 2 / 2).mean()),
        Recipe(loss=lambda look: ((look.values - look.returns - raw(look)) ** 2 / 2).mean()),
    ),
    belief(
        "Your value loss is not ½ of the squared error: the error or its size, its square after the mean, or the root "
        "of the mean square.",
        Recipe(loss=lambda look: (look.values - look.returns).abs().mean()),
        Recipe(loss=lambda look: (look.values - look.returns).abs().mean() / 2),
        Recipe(loss=lambda look: (look.values - look.returns).mean()),
        Recipe(loss=lambda look: (look.values - look.returns).mean() ** 2 / 2),
        Recipe(loss=lambda look: (look.values - look.returns).mean() ** 2),
        Recipe(loss=lambda look: ((look.values - look.returns) ** 2).mean() ** 0.5),
    ),
)


def _within(look, low, high):
    import torch

    return torch.min(look.ratio * look.A, look.ratio.clamp(low, high) * look.A).mean()
