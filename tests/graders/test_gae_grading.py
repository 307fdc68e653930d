"""What is special about the graders of exercise 05."""

import math
import time

import bank_gae as bank
import numpy as np
import pytest

from ppo_edu import gae as package
from ppo_edu.grading.checks.gae import ITEMS
from ppo_edu.grading.checks.gae_lines import LINES
from ppo_edu.grading.checks.gae_mixture_beliefs import reference as mixture
from ppo_edu.grading.checks.gae_rollouts import LESSON_DELTAS, LESSON_REWARDS, LESSON_VALUES
from ppo_edu.grading.items import grade

TD, GAE, MIXTURE, ENDS, DERIVATION, BEST = ITEMS
OF_ARRAYS = [item for item in ITEMS if item is not DERIVATION]


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.name)
def test_points_add_up_and_hints_keep_the_answer_back(item):
    steps = grade(item, bank.RIGHT[item.name][0]).steps
    assert sum(step.points for step in steps) == item.points and all(step.points > 0 for step in steps)
    lines = [line.strip() for line in item.answer.splitlines() if line]
    assert not any(line in hint for line in lines for hint in item.hints)


def test_the_exercise_is_worth_thirteen_points():
    assert sum(item.points for item in ITEMS) == 13


def test_the_graders_know_the_lessons_numbers():
    """Example 2: 3.664 with the special last weight, 1.953 without it."""
    advantages, weights = mixture(LESSON_REWARDS, np.append(LESSON_VALUES, 0.0), 0.9, 0.8)
    assert advantages @ weights == pytest.approx(3.6639, abs=5e-5) and weights.sum() == pytest.approx(1)
    assert advantages @ (0.2 * 0.8 ** np.arange(4)) == pytest.approx(1.953, abs=5e-4)
    assert package.gae(LESSON_DELTAS, [0, 0, 0, 1], 0.9, 0.8)[0] == pytest.approx(advantages @ weights)


@pytest.mark.parametrize("item", OF_ARRAYS, ids=lambda item: item.name)
def test_no_belief_is_the_right_answer(item):
    for seed in range(3):
        probes = [inputs for part in item.judge.parts for inputs in part.probes(seed)]
        right = [item.judge._arrays(item.judge.reference(*inputs)) for inputs in probes]
        for belief in item.judge.beliefs:
            for formula in belief.formulas:
                with np.errstate(all="ignore"):
                    assert item.judge._believed(formula, probes, right) is False, belief.message


def test_wrong_lines_are_wrong_and_belong_to_their_own_message():
    """No mistake is equal to the right line, and no two messages wait for the same expression."""
    for line in LINES:
        for i, mistake in enumerate(line.mistakes):
            for formula in mistake.formulas:
                right, message = line.judge(formula)
                assert not right and message == line.mistakes[i].message, formula


def test_an_answer_for_one_environment_keeps_its_points():
    report = grade(GAE, bank.if_for_a_single_environment)
    assert [step.passed for step in report.steps] == [True, True, False, True] and report.earned == 2.25


def test_of_two_mistakes_the_one_about_gae_is_named_before_the_one_about_kinds():
    assert "one row too early" in grade(GAE, bank.two_mistakes_at_once).message
    assert "drop the last reward" in grade(TD, bank.two_mistakes_tell_of_the_first).message


def test_two_outputs_are_judged_one_by_one():
    """Wrong weights cost no points of the advantages, and are named although the advantages are right."""
    naive = next(f for f, _ in bank.WRONG["n_step_mixture"] if f.__name__ == "naive")
    assert [step.passed for step in grade(MIXTURE, naive).steps][:2] == [True, False]
    report = grade(ENDS, next(f for f, _ in bank.WRONG["advantages_and_returns"] if f.__name__ == "plus_next"))
    assert [step.passed for step in report.steps][:3] == [True, True, False]
    assert report.case.expected.startswith("returns")


def test_the_case_names_row_and_environment():
    report = grade(TD, next(f for f, _ in bank.WRONG["td_errors"] if f.__name__ == "no_mask"))
    assert report.case.inputs.startswith("row 6: reward") and ", terminated, γ = 0.9" in report.case.inputs
    report = grade(GAE, bank.recursion_over_the_last_axis)
    assert report.case.inputs.startswith("row 5 of environment ")


def test_the_case_of_a_recursion_is_the_row_where_it_went_wrong():
    """The time limit stands in row 2; the rows before it are wrong as well, but say nothing."""
    death = next(f for f, _ in bank.WRONG["advantages_and_returns"] if f.__name__ == "truncation_as_death")
    words = grade(ENDS, death).case.inputs
    assert words.startswith("row 2, with") and "truncated = [1, 0, 0, 0, 0, 0, 0]" in words


@pytest.mark.parametrize("item", OF_ARRAYS, ids=lambda item: item.name)
@pytest.mark.parametrize(
    "answer", ("three", {"a": 1}, [], np.array([]), (), [[1.0], [2.0, 3.0]], ([1.0, 2.0], 1.0), (1.0, 2.0), math.nan)
)
def test_nonsense_is_wrong_and_never_an_error_of_the_check(item, answer):
    report = grade(item, lambda *inputs: answer)
    assert report.outcome in ("wrong", "raised") and report.earned == 0 and report.message


@pytest.mark.parametrize(
    "text",
    ("9**9**9**9", "(" * 500, "__import__('os')", "lambda: 0", "δ0" * 150, "δ0.real", "1/0", "\x00", "γ^1.5", "δ₀"),
)
def test_hostile_lines_are_answered_in_words_and_at_once(text):
    start = time.perf_counter()
    reports = [grade(DERIVATION, bank.lines(**{line.key: text})) for line in LINES]
    assert time.perf_counter() - start < 5
    assert all(report.outcome == "wrong" and report.earned < 2 for report in reports)


@pytest.mark.parametrize("answer", ({}, {"rest": None}, dict.fromkeys(bank.LINES)))
def test_an_empty_derivation_is_not_attempted(answer):
    assert grade(DERIVATION, lambda: answer).outcome == grade(DERIVATION, lambda: None).outcome == "not attempted"


def test_an_answer_that_raises_now_and_then_is_no_error_of_the_check():
    calls = iter(range(10_000))

    def moody(*inputs):
        if next(calls) % 60 == 20:
            raise ValueError("not today")
        return bank.RIGHT["gae"][0](*inputs)

    assert grade(GAE, moody).outcome in ("raised", "correct")
