"""Answers to exercise 02, right ones in many styles and wrong ones with a piece of the message each must get."""

import math
from functools import partial

import numpy as np
import torch
from registry import bank

RIGHT, WRONG, right, wrong, _ = bank()


# -- the ratio, right --------------------------------------------------------------------------------------------


@right("probability_ratio")
def ratio_numpy(logprobs, old_logprobs):
    return np.exp(logprobs - old_logprobs)


@right("probability_ratio")
def ratio_torch(logprobs, old_logprobs):
    return torch.exp(logprobs - old_logprobs)


@right("probability_ratio")
def ratio_with_the_old_detached(logprobs, old_logprobs):
    return (logprobs - old_logprobs.detach()).exp()


@right("probability_ratio")
def ratio_one_number(logprob, old_logprob):
    return math.exp(logprob - old_logprob)


@right("probability_ratio")
def ratio_e_to_the_power(logprobs, old_logprobs):
    return math.e ** (logprobs - old_logprobs)


@right("probability_ratio")
def ratio_by_base_two(logprobs, old_logprobs):
    return np.exp2((logprobs - old_logprobs) / np.log(2))


@right("probability_ratio")
def ratio_comprehension(logprobs, old_logprobs):
    return [math.exp(new - old) for new, old in zip(logprobs, old_logprobs)]


@right("probability_ratio")
def ratio_loop_over_positions(logprobs, old_logprobs):
    result = np.empty(len(logprobs))
    for i in range(len(logprobs)):
        result[i] = math.exp(logprobs[i] - old_logprobs[i])
    return result


@right("probability_ratio")
def ratio_lists_only(logprobs, old_logprobs):
    assert isinstance(logprobs, list)
    return list(map(math.exp, map(float.__sub__, logprobs, old_logprobs)))


@right("probability_ratio")
def ratio_in_place_on_a_copy(logprobs, old_logprobs):
    result = logprobs.copy()
    result -= old_logprobs
    return np.exp(result, out=result)


@right("probability_ratio")
def ratio_float32(logprobs, old_logprobs):
    return np.exp(np.float32(logprobs) - np.float32(old_logprobs))


@right("probability_ratio")
def ratio_torch_float32(logprobs, old_logprobs):
    new, old = (torch.as_tensor(x, dtype=torch.float32) for x in (logprobs, old_logprobs))
    return (new - old).exp()


@right("probability_ratio")
def ratio_one_over_the_inverse(logprobs, old_logprobs):
    return 1 / np.exp(old_logprobs - logprobs)


@right("probability_ratio")
def ratio_by_expm1(logprobs, old_logprobs):
    return torch.expm1(torch.sub(logprobs, old_logprobs)) + 1


@right("probability_ratio")
def ratio_stacked(logprobs, old_logprobs):
    return torch.stack([torch.exp(new - old) for new, old in zip(logprobs, old_logprobs)])


@right("probability_ratio")
def ratio_ufunc_with_a_print(logprobs, old_logprobs):
    print("one call")
    return np.exp(np.subtract(logprobs, old_logprobs))


# -- the ratio, wrong --------------------------------------------------------------------------------------------


@wrong("probability_ratio", "Stay in the logarithm")
def quotient_of_probabilities(logprobs, old_logprobs):
    return np.exp(logprobs) / np.exp(old_logprobs)


@wrong("probability_ratio", "Stay in the logarithm")
def quotient_of_probabilities_torch(logprobs, old_logprobs):
    return logprobs.exp() / old_logprobs.exp()


@wrong("probability_ratio", "Stay in the logarithm")
def quotient_in_float32(logprobs, old_logprobs):
    return np.exp(np.float32(logprobs)) / np.exp(np.float32(old_logprobs))


@wrong("probability_ratio", "Stay in the logarithm")
def quotient_with_a_little_below(logprobs, old_logprobs):
    return np.exp(logprobs) / (np.exp(old_logprobs) + 1e-8)


@wrong("probability_ratio", "so do probabilities")
def quotient_with_a_little_on_both_sides(logprobs, old_logprobs):
    return (np.exp(logprobs) + 1e-8) / (np.exp(old_logprobs) + 1e-8)


@wrong("probability_ratio", "Logs that are cut off lose it")
def logs_cut_off(logprobs, old_logprobs):
    return np.exp(np.clip(logprobs, -100, 0) - np.clip(old_logprobs, -100, 0))


@wrong("probability_ratio", "so do probabilities")
def quotient_of_floored_probabilities(logprobs, old_logprobs):
    return np.maximum(np.exp(logprobs), 1e-12) / np.maximum(np.exp(old_logprobs), 1e-12)


@wrong("probability_ratio", "Stay in the logarithm")
def quotient_one_number(logprob, old_logprob):
    return math.exp(logprob) / math.exp(old_logprob)


@wrong("probability_ratio", "Stay in the logarithm")
def quotient_list(logprobs, old_logprobs):
    return [math.exp(new) / math.exp(old) for new, old in zip(logprobs, old_logprobs)]


@wrong("probability_ratio", "Stay in the logarithm")
def product_with_the_inverse(logprobs, old_logprobs):
    return np.exp(logprobs) * np.exp(-old_logprobs)


@wrong("probability_ratio", "Stay in the logarithm")
def product_with_the_inverse_one_number(logprob, old_logprob):
    return math.exp(logprob) * math.exp(-old_logprob)


@wrong("probability_ratio", "so do probabilities")
def nan_made_one(logprobs, old_logprobs):
    return np.nan_to_num(np.exp(logprobs) / np.exp(old_logprobs), nan=1.0)


@wrong("probability_ratio", "Stay in the logarithm")
def nan_made_zero_torch(logprobs, old_logprobs):
    return torch.nan_to_num(logprobs.exp() / old_logprobs.exp())


@wrong("probability_ratio", "Upside down")
def inverted(logprobs, old_logprobs):
    return np.exp(old_logprobs - logprobs)


@wrong("probability_ratio", "Upside down")
def inverted_quotient(logprobs, old_logprobs):
    return np.exp(old_logprobs) / np.exp(logprobs)


@wrong("probability_ratio", "Upside down")
def inverted_one_number(logprob, old_logprob):
    return math.exp(old_logprob) / math.exp(logprob)


@wrong("probability_ratio", "That is the log-ratio")
def without_exp(logprobs, old_logprobs):
    return logprobs - old_logprobs


@wrong("probability_ratio", "That is the log-ratio")
def without_exp_inverted(logprobs, old_logprobs):
    return [old - new for new, old in zip(logprobs, old_logprobs)]


@wrong("probability_ratio", "You divide the logarithms")
def quotient_of_logs(logprobs, old_logprobs):
    return logprobs / old_logprobs


@wrong("probability_ratio", "You divide the logarithms")
def exp_of_the_quotient_of_logs(logprobs, old_logprobs):
    return torch.exp(logprobs / old_logprobs)


@wrong("probability_ratio", "Another base")
def base_ten(logprobs, old_logprobs):
    return 10.0 ** (logprobs - old_logprobs)


@wrong("probability_ratio", "Another base")
def base_two(logprobs, old_logprobs):
    return np.exp2(logprobs - old_logprobs)


@wrong("probability_ratio", "multiplies the probabilities")
def logs_added(logprobs, old_logprobs):
    return np.exp(logprobs + old_logprobs)


@wrong("probability_ratio", "difference of probabilities")
def difference_of_probabilities(logprobs, old_logprobs):
    return np.exp(logprobs) - np.exp(old_logprobs)


@wrong("probability_ratio", "ratio − 1")
def relative_change(logprobs, old_logprobs):
    return np.expm1(logprobs - old_logprobs)


@wrong("probability_ratio", "for small changes only")
def first_order(logprobs, old_logprobs):
    return 1 + logprobs - old_logprobs


@wrong("probability_ratio", "share of both")
def share_of_both(logprobs, old_logprobs):
    return 1 / (1 + np.exp(old_logprobs - logprobs))


@wrong("probability_ratio", "You divide the logarithms")
def log_of_the_quotient_of_logs(logprobs, old_logprobs):
    return np.log(logprobs / old_logprobs)


@wrong("probability_ratio", "one of the two policies alone")
def new_probability(logprobs, old_logprobs):
    return np.exp(logprobs)


@wrong("probability_ratio", "one of the two policies alone")
def the_input(logprobs, old_logprobs):
    return logprobs


@wrong("probability_ratio", "compared with itself")
def compared_with_itself(logprobs, old_logprobs):
    return torch.exp(logprobs - logprobs.detach())


@wrong("probability_ratio", "compared with itself")
def ones_numpy(logprobs, old_logprobs):
    return np.ones_like(logprobs)


@wrong("probability_ratio", "size of the change only")
def size_of_the_change(logprobs, old_logprobs):
    return np.exp(abs(logprobs - old_logprobs))


@wrong("probability_ratio", "You clip")
def clipped_ratio(logprobs, old_logprobs):
    return np.clip(np.exp(logprobs - old_logprobs), 0.8, 1.2)


@wrong("probability_ratio", "You clip")
def clamped_log_ratio(logprobs, old_logprobs):
    return torch.clamp(logprobs - old_logprobs, -20, 20).exp()


@wrong("probability_ratio", "You clip")
def never_above_one(logprob, old_logprob):
    return min(1.0, math.exp(logprob - old_logprob))


@wrong("probability_ratio", "multiply the whole batch")
def joint_ratio(logprobs, old_logprobs):
    return np.exp(logprobs.sum() - old_logprobs.sum())


@wrong("probability_ratio", "You average")
def mean_ratio(logprobs, old_logprobs):
    return np.exp(logprobs - old_logprobs).mean()


@wrong("probability_ratio", "You average")
def ratio_of_the_means(logprobs, old_logprobs):
    return np.exp(np.mean(logprobs) - np.mean(old_logprobs))


@wrong("probability_ratio", "adds up to 1 or averages 1")
def self_normalised(logprobs, old_logprobs):
    ratio = np.exp(logprobs - old_logprobs)
    return ratio / ratio.mean()


@wrong("probability_ratio", "adds up to 1 or averages 1")
def softmax_of_the_differences(logprobs, old_logprobs):
    return torch.softmax(logprobs - old_logprobs, 0)


@wrong("probability_ratio", "logarithms already")
def logs_of_logs(logprobs, old_logprobs):
    return np.exp(np.log(logprobs) - np.log(old_logprobs))


@wrong("probability_ratio", "it is 0 times as likely")
def impossible_made_possible(logprobs, old_logprobs):
    return np.exp(np.maximum(logprobs, -3001) - old_logprobs) * (logprobs > -np.inf) + (logprobs == -np.inf)


@wrong("probability_ratio", "they were detached")
def ratio_detached(logprobs, old_logprobs):
    return torch.exp(logprobs.detach() - old_logprobs)


@wrong("probability_ratio", "they were detached")
def ratio_without_grad(logprobs, old_logprobs):
    with torch.no_grad():
        return torch.exp(logprobs - old_logprobs)


@wrong("probability_ratio", "they were detached")
def ratio_of_new_tensors(logprobs, old_logprobs):
    return torch.tensor([math.exp(new - old) for new, old in zip(logprobs.tolist(), old_logprobs.tolist())])


@wrong("probability_ratio", "slope is 1 everywhere")
def slope_one(logprobs, old_logprobs):
    return torch.exp(logprobs - old_logprobs).detach() + logprobs - logprobs.detach()


@wrong("probability_ratio", "not the slope")
def slope_doubled(logprobs, old_logprobs):
    ratio = torch.exp(logprobs - old_logprobs)
    return 2 * ratio - ratio.detach()


@wrong("probability_ratio", "paired every sample with every other")
def column_meets_row(logprobs, old_logprobs):
    return np.exp(logprobs[:, None] - old_logprobs)


@wrong("probability_ratio", "is a column")
def ratio_as_a_column(logprobs, old_logprobs):
    return torch.exp(logprobs - old_logprobs).unsqueeze(-1)


@wrong("probability_ratio", "one number per sample, in the shape of the inputs")
def ratio_squeezed(logprobs, old_logprobs):
    return np.exp(logprobs - old_logprobs).squeeze()


@wrong("probability_ratio", "(log π) in place")
def ratio_that_damages(logprobs, old_logprobs):
    logprobs -= old_logprobs
    return np.exp(logprobs)


@wrong("probability_ratio", "in place")
def ratio_that_damages_a_tensor(logprobs, old_logprobs):
    return logprobs.sub_(old_logprobs).exp_()


@wrong("probability_ratio", "NameError")
def ratio_with_a_typo(logprobs, old_logprobs):
    return np.exp(logprobs - old_logprob)  # noqa: F821


# -- the objective, right ----------------------------------------------------------------------------------------


@right("unclipped_objective")
def objective_numpy(logprobs, old_logprobs, advantages):
    return np.exp(logprobs - old_logprobs) * advantages


@right("unclipped_objective")
def objective_torch(logprobs, old_logprobs, advantages):
    return torch.exp(logprobs - old_logprobs) * advantages


@right("unclipped_objective")
def objective_all_but_the_new_detached(logprobs, old_logprobs, advantages):
    return torch.mul(advantages.detach(), (logprobs - old_logprobs.detach()).exp())


@right("unclipped_objective")
def objective_one_number(logprob, old_logprob, advantage):
    return advantage * math.exp(logprob - old_logprob)


@right("unclipped_objective")
def objective_by_sign(logprob, old_logprob, advantage):
    if advantage == 0:
        return 0.0
    return math.copysign(math.exp(logprob - old_logprob + math.log(abs(advantage))), advantage)


@right("unclipped_objective")
def objective_comprehension(logprobs, old_logprobs, advantages):
    return [a * math.exp(new - old) for new, old, a in zip(logprobs, old_logprobs, advantages)]


@right("unclipped_objective")
def objective_loop(logprobs, old_logprobs, advantages):
    result = np.zeros(len(logprobs))
    for i, a in enumerate(advantages):
        result[i] += a * np.exp(logprobs[i] - old_logprobs[i])
    return result


@right("unclipped_objective")
def objective_lists_only(logprobs, old_logprobs, advantages):
    assert isinstance(logprobs, list)
    return list(map(objective_one_number, logprobs, old_logprobs, advantages))


@right("unclipped_objective")
def objective_float32(logprobs, old_logprobs, advantages):
    return ratio_float32(logprobs, old_logprobs) * np.float32(advantages)


@right("unclipped_objective")
def objective_in_place_on_a_copy(logprobs, old_logprobs, advantages):
    result = np.array(logprobs)
    result -= old_logprobs
    np.exp(result, out=result)
    result *= advantages
    return result


@right("unclipped_objective")
def objective_less_and_more(logprobs, old_logprobs, advantages):
    return advantages + np.expm1(logprobs - old_logprobs) * advantages


@right("unclipped_objective")
def objective_stacked(logprobs, old_logprobs, advantages):
    samples = zip(logprobs, old_logprobs, advantages)
    return torch.stack([a * (new - old).exp() for new, old, a in samples])


@right("unclipped_objective")
def objective_minus_the_loss(logprobs, old_logprobs, advantages):
    loss = -advantages * torch.exp(logprobs - old_logprobs)
    return -loss


@right("unclipped_objective")
def objective_out_of_torch(logprobs, old_logprobs, advantages):
    return objective_torch(*map(torch.as_tensor, (logprobs, old_logprobs, advantages))).detach().numpy()


# -- the objective, wrong ----------------------------------------------------------------------------------------


@wrong("unclipped_objective", "Stay in the logarithm")
def objective_of_the_quotient(logprobs, old_logprobs, advantages):
    return np.exp(logprobs) / np.exp(old_logprobs) * advantages


@wrong("unclipped_objective", "Stay in the logarithm")
def objective_of_the_quotient_one_number(logprob, old_logprob, advantage):
    return math.exp(logprob) / math.exp(old_logprob) * advantage


@wrong("unclipped_objective", "Logs that are cut off lose it")
def objective_of_cut_off_logs(logprobs, old_logprobs, advantages):
    return torch.exp(logprobs.clamp(-50, 0) - old_logprobs.clamp(-50, 0)) * advantages


@wrong("unclipped_objective", "Stay in the logarithm")
def objective_of_the_quotient_with_a_little_below(logprobs, old_logprobs, advantages):
    return logprobs.exp() / (old_logprobs.exp() + 1e-10) * advantages


@wrong("unclipped_objective", "That is log π · Â")
def policy_gradient_surrogate(logprobs, old_logprobs, advantages):
    return logprobs * advantages


@wrong("unclipped_objective", "That is −log π · Â")
def policy_gradient_loss(logprobs, old_logprobs, advantages):
    return -logprobs * advantages.detach()


@wrong("unclipped_objective", "log-ratio times Â")
def log_ratio_surrogate(logprobs, old_logprobs, advantages):
    return (logprobs - old_logprobs) * advantages


@wrong("unclipped_objective", "The sign is turned")
def loss_for_objective(logprobs, old_logprobs, advantages):
    return -np.exp(logprobs - old_logprobs) * advantages


@wrong("unclipped_objective", "The sign is turned")
def loss_one_number(logprob, old_logprob, advantage):
    return -advantage * math.exp(logprob - old_logprob)


@wrong("unclipped_objective", "You average")
def mean_over_the_batch(logprobs, old_logprobs, advantages):
    return objective_numpy(logprobs, old_logprobs, advantages).mean()


@wrong("unclipped_objective", "averaged over the batch, and with its sign turned")
def mean_loss(logprobs, old_logprobs, advantages):
    return -objective_torch(logprobs, old_logprobs, advantages).mean()


@wrong("unclipped_objective", "You add the batch up")
def sum_over_the_batch(logprobs, old_logprobs, advantages):
    return sum(objective_comprehension(logprobs, old_logprobs, advantages))


@wrong("unclipped_objective", "You add the batch up")
def dot_product(logprobs, old_logprobs, advantages):
    return np.dot(np.exp(logprobs - old_logprobs), advantages)


@wrong("unclipped_objective", "You use ratio − 1")
def change_times_advantage(logprobs, old_logprobs, advantages):
    return (np.exp(logprobs - old_logprobs) - 1) * advantages


@wrong("unclipped_objective", "You use ratio − 1")
def change_by_expm1(logprobs, old_logprobs, advantages):
    return torch.expm1(logprobs - old_logprobs) * advantages


@wrong("unclipped_objective", "You multiply the ratio by log π or by the log-ratio")
def ratio_times_log_ratio(logprobs, old_logprobs, advantages):
    return np.exp(logprobs - old_logprobs) * (logprobs - old_logprobs) * advantages


@wrong("unclipped_objective", "You multiply the ratio by log π or by the log-ratio")
def detached_ratio_times_logprob(logprobs, old_logprobs, advantages):
    return torch.exp(logprobs - old_logprobs).detach() * logprobs * advantages


@wrong("unclipped_objective", "You normalise")
def normalised_inside(logprobs, old_logprobs, advantages):
    advantages = (advantages - np.mean(advantages)) / (np.std(advantages) + 1e-8)
    return objective_numpy(logprobs, old_logprobs, advantages)


@wrong("unclipped_objective", "You normalise")
def normalised_inside_torch(logprobs, old_logprobs, advantages):
    advantages = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
    return objective_torch(logprobs, old_logprobs, advantages)


@wrong("unclipped_objective", "You normalise")
def centred_inside(logprobs, old_logprobs, advantages):
    return objective_numpy(logprobs, old_logprobs, advantages - np.mean(advantages))


@wrong("unclipped_objective", "lost its sign")
def absolute_advantage(logprobs, old_logprobs, advantages):
    return objective_numpy(logprobs, old_logprobs, abs(advantages))


@wrong("unclipped_objective", "Bad actions are left out")
def good_actions_only(logprob, old_logprob, advantage):
    return max(advantage, 0.0) * math.exp(logprob - old_logprob)


@wrong("unclipped_objective", "Upside down")
def objective_inverted(logprobs, old_logprobs, advantages):
    return np.exp(old_logprobs - logprobs) * advantages


@wrong("unclipped_objective", "The old policy is missing")
def weighed_by_the_new_probability(logprobs, old_logprobs, advantages):
    return np.exp(logprobs) * advantages


@wrong("unclipped_objective", "That is L^CLIP")
def clipped_and_minimum(logprobs, old_logprobs, advantages):
    ratio = np.exp(logprobs - old_logprobs)
    return np.minimum(ratio * advantages, np.clip(ratio, 0.8, 1.2) * advantages)


@wrong("unclipped_objective", "You cut the ratio off")
def clipped_alone(logprobs, old_logprobs, advantages):
    return torch.exp(logprobs - old_logprobs).clamp(0.8, 1.2) * advantages


@wrong("unclipped_objective", "You divide the logarithms")
def objective_of_the_quotient_of_logs(logprobs, old_logprobs, advantages):
    return logprobs / old_logprobs * advantages


@wrong("unclipped_objective", "That is the ratio alone")
def ratio_alone(logprobs, old_logprobs, advantages):
    return np.exp(logprobs - old_logprobs)


@wrong("unclipped_objective", "as if the ratio were always 1")
def advantage_alone(logprobs, old_logprobs, advantages):
    return torch.exp(logprobs - logprobs.detach()) * advantages


@wrong("unclipped_objective", "as if the ratio were always 1")
def ratio_left_out(logprobs, old_logprobs, advantages):
    return advantages


@wrong("unclipped_objective", "share one ratio")
def one_ratio_for_all(logprobs, old_logprobs, advantages):
    return np.exp(logprobs - old_logprobs).mean() * advantages


@wrong("unclipped_objective", "averages 1")
def objective_self_normalised(logprobs, old_logprobs, advantages):
    ratio = torch.exp(logprobs - old_logprobs)
    return ratio / ratio.mean() * advantages


@wrong("unclipped_objective", "difference of probabilities")
def difference_times_advantage(logprobs, old_logprobs, advantages):
    return (np.exp(logprobs) - np.exp(old_logprobs)) * advantages


@wrong("unclipped_objective", "You cut the ratio off")
def never_above_1(logprobs, old_logprobs, advantages):
    return np.minimum(np.exp(logprobs - old_logprobs), 1) * advantages


@wrong("unclipped_objective", "are added")
def ratio_plus_advantage(logprobs, old_logprobs, advantages):
    return np.exp(logprobs - old_logprobs) + advantages


@wrong("unclipped_objective", "the ratio was detached")
def objective_detached(logprobs, old_logprobs, advantages):
    return torch.exp(logprobs - old_logprobs).detach() * advantages


@wrong("unclipped_objective", "the ratio was detached")
def objective_without_grad(logprobs, old_logprobs, advantages):
    with torch.no_grad():
        return objective_torch(logprobs, old_logprobs, advantages)


@wrong("unclipped_objective", "slope is Â whatever the ratio is")
def objective_with_the_slope_of_the_policy_gradient(logprobs, old_logprobs, advantages):
    return slope_one(logprobs, old_logprobs) * advantages


@wrong("unclipped_objective", "not the slope")
def objective_slope_doubled(logprobs, old_logprobs, advantages):
    return slope_doubled(logprobs, old_logprobs) * advantages


@wrong("unclipped_objective", "paired every sample with every other")
def objective_column_meets_row(logprobs, old_logprobs, advantages):
    return np.exp(logprobs - old_logprobs)[:, None] * advantages


@wrong("unclipped_objective", "(Â) in place")
def objective_that_damages(logprobs, old_logprobs, advantages):
    advantages *= np.exp(logprobs - old_logprobs)
    return advantages


@wrong("unclipped_objective", "(log π) in place")
def objective_that_damages_the_logprobs(logprobs, old_logprobs, advantages):
    logprobs -= old_logprobs
    return np.exp(logprobs) * advantages


@wrong("unclipped_objective", "a constant")
def zero_for_all(logprobs, old_logprobs, advantages):
    return np.zeros_like(logprobs)


# -- the effective sample size, right ----------------------------------------------------------------------------


@right("effective_sample_size")
def effective_numpy(ratio):
    return np.sum(ratio) ** 2 / np.sum(ratio**2)


@right("effective_sample_size")
def effective_torch(ratio):
    return ratio.sum().square() / ratio.square().sum()


@right("effective_sample_size")
def effective_item(ratio):
    return (torch.sum(ratio) ** 2 / torch.dot(ratio, ratio)).item()


@right("effective_sample_size")
def effective_python(ratio):
    return sum(ratio) ** 2 / sum(w * w for w in ratio)


@right("effective_sample_size")
def effective_lists_only(ratio):
    assert isinstance(ratio, list)
    return math.fsum(ratio) ** 2 / math.fsum(w**2 for w in ratio)


@right("effective_sample_size")
def effective_of_shares(ratio):
    weights = ratio / ratio.sum()
    return 1 / (weights**2).sum()


@right("effective_sample_size")
def effective_by_the_variance(ratio):
    return len(ratio) / (1 + np.var(ratio) / np.mean(ratio) ** 2)


@right("effective_sample_size")
def effective_by_the_variance_torch(ratio):
    return ratio.numel() / (1 + ratio.var(correction=0) / ratio.mean() ** 2)


@right("effective_sample_size")
def effective_by_the_variance_of_shares(ratio):
    share = np.array(ratio) / np.sum(ratio)
    return 1 / (len(share) * share.var() + 1 / len(share))


@right("effective_sample_size")
def effective_by_means(ratio):
    return len(ratio) * np.mean(ratio) ** 2 / np.mean(np.square(ratio))


@right("effective_sample_size")
def effective_loop(ratio):
    total = squares = 0.0
    for w in ratio:
        total += w
        squares += w**2
    return total * total / squares


@right("effective_sample_size")
def effective_by_norms(ratio):
    return (np.linalg.norm(ratio, 1) / np.linalg.norm(ratio)) ** 2


@right("effective_sample_size")
def effective_by_pairs(ratio):
    return np.outer(ratio, ratio).sum() / np.trace(np.outer(ratio, ratio))


@right("effective_sample_size")
def effective_float32(ratio):
    ratio = np.asarray(ratio, dtype=np.float32)
    return ratio.sum() ** 2 / (ratio @ ratio)


@right("effective_sample_size")
def effective_in_place_on_a_copy(ratio):
    weights = np.array(ratio)
    weights /= weights.max()
    return weights.sum() ** 2 / (weights * weights).sum()


@right("effective_sample_size")
def effective_kept_as_an_array(ratio):
    return np.sum(ratio, keepdims=True) ** 2 / np.sum(ratio**2, keepdims=True)


# -- the effective sample size, wrong ----------------------------------------------------------------------------


@wrong("effective_sample_size", "weights that add up to 1")
def one_over_the_squares(ratio):
    return 1 / np.sum(ratio**2)


@wrong("effective_sample_size", "ratios average 1")
def mean_taken_for_one(ratio):
    return len(ratio) ** 2 / (ratio**2).sum()


@wrong("effective_sample_size", "ratios average 1")
def variance_of_raw_ratios(ratio):
    return len(ratio) / (1 + ratio.var())


@wrong("effective_sample_size", "ratios average 1")
def spread_around_one(ratio):
    return len(ratio) / (1 + ((ratio - 1) ** 2).mean())


@wrong("effective_sample_size", "ratios average 1")
def sample_variance_of_raw_ratios(ratio):
    return len(ratio) / (1 + np.var(ratio, ddof=1))


@wrong("effective_sample_size", "ratios average 1")
def sample_variance_of_raw_ratios_torch(ratio):
    return len(ratio) / (1 + torch.var(ratio))


@wrong("effective_sample_size", "divides by N − 1")
def sample_variance(ratio):
    return len(ratio) / (1 + np.var(ratio, ddof=1) / np.mean(ratio) ** 2)


@wrong("effective_sample_size", "divides by N − 1")
def sample_variance_torch(ratio):
    return ratio.numel() / (1 + torch.var(ratio) / torch.mean(ratio) ** 2)


@wrong("effective_sample_size", "divides by N − 1")
def sample_variance_but_for_one_sample(ratio):
    return len(ratio) / (1 + np.var(ratio, ddof=1) / np.mean(ratio) ** 2) if len(ratio) > 1 else 1.0


@wrong("effective_sample_size", "The variance is made of squares")
def variance_over_the_mean(ratio):
    return len(ratio) / (1 + ratio.var() / ratio.mean())


@wrong("effective_sample_size", "your quotient is not squared")
def deviation_over_the_mean(ratio):
    return len(ratio) / (1 + np.std(ratio) / np.mean(ratio))


@wrong("effective_sample_size", "Upside down")
def effective_inverted(ratio):
    return (ratio**2).sum() / ratio.sum() ** 2


@wrong("effective_sample_size", "a share of the batch")
def share_of_the_batch(ratio):
    return effective_numpy(ratio) / len(ratio)


@wrong("effective_sample_size", "a share of the batch")
def share_by_means(ratio):
    return ratio.mean() ** 2 / (ratio**2).mean()


@wrong("effective_sample_size", "sum or the mean of the weights")
def sum_of_weights(ratio):
    return sum(ratio)


@wrong("effective_sample_size", "sum or the mean of the weights")
def mean_of_weights(ratio):
    return ratio.mean()


@wrong("effective_sample_size", "One of the two sums is missing")
def sum_of_squares(ratio):
    return np.square(ratio).sum()


@wrong("effective_sample_size", "The sum is not squared")
def sum_not_squared(ratio):
    return ratio.sum() / (ratio**2).sum()


@wrong("effective_sample_size", "how unequal the ratios are")
def square_of_the_sum_twice(ratio):
    return ratio.sum() ** 2 / ratio.sum() ** 2


@wrong("effective_sample_size", "how unequal the ratios are")
def all_of_them(ratio):
    return len(ratio)


@wrong("effective_sample_size", "One of the two sums is missing")
def square_of_the_sum(ratio):
    return ratio.sum() ** 2


@wrong("effective_sample_size", "one square is missing")
def squares_over_the_sum(ratio):
    return (ratio**2).sum() / ratio.sum()


@wrong("effective_sample_size", "by a threshold")
def those_above_one(ratio):
    return (ratio > 1).sum()


@wrong("effective_sample_size", "by a threshold")
def those_not_zero(ratio):
    return np.count_nonzero(ratio)


@wrong("effective_sample_size", "by a threshold")
def those_in_the_band(ratio):
    return sum(abs(w - 1) <= 0.2 for w in ratio)


@wrong("effective_sample_size", "the largest and the smallest weight only")
def smallest_over_largest(ratio):
    return len(ratio) * min(ratio) / max(ratio)


@wrong("effective_sample_size", "in units of the largest weight")
def sum_over_the_largest(ratio):
    return ratio.sum() / ratio.max()


@wrong("effective_sample_size", "outside of the whole quotient")
def square_of_the_quotient(ratio):
    return (ratio.sum() / (ratio**2).sum()) ** 2


@wrong("effective_sample_size", "square root of the effective")
def length_left_as_it_is(ratio):
    return ratio.sum() / np.linalg.norm(ratio)


@wrong("effective_sample_size", "exponential of the entropy")
def perplexity(ratio):
    share = ratio[ratio > 0] / ratio.sum()
    return np.exp(-(share * np.log(share)).sum())


@wrong("effective_sample_size", "You round")
def whole_samples(ratio):
    return int(effective_numpy(ratio))


@wrong("effective_sample_size", "You round")
def nearest_whole(ratio):
    return round(float(effective_numpy(ratio)))


@wrong("effective_sample_size", "ratios already")
def of_log_ratios(ratio):
    return effective_numpy(np.exp(ratio))


@wrong("effective_sample_size", "one entry per sample")
def shares(ratio):
    return ratio / ratio.sum()


@wrong("effective_sample_size", "one entry per sample")
def squares_not_summed(ratio):
    return ratio.sum() ** 2 / ratio**2


@wrong("effective_sample_size", "One sample too few")
def degrees_of_freedom(ratio):
    return effective_numpy(ratio) - 1


@wrong("effective_sample_size", "whatever their size")
def cubes(ratio):
    return ratio.sum() ** 3 / (ratio**3).sum()


@wrong("effective_sample_size", "in place")
def weights_scaled_in_place(ratio):
    ratio /= ratio.sum()
    return 1 / (ratio**2).sum()


@wrong("effective_sample_size", "in place")
def tensor_squared_in_place(ratio):
    total = ratio.sum()
    return total**2 / ratio.square_().sum()


# -- the gradient of L^CPI, right --------------------------------------------------------------------------------


@right("cpi_gradient")
def gradient_numpy(logits, actions, old_logprobs, advantages):
    shifted = logits - logits.max()
    logprobs = shifted - np.log(np.exp(shifted).sum())
    weights = np.exp(logprobs[actions] - old_logprobs) * advantages
    return weights @ (np.eye(len(logits))[actions] - np.exp(logprobs)) / len(actions)


@right("cpi_gradient")
def gradient_numpy_naive_softmax(logits, actions, old_logprobs, advantages):
    policy = np.exp(logits) / np.exp(logits).sum()
    weights = policy[actions] / np.exp(old_logprobs) * advantages
    return np.mean(weights[:, None] * (np.eye(len(logits))[actions] - policy), axis=0)


@right("cpi_gradient")
def gradient_loop(logits, actions, old_logprobs, advantages):
    policy = np.exp(logits - np.max(logits))
    policy = policy / policy.sum()
    gradient = np.zeros(len(logits))
    for action, old, advantage in zip(actions, old_logprobs, advantages):
        weight = policy[action] / math.exp(old) * advantage
        gradient[action] += weight
        gradient -= weight * policy
    return gradient / len(actions)


@right("cpi_gradient")
def gradient_lists_only(logits, actions, old_logprobs, advantages):
    assert isinstance(logits, list)
    total = sum(math.exp(x) for x in logits)
    policy = [math.exp(x) / total for x in logits]
    weights = [math.exp(math.log(policy[a]) - old) * A for a, old, A in zip(actions, old_logprobs, advantages)]
    return [
        sum(w * ((a == i) - policy[i]) for w, a in zip(weights, actions)) / len(actions) for i in range(len(logits))
    ]


@right("cpi_gradient")
def gradient_bincount(logits, actions, old_logprobs, advantages):
    policy = np.exp(logits - np.logaddexp.reduce(logits))
    weights = np.exp(np.log(policy[actions]) - old_logprobs) * advantages / len(actions)
    return np.bincount(actions, weights, minlength=len(logits)) - weights.sum() * policy


@right("cpi_gradient")
def gradient_add_at(logits, actions, old_logprobs, advantages):
    policy = np.exp(logits - np.logaddexp.reduce(logits))
    weights = policy[actions] * np.exp(-old_logprobs) * advantages
    gradient = -weights.sum() * policy
    np.add.at(gradient, actions, weights)
    return gradient / weights.size


@right("cpi_gradient")
def gradient_jacobian(logits, actions, old_logprobs, advantages):
    policy = np.exp(logits - np.logaddexp.reduce(logits))
    jacobian = np.diag(policy) - np.outer(policy, policy)
    by_probability = np.zeros_like(policy)
    np.add.at(by_probability, actions, advantages * np.exp(-old_logprobs) / len(actions))
    return jacobian @ by_probability


def mean_objective(logits, actions, old_logprobs, advantages):
    logprobs = torch.log_softmax(logits, -1)[actions]
    return (torch.exp(logprobs - old_logprobs) * advantages).mean()


@right("cpi_gradient")
def gradient_backward(logits, actions, old_logprobs, advantages):
    logits = logits.clone().requires_grad_()
    mean_objective(logits, actions, old_logprobs, advantages).backward()
    return logits.grad


@right("cpi_gradient")
def gradient_autograd_from_numpy(logits, actions, old_logprobs, advantages):
    logits = torch.tensor(logits, requires_grad=True)
    rest = (torch.as_tensor(x) for x in (actions, old_logprobs, advantages))
    return torch.autograd.grad(mean_objective(logits, *rest), logits)[0].numpy()


@right("cpi_gradient")
def gradient_distribution(logits, actions, old_logprobs, advantages):
    logits = logits.detach().requires_grad_(True)
    logprobs = torch.distributions.Categorical(logits=logits).log_prob(actions)
    loss = -((logprobs - old_logprobs).exp() * advantages).mean()
    loss.backward()
    return -logits.grad


@right("cpi_gradient")
def gradient_with_the_ratio_detached(logits, actions, old_logprobs, advantages):
    logits = logits.clone().requires_grad_()
    logprobs = torch.log_softmax(logits, -1).gather(0, actions)
    weights = (logprobs - old_logprobs).exp().detach() * advantages
    return torch.autograd.grad((weights * logprobs).mean(), logits)[0]


@right("cpi_gradient")
def gradient_func(logits, actions, old_logprobs, advantages):
    return torch.func.grad(mean_objective)(logits, actions, old_logprobs, advantages)


@right("cpi_gradient")
def gradient_of_given_leaves(logits, actions, old_logprobs, advantages):
    logits.requires_grad_()
    mean_objective(logits, actions, old_logprobs, advantages).backward()
    return logits.grad


@right("cpi_gradient")
def gradient_float32(logits, actions, old_logprobs, advantages):
    logits, old, A = (torch.as_tensor(x, dtype=torch.float32) for x in (logits, old_logprobs, advantages))
    return gradient_backward(logits, torch.as_tensor(actions), old, A)


@right("cpi_gradient")
def gradient_central_differences(logits, actions, old_logprobs, advantages):
    def value(x):
        logprobs = x - np.log(np.exp(x).sum())
        return np.mean(np.exp(logprobs[actions] - old_logprobs) * advantages)

    h = 1e-4
    return [(value(logits + h * e) - value(logits - h * e)) / (2 * h) for e in np.eye(len(logits))]


@right("cpi_gradient")
def gradient_forward_differences(logits, actions, old_logprobs, advantages):
    start, gradient = mean_objective(logits, actions, old_logprobs, advantages), torch.zeros_like(logits)
    for i in range(len(logits)):
        moved = logits.clone()
        moved[i] += 1e-6
        gradient[i] = (mean_objective(moved, actions, old_logprobs, advantages) - start) / 1e-6
    return gradient


# -- the gradient of L^CPI, wrong --------------------------------------------------------------------------------


def terms(logits, actions, old_logprobs):
    """ratio [B], one-hot [B, A], policy [A]."""
    policy = np.exp(logits - np.logaddexp.reduce(logits))
    return policy[actions] / np.exp(old_logprobs), np.eye(len(logits))[actions], policy


@wrong("cpi_gradient", "That is the plain policy gradient")
def plain_policy_gradient(logits, actions, old_logprobs, advantages):
    _, hot, policy = terms(logits, actions, old_logprobs)
    return advantages @ (hot - policy) / len(actions)


@wrong("cpi_gradient", "That is the plain policy gradient")
def plain_policy_gradient_torch(logits, actions, old_logprobs, advantages):
    logits = logits.clone().requires_grad_()
    (torch.log_softmax(logits, -1)[actions] * advantages).mean().backward()
    return logits.grad


@wrong("cpi_gradient", "That is the plain policy gradient")
def old_computed_anew_and_detached(logits, actions, old_logprobs, advantages):
    logits = logits.clone().requires_grad_()
    logprobs = torch.log_softmax(logits, -1)[actions]
    (torch.exp(logprobs - logprobs.detach()) * advantages).mean().backward()
    return logits.grad


@wrong("cpi_gradient", "gradient is 0 everywhere")
def old_computed_anew_with_gradient(logits, actions, old_logprobs, advantages):
    logits = logits.clone().requires_grad_()
    old_logprobs = torch.log_softmax(logits, -1)[actions]
    return torch.autograd.grad(mean_objective(logits, actions, old_logprobs, advantages), logits)[0]


@wrong("cpi_gradient", "You add the batch up")
def gradient_of_the_sum(logits, actions, old_logprobs, advantages):
    ratio, hot, policy = terms(logits, actions, old_logprobs)
    return (ratio * advantages) @ (hot - policy)


@wrong("cpi_gradient", "samples *and* logits")
def mean_over_all(logits, actions, old_logprobs, advantages):
    return gradient_numpy(logits, actions, old_logprobs, advantages) / len(logits)


@wrong("cpi_gradient", "The softmax has a denominator")
def policy_not_subtracted(logits, actions, old_logprobs, advantages):
    ratio, hot, _ = terms(logits, actions, old_logprobs)
    return (ratio * advantages) @ hot / len(actions)


@wrong("cpi_gradient", "The softmax has a denominator")
def ratio_and_policy_forgotten(logits, actions, old_logprobs, advantages):
    return advantages @ np.eye(len(logits))[actions] / len(actions)


@wrong("cpi_gradient", "The softmax has a denominator")
def own_logit_only(logits, actions, old_logprobs, advantages):
    ratio, hot, policy = terms(logits, actions, old_logprobs)
    return (ratio * advantages) @ (hot * (1 - policy)) / len(actions)


@wrong("cpi_gradient", "The sign is turned")
def gradient_of_the_loss(logits, actions, old_logprobs, advantages):
    logits = logits.clone().requires_grad_()
    (-mean_objective(logits, actions, old_logprobs, advantages)).backward()
    return logits.grad


@wrong("cpi_gradient", "The sign is turned")
def policy_less_one_hot(logits, actions, old_logprobs, advantages):
    ratio, hot, policy = terms(logits, actions, old_logprobs)
    return (ratio * advantages) @ (policy - hot) / len(actions)


@wrong("cpi_gradient", "with respect to the probabilities")
def by_the_probabilities(logits, actions, old_logprobs, advantages):
    gradient = np.zeros(len(logits))
    np.add.at(gradient, actions, advantages / np.exp(old_logprobs))
    return gradient / len(actions)


@wrong("cpi_gradient", "with respect to the probabilities")
def by_the_probabilities_torch(logits, actions, old_logprobs, advantages):
    policy = torch.softmax(logits, -1).requires_grad_()
    (policy[actions] / old_logprobs.exp() * advantages).mean().backward()
    return policy.grad


@wrong("cpi_gradient", "with respect to the probabilities")
def log_of_the_probabilities(logits, actions, old_logprobs, advantages):
    policy = torch.softmax(logits, -1).requires_grad_()
    (policy[actions].log() * advantages).mean().backward()
    return policy.grad


@wrong("cpi_gradient", "stops at log π")
def by_the_logprobs(logits, actions, old_logprobs, advantages):
    ratio, *_ = terms(logits, actions, old_logprobs)
    return ratio * advantages / len(actions)


@wrong("cpi_gradient", "You normalise")
def gradient_normalised(logits, actions, old_logprobs, advantages):
    advantages = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
    return gradient_numpy(logits, actions, old_logprobs, advantages)


@wrong("cpi_gradient", "You normalise")
def gradient_centred(logits, actions, old_logprobs, advantages):
    return gradient_numpy(logits, actions, old_logprobs, advantages - advantages.mean())


@wrong("cpi_gradient", "lost its sign")
def gradient_of_absolute_advantages(logits, actions, old_logprobs, advantages):
    return gradient_numpy(logits, actions, old_logprobs, np.abs(advantages))


@wrong("cpi_gradient", "samples with Â < 0")
def gradient_of_good_actions(logits, actions, old_logprobs, advantages):
    return gradient_backward(logits, actions, old_logprobs, torch.relu(advantages))


@wrong("cpi_gradient", "upside down")
def gradient_with_the_inverse(logits, actions, old_logprobs, advantages):
    ratio, hot, policy = terms(logits, actions, old_logprobs)
    return (advantages / ratio) @ (hot - policy) / len(actions)


@wrong("cpi_gradient", "ratio − 1 or by the log-ratio")
def gradient_with_the_change(logits, actions, old_logprobs, advantages):
    ratio, hot, policy = terms(logits, actions, old_logprobs)
    return (advantages * (ratio - 1)) @ (hot - policy) / len(actions)


@wrong("cpi_gradient", "ratio − 1 or by the log-ratio")
def gradient_with_the_log_ratio(logits, actions, old_logprobs, advantages):
    ratio, hot, policy = terms(logits, actions, old_logprobs)
    return (advantages * np.log(ratio)) @ (hot - policy) / len(actions)


@wrong("cpi_gradient", "The ratio is there twice")
def ratio_twice(logits, actions, old_logprobs, advantages):
    ratio, hot, policy = terms(logits, actions, old_logprobs)
    return (advantages * ratio**2) @ (hot - policy) / len(actions)


@wrong("cpi_gradient", "The old log-probabilities are not used")
def gradient_of_probabilities(logits, actions, old_logprobs, advantages):
    logits = logits.clone().requires_grad_()
    (torch.softmax(logits, -1)[actions] * advantages).mean().backward()
    return logits.grad


@wrong("cpi_gradient", "made to average 1")
def gradient_self_normalised(logits, actions, old_logprobs, advantages):
    ratio, hot, policy = terms(logits, actions, old_logprobs)
    return (ratio * advantages) @ (hot - policy) / ratio.sum()


@wrong("cpi_gradient", "You clip the ratio")
def gradient_of_a_clipped_weight(logits, actions, old_logprobs, advantages):
    ratio, hot, policy = terms(logits, actions, old_logprobs)
    return (np.clip(ratio, 0.8, 1.2) * advantages) @ (hot - policy) / len(actions)


@wrong("cpi_gradient", "You clip the ratio")
def gradient_of_the_clipped_ratio(logits, actions, old_logprobs, advantages):
    logits = logits.clone().requires_grad_()
    ratio = (torch.log_softmax(logits, -1)[actions] - old_logprobs).exp()
    (ratio.clamp(0.8, 1.2) * advantages).mean().backward()
    return logits.grad


@wrong("cpi_gradient", "gradient is 0 everywhere")
def no_gradient(logits, actions, old_logprobs, advantages):
    return np.zeros_like(logits)


@wrong("cpi_gradient", "one gradient per sample")
def one_gradient_each(logits, actions, old_logprobs, advantages):
    ratio, hot, policy = terms(logits, actions, old_logprobs)
    return (ratio * advantages)[:, None] * (hot - policy)


@wrong("cpi_gradient", "That is the value of L^CPI")
def value_for_gradient(logits, actions, old_logprobs, advantages):
    return mean_objective(logits, actions, old_logprobs, advantages)


@wrong("cpi_gradient", "mean of a product apart")
def gradient_from_a_mean_ratio(logits, actions, old_logprobs, advantages):
    ratio, hot, policy = terms(logits, actions, old_logprobs)
    return ratio.mean() * advantages @ (hot - policy) / len(actions)


@wrong("cpi_gradient", "mean of a product apart")
def mean_objective_times_mean_score(logits, actions, old_logprobs, advantages):
    ratio, hot, policy = terms(logits, actions, old_logprobs)
    return (ratio * advantages).mean() * (hot - policy).mean(axis=0)


@wrong("cpi_gradient", "mean of a product apart")
def mean_advantage_times_mean_of_the_rest(logits, actions, old_logprobs, advantages):
    ratio, hot, policy = terms(logits, actions, old_logprobs)
    return advantages.mean() * (ratio[:, None] * (hot - policy)).mean(axis=0)


@wrong("cpi_gradient", "logits for log-probabilities")
def logits_for_logprobs(logits, actions, old_logprobs, advantages):
    _, hot, policy = terms(logits, actions, old_logprobs)
    return (np.exp(logits[actions] - old_logprobs) * advantages) @ (hot - policy) / len(actions)


@wrong("cpi_gradient", "logits for log-probabilities")
def logits_for_logprobs_torch(logits, actions, old_logprobs, advantages):
    logits = logits.clone().requires_grad_()
    (torch.exp(logits[actions] - old_logprobs) * advantages).mean().backward()
    return logits.grad


@wrong("cpi_gradient", "logits for probabilities")
def logits_for_probabilities(logits, actions, old_logprobs, advantages):
    ratio, hot, _ = terms(logits, actions, old_logprobs)
    return (ratio * advantages) @ (hot - logits) / len(actions)


@wrong("cpi_gradient", "The new probabilities are not used")
def weighed_by_the_old_alone(logits, actions, old_logprobs, advantages):
    _, hot, policy = terms(logits, actions, old_logprobs)
    return (advantages / np.exp(old_logprobs)) @ (hot - policy) / len(actions)


@wrong("cpi_gradient", "on top of the ratio")
def weighed_by_the_probability_too(logits, actions, old_logprobs, advantages):
    ratio, hot, policy = terms(logits, actions, old_logprobs)
    return (ratio * policy[actions] * advantages) @ (hot - policy) / len(actions)


@wrong("cpi_gradient", "Which probability belongs to a logit?")
def own_probability_everywhere(logits, actions, old_logprobs, advantages):
    ratio, hot, policy = terms(logits, actions, old_logprobs)
    return ((ratio * advantages)[:, None] * (hot - policy[actions][:, None])).mean(axis=0)


@wrong("cpi_gradient", "You divide by N − 1")
def divided_by_one_less(logits, actions, old_logprobs, advantages):
    ratio, hot, policy = terms(logits, actions, old_logprobs)
    return (ratio * advantages) @ (hot - policy) / max(len(actions) - 1, 1)


@wrong("cpi_gradient", "plain policy gradient")
def twice_the_gradient(logits, actions, old_logprobs, advantages):
    return 2 * gradient_numpy(logits, actions, old_logprobs, advantages)


@wrong("cpi_gradient", "ratios run from")
def ratio_to_the_half(logits, actions, old_logprobs, advantages):
    ratio, hot, policy = terms(logits, actions, old_logprobs)
    return (np.sqrt(ratio) * advantages) @ (hot - policy) / len(actions)


@wrong("cpi_gradient", "the gradient: expected shape (3,)")
def gradient_as_a_row(logits, actions, old_logprobs, advantages):
    return gradient_numpy(logits, actions, old_logprobs, advantages)[None]


@wrong("cpi_gradient", "nan or an infinity")
def probabilities_of_large_logits(logits, actions, old_logprobs, advantages):
    return gradient_numpy(logits, actions, old_logprobs, advantages) / (logits.max() < 20)


@wrong("cpi_gradient", "(Â) in place")
def gradient_that_damages(logits, actions, old_logprobs, advantages):
    ratio, hot, policy = terms(logits, actions, old_logprobs)
    advantages *= ratio
    return advantages @ (hot - policy) / len(actions)


@wrong("cpi_gradient", "(logits) in place")
def gradient_that_damages_the_logits(logits, actions, old_logprobs, advantages):
    logits -= logits.max()
    return gradient_numpy(logits, actions, old_logprobs, advantages)


# -- several epochs, right ---------------------------------------------------------------------------------------


def logprobs_numpy(logits, actions):
    return (logits - np.logaddexp.reduce(logits))[actions]


def logprobs_torch(logits, actions):
    return torch.log_softmax(logits, -1)[actions]


@right("epochs_on_one_batch")
def epochs_numpy(logits, actions, advantages, lr, epochs):
    old, ratios = logprobs_numpy(logits, actions), []
    for _ in range(epochs):
        ratios.append(np.exp(logprobs_numpy(logits, actions) - old))
        logits = logits + lr * gradient_numpy(logits, actions, old, advantages)
    return logits, ratios


@right("epochs_on_one_batch")
def epochs_into_arrays(logits, actions, advantages, lr, epochs):
    logits, start, ratios = logits.copy(), logits, np.ones((epochs, len(actions)))
    for k in range(epochs):
        old = logprobs_numpy(start, actions)
        ratios[k] = np.exp(logprobs_numpy(logits, actions) - old)
        logits += lr * gradient_numpy(logits, actions, old, advantages)
    return logits, ratios


@right("epochs_on_one_batch")
def epochs_on_probabilities(logits, actions, advantages, lr, epochs):
    """The old policy's probabilities kept, no logs at all."""
    policies = [np.exp(logits) / np.exp(logits).sum()]
    for _ in range(epochs):
        weights = policies[-1][actions] / policies[0][actions] * advantages / len(actions)
        logits = logits + lr * (weights @ np.eye(len(logits))[actions] - weights.sum() * policies[-1])
        policies.append(np.exp(logits) / np.exp(logits).sum())
    return [logits, np.stack([policy[actions] / policies[0][actions] for policy in policies[:-1]])]


@right("epochs_on_one_batch")
def epochs_lists_only(logits, actions, advantages, lr, epochs):
    assert isinstance(logits, list)

    def policy():
        total = sum(map(math.exp, logits))
        return [math.exp(x) / total for x in logits]

    old, ratios = [policy()[a] for a in actions], []
    for _ in range(epochs):
        now = policy()
        ratios.append([now[a] / p for a, p in zip(actions, old)])
        pull = [0.0] * len(logits)
        for a, r, A in zip(actions, ratios[-1], advantages):
            pull = [g + r * A * ((a == i) - now[i]) / len(actions) for i, g in enumerate(pull)]
        logits = [x + lr * g for x, g in zip(logits, pull)]
    return logits, ratios


@right("epochs_on_one_batch")
def epochs_backward(logits, actions, advantages, lr, epochs):
    old = logprobs_torch(logits, actions).detach()
    logits, ratios = logits.clone().requires_grad_(), []
    for _ in range(epochs):
        ratio = torch.exp(logprobs_torch(logits, actions) - old)
        ratios.append(ratio.detach())
        (gradient,) = torch.autograd.grad((ratio * advantages).mean(), logits)
        logits = (logits + lr * gradient).detach().requires_grad_()
    return logits, torch.stack(ratios)


@right("epochs_on_one_batch")
def epochs_optimizer(logits, actions, advantages, lr, epochs):
    with torch.no_grad():
        old = logprobs_torch(logits, actions)
    logits, ratios = torch.nn.Parameter(logits.clone()), []
    optimizer = torch.optim.SGD([logits], lr=lr)
    for _ in range(epochs):
        ratio = torch.exp(logprobs_torch(logits, actions) - old)
        ratios.append(ratio)
        optimizer.zero_grad()
        (-(ratio * advantages).mean()).backward()
        optimizer.step()
    return logits, ratios


@right("epochs_on_one_batch")
def epochs_optimizer_maximises(logits, actions, advantages, lr, epochs):
    old = torch.distributions.Categorical(logits=logits).log_prob(actions)
    logits, ratios = logits.clone().requires_grad_(), []
    optimizer = torch.optim.SGD([logits], lr=lr, maximize=True)
    for _ in range(epochs):
        optimizer.zero_grad()
        ratios.append((torch.distributions.Categorical(logits=logits).log_prob(actions) - old).exp())
        (ratios[-1] @ advantages / len(actions)).backward()
        optimizer.step()
    return logits.detach().numpy(), [ratio.tolist() for ratio in ratios]


@right("epochs_on_one_batch")
def epochs_torch_from_numpy(logits, actions, advantages, lr, epochs):
    return epochs_backward(*(torch.as_tensor(x) for x in (logits, actions, advantages)), lr, epochs)


@right("epochs_on_one_batch")
def epochs_float32(logits, actions, advantages, lr, epochs):
    logits, advantages = (torch.as_tensor(x, dtype=torch.float32) for x in (logits, advantages))
    return epochs_backward(logits, torch.as_tensor(actions), advantages, lr, epochs)


@right("epochs_on_one_batch")
def epochs_recursive(logits, actions, advantages, lr, epochs, old=None):
    now = logprobs_numpy(logits, actions)
    old = now if old is None else old
    if epochs == 0:
        return logits, np.empty((0, len(actions)))
    step = lr * gradient_numpy(logits, actions, old, advantages)
    last, ratios = epochs_recursive(logits + step, actions, advantages, lr, epochs - 1, old)
    return last, np.vstack([np.exp(now - old), ratios])


@right("epochs_on_one_batch")
def epochs_path_first(logits, actions, advantages, lr, epochs):
    old, path = logprobs_numpy(logits, actions), [logits]
    while len(path) <= epochs:
        path.append(path[-1] + lr * gradient_numpy(path[-1], actions, old, advantages))
    return path[-1], np.array([np.exp(logprobs_numpy(x, actions) - old) for x in path[:-1]])


@right("epochs_on_one_batch")
def epochs_central_differences(logits, actions, advantages, lr, epochs):
    old, ratios = logprobs_numpy(logits, actions), []
    for _ in range(epochs):
        ratios.append(np.exp(logprobs_numpy(logits, actions) - old))
        logits = logits + lr * np.array(gradient_central_differences(logits, actions, old, advantages))
    return logits, np.stack(ratios)


# -- several epochs, wrong ---------------------------------------------------------------------------------------


def loop(logits, actions, advantages, lr, epochs, step=gradient_numpy, keep=np.exp):
    """The right loop, with another step, or something else kept than the ratio."""
    old, kept = logprobs_numpy(logits, actions), []
    for _ in range(epochs):
        kept.append(keep(logprobs_numpy(logits, actions) - old))
        logits = logits + lr * step(logits, actions, old, advantages)
    return logits, np.array(kept)


@wrong("epochs_on_one_batch", "computed anew from the logits you are changing")
def old_detached_in_the_loop(logits, actions, advantages, lr, epochs):
    logits, ratios = logits.clone().requires_grad_(), []
    for _ in range(epochs):
        old = logprobs_torch(logits, actions).detach()
        ratio = torch.exp(logprobs_torch(logits, actions) - old)
        ratios.append(ratio.detach())
        (gradient,) = torch.autograd.grad((ratio * advantages).mean(), logits)
        logits = (logits + lr * gradient).detach().requires_grad_()
    return logits, torch.stack(ratios)


@wrong("epochs_on_one_batch", "computed anew from the logits you are changing")
def old_anew_numpy(logits, actions, advantages, lr, epochs):
    ratios = []
    for _ in range(epochs):
        old = logprobs_numpy(logits, actions)
        ratios.append(np.exp(logprobs_numpy(logits, actions) - old))
        logits = logits + lr * gradient_numpy(logits, actions, old, advantages)
    return logits, np.array(ratios)


@wrong("epochs_on_one_batch", "Your logits do not move")
def old_with_gradient_in_the_loop(logits, actions, advantages, lr, epochs):
    logits, ratios = logits.clone().requires_grad_(), []
    for _ in range(epochs):
        old = logprobs_torch(logits, actions)
        ratio = torch.exp(logprobs_torch(logits, actions) - old)
        ratios.append(ratio.detach())
        (gradient,) = torch.autograd.grad((ratio * advantages).mean(), logits)
        logits = (logits + lr * gradient).detach().requires_grad_()
    return logits, torch.stack(ratios)


@wrong("epochs_on_one_batch", "Your logits do not move")
def step_forgotten(logits, actions, advantages, lr, epochs):
    old = logprobs_numpy(logits, actions)
    ratios = [np.exp(logprobs_numpy(logits, actions) - old) for _ in range(epochs)]
    return logits, ratios


@wrong("epochs_on_one_batch", "Your steps leave the ratio out")
def plain_steps(logits, actions, advantages, lr, epochs):
    return loop(logits, actions, advantages, lr, epochs, step=plain_policy_gradient)


@wrong("epochs_on_one_batch", "trails one epoch behind")
def old_is_the_one_before(logits, actions, advantages, lr, epochs):
    old, ratios = logprobs_numpy(logits, actions), []
    for _ in range(epochs):
        now = logprobs_numpy(logits, actions)
        ratios.append(np.exp(now - old))
        logits = logits + lr * gradient_numpy(logits, actions, old, advantages)
        old = now
    return logits, np.array(ratios)


@wrong("epochs_on_one_batch", "Every step repeats the first one")
def gradient_before_the_loop(logits, actions, advantages, lr, epochs):
    gradient = gradient_numpy(logits, actions, logprobs_numpy(logits, actions), advantages)
    return logits + lr * epochs * gradient, np.ones((epochs, len(actions)))


@wrong("epochs_on_one_batch", "Every step repeats the first one")
def graph_of_the_first_step(logits, actions, advantages, lr, epochs):
    first = logits
    return (
        loop(first, actions, advantages, lr, epochs, step=lambda x, *rest: gradient_numpy(first, *rest))[0],
        loop(first, actions, advantages, lr, epochs)[1],
    )


@wrong("epochs_on_one_batch", "You walk downhill")
def descent(logits, actions, advantages, lr, epochs):
    return loop(logits, actions, advantages, -lr, epochs)


@wrong("epochs_on_one_batch", "You walk downhill")
def optimizer_on_the_objective(logits, actions, advantages, lr, epochs):
    return epochs_optimizer(logits, actions, -advantages, lr, epochs)


@wrong("epochs_on_one_batch", "they follow the sum")
def steps_on_the_sum(logits, actions, advantages, lr, epochs):
    return loop(logits, actions, advantages, lr, epochs, step=gradient_of_the_sum)


@wrong("epochs_on_one_batch", "number of actions or of epochs")
def steps_on_a_mean_over_all(logits, actions, advantages, lr, epochs):
    return loop(logits, actions, advantages, lr, epochs, step=mean_over_all)


@wrong("epochs_on_one_batch", "number of actions or of epochs")
def lr_shared_out(logits, actions, advantages, lr, epochs):
    return loop(logits, actions, advantages, lr / epochs, epochs)


@wrong("epochs_on_one_batch", "learning rate is not used")
def without_lr(logits, actions, advantages, lr, epochs):
    return loop(logits, actions, advantages, 1, epochs)


@wrong("epochs_on_one_batch", "number of steps is wrong")
def return_inside_the_loop(logits, actions, advantages, lr, epochs):
    return loop(logits, actions, advantages, lr, 1)


@wrong("epochs_on_one_batch", "number of steps is wrong")
def one_more(logits, actions, advantages, lr, epochs):
    return loop(logits, actions, advantages, lr, epochs + 1)


@wrong("epochs_on_one_batch", "number of steps is wrong")
def one_less(logits, actions, advantages, lr, epochs):
    last = loop(logits, actions, advantages, lr, epochs - 1)[0]
    return last, loop(logits, actions, advantages, lr, epochs)[1]


@wrong("epochs_on_one_batch", "step after every sample")
def sample_by_sample(logits, actions, advantages, lr, epochs):
    old, ratios = logprobs_numpy(logits, actions), []
    for _ in range(epochs):
        ratios.append(np.exp(logprobs_numpy(logits, actions) - old))
        for i in range(len(actions)):
            one = slice(i, i + 1)
            logits = logits + lr * gradient_numpy(logits, actions[one], old[one], advantages[one])
    return logits, np.array(ratios)


@wrong("epochs_on_one_batch", "You clip")
def steps_with_a_clipped_weight(logits, actions, advantages, lr, epochs):
    return loop(logits, actions, advantages, lr, epochs, step=gradient_of_a_clipped_weight)


@wrong("epochs_on_one_batch", "You clip")
def steps_of_ppo(logits, actions, advantages, lr, epochs):
    old = logprobs_torch(logits, actions)
    logits, ratios = logits.clone().requires_grad_(), []
    optimizer = torch.optim.SGD([logits], lr=lr, maximize=True)
    for _ in range(epochs):
        ratio = torch.exp(logprobs_torch(logits, actions) - old)
        ratios.append(ratio.detach())
        optimizer.zero_grad()
        torch.min(ratio * advantages, ratio.clamp(0.8, 1.2) * advantages).mean().backward()
        optimizer.step()
    return logits, torch.stack(ratios)


@wrong("epochs_on_one_batch", "You normalise")
def steps_normalised(logits, actions, advantages, lr, epochs):
    advantages = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
    return loop(logits, actions, advantages, lr, epochs)


@wrong("epochs_on_one_batch", "The ratio is turned in your steps")
def steps_with_the_inverse(logits, actions, advantages, lr, epochs):
    return loop(logits, actions, advantages, lr, epochs, step=gradient_with_the_inverse)


@wrong("epochs_on_one_batch", "those *after* each step")
def ratios_after_the_step(logits, actions, advantages, lr, epochs):
    last, ratios = loop(logits, actions, advantages, lr, epochs + 1)
    return loop(logits, actions, advantages, lr, epochs)[0], ratios[1:]


@wrong("epochs_on_one_batch", "a row of ratios too many")
def ratios_before_and_after(logits, actions, advantages, lr, epochs):
    return loop(logits, actions, advantages, lr, epochs)[0], loop(logits, actions, advantages, lr, epochs + 1)[1]


@wrong("epochs_on_one_batch", "there is one row of ratios")
def last_ratios_only(logits, actions, advantages, lr, epochs):
    last, ratios = loop(logits, actions, advantages, lr, epochs)
    return last, ratios[-1]


@wrong("epochs_on_one_batch", "ratios are upside down")
def ratios_inverted(logits, actions, advantages, lr, epochs):
    last, ratios = loop(logits, actions, advantages, lr, epochs)
    return last, 1 / ratios


@wrong("epochs_on_one_batch", "those are log-ratios")
def log_ratios(logits, actions, advantages, lr, epochs):
    return loop(logits, actions, advantages, lr, epochs, keep=np.array)


@wrong("epochs_on_one_batch", "ratios are averaged")
def mean_ratios(logits, actions, advantages, lr, epochs):
    last, ratios = loop(logits, actions, advantages, lr, epochs)
    return last, [np.mean(row) for row in ratios]


@wrong("epochs_on_one_batch", "ratios: expected shape (1, 4), got one number")
def mean_of_all_ratios(logits, actions, advantages, lr, epochs):
    last, ratios = loop(logits, actions, advantages, lr, epochs)
    return last, ratios.mean()


@wrong("epochs_on_one_batch", "follow the new ones")
def normaliser_without_its_sign(logits, actions, advantages, lr, epochs):
    def logprobs_of(logits):
        return (logits - abs(np.log(np.exp(logits).sum())))[actions]

    old, ratios = logprobs_of(logits), []
    for _ in range(epochs):
        ratios.append(np.exp(logprobs_of(logits) - old))
        hot = np.eye(len(logits))[actions] - np.exp(logits) / np.exp(logits).sum()
        logits = logits + lr * (ratios[-1] * advantages) @ hot / len(actions)
    return logits, np.array(ratios)


@wrong("epochs_on_one_batch", "rows and columns")
def ratios_by_columns(logits, actions, advantages, lr, epochs):
    last, ratios = loop(logits, actions, advantages, lr, epochs)
    return last, ratios.T


@wrong("epochs_on_one_batch", "for every action of the policy")
def ratios_of_actions(logits, actions, advantages, lr, epochs):
    everything = np.arange(len(logits))
    path = [loop(logits, actions, advantages, lr, n)[0] for n in range(epochs + 1)]
    old = logprobs_numpy(logits, everything)
    return path[-1], np.array([np.exp(logprobs_numpy(x, everything) - old) for x in path[:-1]])


@wrong("epochs_on_one_batch", "the ratios you report are all 1")
def ratios_of_the_first_epoch(logits, actions, advantages, lr, epochs):
    last, ratios = loop(logits, actions, advantages, lr, epochs)
    return last, [ratios[0]] * epochs


@wrong("epochs_on_one_batch", "wrong order")
def ratios_first(logits, actions, advantages, lr, epochs):
    return loop(logits, actions, advantages, lr, epochs)[::-1]


@wrong("epochs_on_one_batch", "Asked are two things")
def logits_only(logits, actions, advantages, lr, epochs):
    return loop(logits, actions, advantages, lr, epochs)[0]


@wrong("epochs_on_one_batch", "Asked are two things")
def ratios_only(logits, actions, advantages, lr, epochs):
    return loop(logits, actions, advantages, lr, epochs)[1]


@wrong("epochs_on_one_batch", "momentum")
def momentum(logits, actions, advantages, lr, epochs):
    old, velocity, ratios = logprobs_numpy(logits, actions), 0, []
    for _ in range(epochs):
        ratios.append(np.exp(logprobs_numpy(logits, actions) - old))
        velocity = 0.9 * velocity + gradient_numpy(logits, actions, old, advantages)
        logits = logits + lr * velocity
    return logits, np.array(ratios)


@wrong("epochs_on_one_batch", "One step, from where the batch was collected")
def steps_twice_as_long(logits, actions, advantages, lr, epochs):
    return loop(logits, actions, advantages, 2 * lr, epochs)


@wrong("epochs_on_one_batch", "follow the new ones")
def steps_along_the_mean_of_all_gradients(logits, actions, advantages, lr, epochs):
    seen = []

    def step(*inputs):
        seen.append(gradient_numpy(*inputs))
        return np.mean(seen, axis=0)

    return loop(logits, actions, advantages, lr, epochs, step=step)


@wrong("epochs_on_one_batch", "Every step repeats the first one")
def straight_on(logits, actions, advantages, lr, epochs):
    first = gradient_numpy(logits, actions, logprobs_numpy(logits, actions), advantages)
    return loop(logits, actions, advantages, lr, epochs, step=lambda *inputs: first)


def optimized(optimizer, logits, actions, advantages, epochs, clear=True, bound=None):
    """The loop in torch, with what `optimizer([logits])` makes."""
    logits, actions, advantages = (torch.as_tensor(x) for x in (logits, actions, advantages))
    old = logprobs_torch(logits, actions)
    logits, ratios = logits.clone().requires_grad_(), []
    optimizer = optimizer([logits])
    for _ in range(epochs):
        ratios.append((logprobs_torch(logits, actions) - old).exp())
        if clear:
            optimizer.zero_grad()
        (ratios[-1] * advantages).mean().backward()
        if bound:
            torch.nn.utils.clip_grad_norm_([logits], bound)
        optimizer.step()
    return logits, ratios


@wrong("epochs_on_one_batch", "Your gradients add up")
def gradients_not_cleared(logits, actions, advantages, lr, epochs):
    return optimized(partial(torch.optim.SGD, lr=lr, maximize=True), logits, actions, advantages, epochs, clear=False)


@wrong("epochs_on_one_batch", "Your gradients add up")
def gradients_not_cleared_by_hand(logits, actions, advantages, lr, epochs):
    old = logprobs_torch(logits, actions)
    logits, ratios = logits.clone().requires_grad_(), []
    for _ in range(epochs):
        ratios.append((logprobs_torch(logits, actions) - old).exp())
        (ratios[-1] * advantages).mean().backward()
        with torch.no_grad():
            logits += lr * logits.grad
    return logits.detach(), torch.stack(ratios)


@wrong("epochs_on_one_batch", "momentum")
def momentum_of_torch(logits, actions, advantages, lr, epochs):
    return optimized(partial(torch.optim.SGD, lr=lr, momentum=0.9, maximize=True), logits, actions, advantages, epochs)


@wrong("epochs_on_one_batch", "Adam's or RMSprop's")
def steps_of_adam(logits, actions, advantages, lr, epochs):
    return optimized(partial(torch.optim.Adam, lr=lr, maximize=True), logits, actions, advantages, epochs)


@wrong("epochs_on_one_batch", "Adam's or RMSprop's")
def steps_of_rmsprop(logits, actions, advantages, lr, epochs):
    return optimized(partial(torch.optim.RMSprop, lr=lr, maximize=True), logits, actions, advantages, epochs)


def of_length_1(*inputs):
    gradient = gradient_numpy(*inputs)
    return gradient / np.linalg.norm(gradient)


@wrong("epochs_on_one_batch", "You normalise or limit the gradient")
def steps_of_length_lr(logits, actions, advantages, lr, epochs):
    return loop(logits, actions, advantages, lr, epochs, step=of_length_1)


@wrong("epochs_on_one_batch", "You normalise or limit the gradient")
def steps_by_sign(logits, actions, advantages, lr, epochs):
    return loop(logits, actions, advantages, lr, epochs, step=lambda *inputs: np.sign(gradient_numpy(*inputs)))


@wrong("epochs_on_one_batch", "You normalise or limit the gradient")
def gradient_norm_clipped(logits, actions, advantages, lr, epochs):
    return optimized(partial(torch.optim.SGD, lr=lr, maximize=True), logits, actions, advantages, epochs, bound=0.1)


@wrong("epochs_on_one_batch", "table of probabilities")
def probabilities_for_logits(logits, actions, advantages, lr, epochs):
    last, ratios = loop(logits, actions, advantages, lr, epochs)
    return np.exp(last) / np.exp(last).sum(), ratios


@wrong("epochs_on_one_batch", "holds log-probabilities")
def logprobs_for_logits(logits, actions, advantages, lr, epochs):
    last, ratios = loop(logits, actions, advantages, lr, epochs)
    return last - np.logaddexp.reduce(last), ratios


@wrong("epochs_on_one_batch", "holds log-probabilities")
def normalised_before_each_step(logits, actions, advantages, lr, epochs):
    old, ratios = logprobs_numpy(logits, actions), []
    for _ in range(epochs):
        logits = logits - np.logaddexp.reduce(logits)
        ratios.append(np.exp(logits[actions] - old))
        logits = logits + lr * gradient_numpy(logits, actions, old, advantages)
    return logits, np.array(ratios)


@wrong("epochs_on_one_batch", "there is one row of ratios")
def last_row_only(logits, actions, advantages, lr, epochs):
    last, ratios = loop(logits, actions, advantages, lr, epochs)
    return last, ratios[-1:]


@wrong("epochs_on_one_batch", "(logits) in place")
def logits_moved_in_place(logits, actions, advantages, lr, epochs):
    old, ratios = logprobs_numpy(logits, actions), []
    for _ in range(epochs):
        ratios.append(np.exp(logprobs_numpy(logits, actions) - old))
        logits += lr * gradient_numpy(logits, actions, old, advantages)
    return logits, np.array(ratios)


@wrong("epochs_on_one_batch", "in place")
def optimizer_on_the_input(logits, actions, advantages, lr, epochs):
    old = logprobs_torch(logits, actions)
    logits, ratios = logits.detach().requires_grad_(), []
    optimizer = torch.optim.SGD([logits], lr=lr, maximize=True)
    for _ in range(epochs):
        optimizer.zero_grad()
        ratios.append((logprobs_torch(logits, actions) - old).exp())
        (ratios[-1] * advantages).mean().backward()
        optimizer.step()
    return logits, ratios
