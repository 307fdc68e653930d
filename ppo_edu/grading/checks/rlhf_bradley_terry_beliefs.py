"""Exercise 09: what is believed about the loss of a reward model, as formulas that give the same numbers."""

import numpy as np

from ppo_edu.grading.formula import belief


def softplus(x):
    import torch

    return torch.nn.functional.softplus(x)


def sigmoid(x):
    return 1 / (1 + (-x).exp())


def overflowing(x):
    return (1 + x.exp()).log()


def standardised(x):
    return (x - x.mean()) / (x.std(correction=0) + 1e-8)


def of(formula):
    """A belief in terms of the difference R(chosen) − R(rejected)."""
    return lambda c, r: formula(c - r)


def either(formula):
    """A belief with a softplus of numbers of any size, and with one that overflows: it is the same belief."""
    return [lambda c, r, s=s: formula(s, c - r) for s in (softplus, overflowing)]


OVERFLOW = (
    "Right for ordinary scores, but where a difference is large an exponential leaves what a float can hold, and the "
    "loss becomes inf or nan. Which way of writing it never takes exp of a large positive number?"
)
NAN_SLOPE = (
    "The values are right, but the slope is nan where the difference is large: a branch that was not taken holds an "
    "infinity, and autograd multiplies it by 0. Keep the exponent from being positive in *every* branch."
)
ONE_EACH = "Here each pair keeps its own loss; the caller takes the mean."
LOSER_SILENT = (
    "The values are right, but no gradient reaches the rejected score: it was detached. The winner is pushed up and "
    "the loser is not pushed down."
)
NO_SLOPE = (
    "The values are right, but from tensors no gradient comes out (`.detach()`, `.item()`, `no_grad`, a new "
    "`torch.tensor`, numpy): with this loss a reward model learns nothing."
)
WINNER_SILENT = (
    "The values are right, but no gradient reaches the chosen score: it was detached. The loser is pushed down and "
    "the winner is not pushed up."
)

TINY = (1e-300, 1e-100, 1e-50, 1e-38, 1e-30, 1e-20, 1e-16, 1e-15, 1e-12, 1e-10, 1e-9, 1e-8, 1e-7, 1e-6)

BELIEFS = (
    belief(
        "The two sentences have changed places, or the sign inside σ: this loss is small where the *rejected* one "
        "scores higher.",
        *either(lambda s, d: s(d)),
    ),
    belief(
        "The minus is missing: that is the log-likelihood. A loss is minimised, and it comes down to 0 where the "
        "winner is far ahead.",
        *either(lambda s, d: -s(-d)),
        *either(lambda s, d: -s(d)),
    ),
    belief(
        "That is a probability. The loss is minus its *logarithm*.",
        of(sigmoid),
        of(lambda d: 1 - sigmoid(d)),
        of(lambda d: -sigmoid(d)),
    ),
    belief(
        "You measure a distance, or square one. That wants equal scores, or a fixed gap between them; the model of "
        "preferences is a probability.",
        of(lambda d: d.abs()),
        of(lambda d: d**2),
        of(lambda d: d**2 / 2),
        of(lambda d: (1 - d) ** 2),
    ),
    belief(
        "That is a squared probability. The loss is minus the *logarithm* of one.",
        of(lambda d: (1 - sigmoid(d)) ** 2),
    ),
    belief(
        "You judge each score by itself, σ(R) of one and then of the other. Only the *difference* of the scores counts "
        "in a comparison: add 40 to both, and the loss stays.",
        lambda c, r: softplus(-c) + softplus(r),
        lambda c, r: -sigmoid(c).log() - (1 - sigmoid(r)).log(),
        lambda c, r: softplus(-c) - softplus(-r),
        lambda c, r: softplus(-r) - softplus(-c),
        lambda c, r: sigmoid(c) - sigmoid(r),
        lambda c, r: sigmoid(r) - sigmoid(c),
        lambda c, r: (softplus(-c) + softplus(r)) / 2,
        lambda c, r: (softplus(-c) + softplus(-r)) / 2,
        lambda c, r: -(sigmoid(c) - sigmoid(r)).log(),
        lambda c, r: softplus(-(sigmoid(c) - sigmoid(r))),
    ),
    belief("The rejected score is not used.", lambda c, r: softplus(-c), lambda c, r: overflowing(-c)),
    belief(
        "The scores are added, multiplied or divided. A comparison looks at their difference.",
        lambda c, r: softplus(-(c + r)),
        lambda c, r: softplus(-(c * r)),
        lambda c, r: softplus(-(c / r)),
        lambda c, r: -(c / (c + r)).log(),
    ),
    belief(
        f"You average over the pairs. {ONE_EACH}",
        *either(lambda s, d: s(-d).mean()),
        *either(lambda s, d: s(-d).mean() + 0 * d),
    ),
    belief(f"You add the pairs up. {ONE_EACH}", *either(lambda s, d: s(-d).sum())),
    belief(
        "That is a hinge: it is exactly 0 beyond some gap, and its slope jumps. −log σ comes to 0 smoothly.",
        of(lambda d: (1 - d).clamp(min=0)),
        of(lambda d: (-d).clamp(min=0)),
    ),
    belief(
        "You ask for a margin of your own. In this model a tie is even, P = ½, and costs log 2.",
        *(of(lambda d, m=m: softplus(m - d)) for m in (0.1, 0.5, 1.0, -1.0, -0.5)),
    ),
    belief(
        "That is the difference itself, without σ. It rewards a larger gap without end.",
        *(of(lambda d, k=k: k * d) for k in (-1, 1)),
    ),
    belief(
        OVERFLOW,
        of(lambda d: (1 + (-d).exp()).log()),
        of(lambda d: -(d.exp() / (1 + d.exp())).log()),
        of(lambda d: (1 + d.exp()).log() - d),
        lambda c, r: -(c.exp() / (c.exp() + r.exp())).log(),
        lambda c, r: (c.exp() + r.exp()).log() - c,
        lambda c, r: (1 + r.exp() / c.exp()).log(),
        of(lambda d: -(1 - sigmoid(-d)).log()),
    ),
    belief(
        "You add a small number inside the logarithm, or cut off what goes into it or comes out. Then the loss stops "
        "growing where the model is most wrong, and there the slope is 0: the pair that could teach most teaches "
        "nothing.",
        *(of(lambda d, e=e: -(sigmoid(d) + e).log()) for e in TINY),
        *(of(lambda d, e=e: -sigmoid(d).clamp(min=e).log()) for e in TINY),
        *(of(lambda d, k=k: softplus(-d.clamp(-k, k))) for k in (10, 20, 30, 50, 60, 80, 88, 100, 500, 700, 709)),
        *(of(lambda d, top=top: overflowing(-d).nan_to_num(posinf=top)) for top in (None, 0, 1000)),
    ),
    belief(
        "The logarithm has another base. Here it is the natural one.",
        *either(lambda s, d: s(-d) / np.log(2)),
        *either(lambda s, d: s(-d) / np.log(10)),
        *either(lambda s, d: s(-d * np.log(10))),
    ),
    belief(
        "The sign of the difference is lost: whoever won, the loss is the same.",
        *(of(lambda d, k=k: softplus(k * d.abs())) for k in (-1, 1)),
    ),
    belief(
        "You count both outcomes. One of them happened: the chosen one won.",
        *(of(lambda d, k=k: (softplus(-d) + softplus(d)) * k) for k in (0.5, 1)),
        of(lambda d: sigmoid(d) * softplus(-d) + sigmoid(-d) * softplus(d)),
    ),
    belief(
        "A factor stands in front of the difference, or of the loss. There is none.",
        *(of(lambda d, k=k: softplus(-d * k)) for k in (0.1, 0.5, 2.0)),
        *(of(lambda d, k=k: softplus(-d) * k) for k in (0.5, 2.0)),
    ),
    belief(
        "σ is taken twice: what you put into it is a probability already. Then even the clearest pair costs 0.31, and "
        "the most wrong one only log 2.",
        of(lambda d: softplus(-sigmoid(d))),
    ),
    belief(
        "You scale the scores or their differences by the batch's own spread. Then a pair's loss hangs on which other "
        "pairs stand beside it.",
        *(of(lambda d, k=k: softplus(-d / (d.std(correction=k) + 1e-8))) for k in (0, 1)),
        of(lambda d: softplus(-(d - d.mean()) / (d.std(correction=0) + 1e-8))),
        lambda c, r: softplus(standardised(r) - standardised(c)),
    ),
    belief("That is the odds of the wrong outcome. σ has a 1 below the fraction as well.", of(lambda d: (-d).exp())),
    belief(NO_SLOPE, of(lambda d: softplus(-d.detach()))),
)
