"""What is special about the graders of exercise 02."""

import math

import bank_probability_ratio as bank
import numpy as np
import pytest

from ppo_edu.grading.checks.probability_ratio import ITEMS
from ppo_edu.grading.items import grade


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.name)
def test_every_belief_is_met_points_add_up_and_hints_keep_the_answer_back(item):
    said = {grade(item, function).message for function, _ in bank.WRONG[item.name]}
    assert [b.message for b in item.judge.beliefs if b.message not in said] == []
    steps = grade(item, bank.RIGHT[item.name][0]).steps
    assert sum(step.points for step in steps) == item.points and all(step.points > 0 for step in steps)
    lines = [line.strip() for line in item.answer.splitlines() if line]
    assert not any(line in hint for line in lines for hint in item.hints)


def test_a_division_by_zero_among_the_extremes_keeps_the_points_of_the_others():
    report = grade(ITEMS[0], lambda new, old: math.exp(new) / math.exp(old))
    assert report.outcome == "wrong" and report.earned == 2 and "Stay in the logarithm" in report.message


def test_two_mistakes_at_once_hear_of_the_simpler_one_first():
    report = grade(ITEMS[0], lambda new, old: math.exp(old) / math.exp(new))
    assert "Upside down" in report.message and report.earned < 1


def test_one_epoch_cannot_tell_a_moving_old_policy_from_a_fixed_one():
    """Both bugs of an old policy computed anew are told apart, and the first epoch is right for one of them."""
    detached = grade(ITEMS[4], bank.old_detached_in_the_loop)
    cancelled = grade(ITEMS[4], bank.old_with_gradient_in_the_loop)
    assert [step.passed for step in detached.steps[:3]] == [True, False, False]
    assert [step.passed for step in cancelled.steps[:3]] == [False, False, False]
    assert detached.message != cancelled.message


def test_away_from_the_old_policy_the_plain_policy_gradient_is_wrong():
    report = grade(ITEMS[3], bank.plain_policy_gradient)
    assert [step.passed for step in report.steps] == [True, False, False]


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.name)
@pytest.mark.parametrize(
    "answer", ("three", {"a": 1}, [], np.array([]), (), [[1.0], [2.0, 3.0]], ([1.0, 2.0], 1.0), (1.0, 2.0), math.nan)
)
def test_nonsense_is_wrong_and_never_an_error_of_the_check(item, answer):
    report = grade(item, lambda *inputs: answer)
    assert report.outcome in ("wrong", "raised") and report.earned == 0 and report.message
