"""Answers to exercise 09's rewards of words, right ones in many styles and wrong ones with their messages."""

import numpy as np
import torch
from registry import bank

RIGHT, WRONG, right, wrong, in_bulk = bank()
ITEM = "token_rewards"


# -- right -------------------------------------------------------------------------------------------------------


@right(ITEM)
def where_then_loop(scores, old_logprobs, ref_logprobs, mask, kl_coef):
    rewards = np.where(mask, -kl_coef * (old_logprobs - ref_logprobs), 0.0)
    for b in range(len(scores)):
        rewards[b, mask[b].sum() - 1] += scores[b]
    return rewards


@right(ITEM)
def fancy_index(scores, old_logprobs, ref_logprobs, mask, kl_coef):
    rewards = np.where(mask, kl_coef * (ref_logprobs - old_logprobs), 0.0)
    rewards[np.arange(len(scores)), np.count_nonzero(mask, axis=1) - 1] += scores
    return rewards


@right(ITEM)
def boolean_index(scores, old_logprobs, ref_logprobs, mask, kl_coef):
    rewards = np.zeros(mask.shape)
    rewards[mask] = -kl_coef * (old_logprobs[mask] - ref_logprobs[mask])
    following = np.column_stack([mask[:, 1:], np.zeros(len(mask), dtype=bool)])
    rewards[mask & ~following] += scores
    return rewards


@right(ITEM)
def word_by_word(scores, old_logprobs, ref_logprobs, mask, kl_coef):
    B, T = mask.shape
    rewards = np.zeros((B, T))
    for b in range(B):
        for t in range(T):
            if not mask[b, t]:
                break
            rewards[b, t] = -kl_coef * (old_logprobs[b, t] - ref_logprobs[b, t])
            if t == T - 1 or not mask[b, t + 1]:
                rewards[b, t] += scores[b]
    return rewards


@right(ITEM)
def lists_only(scores, old_logprobs, ref_logprobs, mask, kl_coef):
    assert isinstance(scores, list)
    answer = []
    for score, old, ref, inside in zip(scores, old_logprobs, ref_logprobs, mask):
        length = sum(inside)
        row = [-kl_coef * (o - r) for o, r in zip(old[:length], ref[:length])] + [0.0] * (len(inside) - length)
        row[length - 1] += score
        answer.append(row)
    return answer


@right(ITEM)
def torch_where(scores, old_logprobs, ref_logprobs, mask, kl_coef):
    assert isinstance(scores, torch.Tensor)
    mask = mask.bool()
    rewards = torch.where(mask, -kl_coef * (old_logprobs - ref_logprobs), torch.zeros_like(old_logprobs))
    last = mask.sum(1) - 1
    return rewards.scatter_add(1, last[:, None], scores[:, None].to(rewards.dtype))


@right(ITEM)
def torch_masked_fill(scores, old_logprobs, ref_logprobs, mask, kl_coef):
    rewards = (kl_coef * (ref_logprobs - old_logprobs)).masked_fill(~mask.bool(), 0)
    rewards[torch.arange(len(scores)), mask.bool().sum(dim=-1) - 1] += scores
    return rewards


@right(ITEM)
def float32(scores, old_logprobs, ref_logprobs, mask, kl_coef):
    old, ref = (np.where(mask, x, 0).astype(np.float32) for x in (old_logprobs, ref_logprobs))
    rewards = np.float32(-kl_coef) * (old - ref)
    rewards[np.arange(len(scores)), mask.sum(-1) - 1] += scores.astype(np.float32)
    return rewards


@right(ITEM)
def cleaned_then_multiplied(scores, old_logprobs, ref_logprobs, mask, kl_coef):
    """nan_to_num makes huge numbers of the infinities, and 0 times those is 0."""
    old, ref = np.nan_to_num(old_logprobs), np.nan_to_num(ref_logprobs)
    ends = np.cumsum(mask[:, ::-1], axis=1)[:, ::-1] == 1
    return -kl_coef * (old / 2 - ref / 2) * 2 * mask + ends * mask * scores[:, None]


@right(ITEM)
def last_by_argmax_of_the_reverse(scores, old_logprobs, ref_logprobs, mask, kl_coef):
    at_end = mask.shape[1] - 1 - np.argmax(mask[:, ::-1], axis=1)
    rewards = np.where(mask, kl_coef * (ref_logprobs - old_logprobs), 0)
    for row, column, score in zip(rewards, at_end, scores):
        row[column] += score
    return rewards


@right(ITEM)
def subtract_where(scores, old_logprobs, ref_logprobs, mask, kl_coef):
    kl = np.zeros(mask.shape)
    np.subtract(old_logprobs, ref_logprobs, out=kl, where=mask)
    onehot = np.eye(mask.shape[1])[mask.sum(1) - 1]
    return onehot * scores.reshape(-1, 1) - kl_coef * kl


@right(ITEM)
def from_the_back(scores, old_logprobs, ref_logprobs, mask, kl_coef):
    rewards, waiting = np.zeros(mask.shape), np.array(scores, dtype=float)
    for t in reversed(range(mask.shape[1])):
        here = mask[:, t]
        rewards[here, t] = waiting[here] - kl_coef * (old_logprobs[here, t] - ref_logprobs[here, t])
        waiting[here] = 0
    return rewards


@right(ITEM)
def a_helper_and_a_generator(scores, old_logprobs, ref_logprobs, mask, kl_coef):
    def one(score, old, ref, length):
        row = np.zeros(len(old))
        row[:length] = -kl_coef * (old[:length] - ref[:length])
        row[length - 1] += score
        return row

    return np.stack([one(*sentence) for sentence in zip(scores, old_logprobs, ref_logprobs, mask.sum(1))])


# -- wrong -------------------------------------------------------------------------------------------------------


def reward(kl=lambda old, ref: old - ref, place=None, beta=lambda b: b, spread=lambda R, mask: R):
    """An answer in numpy; `place(rewards, R, mask)` puts the scores, on the last word if it is not given."""

    def answer(scores, old, ref, mask, kl_coef):
        rewards = np.where(mask, -beta(kl_coef) * kl(old, ref), 0.0)
        R = spread(scores, mask)
        if place:
            return place(rewards, R, mask)
        rewards[np.arange(len(R)), mask.sum(1) - 1] += R
        return rewards

    return answer


def first_word(rewards, R, mask):
    rewards[:, 0] += R
    return rewards


def last_column(rewards, R, mask):
    rewards[:, -1] += R
    return rewards


def last_column_where_a_word_is(rewards, R, mask):
    return np.where(mask, last_column(rewards, R, mask), 0)


def all_words(rewards, R, mask):
    return rewards + np.where(mask, R[:, None], 0)


def one_too_far(rewards, R, mask):
    for b, length in enumerate(mask.sum(1)):
        if length < mask.shape[1]:
            rewards[b, length] += R[b]
    return rewards


def one_too_early(rewards, R, mask):
    rewards[np.arange(len(R)), mask.sum(1) - 2] += R
    return rewards


def in_its_place(rewards, R, mask):
    rewards[np.arange(len(R)), mask.sum(1) - 1] = R
    return rewards


def at_the_first_false(rewards, R, mask):
    rewards[np.arange(len(R)), mask.argmin(1)] += R
    return rewards


def one_too_far_but_inside(rewards, R, mask):
    for b, length in enumerate(mask.sum(1)):
        rewards[b, min(length, mask.shape[1] - 1)] += R[b]
    return rewards


def columns_without_rows(rewards, R, mask):
    rewards[:, mask.sum(1) - 1] += R
    return rewards


def in_column(scores, old, ref, mask, kl_coef, length):
    rewards = np.where(mask, -kl_coef * (old - ref), 0.0)
    rewards[:, length - 1] += scores
    return rewards


def spread_evenly(scores, old, ref, mask, kl_coef):
    rewards = np.empty(mask.shape)
    for b, length in enumerate(mask.sum(1)):
        rewards[b] = -kl_coef * (old[b, :length] - ref[b, :length]).mean()
        rewards[b, length - 1] += scores[b]
    return rewards


def into_whole_numbers(scores, old, ref, mask, kl_coef):
    """As a table made by `zeros_like(mask, dtype=int)` would have it."""
    rewards = np.zeros(mask.shape, int)
    rewards[mask] = (-kl_coef * (old[mask] - ref[mask])).astype(int)
    for b, length in enumerate(mask.sum(1)):
        rewards[b, length - 1] = int(rewards[b, length - 1] + scores[b])
    return rewards


def nowhere(rewards, R, mask):
    return rewards


@wrong(ITEM, "Padding is paid")
def no_mask(scores, old, ref, mask, kl_coef):
    rewards = -kl_coef * (old - ref)
    rewards[np.arange(len(scores)), mask.sum(1) - 1] += scores
    return rewards


@wrong(ITEM, "Padding is paid")
def no_mask_and_last_column(scores, old, ref, mask, kl_coef):
    rewards = -kl_coef * (old - ref)
    rewards[:, -1] += scores
    return rewards


@wrong(ITEM, "0 · nan is nan")
def mask_as_a_factor(scores, old, ref, mask, kl_coef):
    rewards = -kl_coef * (old - ref) * mask
    rewards[np.arange(len(scores)), mask.sum(1) - 1] += scores
    return rewards


@wrong(ITEM, "0 · nan is nan")
def mask_as_a_factor_in_torch(scores, old, ref, mask, kl_coef):
    rewards = -kl_coef * (torch.as_tensor(old) - torch.as_tensor(ref)) * torch.as_tensor(mask)
    rewards[torch.arange(len(scores)), torch.as_tensor(mask).long().sum(1) - 1] += torch.as_tensor(scores)
    return rewards


@wrong(ITEM, "last *column*")
def last_column_and_factor(scores, old, ref, mask, kl_coef):
    """Two mistakes at once: of the first one the learner hears first."""
    rewards = -kl_coef * (old - ref) * mask
    rewards[:, -1] += scores
    return rewards


@wrong(ITEM, "changed its input")
def in_place(scores, old, ref, mask, kl_coef):
    old -= ref
    old *= -kl_coef
    old[~mask] = 0
    old[np.arange(len(scores)), mask.sum(1) - 1] += scores
    return old


@wrong(ITEM, "one number a sentence")
def summed(scores, old, ref, mask, kl_coef):
    return scores - kl_coef * np.where(mask, old - ref, 0).sum(1)


@wrong(ITEM, "sum over the sentence")
def kl_of_the_sentence_at_the_end(scores, old, ref, mask, kl_coef):
    rewards = np.zeros(mask.shape)
    for b in range(len(scores)):
        length = mask[b].sum()
        rewards[b, length - 1] = scores[b] - kl_coef * (old[b, :length] - ref[b, :length]).sum()
    return rewards


@wrong(ITEM, "adds up from word to word")
def cumulative(scores, old, ref, mask, kl_coef):
    kl = np.cumsum(np.where(mask, old - ref, 0), axis=1)
    rewards = np.where(mask, -kl_coef * kl, 0.0)
    rewards[np.arange(len(scores)), mask.sum(1) - 1] += scores
    return rewards


@wrong(ITEM, "mask is turned around")
def mask_turned(scores, old, ref, mask, kl_coef):
    rewards = np.where(mask, 0.0, -kl_coef * (old - ref))
    rewards[np.arange(len(scores)), mask.sum(1) - 1] += scores
    return rewards


@wrong(ITEM, "β weighs the score")
def beta_on_everything(scores, old, ref, mask, kl_coef):
    rewards = np.where(mask, ref - old, 0.0)
    rewards[np.arange(len(scores)), mask.sum(1) - 1] += scores
    return kl_coef * rewards


@wrong(ITEM, "every sign is turned")
def cost(scores, old, ref, mask, kl_coef):
    return -where_then_loop(scores, old, ref, mask, kl_coef)


@wrong(ITEM, "The score is subtracted")
def score_subtracted(scores, old, ref, mask, kl_coef):
    return where_then_loop(-scores, old, ref, mask, kl_coef)


@wrong(ITEM, "IndexError")
def beyond_the_table(scores, old, ref, mask, kl_coef):
    rewards = np.where(mask, -kl_coef * (old - ref), 0.0)
    for b in range(len(scores)):
        rewards[b, mask[b].sum()] += scores[b]
    return rewards


@wrong(ITEM, "its own share")
def something_else(scores, old, ref, mask, kl_coef):
    rewards = np.where(mask, -kl_coef * (old - ref) / 3, 0.0)
    rewards[np.arange(len(scores)), mask.sum(1) - 1] += scores
    return rewards


@wrong(ITEM, "One of the two policies is missing")
def inputs_unchanged(scores, old, ref, mask, kl_coef):
    return where_then_loop(scores, old, 0 * ref, mask, kl_coef)


@wrong(ITEM, "expected")
def a_row_for_all(scores, old, ref, mask, kl_coef):
    return where_then_loop(scores, old, ref, mask, kl_coef).ravel()


in_bulk(
    ITEM,
    {
        ("last_column_always", "last *column*"): reward(place=last_column),
        ("last_column_masked", "last *column*"): reward(place=last_column_where_a_word_is),
        ("score_first", "on the first word"): reward(place=first_word),
        ("score_on_every_word", "whole score"): reward(place=all_words),
        ("score_everywhere", "whole score"): reward(place=lambda r, R, mask: r + R[:, None]),
        ("score_shared", "share the score out"): reward(place=all_words, spread=lambda R, mask: R / mask.sum(1)),
        ("score_by_length", "share the score out"): reward(spread=lambda R, mask: R / mask.sum(1)),
        ("off_by_one", "one column beside"): reward(place=one_too_far),
        ("off_by_one_before", "one column beside"): reward(place=one_too_early),
        ("score_replaces", "*replaces* the KL"): reward(place=in_its_place),
        ("ref_first", "sign of the KL is turned"): reward(lambda old, ref: ref - old),
        ("plus_beta", "sign of the KL is turned"): reward(beta=lambda b: -b),
        ("no_beta", "β is not used"): reward(beta=lambda b: 1.0),
        ("no_beta_and_sign", "β is not used"): reward(beta=lambda b: -1.0),
        ("beta_on_the_score", "β weighs the score"): lambda R, o, f, m, b: reward(beta=lambda _: 1.0)(
            b * R, o, f, m, b
        ),
        ("beta_as_a_share", "β weighs the score"): lambda R, o, f, m, b: reward()((1 - b) * R, o, f, m, b),
        ("probabilities", "You take exp"): reward(lambda old, ref: np.exp(old) - np.exp(ref)),
        ("ratio", "You take exp"): reward(lambda old, ref: np.exp(old - ref)),
        ("weighted", "You take exp"): reward(lambda old, ref: np.exp(old) * (old - ref)),
        ("k2", "another estimate"): reward(lambda old, ref: (old - ref) ** 2 / 2),
        ("squared", "another estimate"): reward(lambda old, ref: (old - ref) ** 2),
        ("k3", "another estimate"): reward(lambda old, ref: np.expm1(ref - old) - (ref - old)),
        ("absolute", "another estimate"): reward(lambda old, ref: np.abs(old - ref)),
        ("log_of_logs", "once more"): reward(lambda old, ref: np.log(old / ref)),
        ("quotient", "divide the two"): reward(lambda old, ref: old / ref),
        ("only_old", "policies is missing"): reward(lambda old, ref: old),
        ("only_ref", "policies is missing"): reward(lambda old, ref: -ref),
        ("no_score", "scores are missing"): reward(place=nowhere),
        ("no_kl", "The KL is missing"): reward(beta=lambda b: 0.0),
        ("scores_centred", "centre or normalise"): reward(spread=lambda R, mask: R - R.mean()),
        ("scores_normalised", "centre or normalise"): reward(spread=lambda R, m: (R - R.mean()) / (R.std() + 1e-8)),
        ("argmin_of_the_mask", "the first False"): reward(place=at_the_first_false),
        ("held_inside_the_table", "one column beside"): reward(place=one_too_far_but_inside),
        ("end_of_the_longest", "taken for everybody's"): lambda R, o, f, m, b: in_column(R, o, f, m, b, m.sum(1).max()),
        ("end_of_the_first", "taken for everybody's"): lambda R, o, f, m, b: in_column(R, o, f, m, b, m[0].sum()),
        ("columns_of_every_row", "of *every* row"): reward(place=columns_without_rows),
        ("mean_over_the_sentence", "or its mean"): lambda R, o, f, m, b: np.where(m, spread_evenly(R, o, f, m, b), 0),
        ("price_per_length", "divide the KL"): lambda R, o, f, m, b: reward(beta=lambda _: 1.0)(
            R, o * b / m.sum(1)[:, None], f * b / m.sum(1)[:, None], m, b
        ),
        ("price_per_column", "divide the KL"): lambda R, o, f, m, b: reward(beta=lambda b: b / m.shape[1])(
            R, o, f, m, b
        ),
        ("nan_on_the_padding", "you leave a nan"): lambda R, o, f, m, b: np.where(m, reward()(R, o, f, m, b), np.nan),
        ("whole_numbers", "lost their decimals"): lambda R, o, f, m, b: reward()(R, o, f, m, b).astype(int),
        ("whole_table", "lost their decimals"): into_whole_numbers,
        ("infinities_clipped", "0 · nan is nan"): lambda R, o, f, m, b: (
            reward(beta=lambda _: 0.0)(R, o, f, m, b) - b * (np.clip(o, -99, 99) - np.clip(f, -99, 99)) * m
        ),
        ("zeros", "0 everywhere"): lambda R, o, f, m, b: np.zeros(m.shape),
    },
)
