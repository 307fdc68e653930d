"""Exercise 09: the rewards of words as they are often written, one piece replaced at a time."""

import numpy as np

from ppo_edu.grading.checks.rlhf_sentences import last


def built(
    price=lambda old, ref: old - ref,
    score=lambda R, mask: last(mask) * R[:, None],
    weight=lambda mask: mask,
    together=lambda kl, end, beta: end - beta * kl,
):
    """The rewards with one piece replaced; what `weight` leaves out is chosen away, not multiplied by 0."""

    def formula(R, old, ref, mask, beta):
        kl = np.where(weight(mask), price(old, ref), 0)
        return together(kl, score(R, mask), beta)

    return formula


def everywhere(mask):
    return mask | True


def at(column):
    """The score in a column that does not depend on the sentence."""

    def score(R, mask):
        placed = np.zeros(mask.shape)
        placed[:, column] = R
        return placed

    return score


def shifted(by):
    """The score `by` columns off the last word, wherever that is still in the table (or comes round)."""

    def score(R, mask):
        placed, columns = np.zeros(mask.shape), mask.sum(1) - 1 + by
        inside = (columns >= 0) & (columns < mask.shape[1])
        placed[np.flatnonzero(inside), columns[inside]] = R[inside]
        return placed

    return score


def wrapped(R, mask):
    placed = np.zeros(mask.shape)
    placed[np.arange(len(R)), mask.sum(1) - 2] = R
    return placed


def padded_too(R, old, ref, mask, beta):
    return last(mask) * R[:, None] - beta * (old - ref)


def multiplied(R, old, ref, mask, beta):
    """0 · nan is nan, so what stood on the padding comes back."""
    return -beta * (old - ref) * mask + last(mask) * R[:, None]


def only_the_score_at_the_end(R, old, ref, mask, beta):
    return np.where(last(mask), R[:, None], np.where(mask, -beta * (old - ref), 0))


def sum_at_the_end(R, old, ref, mask, beta):
    total = np.where(mask, old - ref, 0).sum(1, keepdims=True)
    return last(mask) * (R[:, None] - beta * total)


def sum_everywhere(R, old, ref, mask, beta):
    total = np.where(mask, old - ref, 0).sum(1, keepdims=True)
    return last(mask) * R[:, None] - np.where(mask, beta * total, 0)


def mean_everywhere(R, old, ref, mask, beta):
    mean = np.where(mask, old - ref, 0).sum(1, keepdims=True) / mask.sum(1, keepdims=True)
    return last(mask) * R[:, None] - np.where(mask, beta * mean, 0)


def mean_at_the_end(R, old, ref, mask, beta):
    mean = np.where(mask, old - ref, 0).sum(1, keepdims=True) / mask.sum(1, keepdims=True)
    return last(mask) * (R[:, None] - beta * mean)


def per_word(divisor):
    def formula(R, old, ref, mask, beta):
        return last(mask) * R[:, None] - beta * np.where(mask, old - ref, 0) / divisor(mask)

    return formula


def of_one_sentence(which):
    """The score in the column where one sentence ends, for all of them."""
    return lambda R, mask: at(which(mask.sum(1)) - 1)(R, mask)


def columns_of_every_row(R, old, ref, mask, beta):
    rewards = np.where(mask, -beta * (old - ref), 0)
    rewards[:, mask.sum(1) - 1] += R
    return rewards


def first_false(by):
    """The score beside the first False; a row without one gives 0."""

    def score(R, mask):
        placed = np.zeros(mask.shape)
        placed[np.arange(len(R)), mask.argmin(1) + by] = R
        return placed

    return score


def held_inside(R, mask):
    """One column too late, but never outside the table."""
    placed = np.zeros(mask.shape)
    placed[np.arange(len(R)), np.minimum(mask.sum(1), mask.shape[1] - 1)] = R
    return placed


def infinities_cut_off(R, old, ref, mask, beta):
    return -beta * (np.clip(old, -1e6, 1e6) - np.clip(ref, -1e6, 1e6)) * mask + last(mask) * R[:, None]


def nan_instead(R, old, ref, mask, beta):
    return np.where(mask, last(mask) * R[:, None] - beta * (old - ref), np.nan)


def whole_numbers(R, old, ref, mask, beta):
    return np.trunc(last(mask) * R[:, None] + np.where(mask, -beta * (old - ref), 0))


def whole_in_between(R, old, ref, mask, beta):
    """A table of whole numbers, into which the KL is written and then the score added."""
    return np.trunc(np.trunc(np.where(mask, -beta * (old - ref), 0)) + last(mask) * R[:, None])


def running(R, old, ref, mask, beta):
    kl = np.where(mask, np.cumsum(np.where(mask, old - ref, 0), axis=1), 0)
    return last(mask) * R[:, None] - beta * kl


def per_sentence(R, old, ref, mask, beta):
    return R - beta * np.where(mask, old - ref, 0).sum(1)


def k3(old, ref):
    return np.exp(ref - old) - 1 - (ref - old)


def scaled(of):
    return lambda R, mask: last(mask) * of(R, mask)[:, None]
