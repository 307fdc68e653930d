"""Answers to exercise 03, right ones in many styles and wrong ones with a piece of the message each must get."""

import itertools
import math
import random

import numpy as np
import torch
from registry import bank

RIGHT, WRONG, right, wrong, in_bulk = bank()


# -- the objective, right ----------------------------------------------------------------------------------------


@right("clipped_objective")
def numpy_as_in_the_paper(ratio, advantages, clip_eps):
    return np.minimum(ratio * advantages, np.clip(ratio, 1 - clip_eps, 1 + clip_eps) * advantages)


@right("clipped_objective")
def torch_as_in_most_code(ratio, advantages, clip_eps):
    surr1 = ratio * advantages
    surr2 = torch.clamp(ratio, 1.0 - clip_eps, 1.0 + clip_eps) * advantages
    return torch.min(surr1, surr2)


@right("clipped_objective")
def minus_the_larger_loss(ratio, advantages, clip_eps):
    return -torch.max(-advantages * ratio, -advantages * ratio.clamp(1 - clip_eps, 1 + clip_eps))


@right("clipped_objective")
def one_number_with_branches(ratio, advantage, clip_eps):
    if advantage > 0 and ratio > 1 + clip_eps:
        return (1 + clip_eps) * advantage
    if advantage < 0 and ratio < 1 - clip_eps:
        return (1 - clip_eps) * advantage
    return ratio * advantage


@right("clipped_objective")
def one_number_with_math(ratio, advantage, clip_eps):
    log = math.log(max(float(ratio), 1e-300))
    clipped = math.exp(min(max(log, math.log(1 - clip_eps)), math.log(1 + clip_eps)))
    return min(ratio * advantage, clipped * advantage)


@right("clipped_objective")
def loop_into_a_list(ratio, advantages, clip_eps):
    result = []
    for r, a in zip(ratio, advantages):
        result.append(min(r * a, max(min(r, 1 + clip_eps), 1 - clip_eps) * a))
    return result


@right("clipped_objective")
def python_lists_only(ratio, advantages, clip_eps):
    assert isinstance(ratio, list)
    clipped = [sorted((1 - clip_eps, r, 1 + clip_eps))[1] for r in ratio]
    return [min(pair) for pair in zip(map(float.__mul__, ratio, advantages), map(float.__mul__, clipped, advantages))]


@right("clipped_objective")
def loop_over_positions(ratio, advantages, clip_eps):
    result = np.zeros(len(ratio))
    for i in range(len(ratio)):
        edge = 1 + clip_eps if advantages[i] > 0 else 1 - clip_eps
        result[i] = min(ratio[i] * advantages[i], edge * advantages[i])
    return result


@right("clipped_objective")
def a_lazy_map(ratio, advantages, clip_eps):
    return map(lambda r, a: min(r * a, min(max(r, 1 - clip_eps), 1 + clip_eps) * a), ratio, advantages)


@right("clipped_objective")
def numpy_where_by_sign(ratio, advantages, clip_eps):
    held = np.where(advantages >= 0, np.minimum(ratio, 1 + clip_eps), np.maximum(ratio, 1 - clip_eps))
    return held * advantages


@right("clipped_objective")
def numpy_select(ratio, advantages, clip_eps):
    up = (advantages > 0) & (ratio >= 1 + clip_eps)
    down = (advantages < 0) & (ratio <= 1 - clip_eps)
    return np.select([up, down], [(1 + clip_eps) * advantages, (1 - clip_eps) * advantages], ratio * advantages)


@right("clipped_objective")
def in_place_on_a_copy(ratio, advantages, clip_eps):
    clipped = ratio.copy()
    clipped[clipped > 1 + clip_eps] = 1 + clip_eps
    clipped[clipped < 1 - clip_eps] = 1 - clip_eps
    clipped *= advantages
    np.minimum(clipped, ratio * advantages, out=clipped)
    return clipped


@right("clipped_objective")
def numpy_float32(ratio, advantages, clip_eps):
    r, a = np.float32(ratio), np.float32(advantages)
    return np.minimum(r * a, r.clip(np.float32(1 - clip_eps), np.float32(1 + clip_eps)) * a)


@right("clipped_objective")
def torch_float32_from_anything(ratio, advantages, clip_eps):
    r, a = (torch.as_tensor(x, dtype=torch.float32) for x in (ratio, advantages))
    return torch.minimum(r * a, r.clip(1 - clip_eps, 1 + clip_eps) * a)


@right("clipped_objective")
def torch_where_with_the_kink_outside(ratio, advantages, clip_eps):
    edge = torch.where(advantages > 0, 1 + clip_eps, 1 - clip_eps)
    beyond = (ratio - edge) * advantages >= 0
    return torch.where(beyond, edge * advantages, ratio * advantages)


@right("clipped_objective")
def stacked_single_tensors(ratio, advantages, clip_eps):
    samples = [torch.stack([r * a, r.clamp(1 - clip_eps, 1 + clip_eps) * a]).min() for r, a in zip(ratio, advantages)]
    return torch.stack(samples)


@right("clipped_objective")
def list_of_single_tensors(ratio, advantages, clip_eps):
    return [torch.min(r * a, r.clamp(1 - clip_eps, 1 + clip_eps) * a) for r, a in zip(ratio, advantages)]


@right("clipped_objective")
def half_the_sum_less_the_gap(ratio, advantages, clip_eps):
    a, b = ratio * advantages, np.clip(ratio, 1 - clip_eps, 1 + clip_eps) * advantages
    return (a + b - abs(a - b)) / 2


@right("clipped_objective")
def unclipped_less_what_is_gained_beyond(ratio, advantages, clip_eps):
    gain = np.maximum(advantages, 0) * np.maximum(ratio - 1 - clip_eps, 0)
    return ratio * advantages - gain + np.minimum(advantages, 0) * np.maximum(1 - clip_eps - ratio, 0)


@right("clipped_objective")
def vectorised_by_decorator(ratio, advantages, clip_eps):
    return np.vectorize(one_number_with_branches, otypes=[float])(ratio, advantages, clip_eps)


@right("clipped_objective")
def with_stray_prints_and_a_warning(ratio, advantages, clip_eps):
    print("ratio is", ratio)
    np.log(np.array([-1.0, 0.0]))
    return np.stack([ratio * advantages, np.clip(ratio, 1 - clip_eps, 1 + clip_eps) * advantages]).min(axis=0)


@right("clipped_objective")
def out_of_torch_into_numpy(ratio, advantages, clip_eps):
    return torch.min(ratio * advantages, ratio.clamp(1 - clip_eps, 1 + clip_eps) * advantages).detach().numpy()


@right("clipped_objective")
def always_raveled(ratio, advantages, clip_eps):
    return np.ravel(numpy_as_in_the_paper(np.asarray(ratio), advantages, clip_eps))


# -- the objective, wrong ----------------------------------------------------------------------------------------


@wrong("clipped_objective", "take the larger")
def maximum_numpy(ratio, advantages, clip_eps):
    return np.maximum(ratio * advantages, np.clip(ratio, 1 - clip_eps, 1 + clip_eps) * advantages)


@wrong("clipped_objective", "take the larger")
def maximum_one_number(ratio, advantage, clip_eps):
    return max(ratio * advantage, min(max(ratio, 1 - clip_eps), 1 + clip_eps) * advantage)


@wrong("clipped_objective", "clip without the min")
def clip_without_min(ratio, advantages, clip_eps):
    return np.clip(ratio, 1 - clip_eps, 1 + clip_eps) * advantages


@wrong("clipped_objective", "clip without the min")
def clip_without_min_by_where(ratio, advantages, clip_eps):
    ratio = torch.where(ratio > 1 + clip_eps, 1 + clip_eps, ratio)
    return advantages * torch.where(ratio < 1 - clip_eps, 1 - clip_eps, ratio)


@wrong("clipped_objective", "For one sign of Â you take the larger product")
def min_of_the_ratios(ratio, advantages, clip_eps):
    return np.minimum(ratio, np.clip(ratio, 1 - clip_eps, 1 + clip_eps)) * advantages


@wrong("clipped_objective", "For one sign of Â you take the larger product")
def upper_edge_for_every_sign(ratio, advantages, clip_eps):
    return [min(r, 1 + clip_eps) * a for r, a in zip(ratio, advantages)]


@wrong("clipped_objective", "nothing is clipped")
def unclipped(ratio, advantages, clip_eps):
    return ratio * advantages


@wrong("clipped_objective", "The sign is turned")
def loss_for_objective(ratio, advantages, clip_eps):
    return -torch.min(ratio * advantages, ratio.clamp(1 - clip_eps, 1 + clip_eps) * advantages)


@wrong("clipped_objective", "The sign is turned")
def min_of_the_losses(ratio, advantages, clip_eps):
    return np.minimum(-ratio * advantages, -np.clip(ratio, 1 - clip_eps, 1 + clip_eps) * advantages)


@wrong("clipped_objective", "You clip the advantage")
def clipped_advantage(ratio, advantages, clip_eps):
    return np.minimum(ratio * advantages, ratio * np.clip(advantages, 1 - clip_eps, 1 + clip_eps))


@wrong("clipped_objective", "You clip the advantage")
def advantage_within_eps(ratio, advantages, clip_eps):
    return ratio * np.clip(advantages, -clip_eps, clip_eps)


@wrong("clipped_objective", "You clip the product")
def clipped_product(ratio, advantages, clip_eps):
    product = ratio * advantages
    return np.minimum(product, np.clip(product, 1 - clip_eps, 1 + clip_eps))


@wrong("clipped_objective", "band is around 0")
def band_around_zero(ratio, advantages, clip_eps):
    return np.minimum(ratio * advantages, np.clip(ratio, -clip_eps, clip_eps) * advantages)


@wrong("clipped_objective", "one edge only")
def upper_edge_only(ratio, advantages, clip_eps):
    return np.minimum(ratio * advantages, np.minimum(ratio, 1 + clip_eps) * advantages)


@wrong("clipped_objective", "one edge only")
def lower_edge_only(ratio, advantages, clip_eps):
    return np.minimum(ratio * advantages, np.maximum(ratio, 1 - clip_eps) * advantages)


@wrong("clipped_objective", "even in the logarithm")
def band_even_in_the_log(ratio, advantages, clip_eps):
    return np.minimum(ratio * advantages, np.clip(ratio, 1 / (1 + clip_eps), 1 + clip_eps) * advantages)


@wrong("clipped_objective", "exp or log of the ratio")
def exponential_of_the_ratio(ratio, advantages, clip_eps):
    ratio = np.exp(ratio)
    return np.minimum(ratio * advantages, np.clip(ratio, 1 - clip_eps, 1 + clip_eps) * advantages)


@wrong("clipped_objective", "ratio − 1")
def change_instead_of_ratio(ratio, advantages, clip_eps):
    return np.minimum((ratio - 1) * advantages, np.clip(ratio - 1, -clip_eps, clip_eps) * advantages)


@wrong("clipped_objective", "lost its sign")
def absolute_advantage(ratio, advantages, clip_eps):
    return numpy_as_in_the_paper(ratio, abs(advantages), clip_eps)


@wrong("clipped_objective", "For one sign of Â you take the larger product")
def sign_put_back_too_late(ratio, advantages, clip_eps):
    return np.sign(advantages) * numpy_as_in_the_paper(ratio, abs(advantages), clip_eps)


@wrong("clipped_objective", "ε does not move")
def eps_fixed(ratio, advantages, clip_eps):
    return np.minimum(ratio * advantages, np.clip(ratio, 0.8, 1.2) * advantages)


@wrong("clipped_objective", "You average")
def mean_over_the_batch(ratio, advantages, clip_eps):
    return numpy_as_in_the_paper(ratio, advantages, clip_eps).mean()


@wrong("clipped_objective", "You add the batch up")
def sum_over_the_batch(ratio, advantages, clip_eps):
    return sum(loop_into_a_list(ratio, advantages, clip_eps))


@wrong("clipped_objective", "That is the slope")
def slope_for_value(ratio, advantages, clip_eps):
    flat = (advantages > 0) & (ratio > 1 + clip_eps) | (advantages < 0) & (ratio < 1 - clip_eps)
    return np.where(flat, 0.0, advantages)


@wrong("clipped_objective", "value to 0 where the slope is 0")
def zero_where_flat(ratio, advantage, clip_eps):
    flat = advantage > 0 and ratio > 1 + clip_eps or advantage < 0 and ratio < 1 - clip_eps
    return 0.0 if flat else ratio * advantage


@wrong("clipped_objective", "to 0 outside the band")
def zero_outside(ratio, advantages, clip_eps):
    return ratio * advantages * (abs(ratio - 1) <= clip_eps + 1e-9)


@wrong("clipped_objective", "dual-clip")
def dual_clip(ratio, advantages, clip_eps):
    value = numpy_as_in_the_paper(ratio, advantages, clip_eps)
    return np.where(advantages < 0, np.maximum(value, 3 * advantages), value)


@wrong("clipped_objective", "normalise")
def normalised_inside(ratio, advantages, clip_eps):
    advantages = (advantages - np.mean(advantages)) / (np.std(advantages) + 1e-8)
    return numpy_as_in_the_paper(ratio, advantages, clip_eps)


@wrong("clipped_objective", "the ratio, clipped or not, or Â alone")
def the_ratio_itself(ratio, advantages, clip_eps):
    return ratio


@wrong("clipped_objective", "the ratio, clipped or not, or Â alone")
def the_clipped_ratio(ratio, advantages, clip_eps):
    return np.clip(ratio, 1 - clip_eps, 1 + clip_eps)


@wrong("clipped_objective", "detached")
def detached_ratio(ratio, advantages, clip_eps):
    ratio = ratio.detach()
    return torch.min(ratio * advantages, ratio.clamp(1 - clip_eps, 1 + clip_eps) * advantages)


@wrong("clipped_objective", "detached")
def without_grad(ratio, advantages, clip_eps):
    with torch.no_grad():
        return torch.min(ratio * advantages, ratio.clamp(1 - clip_eps, 1 + clip_eps) * advantages)


@wrong("clipped_objective", "detached")
def detached_by_a_new_tensor(ratio, advantages, clip_eps):
    ratio, advantages = torch.tensor(ratio), torch.tensor(advantages)
    return torch.min(ratio * advantages, ratio.clamp(1 - clip_eps, 1 + clip_eps) * advantages)


@wrong("clipped_objective", "one of the two terms has lost its gradient")
def detached_clip(ratio, advantages, clip_eps):
    return torch.min(ratio * advantages, ratio.detach().clamp(1 - clip_eps, 1 + clip_eps) * advantages)


@wrong("clipped_objective", "gone on both sides")
def silent_on_both_sides(ratio, advantages, clip_eps):
    value = torch.min(ratio * advantages, ratio.clamp(1 - clip_eps, 1 + clip_eps) * advantages)
    return torch.where((ratio - 1).abs() > clip_eps, value.detach(), value)


@wrong("clipped_objective", "not the slope")
def gradient_doubled(ratio, advantages, clip_eps):
    value = torch.min(ratio * advantages, ratio.clamp(1 - clip_eps, 1 + clip_eps) * advantages)
    return 2 * value - value.detach()


@wrong("clipped_objective", "paired every sample with every other")
def column_meets_row(ratio, advantages, clip_eps):
    ratio = ratio[:, None]
    return np.minimum(ratio * advantages, np.clip(ratio, 1 - clip_eps, 1 + clip_eps) * advantages)


@wrong("clipped_objective", "is a column")
def comes_back_as_a_column(ratio, advantages, clip_eps):
    return numpy_as_in_the_paper(ratio, advantages, clip_eps).reshape(-1, 1)


@wrong("clipped_objective", "one number per sample, in the shape of the inputs")
def a_batch_of_one_squeezed(ratio, advantages, clip_eps):
    return np.squeeze(numpy_as_in_the_paper(ratio, advantages, clip_eps))


@wrong("clipped_objective", "in place")
def damaged_by_out(ratio, advantages, clip_eps):
    unclipped = ratio * advantages
    np.clip(ratio, 1 - clip_eps, 1 + clip_eps, out=ratio)
    return np.minimum(unclipped, ratio * advantages)


@wrong("clipped_objective", "in place")
def damaged_tensor(ratio, advantages, clip_eps):
    unclipped = ratio * advantages
    return torch.min(unclipped, ratio.clamp_(1 - clip_eps, 1 + clip_eps) * advantages)


@wrong("clipped_objective", "(Â) in place")
def damaged_advantages(ratio, advantages, clip_eps):
    result = numpy_as_in_the_paper(ratio, advantages, clip_eps)
    advantages -= advantages.mean()
    return result


@wrong("clipped_objective", "a constant")
def a_constant(ratio, advantages, clip_eps):
    return 0 * ratio + 2.4


@wrong("clipped_objective", "a constant")
def zero_for_everything(ratio, advantages, clip_eps):
    return [0.0 for _ in ratio]


@wrong("clipped_objective", "two answers")
def with_noise(ratio, advantages, clip_eps):
    return numpy_as_in_the_paper(ratio, advantages, clip_eps) + random.random()


@wrong("clipped_objective", "should hold numbers")
def a_sentence(ratio, advantages, clip_eps):
    return "min(ratio * A, clip(ratio) * A)"


@wrong("clipped_objective", "shape (2, 4)")
def both_terms(ratio, advantages, clip_eps):
    return ratio * advantages, np.clip(ratio, 1 - clip_eps, 1 + clip_eps) * advantages


@wrong("clipped_objective", "different shapes")
def value_and_mean(ratio, advantages, clip_eps):
    value = numpy_as_in_the_paper(ratio, advantages, clip_eps)
    return value, value.mean()


@wrong("clipped_objective", "min keeps the unclipped branch")
def dearer_for_bad_actions(ratio, advantages, clip_eps):
    dear = (advantages < 0) & (ratio > 1 + clip_eps)
    return np.where(dear, 1.5, 1.0) * numpy_as_in_the_paper(ratio, advantages, clip_eps)


@wrong("clipped_objective", "the promise stops growing")
def learned_by_heart(ratio, advantages, clip_eps):
    """Knows the lesson's numbers and nothing else."""
    known = {(2.5, 2.0): 2.4, (2.5, -2.0): -5.0, (0.5, -2.0): -1.6}
    return [known.get((float(r), float(a)), r * a) for r, a in zip(ratio, advantages)]


@wrong("clipped_objective", "IndexError: list index out of range, in line")
def raises_in_its_own_line(ratio, advantages, clip_eps):
    return [][0]


@wrong("clipped_objective", "NameError: name 'advantage' is not defined, in line")
def misspelt(ratio, advantages, clip_eps):
    return np.minimum(ratio, advantage)  # noqa: F821


@wrong("clipped_objective", "positional argument")
def too_few_arguments(ratio, advantages):
    return ratio * advantages


def with_band(low, high):
    return lambda r, A, e: np.minimum(r * A, np.clip(r, low(e), high(e)) * A)


def clipped_product_of(r, A, e):
    return np.clip(r, 1 - e, 1 + e) * A


def within(r, e):
    return (r >= 1 - e) & (r <= 1 + e)


def flat(r, A, e):
    return (A > 0) & (r > 1 + e) | (A < 0) & (r < 1 - e)


in_bulk(
    "clipped_objective",
    {
        ("zero_strictly_outside", "to 0 outside the band"): lambda r, A, e: np.where(
            (r > 1 - e) & (r < 1 + e), r * A, 0.0
        ),
        ("zero_outside_and_min", "to 0 outside the band"): lambda r, A, e: np.minimum(
            r * A, np.where(within(r, e), r * A, 0.0)
        ),
        ("zero_where_flat_with_edges", "value to 0 where the slope is 0"): lambda r, A, e: np.where(
            (A > 0) & (r >= 1 + e) | (A < 0) & (r <= 1 - e), 0.0, r * A
        ),
        ("masked_in_torch", "to 0 outside the band"): lambda r, A, e: r * A * ((r - 1).abs() <= e + 1e-9).double(),
        ("advantage_outside", "jumps to Â"): lambda r, A, e: np.where(within(r, e), r, 1.0) * A,
        ("advantage_where_flat", "jumps to Â"): lambda r, A, e: np.where(flat(r, A, e), 1.0, r) * A,
        ("edge_whatever_the_ratio", "whatever the ratio is"): lambda r, A, e: np.where(A > 0, 1 + e, 1 - e) * A,
        ("upper_edge_whatever_the_ratio", "whatever the ratio is"): lambda r, A, e: (1 + e) * A + 0 * r,
        ("edges_exchanged", "edges had changed places"): lambda r, A, e: np.minimum(
            r * A, np.clip(r, 1 + e, 1 - e) * A
        ),
        ("edges_exchanged_by_sign", "edges had changed places"): lambda r, A, e: np.minimum(
            r * A, np.where(A > 0, 1 - e, 1 + e) * A
        ),
        ("product_between_products", "edges had changed places"): lambda r, A, e: np.minimum(
            r * A, np.clip(r * A, (1 - e) * A, (1 + e) * A)
        ),
        ("larger_product_of_bad_actions", "you use max there"): lambda r, A, e: np.where(
            A > 0, numpy_as_in_the_paper(r, A, e), np.maximum(r * A, np.clip(r, 1 - e, 1 + e) * A)
        ),
        ("upper_edge_for_all", "edges had changed places"): lambda r, A, e: np.minimum(r * A, (1 + e) * A),
        ("band_from_eps", "Your band is another one"): with_band(lambda e: e, lambda e: 1 + e),
        ("band_up_to_1", "Your band is another one"): with_band(lambda e: 1 - e, lambda e: 1.0),
        ("band_of_width_eps", "Your band is another one"): with_band(lambda e: 1 - e / 2, lambda e: 1 + e / 2),
        ("band_twice_as_wide", "Your band is another one"): with_band(lambda e: 1 - 2 * e, lambda e: 1 + 2 * e),
        ("band_of_exponentials", "Your band is another one"): with_band(lambda e: np.exp(-e), np.exp),
        ("good_actions_clipped", "one sign of Â only"): lambda r, A, e: np.where(
            A > 0, clipped_product_of(r, A, e), r * A
        ),
        ("bad_actions_clipped", "one sign of Â only"): lambda r, A, e: np.where(
            A < 0, clipped_product_of(r, A, e), r * A
        ),
        ("clipped_ratio_alone", "lacks its advantage"): lambda r, A, e: np.minimum(r * A, np.clip(r, 1 - e, 1 + e)),
        ("ratio_alone", "lacks its advantage"): lambda r, A, e: np.minimum(r, clipped_product_of(r, A, e)),
        ("sum_of_the_terms", "add the two terms"): lambda r, A, e: r * A + clipped_product_of(r, A, e),
        ("average_of_the_terms", "add the two terms"): lambda r, A, e: (r * A + clipped_product_of(r, A, e)) / 2,
        ("difference_of_the_terms", "add the two terms"): lambda r, A, e: r * A - clipped_product_of(r, A, e),
        ("clipped_change", "You use ratio − 1"): lambda r, A, e: np.minimum(r * A, np.clip(r - 1, -e, e) * A),
        ("divided_by_the_batch", "divide by the number of samples"): lambda r, A, e: (
            np.minimum(r * A, clipped_product_of(r, A, e)) / np.size(r)
        ),
        ("mask_for_value", "That is a mask"): lambda r, A, e: flat(r, A, e) | (A == 0),
        ("opposite_mask_for_value", "That is a mask"): lambda r, A, e: ~flat(r, A, e),
    },
)


# -- the mask, right ---------------------------------------------------------------------------------------------


@right("gradient_is_zero")
def mask_with_operators(ratio, advantages, clip_eps):
    return (advantages > 0) & (ratio > 1 + clip_eps) | (advantages < 0) & (ratio < 1 - clip_eps) | (advantages == 0)


@right("gradient_is_zero")
def mask_with_logical_functions(ratio, advantages, clip_eps):
    up = np.logical_and(advantages > 0, ratio > 1 + clip_eps)
    down = np.logical_and(advantages < 0, ratio < 1 - clip_eps)
    return np.logical_or.reduce([up, down, advantages == 0])


@right("gradient_is_zero")
def mask_one_number(ratio, advantage, clip_eps):
    if advantage == 0:
        return True
    return ratio > 1 + clip_eps if advantage > 0 else ratio < 1 - clip_eps


@right("gradient_is_zero")
def mask_loop(ratio, advantages, clip_eps):
    return [bool(mask_one_number(r, a, clip_eps)) for r, a in zip(ratio, advantages)]


@right("gradient_is_zero")
def mask_of_ones_and_zeros(ratio, advantages, clip_eps):
    return np.where(advantages > 0, ratio > 1 + clip_eps, np.where(advantages < 0, ratio < 1 - clip_eps, 1)).astype(int)


@right("gradient_is_zero")
def mask_by_comparing_the_terms(ratio, advantages, clip_eps):
    return (np.clip(ratio, 1 - clip_eps, 1 + clip_eps) * advantages < ratio * advantages) | (advantages == 0)


@right("gradient_is_zero")
def mask_by_the_sign_of_a_product(ratio, advantages, clip_eps):
    edge = 1 + np.sign(advantages) * clip_eps
    return ((ratio - edge) * advantages > 0) | (advantages == 0)


@right("gradient_is_zero")
def mask_in_torch(ratio, advantages, clip_eps):
    edge = torch.where(advantages > 0, 1 + clip_eps, 1 - clip_eps)
    return torch.logical_or(advantages * (ratio - edge) > 0, advantages.eq(0))


@right("gradient_is_zero")
def mask_by_autograd(ratio, advantages, clip_eps):
    ratio = torch.as_tensor(ratio, dtype=torch.float64).clone().requires_grad_()
    advantages = torch.as_tensor(advantages, dtype=torch.float64)
    value = torch.min(ratio * advantages, ratio.clamp(1 - clip_eps, 1 + clip_eps) * advantages)
    return torch.autograd.grad(value.sum(), ratio)[0] == 0


@right("gradient_is_zero")
def mask_float32(ratio, advantages, clip_eps):
    return mask_with_operators(np.float32(ratio), np.float32(advantages), np.float32(clip_eps)).astype(np.float32)


@right("gradient_is_zero")
def mask_filled_in_place(ratio, advantages, clip_eps):
    mask = np.zeros(ratio.shape, dtype=bool)
    mask[(advantages > 0) & (ratio > 1 + clip_eps)] = True
    mask[(advantages < 0) & (ratio < 1 - clip_eps)] = True
    mask[advantages == 0] = True
    return mask


@right("gradient_is_zero")
def mask_not_alive(ratio, advantages, clip_eps):
    return ~((advantages > 0) & (ratio <= 1 + clip_eps) | (advantages < 0) & (ratio >= 1 - clip_eps))


# -- the mask, wrong ---------------------------------------------------------------------------------------------


@wrong("gradient_is_zero", "mark everything outside")
def outside_is_silent(ratio, advantages, clip_eps):
    return (ratio > 1 + clip_eps) | (ratio < 1 - clip_eps)


@wrong("gradient_is_zero", "mark everything outside")
def outside_or_no_advantage(ratio, advantages, clip_eps):
    return outside_is_silent(ratio, advantages, clip_eps) | (advantages == 0)


@wrong("gradient_is_zero", "mark everything outside")
def clipped_differs(ratio, advantages, clip_eps):
    return np.clip(ratio, 1 - clip_eps, 1 + clip_eps) * advantages != ratio * advantages


@wrong("gradient_is_zero", "look at the ratio only")
def too_likely_whatever_the_sign(ratio, advantages, clip_eps):
    return [r > 1 + clip_eps for r in ratio]


@wrong("gradient_is_zero", "one sign only")
def good_actions_only(ratio, advantages, clip_eps):
    return (advantages > 0) & (ratio > 1 + clip_eps)


@wrong("gradient_is_zero", "one sign only")
def bad_actions_only(ratio, advantages, clip_eps):
    return (advantages < 0) & (ratio < 1 - clip_eps) | (advantages == 0)


@wrong("gradient_is_zero", "two sides are swapped")
def sides_swapped(ratio, advantages, clip_eps):
    return (advantages < 0) & (ratio > 1 + clip_eps) | (advantages > 0) & (ratio < 1 - clip_eps) | (advantages == 0)


@wrong("gradient_is_zero", "opposite mask")
def where_there_is_a_gradient(ratio, advantages, clip_eps):
    return ~mask_with_operators(ratio, advantages, clip_eps)


@wrong("gradient_is_zero", "Â = 0 is forgotten")
def no_advantage_forgotten(ratio, advantages, clip_eps):
    return (advantages > 0) & (ratio > 1 + clip_eps) | (advantages < 0) & (ratio < 1 - clip_eps)


@wrong("gradient_is_zero", "Â = 0 is forgotten")
def no_advantage_counted_as_bad(ratio, advantage, clip_eps):
    return ratio > 1 + clip_eps if advantage > 0 else ratio < 1 - clip_eps


@wrong("gradient_is_zero", "exactly on the edge")
def silent_on_the_edge(ratio, advantages, clip_eps):
    return (advantages > 0) & (ratio >= 1 + clip_eps) | (advantages < 0) & (ratio <= 1 - clip_eps) | (advantages == 0)


@wrong("gradient_is_zero", "exactly on the edge")
def silent_on_the_lower_edge(ratio, advantages, clip_eps):
    return (advantages > 0) & (ratio > 1 + clip_eps) | (advantages < 0) & (ratio <= 1 - clip_eps) | (advantages == 0)


@wrong("gradient_is_zero", "inside of the band")
def inside(ratio, advantages, clip_eps):
    return (ratio <= 1 + clip_eps) & (ratio >= 1 - clip_eps)


@wrong("gradient_is_zero", "That is the slope itself")
def slope_for_mask(ratio, advantages, clip_eps):
    return np.where(mask_with_operators(ratio, advantages, clip_eps), 0.0, advantages)


@wrong("gradient_is_zero", "That is the value")
def value_for_mask(ratio, advantages, clip_eps):
    return numpy_as_in_the_paper(ratio, advantages, clip_eps)


@wrong("gradient_is_zero", "a share or a count")
def share_for_mask(ratio, advantages, clip_eps):
    return mask_with_operators(ratio, advantages, clip_eps).mean()


@wrong("gradient_is_zero", "a share or a count")
def count_for_mask(ratio, advantages, clip_eps):
    return sum(mask_loop(ratio, advantages, clip_eps))


@wrong("gradient_is_zero", "a constant")
def never(ratio, advantages, clip_eps):
    return np.zeros_like(ratio, dtype=bool)


@wrong("gradient_is_zero", "a constant")
def always(ratio, advantages, clip_eps):
    return torch.ones_like(ratio, dtype=torch.bool)


@wrong("gradient_is_zero", "Â = 0 only")
def no_advantage_only(ratio, advantages, clip_eps):
    return advantages == 0


@wrong("gradient_is_zero", "ε does not move")
def mask_with_fixed_eps(ratio, advantages, clip_eps):
    return mask_with_operators(ratio, advantages, 0.2)


@wrong("gradient_is_zero", "band is around 0")
def mask_around_zero(ratio, advantages, clip_eps):
    return (advantages > 0) & (ratio > clip_eps) | (advantages < 0) & (ratio < -clip_eps)


@wrong("gradient_is_zero", "paired every sample")
def mask_of_pairs(ratio, advantages, clip_eps):
    return mask_with_operators(ratio[:, None], advantages, clip_eps)


@wrong("gradient_is_zero", "in place")
def mask_that_damages(ratio, advantages, clip_eps):
    ratio -= 1
    return (advantages > 0) & (ratio > clip_eps) | (advantages < 0) & (ratio < -clip_eps) | (advantages == 0)


@right("gradient_is_zero")
def mask_by_central_differences(ratio, advantages, clip_eps):
    up, down = (numpy_as_in_the_paper(ratio + h, advantages, clip_eps) for h in (1e-6, -1e-6))
    return abs(up - down) / 2e-6 < 1e-6


def nearly_equal(up, down=0.0):
    return lambda r, A, e: np.isclose(numpy_as_in_the_paper(r + up, A, e), numpy_as_in_the_paper(r + down, A, e))


in_bulk(
    "gradient_is_zero",
    {
        ("nudge_and_isclose", "too loosely"): nearly_equal(1e-6),
        ("larger_nudge_and_isclose", "too loosely"): nearly_equal(1e-4),
        ("two_nudges_and_isclose", "too loosely"): nearly_equal(1e-5, -1e-5),
        ("nudge_upwards", "exactly on the edge"): lambda r, A, e: (
            numpy_as_in_the_paper(r + 1e-4, A, e) == numpy_as_in_the_paper(r, A, e)
        ),
        ("sign_above_only", "It counts on both"): lambda r, A, e: (A > 0) & (r > 1 + e) | (r < 1 - e),
        ("sign_below_only", "It counts on both"): lambda r, A, e: (r > 1 + e) | (A < 0) & (r < 1 - e) | (A == 0),
        ("good_actions_outside", "on both sides of the band"): lambda r, A, e: ~within(r, e) & (A > 0),
        ("bad_actions_outside", "on both sides of the band"): lambda r, A, e: ~within(r, e) & (A < 0) | (A == 0),
        ("far_edges", "edges have changed places"): lambda r, A, e: (A > 0) & (r > 1 - e) | (A < 0) & (r < 1 + e),
        ("ties_are_silent", "All of the band is such a tie"): lambda r, A, e: clipped_product_of(r, A, e) <= r * A,
        ("value_is_the_clipped_one", "All of the band is such a tie"): lambda r, A, e: (
            numpy_as_in_the_paper(r, A, e) == clipped_product_of(r, A, e)
        ),
        ("moved_the_right_way", "however little"): lambda r, A, e: A * (r - 1) > 0,
        ("moved_the_wrong_way", "two sides are swapped"): lambda r, A, e: A * (r - 1) < 0,
        ("size_of_the_advantage", "size of the advantage decides"): lambda r, A, e: A * (r - 1) > e,
        ("product_beyond_the_edge", "size of the advantage decides"): lambda r, A, e: (r * A > 1 + e) | (A == 0),
        ("value_is_zero", "where the *value* is zero"): lambda r, A, e: numpy_as_in_the_paper(r, A, e) == 0,
        ("mask_with_a_band_even_in_the_log", "even in the logarithm"): lambda r, A, e: (
            (A > 0) & (r > 1 + e) | (A < 0) & (r < 1 / (1 + e)) | (A == 0)
        ),
        ("fixed_eps_and_zero_forgotten", "ε does not move"): lambda r, A, e: flat(r, A, 0.2),
    },
)


# -- two ways to count, right ------------------------------------------------------------------------------------


@right("clip_fractions")
def fractions_numpy(ratio, advantages, clip_eps):
    outside = (ratio > 1 + clip_eps) | (ratio < 1 - clip_eps)
    return outside.mean(), mask_with_operators(ratio, advantages, clip_eps).mean()


@right("clip_fractions")
def fractions_as_a_list(ratio, advantages, clip_eps):
    return list(fractions_numpy(ratio, advantages, clip_eps))


@right("clip_fractions")
def fractions_as_an_array(ratio, advantages, clip_eps):
    return np.array(fractions_numpy(ratio, advantages, clip_eps), dtype=np.float32)


@right("clip_fractions")
def fractions_torch(ratio, advantages, clip_eps):
    outside = (ratio.clamp(1 - clip_eps, 1 + clip_eps) != ratio).float().mean()
    return outside, mask_with_operators(ratio, advantages, clip_eps).float().mean()


@right("clip_fractions")
def fractions_stacked(ratio, advantages, clip_eps):
    return torch.stack(fractions_torch(ratio, advantages, clip_eps))


@right("clip_fractions")
def fractions_as_items(ratio, advantages, clip_eps):
    return tuple(x.item() for x in fractions_torch(ratio, advantages, clip_eps))


@right("clip_fractions")
def fractions_by_counting(ratio, advantages, clip_eps):
    outside = silent = 0
    for r, a in zip(ratio, advantages):
        outside += r > 1 + clip_eps or r < 1 - clip_eps
        silent += mask_one_number(r, a, clip_eps)
    return outside / len(ratio), silent / len(ratio)


@right("clip_fractions")
def fractions_by_comprehension(ratio, advantages, clip_eps):
    inside = [1 - clip_eps <= r <= 1 + clip_eps for r in ratio]
    return 1 - sum(inside) / len(inside), sum(mask_loop(ratio, advantages, clip_eps)) / len(inside)


@right("clip_fractions")
def fractions_by_count_nonzero(ratio, advantages, clip_eps):
    outside = np.count_nonzero(np.clip(ratio, 1 - clip_eps, 1 + clip_eps) - ratio)
    return outside / np.size(ratio), np.average(mask_with_operators(ratio, advantages, clip_eps))


@right("clip_fractions")
def fractions_lists_only(ratio, advantages, clip_eps):
    assert isinstance(ratio, list)
    outside = [r for r in ratio if not 1 - clip_eps <= r <= 1 + clip_eps]
    return len(outside) / len(ratio), sum(mask_loop(ratio, advantages, clip_eps)) / len(ratio)


@right("clip_fractions")
def fractions_mixed(ratio, advantages, clip_eps):
    outside = torch.as_tensor((ratio > 1 + clip_eps) | (ratio < 1 - clip_eps), dtype=torch.float64).mean()
    return outside, float(mask_with_operators(ratio, advantages, clip_eps).mean())


# -- two ways to count, wrong ------------------------------------------------------------------------------------


@wrong("clip_fractions", "wrong order")
def fractions_swapped(ratio, advantages, clip_eps):
    return fractions_numpy(ratio, advantages, clip_eps)[::-1]


@wrong("clip_fractions", "only the silent")
def silent_twice(ratio, advantages, clip_eps):
    return (mask_with_operators(ratio, advantages, clip_eps).mean(),) * 2


@wrong("clip_fractions", "only the silent")
def clip_fraction_by_sign(ratio, advantages, clip_eps):
    silent = no_advantage_forgotten(ratio, advantages, clip_eps)
    return silent.mean(), (silent | (advantages == 0)).mean()


@wrong("clip_fractions", "everything outside the band as without gradient")
def outside_twice(ratio, advantages, clip_eps):
    return (outside_is_silent(ratio, advantages, clip_eps).mean(),) * 2


@wrong("clip_fractions", "everything outside the band as without gradient")
def outside_and_outside_or_zero(ratio, advantages, clip_eps):
    outside = outside_is_silent(ratio, advantages, clip_eps)
    return outside.mean(), (outside | (advantages == 0)).mean()


@wrong("clip_fractions", "percentages")
def percent(ratio, advantages, clip_eps):
    return [100 * x for x in fractions_numpy(ratio, advantages, clip_eps)]


@wrong("clip_fractions", "counts")
def counts(ratio, advantages, clip_eps):
    outside = outside_is_silent(ratio, advantages, clip_eps)
    return outside.sum(), mask_with_operators(ratio, advantages, clip_eps).sum()


@wrong("clip_fractions", "shares of the others")
def shares_inside(ratio, advantages, clip_eps):
    return [1 - x for x in fractions_numpy(ratio, advantages, clip_eps)]


@wrong("clip_fractions", "one edge of the band")
def upper_edge_counted(ratio, advantages, clip_eps):
    return (ratio > 1 + clip_eps).mean(), mask_with_operators(ratio, advantages, clip_eps).mean()


@wrong("clip_fractions", "looks at Â")
def outside_with_an_advantage(ratio, advantages, clip_eps):
    outside = outside_is_silent(ratio, advantages, clip_eps) & (advantages != 0)
    return outside.mean(), mask_with_operators(ratio, advantages, clip_eps).mean()


@wrong("clip_fractions", "Â = 0 is forgotten")
def zero_forgotten_in_the_second(ratio, advantages, clip_eps):
    outside = outside_is_silent(ratio, advantages, clip_eps)
    return outside.mean(), no_advantage_forgotten(ratio, advantages, clip_eps).mean()


@wrong("clip_fractions", "share of the samples *outside*")
def share_of_those_outside(ratio, advantages, clip_eps):
    outside = outside_is_silent(ratio, advantages, clip_eps)
    return outside.mean(), mask_with_operators(ratio, advantages, clip_eps).sum() / outside.sum()


@wrong("clip_fractions", "still *have*")
def alive_outside(ratio, advantages, clip_eps):
    outside = outside_is_silent(ratio, advantages, clip_eps)
    return outside.mean(), (outside & ~mask_with_operators(ratio, advantages, clip_eps)).mean()


@wrong("clip_fractions", "exactly on the edge")
def edge_counted(ratio, advantages, clip_eps):
    outside = (ratio >= 1 + clip_eps) | (ratio <= 1 - clip_eps)
    return outside.mean(), silent_on_the_edge(ratio, advantages, clip_eps).mean()


@wrong("clip_fractions", "ε does not move")
def fractions_with_fixed_eps(ratio, advantages, clip_eps):
    return fractions_numpy(ratio, advantages, 0.2)


@wrong("clip_fractions", "one entry per sample")
def masks_not_shares(ratio, advantages, clip_eps):
    return outside_is_silent(ratio, advantages, clip_eps), mask_with_operators(ratio, advantages, clip_eps)


@wrong("clip_fractions", "There is one number")
def one_fraction(ratio, advantages, clip_eps):
    return outside_is_silent(ratio, advantages, clip_eps).mean()


@wrong("clip_fractions", "should hold numbers")
def a_dictionary(ratio, advantages, clip_eps):
    return dict(zip(("clip_fraction", "zero_gradient_fraction"), fractions_numpy(ratio, advantages, clip_eps)))


@wrong("clip_fractions", "a constant")
def half_and_half(ratio, advantages, clip_eps):
    return 0.5, 0.5


@wrong("clip_fractions", "in place")
def fractions_that_damage(ratio, advantages, clip_eps):
    answer = fractions_numpy(ratio, advantages, clip_eps)
    ratio[:] = np.clip(ratio, 1 - clip_eps, 1 + clip_eps)
    return answer


def is_outside(r, e):
    return ~within(r, e)


def is_silent(r, A, e):
    return flat(r, A, e) | (A == 0)


def with_first(number):
    return lambda r, A, e: (number(r, A, e), is_silent(r, A, e).mean())


def with_second(number):
    return lambda r, A, e: (is_outside(r, e).mean(), number(r, A, e))


in_bulk(
    "clip_fractions",
    {
        ("swapped_and_zero_forgotten", "wrong order"): lambda r, A, e: (flat(r, A, e).mean(), is_outside(r, e).mean()),
        ("swapped_with_the_edges", "wrong order"): lambda r, A, e: (
            silent_on_the_edge(r, A, e).mean(),
            ((r >= 1 + e) | (r <= 1 - e)).mean(),
        ),
        ("alive_first", "counts only the samples outside that still *have*"): with_first(
            lambda r, A, e: (is_outside(r, e) & ~is_silent(r, A, e)).mean()
        ),
        ("alive_first_and_zero_forgotten", "counts only the samples outside that still *have*"): lambda r, A, e: (
            (is_outside(r, e) & ~is_silent(r, A, e)).mean(),
            flat(r, A, e).mean(),
        ),
        ("inside_first", "first number is the share *inside*"): with_first(lambda r, A, e: within(r, e).mean()),
        ("above_and_below", "always 0"): with_first(lambda r, A, e: ((r > 1 + e) & (r < 1 - e)).mean()),
        ("asked_after_the_clip", "after it was clipped"): with_first(
            lambda r, A, e: is_outside(np.clip(r, 1 - e, 1 + e), e).mean()
        ),
        ("three_fractions", "shape (3,). Asked are two numbers"): lambda r, A, e: (0.5, 0.5, 0.5),
        ("the_mask_alone", "Asked are two numbers for the whole batch: `return"): lambda r, A, e: is_silent(r, A, e),
        ("a_fraction_that_is_another", "The answer is one number. Asked are two"): lambda r, A, e: r.mean(),
        ("good_actions_counted", "looks at Â"): with_first(lambda r, A, e: (is_outside(r, e) & (A > 0)).mean()),
        ("first_is_a_count", "first number is not a share"): with_first(lambda r, A, e: is_outside(r, e).sum()),
        ("first_is_a_distance", "first number is not a share"): with_first(
            lambda r, A, e: abs(r - np.clip(r, 1 - e, 1 + e)).mean()
        ),
        ("first_with_fixed_eps", "does not move with ε, or lies around 0"): with_first(
            lambda r, A, e: is_outside(r, 0.2).mean()
        ),
        ("first_around_zero", "does not move with ε, or lies around 0"): with_first(
            lambda r, A, e: (abs(r) > e).mean()
        ),
        ("both_wrong", "one edge of the band"): lambda r, A, e: ((r > 1 + e).mean(), flat(r, A, e).mean()),
        ("share_of_those_outside_or_0", "share of the samples *outside*"): with_second(
            lambda r, A, e: flat(r, A, e).sum() / max(is_outside(r, e).sum(), 1)
        ),
        ("mean_of_those_outside", "share of the samples *outside*"): with_second(
            lambda r, A, e: is_silent(r, A, e)[is_outside(r, e)].mean()
        ),
        ("gap_between_the_two", "the gap between the two"): with_second(
            lambda r, A, e: is_outside(r, e).mean() - is_silent(r, A, e).mean()
        ),
        ("second_opposite", "second number is the share of the samples that *have*"): with_second(
            lambda r, A, e: (~is_silent(r, A, e)).mean()
        ),
        ("second_with_the_sides_swapped", "being pulled back"): with_second(lambda r, A, e: is_silent(r, -A, e).mean()),
        ("second_for_good_actions", "looks at one sign only"): with_second(
            lambda r, A, e: ((A > 0) & (r > 1 + e) | (A == 0)).mean()
        ),
        ("second_in_per_cent", "second number is not a share"): with_second(
            lambda r, A, e: 100 * is_silent(r, A, e).mean()
        ),
        ("second_with_fixed_eps", "second number does not move"): with_second(
            lambda r, A, e: is_silent(r, A, 0.2).mean()
        ),
        ("rounded_to_two_digits", "The first asks where"): lambda r, A, e: [
            round(float(x), 2) for x in fractions_numpy(r, A, e)
        ],
    },
)


# -- the proof ---------------------------------------------------------------------------------------------------


def weaves(left, right):
    """Every way to weave two threads together, each kept in its order."""
    for places in itertools.combinations(range(len(left) + len(right)), len(left)):
        first, second = iter(left), iter(right)
        yield "".join(next(first) if i in places else next(second) for i in range(len(left) + len(right)))


def saying(name, answer):
    """A function without arguments that answers so."""

    def function():
        return answer

    function.__name__ = name
    return function


def orders():
    yield from (saying(order, order) for order in weaves("be", "cfag"))
    yield saying("a_list", list("cfagbe"))
    yield saying("a_tuple", tuple("becfag"))
    yield saying("capitals_and_commas", "B, E, C, F, A, G.")
    yield saying("brackets", "(b) (e) (c) (f) (a) (g)")
    yield saying("two_claims", ["be", "cfag"])


for function in orders():
    right("proof_order")(function)

for answer, piece in (
    ("becfagd", "Line d is false"),
    ("dbecfag", "Line d is false"),
    ("becfagh", "Line h is false"),
    ("hecfag", "Line h is false"),
    ("abcdefgh", "Line d is false"),
    ("cfag", "prove L^CLIP ≤ L^CPI"),
    ("be", "prove equality inside the band"),
    ("", "2 of the lines that prove L^CLIP ≤ L^CPI, and 4 of the lines that prove equality inside the band"),
    ("bcf", "1 of the lines that prove L^CLIP ≤ L^CPI, and 2 of the lines that prove equality"),
    ("becfa", "prove equality inside the band"),
    ("ebcfag", "Line e comes before"),
    ("becfga", "Line g comes before"),
    ("befcag", "Line f comes before"),
    ("gafceb", "before the line it rests on"),
    ("becafg", "Line a comes before"),
    ("bbecfag", "stands there twice"),
    ("becfagx", "no line x"),
    ("123456", "no line 1"),
    (["b", None], "Give the letters"),
    (42, "Give the letters"),
):
    wrong("proof_order", piece)(saying(f"order_{answer}", answer))


# -- the bet: any complete one earns the point ----------------------------------------------------------------------

BET = {"outside": "some", "silent": "not all", "training": "rises", "held_out": "rises much less or falls"}
BETS = (
    {},
    {"outside": "none"},
    {"outside": "nearly all"},
    {"silent": "all"},
    {"training": "stays"},
    {"training": "falls"},
    {"held_out": "rises as much"},
    {"outside": "none", "silent": "all"},
    {"outside": "none", "silent": "all", "training": "stays", "held_out": "rises as much"},
    {"training": " Rises "},
)
for number, bet in enumerate(BETS):
    right("k_epochs")(saying(f"bet_{number}", BET | bet))

for number, (answer, piece) in enumerate(
    (
        ({}, "no prediction for 'outside'"),
        ({"outside": "some"}, "no prediction for 'silent'"),
        ({key: BET[key] for key in ("outside", "silent", "training")}, "no prediction for 'held_out'"),
        (dict.fromkeys(BET), "still None"),
        (BET | {"silent": None}, "'silent' is still None"),
        (BET | {"outside": "14%"}, "'14%' is none of the choices"),
        (BET | {"outside": 0.14}, "0.14 is none of the choices"),
        (BET | {"training": "rises much less or falls"}, "none of the choices for 'training'"),
        (BET | {"held_out": "rises"}, "none of the choices for 'held_out'"),
        (BET | {"return": "falls"}, "'return' is not one of the questions"),
        ("some", "Return a dict"),
        (["some", "not all", "rises", "rises as much"], "Return a dict"),
    )
):
    wrong("k_epochs", piece)(saying(f"no_bet_{number}", answer))
