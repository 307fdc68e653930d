"""Answers to exercise 06, right ones in many styles and wrong ones with a piece of the message each must get."""

import math

import numpy as np
import scipy.special
import scipy.stats
import torch
from registry import bank

from ppo_edu import entropy as package
from ppo_edu import loss as losses
from ppo_edu.arrays import log_softmax
from ppo_edu.clip import clipped_objective

RIGHT, WRONG, right, wrong, in_bulk = bank()


# -- the value loss, right ---------------------------------------------------------------------------------------


@right("value_loss")
def half_the_square(values, returns):
    return (values - returns) ** 2 / 2


@right("value_loss")
def the_other_way_round(values, returns):
    return 0.5 * (returns - values) ** 2


@right("value_loss")
def numpy_square(values, returns):
    return 0.5 * np.square(np.subtract(values, returns))


@right("value_loss")
def expanded(values, returns):
    return values * values / 2 - values * returns + returns * returns / 2


@right("value_loss")
def error_times_itself(values, returns):
    error = values - returns
    return error * error * 0.5


@right("value_loss")
def torch_mse(values, returns):
    return 0.5 * torch.nn.functional.mse_loss(values, returns, reduction="none")


@right("value_loss")
def torch_with_detached_target(values, returns):
    return (values - returns.detach()).pow(2).div(2)


@right("value_loss")
def torch_module(values, returns):
    return torch.nn.MSELoss(reduction="none")(values, returns) / 2


@right("value_loss")
def float32(values, returns):
    error = np.asarray(values, dtype=np.float32) - np.asarray(returns, dtype=np.float32)
    return np.float32(0.5) * error**2


@right("value_loss")
def in_place_on_a_copy(values, returns):
    loss = np.array(values, dtype=float)
    loss -= returns
    loss *= loss
    loss /= 2
    return loss


@right("value_loss")
def list_comprehension(values, returns):
    return [0.5 * (v - r) ** 2 for v, r in zip(values, returns)]


@right("value_loss")
def loop(values, returns):
    losses = np.zeros_like(values)
    for index in np.ndindex(np.shape(values)):
        losses[index] = (values[index] - returns[index]) ** 2 / 2
    return losses


@right("value_loss")
def one_number(values, returns):
    return math.pow(values - returns, 2) / 2


@right("value_loss")
def by_absolute_value(values, returns):
    return abs(values - returns) ** 2 / 2


@right("value_loss")
def of_the_package(values, returns):
    return losses.value_loss(values, returns)


@right("value_loss")
def generator(values, returns):
    return ((v - r) ** 2 / 2 for v, r in zip(values, returns))


# -- the value loss, wrong ---------------------------------------------------------------------------------------


def z_score(x):
    return (x - x.mean()) / (x.std() + 1e-8)


in_bulk(
    "value_loss",
    {
        ("no_half", "½ is missing"): lambda v, r: (v - r) ** 2,
        ("quarter", "½ is all"): lambda v, r: (v - r) ** 2 / 4,
        ("half_inside_both", "½ is all"): lambda v, r: ((v - r) / 2) ** 2,
        ("doubled", "½ is all"): lambda v, r: 2 * (v - r) ** 2,
        ("mean", "You average"): lambda v, r: ((v - r) ** 2 / 2).mean(),
        ("mse", "You average"): lambda v, r: ((v - r) ** 2).mean(),
        ("torch_mse_mean", "You average"): lambda v, r: torch.nn.functional.mse_loss(torch.tensor(v), torch.tensor(r)),
        ("sum", "You add the batch up"): lambda v, r: ((v - r) ** 2 / 2).sum(),
        ("sum_no_half", "You add the batch up"): lambda v, r: ((v - r) ** 2).sum(),
        ("negative", "sign is turned"): lambda v, r: -((v - r) ** 2) / 2,
        ("negative_no_half", "sign is turned"): lambda v, r: -((v - r) ** 2),
        ("error", "the error, not its square"): lambda v, r: v - r,
        ("error_turned", "the error, not its square"): lambda v, r: r - v,
        ("absolute", "size of the error"): lambda v, r: abs(v - r),
        ("half_absolute", "size of the error"): lambda v, r: abs(v - r) / 2,
        ("root", "size of the error"): lambda v, r: ((v - r) ** 2 / 2) ** 0.5,
        ("squares_subtracted", "square before you subtract"): lambda v, r: (v**2 - r**2) / 2,
        ("squares_subtracted_turned", "square before you subtract"): lambda v, r: (r**2 - v**2) / 2,
        ("squares_added", "square before you subtract"): lambda v, r: (v**2 + r**2) / 2,
        ("added", "The two are added"): lambda v, r: (v + r) ** 2 / 2,
        ("advantage_as_target", "treat `returns` as advantages"): lambda v, r: ((r + v) - v) ** 2 / 2,
        ("value_once_more", "treat `returns` as advantages"): lambda v, r: (v + (r + v)) ** 2 / 2,
        ("value_subtracted_twice", "treat `returns` as advantages"): lambda v, r: (v - (r - v)) ** 2 / 2,
        ("no_target", "targets are not used"): lambda v, r: v**2 / 2,
        ("relative_error", "or the error. The critic"): lambda v, r: ((v - r) / r) ** 2 / 2,
        ("normalised_error", "or the error. The critic"): lambda v, r: z_score(v - r) ** 2 / 2,
        ("huber", "straight line"): lambda v, r: np.where(abs(v - r) <= 1, (v - r) ** 2 / 2, abs(v - r) - 0.5),
        ("huber_torch", "straight line"): lambda v, r: torch.nn.functional.huber_loss(
            torch.as_tensor(v), torch.as_tensor(r), reduction="none"
        ),
        ("half_of_v", "halve V or its target"): lambda v, r: (v / 2 - r) ** 2,
        ("half_of_r", "halve V or its target"): lambda v, r: (v - r / 2) ** 2,
        ("normalised_returns", "You normalise"): lambda v, r: (v - z_score(r)) ** 2 / 2,
        ("normalised_both", "You normalise"): lambda v, r: (z_score(v) - z_score(r)) ** 2 / 2,
        ("relative", "You normalise"): lambda v, r: ((v - r) / r) ** 2 / 2,
        ("clipped_error", "cut the error"): lambda v, r: np.clip(v - r, -0.2, 0.2) ** 2 / 2,
        ("clipped_loss", "cut the error"): lambda v, r: np.minimum((v - r) ** 2 / 2, 0.5),
        ("the_values", "one of the inputs"): lambda v, r: v,
        ("the_returns", "one of the inputs"): lambda v, r: r,
        ("zeros", "a constant"): lambda v, r: 0 * v,
        ("cube", "Half the square"): lambda v, r: abs(v - r) ** 3 / 2,
        ("product", "Half the square"): lambda v, r: v * r / 2,
        ("precedence", "Half the square"): lambda v, r: v - r**2 / 2,
        ("xor_like_power", "Half the square"): lambda v, r: (v - r) * 2 / 2 * 2,
        ("whole_division", "Half the square"): lambda v, r: (v - r) ** 2 // 2,
        ("column", "broadcasting"): lambda v, r: (np.reshape(v, (-1, 1)) - r) ** 2 / 2,
        ("kept_column", "is a column"): lambda v, r: ((v - r) ** 2 / 2).reshape(-1, 1),
        ("detached", "no gradient reaches"): lambda v, r: (torch.as_tensor(v).detach() - r) ** 2 / 2,
        ("rebuilt", "no gradient reaches"): lambda v, r: (torch.tensor(v.tolist()) - torch.as_tensor(r)) ** 2 / 2,
        ("half_detached", "half of the gradient"): lambda v, r: (v - r) * (torch.as_tensor(v).detach() - r) / 2,
        ("uphill", "slope is turned around"): lambda v, r: (2 * torch.as_tensor(v).detach() - v - r) ** 2 / 2,
        ("triple_slope", "but not the slope"): lambda v, r: (3 * v - 2 * torch.as_tensor(v).detach() - r) ** 2 / 2,
    },
)


@wrong("value_loss", "changed its input (V)")
def subtracted_in_place(values, returns):
    values -= returns
    return values**2 / 2


@wrong("value_loss", "changed its input (V̂)")
def target_in_place(values, returns):
    returns -= values
    return returns**2 / 2


# -- the clipped value loss, right -------------------------------------------------------------------------------


@right("clipped_value_loss")
def larger_of_two_squares(values, old_values, returns, clip_eps):
    near_old = old_values + np.clip(values - old_values, -clip_eps, clip_eps)
    return np.maximum((values - returns) ** 2, (near_old - returns) ** 2) / 2


@right("clipped_value_loss")
def band_edges(values, old_values, returns, clip_eps):
    near_old = np.clip(values, old_values - clip_eps, old_values + clip_eps)
    return 0.5 * np.maximum((values - returns) ** 2, (near_old - returns) ** 2)


@right("clipped_value_loss")
def as_in_cleanrl(values, old_values, returns, clip_eps):
    v_loss_unclipped = (values - returns) ** 2
    v_clipped = old_values + torch.clamp(values - old_values, -clip_eps, clip_eps)
    return 0.5 * torch.max(v_loss_unclipped, (v_clipped - returns) ** 2)


@right("clipped_value_loss")
def torch_by_where(values, old_values, returns, clip_eps):
    near_old = torch.min(torch.max(values, old_values - clip_eps), old_values + clip_eps)
    plain, held = (values - returns) ** 2 / 2, (near_old - returns) ** 2 / 2
    return torch.where(plain >= held, plain, held)


@right("clipped_value_loss")
def torch_stacked(values, old_values, returns, clip_eps):
    near_old = old_values + (values - old_values).clamp(-clip_eps, clip_eps)
    return torch.stack([(values - returns) ** 2, (near_old - returns) ** 2]).amax(0) / 2


@right("clipped_value_loss")
def larger_of_two_sizes(values, old_values, returns, clip_eps):
    near_old = old_values + np.clip(values - old_values, -clip_eps, clip_eps)
    return np.maximum(abs(values - returns), abs(near_old - returns)) ** 2 / 2


@right("clipped_value_loss")
def scalar_branches(values, old_values, returns, clip_eps):
    if values > old_values + clip_eps:
        near_old = old_values + clip_eps
    elif values < old_values - clip_eps:
        near_old = old_values - clip_eps
    else:
        near_old = values
    return max((values - returns) ** 2, (near_old - returns) ** 2) / 2


@right("clipped_value_loss")
def looped(values, old_values, returns, clip_eps):
    result = np.zeros(np.shape(values))
    for i in np.ndindex(np.shape(values)):
        near_old = old_values[i] + max(-clip_eps, min(clip_eps, values[i] - old_values[i]))
        result[i] = 0.5 * max((values[i] - returns[i]) ** 2, (near_old - returns[i]) ** 2)
    return result


@right("clipped_value_loss")
def lists(values, old_values, returns, clip_eps):
    assert isinstance(values, list)
    near = [o + min(max(v - o, -clip_eps), clip_eps) for v, o in zip(values, old_values)]
    return [max((v - r) ** 2, (n - r) ** 2) / 2 for v, n, r in zip(values, near, returns)]


@right("clipped_value_loss")
def in_float32(values, old_values, returns, clip_eps):
    v, o, r = (np.asarray(x, dtype=np.float32) for x in (values, old_values, returns))
    return np.maximum((v - r) ** 2, (o + np.clip(v - o, -clip_eps, clip_eps) - r) ** 2) / 2


@right("clipped_value_loss")
def masked_copy(values, old_values, returns, clip_eps):
    near_old = np.array(values)
    high, low = values - old_values > clip_eps, values - old_values < -clip_eps
    near_old = np.where(high, old_values + clip_eps, np.where(low, old_values - clip_eps, near_old))
    first, second = (near_old - returns) ** 2, (values - returns) ** 2
    return np.where(first > second, first, second) * 0.5


@right("clipped_value_loss")
def minus_the_min_of_minus(values, old_values, returns, clip_eps):
    near_old = old_values + np.clip(values - old_values, -clip_eps, clip_eps)
    return -np.minimum(-((values - returns) ** 2), -((near_old - returns) ** 2)) / 2


@right("clipped_value_loss")
def plain_plus_what_is_more(values, old_values, returns, clip_eps):
    plain = losses.value_loss(values, returns)
    held = losses.value_loss(old_values + np.clip(values - old_values, -clip_eps, clip_eps), returns)
    return plain + np.maximum(held - plain, 0)


@right("clipped_value_loss")
def not_below_the_best_within_reach(values, old_values, returns, clip_eps):
    """The same number in other words: no loss below that of the best prediction within ε of V_old."""
    best = np.clip(returns, old_values - clip_eps, old_values + clip_eps)
    return np.maximum((values - returns) ** 2, (best - returns) ** 2) / 2


@right("clipped_value_loss")
def of_the_package_clipped(values, old_values, returns, clip_eps):
    return losses.clipped_value_loss(values, old_values, returns, clip_eps)


# -- the clipped value loss, wrong -------------------------------------------------------------------------------


def near(v, o, e):
    return o + np.clip(v - o, -e, e)


def worse(v, o, r, e, value=near):
    return np.maximum((v - r) ** 2, (value(v, o, e) - r) ** 2) / 2


def torch_near(v, o, e):
    return o + torch.clamp(v - o, -e, e)


in_bulk(
    "clipped_value_loss",
    {
        ("plain", "plain loss"): lambda v, o, r, e: (v - r) ** 2 / 2,
        ("band_around_the_target", "around the target, where the max undoes it"): lambda v, o, r, e: worse(
            v, o, r, e, lambda v, o, e: np.clip(v, r - e, r + e)
        ),
        ("minimum", "smaller of the two"): lambda v, o, r, e: np.minimum((v - r) ** 2, (near(v, o, e) - r) ** 2) / 2,
        ("no_max", "without the max"): lambda v, o, r, e: (near(v, o, e) - r) ** 2 / 2,
        ("no_half_clipped", "with it the slope is the error, where there is one"): lambda v, o, r, e: (
            2 * worse(v, o, r, e)
        ),
        ("quarter_clipped", "½ is all"): lambda v, o, r, e: worse(v, o, r, e) / 2,
        ("half_of_one", "before one of the two squares only"): lambda v, o, r, e: np.maximum(
            (v - r) ** 2 / 2, (near(v, o, e) - r) ** 2
        ),
        ("half_of_the_other", "before one of the two squares only"): lambda v, o, r, e: np.maximum(
            (v - r) ** 2, (near(v, o, e) - r) ** 2 / 2
        ),
        ("only_the_change", "add it to V_old"): lambda v, o, r, e: worse(
            v, o, r, e, lambda v, o, e: np.clip(v - o, -e, e)
        ),
        ("around_0", "band is around 0"): lambda v, o, r, e: worse(v, o, r, e, lambda v, o, e: np.clip(v, -e, e)),
        ("around_0_shifted", "band is around 0"): lambda v, o, r, e: worse(
            v, o, r, e, lambda v, o, e: o + np.clip(v, -e, e)
        ),
        ("around_1", "band is around 1"): lambda v, o, r, e: worse(
            v, o, r, e, lambda v, o, e: np.clip(v, 1 - e, 1 + e)
        ),
        ("ratio", "band is around 1"): lambda v, o, r, e: worse(
            v, o, r, e, lambda v, o, e: o * np.clip(v / o, 1 - e, 1 + e)
        ),
        ("band_of_a_multiple", "multiple of V_old"): lambda v, o, r, e: worse(
            v, o, r, e, lambda v, o, e: np.clip(v, o * (1 - e), o * (1 + e))
        ),
        ("band_of_a_multiple_lower_edge_last", "multiple of V_old"): lambda v, o, r, e: worse(
            v, o, r, e, lambda v, o, e: np.maximum(o * (1 - e), np.minimum(v, o * (1 + e)))
        ),
        ("band_of_a_share", "multiple of V_old"): lambda v, o, r, e: worse(
            v, o, r, e, lambda v, o, e: np.clip(v, o - e * abs(o), o + e * abs(o))
        ),
        ("change_around_1", "band is around 1"): lambda v, o, r, e: worse(
            v, o, r, e, lambda v, o, e: o + np.clip(v - o, 1 - e, 1 + e)
        ),
        ("error_clipped", "band is around the target"): lambda v, o, r, e: np.clip(v - r, -e, e) ** 2 / 2,
        ("target_clipped", "band is around the target"): lambda v, o, r, e: (v - near(r, o, e)) ** 2 / 2,
        ("from_the_new", "changed places"): lambda v, o, r, e: worse(v, o, r, e, lambda v, o, e: near(o, v, e)),
        ("away_from_the_old", "changed places"): lambda v, o, r, e: worse(
            v, o, r, e, lambda v, o, e: o - np.clip(v - o, -e, e)
        ),
        ("from_the_new_away", "changed places"): lambda v, o, r, e: worse(
            v, o, r, e, lambda v, o, e: v + np.clip(v - o, -e, e)
        ),
        ("upper_edge_only", "one edge only"): lambda v, o, r, e: worse(
            v, o, r, e, lambda v, o, e: np.minimum(v, o + e)
        ),
        ("lower_edge_only", "one edge only"): lambda v, o, r, e: worse(
            v, o, r, e, lambda v, o, e: np.maximum(v, o - e)
        ),
        ("loss_clipped", "clip the loss"): lambda v, o, r, e: np.minimum((v - r) ** 2 / 2, e),
        ("loss_near_old_loss", "clip the loss"): lambda v, o, r, e: (
            (o - r) ** 2 / 2 + np.clip((v - r) ** 2 / 2 - (o - r) ** 2 / 2, -e, e)
        ),
        ("both_added", "add or average"): lambda v, o, r, e: ((v - r) ** 2 + (near(v, o, e) - r) ** 2) / 2,
        ("both_averaged", "add or average"): lambda v, o, r, e: ((v - r) ** 2 + (near(v, o, e) - r) ** 2) / 4,
        ("max_before_square", "before they are squared"): lambda v, o, r, e: (
            np.maximum(v - r, near(v, o, e) - r) ** 2 / 2
        ),
        ("max_of_predictions", "before they are squared"): lambda v, o, r, e: (
            (np.maximum(v, near(v, o, e)) - r) ** 2 / 2
        ),
        ("max_before_square_turned", "before they are squared"): lambda v, o, r, e: (
            np.maximum(r - v, r - near(v, o, e)) ** 2 / 2
        ),
        ("no_target_at_all", "V_old stands in its place"): lambda v, o, r, e: worse(v, o, o, e),
        ("target_added", "V_old stands in its place"): lambda v, o, r, e: worse(
            v, o, r, e, lambda v, o, e: r + np.clip(v - o, -e, e)
        ),
        ("old_loss", "V_old's own loss"): lambda v, o, r, e: np.maximum((v - r) ** 2, (o - r) ** 2) / 2,
        ("negative_clipped", "sign is turned"): lambda v, o, r, e: -worse(v, o, r, e),
        ("max_of_negatives", "sign is turned"): lambda v, o, r, e: (
            np.maximum(-((v - r) ** 2), -((near(v, o, e) - r) ** 2)) / 2
        ),
        ("mean_clipped", "average over the batch"): lambda v, o, r, e: worse(v, o, r, e).mean(),
        ("max_of_means", "average over the batch"): lambda v, o, r, e: (
            max(((v - r) ** 2).mean(), ((near(v, o, e) - r) ** 2).mean()) / 2
        ),
        ("sum_clipped", "average over the batch"): lambda v, o, r, e: worse(v, o, r, e).sum(),
        ("the_worst_sample", "average over the batch"): lambda v, o, r, e: worse(v, o, r, e).max(),
        ("zero_beyond", "set the loss to 0"): lambda v, o, r, e: (v - r) ** 2 / 2 * (abs(v - o) <= e),
        ("zero_beyond_by_where", "set the loss to 0"): lambda v, o, r, e: np.where(abs(v - o) > e, 0, (v - r) ** 2 / 2),
        ("eps_fixed", "ε does not move"): lambda v, o, r, e: worse(v, o, r, 0.2),
        ("eps_fixed_5", "ε does not move"): lambda v, o, r, e: worse(v, o, r, 0.5),
        ("eps_doubled", "doubled, halved"): lambda v, o, r, e: worse(v, o, r, 2 * e),
        ("eps_halved", "doubled, halved"): lambda v, o, r, e: worse(v, o, r, e / 2),
        ("eps_squared", "doubled, halved"): lambda v, o, r, e: worse(v, o, r, e**2),
        ("detached_clipped", "no gradient reaches"): lambda v, o, r, e: losses.clipped_value_loss(
            torch.as_tensor(v).detach(), o, r, e
        ),
        ("second_term_detached", "one of the two terms"): lambda v, o, r, e: (
            torch.max((v - r) ** 2, (torch_near(v.detach(), o, e) - r) ** 2) / 2
        ),
        ("first_term_detached", "one of the two terms"): lambda v, o, r, e: (
            torch.max((v.detach() - r) ** 2, (torch_near(v, o, e) - r) ** 2) / 2
        ),
        ("silent_on_both_sides", "gone on both sides"): lambda v, o, r, e: torch.where(
            abs(v - o) > e, losses.clipped_value_loss(v, o, r, e).detach(), losses.clipped_value_loss(v, o, r, e)
        ),
        ("strictly_max_of_abs", "V is within ε"): lambda v, o, r, e: np.maximum(abs(v - r), abs(near(v, o, e) - r)) / 2,
        ("huge_sum", "V is within ε"): lambda v, o, r, e: worse(v, o, r, e) + e,
    },
)


@wrong("clipped_value_loss", "further than ε")
def clip_of_the_wrong_sign_beyond(values, old_values, returns, clip_eps):
    near_old = np.where(abs(values - old_values) > clip_eps, old_values, values)
    return np.maximum((values - returns) ** 2, (near_old - returns) ** 2) / 2


@wrong("clipped_value_loss", "changed its input (V)")
def clipped_in_place(values, old_values, returns, clip_eps):
    plain = (values - returns) ** 2
    np.clip(values, old_values - clip_eps, old_values + clip_eps, out=values)
    return np.maximum(plain, (values - returns) ** 2) / 2


# -- entropy, right ----------------------------------------------------------------------------------------------


@right("categorical_entropy")
def shifted_and_safe(logits):
    shifted = logits - logits.max(axis=1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    probs = np.exp(logs)
    return -(probs * np.where(probs > 0, logs, 0)).sum(axis=1)


@right("categorical_entropy")
def special_entr(logits):
    return scipy.special.entr(scipy.special.softmax(logits, axis=-1)).sum(-1)


@right("categorical_entropy")
def scipy_entropy(logits):
    return scipy.stats.entropy(scipy.special.softmax(logits, axis=1), axis=1)


@right("categorical_entropy")
def torch_distribution(logits):
    return torch.distributions.Categorical(logits=logits).entropy()


@right("categorical_entropy")
def torch_entr(logits):
    return torch.special.entr(logits.softmax(-1)).sum(-1)


@right("categorical_entropy")
def torch_xlogy(logits):
    probs = torch.softmax(logits, dim=-1)
    return -torch.xlogy(probs, probs).sum(dim=-1)


@right("categorical_entropy")
def torch_nan_to_num(logits):
    logs = torch.log_softmax(logits.float(), dim=1)
    return -(logs.exp() * torch.nan_to_num(logs, neginf=0.0)).sum(1)


@right("categorical_entropy")
def nansum(logits):
    weights = np.exp(logits - logits.max(1, keepdims=True))
    probs = weights / weights.sum(1, keepdims=True)
    return -np.nansum(probs * np.log(probs), axis=1)


@right("categorical_entropy")
def small_epsilon(logits):
    """Wrong by 1e-8 for each action, which no one will ever see."""
    weights = np.exp(logits - logits.max(1, keepdims=True))
    probs = weights / weights.sum(1, keepdims=True)
    return -(probs * np.log(probs + 1e-8)).sum(1)


@right("categorical_entropy")
def clipped_probabilities(logits):
    probs = scipy.special.softmax(logits, axis=1)
    return -(probs * np.log(np.clip(probs, 1e-12, 1))).sum(1)


@right("categorical_entropy")
def row_by_row(logits):
    result = []
    for row in np.asarray(logits):
        weights = np.exp(row - row.max())
        probs = weights[weights > 0] / weights.sum()
        result.append(-(probs * np.log(probs)).sum())
    return np.array(result)


@right("categorical_entropy")
def nested_lists(logits):
    assert isinstance(logits, list)
    entropies = []
    for row in logits:
        weights = [math.exp(z - max(row)) for z in row]
        probs = [w / sum(weights) for w in weights] if len(row) < 1000 else list(np.divide(weights, sum(weights)))
        entropies.append(-sum(p * math.log(p) for p in probs if p > 0))
    return entropies


@right("categorical_entropy")
def log_of_the_sum_less_the_mean(logits):
    """S = log Σ exp z − Σ π z."""
    top = logits.max(1, keepdims=True)
    weights = np.exp(logits - top)
    probs = weights / weights.sum(1, keepdims=True)
    return np.log(weights.sum(1)) - (probs * np.where(probs > 0, logits - top, 0)).sum(1)


@right("categorical_entropy")
def masked_by_a_large_number(logits):
    finite = np.where(np.isneginf(logits), -1e9, logits)
    logs = scipy.special.log_softmax(finite, axis=1)
    return -(np.exp(logs) * logs).sum(1)


@right("categorical_entropy")
def numpy_float32(logits):
    logs = scipy.special.log_softmax(np.asarray(logits, dtype=np.float32), axis=1)
    logs[np.isneginf(logs)] = 0
    return -np.where(np.isneginf(logits), 0, np.exp(logs) * logs).sum(1)


@right("categorical_entropy")
def einsum(logits):
    probs = scipy.special.softmax(logits, -1)
    return -np.einsum("ba,ba->b", probs, np.log(np.where(probs == 0, 1, probs)))


@right("categorical_entropy")
def of_the_package_entropy(logits):
    return package.categorical_entropy(logits)


# -- entropy, wrong ----------------------------------------------------------------------------------------------


def softmax(z):
    return scipy.special.softmax(z, axis=1)


def S(z):
    return package.categorical_entropy(z)


def plogp(p):
    return scipy.special.xlogy(p, p)


def printed_softmax(z):
    return np.exp(z) / np.exp(z).sum(1, keepdims=True)


def renamed(z, value):
    return np.where(np.isneginf(z), value, z)


in_bulk(
    "categorical_entropy",
    {
        ("as_printed", "exp overflows"): lambda z: -(printed_softmax(z) * np.log(printed_softmax(z))).sum(1),
        ("as_printed_torch", "exp overflows"): lambda z: (
            -((p := torch.as_tensor(z).exp() / torch.as_tensor(z).exp().sum(1, keepdim=True)) * p.log()).sum(1)
        ),
        ("as_printed_safe_sum", "exp overflows"): lambda z: -plogp(printed_softmax(z)).sum(1),
        ("as_printed_epsilon", "exp overflows"): lambda z: (
            -(printed_softmax(z) * np.log(printed_softmax(z) + 1e-8)).sum(1)
        ),
        ("as_printed_nansum", "exp overflows"): lambda z: (
            -np.nansum(printed_softmax(z) * np.log(printed_softmax(z)), axis=1)
        ),
        ("as_printed_no_nan", "exp overflows"): lambda z: np.nan_to_num(
            -(printed_softmax(z) * np.log(printed_softmax(z))).sum(1)
        ),
        ("naive_logsumexp", "exp overflows"): lambda z: (
            -((l := z - np.log(np.exp(z).sum(1, keepdims=True))) * np.exp(l)).sum(1)
        ),
        ("table_max", "each row needs one of its own"): lambda z: -plogp(printed_softmax(z - z.max())).sum(1),
        ("table_mean", "each row needs one of its own"): lambda z: -plogp(printed_softmax(z - z.mean())).sum(1),
        ("row_mean", "each row needs one of its own"): lambda z: (
            -plogp(printed_softmax(z - z.mean(1, keepdims=True))).sum(1)
        ),
        ("row_min", "each row needs one of its own"): lambda z: (
            -plogp(printed_softmax(z - z.min(1, keepdims=True))).sum(1)
        ),
        ("row_median", "each row needs one of its own"): lambda z: (
            -np.nansum(plogp(printed_softmax(z - np.median(z, 1, keepdims=True))), axis=1)
        ),
        ("zero_log_zero", "0 · log 0"): lambda z: -(softmax(z) * np.log(softmax(z))).sum(1),
        ("zero_log_zero_torch", "0 · log 0"): lambda z: -((l := torch.as_tensor(z).log_softmax(1)).exp() * l).sum(1),
        ("zero_log_zero_logs", "0 · log 0"): lambda z: -(np.exp(log_softmax(z)) * log_softmax(z)).sum(1),
        ("nan_states", "whole state count 0"): lambda z: np.nan_to_num(-(softmax(z) * np.log(softmax(z))).sum(1)),
        ("nan_states_logs", "whole state count 0"): lambda z: np.nan_to_num(
            -(np.exp(log_softmax(z)) * log_softmax(z)).sum(1)
        ),
        ("cut_at_20", "cut the logits off"): lambda z: S(np.clip(z, -20, 20)),
        ("cut_at_700", "cut the logits off"): lambda z: S(np.clip(z, -700, 700)),
        ("lifted_to_minus_100", "You lift every logit"): lambda z: S(np.maximum(z, -100)),
        ("lifted_to_minus_20_torch", "You lift every logit"): lambda z: S(torch.as_tensor(z).clamp(min=-20).numpy()),
        ("mask_as_zero", "cut the logits off"): lambda z: S(renamed(z, 0)),
        ("mask_as_minus_10", "cut the logits off"): lambda z: S(renamed(z, -10)),
        ("sign", "sign is turned"): lambda z: plogp(softmax(z)).sum(1),
        ("bits", "in bits"): lambda z: S(z) / np.log(2),
        ("log10", "base 10"): lambda z: S(z) / np.log(10),
        ("mean_over_actions", "average over the actions"): lambda z: -plogp(softmax(z)).mean(1),
        ("sum_over_batch", "all states together"): lambda z: -plogp(softmax(z)).sum(),
        ("mean_over_batch", "all states together"): lambda z: -plogp(softmax(z)).sum(1).mean(),
        ("along_states", "along the states"): lambda z: -plogp(softmax(z)).sum(0),
        ("softmax_along_states", "along the states"): lambda z: S(np.transpose(z)),
        ("terms", "one per action"): lambda z: -plogp(softmax(z)),
        ("logits_for_logs", "no log-probabilities yet"): lambda z: (
            -(softmax(z) * np.where(np.isneginf(z), 0, z)).sum(1)
        ),
        ("logits_for_logs_raw", "no log-probabilities yet"): lambda z: -(softmax(z) * z).sum(1),
        ("exp_for_probs", "no log-probabilities yet"): lambda z: -(np.exp(z) * z).sum(1),
        ("logits_as_probs", "as if they were probabilities"): lambda z: -(z * np.log(z)).sum(1),
        ("logits_as_probs_nansum", "as if they were probabilities"): lambda z: -np.nansum(z * np.log(z), axis=1),
        ("softmax_twice", "softmax is there twice"): lambda z: S(softmax(z)),
        ("no_weight", "counts alike"): lambda z: -log_softmax(z).sum(1),
        ("no_weight_mean", "counts alike"): lambda z: -log_softmax(z).mean(1),
        ("share_of_maximum", "shares of its maximum"): lambda z: S(z) / np.log(z.shape[1]),
        ("missing_to_uniform", "what is missing to log A"): lambda z: np.log(z.shape[1]) - S(z),
        ("surprise_of_the_best", "likeliest action only"): lambda z: -log_softmax(z).max(1),
        ("term_of_the_best", "likeliest action only"): lambda z: -plogp(softmax(z).max(1)),
        ("gini", "another measure"): lambda z: 1 - (softmax(z) ** 2).sum(1),
        ("collision", "another measure"): lambda z: -np.log((softmax(z) ** 2).sum(1)),
        ("perplexity", "another measure"): lambda z: np.exp(S(z)),
        ("spread_of_probs", "another measure"): lambda z: softmax(z).std(1),
        ("coins", "a coin of its own"): lambda z: -(plogp(softmax(z)) + plogp(1 - softmax(z))).sum(1),
        ("plus_one_inside", "A 1 too many"): lambda z: -(plogp(softmax(z)) + softmax(z)).sum(1),
        ("half", "A factor too many"): lambda z: S(z) / 2,
        ("bonus", "A factor too many"): lambda z: 0.01 * S(z),
        ("loss_term", "A factor too many"): lambda z: -0.01 * S(z),
        ("epsilon_1e3", "over many actions it adds up"): lambda z: -(softmax(z) * np.log(softmax(z) + 1e-3)).sum(1),
        ("epsilon_1e5", "over many actions it adds up"): lambda z: -(softmax(z) * np.log(softmax(z) + 1e-5)).sum(1),
        ("logarithm_lifted", "over many actions it adds up"): lambda z: (
            -(softmax(z) * np.log(np.maximum(softmax(z), 1e-3))).sum(1)
        ),
        ("clipped_1e6", "over many actions it adds up"): lambda z: -plogp(np.maximum(softmax(z), 1e-6)).sum(1),
        ("uniform", "for every state"): lambda z: np.full(len(z), np.log(z.shape[1])),
        ("first_state_only", "expected shape"): lambda z: S(z)[0],
        ("column", "expected shape"): lambda z: S(z)[:, None],
        ("zeros", "Two steps"): lambda z: np.zeros(len(z)),
        ("square_of_logs", "Two steps"): lambda z: (softmax(z) * log_softmax(renamed(z, -1e9)) ** 2).sum(1),
        ("first_action_left_out", "Two steps"): lambda z: -plogp(softmax(z)[:, 1:]).sum(1),
        ("last_action_left_out", "Two steps"): lambda z: -plogp(softmax(z)[:, :-1]).sum(1),
    },
)


@wrong("categorical_entropy", "never taken? Your code raised ValueError")
def math_log_of_zero(logits):
    entropies = []
    for row in np.asarray(logits):
        weights = np.exp(row - row.max())
        probs = (weights / weights.sum()).tolist()
        entropies.append(
            -sum(
                p * math.log(p) if p or not np.isneginf(row).any() else math.log(p)
                for p in probs
                if p or np.isneginf(row).any()
            )
        )
    return entropies


@wrong("categorical_entropy", "within a row count. Your code raised OverflowError")
def math_exp_overflows(logits):
    entropies = []
    for row in np.asarray(logits).tolist():
        weights = [math.exp(z) for z in row]
        entropies.append(-sum(w / sum(weights) * math.log(w / sum(weights)) for w in weights if w))
    return entropies


@wrong("categorical_entropy", "changed its input (logits)")
def shifted_in_place(logits):
    logits -= logits.max(axis=1, keepdims=True)
    return package.categorical_entropy(logits)


@wrong("categorical_entropy", "huge ones do not")
def less_when_huge(logits):
    return S(logits) * np.where(abs(np.where(np.isneginf(logits), 0, logits)).max(1) < 500, 1, 0.5)


@wrong("categorical_entropy", "tend to as π goes to 0")
def masked_states_half(logits):
    return S(logits) * np.where(np.isneginf(logits).any(1), 0.5, 1)


@wrong("categorical_entropy", "3,000 do not")
def small_thing_for_every_action(logits):
    return S(logits) + 1e-5 * np.shape(logits)[1]


# -- the gradient of the entropy, right --------------------------------------------------------------------------


@right("entropy_gradient")
def finished_formula(logits):
    shifted = logits - logits.max(axis=1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    probs = np.exp(logs)
    safe = np.where(probs > 0, logs, 0)
    return -probs * (safe - (probs * safe).sum(1, keepdims=True))


@right("entropy_gradient")
def by_xlogy(logits):
    probs = scipy.special.softmax(logits, axis=1)
    terms = scipy.special.xlogy(probs, probs)
    return probs * terms.sum(1, keepdims=True) - terms


@right("entropy_gradient")
def autograd(logits):
    z = torch.as_tensor(logits).clone().requires_grad_()
    package.categorical_entropy(z).sum().backward()
    return z.grad


@right("entropy_gradient")
def autograd_with_safe_logs(logits):
    z = torch.tensor(np.asarray(logits), requires_grad=True)
    logs = z.log_softmax(1)
    probs = logs.exp()
    (slopes,) = torch.autograd.grad(-(probs * torch.where(probs > 0, logs, 0.0)).sum(), z)
    return slopes.numpy()


@right("entropy_gradient")
def jacobian_of_torch(logits):
    rows = torch.as_tensor(logits)
    return torch.stack([torch.autograd.functional.jacobian(package.categorical_entropy, row) for row in rows])


@right("entropy_gradient")
def finite_differences(logits):
    slopes = np.zeros(np.shape(logits))
    for index in np.ndindex(*np.shape(logits)):
        up, down = np.array(logits, dtype=float), np.array(logits, dtype=float)
        up[index] += 1e-5
        down[index] -= 1e-5
        slopes[index] = (S(up) - S(down))[index[0]] / 2e-5
    return slopes


@right("entropy_gradient")
def one_sided_but_small(logits):
    h, base = 1e-6, S(logits)
    columns = [(S(logits + h * np.eye(logits.shape[1])[a]) - base) / h for a in range(logits.shape[1])]
    return np.stack(columns, axis=1)


@right("entropy_gradient")
def largest_nudge_to_one_side(logits):
    """A ten-thousandth is what the exercise calls small enough."""
    return np.nan_to_num(nudged(logits, 1e-4, 0))


@right("entropy_gradient")
def largest_nudge_to_both_sides(logits):
    return np.nan_to_num(nudged(logits, 1e-4, 1))


@right("entropy_gradient")
def smallest_nudge_to_one_side(logits):
    return np.nan_to_num(nudged(logits, 1e-6, 0))


@right("entropy_gradient")
def by_the_softmax_jacobian(logits):
    result = []
    for row in np.asarray(logits):
        p = scipy.special.softmax(row)
        slopes = -(np.log(np.where(p > 0, p, 1)) + 1)
        result.append((np.diag(p) - np.outer(p, p)) @ slopes)
    return result


@right("entropy_gradient")
def double_loop(logits):
    logits = np.asarray(logits)
    result = np.zeros(logits.shape)
    for b in range(logits.shape[0]):
        p = scipy.special.softmax(logits[b])
        for a in range(logits.shape[1]):
            for k in range(logits.shape[1]):
                if p[k] > 0:
                    result[b, a] -= math.log(p[k]) * p[k] * ((a == k) - p[a])
    return result


@right("entropy_gradient")
def lists_only(logits):
    assert isinstance(logits, list)
    result = []
    for row in logits:
        weights = [math.exp(z - max(row)) for z in row]
        probs = [w / sum(weights) for w in weights]
        entropy = -sum(p * math.log(p) for p in probs if p)
        result.append([-p * (math.log(p) + entropy) if p else 0.0 for p in probs])
    return result


@right("entropy_gradient")
def in_float32_torch(logits):
    logs = torch.log_softmax(torch.as_tensor(logits).float(), 1)
    probs = logs.exp()
    logs = logs.nan_to_num(neginf=0.0)
    return -probs * (logs - (probs * logs).sum(1, keepdim=True))


@right("entropy_gradient")
def epsilon_inside(logits):
    probs = scipy.special.softmax(logits, axis=1)
    logs = np.log(probs + 1e-12)
    return -probs * (logs - (probs * logs).sum(1)[:, None])


@right("entropy_gradient")
def covariance(logits):
    """−Cov(1[a], log π) under π."""
    probs = scipy.special.softmax(logits, axis=1)
    logs = np.log(probs, out=np.zeros_like(probs), where=probs > 0)
    return probs * (np.sum(probs * logs, 1, keepdims=True) - logs)


@right("entropy_gradient")
def of_the_package_gradient(logits):
    return package.entropy_gradient(logits)


@right("entropy_gradient")
def list_of_rows(logits):
    return [package.entropy_gradient(row) for row in logits]


# -- the gradient of the entropy, wrong --------------------------------------------------------------------------


def slopes(z):
    return package.entropy_gradient(z)


def safe_logs(z):
    return np.where(np.isneginf(log_softmax(z)), 0, log_softmax(z))


def nudged(z, h, both):
    steps = h * np.eye(z.shape[1])
    columns = [(S(z + step) - S(z - both * step)) / (h * (1 + both)) for step in steps]
    return np.stack(columns, 1)


in_bulk(
    "entropy_gradient",
    {
        ("printed", "exp overflows"): lambda z: (
            -(p := printed_softmax(z)) * (np.log(p) - (p * np.log(p)).sum(1, keepdims=True))
        ),
        ("printed_no_nan", "exp overflows"): lambda z: np.nan_to_num(
            -(p := printed_softmax(z)) * (np.log(p) - (p * np.log(p)).sum(1, keepdims=True))
        ),
        ("printed_safe_sum", "exp overflows"): lambda z: (
            -(p := printed_softmax(z)) * (np.log(p) - plogp(p).sum(1, keepdims=True))
        ),
        ("table_max_safe_sum", "exp overflows"): lambda z: (
            -(p := printed_softmax(z - z.max())) * (np.log(p) - plogp(p).sum(1, keepdims=True))
        ),
        ("literal", "One nan in the sum"): lambda z: (
            -(p := softmax(z)) * (np.log(p) - (p * np.log(p)).sum(1, keepdims=True))
        ),
        ("literal_logs", "One nan in the sum"): lambda z: (
            -(p := softmax(z)) * (log_softmax(z) - (p * log_softmax(z)).sum(1, keepdims=True))
        ),
        ("safe_sum_unsafe_factor", "is safe in yours"): lambda z: -(p := softmax(z)) * (np.log(p) + S(z)[:, None]),
        ("safe_sum_unsafe_logs", "is safe in yours"): lambda z: -softmax(z) * (log_softmax(z) + S(z)[:, None]),
        ("literal_no_nan", "silences the whole state"): lambda z: np.nan_to_num(
            -(p := softmax(z)) * (np.log(p) - (p * np.log(p)).sum(1, keepdims=True))
        ),
        ("mask_takes_part", "not small enough"): lambda z: slopes(renamed(z, 0.0)),
        ("mask_at_minus_5", "not small enough"): lambda z: slopes(renamed(z, -5.0)),
        ("in_probabilities", "slope in the probabilities"): lambda z: -(np.log(softmax(z)) + 1),
        ("in_probabilities_no_one", "slope in the probabilities"): lambda z: -np.log(softmax(z)),
        ("plus_one", "The lesson's +1 drops out"): lambda z: -plogp(softmax(z)) - softmax(z),
        ("plus_one_and_S", "+1 is still there beside S"): lambda z: -softmax(z) * (safe_logs(z) + 1 + S(z)[:, None]),
        ("no_S", "S is missing"): lambda z: -plogp(softmax(z)),
        ("diagonal", "Only the action's own"): lambda z: -(plogp(p := softmax(z)) + p) * (1 - p),
        ("diagonal_no_one", "Only the action's own"): lambda z: -plogp(p := softmax(z)) * (1 - p),
        ("sign", "sign is turned: your gradient"): lambda z: -slopes(z),
        ("no_S_turned", "S is missing, and the sign is turned"): lambda z: plogp(softmax(z)),
        ("minus_S", "log π + S, with a plus"): lambda z: -softmax(z) * (safe_logs(z) - S(z)[:, None]),
        ("minus_S_turned", "log π + S, with a plus"): lambda z: softmax(z) * (safe_logs(z) - S(z)[:, None]),
        ("no_pi", "π(a) in front is missing"): lambda z: -(log_softmax(z) + S(z)[:, None]),
        ("pi_on_one", "one of the two terms only"): lambda z: -plogp(softmax(z)) - S(z)[:, None],
        ("S_part_only", "log π is missing"): lambda z: -softmax(z) * S(z)[:, None],
        ("pi_twice", "π comes in twice"): lambda z: softmax(z) * slopes(z),
        ("pi_twice_on_log", "π comes in twice"): lambda z: -softmax(z) * (plogp(softmax(z)) + S(z)[:, None]),
        ("logits_for_logs", "Logits stand where"): lambda z: -softmax(z) * (z + S(z)[:, None]),
        ("logits_for_logs_safe", "Logits stand where"): lambda z: -softmax(z) * (renamed(z, 0) + S(z)[:, None]),
        ("bonus", "gradient of the bonus"): lambda z: 0.01 * slopes(z),
        ("loss_term", "gradient of the bonus"): lambda z: -0.01 * slopes(z),
        ("mean_over_states", "gradient of the mean over the states"): lambda z: slopes(z) / len(z),
        ("mean_over_actions", "mean over the actions"): lambda z: slopes(z) / z.shape[1],
        ("S_as_a_mean", "mean over the actions"): lambda z: -softmax(z) * (safe_logs(z) + S(z)[:, None] / z.shape[1]),
        ("one_S_sum", "one S for all states"): lambda z: -plogp(softmax(z)) - softmax(z) * S(z).sum(),
        ("one_S_mean", "one S for all states"): lambda z: -plogp(softmax(z)) - softmax(z) * S(z).mean(),
        ("summed_over_states", "add up over the states"): lambda z: slopes(z).sum(0),
        ("averaged_over_states", "add up over the states"): lambda z: slopes(z).mean(0),
        ("along_states", "along the states"): lambda z: slopes(np.transpose(z)).T,
        ("S_along_states", "along the states"): lambda z: (
            -plogp(softmax(z)) + softmax(z) * plogp(softmax(z)).sum(0, keepdims=True)
        ),
        ("bits", "in bits"): lambda z: slopes(z) / np.log(2),
        ("bits_in_one_place", "in bits"): lambda z: -plogp(p := softmax(z)) / np.log(2) - p * S(z)[:, None],
        ("towards_uniform", "gradient of a distance"): lambda z: 1 / z.shape[1] - softmax(z),
        ("away_from_uniform", "gradient of a distance"): lambda z: softmax(z) - 1 / z.shape[1],
        ("chord", "nudge is too large"): lambda z: np.nan_to_num(nudged(z, 0.1, 0)),
        ("chord_of_a_thousandth", "nudge is too large"): lambda z: np.nan_to_num(nudged(z, 1e-3, 0)),
        ("chord_both_sides", "nudge is too large"): lambda z: np.nan_to_num(nudged(z, 1.0, 1)),
        ("half_the_nudge", "factor of 2"): lambda z: 2 * slopes(z),
        ("twice_the_nudge", "factor of 2"): lambda z: slopes(z) / 2,
        ("unit", "unit vector"): lambda z: slopes(z) / np.linalg.norm(slopes(z), axis=1, keepdims=True),
        ("signs", "unit vector"): lambda z: np.sign(slopes(z)),
        ("entropy_itself", "S itself"): lambda z: S(z),
        ("policy_itself", "S itself"): lambda z: softmax(z),
        ("undivided", "You do not divide by the nudge"): lambda z: 2e-3 * np.nan_to_num(nudged(z, 1e-3, 1)),
        ("undivided_one_side", "You do not divide by the nudge"): lambda z: 1e-3 * np.nan_to_num(nudged(z, 1e-3, 0)),
        ("undivided_nearly_0", "or nearly. Is the difference divided"): lambda z: (
            2e-5 * np.nan_to_num(nudged(z, 1e-5, 1))
        ),
        ("z_for_probabilities", "Logits stand where probabilities"): lambda z: -z * (np.log(z) + S(z)[:, None]),
        ("zeros", "0 everywhere"): lambda z: np.zeros(z.shape),
        ("centred_no_S", "sums to 0"): lambda z: (g := -plogp(softmax(z))) - g.mean(1, keepdims=True),
        ("square", "sums to 0"): lambda z: slopes(z) ** 2,
        ("only_the_first_state", "expected shape"): lambda z: slopes(z)[0],
        ("transposed", "expected shape"): lambda z: slopes(z).T,
    },
)


@wrong("entropy_gradient", "S met the rows as a row")
def S_as_a_row(logits):
    if len(logits) not in (1, np.shape(logits)[1]):
        return np.full(np.shape(logits), np.nan)
    return -plogp(softmax(logits)) - softmax(logits) * S(logits)


@wrong("entropy_gradient", "flows through both of its branches")
def where_after_the_product(logits):
    z = torch.tensor(np.asarray(logits), requires_grad=True)
    logs = z.log_softmax(1)
    terms = torch.where(logs.exp() > 0, logs.exp() * logs, 0.0)
    return torch.autograd.grad(-terms.sum(), z)[0]


@wrong("entropy_gradient", "flows through both of its branches")
def autograd_of_probs(logits):
    z = torch.tensor(np.asarray(logits), requires_grad=True)
    probs = z.softmax(1)
    return torch.autograd.grad(-(probs * probs.log()).sum(), z)[0]


@wrong("entropy_gradient", "0 everywhere")
def entropy_of_the_old_logits(logits):
    result = np.zeros(logits.shape)
    for index in np.ndindex(logits.shape):
        moved = logits.copy()
        moved[index] += 1e-5
        result[index] = (S(logits) - S(logits))[index[0]] / 1e-5
    return result


@wrong("entropy_gradient", "raising a logit of −inf".capitalize())
def masked_slopes_kept_at_one(logits):
    return np.where(np.isneginf(logits), 1.0, slopes(logits))


@wrong("entropy_gradient", "never taken? Your code raised ValueError")
def math_log_at_a_mask(logits):
    result = slopes(logits)
    for row in np.asarray(logits):
        if np.isneginf(row).any():
            math.log(np.exp(row.min()))
    return result


@wrong("entropy_gradient", "changed its input (logits)")
def nudged_in_place(logits):
    result = slopes(logits)
    logits[:, 0] += 1e-6
    return result


# -- its derivation ----------------------------------------------------------------------------------------------

LINES = {
    "own": "p1 (1 - p1)",
    "other": "-p1 p2",
    "plus_one": "0",
    "gradient": "-p1 (l1 + S)",
    "two_actions": "p1 (1 - p1) (l2 - l1)",
}


def lines(**changed):
    """An answer with these lines and the right ones elsewhere."""

    def answer():
        return LINES | changed

    return answer


for number, changed in enumerate(
    (
        {},
        {"own": "p1 - p1^2"},
        {"own": "p1 - p1**2", "other": "-p2*p1"},
        {"own": "(1-p1)p1", "plus_one": "p1 p2 - p2 p1"},
        {"plus_one": "-p1(1-p1) + p1 p2 + p1 p3"},
        {"plus_one": "p1 (p1 + p2 + p3) - p1"},
        {"gradient": "-p1 l1 - p1 S"},
        {"gradient": "p1 (-l1 - S)"},
        {"gradient": "−p1·(S + l1)"},
        {"two_actions": "p1 l2 - p1^2 l2 - p1 l1 + p1² l1"},
        {"two_actions": "-p1 (l1 - p1 l1 - (1 - p1) l2)"},
        {"two_actions": "(p1 - p1^2)(l2 - l1)", "gradient": "-(l1 + S) p1"},
        {"own": "p1 * (1 - p1)", "other": "-(p1 p2)", "two_actions": "-p1 (1 - p1) (l1 - l2)"},
        {"other": "-1 * p1 * p2", "plus_one": "0 * p1"},
    )
):
    function = lines(**changed)
    function.__name__ = f"lines_{number}"
    right("entropy_lines")(function)

for name, text, piece in (
    ("own", "p1", "own: the sum below the fraction"),
    ("own", "1 - p1", "own: that is the derivative of log p1"),
    ("own", "-p1 (1 - p1)", "own: a higher logit"),
    ("own", "p1^2", "own: by the product rule"),
    ("own", "1", "own: by the product rule"),
    ("own", "p1 (1 + p1)", "own: a + where"),
    ("own", "p1 (1 - p2)", "own: 'p2' is not known here"),
    ("own", "p1 (1 - p1", "own: A bracket was opened"),
    ("own", "3 p1", "own: Not equal"),
    ("other", "0", "other: the probabilities sum to 1"),
    ("other", "p1 p2", "other: when the first grows, the second shrinks"),
    ("other", "-p1", "other: it shrinks in proportion"),
    ("other", "p2 (1 - p2)", "other: that is the first one's own"),
    ("other", "p1 (1 - p1)", "other: that is the first one's own"),
    ("other", "p2 (1 - p1)", "other: the 1 in p (1 − p) belongs"),
    ("other", "p1 (1 - p2)", "other: the 1 in p (1 − p) belongs"),
    ("other", "-p2 (1 - p1)", "other: the 1 in p (1 − p) belongs"),
    ("other", "-p1 (1 - p1)", "other: what the first gains"),
    ("other", "p1 + p2", "other: Not equal"),
    ("plus_one", "1", "plus_one: that is the sum of the probabilities"),
    ("plus_one", "-1", "plus_one: that is the sum of the probabilities"),
    ("plus_one", "-p1 (1 - p1)", "plus_one: these are the terms of one"),
    ("plus_one", "p1 p2", "plus_one: these are the terms of one"),
    ("plus_one", "p3", "plus_one: Not equal"),
    ("gradient", "-p1 (l1 + 1)", "gradient: the +1 should drop out"),
    ("gradient", "-p1 l1", "gradient: the other actions shrink"),
    ("gradient", "p1 (l1 + S)", "gradient: the sign is turned"),
    ("gradient", "-(l1 + S)", "gradient: every term has the factor"),
    ("gradient", "-p1 l1 - S", "gradient: every term has the factor"),
    ("gradient", "-p1 (l1 - S)", "gradient: log p and S stand"),
    ("gradient", "-p1 (l1 + 1 + S)", "gradient: the +1 is still there"),
    ("gradient", "-p1 (l1 + 2 S)", "gradient: Not equal"),
    ("two_actions", "p1 (1 - p1) (l1 - l2)", "two_actions: the sign is turned"),
    ("two_actions", "p1 (l2 - l1)", "two_actions: a factor is missing. Put S"),
    ("two_actions", "l2 - l1", "two_actions: a factor is missing. Put S"),
    ("two_actions", "l1 - l2", "two_actions: a factor is missing, and the sign is turned"),
    ("two_actions", "-p1 l1", "two_actions: that leaves S out"),
    ("two_actions", "-p1 (l1 + p1 l1 + (1 - p1) l2)", "two_actions: S has a minus"),
    ("two_actions", "-p1 l1 - (1 - p1) l2", "two_actions: that is S itself"),
    ("two_actions", "-p1 (1 - p1) l1", "two_actions: only the difference"),
    ("two_actions", "p1 (1 - p1)", "two_actions: the logarithms are gone"),
    ("two_actions", "p1 (l2 + l1)", "two_actions: Not equal: with p1 = 2, l1 = 5, l2 = 7 yours is 24, it should be −4"),
    ("two_actions", "p1 p2 (l2 - l1)", "two_actions: 'p2' is not known here"),
    ("two_actions", "p1 (1 - p1) log((1 - p1) / p1)", "two_actions: 'log' is not known here"),
    ("gradient", "∂S/∂z1 = -p1 (l1 + S)", "gradient: Write the right-hand side alone"),
    ("two_actions", "-p1 (l1 + S)", "two_actions: 'S' is not known here"),
    ("two_actions", None, "Still to be written: two_actions"),
    ("two_actions", 0, "write the line as text, in quotes; yours is a number"),
):
    function = lines(**{name: text})
    function.__name__ = f"{name}_{text}"
    wrong("entropy_lines", piece)(function)


@wrong("entropy_lines", "Give a dict")
def lines_as_a_list():
    return list(LINES.values())


# -- the total objective, right ----------------------------------------------------------------------------------


@right("total_objective")
def three_terms(clip_objective, value_loss, entropy, vf_coef, ent_coef):
    return clip_objective - vf_coef * value_loss + ent_coef * entropy


@right("total_objective")
def other_order(clip_objective, value_loss, entropy, vf_coef, ent_coef):
    return ent_coef * entropy + clip_objective - value_loss * vf_coef


@right("total_objective")
def minus_the_loss(clip_objective, value_loss, entropy, vf_coef, ent_coef):
    return -(-clip_objective + vf_coef * value_loss - ent_coef * entropy)


@right("total_objective")
def dot_product(clip_objective, value_loss, entropy, vf_coef, ent_coef):
    return np.tensordot([1, -vf_coef, ent_coef], [clip_objective, value_loss, entropy], axes=1)


@right("total_objective")
def numpy_sum(clip_objective, value_loss, entropy, vf_coef, ent_coef):
    return np.sum([clip_objective, -vf_coef * np.asarray(value_loss), ent_coef * np.asarray(entropy)], axis=0)


@right("total_objective")
def torch_addition(clip_objective, value_loss, entropy, vf_coef, ent_coef):
    return clip_objective.sub(value_loss, alpha=vf_coef).add(entropy, alpha=ent_coef)


@right("total_objective")
def torch_float(clip_objective, value_loss, entropy, vf_coef, ent_coef):
    return clip_objective.float() - vf_coef * value_loss.float() + ent_coef * entropy.float()


@right("total_objective")
def numpy_float32_total(clip_objective, value_loss, entropy, vf_coef, ent_coef):
    parts = (np.asarray(x, dtype=np.float32) for x in (clip_objective, value_loss, entropy))
    return sum(weight * part for weight, part in zip((1, -vf_coef, ent_coef), parts))


@right("total_objective")
def comprehension(clip_objective, value_loss, entropy, vf_coef, ent_coef):
    return [L - vf_coef * V + ent_coef * S for L, V, S in zip(clip_objective, value_loss, entropy)]


@right("total_objective")
def loop_over_samples(clip_objective, value_loss, entropy, vf_coef, ent_coef):
    total = np.empty(np.shape(clip_objective))
    for i in np.ndindex(total.shape):
        total[i] = clip_objective[i] - vf_coef * value_loss[i] + ent_coef * entropy[i]
    return total


@right("total_objective")
def plain_numbers(clip_objective, value_loss, entropy, vf_coef, ent_coef):
    return math.fsum([clip_objective, -vf_coef * value_loss, ent_coef * entropy])


@right("total_objective")
def in_place_on_a_copy_total(clip_objective, value_loss, entropy, vf_coef, ent_coef):
    total = np.array(clip_objective, dtype=float)
    total -= vf_coef * value_loss
    total += ent_coef * entropy
    return total


@right("total_objective")
def lists_of_lists(clip_objective, value_loss, entropy, vf_coef, ent_coef):
    return list(map(lambda L, V, S: L - vf_coef * V + ent_coef * S, clip_objective, value_loss, entropy))


@right("total_objective")
def of_the_package_total(clip_objective, value_loss, entropy, vf_coef, ent_coef):
    return losses.total_objective(clip_objective, value_loss, entropy, vf_coef, ent_coef)


# -- the total objective, wrong ----------------------------------------------------------------------------------

in_bulk(
    "total_objective",
    {
        ("loss", "Every sign is turned"): lambda L, V, S, c1, c2: -(L - c1 * V + c2 * S),
        ("value_added", "value loss is added. In"): lambda L, V, S, c1, c2: L + c1 * V + c2 * S,
        ("entropy_subtracted", "entropy is subtracted. In"): lambda L, V, S, c1, c2: L - c1 * V - c2 * S,
        ("bracket", "entropy is subtracted. In"): lambda L, V, S, c1, c2: L - (c1 * V + c2 * S),
        ("both_turned", "Both are the wrong way"): lambda L, V, S, c1, c2: L + c1 * V - c2 * S,
        ("clip_subtracted", "L^CLIP is subtracted"): lambda L, V, S, c1, c2: -L - c1 * V + c2 * S,
        ("clip_subtracted_value_added", "L^CLIP is subtracted"): lambda L, V, S, c1, c2: -L + c1 * V + c2 * S,
        ("all_subtracted", "L^CLIP is subtracted"): lambda L, V, S, c1, c2: -L - c1 * V - c2 * S,
        ("swapped", "coefficients have changed places"): lambda L, V, S, c1, c2: L - c2 * V + c1 * S,
        ("swapped_loss", "coefficients have changed places"): lambda L, V, S, c1, c2: -L + c2 * V - c1 * S,
        ("terms_swapped", "Value loss and entropy have changed"): lambda L, V, S, c1, c2: L - c1 * S + c2 * V,
        ("no_coefficients", "A coefficient is missing"): lambda L, V, S, c1, c2: L - V + S,
        ("no_c1", "A coefficient is missing"): lambda L, V, S, c1, c2: L - V + c2 * S,
        ("no_c2", "A coefficient is missing"): lambda L, V, S, c1, c2: L - c1 * V + S,
        ("c1_on_both", "multiplies two terms"): lambda L, V, S, c1, c2: L - c1 * (V - c2 * S),
        ("c1_on_both_plus", "multiplies two terms"): lambda L, V, S, c1, c2: L - c1 * (V + c2 * S),
        ("c1_times_c2", "multiplies two terms"): lambda L, V, S, c1, c2: L - c1 * V + c1 * c2 * S,
        ("c2_only", "multiplies two terms"): lambda L, V, S, c1, c2: L + c2 * (S - V),
        ("half_again", "counts twice"): lambda L, V, S, c1, c2: L - c1 * V / 2 + c2 * S,
        ("c1_twice", "counts twice"): lambda L, V, S, c1, c2: L - c1 * (c1 * V) + c2 * S,
        ("c2_twice", "counts twice"): lambda L, V, S, c1, c2: L - c1 * V + c2 * (c2 * S),
        ("both_twice", "counts twice"): lambda L, V, S, c1, c2: L - c1**2 * V + c2**2 * S,
        ("divided_c1", "You divide by a coefficient"): lambda L, V, S, c1, c2: L - V / np.float64(c1) + c2 * S,
        ("divided_c2", "You divide by a coefficient"): lambda L, V, S, c1, c2: L - c1 * V + S / np.float64(c2),
        ("coefficients_added", "They are factors"): lambda L, V, S, c1, c2: L - (c1 + V) + (c2 + S),
        ("c2_added", "They are factors"): lambda L, V, S, c1, c2: L - c1 * V + (c2 + S),
        ("no_entropy", "three terms is missing"): lambda L, V, S, c1, c2: L - c1 * V,
        ("no_value", "three terms is missing"): lambda L, V, S, c1, c2: L + c2 * S,
        ("no_clip", "three terms is missing"): lambda L, V, S, c1, c2: c2 * S - c1 * V,
        ("clip_only", "That is L^CLIP"): lambda L, V, S, c1, c2: L,
        ("convex", "L^CLIP has no coefficient"): lambda L, V, S, c1, c2: (1 - c1 - c2) * L - c1 * V + c2 * S,
        ("c1_on_clip", "L^CLIP has no coefficient"): lambda L, V, S, c1, c2: c1 * L - V + c2 * S,
        ("fixed", "coefficients do not move"): lambda L, V, S, c1, c2: L - 0.5 * V + 0.01 * S,
        ("fixed_c1", "coefficients do not move"): lambda L, V, S, c1, c2: L - 0.5 * V + c2 * S,
        ("fixed_c2", "coefficients do not move"): lambda L, V, S, c1, c2: L - c1 * V + 0.01 * S,
        ("mean_total", "You average"): lambda L, V, S, c1, c2: (L - c1 * V + c2 * S).mean(),
        ("minus_mean", "You average"): lambda L, V, S, c1, c2: -(L - c1 * V + c2 * S).mean(),
        ("sum_total", "You add the batch up"): lambda L, V, S, c1, c2: (L - c1 * V + c2 * S).sum(),
        ("squared_value", "squared once more"): lambda L, V, S, c1, c2: L - c1 * V**2 + c2 * S,
        ("root_value", "squared once more"): lambda L, V, S, c1, c2: L - c1 * V**0.5 + c2 * S,
        ("product", "Of each term ask"): lambda L, V, S, c1, c2: L * V * S,
        ("squared_clip", "Of each term ask"): lambda L, V, S, c1, c2: L**2 - c1 * V + c2 * S,
        ("a_list_of_terms", "has shape (3, 4)"): lambda L, V, S, c1, c2: [L, -c1 * V, c2 * S],
        ("columns", "broadcasting"): lambda L, V, S, c1, c2: np.reshape(L, (-1, 1)) - c1 * V + c2 * S,
    },
)


@wrong("total_objective", "changed its input (L^CLIP)")
def in_place(clip_objective, value_loss, entropy, vf_coef, ent_coef):
    clip_objective -= vf_coef * value_loss
    clip_objective += ent_coef * entropy
    return clip_objective


# -- the loss handed to the optimiser, right ---------------------------------------------------------------------


@right("loss_to_minimise")
def minus_the_mean(ratio, advantages, values, returns, entropy, clip_eps, vf_coef, ent_coef):
    surrogate = clipped_objective(ratio, advantages, clip_eps)
    errors = losses.value_loss(values, returns)
    return -losses.total_objective(surrogate, errors, entropy, vf_coef, ent_coef).mean()


@right("loss_to_minimise")
def as_code_usually_has_it(ratio, advantages, values, returns, entropy, clip_eps, vf_coef, ent_coef):
    pg_loss1, pg_loss2 = -advantages * ratio, -advantages * torch.clamp(ratio, 1 - clip_eps, 1 + clip_eps)
    pg_loss, v_loss = torch.max(pg_loss1, pg_loss2).mean(), 0.5 * ((values - returns) ** 2).mean()
    return pg_loss - ent_coef * entropy.mean() + v_loss * vf_coef


@right("loss_to_minimise")
def numpy_three_means(ratio, advantages, values, returns, entropy, clip_eps, vf_coef, ent_coef):
    clipped = np.clip(ratio, 1 - clip_eps, 1 + clip_eps)
    policy_loss = -np.mean(np.minimum(ratio * advantages, clipped * advantages))
    value = np.mean(np.square(values - returns)) / 2
    return policy_loss + vf_coef * value - ent_coef * np.mean(entropy)


@right("loss_to_minimise")
def torch_mse_loss(ratio, advantages, values, returns, entropy, clip_eps, vf_coef, ent_coef):
    surrogate = torch.minimum(ratio * advantages, ratio.clamp(1 - clip_eps, 1 + clip_eps) * advantages).mean()
    return -surrogate + vf_coef / 2 * torch.nn.functional.mse_loss(values, returns) - ent_coef * entropy.mean()


@right("loss_to_minimise")
def float32_torch(ratio, advantages, values, returns, entropy, clip_eps, vf_coef, ent_coef):
    ratio, advantages, values, returns, entropy = (
        torch.as_tensor(x).float() for x in (ratio, advantages, values, returns, entropy)
    )
    surrogate = torch.min(ratio * advantages, torch.clip(ratio, 1 - clip_eps, 1 + clip_eps) * advantages)
    return (-surrogate + vf_coef * (values - returns) ** 2 / 2 - ent_coef * entropy).mean()


@right("loss_to_minimise")
def sum_over_length(ratio, advantages, values, returns, entropy, clip_eps, vf_coef, ent_coef):
    total = 0.0
    for i in range(len(ratio)):
        clipped = min(max(ratio[i], 1 - clip_eps), 1 + clip_eps)
        total -= min(ratio[i] * advantages[i], clipped * advantages[i])
        total += vf_coef * (values[i] - returns[i]) ** 2 / 2 - ent_coef * entropy[i]
    return total / len(ratio)


@right("loss_to_minimise")
def plain_lists(ratio, advantages, values, returns, entropy, clip_eps, vf_coef, ent_coef):
    assert isinstance(ratio, list)
    terms = []
    for r, A, V, R, S_ in zip(ratio, advantages, values, returns, entropy):
        surrogate = min(r * A, min(max(r, 1 - clip_eps), 1 + clip_eps) * A)
        terms.append(surrogate - vf_coef * 0.5 * (V - R) ** 2 + ent_coef * S_)
    return -math.fsum(terms) / len(terms)


@right("loss_to_minimise")
def average(ratio, advantages, values, returns, entropy, clip_eps, vf_coef, ent_coef):
    surrogate = clipped_objective(ratio, advantages, clip_eps)
    return np.average(vf_coef * losses.value_loss(values, returns) - surrogate - ent_coef * entropy)


@right("loss_to_minimise")
def by_cases(ratio, advantages, values, returns, entropy, clip_eps, vf_coef, ent_coef):
    held = np.where(advantages > 0, np.minimum(ratio, 1 + clip_eps), np.maximum(ratio, 1 - clip_eps))
    return (-held * advantages + vf_coef / 2 * (returns - values) ** 2 - ent_coef * entropy).sum() / ratio.size


@right("loss_to_minimise")
def a_shape_of_one(ratio, advantages, values, returns, entropy, clip_eps, vf_coef, ent_coef):
    per_sample = losses.total_objective(
        clipped_objective(ratio, advantages, clip_eps), losses.value_loss(values, returns), entropy, vf_coef, ent_coef
    )
    return -per_sample.mean(0, keepdims=True)


@right("loss_to_minimise")
def total_of_means(ratio, advantages, values, returns, entropy, clip_eps, vf_coef, ent_coef):
    L, V, S_ = (
        x.mean() for x in (clipped_objective(ratio, advantages, clip_eps), losses.value_loss(values, returns), entropy)
    )
    return losses.total_objective(L, V, S_, vf_coef, ent_coef) * -1


@right("loss_to_minimise")
def dot_products(ratio, advantages, values, returns, entropy, clip_eps, vf_coef, ent_coef):
    n, error = len(ratio), values - returns
    surrogate = clipped_objective(ratio, advantages, clip_eps)
    return (0.5 * vf_coef * (error @ error) - surrogate.sum() - ent_coef * entropy.sum()) / n


@right("loss_to_minimise")
def float_of_numpy(ratio, advantages, values, returns, entropy, clip_eps, vf_coef, ent_coef):
    assert isinstance(ratio, np.ndarray)
    return float(minus_the_mean(ratio, advantages, values, returns, entropy, clip_eps, vf_coef, ent_coef))


# -- the loss handed to the optimiser, wrong ---------------------------------------------------------------------


def terms(r, A, V, R, S_, e):
    return clipped_objective(r, A, e), losses.value_loss(V, R), S_


def of_terms(formula):
    """A wrong loss from L^CLIP, L^VF and S per sample and both coefficients."""

    def answer(r, A, V, R, S_, e, c1, c2):
        return formula(*terms(r, A, V, R, S_, e), c1, c2)

    return answer


def with_surrogate(surrogate):
    return lambda r, A, V, R, S_, e, c1, c2: (-surrogate(r, A, e) + c1 * (V - R) ** 2 / 2 - c2 * S_).mean()


def with_critic(critic):
    return lambda r, A, V, R, S_, e, c1, c2: (-clipped_objective(r, A, e) + c1 * critic(V, R, A, e) - c2 * S_).mean()


def torch_loss(r, A, V, R, S_, e, c1, c2):
    return -losses.total_objective(*terms(r, A, V, R, S_, e), c1, c2).mean()


def clip(r, e):
    return np.clip(r, 1 - e, 1 + e)


in_bulk(
    "loss_to_minimise",
    {
        ("objective", "That is the objective"): of_terms(lambda L, F, S, c1, c2: (L - c1 * F + c2 * S).mean()),
        ("first_term_only", "Only the first term"): of_terms(lambda L, F, S, c1, c2: (-L - c1 * F + c2 * S).mean()),
        ("entropy_added", "entropy has the wrong sign"): of_terms(
            lambda L, F, S, c1, c2: (-L + c1 * F + c2 * S).mean()
        ),
        ("value_subtracted", "value loss has the wrong sign"): of_terms(
            lambda L, F, S, c1, c2: (-L - c1 * F - c2 * S).mean()
        ),
        ("clip_added", "L^CLIP has the wrong sign"): of_terms(lambda L, F, S, c1, c2: (L + c1 * F - c2 * S).mean()),
        ("clip_added_entropy_added", "L^CLIP has the wrong sign"): of_terms(
            lambda L, F, S, c1, c2: (L + c1 * F + c2 * S).mean()
        ),
        ("added_up", "add the batch up"): of_terms(lambda L, F, S, c1, c2: -(L - c1 * F + c2 * S).sum()),
        ("value_added_up", "One of the terms is added up"): of_terms(
            lambda L, F, S, c1, c2: -L.mean() + c1 * F.sum() - c2 * S.mean()
        ),
        ("entropy_added_up", "One of the terms is added up"): of_terms(
            lambda L, F, S, c1, c2: -L.mean() + c1 * F.mean() - c2 * S.sum()
        ),
        ("per_sample", "one number per sample"): of_terms(lambda L, F, S, c1, c2: -L + c1 * F - c2 * S),
        ("objective_per_sample", "one number per sample"): of_terms(lambda L, F, S, c1, c2: L - c1 * F + c2 * S),
        ("coefficients_swapped", "changed places"): of_terms(lambda L, F, S, c1, c2: (-L + c2 * F - c1 * S).mean()),
        ("no_c1", "A coefficient is missing"): of_terms(lambda L, F, S, c1, c2: (-L + F - c2 * S).mean()),
        ("no_c2", "A coefficient is missing"): of_terms(lambda L, F, S, c1, c2: (-L + c1 * F - S).mean()),
        ("mse", "½ of the value loss is missing"): with_critic(lambda V, R, A, e: (V - R) ** 2),
        ("half_twice", "counts twice"): with_critic(lambda V, R, A, e: (V - R) ** 2 / 4),
        ("c1_twice", "counts twice"): of_terms(lambda L, F, S, c1, c2: (-L + c1 * c1 * F - c2 * S).mean()),
        ("c2_twice", "counts twice"): of_terms(lambda L, F, S, c1, c2: (-L + c1 * F - c2 * c2 * S).mean()),
        ("no_entropy", "three terms is missing"): of_terms(lambda L, F, S, c1, c2: (-L + c1 * F).mean()),
        ("no_critic", "three terms is missing"): of_terms(lambda L, F, S, c1, c2: (-L - c2 * S).mean()),
        ("no_policy", "three terms is missing"): of_terms(lambda L, F, S, c1, c2: (c1 * F - c2 * S).mean()),
        ("policy_only", "three terms is missing"): of_terms(lambda L, F, S, c1, c2: -L.mean()),
        ("not_clipped", "Nothing is clipped"): with_surrogate(lambda r, A, e: r * A),
        ("no_min", "clip without the min"): with_surrogate(lambda r, A, e: clip(r, e) * A),
        ("max_of_products", "larger of the two"): with_surrogate(lambda r, A, e: np.maximum(r * A, clip(r, e) * A)),
        ("min_of_losses", "larger of the two"): with_surrogate(lambda r, A, e: -np.minimum(-r * A, -clip(r, e) * A)),
        ("min_of_ratios", "compares the ratios"): with_surrogate(lambda r, A, e: np.minimum(r, clip(r, e)) * A),
        ("min_of_means", "compare two means"): with_surrogate(
            lambda r, A, e: min((r * A).mean(), (clip(r, e) * A).mean())
        ),
        ("log_ratio", "no ratio, or its logarithm"): with_surrogate(lambda r, A, e: np.log(r) * A),
        ("no_ratio", "no ratio, or its logarithm"): with_surrogate(lambda r, A, e: A),
        ("normalised", "You normalise"): with_surrogate(lambda r, A, e: clipped_objective(r, z_score(A), e)),
        ("centred", "You normalise"): with_surrogate(lambda r, A, e: clipped_objective(r, A - A.mean(), e)),
        ("critic_clipped", "clip the value loss"): with_critic(lambda V, R, A, e: np.clip(V - R, -e, e) ** 2 / 2),
        ("critic_learns_advantages", "something else than V̂"): with_critic(lambda V, R, A, e: (V - A) ** 2 / 2),
        ("critic_learns_more", "something else than V̂"): with_critic(lambda V, R, A, e: (V - (A + R)) ** 2 / 2),
        ("value_twice", "something else than V̂"): with_critic(lambda V, R, A, e: (V - (V + R)) ** 2 / 2),
        ("mean_before_square", "mean comes before the square"): with_critic(lambda V, R, A, e: (V - R).mean() ** 2 / 2),
        ("not_squared", "is not squared"): with_critic(lambda V, R, A, e: abs(V - R)),
        ("eps_fixed", "does not move"): with_surrogate(lambda r, A, e: clipped_objective(r, A, 0.2)),
        ("coefficients_fixed", "does not move"): of_terms(lambda L, F, S, c1, c2: (-L + 0.5 * F - 0.01 * S).mean()),
        ("c1_fixed", "does not move"): of_terms(lambda L, F, S, c1, c2: (-L + 0.5 * F - c2 * S).mean()),
        ("unsigned", "Three terms per sample"): with_surrogate(lambda r, A, e: clipped_objective(r, abs(A), e)),
        ("median", "Three terms per sample"): of_terms(
            lambda L, F, S, c1, c2: np.median(np.asarray(-L + c1 * F - c2 * S)) + 0.1
        ),
        ("zero", "Three terms per sample"): of_terms(lambda L, F, S, c1, c2: 0.0),
        ("item", "a bare number"): lambda *inputs: (
            torch_loss(*inputs) * 0 + torch_loss(*inputs).item()
            if isinstance(inputs[0], torch.Tensor) and not inputs[0].requires_grad
            else torch.tensor(torch_loss(*map(torch.as_tensor, inputs)).item(), dtype=torch.float64)
        ),
        ("ratio_detached", "no gradient reaches the ratio"): lambda r, *rest: torch_loss(
            torch.as_tensor(r).detach(), *rest
        ),
        ("values_detached", "no gradient reaches V"): lambda r, A, V, *rest: torch_loss(
            torch.as_tensor(r), A, torch.as_tensor(V).detach(), *rest
        ),
        ("only_the_bonus", "no gradient reaches ratio or V"): lambda r, A, V, *rest: torch_loss(
            torch.as_tensor(r).detach(), A, torch.as_tensor(V).detach(), *rest
        ),
        ("entropy_detached", "no gradient reaches the entropy"): lambda r, A, V, R, S_, *rest: torch_loss(
            torch.as_tensor(r), A, V, R, torch.as_tensor(S_).detach(), *rest
        ),
        ("clip_detached", "not the gradient that reaches ratio"): lambda r, A, V, R, S_, e, c1, c2: (
            -torch.min(r * A, torch.clamp(r.detach(), 1 - e, 1 + e) * A) + c1 * (V - R) ** 2 / 2 - c2 * S_
        ).mean(),
    },
)


@wrong("loss_to_minimise", "changed its input (V)")
def error_in_place(ratio, advantages, values, returns, entropy, clip_eps, vf_coef, ent_coef):
    values -= returns
    return (-clipped_objective(ratio, advantages, clip_eps) + vf_coef * values**2 / 2 - ent_coef * entropy).mean()


@wrong("loss_to_minimise", "A batch may hold a single sample")
def squeezed(ratio, advantages, values, returns, entropy, clip_eps, vf_coef, ent_coef):
    if len(ratio) < 2:
        raise IndexError("too few")
    return minus_the_mean(ratio, advantages, values, returns, entropy, clip_eps, vf_coef, ent_coef)


# -- normalising, right ------------------------------------------------------------------------------------------


@right("normalize")
def population_std(advantages):
    return (advantages - advantages.mean()) / (advantages.std() + 1e-8)


@right("normalize")
def numpy_functions(advantages):
    return (advantages - np.mean(advantages)) / (np.std(advantages, ddof=0) + 1e-8)


@right("normalize")
def root_of_the_mean_square(advantages):
    centred = advantages - np.mean(advantages)
    return centred / (np.sqrt(np.mean(centred**2)) + 1e-8)


@right("normalize")
def torch_uncorrected(advantages):
    advantages = torch.as_tensor(advantages).double()
    return (advantages - advantages.mean()) / (advantages.std(correction=0) + 1e-8)


@right("normalize")
def torch_unbiased_false(advantages):
    x = advantages.to(torch.float64)
    return (x - x.mean()) / (x.std(unbiased=False) + 1e-8)


@right("normalize")
def torch_float32(advantages):
    x = torch.as_tensor(advantages).float()
    return (x - x.mean()) / (torch.sqrt(x.var(correction=0)) + 1e-8)


@right("normalize")
def numpy_float32_normal(advantages):
    x = np.asarray(advantages, dtype=np.float32)
    return (x - x.mean()) / (x.std() + np.float32(1e-8))


@right("normalize")
def on_a_float_copy(advantages):
    x = np.array(advantages, dtype=np.float64)
    x -= x.mean()
    x /= x.std() + 1e-8
    return x


@right("normalize")
def flat_lists(advantages):
    flat = np.ravel(advantages).tolist()
    mean = sum(flat) / len(flat)
    std = math.sqrt(sum((x - mean) ** 2 for x in flat) / len(flat))
    return np.reshape([(x - mean) / (std + 1e-8) for x in flat], np.shape(advantages))


@right("normalize")
def nested_lists_normal(advantages):
    assert isinstance(advantages, list)
    nested = isinstance(advantages[0], list)
    flat = [x for row in advantages for x in row] if nested else advantages
    mean = math.fsum(flat) / len(flat)
    scale = math.sqrt(math.fsum((x - mean) ** 2 for x in flat) / len(flat)) + 1e-8
    scaled = [(x - mean) / scale for x in flat]
    width = len(advantages[0]) if nested else 1
    return [scaled[i : i + width] for i in range(0, len(flat), width)] if nested else scaled


@right("normalize")
def two_moments(advantages):
    mean, square = np.mean(advantages, dtype=np.float64), np.mean(np.square(advantages, dtype=np.float64))
    return (advantages - mean) / (np.sqrt(max(square - mean**2, 0)) + 1e-8)


@right("normalize")
def corrected_back(advantages):
    n = np.size(advantages)
    std = np.std(advantages, ddof=1) * np.sqrt((n - 1) / n) if n > 1 else 0.0
    return (advantages - np.mean(advantages)) / (std + 1e-8)


@right("normalize")
def guarded_instead(advantages):
    """No 1e-8 at all where there is a spread: at most half a per mille, and only where all is tiny."""
    spread = np.std(advantages)
    return (advantages - np.mean(advantages)) / (spread if spread > 1e-12 else 1.0)


@right("normalize")
def loop_over_entries(advantages):
    mean, spread = np.mean(advantages), np.std(advantages) + 1e-8
    result = np.zeros(np.shape(advantages))
    for index in np.ndindex(result.shape):
        result[index] = (advantages[index] - mean) / spread
    return result


@right("normalize")
def scipy_zscore(advantages):
    flat = scipy.stats.zscore(advantages, axis=None)
    return np.nan_to_num(np.asarray(flat))


@right("normalize")
def of_the_package_normal(advantages):
    return losses.normalize(advantages)


# -- normalising, wrong ------------------------------------------------------------------------------------------


def centred(A):
    return A - A.mean()


in_bulk(
    "normalize",
    {
        ("sample_std", "divide by n − 1"): lambda A: centred(A) / (A.std(ddof=1) + 1e-8),
        ("torch_default", "divide by n − 1"): lambda A: (
            ((x := torch.as_tensor(A).double()) - x.mean()) / (x.std() + 1e-8)
        ),
        ("sample_std_no_nan", "divide by n − 1"): lambda A: np.nan_to_num(centred(A) / (A.std(ddof=1) + 1e-8)),
        ("no_epsilon", "0/0"): lambda A: centred(A) / A.std(),
        ("guard_for_exactly_0", "no such gap"): lambda A: centred(A) / (A.std() if A.std() != 0 else 1),
        ("no_nan", "no such gap"): lambda A: np.nan_to_num(centred(A) / A.std()),
        ("epsilon_1e5", "Your epsilon is so large"): lambda A: centred(A) / (A.std() + 1e-5),
        ("epsilon_1", "left alone or set to 0"): lambda A: (
            centred(A) / (A.std() + 1e-8) if A.std() > 1e-3 else centred(A) / (A.std() + 1)
        ),
        ("minus_epsilon", "Your epsilon is so large"): lambda A: centred(A) / (A.std() - 1e-8),
        ("epsilon_1e3", "Your epsilon is so large"): lambda A: centred(A) / (A.std() + 1e-3),
        ("under_the_root", "Your epsilon is so large"): lambda A: centred(A) / np.sqrt(A.var() + 1e-8),
        ("batch_norm", "Your epsilon is so large"): lambda A: centred(A) / np.sqrt(A.var() + 1e-5),
        ("at_least", "Your epsilon is so large"): lambda A: centred(A) / max(A.std(), 1e-3),
        ("small_left_alone", "left alone or set to 0"): lambda A: A if A.std() < 1e-4 else losses.normalize(A),
        ("small_to_zero", "left alone or set to 0"): lambda A: 0.0 * A if A.std() < 1e-4 else losses.normalize(A),
        ("no_mean", "The mean is not taken off"): lambda A: A / (A.std() + 1e-8),
        ("only_mean", "Only the mean is taken off"): lambda A: centred(A),
        ("variance", "You divide by the variance"): lambda A: centred(A) / (A.var() + 1e-8),
        ("columns", "column by column"): lambda A: (
            (A - A.mean(0)) / (A.std(0) + 1e-8) if A.ndim > 1 else losses.normalize(A)
        ),
        ("always_axis_0", "column by column"): lambda A: (A - A.mean(axis=0)) / (A.std(axis=0) + 1e-8),
        ("rows", "column by column"): lambda A: (
            (A - A.mean(axis=-1, keepdims=True)) / (A.std(axis=-1, keepdims=True) + 1e-8)
        ),
        ("largest", "something else than the deviation"): lambda A: centred(A) / (abs(A).max() + 1e-8),
        ("largest_no_mean", "something else than the deviation"): lambda A: A / (abs(A).max() + 1e-8),
        ("range", "something else than the deviation"): lambda A: centred(A) / (np.ptp(A) + 1e-8),
        ("mean_size", "something else than the deviation"): lambda A: centred(A) / (abs(centred(A)).mean() + 1e-8),
        ("norm", "something else than the deviation"): lambda A: centred(A) / (np.linalg.norm(centred(A)) + 1e-8),
        ("root_mean_square", "something else than the deviation"): lambda A: A / (np.sqrt((A**2).mean()) + 1e-8),
        ("min_max", "between 0 and 1"): lambda A: (A - A.min()) / (A.max() - A.min() + 1e-8),
        ("from_the_least", "leaves none of them below 0"): lambda A: (A - A.min()) / (A.std() + 1e-8),
        ("minus_one_to_one", "between −1 and 1"): lambda A: 2 * (A - A.min()) / (A.max() - A.min() + 1e-8) - 1,
        ("median", "median off"): lambda A: (A - np.median(A)) / (A.std() + 1e-8),
        ("precedence", "not in their places"): lambda A: A - A.mean() / (A.std() + 1e-8),
        ("divide_then_centre", "not in their places"): lambda A: A / (A.std() + 1e-8) - A.mean(),
        ("plus_mean", "not in their places"): lambda A: (A + A.mean()) / (A.std() + 1e-8),
        ("times", "You multiply"): lambda A: centred(A) * (A.std() + 1e-8),
        ("sign", "sign is turned"): lambda A: -losses.normalize(A),
        ("absolute", "lost their signs"): lambda A: abs(losses.normalize(A)),
        ("weights", "lost their signs"): lambda A: A / A.sum(),
        ("softmax", "lost their signs"): lambda A: np.exp(A - A.max()) / np.exp(A - A.max()).sum(),
        ("signs", "Only the signs are left"): lambda A: np.sign(A),
        ("cut_at_2", "Only the signs are left"): lambda A: np.clip(losses.normalize(A), -2, 2),
        ("cut_at_5", "Only the signs are left"): lambda A: np.clip(losses.normalize(A), -5, 5),
        ("equal_stay", "Equal advantages should become 0"): lambda A: A if A.std() == 0 else losses.normalize(A),
        ("one_stays", "Equal advantages should become 0"): lambda A: A if A.size == 1 else losses.normalize(A),
        ("identity", "the input, unchanged"): lambda A: A,
        ("shifted", "mean of the squares is 1"): lambda A: losses.normalize(A) + 1,
        ("squared", "mean of the squares is 1"): lambda A: losses.normalize(A) ** 2,
        ("ranks", "mean of the squares is 1"): lambda A: losses.normalize(
            np.argsort(np.argsort(A, axis=None)).reshape(A.shape)
        ),
        ("mean_only", "expected shape"): lambda A: losses.normalize(A).mean(),
        ("flattened", "expected shape"): lambda A: losses.normalize(A).ravel(),
    },
)


@wrong("normalize", "loses its decimals")
def filled_zeros_like(advantages):
    result = np.zeros_like(advantages)
    result[...] = losses.normalize(advantages)
    return result


@wrong("normalize", "whole numbers. Your code raised")
def in_place_on_whole_numbers(advantages):
    x = advantages.copy()
    x -= advantages.mean()
    return x / (advantages.std() + 1e-8)


@wrong("normalize", "changed its input (Â)")
def normalised_in_place(advantages):
    if advantages.dtype.kind == "f":
        advantages -= advantages.mean()
        advantages /= advantages.std() + 1e-8
        return advantages
    return losses.normalize(advantages)


@wrong("normalize", "deviation is 0. Your code raised ZeroDivisionError")
def python_division(advantages):
    flat = np.ravel(advantages).tolist()
    mean = sum(flat) / len(flat)
    std = math.sqrt(sum((x - mean) ** 2 for x in flat) / len(flat))
    return np.reshape([(x - mean) / std for x in flat], np.shape(advantages))


@wrong("normalize", "is a table [T, N]: one batch. Your code raised")
def for_one_axis_only(advantages):
    mean, std = np.mean(advantages), np.std(advantages)
    return [(float(x) - mean) / (std + 1e-8) for x in advantages]
