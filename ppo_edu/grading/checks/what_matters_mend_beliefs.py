"""Exercise 08: what may still be wrong in a mended loss, place by place, as losses that give the same numbers."""

import math
from dataclasses import replace

from ppo_edu.grading.checks.what_matters_losses import loss_with, new_over_old, total
from ppo_edu.grading.formula import belief
from ppo_edu.loss import value_loss


def normalized_by(correction):
    """Advantages over their standard deviation of n − correction."""

    def scaled(raw):
        centred = raw - raw.mean()
        return centred / (math.sqrt(float((centred**2).sum() / max(len(raw) - correction, 1))) + 1e-8)

    return scaled


def signs(policy=1, critic=-1, entropy=1):
    """L with other factors before its terms."""

    def negative(objective, vf_loss, bonus, config):
        return -(policy * objective + critic * config.vf_coef * vf_loss + entropy * config.ent_coef * bonus)

    return loss_with(total=negative)


def clip_only(ratio, advantages, clip_eps):
    return ratio.clamp(1 - clip_eps, 1 + clip_eps) * advantages


def larger_of_both(ratio, advantages, clip_eps):
    return (ratio * advantages).maximum(clip_only(ratio, advantages, clip_eps))


OFTEN = {
    "clip_eps": (0.1, 0.2, 0.3),
    "vf_coef": (0.5, 1.0),
    "ent_coef": (0.01, 0.1),
    "gamma": (0.98, 0.99, 0.9),
    "gae_lambda": (0.9, 0.95, 0.8),
}


def fixed(**settings):
    """The loss with some settings that do not follow the config."""
    return lambda logits, values, steps, config: loss_with()(logits, values, steps, replace(config, **settings))


BOOTSTRAP = (
    belief(
        "A time limit still counts as death: V(s_{t+1}) is dropped where the clock cut the episode. Its future exists.",
        loss_with(bootstrap=lambda end, limit: ~(end | limit)),
    ),
    belief(
        "Now nothing ends the future. Where the episode *terminated* there is none, whatever the critic says.",
        loss_with(bootstrap=lambda end, limit: ~(end & False)),
    ),
    belief(
        "The future is dropped at time limits and kept at true ends: the wrong one of the two flags.",
        loss_with(bootstrap=lambda end, limit: ~limit),
    ),
    belief(
        "The mask is turned around: the future counts where the episode is over, and nowhere else.",
        loss_with(bootstrap=lambda end, limit: end),
        loss_with(bootstrap=lambda end, limit: end | limit),
        loss_with(bootstrap=lambda end, limit: limit),
    ),
)
CUT = (
    belief(
        "The sum runs on through a time limit: TD errors of the next episode count for the one that was cut.",
        loss_with(goes_on=lambda end, limit: ~end),
    ),
    belief(
        "The sum runs on through true ends. Row t+1 is another episode after either kind of end.",
        loss_with(goes_on=lambda end, limit: ~limit),
    ),
    belief(
        "Nothing cuts the sum, or only a row with both flags up: episodes run into each other.",
        loss_with(goes_on=lambda end, limit: ~(end & False)),
        loss_with(goes_on=lambda end, limit: ~(end & limit)),
    ),
    belief(
        "The mask of the sum is turned around: it goes on at the ends, and nowhere else.",
        loss_with(goes_on=lambda end, limit: end | limit),
        loss_with(goes_on=lambda end, limit: end),
        loss_with(goes_on=lambda end, limit: limit),
    ),
)
PROMISED = (
    belief(
        "The advantages are made of what the critic says *now*. They belong to the rollout, and so does the value they "
        "are measured against; made of now, they change from epoch to epoch, and where nothing detaches them the "
        "policy's loss pulls at the critic.",
        loss_with(promised=lambda values, steps: values),
        loss_with(promised=lambda values, steps: values.detach()),
    ),
    belief(
        "Nothing is subtracted from reward and future: a TD error says by how much they beat what the critic had said.",
        loss_with(promised=lambda values, steps: 0.0),
    ),
)
TARGETS = (
    belief(
        "The targets are made of *normalised* advantages: they have lost the size of the rewards, and the critic can "
        "learn no level.",
        loss_with(targets=lambda raw, scaled, values, steps: scaled + steps.values),
    ),
    belief(
        "The targets are advantages. V̂ is on the scale of returns: advantage plus what the critic had said.",
        loss_with(targets=lambda raw, scaled, values, steps: raw),
        loss_with(targets=lambda raw, scaled, values, steps: scaled),
    ),
    belief(
        "To the advantage belongs the value of the *same* state, not of the next one.",
        loss_with(targets=lambda raw, scaled, values, steps: raw + steps.next_values),
    ),
    belief(
        "The targets are the rewards of single steps. What follows later is missing.",
        loss_with(targets=lambda raw, scaled, values, steps: steps.rewards),
    ),
    belief(
        "There is no value loss left, or none that reaches the loss: with c₁ > 0 the critic must learn.",
        signs(critic=0),
    ),
    belief("The value loss pushes the critic away from its targets: its sign is turned.", signs(critic=1)),
    belief(
        "The value loss is ½(V − V̂)². In yours the ½ or the square is another.",
        loss_with(critic=lambda values, targets: (values - targets) ** 2),
        loss_with(critic=lambda values, targets: (values - targets) ** 2 / 4),
        loss_with(critic=lambda values, targets: abs(values - targets)),
        loss_with(critic=lambda values, targets: abs(values - targets) / 2),
    ),
)
RATIO = (
    belief(
        "The ratio is 1 for ever: the old log-probabilities are made of the new ones. Nothing is clipped, and nobody "
        "knows how far the policy went. The old ones are those of the rollout.",
        loss_with(ratio=lambda new, old: (new - new.detach()).exp()),
    ),
    belief(
        "The ratio is 1 and its slope is 0: new and old are the same, gradient and all, and no advantage moves the "
        "policy.",
        loss_with(ratio=lambda new, old: (new - new).exp()),
    ),
    belief(
        "The ratio has the right value and no slope: something on the way to it is detached.",
        loss_with(ratio=lambda new, old: new_over_old(new.detach(), old)),
    ),
    belief(
        "The ratio is upside down: old over new. A good action is then made rarer.",
        loss_with(ratio=lambda new, old: new_over_old(old, new)),
    ),
    belief(
        "That is a logarithm, of the ratio or of a probability. Where nothing changed a ratio is 1.",
        loss_with(ratio=lambda new, old: new - old),
        loss_with(ratio=lambda new, old: new),
    ),
    belief(
        "Your ratio holds a probability where a ratio of two is asked for.",
        loss_with(ratio=lambda new, old: new.exp()),
        loss_with(ratio=lambda new, old: new.exp() / old),
        loss_with(ratio=lambda new, old: new.exp() - old.exp()),
    ),
    belief(
        "Log-probabilities are divided by each other. The ratio of probabilities is e to their difference.",
        loss_with(ratio=lambda new, old: new / old),
    ),
    belief(
        "The clip is gone: this is L^CPI.",
        loss_with(objective=lambda ratio, advantages, clip_eps: ratio * advantages),
    ),
    belief(
        "There is a clip without the min, or with a max in its place.",
        *(loss_with(objective=wrong) for wrong in (clip_only, larger_of_both)),
    ),
)
BONUS = (
    belief(
        "The entropy is punished: with the sign it has, a larger c₂ makes the policy *less* undecided.",
        signs(entropy=-1),
    ),
    belief("The bonus is gone. c₂ does nothing in your loss.", signs(entropy=0)),
    belief(
        "The bonus is there as a number, and has no slope: the entropy is detached.",
        loss_with(total=lambda o, v, s, config: total(o, v, s.detach(), config)),
    ),
    belief(
        "The entropy is in the loss with the right sign and without c₂.",
        loss_with(total=lambda o, v, s, config: -(o - config.vf_coef * v + s)),
    ),
)
WHOLE = (
    belief(
        "A row with both flags up, terminated just as the clock ran out, is an end like others: counted twice, or once "
        "for each other, they cut nothing.",
        loss_with(goes_on=lambda end, limit: ~(end ^ limit)),
        loss_with(goes_on=lambda end, limit: 1 - (end * 1 + limit * 1)),
    ),
    belief(
        "The value loss is the same whatever the critic says: either its targets are made of the critic of now, or the "
        "critic in it is that of the rollout. The critic of now is to meet targets that stand still.",
        loss_with(targets=lambda raw, scaled, values, steps: raw + values),
    ),
    belief(
        "The targets move with the critic: detached or not, they are made of what it says now.",
        loss_with(targets=lambda raw, scaled, values, steps: raw + values.detach()),
    ),
    belief(
        "The critic gets no gradient: its loss is there as a number, and does not move it.",
        loss_with(critic=lambda values, targets: value_loss(values.detach(), targets)),
    ),
)
ANYWHERE = (
    belief("The sign of the whole loss is turned: this one would be raised, not lowered.", signs(-1, 1, -1)),
    belief("The sign of the policy's term is turned: good actions are made rarer.", signs(policy=-1)),
    belief(
        "The advantages are not normalised any more.",
        loss_with(scaled=lambda raw: raw),
        loss_with(scaled=lambda raw: raw - raw.mean()),
    ),
    belief(
        "You divide by another standard deviation than `normalize` does (it is that of the population).",
        loss_with(scaled=normalized_by(1)),
    ),
    belief(
        "γ or λ is missing, or γ comes once too often: the future costs one γ, and each step of the sum one γ and one "
        "λ.",
        loss_with(discount=lambda config: 1.0),
        loss_with(discount=lambda config: config.gamma**2),
        loss_with(decay=lambda config: config.gae_lambda),
        loss_with(decay=lambda config: config.gamma),
        loss_with(decay=lambda config: config.gamma**2 * config.gae_lambda),
    ),
    belief(
        "A setting in your loss does not move: it is a number of your own where `config` has one.",
        *(fixed(**{name: value}) for name, values in OFTEN.items() for value in values),
        *(loss_with(discount=lambda config, gamma=gamma: gamma) for gamma in OFTEN["gamma"]),
    ),
    belief("The loss is a sum, and grows with the number of rows. Asked are means.", loss_with(mean=lambda x: x.sum())),
)
