"""Exercise 09: what is believed about the rewards of words, as formulas that give the same numbers."""

import numpy as np

from ppo_edu.grading.checks.rlhf_sentences import last
from ppo_edu.grading.checks.rlhf_token_rewards_forms import (
    at,
    built,
    columns_of_every_row,
    everywhere,
    first_false,
    held_inside,
    infinities_cut_off,
    k3,
    mean_at_the_end,
    mean_everywhere,
    multiplied,
    nan_instead,
    of_one_sentence,
    only_the_score_at_the_end,
    padded_too,
    per_sentence,
    per_word,
    running,
    scaled,
    shifted,
    sum_at_the_end,
    sum_everywhere,
    whole_in_between,
    whole_numbers,
    wrapped,
)
from ppo_edu.grading.formula import belief

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
        built(score=held_inside),
    ),
    belief(
        "You look for the first False of a row. A sentence that fills its row has none, and `argmin` answers 0 there; "
        "and the first False is padding, not the last word.",
        built(score=first_false(0)),
        built(score=lambda R, mask: first_false(0)(R, mask) * mask),
    ),
    belief(
        "One sentence's end is taken for everybody's. Each row of `mask` ends in a column of its own.",
        *(built(score=of_one_sentence(which)) for which in (np.max, np.min, lambda n: n[0], lambda n: n[-1])),
        *(
            built(score=lambda R, mask, which=which: of_one_sentence(which)(R, mask) * mask)
            for which in (np.max, lambda n: n[0], lambda n: n[-1])
        ),
    ),
    belief(
        "`rewards[:, columns]` takes these columns of *every* row. Each score belongs into one row: rows need an index "
        "of their own.",
        columns_of_every_row,
    ),
    belief(
        "On the last word the score *replaces* the KL. That word pays its share like the others; the score is added.",
        only_the_score_at_the_end,
    ),
    belief(
        "0 · nan is nan: you multiply what stands on the padding by 0, and a nan or an infinity survives that. "
        "*Choose* (`np.where`, `torch.where`, a loop over the words), do not multiply.",
        multiplied,
        infinities_cut_off,
    ),
    belief(
        "On the padding you leave a nan. Nobody wrote those words: their reward is the number 0.",
        nan_instead,
    ),
    belief(
        "Your answers have lost their decimals: the table that you fill, or the kind you turn it into, holds whole "
        "numbers.",
        whole_numbers,
        whole_in_between,
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
        "You charge the sum over the sentence, or its mean, where one word's share is asked for. Lumped together, no "
        "word learns what it cost.",
        sum_at_the_end,
        sum_everywhere,
        mean_everywhere,
        mean_at_the_end,
    ),
    belief(
        "You divide the KL by a number of words. Each word pays its own share at the full price, however long the "
        "sentence is.",
        per_word(lambda mask: mask.sum(1, keepdims=True)),
        per_word(lambda mask: mask.shape[1]),
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
