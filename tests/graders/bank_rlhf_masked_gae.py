"""Answers to exercise 09's GAE on sentences, right ones in many styles and wrong ones with their messages."""

import numpy as np
import scipy.signal
import torch
from registry import bank

from ppo_edu import gae as package

RIGHT, WRONG, right, wrong, in_bulk = bank()
ITEM = "masked_gae"


# -- right -------------------------------------------------------------------------------------------------------


@right(ITEM)
def carried(rewards, values, mask, gamma, gae_lambda):
    advantages = np.zeros(values.shape)
    next_value = next_advantage = np.zeros(len(values))
    for t in reversed(range(values.shape[1])):
        delta = rewards[:, t] + gamma * next_value - values[:, t]
        next_advantage = np.where(mask[:, t], delta + gamma * gae_lambda * next_advantage, 0)
        next_value = np.where(mask[:, t], values[:, t], 0)
        advantages[:, t] = next_advantage
    return advantages, np.where(mask, advantages + values, 0)


@right(ITEM)
def sentence_by_sentence(rewards, values, mask, gamma, gae_lambda):
    advantages, returns = np.zeros(mask.shape), np.zeros(mask.shape)
    for b in range(len(mask)):
        following = later = 0.0
        for t in reversed(range(mask[b].sum())):
            delta = rewards[b, t] + gamma * following - values[b, t]
            later = delta + gamma * gae_lambda * later
            advantages[b, t], returns[b, t] = later, later + values[b, t]
            following = values[b, t]
    return advantages, returns


@right(ITEM)
def zeroed_before(rewards, values, mask, gamma, gae_lambda):
    r, V = rewards * mask, values * mask
    deltas = r + gamma * np.pad(V[:, 1:], ((0, 0), (0, 1))) - V
    advantages = np.zeros(mask.shape)
    A = 0.0
    for t in range(mask.shape[1] - 1, -1, -1):
        A = deltas[:, t] + gamma * gae_lambda * A
        advantages[:, t] = A
    return advantages, advantages + V


@right(ITEM)
def with_the_packages_functions(rewards, values, mask, gamma, gae_lambda):
    V = np.where(mask, values, 0).T
    r = np.where(mask, rewards, 0).T
    dones = np.pad(~mask, ((0, 0), (0, 1)), constant_values=True)[:, 1:].T
    deltas = package.td_errors(r, V, np.vstack([V[1:], 0 * V[:1]]), dones, gamma)
    advantages = package.gae(deltas, dones, gamma, gae_lambda)
    return advantages.T * mask, (advantages + V).T * mask


@right(ITEM)
def filter_of_reversed_deltas(rewards, values, mask, gamma, gae_lambda):
    r, V = np.where(mask, rewards, 0), np.where(mask, values, 0)
    deltas = r + gamma * np.c_[V[:, 1:], np.zeros(len(V))] - V
    advantages = scipy.signal.lfilter([1], [1, -gamma * gae_lambda], deltas[:, ::-1], axis=1)[:, ::-1]
    return advantages, advantages + V


@right(ITEM)
def one_matrix(rewards, values, mask, gamma, gae_lambda):
    T = mask.shape[1]
    lag = np.arange(T)[:, None] - np.arange(T)
    weights = np.where(lag >= 0, (gamma * gae_lambda) ** np.maximum(lag, 0), 0)
    r, V = np.where(mask, rewards, 0), np.where(mask, values, 0)
    deltas = r + gamma * np.hstack([V, np.zeros((len(V), 1))])[:, 1:] - V
    advantages = deltas @ weights
    return advantages, advantages + V


@right(ITEM)
def torch_loop(rewards, values, mask, gamma, gae_lambda):
    assert isinstance(rewards, torch.Tensor)
    mask = mask.bool()
    r, V = rewards.double().masked_fill(~mask, 0), values.double().masked_fill(~mask, 0)
    V_next = torch.cat([V[:, 1:], torch.zeros_like(V[:, :1])], dim=1)
    deltas, later, columns = r + gamma * V_next - V, torch.zeros(len(V), dtype=V.dtype), []
    for t in reversed(range(V.shape[1])):
        later = deltas[:, t] + gamma * gae_lambda * later
        columns.insert(0, later)
    advantages = torch.stack(columns, dim=1)
    return advantages, advantages + V


@right(ITEM)
def lists_only(rewards, values, mask, gamma, gae_lambda):
    assert isinstance(rewards, list)
    advantages, returns = [], []
    for r, V, inside in zip(rewards, values, mask):
        n, later, row = sum(map(bool, inside)), 0.0, []
        for t in range(n - 1, -1, -1):
            future = V[t + 1] if t + 1 < n else 0.0
            later = r[t] + gamma * future - V[t] + gamma * gae_lambda * later
            row.insert(0, later)
        padding = [0.0] * (len(inside) - n)
        advantages.append(row + padding)
        returns.append([a + v for a, v in zip(row, V)] + padding)
    return advantages, returns


@right(ITEM)
def float32(rewards, values, mask, gamma, gae_lambda):
    r, V = (np.where(mask, x, 0).astype(np.float32) for x in (rewards, values))
    advantages = np.zeros_like(V)
    for t in reversed(range(V.shape[1])):
        last = t == V.shape[1] - 1
        future, later = (0, 0) if last else (V[:, t + 1], advantages[:, t + 1])
        advantages[:, t] = r[:, t] + np.float32(gamma) * future - V[:, t] + np.float32(gamma * gae_lambda) * later
    return advantages * mask, (advantages + V) * mask


@right(ITEM)
def by_definition(rewards, values, mask, gamma, gae_lambda):
    B, T = mask.shape
    lengths = mask.sum(1)
    advantages = np.zeros((B, T))
    for b in range(B):
        V = np.append(values[b, : lengths[b]], 0.0)
        deltas = rewards[b, : lengths[b]] + gamma * V[1:] - V[:-1]
        for t in range(lengths[b]):
            advantages[b, t] = sum((gamma * gae_lambda) ** l * d for l, d in enumerate(deltas[t:]))
    return advantages, np.where(mask, advantages + values, 0)


@right(ITEM)
def lambda_returns_first(rewards, values, mask, gamma, gae_lambda):
    returns, G, V_next = np.zeros(mask.shape), np.zeros(len(mask)), np.zeros(len(mask))
    for t in reversed(range(mask.shape[1])):
        G = rewards[:, t] + gamma * ((1 - gae_lambda) * V_next + gae_lambda * G)
        G, V_next = np.where(mask[:, t], G, 0), np.where(mask[:, t], values[:, t], 0)
        returns[:, t] = G
    return np.where(mask, returns - values, 0), returns


@right(ITEM)
def stacked_in_one_array(rewards, values, mask, gamma, gae_lambda):
    return np.stack(carried(rewards, values, mask, gamma, gae_lambda))


# -- wrong -------------------------------------------------------------------------------------------------------


def shift(x):
    return np.pad(x[:, 1:], ((0, 0), (0, 1)))


def last(mask):
    return mask & ~shift(mask)


def recursion(deltas, cut, decay):
    advantages, A = np.zeros(deltas.shape), 0.0
    for t in reversed(range(deltas.shape[1])):
        A = deltas[:, t] + decay * np.where(cut[:, t], 0, A)
        advantages[:, t] = A
    return advantages


def pair(deltas=None, cut=last, decay=lambda g, k: g * k, clean=lambda x, mask: np.where(mask, x, 0)):
    """An answer with one piece replaced; `deltas(r, V, mask, γ)`."""

    def answer(r, V, mask, gamma, gae_lambda):
        right_ones = r + gamma * np.where(last(mask), 0, shift(V)) - V
        mine = right_ones if deltas is None else deltas(r, V, mask, gamma)
        A = recursion(mine, cut(mask), decay(gamma, gae_lambda))
        return clean(A, mask), clean(A + V, mask)

    return answer


def targets(formula):
    """The right advantages with other targets: `formula(A, r, V, mask, γ, λ)`."""

    def answer(r, V, mask, gamma, gae_lambda):
        A, _ = carried(r, V, mask, gamma, gae_lambda)
        return A, np.where(mask, formula(A, r, V, mask, gamma, gae_lambda), 0)

    return answer


def summed_down(r, V, mask, gamma, gae_lambda):
    """The axes mixed up in the recursion alone."""
    deltas = r + gamma * shift(V) * shift(mask) - V
    A, later = np.zeros(mask.shape), 0.0
    for b in reversed(range(len(mask))):
        A[b] = later = (deltas[b] + gamma * gae_lambda * later) * mask[b]
    return A, np.where(mask, A + V, 0)


def strung_together(r, V, mask, gamma, gae_lambda):
    A, later = np.zeros(mask.shape), 0.0
    for b, t in reversed(np.argwhere(mask).tolist()):
        following = V[b, t + 1] if t + 1 < mask[b].sum() else 0.0
        later = r[b, t] + gamma * following - V[b, t] + gamma * gae_lambda * later
        A[b, t] = later
    return A, np.where(mask, A + V, 0)


def never(mask):
    return mask & False


def at_the_last_column(mask):
    return never(mask) | (np.arange(mask.shape[1]) == mask.shape[1] - 1)


def bootstrap_padding(r, V, mask, g):
    return r + g * shift(V) - V


def as_it_is(x, mask):
    return x


@wrong(ITEM, "Padding leaks")
def no_mask_at_all(r, V, mask, g, k):
    A = recursion(r + g * shift(V) - V, never(mask), g * k)
    return A, A + V


@wrong(ITEM, "Padding leaks")
def masked_only_afterwards(r, V, mask, g, k):
    A = recursion(r + g * shift(V) - V, never(mask), g * k)
    return A * mask, (A + V) * mask


@wrong(ITEM, "Padding leaks")
def rewards_masked_values_not(r, V, mask, g, k):
    A = recursion(r * mask + g * shift(V) - V, never(mask), g * k)
    return A * mask, (A + V) * mask


@wrong(ITEM, "Padding leaks")
def values_masked_rewards_not(r, V, mask, g, k):
    A = recursion(r + g * shift(V * mask) - V * mask, never(mask), g * k)
    return A * mask, (A + V) * mask


@wrong(ITEM, "axis 1")
def exercise_05_as_it_is(r, V, mask, g, k):
    """td_errors and gae of exercise 05 on [B, T] arrays, sentences taken for time."""
    open_ = np.vstack([mask[1:], 0 * mask[:1]]).astype(bool)
    deltas = r + g * np.where(open_, np.vstack([V[1:], 0 * V[:1]]), 0) - V
    A = package.gae(deltas, ~open_, g, k)
    return A * mask, (A + V) * mask


@wrong(ITEM, "changed its input")
def in_place(r, V, mask, g, k):
    A, R = carried(r, V, mask, g, k)
    r[~mask] = 0
    return A, R


@wrong(ITEM, "Asked are 2 things")
def advantages_only(r, V, mask, g, k):
    return carried(r, V, mask, g, k)[0]


@wrong(ITEM, "changed places")
def swapped(r, V, mask, g, k):
    return carried(r, V, mask, g, k)[::-1]


@wrong(ITEM, "everybody's")
def length_of_the_first(r, V, mask, g, k):
    n = int(mask[0].sum())
    ends = never(mask) | (np.arange(mask.shape[1]) == n - 1)
    A = recursion(r + g * np.where(ends, 0, shift(V)) - V, ends, g * k)
    return A * mask, (A + V) * mask


@wrong(ITEM, "everybody's")
def longest_of_all(r, V, mask, g, k):
    n = int(mask.sum(1).max())
    ends = never(mask) | (np.arange(mask.shape[1]) == n - 1)
    A = recursion(r + g * np.where(ends, 0, shift(V)) - V, ends, g * k)
    return A * mask, (A + V) * mask


@wrong(ITEM, "loses its reward")
def last_delta_zero(r, V, mask, g, k):
    deltas = np.zeros(mask.shape)
    inner = mask & ~last(mask)
    deltas[inner] = (r + g * shift(V) - V)[inner]
    A = recursion(deltas, last(mask), g * k)
    return A * mask, (A + V) * mask


@wrong(ITEM, "normalise")
def normalised(r, V, mask, g, k):
    A, R = carried(r, V, mask, g, k)
    return np.where(mask, (A - A[mask].mean()) / (A[mask].std() + 1e-8), 0), R


@wrong(ITEM, "normalise")
def normalised_then_targets(r, V, mask, g, k):
    A, _ = carried(r, V, mask, g, k)
    A = np.where(mask, (A - A[mask].mean()) / (A[mask].std() + 1e-8), 0)
    return A, np.where(mask, A + V, 0)


@wrong(ITEM, "runs forwards")
def forwards(r, V, mask, g, k):
    deltas = np.where(mask, r + g * np.where(last(mask), 0, shift(V)) - V, 0)
    A = recursion(deltas[:, ::-1], never(mask), g * k)[:, ::-1]
    return np.where(mask, A, 0), np.where(mask, A + V, 0)


@wrong(ITEM, "whole numbers")
def integer_table(r, V, mask, g, k):
    """Whole numbers in, whole numbers out: `zeros_like` keeps the kind."""
    A = np.zeros_like(V)
    later, following = np.zeros(len(V)), np.zeros(len(V))
    for t in reversed(range(V.shape[1])):
        later = np.where(mask[:, t], r[:, t] + g * following - V[:, t] + g * k * later, 0)
        following = np.where(mask[:, t], V[:, t], 0)
        A[:, t] = later
    return A, np.where(mask, A + V, 0)


@wrong(ITEM, "From the back")
def something_else(r, V, mask, g, k):
    A, R = carried(r, V, mask, g, k)
    return A / 2, R


@wrong(ITEM, "mask is turned around")
def mask_turned(r, V, mask, g, k):
    A, R = pair(clean=as_it_is)(r, V, mask, g, k)
    return A * ~mask, R * ~mask


in_bulk(
    ITEM,
    {
        ("bootstrap_on_padding", "critic's word about padding"): pair(bootstrap_padding),
        ("bootstrap_on_padding_cut_too", "critic's word about padding"): pair(
            bootstrap_padding, lambda mask: last(mask) | ~mask
        ),
        ("carried_over_padding", "runs on through the padding"): pair(cut=at_the_last_column),
        ("carried_rewards_zeroed", "runs on through the padding"): pair(
            lambda r, V, mask, g: np.where(mask, r, 0) + g * np.where(last(mask), 0, shift(V)) - V, never
        ),
        ("not_zeroed", "On the padding your answers"): pair(clean=as_it_is),
        ("returns_not_zeroed", "On the padding your answers"): lambda r, V, m, g, k: (
            carried(r, V, m, g, k)[0],
            carried(r, V, m, g, k)[0] + V,
        ),
        ("advantages_not_zeroed", "On the padding your answers"): lambda r, V, m, g, k: (
            pair(clean=as_it_is)(r, V, m, g, k)[0],
            carried(r, V, m, g, k)[1],
        ),
        ("cut_before_the_last", "too early or too late"): pair(
            lambda r, V, mask, g: r + g * np.where(shift(last(mask)), 0, shift(V)) - V, lambda mask: shift(last(mask))
        ),
        ("recursion_cut_early", "too early or too late"): pair(cut=lambda mask: shift(last(mask))),
        ("gamma_only", "λ is not used"): pair(decay=lambda g, k: g),
        ("lambda_only", "γ is missing"): pair(decay=lambda g, k: k),
        ("gamma_only_in_the_recursion", "γ is missing"): pair(
            lambda r, V, mask, g: r + np.where(last(mask), 0, shift(V)) - V
        ),
        ("no_gamma", "γ is missing"): lambda r, V, m, g, k: carried(r, V, m, 1.0, k),
        ("gamma_twice", "counts more often"): pair(decay=lambda g, k: g * g * k),
        ("no_decay", "nothing decays"): pair(decay=lambda g, k: 1.0),
        ("lambda_twice", "counts more often"): pair(decay=lambda g, k: g * k * k),
        ("one_minus_lambda", "counts more often"): pair(decay=lambda g, k: g * (1 - k)),
        ("one_step_only", "That is δ"): lambda r, V, m, g, k: (
            np.where(m, r + g * np.where(last(m), 0, shift(V)) - V, 0),
            carried(r, V, m, g, k)[1],
        ),
        ("one_step_and_its_targets", "That is δ"): pair(decay=lambda g, k: 0.0),
        ("sign_of_the_targets", "sign of V is turned"): targets(lambda A, r, V, *rest: A - V),
        ("sign_of_the_advantages", "Your δ, or Â"): lambda r, V, m, g, k: (
            -carried(r, V, m, g, k)[0],
            carried(r, V, m, g, k)[1],
        ),
        ("V_added", "sign of V is turned"): pair(lambda r, V, mask, g: r + g * np.where(last(mask), 0, shift(V)) + V),
        ("monte_carlo", "sums of rewards (Monte Carlo)"): targets(
            lambda A, r, V, mask, g, k: recursion(np.where(mask, r, 0), last(mask), g)
        ),
        ("rewards_as_targets", "sums of rewards (Monte Carlo)"): targets(lambda A, r, *rest: r),
        ("advantages_twice", "something is left out"): targets(lambda A, *rest: A),
        ("values_as_targets", "something is left out"): targets(lambda A, r, V, *rest: V),
        ("advantages_and_rewards", "something is left out"): targets(lambda A, r, *rest: A + r),
        ("next_values", "something is left out"): targets(lambda A, r, V, *rest: A + shift(V)),
        ("td_target", "something is left out"): targets(
            lambda A, r, V, mask, g, k: r + g * np.where(last(mask), 0, shift(V))
        ),
        ("normalised_targets", "normalise"): targets(
            lambda A, r, V, mask, *rest: (A - A[mask].mean()) / (A[mask].std() + 1e-8) + V
        ),
        ("no_critic", "V is not used"): pair(lambda r, V, mask, g: np.where(mask, r, 0)),
        ("rewards_to_go", "V is not used"): pair(lambda r, V, mask, g: np.where(mask, r, 0), decay=lambda g, k: g),
        ("zeros", "0 everywhere"): lambda r, V, m, g, k: (0.0 * V, 0.0 * V),
        ("inputs_back", "something is left out"): lambda r, V, m, g, k: (np.where(m, r, 0), np.where(m, V, 0)),
        ("own_value_at_the_end", "a value of its own"): pair(
            lambda r, V, mask, g: r + g * np.where(last(mask), V, shift(V)) - V
        ),
        ("last_column_repeated", "a value of its own"): pair(
            lambda r, V, mask, g: r + g * np.hstack([V[:, 1:], V[:, -1:]]) - V
        ),
        ("rolled", "the first one comes again"): pair(lambda r, V, mask, g: r + g * np.roll(V, -1, 1) - V),
        ("rolled_words", "the first one comes again"): pair(lambda r, V, mask, g: r + g * np.roll(V * mask, -1, 1) - V),
        ("no_bootstrap", "is missing in your δ"): pair(lambda r, V, mask, g: r - V),
        ("same_value_twice", "the same value twice"): pair(lambda r, V, mask, g: r + (g - 1) * V),
        ("no_baseline", "not taken off in your δ"): pair(
            lambda r, V, mask, g: r + g * np.where(last(mask), 0, shift(V))
        ),
        ("last_reward_alone", "forgets what the critic expected"): pair(
            lambda r, V, mask, g: np.where(last(mask), r, r + g * shift(V) - V)
        ),
        ("delta_turned", "Your δ, or Â"): pair(lambda r, V, mask, g: V - r - g * np.where(last(mask), 0, shift(V))),
        ("mixture_weights", "1 − λ belongs to the mixture"): lambda r, V, m, g, k: (
            (1 - k) * carried(r, V, m, g, k)[0],
            np.where(m, (1 - k) * carried(r, V, m, g, k)[0] + V, 0),
        ),
        ("appended_and_not_reversed", "back to front"): lambda r, V, m, g, k: (
            np.where(m, carried(r, V, m, g, k)[0][:, ::-1], 0),
            np.where(m, carried(r, V, m, g, k)[0][:, ::-1] + V, 0),
        ),
        ("summed_down_the_columns", "looks along the sentence"): summed_down,
        ("all_words_in_one_row", "string the sentences together"): strung_together,
        ("cut_one_step_early_too", "last word but one as well"): pair(cut=lambda mask: last(mask) | shift(last(mask))),
        ("dones_are_the_padding", "flag for the end stands on the padding"): pair(
            lambda r, V, mask, g: r + g * shift(V) * mask - V, lambda mask: ~mask
        ),
        ("nan_on_the_padding", "you leave a nan"): lambda r, V, m, g, k: tuple(
            np.where(m, x, np.nan) for x in carried(r, V, m, g, k)
        ),
        ("whole_numbers", "lost their decimals"): lambda r, V, m, g, k: tuple(
            x.astype(int) for x in carried(r, V, m, g, k)
        ),
        ("next_word_s_value", "Both belong to the same word"): targets(lambda A, r, V, m, *rest: A + shift(V * m)),
        ("last_word_dropped", "loses its reward"): pair(clean=lambda x, mask: np.where(mask & ~last(mask), x, 0)),
    },
)
