"""What is special about the graders of exercise 01."""

import json
import math
from pathlib import Path

import bank_step_size as bank
import numpy as np
import pytest

from ppo_edu import mdp
from ppo_edu.grading.checks.step_size import ITEMS
from ppo_edu.grading.checks.step_size_worlds import exact_return, longest_safe_step, policy_gradient, small, worlds
from ppo_edu.grading.items import grade

EXERCISE = Path(__file__).parents[2] / "exercises" / "01_step_size.ipynb"
ALL_WORLDS = [world for seed in range(3) for world in small(seed) + worlds(seed)]


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.name)
def test_every_belief_is_met_points_add_up_and_hints_keep_the_answer_back(item):
    said = {grade(item, function).message for function, _ in bank.WRONG[item.name]}
    assert [b.message for b in item.judge.beliefs if b.message not in said] == []
    steps = grade(item, bank.RIGHT[item.name][0]).steps
    assert sum(step.points for step in steps) == item.points and all(step.points > 0 for step in steps)
    lines = [line.strip() for line in item.answer.splitlines() if line]
    assert not any(line in hint for line in lines for hint in item.hints)


@pytest.mark.parametrize("world", ALL_WORLDS)
def test_the_references_agree_with_following_the_chain_and_with_nudging(world):
    logits, transitions, rewards, start, gamma = world
    here, policy, total = start, mdp.softmax(logits), 0.0
    for t in range(3000):
        total += gamma**t * (here[:, None] * policy * rewards).sum()
        here = np.einsum("s,sa,sat->t", here, policy, transitions)
    assert exact_return(policy, *world[1:]) == pytest.approx(total, abs=1e-9)
    expected = np.zeros_like(logits)
    for where in np.ndindex(logits.shape):
        up, down = logits.copy(), logits.copy()
        up[where] += 1e-5
        down[where] -= 1e-5
        expected[where] = (
            exact_return(mdp.softmax(up), *world[1:]) - exact_return(mdp.softmax(down), *world[1:])
        ) / 2e-5
    assert np.allclose(policy_gradient(*world), expected, rtol=1e-5, atol=1e-6)


def test_the_numbers_the_exercise_names_are_so():
    cells = ["".join(cell["source"]) for cell in json.loads(EXERCISE.read_text(encoding="utf-8"))["cells"]]
    names, text = {}, "\n".join(cells)
    exec(next(cell for cell in cells if cell.startswith("import numpy")), names)
    world = [names[name] for name in ("transitions", "rewards", "start", "gamma")]
    assert f"$J = {exact_return(mdp.softmax(names['logits']), *world):.4f}$" in text
    rows = [", ".join(f"{x:.4f}" for x in row) for row in policy_gradient(names["logits"], *world)]
    assert f"[[{rows[0]}], [{rows[1]}]]".replace("-", "−") in text
    assert exact_return(np.ones((1, 1)), np.ones((1, 1, 1)), np.ones((1, 1)), np.ones(1), 0.9) == pytest.approx(10)
    pull = np.zeros((1, 2)), np.zeros((1, 2, 1)), np.array([[1.0, 0.0]]), np.ones(1), 0.9
    assert np.allclose(policy_gradient(*pull), [[0.25, -0.25]])
    assert longest_safe_step(np.array([1, 2, 4, 8]), np.array([2, 3, 1, 5]), 1.5) == 2


def test_a_loop_that_stops_early_keeps_the_points_of_what_can_be_followed_by_hand():
    report = grade(ITEMS[1], bank.sweeps(100))
    assert report.outcome == "wrong" and report.earned == 1 and "stop too early" in report.message


def test_huge_logits_are_points_of_their_own():
    report = grade(ITEMS[0], lambda z: bank.weights_shifted(z, z.mean(1, keepdims=True)))
    assert [step.passed for step in report.steps] == [True, False]


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.name)
@pytest.mark.parametrize(
    "answer", ("three", {"a": 1}, [], np.array([]), (), [[1.0], [2.0, 3.0]], ([1.0, 2.0], 1.0), (1.0, 2.0), math.nan)
)
def test_nonsense_is_wrong_and_never_an_error_of_the_check(item, answer):
    report = grade(item, lambda *inputs: answer)
    assert report.outcome in ("wrong", "raised") and report.earned == 0 and report.message
