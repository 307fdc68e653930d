"""Exercise 05, GAE: TD errors, the recursion, the mixture, both kinds of end, Problem 2 line by line, the best λ."""

import numpy as np

from ppo_edu import gae
from ppo_edu.grading.checks import gae_rollouts as data
from ppo_edu.grading.checks.gae_best_lambda import BEST_LAMBDA
from ppo_edu.grading.checks.gae_ends import ENDS
from ppo_edu.grading.checks.gae_lines import RECURSION_LINES
from ppo_edu.grading.checks.gae_mixture import MIXTURE
from ppo_edu.grading.checks.gae_recursion_beliefs import RECURSION
from ppo_edu.grading.checks.gae_td_beliefs import TD_ERRORS
from ppo_edu.grading.formula import Part
from ppo_edu.grading.items import Item
from ppo_edu.grading.rollout import Fragile, OfRollout, row_of

EXERCISE = "05_gae"
TD_SYMBOLS = ("rewards", "values", "next_values", "terminated", "γ")
GAE_SYMBOLS = ("δ", "dones", "γ", "λ")
SIDE_BY_SIDE = (
    "With [T, N] a row holds one entry for each environment, and each has its own flag: a mask (1 − flag) or np.where "
    "does for a whole row what `if` does for one number."
)


def transitions(rng, ends, gamma):
    """A rollout as `td_errors` gets it."""
    *rows, _ = data.rollout(rng, ends)
    return (*rows, gamma)


def going_on(seed):
    """The lesson's example, and a rollout that is cut by nothing but time limits."""
    lesson = data.LESSON_REWARDS, data.LESSON_VALUES, data.LESSON_NEXT, data.LESSON_END, 0.9
    return [lesson, transitions(np.random.default_rng(seed), "--L----", 0.8)]


def with_ends(seed):
    """Ends in the middle, ends everywhere, T = 1, γ = 1."""
    rng = np.random.default_rng(seed + 1)
    cases = (data.LIMIT_IN_THE_MIDDLE, 0.9), (data.MANY_ENDS, 0.7), ("TTTT", 0.5), ("T", 0.9), ("-", 1.0)
    return [transitions(rng, *case) for case in cases]


def several_with_ends(seed):
    """Four environments; as many rows as environments; one environment."""
    rng = np.random.default_rng(seed + 2)
    return [transitions(rng, ends, 0.9) for ends in (data.SIDE_BY_SIDE, ("--T", "-L-", "T--"), ("-T-",))]


def whole_rewards(seed):
    """Rewards that are whole numbers, as CartPole's are."""
    rewards, *rest = transitions(np.random.default_rng(seed + 3), data.LIMIT_IN_THE_MIDDLE, 0.9)
    return [(np.resize([1, 2, -1, 3], len(rewards)), *rest)]


def errors(rng, ends, gamma, gae_lambda):
    """TD errors and dones as `gae` gets them."""
    terminated, truncated = data.flags(ends)
    return data.sizes(rng, terminated.shape), terminated | truncated, gamma, gae_lambda


def one_episode(seed):
    """The lesson's example, an unfinished episode, λ = 0 and 1, γ = 1, T = 1."""
    rng = np.random.default_rng(seed)
    cases = ("-----", 0.9, 0.5), (data.ONE_EPISODE, 0.8, 1.0), ("---", 0.9, 0.0), ("----T", 1.0, 1.0)
    single = ("T", 0.9, 0.8), ("-", 0.9, 0.8)
    lesson = data.LESSON_DELTAS, data.LESSON_END, 0.9, 0.8
    return [lesson, *(errors(rng, *case) for case in (*cases, *single))]


def several_episodes(seed):
    """Two episodes and a begun one, many ends, ends only, γ = λ = 1."""
    rng = np.random.default_rng(seed + 1)
    cases = (data.LIMIT_IN_THE_MIDDLE, 0.9, 0.8), (data.MANY_ENDS, 0.95, 0.7), ("TTTT", 0.9, 0.9)
    return [errors(rng, *case) for case in (*cases, (data.LIMIT_IN_THE_MIDDLE, 1.0, 1.0))]


def environments(seed):
    """Four of different fates, three rows of three, one."""
    rng = np.random.default_rng(seed + 2)
    return [errors(rng, ends, 0.9, 0.8) for ends in (data.SIDE_BY_SIDE, ("--T", "-L-", "T--"), ("-T-",))]


def whole_deltas(seed):
    """TD errors that happen to be whole numbers."""
    return [(np.array([3, -2, 5, 1, -4, 2]), data.flags("--T---")[0], 0.9, 0.8)]


def one_row(inputs, index):
    """Words for the row of a TD error that differs."""
    rewards, values, next_values, terminated, gamma = inputs
    where = f"row {index[0]}" + (f" of environment {index[1]}" if len(index) > 1 else "")
    here = [f"{x[index]:.4g}".replace("-", "−") for x in (rewards, values, next_values)]
    said = ", ".join(f"{symbol} {x}" for symbol, x in zip(("reward", "V(s_t)", "V(s_{t+1})"), here))
    return f"{where}: {said}, {'' if terminated[index] else 'not '}terminated, γ = {gamma:g}"


ITEMS = (
    Item(
        name="td_errors",
        exercise=EXERCISE,
        points=2,
        judge=OfRollout(
            gae.td_errors,
            TD_SYMBOLS,
            ("δ",),
            (
                Part("the lesson's example, and a rollout cut by a time limit", 0.5, going_on),
                Part("episodes that terminated: in the middle, everywhere, T = 1", 0.75, with_ends),
                Fragile("several environments side by side, [T, N]", 0.5, several_with_ends, raised=SIDE_BY_SIDE),
                Fragile(
                    "rewards that are whole numbers; inputs left as they were",
                    0.25,
                    whole_rewards,
                    raised="Here `rewards` holds whole numbers.",
                ),
            ),
            TD_ERRORS,
            lambda *inputs: (
                "Three things: the reward, what the critic says about the future, discounted and only where there is "
                "one, and what it had said before."
            ),
            "One step's surprise: how much better it went than the critic had said. The time limit needed nothing "
            "here, since its future still exists.",
            row=one_row,
        ),
        hints=(
            "The critic said V(s_t). One step later, what do you know that it did not, and what does it say now?",
            "After the last step of a terminated episode nothing is left to come, whatever the critic says. Multiply "
            "the future by something that is 0 there.",
            "return rewards + gamma * ___ * (1 − ___) − ___",
        ),
        answer="return rewards + gamma * next_values * (1 - terminated) - values",
    ),
    Item(
        name="gae",
        exercise=EXERCISE,
        points=3,
        judge=OfRollout(
            gae.gae_by_definition,
            GAE_SYMBOLS,
            ("Â",),
            (
                Part("one episode, finished or not; λ = 0 and 1, T = 1", 1, one_episode),
                Part("several episodes in one rollout", 1, several_episodes),
                Fragile("several environments side by side, [T, N]", 0.75, environments, raised=SIDE_BY_SIDE),
                Fragile(
                    "δs that are whole numbers; inputs left as they were",
                    0.25,
                    whole_deltas,
                    raised="Here `deltas` holds whole numbers.",
                ),
            ),
            RECURSION,
            lambda *inputs: "Seen from row t, the δ of l rows later weighs (γλ)^l, up to the end of the episode.",
            "One multiplication a row, from the back. Every δ reaches all rows before it in its own episode, and none "
            "in another.",
            row=row_of(GAE_SYMBOLS),
            backwards=True,
        ),
        hints=(
            "In which row is Â known without knowing any other Â? And which row can be done next?",
            "Go backwards and carry the advantage of the row after. Before you use it, ask whether that row belongs to "
            "the same episode.",
            "for t in reversed(range(T)): carried = deltas[t] + ___ * (1 − dones[___]) * carried; store it in row t",
        ),
        answer="advantages = np.zeros(deltas.shape)\n"
        "carried = 0.0\n"
        "for t in reversed(range(len(deltas))):\n"
        "    carried = deltas[t] + gamma * gae_lambda * (1 - dones[t]) * carried\n"
        "    advantages[t] = carried\n"
        "return advantages",
    ),
    MIXTURE,
    ENDS,
    RECURSION_LINES,
    BEST_LAMBDA,
)
