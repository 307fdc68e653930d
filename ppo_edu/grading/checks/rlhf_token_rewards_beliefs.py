"""Exercise 09: what is believed about the rewards of words, as formulas that give the same numbers."""

import numpy as np

from ppo_edu.grading.checks.rlhf_sentences import last
from ppo_edu.grading.formula import belief


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


def running(R, old, ref, mask, beta):
    kl = np.where(mask, np.cumsum(np.where(mask, old - ref, 0), axis=1), 0)
    return last(mask) * R[:, None] - beta * kl


def per_sentence(R, old, ref, mask, beta):
    return R - beta * np.where(mask, old - ref, 0).sum(1)


def k3(old, ref):
    return np.exp(ref - old) - 1 - (ref - old)


def scaled(of):
    return lambda R, mask: last(mask) * of(R, mask)[:, None]


BELIEFS = (
    belief(
        "Padding is paid in yours: behind the last word your answer is not 0. Nobody wrote those words.",
        padded_too,
        built(weight=everywhere),
        built(weight=everywhere, score=at(-1)),
    ),
    belief(
        "Your score stands in the last *column*. A shorter sentence ends before it; its last word is the last True of "
        "its row of `mask`.",
        built(score=at(-1)),
        built(score=lambda R, mask: at(-1)(R, mask) * mask),
    ),
    belief(
        "Your score stands on the first word. It is given for the whole sentence, when its last word is written.",
        built(score=at(0)),
    ),
    belief(
        "Every word of yours gets the whole score. A sentence is scored once: a long one would be paid many times.",
        built(score=lambda R, mask: mask * R[:, None]),
        built(score=lambda R, mask: everywhere(mask) * R[:, None]),
    ),
    belief(
        "You share the score out among the words, or divide it by the length. It stands on the last word, whole; to "
        "carry it back is the task of GAE.",
        built(score=lambda R, mask: mask * (R / mask.sum(1))[:, None]),
        built(score=scaled(lambda R, mask: R / mask.sum(1))),
    ),
    belief(
        "Your score stands one column beside the last word: a count of words is a number from 1, a column one from 0.",
        built(score=shifted(1)),
        built(score=shifted(-1)),
        built(score=wrapped),
    ),
    belief(
        "On the last word the score *replaces* the KL. That word pays its share like the others; the score is added.",
        only_the_score_at_the_end,
    ),
    belief(
        "0 · nan is nan: you multiply what stands on the padding by 0, and a nan or an infinity survives that. "
        "*Choose* (`np.where`, `torch.where`, a loop over the words), do not multiply.",
        multiplied,
    ),
    belief(
        "The sign of the KL is turned: a word that π_old writes more often than π_ref *pays*. In yours it is paid for "
        "running away.",
        built(together=lambda kl, end, beta: end + beta * kl),
        built(price=lambda old, ref: ref - old, together=lambda kl, end, beta: end - beta * kl),
    ),
    belief(
        "That is the cost: every sign is turned, the score's too.",
        built(together=lambda kl, end, beta: beta * kl - end),
    ),
    belief(
        "The score is subtracted. A high score is what the policy is paid for.",
        built(together=lambda kl, end, beta: -end - beta * kl),
    ),
    belief(
        "β is not used. It is the price of a nat: with β = 0 only the score is left.",
        built(together=lambda kl, end, beta: end - kl),
        built(together=lambda kl, end, beta: end + kl),
    ),
    belief(
        "β weighs the score as well, or instead. It is the price of the KL; the score counts in full.",
        built(together=lambda kl, end, beta: beta * (end - kl)),
        built(together=lambda kl, end, beta: beta * end - kl),
        built(together=lambda kl, end, beta: (1 - beta) * end - beta * kl),
    ),
    belief(
        "You charge the sum over the sentence where one word's share is asked for. Summed up at the end, no word "
        "learns what it cost.",
        sum_at_the_end,
        sum_everywhere,
    ),
    belief(
        "Your KL adds up from word to word, so early words are charged again in every later one. Each pays its own "
        "share, once.",
        running,
    ),
    belief(
        "That is one number a sentence: the sum. Asked is the reward of every *word*, [B, T].",
        per_sentence,
        lambda R, old, ref, mask, beta: per_sentence(R, old, ref, mask, beta)[:, None],
    ),
    belief(
        "You take exp: differences or ratios of probabilities. What is charged is a difference of *log*-probabilities.",
        built(price=lambda old, ref: np.exp(old) - np.exp(ref)),
        built(price=lambda old, ref: np.exp(old - ref)),
        built(price=lambda old, ref: np.exp(old) * (old - ref)),
        built(price=lambda old, ref: np.exp(old - ref) - 1),
    ),
    belief(
        "That is another estimate of the KL (k2, k3, |difference|), never negative. Here the plain difference is "
        "charged: a word that π_old writes *less* often than π_ref is paid.",
        built(price=lambda old, ref: (old - ref) ** 2 / 2),
        built(price=lambda old, ref: (old - ref) ** 2),
        built(price=k3),
        built(price=lambda old, ref: np.abs(old - ref)),
        built(price=lambda old, ref: np.maximum(old - ref, 0)),
    ),
    belief(
        "The logarithms are there already: you take the logarithm once more, or divide the two.",
        built(price=lambda old, ref: np.log(old / ref)),
        built(price=lambda old, ref: old / ref),
        built(price=lambda old, ref: np.log(-old) - np.log(-ref)),
    ),
    belief(
        "One of the two policies is missing: the price is for the *distance* between π_old and π_ref.",
        built(price=lambda old, ref: old),
        built(price=lambda old, ref: ref),
        built(price=lambda old, ref: -ref),
        built(price=lambda old, ref: -old),
    ),
    belief("The scores are missing.", built(score=lambda R, mask: np.zeros(mask.shape))),
    belief(
        "The KL is missing. With the score alone nothing keeps the policy near π_ref.",
        built(price=lambda old, ref: 0 * ref),
        lambda R, old, ref, mask, beta: last(mask) * R[:, None],
    ),
    belief("Your answer is 0 everywhere: neither KL nor score is in it.", lambda R, old, ref, mask, beta: 0.0 * mask),
    belief(
        "Your mask is turned around: it keeps the padding and drops the words.",
        built(weight=lambda mask: ~mask),
    ),
    belief(
        "You centre or normalise the scores. Whoever trains may do that; here they count as they are.",
        built(score=scaled(lambda R, mask: R - R.mean())),
        built(score=scaled(lambda R, mask: (R - R.mean()) / (R.std() + 1e-8))),
    ),
)
