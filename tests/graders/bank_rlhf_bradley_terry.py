"""Answers to exercise 09's loss of a reward model, right ones in many styles and wrong ones with their messages."""

import math

import numpy as np
import scipy.special
import torch
from registry import bank
from torch.nn import functional

RIGHT, WRONG, right, wrong, in_bulk = bank()
ITEM = "bradley_terry_loss"


# -- right -------------------------------------------------------------------------------------------------------


@right(ITEM)
def logaddexp(chosen, rejected):
    return np.logaddexp(0, -(chosen - rejected))


@right(ITEM)
def log1p_with_max(chosen, rejected):
    d = chosen - rejected
    return np.maximum(-d, 0) + np.log1p(np.exp(-np.abs(d)))


@right(ITEM)
def torch_logsigmoid(chosen, rejected):
    return -functional.logsigmoid(chosen - rejected)


@right(ITEM)
def torch_softplus(chosen, rejected):
    return functional.softplus(torch.as_tensor(rejected) - torch.as_tensor(chosen))


@right(ITEM)
def torch_float32(chosen, rejected):
    return functional.softplus(rejected.float() - chosen.float())


@right(ITEM)
def float32_from_numpy(chosen, rejected):
    """Knows arrays only, so its slope is a finite difference in float32."""
    c, r = (torch.as_tensor(np.asarray(x), dtype=torch.float32) for x in (chosen, rejected))
    return functional.softplus(r - c)


@right(ITEM)
def scipy_log_expit(chosen, rejected):
    return -scipy.special.log_expit(np.asarray(chosen) - np.asarray(rejected))


@right(ITEM)
def log_softmax_of_two(chosen, rejected):
    return -torch.stack([chosen, rejected], dim=-1).log_softmax(-1)[..., 0]


@right(ITEM)
def cross_entropy(chosen, rejected):
    d = chosen - rejected
    return functional.binary_cross_entropy_with_logits(d, torch.ones_like(d), reduction="none")


@right(ITEM)
def logsumexp_of_both(chosen, rejected):
    return np.logaddexp(chosen, rejected) - chosen


@right(ITEM)
def one_pair_at_a_time(chosen, rejected):
    d = float(chosen) - float(rejected)
    return math.log1p(math.exp(-d)) if d > 0 else -d + math.log1p(math.exp(d))


@right(ITEM)
def nested_lists(chosen, rejected):
    if isinstance(chosen, list):
        return [nested_lists(c, r) for c, r in zip(chosen, rejected)]
    d = chosen - rejected
    return max(-d, 0.0) + math.log1p(math.exp(-abs(d)))


@right(ITEM)
def a_loop_over_an_array(chosen, rejected):
    losses = np.empty(np.shape(chosen))
    for index in np.ndindex(losses.shape):
        d = np.float64(chosen[index] if losses.shape else chosen) - (rejected[index] if losses.shape else rejected)
        losses[index] = np.log1p(np.exp(-d)) if d > 0 else np.log1p(np.exp(d)) - d
    return losses


@right(ITEM)
def autograd_safe_where(chosen, rejected):
    d = chosen - rejected
    small = -d.abs()
    return torch.where(d > 0, torch.log1p(small.exp()), torch.log1p(small.exp()) - d)


@right(ITEM)
def long_double(chosen, rejected):
    """Wide enough for e^1000."""
    d = np.longdouble(chosen) - np.longdouble(rejected)
    return np.float64(-np.log(1 / (1 + np.exp(-d))))


@right(ITEM)
def cut_off_beyond_what_may_come(chosen, rejected):
    return np.logaddexp(0, np.clip(rejected - chosen, -1000, 1000))


@right(ITEM)
def nll_of_two_logits(chosen, rejected):
    logits = torch.stack([chosen.reshape(-1), rejected.reshape(-1)], dim=1)
    winners = torch.zeros(len(logits), dtype=torch.long)
    return functional.nll_loss(logits.log_softmax(1), winners, reduction="none").reshape(chosen.shape)


@right(ITEM)
def straight_line_far_out(chosen, rejected):
    d = np.asarray(chosen) - np.asarray(rejected)
    return np.where(d < -500, -d, np.log1p(np.exp(-d)))


# -- wrong -------------------------------------------------------------------------------------------------------


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softplus(x):
    return np.logaddexp(0, x)


@wrong(ITEM, "leaves what a float can hold")
def naive(chosen, rejected):
    return -np.log(sigmoid(chosen - rejected))


@wrong(ITEM, "leaves what a float can hold")
def naive_in_torch(chosen, rejected):
    return -torch.log(torch.sigmoid(chosen - rejected))


@wrong(ITEM, "leaves what a float can hold")
def two_exponentials(chosen, rejected):
    return -np.log(np.exp(chosen) / (np.exp(chosen) + np.exp(rejected)))


@wrong(ITEM, "leaves what a float can hold")
def math_by_the_pair(chosen, rejected):
    return -math.log(1 / (1 + math.exp(-(float(chosen) - float(rejected)))))


@wrong(ITEM, "a branch that was not taken")
def where_over_an_overflow(chosen, rejected):
    d = chosen - rejected
    return torch.where(d > -30, torch.log1p(torch.exp(-d)), -d)


@wrong(ITEM, "no gradient comes out")
def detached(chosen, rejected):
    return functional.softplus((torch.as_tensor(rejected) - torch.as_tensor(chosen)).detach())


@wrong(ITEM, "no gradient comes out")
def a_new_tensor(chosen, rejected):
    return -functional.logsigmoid(torch.tensor(chosen - rejected))


@wrong(ITEM, "σ is taken twice")
def logits_that_are_probabilities(chosen, rejected):
    p = torch.sigmoid(torch.as_tensor(chosen) - torch.as_tensor(rejected))
    return functional.binary_cross_entropy_with_logits(p, torch.ones_like(p), reduction="none")


@wrong(ITEM, "no gradient reaches the chosen score")
def winner_detached(chosen, rejected):
    return functional.softplus(rejected - chosen.detach())


@wrong(ITEM, "no gradient reaches the rejected score")
def loser_detached(chosen, rejected):
    return functional.softplus(rejected.detach() - chosen)


@wrong(ITEM, "You average over the pairs")
def mean(chosen, rejected):
    return softplus(rejected - chosen).mean()


@wrong(ITEM, "You add the pairs up")
def total(chosen, rejected):
    return softplus(rejected - chosen).sum()


@wrong(ITEM, "column")
def a_column(chosen, rejected):
    return softplus(rejected - chosen)[..., None]


@wrong(ITEM, "broadcasting paired")
def every_pair(chosen, rejected):
    return softplus(rejected[None] - chosen[:, None])


@wrong(ITEM, "changed its input")
def in_place(chosen, rejected):
    d = chosen
    d -= rejected
    return softplus(-d)


@wrong(ITEM, "constant")
def a_coin(chosen, rejected):
    return np.full(np.shape(chosen), np.log(2))


@wrong(ITEM, "minus its logarithm")
def something_else(chosen, rejected):
    return softplus(rejected - chosen) + 0.3


in_bulk(
    ITEM,
    {
        ("swapped", "changed places"): lambda c, r: softplus(c - r),
        ("log_likelihood", "The minus is missing"): lambda c, r: -softplus(r - c),
        ("log_likelihood_that_overflows", "The minus is missing"): lambda c, r: np.log(sigmoid(c - r)),
        ("log_of_the_other", "The minus is missing"): lambda c, r: -softplus(c - r),
        ("probability", "That is a probability"): lambda c, r: scipy.special.expit(c - r),
        ("one_minus_p", "That is a probability"): lambda c, r: scipy.special.expit(r - c),
        ("squared", "You measure a distance"): lambda c, r: (c - r) ** 2,
        ("distance", "You measure a distance"): lambda c, r: abs(c - r),
        ("gap_of_one", "You measure a distance"): lambda c, r: (1 - (c - r)) ** 2,
        ("brier", "That is a squared probability"): lambda c, r: (1 - scipy.special.expit(c - r)) ** 2,
        ("each_by_itself", "judge each score by itself"): lambda c, r: softplus(-c) + softplus(r),
        ("difference_of_log_sigmoids", "judge each score by itself"): lambda c, r: softplus(-c) - softplus(-r),
        ("two_classifications", "judge each score by itself"): lambda c, r: (
            -np.log(sigmoid(c)) - np.log(1 - sigmoid(r))
        ),
        ("difference_of_sigmoids", "judge each score by itself"): lambda c, r: sigmoid(c) - sigmoid(r),
        ("winner_only", "rejected score is not used"): lambda c, r: softplus(-c) + 0 * r,
        ("sum", "added, multiplied or divided"): lambda c, r: softplus(-(c + r)),
        ("product", "added, multiplied or divided"): lambda c, r: softplus(-c * r),
        ("share", "added, multiplied or divided"): lambda c, r: -np.log(c / (c + r)),
        ("hinge", "That is a hinge"): lambda c, r: np.maximum(0, 1 - (c - r)),
        ("margin", "margin of your own"): lambda c, r: softplus(1 - (c - r)),
        ("sum_of_naive", "You add the pairs up"): lambda c, r: -np.log(sigmoid(c - r)).sum(),
        ("difference", "difference itself"): lambda c, r: r - c,
        ("gap", "difference itself"): lambda c, r: c - r,
        ("one_mean_for_all", "You average over the pairs"): lambda c, r: np.full(np.shape(c), softplus(r - c).mean()),
        ("smallest_float", "small number inside the logarithm"): lambda c, r: (
            -np.log(np.maximum(sigmoid(c - r), 1e-300))
        ),
        ("differences_scaled", "batch's own spread"): lambda c, r: softplus((r - c) / (np.std(c - r) + 1e-8)),
        ("scores_standardised", "batch's own spread"): lambda c, r: softplus(
            (r - np.mean(r)) / (np.std(r) + 1e-8) - (c - np.mean(c)) / (np.std(c) + 1e-8)
        ),
        ("epsilon", "small number inside the logarithm"): lambda c, r: -np.log(scipy.special.expit(c - r) + 1e-8),
        ("cut_off", "small number inside the logarithm"): lambda c, r: softplus(-np.clip(c - r, -50, 50)),
        ("largest_float", "small number inside the logarithm"): lambda c, r: np.nan_to_num(-np.log(sigmoid(c - r))),
        ("infinity_is_a_thousand", "small number inside the logarithm"): lambda c, r: np.nan_to_num(
            np.log1p(np.exp(r - c)), posinf=1000
        ),
        ("bits", "another base"): lambda c, r: softplus(r - c) / np.log(2),
        ("bits_that_overflow", "another base"): lambda c, r: np.log2(1 + np.exp(r - c)),
        ("elo", "another base"): lambda c, r: np.logaddexp(0, (r - c) * np.log(10)),
        ("absolute", "sign of the difference is lost"): lambda c, r: softplus(-abs(c - r)),
        ("both_outcomes", "count both outcomes"): lambda c, r: softplus(r - c) + softplus(c - r),
        ("entropy", "count both outcomes"): lambda c, r: (
            scipy.special.expit(c - r) * softplus(r - c) + scipy.special.expit(r - c) * softplus(c - r)
        ),
        ("temperature", "A factor stands in front"): lambda c, r: softplus((r - c) / 2),
        ("halved", "A factor stands in front"): lambda c, r: softplus(r - c) / 2,
        ("odds", "odds of the wrong outcome"): lambda c, r: np.exp(r - c),
    },
)
