"""Answers to exercise 09's Problem 5 with three policies, right ones in many styles and wrong ones."""

import math

import numpy as np
import torch
from registry import bank

from ppo_edu import clip
from ppo_edu.ratio import probability_ratio

RIGHT, WRONG, right, wrong, in_bulk = bank()
ITEM = "three_policies"


# -- right -------------------------------------------------------------------------------------------------------


@right(ITEM)
def numpy_where(probs, old_probs, ref_probs, advantages, clip_eps, kl_coef):
    ratio = probs / old_probs
    objective = np.minimum(ratio * advantages, np.clip(ratio, 1 - clip_eps, 1 + clip_eps) * advantages)
    silent = np.where(advantages > 0, ratio > 1 + clip_eps, ratio < 1 - clip_eps)
    return ratio, objective, np.where(silent, 0.0, advantages), -kl_coef * np.log(old_probs / ref_probs)


@right(ITEM)
def from_logarithms(probs, old_probs, ref_probs, advantages, clip_eps, kl_coef):
    logprobs, old_logprobs, ref_logprobs = np.log(probs), np.log(old_probs), np.log(ref_probs)
    ratio = np.exp(logprobs - old_logprobs)
    clipped = ratio.clip(1 - clip_eps, 1 + clip_eps)
    unclipped_is_smaller = ratio * advantages <= clipped * advantages
    objective = np.where(unclipped_is_smaller, ratio, clipped) * advantages
    moving = unclipped_is_smaller | (ratio == clipped)
    return ratio, objective, moving * advantages, kl_coef * (ref_logprobs - old_logprobs)


@right(ITEM)
def with_the_packages_functions(probs, old_probs, ref_probs, advantages, clip_eps, kl_coef):
    ratio = probability_ratio(np.log(probs), np.log(old_probs))
    objective = clip.clipped_objective(ratio, advantages, clip_eps)
    return (
        ratio,
        objective,
        clip.clipped_objective_slope(ratio, advantages, clip_eps),
        -kl_coef * np.log(old_probs / ref_probs),
    )


@right(ITEM)
def torch_autograd(probs, old_probs, ref_probs, advantages, clip_eps, kl_coef):
    probs, old, ref, A = (torch.as_tensor(x, dtype=torch.float64) for x in (probs, old_probs, ref_probs, advantages))
    ratio = (probs / old).requires_grad_()
    objective = torch.min(ratio * A, ratio.clamp(1 - clip_eps, 1 + clip_eps) * A)
    (slope,) = torch.autograd.grad(objective.sum(), ratio)
    return ratio.detach(), objective.detach(), slope, -kl_coef * (old.log() - ref.log())


@right(ITEM)
def word_by_word(probs, old_probs, ref_probs, advantages, clip_eps, kl_coef):
    rows = []
    for p, q, f, A in zip(probs, old_probs, ref_probs, advantages):
        ratio = p / q
        objective = min(ratio * A, min(max(ratio, 1 - clip_eps), 1 + clip_eps) * A)
        beyond = ratio > 1 + clip_eps if A > 0 else ratio < 1 - clip_eps
        slope = 0.0 if beyond else A
        rows.append((ratio, objective, slope, -kl_coef * math.log(q / f)))
    return tuple(np.array(column) for column in zip(*rows))


@right(ITEM)
def lists(probs, old_probs, ref_probs, advantages, clip_eps, kl_coef):
    assert isinstance(probs, list)
    ratio = [p / q for p, q in zip(probs, old_probs)]
    low, high = 1 - clip_eps, 1 + clip_eps
    objective = [min(r * A, max(low, min(high, r)) * A) for r, A in zip(ratio, advantages)]
    slope = [0 if (r > high if A > 0 else r < low) else A for r, A in zip(ratio, advantages)]
    return ratio, objective, slope, [-kl_coef * (math.log(q) - math.log(f)) for q, f in zip(old_probs, ref_probs)]


@right(ITEM)
def slope_by_nudges(probs, old_probs, ref_probs, advantages, clip_eps, kl_coef):
    def objective(ratio):
        return np.minimum(ratio * advantages, np.clip(ratio, 1 - clip_eps, 1 + clip_eps) * advantages)

    ratio, h = probs / old_probs, 1e-6
    slope = (objective(ratio + h) - objective(ratio - h)) / (2 * h)
    return ratio, objective(ratio), slope, -kl_coef * np.log(old_probs / ref_probs)


@right(ITEM)
def one_table(probs, old_probs, ref_probs, advantages, clip_eps, kl_coef):
    table = np.zeros((4, len(probs)))
    table[0] = probs / old_probs
    table[1] = np.minimum(table[0] * advantages, np.clip(table[0], 1 - clip_eps, 1 + clip_eps) * advantages)
    table[2] = advantages
    table[2][(advantages > 0) & (table[0] > 1 + clip_eps)] = 0
    table[2][(advantages < 0) & (table[0] < 1 - clip_eps)] = 0
    table[3] = kl_coef * np.log(ref_probs / old_probs)
    return table


@right(ITEM)
def float32(probs, old_probs, ref_probs, advantages, clip_eps, kl_coef):
    p, q, f, A = (np.asarray(x, dtype=np.float32) for x in (probs, old_probs, ref_probs, advantages))
    ratio = p / q
    edge = np.where(A >= 0, np.float32(1 + clip_eps), np.float32(1 - clip_eps))
    beyond = np.where(A >= 0, ratio > edge, ratio < edge)
    return ratio, np.where(beyond, edge, ratio) * A, np.where(beyond, 0, A), np.float32(-kl_coef) * np.log(q / f)


@right(ITEM)
def dual_form(probs, old_probs, ref_probs, advantages, clip_eps, kl_coef):
    """min(r, 1+ε) for good words, max(r, 1−ε) for bad ones."""
    ratio = probs / old_probs
    held = np.where(advantages > 0, np.minimum(ratio, 1 + clip_eps), np.maximum(ratio, 1 - clip_eps))
    return ratio, held * advantages, advantages * (held == ratio), -kl_coef * np.log(old_probs / ref_probs)


@right(ITEM)
def a_list_of_columns(probs, old_probs, ref_probs, advantages, clip_eps, kl_coef):
    return list(numpy_where(probs, old_probs, ref_probs, advantages, clip_eps, kl_coef))


@right(ITEM)
def autograd_through_logarithms(probs, old_probs, ref_probs, advantages, clip_eps, kl_coef):
    p, q, f, A = (torch.as_tensor(x, dtype=torch.float64) for x in (probs, old_probs, ref_probs, advantages))
    ratio = torch.exp(p.log().requires_grad_() - q.log())
    ratio.retain_grad()
    torch.min(ratio * A, ratio.clamp(1 - clip_eps, 1 + clip_eps) * A).sum().backward()
    objective = torch.min(ratio * A, ratio.clamp(1 - clip_eps, 1 + clip_eps) * A)
    return ratio, objective, ratio.grad, -kl_coef * (q.log() - f.log())


@right(ITEM)
def torch_stack(probs, old_probs, ref_probs, advantages, clip_eps, kl_coef):
    ratio = probs / old_probs
    good, bad = advantages > 0, advantages < 0
    silent = (good & (ratio > 1 + clip_eps)) | (bad & (ratio < 1 - clip_eps))
    objective = torch.minimum(ratio * advantages, ratio.clamp(1 - clip_eps, 1 + clip_eps) * advantages)
    return torch.stack([ratio, objective, advantages * ~silent, kl_coef * (ref_probs / old_probs).log()])


@right(ITEM)
def what_is_lost_by_clipping(probs, old_probs, ref_probs, advantages, clip_eps, kl_coef):
    """L^CLIP as the unclipped product less a penalty; the slope is Â where there is none."""
    ratio = probs / old_probs
    penalty = np.maximum(0, (ratio - np.clip(ratio, 1 - clip_eps, 1 + clip_eps)) * advantages)
    columns = ratio, ratio * advantages - penalty, np.where(penalty == 0, advantages, 0)
    return *columns, kl_coef * np.log(ref_probs) - kl_coef * np.log(old_probs)


@right(ITEM)
def three_cases(probs, old_probs, ref_probs, advantages, clip_eps, kl_coef):
    out = [], [], [], []
    for p, q, f, A in zip(probs, old_probs, ref_probs, advantages):
        ratio, objective, slope = p / q, 0, 0
        if A > 0:
            objective, slope = min(ratio, 1 + clip_eps) * A, A * (ratio < 1 + clip_eps)
        elif A < 0:
            objective, slope = max(ratio, 1 - clip_eps) * A, A * (ratio > 1 - clip_eps)
        for column, number in zip(out, (ratio, objective, slope, -kl_coef * math.log(q / f))):
            column.append(number)
    return out


@right(ITEM)
def silenced_in_a_copy(probs, old_probs, ref_probs, advantages, clip_eps, kl_coef):
    ratio = probs / old_probs
    slope = advantages.copy()
    slope[(slope > 0) & (ratio > 1 + clip_eps)] = 0
    slope[(slope < 0) & (ratio < 1 - clip_eps)] = 0
    clipped = np.clip(ratio, 1 - clip_eps, 1 + clip_eps)
    return ratio, np.minimum(ratio * advantages, clipped * advantages), slope, kl_coef * np.log(ref_probs / old_probs)


# -- wrong -------------------------------------------------------------------------------------------------------


def table(ratio=None, objective=None, slope=None, kl=None, beta=lambda b: b):
    """An answer with some columns replaced; what follows from the ratio follows from the wrong one."""

    def answer(new, old, ref, A, eps, kl_coef):
        r = new / old if ratio is None else ratio(new, old, ref)
        L = (objective or plain_objective)(r, A, eps)
        silent = np.where(A > 0, r > 1 + eps, r < 1 - eps)
        s = np.where(silent, 0.0, A) if slope is None else slope(r, A, eps)
        distance = np.log(old / ref) if kl is None else kl(new, old, ref)
        return r, L, s, -beta(kl_coef) * distance

    return answer


def plain_objective(r, A, eps):
    return np.minimum(r * A, np.clip(r, 1 - eps, 1 + eps) * A)


def silent(r, A, eps):
    return np.where(A > 0, r > 1 + eps, r < 1 - eps)


@wrong(ITEM, "clipped already")
def ratio_clipped(new, old, ref, A, eps, beta):
    r, L, s, reward = numpy_where(new, old, ref, A, eps, beta)
    return np.clip(r, 1 - eps, 1 + eps), L, s, reward


@wrong(ITEM, "Your ratio is a logarithm")
def log_ratio_column(new, old, ref, A, eps, beta):
    r, L, s, reward = numpy_where(new, old, ref, A, eps, beta)
    return np.log(r), L, s, reward


@wrong(ITEM, "changed its input")
def in_place(new, old, ref, A, eps, beta):
    columns = numpy_where(new, old, ref, A, eps, beta)
    new /= old
    return columns


@wrong(ITEM, "Asked are 4 things")
def three_columns(new, old, ref, A, eps, beta):
    return numpy_where(new, old, ref, A, eps, beta)[:3]


@wrong(ITEM, "has the KL in it")
def kl_in_the_objective(new, old, ref, A, eps, beta):
    r, L, s, reward = numpy_where(new, old, ref, A, eps, beta)
    return r, L + reward, s, reward


@wrong(ITEM, "has the KL in it")
def kl_of_theta_in_the_objective(new, old, ref, A, eps, beta):
    r, L, s, reward = numpy_where(new, old, ref, A, eps, beta)
    return r, L - beta * np.log(new / ref), s, reward


@wrong(ITEM, "slope in π_θ")
def slope_in_the_probability(new, old, ref, A, eps, beta):
    r, L, s, reward = numpy_where(new, old, ref, A, eps, beta)
    return r, L, s / old, reward


@wrong(ITEM, "holds whole numbers")
def filled_like_advantages(new, old, ref, A, eps, beta):
    r, _, s, reward = numpy_where(new, old, ref, A, eps, beta)
    L = np.empty_like(A)
    L[:] = plain_objective(r, A, eps)
    return r, L, s, reward


@wrong(ITEM, "holds whole numbers")
def table_like_advantages(new, old, ref, A, eps, beta):
    columns = [np.zeros_like(A) for _ in range(4)]
    for column, right_one in zip(columns, numpy_where(new, old, ref, A, eps, beta)):
        column[:] = right_one
    return tuple(columns)


@wrong(ITEM, "has the KL in it")
def kl_in_the_advantages(new, old, ref, A, eps, beta):
    return numpy_where(new, old, ref, A - beta * np.log(old / ref), eps, beta)


@wrong(ITEM, "has Â or the ratio in it")
def the_whole_reward(new, old, ref, A, eps, beta):
    r, L, s, reward = numpy_where(new, old, ref, A, eps, beta)
    return r, L, s, A + reward


@wrong(ITEM, "has Â or the ratio in it")
def reward_by_importance(new, old, ref, A, eps, beta):
    r, L, s, reward = numpy_where(new, old, ref, A, eps, beta)
    return r, L, s, r * reward


@wrong(ITEM, "fixed number")
def epsilon_of_the_lesson(new, old, ref, A, eps, beta):
    return numpy_where(new, old, ref, A, 0.2, beta)


@wrong(ITEM, "fixed number")
def slope_with_epsilon_of_the_lesson(new, old, ref, A, eps, beta):
    r, L, s, reward = numpy_where(new, old, ref, A, eps, beta)
    return r, L, numpy_where(new, old, ref, A, 0.2, beta)[2], reward


@wrong(ITEM, "fixed number")
def beta_of_the_example(new, old, ref, A, eps, beta):
    return numpy_where(new, old, ref, A, eps, 0.5)


@wrong(ITEM, "lesson text's own answer")
def silent_by_the_distance_to_ref(new, old, ref, A, eps, beta):
    r, L, s, reward = numpy_where(new, old, ref, A, eps, beta)
    return r, L, numpy_where(new, ref, ref, A, eps, beta)[2], reward


@wrong(ITEM, "a row for each word")
def rows_for_words(new, old, ref, A, eps, beta):
    return np.array(numpy_where(new, old, ref, A, eps, beta)).T


@wrong(ITEM, "expected shape")
def one_reward_for_the_sentence(new, old, ref, A, eps, beta):
    r, L, s, reward = numpy_where(new, old, ref, A, eps, beta)
    return r, L, s, reward.sum()


@wrong(ITEM, "changed its input")
def advantages_silenced_in_place(new, old, ref, A, eps, beta):
    r, L, _, reward = numpy_where(new, old, ref, A, eps, beta)
    A[silent(r, A, eps)] = 0
    return r, L, A, reward


@wrong(ITEM, "which two policies it compares")
def silent_by_the_logarithm(new, old, ref, A, eps, beta):
    """Another band: e^±ε."""
    r, L, _, reward = numpy_where(new, old, ref, A, eps, beta)
    return r, L, np.where(np.where(A > 0, np.log(r) > eps, np.log(r) < -eps), 0.0, A), reward


@wrong(ITEM, "IndexError")
def more_than_there_are(new, old, ref, A, eps, beta):
    return new[len(new)], old, ref, A


def with_another(column, change):
    """The right table with one column changed."""

    def answer(*inputs):
        columns = list(numpy_where(*inputs))
        columns[column] = change(columns[column])
        return tuple(columns)

    return answer


def reordered(*order):
    return lambda *inputs: tuple(numpy_where(*inputs)[i] for i in order)


in_bulk(
    ITEM,
    {
        ("the_lessons_answer", "lesson text's own answer"): table(lambda new, old, ref: new / ref),
        ("old_over_ref", "π_θ is not in your ratio"): table(lambda new, old, ref: old / ref),
        ("ref_over_new", "lesson text's own answer"): table(lambda new, old, ref: ref / new),
        ("ref_in_the_ratio_and_theta_in_the_kl", "lesson text's own answer"): table(
            lambda new, old, ref: new / ref, kl=lambda new, old, ref: np.log(new / ref)
        ),
        ("upside_down", "upside down"): table(lambda new, old, ref: old / new),
        ("exp_of_probabilities", "no logarithms"): table(lambda new, old, ref: np.exp(new - old)),
        ("difference", "no logarithms"): table(lambda new, old, ref: new - old),
        ("log_ratio", "Your ratio is a logarithm"): table(lambda new, old, ref: np.log(new) - np.log(old)),
        ("quotient_of_logs", "A quotient of logarithms"): table(lambda new, old, ref: np.log(new) / np.log(old)),
        ("clip_only", "without the min"): table(objective=lambda r, A, eps: np.clip(r, 1 - eps, 1 + eps) * A),
        ("maximum", "larger of the two"): table(
            objective=lambda r, A, eps: np.maximum(r * A, np.clip(r, 1 - eps, 1 + eps) * A)
        ),
        ("cpi", "not clipped at all"): table(objective=lambda r, A, eps: r * A),
        ("min_of_ratios", "min is taken of the ratios"): table(
            objective=lambda r, A, eps: np.minimum(r, np.clip(r, 1 - eps, 1 + eps)) * A
        ),
        ("upper_edge_for_all", "min is taken of the ratios"): table(
            objective=lambda r, A, eps: np.minimum(r, 1 + eps) * A
        ),
        ("clip_of_logs", "a logarithm is clipped"): table(
            objective=lambda r, A, eps: np.minimum(np.log(r) * A, np.clip(np.log(r), -eps, eps) * A)
        ),
        ("clip_in_logs", "a logarithm is clipped"): table(
            objective=lambda r, A, eps: np.minimum(r * A, np.exp(np.clip(np.log(r), -eps, eps)) * A)
        ),
        ("clip_of_the_product", "or the product with Â"): table(
            objective=lambda r, A, eps: np.minimum(r * A, np.clip(r * A, 1 - eps, 1 + eps))
        ),
        ("loss", "a minus too many"): table(objective=lambda r, A, eps: -plain_objective(r, A, eps)),
        ("slope_of_the_loss", "a minus too many"): table(slope=lambda r, A, eps: -np.where(silent(r, A, eps), 0.0, A)),
        ("objective_of_sizes", "or its sign"): table(objective=lambda r, A, eps: plain_objective(r, abs(A), eps)),
        ("slope_of_sizes", "or its sign"): table(slope=lambda r, A, eps: np.where(silent(r, A, eps), 0.0, abs(A))),
        ("one_everywhere", "is missing in your objective"): table(slope=lambda r, A, eps: np.ones_like(r)),
        ("no_advantage", "is missing in your objective"): table(
            objective=lambda r, A, eps: np.clip(r, 1 - eps, 1 + eps)
        ),
        ("slope_one", "is missing in your objective"): table(
            slope=lambda r, A, eps: np.where(silent(r, A, eps), 0.0, 1.0)
        ),
        ("zero_outside", "0 everywhere outside the band"): table(
            slope=lambda r, A, eps: np.where((r > 1 - eps) & (r < 1 + eps), A, 0.0)
        ),
        ("always_zero", "0 for every word"): table(slope=lambda r, A, eps: 0 * r),
        ("silent_inside", "the other way round"): table(slope=lambda r, A, eps: np.where(abs(r - 1) < eps, 0.0, A)),
        ("lower_edge", "Only one edge silences"): table(slope=lambda r, A, eps: np.where(r < 1 - eps, 0.0, A)),
        ("ratio_times_advantage", "slope in log π_θ"): table(slope=lambda r, A, eps: r * A),
        ("never_zero", "never 0"): table(slope=lambda r, A, eps: A),
        ("inverted", "the other way round"): table(slope=lambda r, A, eps: np.where(silent(r, A, eps), A, 0.0)),
        ("sides_swapped", "the other way round"): table(slope=lambda r, A, eps: np.where(silent(r, -A, eps), 0.0, A)),
        ("upper_edge", "Only one edge silences"): table(slope=lambda r, A, eps: np.where(r > 1 + eps, 0.0, A)),
        ("good_words_only", "Only one edge silences"): table(
            slope=lambda r, A, eps: np.where((A > 0) & (r > 1 + eps), 0.0, A)
        ),
        ("sign_of_the_slope", "sign of the slope"): table(
            slope=lambda r, A, eps: np.where(silent(r, A, eps), 0.0, np.sign(A))
        ),
        ("is_it_silent", "whether there is one"): table(slope=lambda r, A, eps: silent(r, A, eps)),
        ("slope_in_the_log", "slope in log π_θ"): table(
            slope=lambda r, A, eps: np.where(silent(r, A, eps), 0.0, r * A)
        ),
        ("slope_is_the_objective", "slope in log π_θ"): table(slope=plain_objective),
        ("kl_of_theta", "made with π_θ"): table(kl=lambda new, old, ref: np.log(new / ref)),
        ("kl_of_theta_and_old", "ratio's business"): table(kl=lambda new, old, ref: np.log(new / old)),
        ("kl_sign", "KL reward is turned"): table(kl=lambda new, old, ref: np.log(ref / old)),
        ("kl_of_theta_paid_out", "made with π_θ"): table(kl=lambda new, old, ref: np.log(ref / new)),
        ("kl_of_theta_without_beta", "made with π_θ"): table(
            kl=lambda new, old, ref: np.log(new / ref), beta=lambda b: 1.0
        ),
        ("no_beta", "β is missing"): table(beta=lambda b: 1.0),
        ("plain_kl", "β is missing"): table(beta=lambda b: -1.0),
        ("no_log", "no difference of logarithms"): table(kl=lambda new, old, ref: old - ref),
        ("quotient", "no difference of logarithms"): table(kl=lambda new, old, ref: old / ref),
        ("weighted", "weighed by a probability"): table(kl=lambda new, old, ref: old * np.log(old / ref)),
        ("k2", "another estimate"): table(kl=lambda new, old, ref: np.log(old / ref) ** 2 / 2),
        ("k3_of_theta", "another estimate"): table(kl=lambda new, old, ref: ref / new - 1 - np.log(ref / new)),
        ("only_what_is_above_zero", "another estimate"): table(
            kl=lambda new, old, ref: np.maximum(0, np.log(old / ref))
        ),
        ("theta_weighed", "weighed by a probability"): table(kl=lambda new, old, ref: new * np.log(new / ref)),
        ("k3", "another estimate"): table(kl=lambda new, old, ref: ref / old - 1 - np.log(ref / old)),
        ("absolute", "another estimate"): table(kl=lambda new, old, ref: abs(np.log(old / ref))),
        ("bits", "another base"): table(kl=lambda new, old, ref: np.log2(old / ref)),
        ("slope_before_objective", "another order"): reordered(0, 2, 1, 3),
        ("kl_before_slope", "another order"): reordered(0, 1, 3, 2),
        ("kl_first", "another order"): reordered(3, 0, 1, 2),
        ("something_else", "which two policies it compares"): table(kl=lambda new, old, ref: np.log(old / ref) / 3),
        ("kl_in_the_slope", "has the KL in it"): lambda new, old, ref, A, eps, beta: with_another(
            2, lambda slope: slope - beta / new
        )(new, old, ref, A, eps, beta),
        ("no_kl", "0 for every word"): with_another(3, lambda kl: 0 * kl),
        ("mean_kl", "the same for every word"): with_another(3, lambda kl: 0 * kl + kl.mean()),
        ("means", "You take means"): lambda *inputs: tuple(column.mean() for column in numpy_where(*inputs)),
        ("zeros", "whole table is 0"): lambda new, *_: (0 * new, 0 * new, 0 * new, 0 * new),
    },
)
