"""Exercise 07: what is believed about a gradient on its way from backward to step, and about its length."""

from ppo_edu.grading.checks.train_ppo_step_recipes import Recipe, length
from ppo_edu.grading.formula import belief


def cut_each(groups):
    """Cut every group of parameters on its own."""

    def cut(net, settings):
        for group in groups(net):
            grads = [p.grad for p in group if p.grad is not None]
            norm = length(grads)
            for g in grads:
                g.mul_(min(1.0, settings.max_grad_norm / norm) if norm else 1.0)
        return 0.0

    return cut


def cut_values(net, settings):
    for p in net.parameters():
        p.grad.clamp_(-settings.max_grad_norm, settings.max_grad_norm)
    return 0.0


def always_scaled(net, settings):
    norm = length([p.grad for p in net.parameters()])
    if settings.max_grad_norm < float("inf"):
        for p in net.parameters():
            p.grad.mul_(settings.max_grad_norm / norm)
    return norm


def scaled_without_a_limit_too(net, settings):
    """The same to the letter: without a limit, every entry becomes infinite, or nan where it was 0."""
    norm = length([p.grad for p in net.parameters()])
    for p in net.parameters():
        p.grad.mul_(settings.max_grad_norm / norm)
    return norm


def cut_by_the_square(net, settings):
    square = length([p.grad for p in net.parameters()]) ** 2
    if square > settings.max_grad_norm:
        for p in net.parameters():
            p.grad.mul_(settings.max_grad_norm / square)
    return square


def not_cut(net, settings):
    return 0.0


def forgotten(net, settings):
    for p in net.parameters():
        p.grad = None
    return 0.0


ABOUT_THE_GRADIENT = (
    belief(
        "Nothing moves: no gradient reaches the parameters, or none is left when the optimizer steps, or it never "
        "does. The order is zero_grad, backward, cut, step.",
        Recipe(steps=0),
        Recipe(cut=forgotten),
    ),
    belief(
        "The gradient of an earlier step is still there when you call backward, and is added to the new one. Set it to "
        "zero first.",
        Recipe(zero=False),
    ),
    belief(
        "You never call backward: what the optimizer steps along is an old gradient, or none.",
        Recipe(zero=False, leave=True),
        Recipe(zero=False, leave=True, cut=not_cut),
    ),
    belief(
        "The gradient is not cut when the optimizer steps: `max_grad_norm` is not used, or used before backward or "
        "after step.",
        Recipe(cut=not_cut),
    ),
    belief(
        "The whole gradient is one vector with one length. You cut each network, or each tensor, on its own, or "
        "only one of them, which changes its direction.",
        Recipe(cut=cut_each(lambda net: [net.policy.parameters(), net.critic.parameters()])),
        Recipe(cut=cut_each(lambda net: [[p] for p in net.parameters()])),
        Recipe(cut=cut_each(lambda net: [net.policy.parameters()])),
        Recipe(cut=cut_each(lambda net: [net.critic.parameters()])),
    ),
    belief(
        "You cut the entries of the gradient. It is its length that is limited, so its direction stays.",
        Recipe(cut=cut_values),
    ),
    belief(
        "You bring every gradient to that length, so that short ones grow; where `max_grad_norm` is infinite they grow "
        "without end. Only those that are longer are cut.",
        Recipe(cut=always_scaled),
        Recipe(cut=scaled_without_a_limit_too),
    ),
    belief("You compare or divide with the square of the length: the root is missing.", Recipe(cut=cut_by_the_square)),
    belief("You step twice along the same gradient.", Recipe(steps=2)),
)

NORMS = (
    belief(
        "The parameters are right. But you return the length of the gradient *after* it was cut; before tells more, "
        "since it says how often the cut is needed.",
        lambda norm, s: min(norm, s.max_grad_norm),
    ),
    belief("The parameters are right. But you return the square of the length.", lambda norm, s: norm**2),
)
