"""Exercise 09: GAE on sentences of different lengths, [B, T], and the targets for the critic."""

import numpy as np

from ppo_edu.grading.checks.rlhf_masked_gae_beliefs import BELIEFS, reference
from ppo_edu.grading.checks.rlhf_masked_gae_deltas import MORE_BELIEFS
from ppo_edu.grading.checks.rlhf_sentences import ALL_SHORT, FULL, MANY_LENGTHS, masks, sizes, word_of
from ppo_edu.grading.formula import Part
from ppo_edu.grading.items import Item
from ppo_edu.grading.rollout import Fragile, OfRollout

SYMBOLS = ("rewards", "values", "mask", "γ", "λ")
BY_HAND = np.array([[-0.25, 2.0, 7.0]]), np.array([[0.5, 1.0, 3.0]]), np.array([[True, True, False]]), 1.0, 0.5


def made(rng, lengths, columns, gamma, gae_lambda):
    mask = masks(lengths, columns)
    return sizes(rng, mask.shape), sizes(rng, mask.shape), mask, gamma, gae_lambda


def without_padding(seed):
    """Sentences as long as the table, γ = 1 and below."""
    rng = np.random.default_rng(seed)
    return [made(rng, FULL, 4, 1.0, 0.8), made(rng, (5, 5), 5, 0.9, 0.6)]


def with_padding(seed):
    """The docstring's sentence, all lengths from 1 to T, and a table that no sentence fills."""
    rng = np.random.default_rng(seed + 1)
    cases = (MANY_LENGTHS, 6, 0.9, 0.7), (ALL_SHORT, 5, 1.0, 0.95), ((4, 2, 6, 5), 6, 0.8, 0.9)
    return [BY_HAND, *(made(rng, *case) for case in cases)]


def everything(seed):
    return [*without_padding(seed), *with_padding(seed)]


def borders(seed):
    """λ = 0 and 1, one word, one sentence, as many sentences as columns."""
    rng = np.random.default_rng(seed + 2)
    cases = ((3, 1, 4), 4, 1.0, 0.0), ((3, 1, 4), 4, 0.9, 1.0), ((1,), 1, 0.9, 0.8), ((3,), 5, 1.0, 0.9)
    return [made(rng, *case) for case in cases] + [made(rng, (2, 3, 1), 3, 1.0, 0.9)]


def whole(seed):
    """Rewards and values that are whole numbers, as a rule-based score gives them."""
    mask = masks((3, 1, 4), 5)
    rewards, values = np.random.default_rng(seed + 3).integers(1, 6, (2, *mask.shape))
    return [(rewards, -values, mask, 0.9, 0.7)]


MASKED_GAE = Item(
    name="masked_gae",
    exercise="09_rlhf",
    points=3,
    judge=OfRollout(
        reference,
        SYMBOLS,
        ("advantages", "returns"),
        (
            Part("sentences that fill their rows: the advantages", 0.75, without_padding, entry=0),
            Part("sentences of many lengths: the advantages, and 0 on the padding", 1, with_padding, entry=0),
            Part("the targets for the critic", 0.5, everything, entry=1),
            Part("λ = 0 and 1, one word, one sentence", 0.5, borders),
            Fragile(
                "whole numbers; inputs left as they were",
                0.25,
                whole,
                raised="Here rewards and values hold whole numbers.",
            ),
        ),
        BELIEFS + MORE_BELIEFS,
        lambda *inputs: (
            "From the back: δ of the last word knows no future, and each word before adds γλ times the advantage of "
            "the next one. Every row begins at its own last word."
        ),
        "Unless γλ = 0, the score on the last word reaches every word before it. Change what stands on the padding, "
        "and nothing changes: this is what a mask is for.",
        row=word_of(SYMBOLS),
        backwards=True,
    ),
    hints=(
        "What is V(s_{t+1}) after the last word of a sentence? And which number stands in that place of `values`?",
        "Go through the columns from the last to the first and carry two things, the next value and the next "
        "advantage, for all sentences at once. Where `mask` is False, both are 0.",
        "delta = rewards[:, t] + gamma * ___ - values[:, t]; next_advantage = np.where(mask[:, t], delta + ___ * ___, "
        "0); next_value = np.where(mask[:, t], ___, 0)",
    ),
    answer="advantages = np.zeros(values.shape)\n"
    "next_value = next_advantage = np.zeros(len(values))\n"
    "for t in reversed(range(values.shape[1])):\n"
    "    delta = rewards[:, t] + gamma * next_value - values[:, t]\n"
    "    next_advantage = np.where(mask[:, t], delta + gamma * gae_lambda * next_advantage, 0)\n"
    "    next_value = np.where(mask[:, t], values[:, t], 0)\n"
    "    advantages[:, t] = next_advantage\n"
    "return advantages, np.where(mask, advantages + values, 0)",
)
