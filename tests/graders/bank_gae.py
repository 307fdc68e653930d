"""Answers to exercise 05, right ones in many styles and wrong ones with a piece of the message each must get."""

import itertools
import math

import numpy as np
import scipy.signal
import torch
from registry import bank

from ppo_edu import gae as package

RIGHT, WRONG, right, wrong, in_bulk = bank()


# -- TD errors, right --------------------------------------------------------------------------------------------


@right("td_errors")
def mask_as_a_factor(rewards, values, next_values, terminated, gamma):
    return rewards + gamma * next_values * (1 - terminated) - values


@right("td_errors")
def mask_by_not(rewards, values, next_values, terminated, gamma):
    return rewards + gamma * next_values * ~terminated - values


@right("td_errors")
def numpy_where(rewards, values, next_values, terminated, gamma):
    return rewards + gamma * np.where(terminated, 0, next_values) - values


@right("td_errors")
def torch_where(rewards, values, next_values, terminated, gamma):
    future = torch.where(terminated, torch.zeros_like(next_values), next_values)
    return rewards + gamma * future - values


@right("td_errors")
def torch_one_minus_flag(rewards, values, next_values, terminated, gamma):
    assert isinstance(rewards, torch.Tensor)
    return rewards + gamma * (1.0 - terminated) * next_values - values


@right("td_errors")
def torch_float(rewards, values, next_values, terminated, gamma):
    return rewards.float() + gamma * (1 - terminated.float()) * next_values.float() - values.float()


@right("td_errors")
def torch_masked_fill(rewards, values, next_values, terminated, gamma):
    return rewards.add(next_values.masked_fill(terminated, 0), alpha=gamma).sub(values)


@right("td_errors")
def float32(rewards, values, next_values, terminated, gamma):
    r, v, n = (np.asarray(x, dtype=np.float32) for x in (rewards, values, next_values))
    return r + np.float32(gamma) * n * (~terminated).astype(np.float32) - v


@right("td_errors")
def zeroed_copy(rewards, values, next_values, terminated, gamma):
    future = next_values.copy()
    future[terminated] = 0
    future *= gamma
    return rewards + future - values


@right("td_errors")
def row_by_row(rewards, values, next_values, terminated, gamma):
    deltas = np.zeros(rewards.shape)
    for t in range(len(rewards)):
        deltas[t] = rewards[t] - values[t]
        deltas[t] += gamma * next_values[t] * (1 - terminated[t])
    return deltas


@right("td_errors")
def list_of_rows(rewards, values, next_values, terminated, gamma):
    rows = zip(rewards, values, next_values, terminated)
    return [r + gamma * n * np.logical_not(end) - v for r, v, n, end in rows]


@right("td_errors")
def entry_by_entry(rewards, values, next_values, terminated, gamma):
    deltas = np.empty(np.shape(rewards))
    for index in np.ndindex(*np.shape(rewards)):
        future = 0.0 if terminated[index] else next_values[index]
        deltas[index] = rewards[index] + gamma * future - values[index]
    return deltas


def nested(function, *tables):
    """The function on entries of lists, or of lists of lists."""
    return [nested(function, *row) if isinstance(row[0], list) else function(*row) for row in zip(*tables)]


@right("td_errors")
def nested_lists(rewards, values, next_values, terminated, gamma):
    assert isinstance(rewards, list)
    return nested(lambda r, v, n, end: r - v if end else r - v + gamma * n, rewards, values, next_values, terminated)


@right("td_errors")
def vectorised_by_decorator(rewards, values, next_values, terminated, gamma):
    one = np.vectorize(lambda r, v, n, end: r - v + (0 if end else gamma * n), otypes=[float])
    return one(rewards, values, next_values, terminated)


@right("td_errors")
def less_what_is_not_there(rewards, values, next_values, terminated, gamma):
    return (rewards + gamma * next_values - values) - gamma * next_values * terminated


@right("td_errors")
def of_the_package(rewards, values, next_values, terminated, gamma):
    return package.td_errors(rewards, values, next_values, terminated, gamma)


# -- TD errors, wrong --------------------------------------------------------------------------------------------


def shifted(x, last):
    """x one row ahead, `last` in the last row."""
    out = np.array(x)
    out[:-1], out[-1] = x[1:], last
    return out


in_bulk(
    "td_errors",
    {
        ("no_mask", "bootstrap through the end"): lambda r, v, n, d, g: r + g * n - v,
        ("no_mask_torch", "bootstrap through the end"): lambda r, v, n, d, g: torch.as_tensor(r) + g * n - v,
        ("mask_turned", "mask is turned around"): lambda r, v, n, d, g: r + g * n * d - v,
        ("reward_masked", "drop the last reward"): lambda r, v, n, d, g: (r + g * n) * (1 - d) - v,
        ("all_masked", "drop the last reward"): lambda r, v, n, d, g: (r + g * n - v) * (1 - d),
        ("own_value_masked", "leave out V(s_t) too"): lambda r, v, n, d, g: r + (1 - d) * (g * n - v),
        ("just_the_reward_at_the_end", "leave out V(s_t) too"): lambda r, v, n, d, g: np.where(d, r, r + g * n - v),
        ("target", "not subtracted"): lambda r, v, n, d, g: r + g * n * (1 - d),
        ("sign", "sign is turned"): lambda r, v, n, d, g: v - (r + g * n * (1 - d)),
        ("value_added", "is added"): lambda r, v, n, d, g: r + g * n * (1 - d) + v,
        ("no_gamma", "not discounted"): lambda r, v, n, d, g: r + n * (1 - d) - v,
        ("gamma_on_this_value", "nothing else"): lambda r, v, n, d, g: r + n * (1 - d) - g * v,
        ("gamma_on_both_values", "nothing else"): lambda r, v, n, d, g: r + g * ((1 - d) * n - v),
        ("gamma_on_reward_too", "nothing else"): lambda r, v, n, d, g: g * (r + n * (1 - d)) - v,
        ("gamma_on_reward_only", "nothing else"): lambda r, v, n, d, g: g * r + n * (1 - d) - v,
        ("gamma_on_all_three", "nothing else"): lambda r, v, n, d, g: g * (r + n * (1 - d) - v),
        ("gamma_on_target_and_future", "nothing else"): lambda r, v, n, d, g: g * r + g * n * (1 - d) - g * v,
        ("gamma_twice", "not twice"): lambda r, v, n, d, g: r + g * g * n * (1 - d) - v,
        ("next_row_then_0", "next row of `values`"): lambda r, v, n, d, g: r + g * shifted(v, 0) * (1 - d) - v,
        ("next_row_then_self", "next row of `values`"): lambda r, v, n, d, g: r + g * shifted(v, v[-1]) * (1 - d) - v,
        ("next_row_then_right", "next row of `values`"): lambda r, v, n, d, g: r + g * shifted(v, n[-1]) * (1 - d) - v,
        ("rolled", "next row of `values`"): lambda r, v, n, d, g: r + g * np.roll(v, -1, 0) * (1 - d) - v,
        ("rolled_flat", "next row of `values`"): lambda r, v, n, d, g: r + g * np.roll(v, -1) * (1 - d) - v,
        ("next_row_no_mask", "next row of `values`"): lambda r, v, n, d, g: r + g * shifted(v, 0) - v,
        ("a_row_too_far", "one row too far"): lambda r, v, n, d, g: r + g * shifted(n, 0) * (1 - d) - v,
        ("a_row_too_far_kept", "one row too far"): lambda r, v, n, d, g: r + g * shifted(n, n[-1]) * (1 - d) - v,
        ("a_row_too_far_rolled", "one row too far"): lambda r, v, n, d, g: r + g * np.roll(n, -1, 0) * (1 - d) - v,
        ("swapped", "changed places"): lambda r, v, n, d, g: r + g * v * (1 - d) - n,
        ("swapped_other_mask", "changed places"): lambda r, v, n, d, g: r + g * v - n * (1 - d),
        ("swapped_no_mask", "changed places"): lambda r, v, n, d, g: r + g * v - n,
        ("own_value_at_the_end", "bootstrap from V(s_t)"): lambda r, v, n, d, g: r + g * np.where(d, v, n) - v,
        ("flag_of_the_next_row", "neighbouring row. terminated"): lambda r, v, n, d, g: (
            r + g * n * (1 - shifted(d, False)) - v
        ),
        ("flag_of_the_row_before", "neighbouring row. terminated"): lambda r, v, n, d, g: (
            r + g * n * (1 - np.concatenate([d[:1] & False, d[:-1]])) - v
        ),
        ("reward_of_the_next_row", "reward comes from a neighbouring row"): lambda r, v, n, d, g: (
            shifted(r, 0) + g * n * (1 - d) - v
        ),
        ("reward_of_the_row_before", "reward comes from a neighbouring row"): lambda r, v, n, d, g: (
            np.concatenate([r[:1] * 0, r[:-1]]) + g * n * (1 - d) - v
        ),
        ("no_reward", "reward is missing"): lambda r, v, n, d, g: g * n * (1 - d) - v,
        ("normalised", "You normalise"): lambda r, v, n, d, g: (
            ((x := r + g * n * (1 - d) - v) - x.mean()) / (x.std() + 1e-8)
        ),
        ("absolute", "has a sign"): lambda r, v, n, d, g: abs(r + g * n * (1 - d) - v),
        ("squared", "has a sign"): lambda r, v, n, d, g: (r + g * n * (1 - d) - v) ** 2,
        ("gamma_fixed", "γ does not move"): lambda r, v, n, d, g: r + 0.9 * n * (1 - d) - v,
        ("gamma_fixed_99", "γ does not move"): lambda r, v, n, d, g: r + 0.99 * n * (1 - d) - v,
        ("only_the_first", "expected shape"): lambda r, v, n, d, g: (r + g * n * (1 - d) - v)[0],
        ("a_row_short", "expected shape"): lambda r, v, n, d, g: r[:-1] + g * n[:-1] * (1 - d[:-1]) - v[:-1],
        ("mean", "expected shape"): lambda r, v, n, d, g: (r + g * n * (1 - d) - v).mean(),
        ("zeros", "Three things"): lambda r, v, n, d, g: np.zeros(r.shape),
        ("the_rewards", "Three things"): lambda r, v, n, d, g: r,
        ("no_int_division", "Three things"): lambda r, v, n, d, g: (r + g * n * (1 - d) - v) // 1,
    },
)


@wrong("td_errors", "discounted sum of all rewards")
def return_less_value(rewards, values, next_values, terminated, gamma):
    total, result = 0.0, np.zeros(rewards.shape)
    for t in reversed(range(len(rewards))):
        total = rewards[t] + gamma * total * (1 - terminated[t])
        result[t] = total - values[t]
    return result


@wrong("td_errors", "discounted sum of all rewards")
def bootstrapped_return_less_value(rewards, values, next_values, terminated, gamma):
    total, result = next_values[-1], np.zeros(rewards.shape)
    for t in reversed(range(len(rewards))):
        total = rewards[t] + gamma * total * (1 - terminated[t])
        result[t] = total - values[t]
    return result


@wrong("td_errors", "loses its decimals")
def stored_in_zeros_like_rewards(rewards, values, next_values, terminated, gamma):
    deltas = np.zeros_like(rewards)
    for t in range(len(rewards)):
        deltas[t] = rewards[t] + gamma * next_values[t] * (1 - terminated[t]) - values[t]
    return deltas


@wrong("td_errors", "drop the last reward")
def two_mistakes_tell_of_the_first(rewards, values, next_values, terminated, gamma):
    deltas = np.zeros_like(rewards)
    for t in range(len(rewards)):
        deltas[t] = (rewards[t] + gamma * next_values[t]) * (1 - terminated[t]) - values[t]
    return deltas


@wrong("td_errors", "changed its input (rewards)")
def added_to_the_rewards(rewards, values, next_values, terminated, gamma):
    if rewards.dtype.kind == "i":
        return rewards + gamma * next_values * (1 - terminated) - values
    rewards += gamma * next_values * (1 - terminated) - values
    return rewards


@wrong("td_errors", "changed its input (next_values)")
def zeroed_in_place(rewards, values, next_values, terminated, gamma):
    next_values[terminated] = 0
    return rewards + gamma * next_values - values


@wrong("td_errors", "whole numbers. Your code raised")
def added_to_whole_numbers(rewards, values, next_values, terminated, gamma):
    deltas = rewards.copy()
    deltas += gamma * next_values * (1 - terminated) - values
    return deltas


@wrong("td_errors", "does for a whole row what `if` does")
def if_for_one_environment(rewards, values, next_values, terminated, gamma):
    deltas = []
    for r, v, n, end in zip(rewards, values, next_values, terminated):
        deltas.append(r - v if end else r + gamma * n - v)
    return deltas


@wrong("td_errors", "bootstrap through the end")
def one_environment_and_no_mask(rewards, values, next_values, terminated, gamma):
    return [float(r + gamma * n - v) for r, v, n in zip(rewards, values, next_values)]


# -- the recursion, right ----------------------------------------------------------------------------------------


@right("gae")
def carried_backwards(deltas, dones, gamma, gae_lambda):
    advantages, carried = np.zeros(deltas.shape), 0.0
    for t in reversed(range(len(deltas))):
        carried = deltas[t] + gamma * gae_lambda * (1 - dones[t]) * carried
        advantages[t] = carried
    return advantages


@right("gae")
def as_in_cleanrl_with_our_flags(deltas, dones, gamma, gae_lambda):
    advantages = torch.zeros(deltas.shape, dtype=torch.float64)
    lastgaelam = 0
    for t in reversed(range(deltas.shape[0])):
        advantages[t] = lastgaelam = deltas[t] + gamma * gae_lambda * (1.0 - dones[t]) * lastgaelam
    return advantages


@right("gae")
def torch_bool_flags(deltas, dones, gamma, gae_lambda):
    rows, follow = [], torch.zeros_like(deltas[0], dtype=torch.float32)
    for delta, done in zip(deltas.flip(0), dones.flip(0)):
        follow = delta.float() + gamma * gae_lambda * torch.where(done, torch.zeros_like(follow), follow)
        rows.insert(0, follow)
    return torch.stack(rows)


@right("gae")
def of_the_package_recursion(deltas, dones, gamma, gae_lambda):
    return package.gae(np.asarray(deltas, dtype=float), dones, gamma, gae_lambda)


@right("gae")
def double_sum(deltas, dones, gamma, gae_lambda):
    advantages = np.zeros(deltas.shape)
    for t in range(len(deltas)):
        weight = np.ones(deltas.shape[1:])
        for l in range(len(deltas) - t):
            advantages[t] += weight * deltas[t + l]
            weight = weight * gamma * gae_lambda * (1 - dones[t + l])
    return advantages


@right("gae")
def filter_per_episode(deltas, dones, gamma, gae_lambda):
    table, ends = (np.asarray(x).reshape(len(deltas), -1) for x in (deltas, dones))
    advantages = np.zeros(table.shape)
    for n in range(table.shape[1]):
        start = 0
        for stop in [*np.flatnonzero(ends[:, n]) + 1, len(table)]:
            episode = table[start:stop, n][::-1]
            if len(episode):
                advantages[start:stop, n] = scipy.signal.lfilter([1], [1, -gamma * gae_lambda], episode)[::-1]
            start = stop
    return advantages.reshape(np.shape(deltas))


@right("gae")
def matrix_of_weights(deltas, dones, gamma, gae_lambda):
    def one(delta, done):
        lag = np.arange(len(delta)) - np.arange(len(delta))[:, None]
        episode = np.concatenate([[0], np.cumsum(done)[:-1]])
        return np.where((lag >= 0) & (episode == episode[:, None]), (gamma * gae_lambda) ** abs(lag), 0) @ delta

    if deltas.ndim == 1:
        return one(deltas, dones)
    return np.stack([one(delta, done) for delta, done in zip(deltas.T, dones.T)], axis=1)


@right("gae")
def linear_solve(deltas, dones, gamma, gae_lambda):
    T, table = len(deltas), deltas.reshape(len(deltas), -1)
    open_ = gamma * gae_lambda * (1.0 - dones.reshape(T, -1))
    systems = [np.eye(T) - np.diag(column[:-1], 1) if T > 1 else np.eye(1) for column in open_.T]
    return np.stack([np.linalg.solve(*pair) for pair in zip(systems, table.T)], 1).reshape(deltas.shape)


@right("gae")
def nested_lists_only(deltas, dones, gamma, gae_lambda):
    assert isinstance(deltas, list)
    if isinstance(deltas[0], list):
        columns = [nested_lists_only(list(a), list(b), gamma, gae_lambda) for a, b in zip(zip(*deltas), zip(*dones))]
        return [list(row) for row in zip(*columns)]
    result = [0.0] * len(deltas)
    for t in range(len(deltas) - 1, -1, -1):
        last = t == len(deltas) - 1 or dones[t]
        result[t] = deltas[t] + (0 if last else gamma * gae_lambda * result[t + 1])
    return result


@right("gae")
def accumulate_from_the_back(deltas, dones, gamma, gae_lambda):
    pairs = zip(np.asarray(deltas, dtype=float)[::-1], 1.0 - np.asarray(dones)[::-1])
    steps = itertools.accumulate(pairs, lambda a, b: (b[0] + gamma * gae_lambda * b[1] * a[0], b[1]))
    return [advantage for advantage, _ in steps][::-1]


@right("gae")
def recursive_function(deltas, dones, gamma, gae_lambda):
    def advantage(t):
        follow = advantage(t + 1) if t + 1 < len(deltas) else 0.0
        return deltas[t] + np.where(dones[t], 0.0, gamma * gae_lambda * follow)

    return np.array([advantage(t) for t in range(len(deltas))])


@right("gae")
def in_place_on_a_float_copy(deltas, dones, gamma, gae_lambda):
    advantages = deltas.astype(float)
    for t in range(len(deltas) - 2, -1, -1):
        advantages[t] += gamma * gae_lambda * np.logical_not(dones[t]) * advantages[t + 1]
    return advantages


@right("gae")
def padded_by_a_row(deltas, dones, gamma, gae_lambda):
    advantages = np.zeros((len(deltas) + 1, *deltas.shape[1:]), dtype=np.float32)
    for t in reversed(range(len(deltas))):
        advantages[t] = deltas[t] + gamma * gae_lambda * advantages[t + 1] * ~dones[t]
    return advantages[:-1]


@right("gae")
def mixture_of_n_steps(deltas, dones, gamma, gae_lambda):
    """(1−λ) Σ λ^(n−1) A^(n), and the rest of the weight on the longest."""
    longest = len(deltas)
    total = gae_lambda ** (longest - 1) * package.n_step_advantage(deltas * 1.0, dones, gamma, longest)
    for n in range(1, longest):
        total += (1 - gae_lambda) * gae_lambda ** (n - 1) * package.n_step_advantage(deltas * 1.0, dones, gamma, n)
    return total


@right("gae")
def sweeps_until_nothing_changes(deltas, dones, gamma, gae_lambda):
    advantages = np.array(deltas, dtype=float)
    for _ in range(len(deltas)):
        follow = np.concatenate([advantages[1:], 0 * advantages[:1]])
        advantages = deltas + gamma * gae_lambda * follow * (1 - dones)
    return advantages


# -- the recursion, wrong ----------------------------------------------------------------------------------------


def backwards(deltas, factor):
    """Â_t = δ_t + factor(t) Â_{t+1}, as most write it."""
    advantages, follow = np.zeros(deltas.shape), 0.0
    for t in reversed(range(len(deltas))):
        advantages[t] = follow = deltas[t] + factor(t) * follow
    return advantages


in_bulk(
    "gae",
    {
        ("no_cut", "runs on through the ends"): lambda x, d, g, k: backwards(x, lambda t: g * k),
        ("mask_turned", "mask is turned around"): lambda x, d, g, k: backwards(x, lambda t: g * k * d[t]),
        ("gamma_only", "λ is not used"): lambda x, d, g, k: backwards(x, lambda t: g * (1 - d[t])),
        ("lambda_only", "γ is not used"): lambda x, d, g, k: backwards(x, lambda t: k * (1 - d[t])),
        ("no_decay", "Nothing decays"): lambda x, d, g, k: backwards(x, lambda t: 1 - d[t]),
        ("gamma_squared", "counts more often"): lambda x, d, g, k: backwards(x, lambda t: g * g * k * (1 - d[t])),
        ("lambda_squared", "counts more often"): lambda x, d, g, k: backwards(x, lambda t: g * k * k * (1 - d[t])),
        ("both_squared", "counts more often"): lambda x, d, g, k: backwards(x, lambda t: (g * k) ** 2 * (1 - d[t])),
        ("gamma_squared_only", "counts more often"): lambda x, d, g, k: backwards(x, lambda t: g**2 * (1 - d[t])),
        ("added", "added or subtracted"): lambda x, d, g, k: backwards(x, lambda t: (g + k) * (1 - d[t])),
        ("one_minus_lambda", "added or subtracted"): lambda x, d, g, k: backwards(
            x, lambda t: g * (1 - k) * (1 - d[t])
        ),
        ("one_minus_product", "added or subtracted"): lambda x, d, g, k: backwards(
            x, lambda t: (1 - g * k) * (1 - d[t])
        ),
        ("minus", "added or subtracted"): lambda x, d, g, k: backwards(x, lambda t: -g * k * (1 - d[t])),
        ("shifted_flags", "one row too early"): lambda x, d, g, k: backwards(
            x, lambda t: g * k * (1 - (d[t + 1] if t + 1 < len(d) else 0 * d[t]))
        ),
        ("shifted_flags_rolled", "one row too early"): lambda x, d, g, k: backwards(
            x, lambda t: g * k * (1 - np.roll(d, -1, 0)[t])
        ),
        ("flags_late", "one row too late"): lambda x, d, g, k: backwards(
            x, lambda t: g * k * (1 - (d[t - 1] if t else 0 * d[t]))
        ),
        ("flags_late_wrapped", "one row too late"): lambda x, d, g, k: backwards(x, lambda t: g * k * (1 - d[t - 1])),
        ("reversed", "stand in reverse"): lambda x, d, g, k: backwards(x, lambda t: g * k * (1 - d[t]))[::-1],
        ("reversed_list", "stand in reverse"): lambda x, d, g, k: list(backwards(x, lambda t: g * k * (1 - d[t])))[
            ::-1
        ],
        ("the_deltas", "That is δ itself"): lambda x, d, g, k: x * 1.0,
        ("times_one_minus_lambda", "A factor too many"): lambda x, d, g, k: (
            (1 - k) * backwards(x, lambda t: g * k * (1 - d[t]))
        ),
        ("moving_average", "A factor too many"): lambda x, d, g, k: backwards(
            (1 - g * k) * x, lambda t: g * k * (1 - d[t])
        ),
        ("decay_from_the_start", "A factor too many"): lambda x, d, g, k: backwards(
            g * k * x, lambda t: g * k * (1 - d[t])
        ),
        ("normalised", "You normalise"): lambda x, d, g, k: (
            ((a := backwards(x, lambda t: g * k * (1 - d[t]))) - a.mean()) / (a.std() + 1e-8)
        ),
        ("centred", "You normalise"): lambda x, d, g, k: (a := backwards(x, lambda t: g * k * (1 - d[t]))) - a.mean(),
        ("sign", "sign is turned"): lambda x, d, g, k: -backwards(x, lambda t: g * k * (1 - d[t])),
        ("constants", "does not move"): lambda x, d, g, k: backwards(x, lambda t: 0.99 * 0.95 * (1 - d[t])),
        ("gamma_constant", "does not move"): lambda x, d, g, k: backwards(x, lambda t: 0.99 * k * (1 - d[t])),
        ("lambda_constant", "does not move"): lambda x, d, g, k: backwards(x, lambda t: g * 0.95 * (1 - d[t])),
        ("lessons_constants", "does not move"): lambda x, d, g, k: backwards(x, lambda t: 0.9 * 0.8 * (1 - d[t])),
        ("the_first_only", "expected shape"): lambda x, d, g, k: backwards(x, lambda t: g * k * (1 - d[t]))[0],
        ("a_row_too_many", "expected shape"): lambda x, d, g, k: np.concatenate(
            [backwards(x, lambda t: g * k * (1 - d[t])), 0.0 * x[:1]]
        ),
        ("a_sum", "expected shape"): lambda x, d, g, k: x.sum(),
        ("a_column", "expected shape"): lambda x, d, g, k: backwards(x, lambda t: g * k * (1 - d[t])).reshape(
            len(x), -1
        ),
        ("any_cuts_all", "cuts all of them"): lambda x, d, g, k: backwards(x, lambda t: 0.0 if np.any(d[t]) else g * k),
        ("all_to_cut", "cuts all of them"): lambda x, d, g, k: backwards(x, lambda t: 0.0 if np.all(d[t]) else g * k),
        ("ignoring_delta", "weighs (γλ)^l"): lambda x, d, g, k: np.ones(x.shape),
        ("exponential", "weighs (γλ)^l"): lambda x, d, g, k: backwards(x, lambda t: math.exp(-g * k) * (1 - d[t])),
        ("cut_in_the_middle_only", "weighs (γλ)^l"): lambda x, d, g, k: backwards(
            x, lambda t: g * k * (1 - d[t] * (t < len(x) // 2))
        ),
    },
)


@wrong("gae", "throw away δ as well")
def mask_around_everything(deltas, dones, gamma, gae_lambda):
    advantages, follow = np.zeros(deltas.shape), 0.0
    for t in reversed(range(len(deltas))):
        advantages[t] = follow = (deltas[t] + gamma * gae_lambda * follow) * (1 - dones[t])
    return advantages


@wrong("gae", "throw away δ as well")
def zero_where_done(deltas, dones, gamma, gae_lambda):
    return np.where(dones, 0, carried_backwards(deltas, dones, gamma, gae_lambda))


@wrong("gae", "runs forwards in time")
def forwards(deltas, dones, gamma, gae_lambda):
    advantages, carried = np.zeros(deltas.shape), 0.0
    for t in range(len(deltas)):
        advantages[t] = carried = deltas[t] + gamma * gae_lambda * carried
        carried = carried * (1 - dones[t])
    return advantages


@wrong("gae", "runs forwards in time")
def forwards_cut_at_the_row(deltas, dones, gamma, gae_lambda):
    advantages, carried = np.zeros(deltas.shape), 0.0
    for t in range(len(deltas)):
        carried = deltas[t] + gamma * gae_lambda * (1 - dones[t]) * carried
        advantages[t] = carried
    return advantages


@wrong("gae", "runs forwards in time")
def forwards_uncut(deltas, dones, gamma, gae_lambda):
    advantages = [deltas[0]]
    for delta in deltas[1:]:
        advantages.append(delta + gamma * gae_lambda * advantages[-1])
    return np.array(advantages)


@wrong("gae", "last row comes out as 0")
def begins_one_row_early(deltas, dones, gamma, gae_lambda):
    advantages = np.zeros(deltas.shape)
    for t in range(len(deltas) - 2, -1, -1):
        advantages[t] = deltas[t] + gamma * gae_lambda * (1 - dones[t]) * advantages[t + 1]
    return advantages


@wrong("gae", "last row comes out as 0")
def last_row_never_stored(deltas, dones, gamma, gae_lambda):
    advantages, follow = np.zeros(deltas.shape), deltas[-1]
    for t in range(len(deltas) - 2, -1, -1):
        advantages[t] = follow = deltas[t] + gamma * gae_lambda * (1 - dones[t]) * follow
    return advantages


@wrong("gae", "last δ counts twice")
def begins_with_the_last_delta(deltas, dones, gamma, gae_lambda):
    advantages, follow = np.zeros(deltas.shape), deltas[-1]
    for t in reversed(range(len(deltas))):
        advantages[t] = follow = deltas[t] + gamma * gae_lambda * (1 - dones[t]) * follow
    return advantages


@wrong("gae", "add the next δ and stop")
def next_delta_only(deltas, dones, gamma, gae_lambda):
    advantages = np.array(deltas, dtype=float)
    advantages[:-1] += gamma * gae_lambda * (1 - dones[:-1]) * deltas[1:]
    return advantages


@wrong("gae", "calls telescoping")
def the_lessons_display(deltas, dones, gamma, gae_lambda):
    returns_less_values = carried_backwards(deltas, dones, gamma, 1.0)
    return carried_backwards(returns_less_values, dones, gamma, gae_lambda)


@wrong("gae", "the factor 1−λ, the last one too")
def naive_mixture(deltas, dones, gamma, gae_lambda):
    total, T = np.zeros(deltas.shape), len(deltas)
    for t in range(T):
        for n in range(1, T - t + 1):
            n_step = package.n_step_advantage(deltas[t:] * 1.0, dones[t:], gamma, n)[0]
            total[t] += (1 - gae_lambda) * gae_lambda ** (n - 1) * n_step
    return total


@wrong("gae", "the factor 1−λ, the last one too")
def naive_mixture_to_the_end_of_the_episode(deltas, dones, gamma, gae_lambda):
    total = np.zeros(deltas.shape)
    for t in range(len(deltas)):
        weight, n_step, alive = 1 - gae_lambda, 0.0, np.ones(deltas.shape[1:])
        for l in range(len(deltas) - t):
            n_step = n_step + gamma**l * deltas[t + l]
            total[t] += alive * weight * n_step
            weight, alive = weight * gae_lambda, alive * (1 - dones[t + l])
    return total


@wrong("gae", "run along the environments")
def recursion_over_the_last_axis(deltas, dones, gamma, gae_lambda):
    advantages = np.array(deltas, dtype=float)
    for t in reversed(range(deltas.shape[-1] - 1)):
        advantages[..., t] += gamma * gae_lambda * (1 - dones[..., t]) * advantages[..., t + 1]
    return advantages


@wrong("gae", "run along the environments")
def one_long_line(deltas, dones, gamma, gae_lambda):
    return carried_backwards(deltas.reshape(-1), dones.reshape(-1), gamma, gae_lambda).reshape(deltas.shape)


@wrong("gae", "run along the environments")
def one_long_line_of_columns(deltas, dones, gamma, gae_lambda):
    line = carried_backwards(deltas.T.reshape(-1), dones.T.reshape(-1), gamma, gae_lambda)
    return line.reshape(deltas.T.shape).T


@wrong("gae", "begin at row 0 for everybody")
def weights_from_the_first_row(deltas, dones, gamma, gae_lambda):
    advantages, follow = np.zeros(deltas.shape), 0.0
    for t in reversed(range(len(deltas))):
        advantages[t] = follow = (gamma * gae_lambda) ** t * deltas[t] + (1 - dones[t]) * follow
    return advantages


@wrong("gae", "loses its decimals")
def stored_in_zeros_like_deltas(deltas, dones, gamma, gae_lambda):
    advantages = np.zeros_like(deltas)
    for t in reversed(range(len(deltas))):
        follow = advantages[t + 1] if t + 1 < len(deltas) else 0
        advantages[t] = deltas[t] + gamma * gae_lambda * (1 - dones[t]) * follow
    return advantages


@wrong("gae", "one row too early")
def two_mistakes_at_once(deltas, dones, gamma, gae_lambda):
    advantages = np.array(deltas)
    for t in range(len(deltas) - 2, -1, -1):
        advantages[t] = deltas[t] + gamma * gae_lambda * (1 - dones[t + 1]) * advantages[t + 1]
    return advantages


@wrong("gae", "does for a whole row what `if` does")
def if_for_a_single_environment(deltas, dones, gamma, gae_lambda):
    advantages, follow = [], 0.0
    for delta, done in zip(deltas[::-1], dones[::-1]):
        if done:
            follow = 0.0
        follow = delta + gamma * gae_lambda * follow
        advantages.append(follow)
    return advantages[::-1]


@wrong("gae", "runs on through the ends")
def single_environment_without_a_cut(deltas, dones, gamma, gae_lambda):
    advantages, follow = [], 0.0
    for delta in deltas[::-1]:
        follow = float(delta) + gamma * gae_lambda * follow
        advantages.append(follow)
    return advantages[::-1]


@wrong("gae", "changed its input (δ) in place")
def over_the_deltas(deltas, dones, gamma, gae_lambda):
    for t in range(len(deltas) - 2, -1, -1):
        deltas[t] = deltas[t] + gamma * gae_lambda * (1 - dones[t]) * deltas[t + 1]
    return deltas


@wrong("gae", "changed its input (dones) in place")
def last_row_marked_done(deltas, dones, gamma, gae_lambda):
    dones[-1] = True
    return carried_backwards(deltas, dones, gamma, gae_lambda)


@wrong("gae", "name 'lam' is not defined")
def misspelt(deltas, dones, gamma, gae_lambda):
    return deltas * gamma * lam  # noqa: F821


# -- the mixture, right ------------------------------------------------------------------------------------------


def weights_of(count, lam):
    """(1−λ) λ^(n−1), and λ^(N−1) for the last."""
    return np.array([(1 - lam) * lam**n for n in range(count - 1)] + [lam ** (count - 1)])


@right("n_step_mixture")
def running_sums(rewards, values, gamma, gae_lambda):
    powers = gamma ** np.arange(len(values))
    weights = (1 - gae_lambda) * gae_lambda ** np.arange(len(rewards))
    weights[-1] = gae_lambda ** (len(rewards) - 1)
    return np.cumsum(powers[:-1] * rewards) + powers[1:] * values[1:] - values[0], weights


@right("n_step_mixture")
def sums_of_td_errors(rewards, values, gamma, gae_lambda):
    deltas = rewards + gamma * values[1:] - values[:-1]
    advantages = np.cumsum(gamma ** np.arange(len(deltas)) * deltas)
    return advantages, weights_of(len(deltas), gae_lambda)


@right("n_step_mixture")
def a_loop_over_n(rewards, values, gamma, gae_lambda):
    advantages, weights, paid, left = [], [], 0.0, 1.0
    for n in range(1, len(rewards) + 1):
        paid += gamma ** (n - 1) * rewards[n - 1]
        advantages.append(paid + gamma**n * values[n] - values[0])
        weights.append(left * (1 - gae_lambda) if n < len(rewards) else left)
        left *= gae_lambda
    return advantages, weights


@right("n_step_mixture")
def last_is_what_is_left(rewards, values, gamma, gae_lambda):
    advantages, _ = running_sums(rewards, values, gamma, gae_lambda)
    first = [(1 - gae_lambda) * gae_lambda**n for n in range(len(rewards) - 1)]
    return advantages, first + [1 - sum(first)]


@right("n_step_mixture")
def naive_plus_the_rest(rewards, values, gamma, gae_lambda):
    weights = (1 - gae_lambda) * gae_lambda ** np.arange(len(rewards))
    weights[-1] += gae_lambda ** len(rewards)
    return a_loop_over_n(rewards, values, gamma, gae_lambda)[0], weights


@right("n_step_mixture")
def differences_of_tails(rewards, values, gamma, gae_lambda):
    tails = np.append(gae_lambda ** np.arange(len(rewards)), 0.0)
    return running_sums(rewards, values, gamma, gae_lambda)[0], tails[:-1] - tails[1:]


@right("n_step_mixture")
def torch_cumsum(rewards, values, gamma, gae_lambda):
    steps = torch.arange(len(values), dtype=torch.float32)
    powers, r, v = gamma**steps, torch.as_tensor(rewards).float(), torch.as_tensor(values).float()
    weights = (1 - gae_lambda) * gae_lambda ** steps[:-1]
    weights[-1] = gae_lambda ** (len(r) - 1)
    return torch.cumsum(powers[:-1] * r, 0) + powers[1:] * v[1:] - v[0], weights


@right("n_step_mixture")
def tensors_only(rewards, values, gamma, gae_lambda):
    deltas = rewards.double() + gamma * values[1:].double() - values[:-1].double()
    advantages = torch.stack([sum(gamma**k * deltas[k] for k in range(n + 1)) for n in range(len(deltas))])
    return advantages, torch.tensor(weights_of(len(deltas), gae_lambda))


@right("n_step_mixture")
def lists_only(rewards, values, gamma, gae_lambda):
    assert isinstance(rewards, list)
    advantages = []
    for n in range(1, len(rewards) + 1):
        value = values[n]
        for reward in reversed(rewards[:n]):
            value = reward + gamma * value
        advantages.append(value - values[0])
    return advantages, list(weights_of(len(rewards), gae_lambda))


@right("n_step_mixture")
def triangular_matrix(rewards, values, gamma, gae_lambda):
    N = len(rewards)
    discounts = np.tril(np.ones((N, N))) * gamma ** np.arange(N)
    return [discounts @ rewards + gamma ** np.arange(1, N + 1) * values[1:] - values[0], weights_of(N, gae_lambda)]


@right("n_step_mixture")
def of_the_package_n_steps(rewards, values, gamma, gae_lambda):
    deltas = package.td_errors(rewards * 1.0, values[:-1] * 1.0, values[1:] * 1.0, np.zeros(len(rewards)), gamma)
    steps = range(1, len(rewards) + 1)
    advantages = [package.n_step_advantage(deltas, np.zeros(len(deltas)), gamma, n)[0] for n in steps]
    return np.array([advantages, weights_of(len(rewards), gae_lambda)])


@right("n_step_mixture")
def a_polynomial(rewards, values, gamma, gae_lambda):
    N = len(rewards)
    paid = [np.polyval(rewards[:n][::-1], gamma) for n in range(1, N + 1)]
    return tuple(
        map(np.array, zip(*((paid[n - 1] + gamma**n * values[n] - values[0], w) for n, w in counted(N, gae_lambda))))
    )


def counted(count, lam):
    """(n, weight of n)."""
    return enumerate(weights_of(count, lam), start=1)


# -- the mixture, wrong ------------------------------------------------------------------------------------------


def paid_of(r, g):
    return np.array([sum(g**k * r[k] for k in range(n)) for n in range(1, len(r) + 1)])


def ahead(r, g):
    return np.array([g**n for n in range(1, len(r) + 1)])


def advantages_as(formula):
    """An answer with these advantages and the right weights; the formula gets (r, v, γ, λ, Σ γ^k r_k, γ^n)."""

    def answer(rewards, values, gamma, gae_lambda):
        advantages = formula(rewards, values, gamma, gae_lambda, paid_of(rewards, gamma), ahead(rewards, gamma))
        return advantages, weights_of(len(rewards), gae_lambda)

    return answer


def weights_as(formula):
    """An answer with the right advantages and these weights; the formula gets (N, λ, γ)."""

    def answer(rewards, values, gamma, gae_lambda):
        advantages, _ = running_sums(rewards, values, gamma, gae_lambda)
        return advantages, formula(len(rewards), gae_lambda, gamma)

    return answer


def with_the_last(weights, last):
    weights = list(weights)
    weights[-1] = last
    return weights


def plain(count, lam):
    return [(1 - lam) * lam**n for n in range(count)]


def td(r, v, g):
    return r + g * v[1:] - v[:-1]


in_bulk(
    "n_step_mixture",
    {
        ("swapped", "in the wrong order"): lambda *x: running_sums(*x)[::-1],
        ("dot", "That is their mixture"): lambda *x: np.dot(*running_sums(*x)),
        ("products", "multiplied weights and advantages"): lambda *x: np.multiply(*running_sums(*x)),
        ("products_and_weights", "multiplied weights and advantages"): lambda *x: (
            np.multiply(*running_sums(*x)),
            running_sums(*x)[1],
        ),
        ("running_mixture", "multiplied weights and advantages"): lambda *x: (
            np.cumsum(np.multiply(*running_sums(*x))),
            running_sums(*x)[1],
        ),
        ("advantages_only", "Asked are two things"): lambda *x: running_sums(*x)[0],
        ("weights_only", "Asked are two things"): lambda *x: running_sums(*x)[1],
        ("no_value", "V(s_0) is not subtracted"): advantages_as(lambda r, v, g, k, paid, ga: paid + ga * v[1:]),
        ("no_bootstrap", "you stop"): advantages_as(lambda r, v, g, k, paid, ga: paid - v[0]),
        ("last_bootstrap_lost", "lost its last bootstrap"): advantages_as(
            lambda r, v, g, k, paid, ga: paid + ga * with_the_last(v[1:], 0) - v[0]
        ),
        ("bootstrap_bare", "stands n steps ahead"): advantages_as(lambda r, v, g, k, paid, ga: paid + v[1:] - v[0]),
        ("bootstrap_one", "stands n steps ahead"): advantages_as(lambda r, v, g, k, paid, ga: paid + g * v[1:] - v[0]),
        ("bootstrap_less", "stands n steps ahead"): advantages_as(
            lambda r, v, g, k, paid, ga: paid + ga / g * v[1:] - v[0]
        ),
        ("bootstrap_more", "stands n steps ahead"): advantages_as(
            lambda r, v, g, k, paid, ga: paid + ga * g * v[1:] - v[0]
        ),
        ("bootstrap_before", "bootstrap is a row off"): advantages_as(
            lambda r, v, g, k, paid, ga: paid + ga * v[:-1] - v[0]
        ),
        ("bootstrap_before_less", "bootstrap is a row off"): advantages_as(
            lambda r, v, g, k, paid, ga: paid + ga / g * v[:-1] - v[0]
        ),
        ("bootstrap_at_the_end", "bootstrap is a row off"): advantages_as(
            lambda r, v, g, k, paid, ga: paid + ga * v[-1] - v[0]
        ),
        ("bootstrap_after", "bootstrap is a row off"): advantages_as(
            lambda r, v, g, k, paid, ga: paid + ga * np.append(v[2:], 0) - v[0]
        ),
        ("bootstrap_after_kept", "bootstrap is a row off"): advantages_as(
            lambda r, v, g, k, paid, ga: paid + ga * np.append(v[2:], v[-1]) - v[0]
        ),
        ("each_its_own_value", "measured against the first"): advantages_as(
            lambda r, v, g, k, paid, ga: paid + ga * v[1:] - v[:-1]
        ),
        ("each_its_own_discounted", "measured against the first"): advantages_as(
            lambda r, v, g, k, paid, ga: paid + ga * v[1:] - ga / g * v[:-1]
        ),
        ("values_swapped", "measured against the first"): advantages_as(
            lambda r, v, g, k, paid, ga: paid + v[0] - ga * v[1:]
        ),
        ("both_subtracted", "measured against the first"): advantages_as(
            lambda r, v, g, k, paid, ga: paid - v[0] - ga * v[1:]
        ),
        ("rewards_bare", "rewards are not discounted"): advantages_as(
            lambda r, v, g, k, paid, ga: np.cumsum(r) + ga * v[1:] - v[0]
        ),
        ("rewards_early", "rewards are not discounted"): advantages_as(
            lambda r, v, g, k, paid, ga: g * paid + ga * v[1:] - v[0]
        ),
        ("rewards_as_the_last", "rewards are not discounted"): advantages_as(
            lambda r, v, g, k, paid, ga: ga / g * np.cumsum(r) + ga * v[1:] - v[0]
        ),
        ("nothing_discounted", "rewards are not discounted"): advantages_as(
            lambda r, v, g, k, paid, ga: np.cumsum(r) + v[1:] - v[0]
        ),
        ("one_reward", "one reward only"): advantages_as(lambda r, v, g, k, paid, ga: ga / g * r + ga * v[1:] - v[0]),
        ("one_reward_bare", "one reward only"): advantages_as(lambda r, v, g, k, paid, ga: r + ga * v[1:] - v[0]),
        ("one_step_each", "one reward only"): advantages_as(lambda r, v, g, k, paid, ga: r + g * v[1:] - v[0]),
        ("td_errors", "one reward only"): advantages_as(lambda r, v, g, k, paid, ga: td(r, v, g)),
        ("td_errors_discounted", "one reward only"): advantages_as(lambda r, v, g, k, paid, ga: ga / g * td(r, v, g)),
        ("from_zero", "counts from 0"): advantages_as(
            lambda r, v, g, k, paid, ga: np.append(0, (paid + ga * v[1:] - v[0])[:-1])
        ),
        ("one_short", "counts from 0"): advantages_as(lambda r, v, g, k, paid, ga: (paid + ga * v[1:] - v[0])[:-1]),
        ("zero_first", "counts from 0"): advantages_as(
            lambda r, v, g, k, paid, ga: np.append(0, paid + ga * v[1:] - v[0])
        ),
        ("lambda_inside", "λ is in your advantages"): advantages_as(
            lambda r, v, g, k, paid, ga: paid_of(r, g * k) + ahead(r, g * k) * v[1:] - v[0]
        ),
        ("lambda_on_deltas", "λ is in your advantages"): advantages_as(
            lambda r, v, g, k, paid, ga: np.cumsum((g * k) ** np.arange(len(r)) * td(r, v, g))
        ),
        ("deltas_bare", "each later one γ times as much"): advantages_as(
            lambda r, v, g, k, paid, ga: np.cumsum(td(r, v, g))
        ),
        ("deltas_early", "each later one γ times as much"): advantages_as(
            lambda r, v, g, k, paid, ga: np.cumsum(ga * td(r, v, g))
        ),
        ("reversed_advantages", "n = 1 comes first"): advantages_as(
            lambda r, v, g, k, paid, ga: (paid + ga * v[1:] - v[0])[::-1]
        ),
        ("gae_of_each_row", "You go through the rows"): advantages_as(
            lambda r, v, g, k, paid, ga: package.gae(td(r, v, g) * 1.0, np.zeros(len(r)), g, k)
        ),
        ("monte_carlo_of_each_row", "You go through the rows"): advantages_as(
            lambda r, v, g, k, paid, ga: package.gae(td(r, v, g) * 1.0, np.zeros(len(r)), g, 1.0)
        ),
        ("stored_like_rewards", "lose their decimals"): advantages_as(
            lambda r, v, g, k, paid, ga: np.array(paid + ga * v[1:] - v[0], dtype=r.dtype)
        ),
        ("naive", "1−λᴺ instead"): weights_as(lambda n, k, g: plain(n, k)),
        ("stretched", "You stretch the weights"): weights_as(lambda n, k, g: np.array(plain(n, k)) / sum(plain(n, k))),
        ("powers_stretched", "You stretch the weights"): weights_as(
            lambda n, k, g: k ** np.arange(n) / sum(k ** np.arange(n))
        ),
        ("powers", "lack the factor 1−λ"): weights_as(lambda n, k, g: k ** np.arange(n)),
        ("one_late", "come one λ late"): weights_as(
            lambda n, k, g: with_the_last(
                [(1 - k) * k ** (i + 1) for i in range(n)], 1 - sum((1 - k) * k ** (i + 1) for i in range(n - 1))
            )
        ),
        ("one_too_high", "exponents are one too high"): weights_as(
            lambda n, k, g: [(1 - k) * k ** (i + 1) for i in range(n)]
        ),
        ("one_too_high_but_last", "exponents are one too high"): weights_as(
            lambda n, k, g: with_the_last([(1 - k) * k ** (i + 1) for i in range(n)], k ** (n - 1))
        ),
        ("all_one_too_high", "exponents are one too high"): weights_as(
            lambda n, k, g: with_the_last([(1 - k) * k ** (i + 1) for i in range(n)], k**n)
        ),
        ("last_one_too_high", "what is missing to 1"): weights_as(lambda n, k, g: with_the_last(plain(n, k), k**n)),
        ("last_one", "what is missing to 1"): weights_as(lambda n, k, g: with_the_last(plain(n, k), 1.0)),
        ("last_lambda", "what is missing to 1"): weights_as(lambda n, k, g: with_the_last(plain(n, k), k)),
        ("last_one_minus_lambda", "what is missing to 1"): weights_as(
            lambda n, k, g: with_the_last(plain(n, k), 1 - k)
        ),
        ("last_zero", "what is missing to 1"): weights_as(lambda n, k, g: with_the_last(plain(n, k), 0)),
        ("last_one_lower", "what is missing to 1"): weights_as(
            lambda n, k, g: with_the_last(plain(n, k), k ** max(n - 2, 0))
        ),
        ("last_on_top", "what is missing to 1"): weights_as(
            lambda n, k, g: with_the_last(plain(n, k), plain(n, k)[-1] + k ** (n - 1))
        ),
        ("gamma_lambda", "γ is in your weights"): weights_as(lambda n, k, g: weights_of(n, g * k)),
        ("gamma_lambda_naive", "γ is in your weights"): weights_as(lambda n, k, g: plain(n, g * k)),
        ("gamma_lambda_powers", "γ is in your weights"): weights_as(lambda n, k, g: (g * k) ** np.arange(n)),
        ("gamma_alone", "γ is in your weights"): weights_as(lambda n, k, g: weights_of(n, g)),
        ("gamma_but_last", "γ is in your weights"): weights_as(
            lambda n, k, g: with_the_last([(1 - k) * (g * k) ** i for i in range(n)], k ** (n - 1))
        ),
        ("gamma_and_last", "γ is in your weights"): weights_as(
            lambda n, k, g: with_the_last([(1 - k) * (g * k) ** i for i in range(n)], (g * k) ** (n - 1))
        ),
        ("other_way_round", "changed places"): weights_as(lambda n, k, g: weights_of(n, 1 - k)),
        ("other_way_round_naive", "changed places"): weights_as(lambda n, k, g: plain(n, 1 - k)),
        ("reversed_weights", "at the wrong end"): weights_as(lambda n, k, g: weights_of(n, k)[::-1]),
        ("rest_to_the_first", "at the wrong end"): weights_as(
            lambda n, k, g: [plain(n, k)[0] + k**n, *plain(n, k)[1:]]
        ),
        ("all_equal", "All your weights are equal"): weights_as(lambda n, k, g: np.ones(n) / n),
        ("lambda_fixed", "λ does not move"): weights_as(lambda n, k, g: weights_of(n, 0.95)),
        ("lambda_of_the_lesson", "λ does not move"): weights_as(lambda n, k, g: weights_of(n, 0.8)),
        ("by_logarithm", "There is a nan"): weights_as(
            lambda n, k, g: with_the_last(
                (1 - k) * np.exp(np.arange(n) * np.log(k)) if n > 1 or k else [1.0], np.exp((n - 1) * np.log(k))
            )
        ),
        ("percent", "All weights together are 1"): weights_as(lambda n, k, g: 100 * weights_of(n, k)),
        ("a_number", "Asked are 2 things"): lambda r, v, g, k: 3.664,
        ("as_columns", "expected shape"): lambda *x: tuple(part[:, None] for part in running_sums(*x)),
    },
)


@wrong("n_step_mixture", "V(s_0) is not subtracted")
def two_mistakes_in_the_pair(rewards, values, gamma, gae_lambda):
    return paid_of(rewards, gamma) + ahead(rewards, gamma) * values[1:], plain(len(rewards), gae_lambda)


@wrong("n_step_mixture", "changed its input (rewards)")
def discounted_in_place(rewards, values, gamma, gae_lambda):
    if rewards.dtype.kind == "i":
        return running_sums(rewards, values, gamma, gae_lambda)
    rewards *= gamma ** np.arange(len(rewards))
    return np.cumsum(rewards) + ahead(rewards, gamma) * values[1:] - values[0], weights_of(len(rewards), gae_lambda)


@wrong("n_step_mixture", "hold whole numbers. Your code raised")
def adds_to_a_copy(rewards, values, gamma, gae_lambda):
    deltas = rewards.copy()
    deltas += gamma * values[1:] - values[:-1]
    return np.cumsum(gamma ** np.arange(len(deltas)) * deltas), weights_of(len(deltas), gae_lambda)


@wrong("n_step_mixture", "out of bounds")
def one_value_too_few(rewards, values, gamma, gae_lambda):
    return [values[n + 1] for n in range(len(rewards) + 1)], weights_of(len(rewards), gae_lambda)


# -- advantages and returns, right -------------------------------------------------------------------------------


@right("advantages_and_returns")
def from_the_two_functions(rewards, values, next_values, terminated, truncated, gamma, gae_lambda):
    deltas = package.td_errors(rewards, values, next_values, terminated, gamma)
    advantages = package.gae(deltas, terminated | truncated, gamma, gae_lambda)
    return advantages, advantages + values


@right("advantages_and_returns")
def logical_or(rewards, values, next_values, terminated, truncated, gamma, gae_lambda):
    deltas = mask_as_a_factor(rewards, values, next_values, terminated, gamma)
    advantages = carried_backwards(deltas, np.logical_or(terminated, truncated), gamma, gae_lambda)
    return [advantages, values + advantages]


@right("advantages_and_returns")
def product_of_what_goes_on(rewards, values, next_values, terminated, truncated, gamma, gae_lambda):
    deltas = mask_as_a_factor(rewards, values, next_values, terminated, gamma)
    goes_on = (1 - terminated) * (1 - truncated)
    advantages = backwards(deltas, lambda t: gamma * gae_lambda * goes_on[t])
    return advantages, advantages + values


@right("advantages_and_returns")
def capped_sum_of_flags(rewards, values, next_values, terminated, truncated, gamma, gae_lambda):
    dones = np.minimum(terminated.astype(int) + truncated.astype(int), 1)
    return from_the_two_functions(rewards, values, next_values, terminated, dones > 0, gamma, gae_lambda)


@right("advantages_and_returns")
def torch_all_the_way(rewards, values, next_values, terminated, truncated, gamma, gae_lambda):
    future = torch.where(terminated, torch.zeros_like(next_values), next_values)
    deltas, keeps = rewards + gamma * future - values, ~(terminated | truncated)
    advantages = torch.zeros_like(deltas)
    for t in range(len(deltas) - 1, -1, -1):
        advantages[t] = deltas[t] + (gamma * gae_lambda * keeps[t] * advantages[t + 1] if t + 1 < len(deltas) else 0)
    return advantages, advantages + values


@right("advantages_and_returns")
def torch_float_flags(rewards, values, next_values, terminated, truncated, gamma, gae_lambda):
    deltas = torch.as_tensor(rewards) + gamma * (1 - terminated) * next_values - values
    advantages, follow = [], 0
    for t in reversed(range(len(deltas))):
        follow = deltas[t] + gamma * gae_lambda * (1 - torch.maximum(terminated[t], truncated[t])) * follow
        advantages.insert(0, follow)
    advantages = torch.stack(advantages)
    return advantages, advantages + values


@right("advantages_and_returns")
def float32_rollout(rewards, values, next_values, terminated, truncated, gamma, gae_lambda):
    r, v, n = (np.float32(x) for x in (rewards, values, next_values))
    return from_the_two_functions(r, v, n, terminated, truncated, gamma, gae_lambda)


@right("advantages_and_returns")
def one_loop_for_both(rewards, values, next_values, terminated, truncated, gamma, gae_lambda):
    advantages, follow = np.zeros(rewards.shape), 0.0
    for t in reversed(range(len(rewards))):
        delta = rewards[t] - values[t] + np.where(terminated[t], 0, gamma * next_values[t])
        follow = delta + np.where(terminated[t] | truncated[t], 0, gamma * gae_lambda * follow)
        advantages[t] = follow
    return advantages, advantages + values


@right("advantages_and_returns")
def lambda_returns_first(rewards, values, next_values, terminated, truncated, gamma, gae_lambda):
    """The λ-return by its own recursion; the advantage is what it has more than V."""
    returns, follow = np.zeros(rewards.shape), 0.0
    for t in reversed(range(len(rewards))):
        last = np.ones_like(terminated[t]) if t + 1 == len(rewards) else terminated[t] | truncated[t]
        ahead_ = np.where(last, next_values[t], (1 - gae_lambda) * next_values[t] + gae_lambda * follow)
        returns[t] = follow = rewards[t] + gamma * np.where(terminated[t], 0, ahead_)
    return returns - values, returns


@right("advantages_and_returns")
def environment_by_environment(rewards, values, next_values, terminated, truncated, gamma, gae_lambda):
    shape, T = rewards.shape, len(rewards)
    columns = [x.reshape(T, -1).T for x in (rewards, values, next_values, terminated, truncated)]
    advantages = np.empty((T, len(columns[0])))
    for n, (r, v, ahead_, end, limit) in enumerate(zip(*columns)):
        for t in reversed(range(T)):
            advantages[t, n] = r[t] - v[t]
            if not end[t]:
                advantages[t, n] += gamma * ahead_[t]
            if not (end[t] or limit[t] or t == T - 1):
                advantages[t, n] += gamma * gae_lambda * advantages[t + 1, n]
    return advantages.reshape(shape), advantages.reshape(shape) + values


@right("advantages_and_returns")
def episode_by_episode(rewards, values, next_values, terminated, truncated, gamma, gae_lambda):
    deltas = mask_by_not(rewards, values, next_values, terminated, gamma)
    advantages = filter_per_episode(deltas, terminated | truncated, gamma, gae_lambda)
    return advantages, advantages + values


@right("advantages_and_returns")
def limits_paid_in_the_reward(rewards, values, next_values, terminated, truncated, gamma, gae_lambda):
    """The discounted future of a time limit goes into its reward; every end is then an end."""
    limit = truncated & ~terminated
    paid, dones = rewards + gamma * next_values * limit, terminated | truncated
    advantages = package.gae(package.td_errors(paid, values, next_values, dones, gamma), dones, gamma, gae_lambda)
    return advantages, advantages + values


@right("advantages_and_returns")
def nested_lists_by_column(rewards, values, next_values, terminated, truncated, gamma, gae_lambda):
    assert isinstance(rewards, list)
    table = (rewards, values, next_values, terminated, truncated)
    if isinstance(rewards[0], list):
        columns = [
            nested_lists_by_column(*map(list, column), gamma, gae_lambda) for column in zip(*(zip(*x) for x in table))
        ]
        return tuple([list(row) for row in zip(*part)] for part in zip(*columns))
    advantages, follow = [], 0.0
    for r, v, n, end, limit in reversed(list(zip(*table))):
        follow = r - v + (0 if end else gamma * n) + (0 if end or limit else gamma * gae_lambda * follow)
        advantages.insert(0, follow)
    return advantages, [a + v for a, v in zip(advantages, values)]


# -- advantages and returns, wrong -------------------------------------------------------------------------------


def with_flags(stops, cuts):
    """An answer whose bootstrap stops at `stops(terminated, truncated)` and whose recursion is cut at `cuts(…)`."""

    def answer(r, v, n, end, limit, g, k):
        deltas = r + g * n * (1 - stops(end, limit)) - v
        done = cuts(end, limit)
        advantages = backwards(deltas, lambda t: g * k * (1 - done[t]))
        return advantages, advantages + v

    return answer


def with_future(future):
    """An answer that bootstraps from `future(v, n, end, limit)`."""

    def answer(r, v, n, end, limit, g, k):
        return from_the_two_functions(r, v, future(v, n, end, limit), end, limit, g, k)

    return answer


def targets_as(formula):
    """An answer with the right advantages and other targets; the formula gets (A, r, v, n, terminated, dones, γ, λ)."""

    def answer(r, v, n, end, limit, g, k):
        advantages, _ = from_the_two_functions(r, v, n, end, limit, g, k)
        return advantages, formula(advantages, r, v, n, end, end | limit, g, k)

    return answer


def only_end(end, limit):
    return end


def only_limit(end, limit):
    return limit


def either(end, limit):
    return end | limit


def none(end, limit):
    return end & False


in_bulk(
    "advantages_and_returns",
    {
        ("truncation_as_death", "treat the time limit as an end"): with_flags(either, either),
        ("limit_ignored", "runs on through the time limit"): with_flags(only_end, only_end),
        ("masks_swapped", "changed places"): with_flags(either, only_end),
        ("flags_swapped", "wrong flag stops your bootstrap"): with_flags(only_limit, either),
        ("both_swapped", "changed places"): with_flags(only_limit, only_end),
        ("never_dead", "bootstrap through a true end"): with_flags(none, either),
        ("never_dead_limit_ignored", "bootstrap through a true end"): with_flags(none, only_end),
        ("only_limits_cut", "Only time limits cut"): with_flags(only_end, only_limit),
        ("nothing_cuts", "Nothing cuts your recursion"): with_flags(only_end, none),
        ("nothing_at_all", "Nothing cuts your recursion"): with_flags(none, none),
        ("and_for_or", "Nothing cuts your recursion"): with_flags(only_end, lambda end, limit: end & limit),
        ("death_but_no_cut", "Nothing cuts your recursion"): with_flags(either, none),
        ("exclusive_or", "cancel or count twice"): with_flags(only_end, lambda end, limit: end ^ limit),
        ("not_equal", "cancel or count twice"): with_flags(only_end, lambda end, limit: end != limit),
        ("sum_of_flags", "cancel or count twice"): with_flags(only_end, lambda end, limit: end * 1 + limit * 1),
        ("limit_first", "cancel or count twice"): with_flags(lambda end, limit: end & ~limit, either),
        ("limit_first_exclusive", "cancel or count twice"): with_flags(
            lambda end, limit: end & ~limit, lambda end, limit: end ^ limit
        ),
        ("bootstrap_turned", "flags are turned around"): with_flags(lambda end, limit: ~end, either),
        ("cut_turned", "flags are turned around"): with_flags(only_end, lambda end, limit: ~(end | limit)),
        ("both_turned", "flags are turned around"): with_flags(
            lambda end, limit: ~end, lambda end, limit: ~(end | limit)
        ),
        ("next_rows_flag", "decide about the wrong row"): with_flags(
            only_end, lambda end, limit: shifted(end | limit, False)
        ),
        ("next_rows_flags", "decide about the wrong row"): with_flags(
            lambda end, limit: shifted(end, False), lambda end, limit: shifted(end | limit, False)
        ),
        ("next_row_0", "next row of `values`"): with_future(lambda v, n, end, limit: shifted(v, 0)),
        ("next_row_self", "next row of `values`"): with_future(lambda v, n, end, limit: shifted(v, v[-1])),
        ("next_row_right", "next row of `values`"): with_future(lambda v, n, end, limit: shifted(v, n[-1])),
        ("next_row_rolled", "next row of `values`"): with_future(lambda v, n, end, limit: np.roll(v, -1, 0)),
        ("own_value_at_limits", "state before the last step"): with_future(
            lambda v, n, end, limit: np.where(limit, v, n)
        ),
        ("row_lost", "loses its whole advantage"): lambda *x: (
            from_the_two_functions(*x)[0] * (1 - (x[3] | x[4])),
            from_the_two_functions(*x)[1],
        ),
        ("row_lost_in_both", "loses its whole advantage"): lambda *x: (
            from_the_two_functions(*x)[0] * ~(x[3] | x[4]),
            from_the_two_functions(*x)[0] * ~(x[3] | x[4]) + x[1],
        ),
        ("limits_lost", "loses its whole advantage"): lambda *x: (
            from_the_two_functions(*x)[0] * ~x[4],
            from_the_two_functions(*x)[1],
        ),
        ("gamma_only", "by γ or by λ alone"): lambda *x: from_the_two_functions(*x[:6], 1.0),
        ("td_only", "Those are TD errors"): lambda *x: from_the_two_functions(*x[:6], 0.0),
        ("td_and_right_targets", "Those are TD errors"): lambda *x: (
            from_the_two_functions(*x[:6], 0.0)[0],
            from_the_two_functions(*x)[1],
        ),
        ("normalised_advantages", "advantages are normalised"): lambda *x: (
            normal(from_the_two_functions(*x)[0]),
            from_the_two_functions(*x)[1],
        ),
        ("normalised_in_both", "advantages are normalised"): lambda *x: (
            normal(from_the_two_functions(*x)[0]),
            normal(from_the_two_functions(*x)[0]) + x[1],
        ),
        ("wrong_order", "in the wrong order"): lambda *x: from_the_two_functions(*x)[::-1],
        ("advantages_only", "Asked are two things"): lambda *x: from_the_two_functions(*x)[0],
        ("returns_only", "Asked are two things"): lambda *x: from_the_two_functions(*x)[1],
        ("plus_next", "add the wrong value"): targets_as(lambda A, r, v, n, end, done, g, k: A + n),
        ("plus_gamma_next", "add the wrong value"): targets_as(lambda A, r, v, n, end, done, g, k: A + g * n),
        ("plus_gamma_v", "add the wrong value"): targets_as(lambda A, r, v, n, end, done, g, k: A + g * v),
        ("plus_future", "add the wrong value"): targets_as(lambda A, r, v, n, end, done, g, k: A + g * n * (1 - end)),
        ("plus_next_row", "add the wrong value"): targets_as(lambda A, r, v, n, end, done, g, k: A + shifted(v, 0)),
        ("plus_masked_v", "add the wrong value"): targets_as(lambda A, r, v, n, end, done, g, k: A + v * (1 - done)),
        ("plus_living_v", "add the wrong value"): targets_as(lambda A, r, v, n, end, done, g, k: A + v * (1 - end)),
        ("minus", "sign in the targets"): targets_as(lambda A, r, v, n, end, done, g, k: A - v),
        ("minus_advantage", "sign in the targets"): targets_as(lambda A, r, v, n, end, done, g, k: v - A),
        ("rewards_to_go", "sums of the rewards"): targets_as(
            lambda A, r, v, n, end, done, g, k: carried_backwards(r, done, g, 1.0)
        ),
        ("rewards_to_go_lambda", "sums of the rewards"): targets_as(
            lambda A, r, v, n, end, done, g, k: carried_backwards(r, done, g, k)
        ),
        ("rewards_to_go_uncut", "sums of the rewards"): targets_as(
            lambda A, r, v, n, end, done, g, k: carried_backwards(r, 0 * done, g, 1.0)
        ),
        ("td_target", "one step or of λ = 1"): targets_as(lambda A, r, v, n, end, done, g, k: r + g * n * (1 - end)),
        ("td_target_no_mask", "one step or of λ = 1"): targets_as(lambda A, r, v, n, end, done, g, k: r + g * n),
        ("lambda_one_target", "one step or of λ = 1"): targets_as(
            lambda A, r, v, n, end, done, g, k: v + carried_backwards(mask_as_a_factor(r, v, n, end, g), done, g, 1.0)
        ),
        ("normalised_targets", "made of normalised ones"): targets_as(
            lambda A, r, v, n, end, done, g, k: normal(A) + v
        ),
        ("targets_normalised", "made of normalised ones"): targets_as(
            lambda A, r, v, n, end, done, g, k: normal(A + v)
        ),
        ("advantages_twice", "one of the ingredients"): targets_as(lambda A, r, v, n, end, done, g, k: A),
        ("values_back", "one of the ingredients"): targets_as(lambda A, r, v, n, end, done, g, k: v),
        ("next_values_back", "one of the ingredients"): targets_as(lambda A, r, v, n, end, done, g, k: n),
        ("rewards_back", "one of the ingredients"): targets_as(lambda A, r, v, n, end, done, g, k: r),
        ("reward_again", "once more"): targets_as(lambda A, r, v, n, end, done, g, k: A + v + r),
        ("reward_for_value", "once more"): targets_as(lambda A, r, v, n, end, done, g, k: A + r),
        ("bellman_again", "once more"): targets_as(lambda A, r, v, n, end, done, g, k: r + g * (A + v)),
        ("zeros", "Two questions about row t"): lambda *x: (np.zeros(x[0].shape), np.zeros(x[0].shape)),
        ("mean_targets", "returns: expected shape"): targets_as(lambda A, r, v, n, end, done, g, k: (A + v).mean()),
    },
)


def normal(x):
    return (x - x.mean()) / (x.std() + 1e-8)


@wrong("advantages_and_returns", "by γ or by λ alone")
def decays_by_lambda(rewards, values, next_values, terminated, truncated, gamma, gae_lambda):
    deltas = mask_as_a_factor(rewards, values, next_values, terminated, gamma)
    advantages = carried_backwards(deltas, terminated | truncated, 1.0, gae_lambda)
    return advantages, advantages + values


@wrong("advantages_and_returns", "to its reward without γ")
def limits_paid_without_gamma(rewards, values, next_values, terminated, truncated, gamma, gae_lambda):
    paid, dones = rewards + next_values * truncated, terminated | truncated
    advantages = package.gae(package.td_errors(paid, values, next_values, dones, gamma), dones, gamma, gae_lambda)
    return advantages, advantages + values


@wrong("advantages_and_returns", "changed its input (truncated)")
def ends_collected_in_place(rewards, values, next_values, terminated, truncated, gamma, gae_lambda):
    deltas = mask_as_a_factor(rewards, values, next_values, terminated, gamma)
    truncated |= terminated
    advantages = carried_backwards(deltas, truncated, gamma, gae_lambda)
    return advantages, advantages + values


@wrong("advantages_and_returns", "changed its input (rewards)")
def limits_paid_in_place(rewards, values, next_values, terminated, truncated, gamma, gae_lambda):
    rewards += gamma * next_values * (truncated & ~terminated)
    dones = terminated | truncated
    advantages = package.gae(package.td_errors(rewards, values, next_values, dones, gamma), dones, gamma, gae_lambda)
    return advantages, advantages + values


@wrong("advantages_and_returns", "pass their own checks?")
def with_a_gae_of_one_environment(rewards, values, next_values, terminated, truncated, gamma, gae_lambda):
    deltas = mask_as_a_factor(rewards, values, next_values, terminated, gamma)
    advantages = np.array(if_for_a_single_environment(deltas, terminated | truncated, gamma, gae_lambda))
    return advantages, advantages + values


@wrong("advantages_and_returns", "treat the time limit as an end")
def death_in_one_environment(rewards, values, next_values, terminated, truncated, gamma, gae_lambda):
    deltas = mask_as_a_factor(rewards, values, next_values, terminated | truncated, gamma)
    advantages = np.array(if_for_a_single_environment(deltas, terminated | truncated, gamma, gae_lambda))
    return advantages, advantages + values


# -- Problem 2, right --------------------------------------------------------------------------------------------

LINES = {
    "definition": "δ0 + γλδ1 + (γλ)^2 δ2",
    "rest": "δ1 + γλδ2",
    "recursion": "δ0 + γλA1",
    "monte_carlo": "r0 + γr1 + γ^2 r2 - V0",
    "critic_error": "γe(1-λ)",
}


def lines(**other):
    """An answer whose lines are the usual ones but for those given."""
    return lambda: LINES | other


@right("recursion_lines")
def as_in_the_lesson():
    return dict(LINES)


@right("recursion_lines")
def in_latin_letters():
    return {
        "definition": "delta0 + gamma*lambda*delta1 + (gamma*lambda)**2*delta2",
        "rest": "delta1 + gamma*lambda*delta2",
        "recursion": "delta0 + gamma*lambda*A1",
        "monte_carlo": "r0 + gamma*r1 + gamma**2*r2 - V0",
        "critic_error": "gamma*e - gamma*lambda*e",
    }


@right("recursion_lines")
def in_latex():
    return {key: text.replace("γ", r"\gamma ").replace("λ", r"\lambda ") for key, text in LINES.items()}


@right("recursion_lines")
def factored():
    return {
        "definition": "δ0 + γλ(δ1 + γλδ2)",
        "rest": "(γλδ2 + δ1)",
        "recursion": "A1 λ γ + δ0",
        "monte_carlo": "r0 + γ(r1 + γ r2) − V0",
        "critic_error": "−γe(λ−1)",
    }


@right("recursion_lines")
def superscripts_and_dots():
    return lines(definition="δ0 + γ·λ·δ1 + γ²·λ²·δ2", monte_carlo="−V0 + r0 + γ·r1 + γ²·r2")()


@right("recursion_lines")
def td_errors_written_out():
    return lines(monte_carlo="(r0 + γV1 - V0) + γ(r1 + γV2 - V1) + γ^2 (r2 - V2)", critic_error="(γ e) + γλ(0 - e)")()


@right("recursion_lines")
def with_every_power():
    return lines(definition="(γλ)^0 δ0 + (γλ)^1 δ1 + (γλ)^2 δ2", rest="(γλ)^0 δ1 + (γλ)^1 δ2")()


@right("recursion_lines")
def by_division():
    return lines(rest="(γλδ1 + (γλ)^2 δ2) / (γλ)", critic_error="(1-λ) γ^2 e / γ")()


@right("recursion_lines")
def ordered_otherwise():
    return dict(reversed(LINES.items()))


@right("recursion_lines")
def built_by_a_loop():
    definition = " + ".join(f"(γλ)^{l} δ{l}" for l in range(3))
    rest = "+".join(f"(γλ)^{l}δ{l + 1}" for l in range(2))
    return LINES | {"definition": definition, "rest": rest}


@right("recursion_lines")
def brackets_of_all_kinds():
    return lines(definition="δ0 + γλ[δ1 + γλ(δ2)]", recursion="[δ0] + [γλ][A1]")()


@right("recursion_lines")
def with_indices():
    """As in LaTeX, with an underscore, with small digits."""
    definition = "\\delta_{0} + \\gamma\\lambda\\delta_{1} + (γλ)² delta_2"
    return lines(definition=definition, rest="δ₁ + γλδ_2", recursion="δ_0 + γ·λ·A_1", monte_carlo="r₀+γr_1+γ²r_2-V_0")()


@right("recursion_lines")
def with_signs_to_spare():
    return lines(recursion="+δ0 - -γλA1", critic_error="--γe + -1*γλe")()


# -- Problem 2, wrong --------------------------------------------------------------------------------------------

in_bulk(
    "recursion_lines",
    {
        ("lambda_decays", "one of the two is missing"): lines(definition="δ0 + λδ1 + λ²δ2"),
        ("gamma_decays", "one of the two is missing"): lines(definition="δ0 + γδ1 + γ²δ2"),
        ("plain_sum", "one of the two is missing, or both"): lines(definition="δ0 + δ1 + δ2"),
        ("no_square", "both are squared"): lines(definition="δ0 + γλδ1 + γλδ2"),
        ("gamma_squared", "both are squared"): lines(definition="δ0 + γλδ1 + γ^2 λδ2"),
        ("python_precedence", "both are squared"): lines(definition="δ0 + γλδ1 + γλ^2 δ2"),
        ("doubled", "both are squared"): lines(definition="δ0 + γλδ1 + 2γλδ2"),
        ("from_one", "begins with l = 0"): lines(definition="γλδ0 + γ²λ²δ1 + γ³λ³δ2"),
        ("two_terms", "there are three terms"): lines(definition="δ0 + γλδ1"),
        ("one_term", "there are three terms"): lines(definition="δ0"),
        ("factor", "has no factor 1−λ"): lines(definition="(1-λ)(δ0 + γλδ1 + γ²λ²δ2)"),
        ("naive_mixture", "has no factor 1−λ"): lines(definition="(1-λ)δ0 + (1-λ)λ(δ0+γδ1) + (1-λ)λ²(δ0+γδ1+γ²δ2)"),
        ("display", "lesson's display"): lines(definition="δ0 + γδ1 + γ²δ2 + γλ(δ1 + γδ2) + γ²λ²δ2"),
        ("factor_twice", "in your X again"): lines(rest="γλδ1 + (γλ)²δ2"),
        ("rest_bare", "δ2 had two of them"): lines(rest="δ1 + δ2"),
        ("rest_too_much", "δ2 had two of them"): lines(rest="δ1 + (γλ)^2 δ2"),
        ("rest_lambda", "δ2 had two of them"): lines(rest="δ1 + λδ2"),
        ("rest_gamma", "δ2 had two of them"): lines(rest="δ1 + γδ2"),
        ("rest_first_only", "everything after δ0"): lines(rest="δ1"),
        ("rest_last_only", "everything after δ0"): lines(rest="γλδ2"),
        ("rest_of_zero", "'δ0' is not known here"): lines(rest="δ0 + γλδ1"),
        ("recursion_lambda", "both of them"): lines(recursion="δ0 + λA1"),
        ("recursion_gamma", "both of them"): lines(recursion="δ0 + γA1"),
        ("recursion_bare", "both of them"): lines(recursion="δ0 + A1"),
        ("recursion_around", "not weighed down"): lines(recursion="γλ(δ0 + A1)"),
        ("recursion_other_side", "not weighed down"): lines(recursion="γλδ0 + A1"),
        ("recursion_average", "not weighed down"): lines(recursion="(1-γλ)δ0 + γλA1"),
        ("recursion_without_delta", "its own δ is missing"): lines(recursion="γλA1"),
        ("recursion_minus", "a sign is turned. What comes later"): lines(recursion="δ0 - γλA1"),
        ("recursion_written_out", "'δ1' is not known here. There are γ, λ, δ0, A1"): lines(
            recursion="δ0 + γλ(δ1 + γλδ2)"
        ),
        ("values_stay", "come in twice"): lines(monte_carlo="r0 + γr1 + γ²r2 - V0 - V1 - V2"),
        ("values_stay_discounted", "come in twice"): lines(monte_carlo="r0 + γr1 + γ²r2 - V0 - γV1 - γ²V2"),
        ("values_gained", "come in twice"): lines(monte_carlo="r0 + γr1 + γ²r2 + γV1 + γ²V2 - V0"),
        ("no_first_value", "nothing to cancel against"): lines(monte_carlo="r0 + γr1 + γ²r2"),
        ("undiscounted", "still decay, by γ"): lines(monte_carlo="r0 + r1 + r2 - V0"),
        ("deltas_added", "still decay, by γ"): lines(monte_carlo="r0 + γV1 - V0 + r1 + γV2 - V1 + r2 - V2"),
        ("one_step", "asks the critic on the way"): lines(monte_carlo="r0 + γV1 - V0"),
        ("two_steps", "asks the critic on the way"): lines(monte_carlo="r0 + γr1 + γ²V2 - V0"),
        ("a_value_after_the_end", "Nothing follows"): lines(monte_carlo="r0 + γr1 + γ²r2 + γ²V2 - V0"),
        ("a_third_value", "'V3' is not known here"): lines(monte_carlo="r0 + γr1 + γ²r2 + γ³V3 - V0"),
        ("value_added", "subtracted, not added"): lines(monte_carlo="r0 + γr1 + γ²r2 + V0"),
        ("discounted_early", "first reward is not discounted"): lines(monte_carlo="γr0 + γ²r1 + γ³r2 - V0"),
        ("lambda_stays", "'λ' is not known here"): lines(monte_carlo="r0 + γλr1 + (γλ)²r2 - V0"),
        ("in_delta_0_only", "stands in δ1 too"): lines(critic_error="γe"),
        ("in_delta_1_only", "stands in δ0 too"): lines(critic_error="-γλe"),
        ("as_for_the_first_state", "is in V(s_1)"): lines(critic_error="-e"),
        ("gamma_lost", "comes with γλ"): lines(critic_error="(1-λ)e"),
        ("lambda_alone", "stands in δ0 too"): lines(critic_error="λe"),
        ("gamma_once_more", "comes with γλ"): lines(critic_error="γe - γ²λe"),
        ("error_half_forgotten", "a factor e is missing"): lines(critic_error="γe - γλ"),
        ("gamma_lost_once", "comes with γλ"): lines(critic_error="γe - λe"),
        ("gamma_misplaced", "comes with γλ"): lines(critic_error="e - γλe"),
        ("error_turned", "too large and δ1 too small"): lines(critic_error="γλe - γe"),
        ("error_added", "too large and δ1 too small"): lines(critic_error="γe + γλe"),
        ("no_error", "cancel only for λ = 1"): lines(critic_error="0"),
        ("error_forgotten", "a factor e is missing"): lines(critic_error="γ(1-λ)"),
        ("something_else", "definition: Not equal: with"): lines(definition="3δ0 + γλδ1 + γ²λ²δ2"),
        ("what_any_numbers_show", "any numbers"): lines(definition="3δ0 + γλδ1 + γ²λ²δ2"),
        ("with_its_left_side", "definition: Write the right-hand side alone"): lines(
            definition="A0 = δ0 + γλδ1 + (γλ)^2 δ2"
        ),
        ("a_running_index", "'δ_l' is not known here"): lines(definition="(γλ)^2 δ_l"),
        ("a_word", "'sum_l' is not known here"): lines(definition="sum_l (γλ)^l δl"),
        ("sum_sign", "is not known here"): lines(definition="Σ (γλ)^l δ_l"),
        ("open_bracket", "A bracket was opened"): lines(rest="(δ1 + γλδ2"),
        ("dangerous", "is not known here"): lines(rest="__import__('os').getcwd()"),
        ("tower", "rest: "): lines(rest="9**9**9**9"),
        ("one_left_out", "Still to be written: critic_error"): lines(critic_error=None),
        ("empty_line", "Still to be written: rest"): lines(rest=""),
        ("a_number", "write the line as text, in quotes; yours is a number"): lines(critic_error=0),
        ("unknown_key", "Give a dict with the keys"): lines(recurson="δ0"),
        ("a_list", "Give a dict with the keys"): lambda: list(LINES.values()),
        ("a_string", "Give a dict with the keys"): lambda: LINES["definition"],
    },
)


# -- the best λ, right -------------------------------------------------------------------------------------------


@right("best_lambda")
def three_tables(means, variances, true_advantages, gae_lambdas, samples):
    bias = means - true_advantages
    bias = bias - bias.mean(axis=-1, keepdims=True)
    errors = (bias**2 + variances / samples).mean(axis=(1, 2))
    return gae_lambdas[np.argmin(errors)], errors


@right("best_lambda")
def biased_variance_over_actions(means, variances, true_advantages, gae_lambdas, samples):
    """The mean square about the mean *is* the variance over the actions."""
    errors = np.var(means - true_advantages, axis=2).mean(1) + variances.mean((1, 2)) / samples
    return gae_lambdas[errors.argmin()], errors


@right("best_lambda")
def torch_tables(means, variances, true_advantages, gae_lambdas, samples):
    m, v, A = (torch.as_tensor(x) for x in (means, variances, true_advantages))
    bias = m - A - (m - A).mean(-1, keepdim=True)
    errors = (bias.square() + v / samples).flatten(1).mean(1)
    return gae_lambdas[int(errors.argmin())], errors


@right("best_lambda")
def torch_only(means, variances, true_advantages, gae_lambdas, samples):
    bias = means.sub(true_advantages)
    errors = bias.var(dim=2, unbiased=False).mean(1).add(variances.mean(dim=(1, 2)).div(samples))
    return gae_lambdas[torch.argmin(errors)], errors


@right("best_lambda")
def single_precision(means, variances, true_advantages, gae_lambdas, samples):
    m, v, A = (np.float32(x) for x in (means, variances, true_advantages))
    bias = (m - m.mean(2)[..., None]) - (A - A.mean(1)[:, None])
    errors = np.mean(bias * bias + v / np.float32(samples), axis=(1, 2))
    return float(gae_lambdas[errors.argmin()]), errors


@right("best_lambda")
def a_loop_over_lambda(means, variances, true_advantages, gae_lambdas, samples):
    errors = []
    for mean, variance in zip(means, variances):
        bias = mean - true_advantages
        bias = (bias.T - bias.mean(1)).T
        errors.append(np.sum(bias**2 + variance / samples) / bias.size)
    return gae_lambdas[errors.index(min(errors))], errors


@right("best_lambda")
def loops_all_the_way(means, variances, true_advantages, gae_lambdas, samples):
    errors = np.zeros(len(gae_lambdas))
    states, actions = np.shape(true_advantages)
    for i, s in itertools.product(range(len(errors)), range(states)):
        bias = [means[i][s][a] - true_advantages[s][a] for a in range(actions)]
        common = sum(bias) / actions
        for a in range(actions):
            errors[i] += ((bias[a] - common) ** 2 + variances[i][s][a] / samples) / (states * actions)
    return gae_lambdas[list(errors).index(min(errors))], errors


@right("best_lambda")
def lists_only_tables(means, variances, true_advantages, gae_lambdas, samples):
    assert isinstance(means, list)
    best, _ = loops_all_the_way(means, variances, true_advantages, gae_lambdas, samples)
    return best, list(loops_all_the_way(means, variances, true_advantages, gae_lambdas, samples)[1])


@right("best_lambda")
def square_of_the_mean_taken_off(means, variances, true_advantages, gae_lambdas, samples):
    bias = means - true_advantages
    useful = (bias**2).mean(2) - bias.mean(2) ** 2
    errors = useful.mean(1) + variances.mean((1, 2)) / samples
    return min(zip(errors, gae_lambdas))[1], errors


@right("best_lambda")
def by_sorting(means, variances, true_advantages, gae_lambdas, samples):
    _, errors = three_tables(means, variances, true_advantages, gae_lambdas, samples)
    return gae_lambdas[np.argsort(errors)][0], errors


@right("best_lambda")
def by_a_centring_matrix(means, variances, true_advantages, gae_lambdas, samples):
    actions = true_advantages.shape[1]
    centre = np.eye(actions) - 1 / actions
    bias = np.einsum("lsa,ab->lsb", means - true_advantages, centre)
    errors = np.einsum("lsa,lsa->l", bias, bias) / bias[0].size + variances.mean((1, 2)) / samples
    return gae_lambdas[errors == errors.min()][0], errors


@right("best_lambda")
def by_min_with_a_key(means, variances, true_advantages, gae_lambdas, samples):
    errors = three_tables(means, variances, true_advantages, gae_lambdas, samples)[1]
    return gae_lambdas[min(range(len(errors)), key=lambda i: errors[i])], tuple(errors)


# -- the best λ, wrong -------------------------------------------------------------------------------------------


def errors_as(formula):
    """An answer with these errors and the λ where they are least; the formula gets (bias, apart, v, m, A, N)."""

    def answer(means, variances, true_advantages, gae_lambdas, samples):
        bias = means - true_advantages
        apart = bias - bias.mean(2, keepdims=True)
        errors = formula(bias, apart, variances, means, true_advantages, samples)
        return gae_lambdas[np.argmin(errors)], errors

    return answer


def lambda_as(formula):
    """An answer with the right errors and another λ; the formula gets (errors, λs, variances, apart)."""

    def answer(means, variances, true_advantages, gae_lambdas, samples):
        errors = three_tables(means, variances, true_advantages, gae_lambdas, samples)[1]
        bias = means - true_advantages
        return formula(errors, gae_lambdas, variances, bias - bias.mean(2, keepdims=True)), errors

    return answer


def table(x):
    return x.mean(axis=(1, 2))


in_bulk(
    "best_lambda",
    {
        ("raw", "count the bias as it is"): errors_as(lambda b, a, v, m, A, n: table(b**2 + v / n)),
        ("over_states", "runs over the states"): errors_as(
            lambda b, a, v, m, A, n: table((b - b.mean(1, keepdims=True)) ** 2 + v / n)
        ),
        ("over_the_table", "runs over the states"): errors_as(
            lambda b, a, v, m, A, n: table((b - b.mean((1, 2), keepdims=True)) ** 2 + v / n)
        ),
        ("over_lambda", "runs over the states"): errors_as(
            lambda b, a, v, m, A, n: table((b - b.mean(0, keepdims=True)) ** 2 + v / n)
        ),
        ("over_everything", "runs over the states"): errors_as(
            lambda b, a, v, m, A, n: table((b - b.mean()) ** 2 + v / n)
        ),
        ("not_squared", "not squared"): errors_as(lambda b, a, v, m, A, n: table(abs(a) + v / n)),
        ("not_squared_signed", "signs have cancelled"): errors_as(lambda b, a, v, m, A, n: table(a + v / n)),
        ("raw_not_squared", "not squared"): errors_as(lambda b, a, v, m, A, n: table(abs(b) + v / n)),
        ("raw_signed", "not squared"): errors_as(lambda b, a, v, m, A, n: table(b + v / n)),
        ("squared_after", "average the bias first"): errors_as(lambda b, a, v, m, A, n: table(b) ** 2 + table(v) / n),
        ("centred_squared_after", "average the bias first"): errors_as(
            lambda b, a, v, m, A, n: b.mean(2).__pow__(2).mean(1) + table(v) / n
        ),
        ("no_truth", "true advantages are not used"): errors_as(
            lambda b, a, v, m, A, n: table((m - m.mean(2, keepdims=True)) ** 2 + v / n)
        ),
        ("no_truth_raw", "true advantages are not used"): errors_as(lambda b, a, v, m, A, n: table(m**2 + v / n)),
        ("estimate_centred", "off the estimate or off the truth"): errors_as(
            lambda b, a, v, m, A, n: table((m - m.mean(2, keepdims=True) - A) ** 2 + v / n)
        ),
        ("truth_centred", "off the estimate or off the truth"): errors_as(
            lambda b, a, v, m, A, n: table((m - A + A.mean(1, keepdims=True)) ** 2 + v / n)
        ),
        ("no_samples", "N is not used"): errors_as(lambda b, a, v, m, A, n: table(a**2 + v)),
        ("ten_samples", "N is not used"): errors_as(lambda b, a, v, m, A, n: table(a**2 + v / 10)),
        ("root_of_samples", "falls as 1/N"): errors_as(lambda b, a, v, m, A, n: table(a**2 + v / n**0.5)),
        ("times_samples", "falls as 1/N"): errors_as(lambda b, a, v, m, A, n: table(a**2 + v * n)),
        ("samples_squared", "falls as 1/N"): errors_as(lambda b, a, v, m, A, n: table(a**2 + v / n**2)),
        ("all_over_samples", "never bias"): errors_as(lambda b, a, v, m, A, n: table(a**2 + v) / n),
        ("bias_over_samples", "never bias"): errors_as(lambda b, a, v, m, A, n: table(a**2 / n + v)),
        ("bias_over_samples_squared", "never bias"): errors_as(lambda b, a, v, m, A, n: table((a / n) ** 2 + v / n)),
        ("deviation", "standard deviations"): errors_as(lambda b, a, v, m, A, n: table(a**2 + np.sqrt(v / n))),
        ("deviation_over_samples", "standard deviations"): errors_as(
            lambda b, a, v, m, A, n: table(a**2 + np.sqrt(v) / n)
        ),
        ("variance_squared", "standard deviations"): errors_as(lambda b, a, v, m, A, n: table(a**2 + (v / n) ** 2)),
        ("bias_only", "half of the error"): errors_as(lambda b, a, v, m, A, n: table(a**2)),
        ("variance_only", "Only the variance is in"): errors_as(lambda b, a, v, m, A, n: table(v) / n),
        ("minus_variance", "subtract the variance"): errors_as(lambda b, a, v, m, A, n: table(a**2 - v / n)),
        ("summed", "add the states or actions up"): errors_as(lambda b, a, v, m, A, n: (a**2 + v / n).sum(axis=(1, 2))),
        ("actions_summed", "add the states or actions up"): errors_as(
            lambda b, a, v, m, A, n: (a**2 + v / n).sum(2).mean(1)
        ),
        ("states_summed", "add the states or actions up"): errors_as(
            lambda b, a, v, m, A, n: (a**2 + v / n).sum(1).mean(1)
        ),
        ("rooted", "root of the error"): errors_as(lambda b, a, v, m, A, n: np.sqrt(table(a**2 + v / n))),
        ("worst", "the worst entry"): errors_as(lambda b, a, v, m, A, n: (a**2 + v / n).max(axis=(1, 2))),
        ("median", "Bias is the mean of Â"): errors_as(
            lambda b, a, v, m, A, n: np.median((a**2 + v / n).reshape(len(a), -1), axis=1)
        ),
        ("unbiased_over_actions", "Bias is the mean of Â"): errors_as(
            lambda b, a, v, m, A, n: (a**2).sum(2).mean(1) / (a.shape[2] - 1) + table(v) / n
        ),
        ("one_sample_less", "falls as 1/N"): errors_as(lambda b, a, v, m, A, n: table(a**2 + v / max(n - 1, 1))),
        ("place", "the *place* of the best λ"): lambda_as(lambda e, lams, v, a: np.argmin(e)),
        ("worst_lambda", "your λ is the worst"): lambda_as(lambda e, lams, v, a: lams[np.argmax(e)]),
        ("least_error", "in place of λ you give the least error"): lambda_as(lambda e, lams, v, a: np.min(e)),
        ("first_lambda", "not where they are least"): lambda_as(lambda e, lams, v, a: lams[0]),
        ("last_lambda", "not where they are least"): lambda_as(lambda e, lams, v, a: lams[-1]),
        ("least_variance", "not where they are least"): lambda_as(lambda e, lams, v, a: lams[np.argmin(table(v))]),
        ("least_bias", "not where they are least"): lambda_as(lambda e, lams, v, a: lams[np.argmin(table(a**2))]),
        ("lambdas_sorted", "not where they are least"): lambda_as(lambda e, lams, v, a: np.sort(lams)[np.argmin(e)]),
        ("grid_assumed", "Bias is the mean of Â"): lambda_as(
            lambda e, lams, v, a: np.argmin(e) / max(len(lams) - 1, 1)
        ),
        ("table_of_errors", "Asked is one for each λ"): lambda m, v, A, lams, n: (
            lams[0],
            apart_of(m - A) ** 2 + v / n,
        ),
        ("error_per_state", "Asked is one for each λ"): lambda m, v, A, lams, n: (
            lams[0],
            (apart_of(m - A) ** 2 + v / n).mean(2),
        ),
        ("error_per_action", "Asked is one for each λ"): lambda m, v, A, lams, n: (
            lams[0],
            (apart_of(m - A) ** 2 + v / n).mean(1),
        ),
        ("error_per_pair", "Asked is one for each λ"): lambda m, v, A, lams, n: (
            lams[0],
            (apart_of(m - A) ** 2 + v / n).mean(0),
        ),
        ("wrong_order", "in the wrong order"): lambda *x: three_tables(*x)[::-1],
        ("best_only", "Asked are two things"): lambda *x: three_tables(*x)[0],
        ("errors_only", "Asked are two things"): lambda *x: three_tables(*x)[1],
    },
)


def apart_of(bias):
    return bias - bias.mean(2, keepdims=True)


@wrong("best_lambda", "changed its input (means)")
def bias_in_place(means, variances, true_advantages, gae_lambdas, samples):
    means -= true_advantages
    means -= means.mean(2, keepdims=True)
    errors = (means**2 + variances / samples).mean((1, 2))
    return gae_lambdas[errors.argmin()], errors


@wrong("best_lambda", "changed its input (variances)")
def variance_in_place(means, variances, true_advantages, gae_lambdas, samples):
    variances /= samples
    return three_tables(means, variances, true_advantages, gae_lambdas, 1)
