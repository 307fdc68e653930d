"""Exercise 05: the n-step advantages of one row, and the weights with which GAE mixes them."""

import numpy as np

from ppo_edu.grading.checks.gae_mixture_beliefs import BELIEFS, reference
from ppo_edu.grading.checks.gae_rollouts import LESSON_REWARDS, LESSON_VALUES, sizes
from ppo_edu.grading.formula import Part, shown
from ppo_edu.grading.items import Item
from ppo_edu.grading.rollout import Fragile, OfRollout

SYMBOLS = ("rewards", "values", "γ", "λ")


def ordinary(seed):
    """The lesson's example; a row five steps before a time limit, and one before an end."""
    rng = np.random.default_rng(seed)
    lesson = LESSON_REWARDS, np.append(LESSON_VALUES, 0.0), 0.9, 0.8
    ended = np.append(sizes(rng, 7), 0.0)
    return [lesson, (sizes(rng, 5), sizes(rng, 6), 0.9, 0.7), (sizes(rng, 7), ended, 0.8, 0.95)]


def borders(seed):
    """One step left; λ = 0 and 1; γ = 1; two steps left."""
    rng = np.random.default_rng(seed + 1)
    cases = (1, 0.9, 0.6), (4, 0.9, 0.0), (4, 0.9, 1.0), (5, 1.0, 0.5), (2, 0.7, 0.6)
    return [(sizes(rng, n), sizes(rng, n + 1), gamma, gae_lambda) for n, gamma, gae_lambda in cases]


def whole(seed):
    """Rewards and values that are whole numbers."""
    return [(np.array([1, 2, -1, 3]), np.array([1, 2, 2, 1, 0]), 0.9, 0.8)]


def row(inputs, index):
    """Words for the n that differs."""
    given = [f"{symbol} = {shown(0.0 + np.asarray(x))}" for symbol, x in zip(SYMBOLS, inputs)]
    return f"n = {index[0] + 1}, with " + ", ".join(given)


MIXTURE = Item(
    name="n_step_mixture",
    exercise="05_gae",
    points=2,
    judge=OfRollout(
        reference,
        SYMBOLS,
        ("advantages", "weights"),
        (
            Part("the n-step advantages", 0.75, ordinary, entry=0),
            Part("their weights", 0.75, ordinary, entry=1),
            Part("one step left, λ = 0 and 1, γ = 1", 0.25, borders),
            Fragile(
                "whole numbers, and inputs left as they were",
                0.25,
                whole,
                raised="Here `rewards` and `values` hold whole numbers.",
            ),
        ),
        BELIEFS,
        lambda *inputs: "A^(n) waits n rewards before it asks the critic. All weights together are 1.",
        "Their product, summed, is the very number your recursion gives for this row. With the last weight forgotten "
        "the lesson's 3.664 would be 1.953.",
        row=row,
    ),
    hints=(
        "After n rewards, where does one stand, and who speaks about the rest? What do the first N−1 weights leave of "
        "1?",
        "Advantages: a running sum of discounted rewards, plus the discounted value of where one stands, less the "
        "first value. Weights: a geometric row whose last entry is mended.",
        "With the powers γ⁰ … γᴺ in an array: np.cumsum(powers[:-1] * ___) + powers[___] * values[___] − ___; then "
        "weights[-1] = ___",
    ),
    answer="N = len(rewards)\n"
    "powers = gamma ** np.arange(N + 1)\n"
    "advantages = np.cumsum(powers[:-1] * rewards) + powers[1:] * values[1:] - values[0]\n"
    "weights = (1 - gae_lambda) * gae_lambda ** np.arange(N)\n"
    "weights[-1] = gae_lambda ** (N - 1)\n"
    "return advantages, weights",
)
