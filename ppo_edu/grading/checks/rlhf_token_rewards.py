"""Exercise 09: the reward of every word: its share of the KL, and the score on the last one."""

import numpy as np

from ppo_edu.grading.checks.rlhf_sentences import (
    ALL_SHORT,
    FULL,
    MANY_LENGTHS,
    logprobs_and_others,
    masks,
    sizes,
    word_of,
)  # fmt: skip
from ppo_edu.grading.checks.rlhf_token_rewards_beliefs import BELIEFS
from ppo_edu.grading.formula import Part
from ppo_edu.grading.items import Item
from ppo_edu.grading.rollout import Fragile, OfRollout
from ppo_edu.rlhf import token_rewards

SYMBOLS = ("R", "log π_old", "log π_ref", "mask", "β")
BY_HAND = (
    np.array([2.0]),
    np.array([[-1.0, -0.5, -9.9]]),
    np.array([[-1.5, -0.5, -1.1]]),
    np.array([[True, True, False]]),
    0.5,
)


def made(rng, lengths, columns, kl_coef):
    """Sentences of these lengths, and numbers of an ordinary size on their padding."""
    mask = masks(lengths, columns)
    return (sizes(rng, len(lengths)), *logprobs_and_others(rng, mask.shape), mask, kl_coef)


def without_padding(seed):
    """Every sentence as long as the table: nothing to mask yet."""
    rng = np.random.default_rng(seed)
    return [made(rng, FULL, 4, 0.5), made(rng, (3, 3, 3), 3, 1.3)]


def with_padding(seed):
    """The docstring's sentence, all lengths from 1 to T, and a table that no sentence fills."""
    rng = np.random.default_rng(seed + 1)
    return [BY_HAND, made(rng, MANY_LENGTHS, 6, 0.3), made(rng, ALL_SHORT, 5, 0.8)]


def borders(seed):
    """β = 0, one word, one sentence."""
    rng = np.random.default_rng(seed + 2)
    return [made(rng, (2, 4, 1), 4, 0.0), made(rng, (1,), 1, 0.5), made(rng, (3,), 5, 0.7), made(rng, (1, 1), 3, 0.2)]


def anything_on_the_padding(seed):
    """nan and both infinities behind the ends, in one policy, in the other, in both."""
    scores, old, ref, mask, kl_coef = made(np.random.default_rng(seed + 3), ALL_SHORT, 5, 0.6)
    old[0, 3:], old[2, 2:], ref[2, 1:], ref[1, 4] = np.nan, -np.inf, -np.inf, np.inf
    return [(scores, old, ref, mask, kl_coef)]


TOKEN_REWARDS = Item(
    name="token_rewards",
    exercise="09_rlhf",
    points=2,
    judge=OfRollout(
        token_rewards,
        SYMBOLS,
        ("reward",),
        (
            Part("sentences that fill their rows", 0.5, without_padding),
            Part("sentences of many lengths: the last word, and 0 behind it", 0.75, with_padding),
            Part("β = 0, one word, one sentence", 0.25, borders),
            Fragile(
                "nan and infinities on the padding; inputs left as they were",
                0.5,
                anything_on_the_padding,
                raised="On the padding anything may stand, nan and infinities too.",
            ),
        ),
        BELIEFS,
        lambda *inputs: (
            "Two things meet in a word's reward: its own share of the distance, at the price β, and, on the last word "
            "of its sentence only, the score."
        ),
        "Summed over a sentence: R(y) − β log(π_old(y)/π_ref(y)). The score comes late, the price at once, and both "
        "are numbers: π_θ does not occur in them.",
        row=word_of(SYMBOLS),
    ),
    hints=(
        "π_old writes a word more often than π_ref does. Should its reward go up or down? And where does a sentence of "
        "length 2 end, in a row of 5?",
        "First the KL's share of every word, where there is one, and 0 elsewhere. Then one number more per row: "
        "`mask.sum(axis=1)` says how many words there are.",
        "rewards = np.where(mask, -kl_coef * (___ - ___), 0); for each sentence b: rewards[b, ___] += scores[b]",
    ),
    answer="rewards = np.where(mask, -kl_coef * (old_logprobs - ref_logprobs), 0.0)\n"
    "for sentence, length in enumerate(mask.sum(axis=1)):\n"
    "    rewards[sentence, length - 1] += scores[sentence]\n"
    "return rewards",
)
