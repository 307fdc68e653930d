"""What is special about the graders of exercise 06."""

import math
import time

import bank_value_and_entropy as bank
import numpy as np
import pytest
import torch

from ppo_edu.grading.checks.value_and_entropy import ITEMS
from ppo_edu.grading.checks.value_and_entropy_lines import LINES
from ppo_edu.grading.items import grade
from ppo_edu.questions.value_and_entropy import ENTROPY_ALGEBRA

BY_NAME = {item.name: item for item in ITEMS}
DERIVATION = BY_NAME["entropy_lines"]
OF_ARRAYS = [item for item in ITEMS if item is not DERIVATION]


def bank_answer(item, name):
    """A wrong answer of the bank, by its name."""
    return next(function for function, _ in bank.WRONG[item] if function.__name__ == name)


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.name)
def test_points_add_up_and_hints_keep_the_answer_back(item):
    steps = grade(item, bank.RIGHT[item.name][0]).steps
    assert sum(step.points for step in steps) == item.points and all(step.points > 0 for step in steps)
    lines = [line.strip() for line in item.answer.splitlines() if line]
    assert not any(line in hint for line in lines for hint in item.hints)


def test_the_exercise_is_worth_ten_points():
    assert sum(item.points for item in ITEMS) == 10


def test_the_worked_numbers_of_the_docstrings():
    """Each is in the check as well, but a docstring can be wrong by itself."""
    right = {name: functions[0] for name, functions in bank.RIGHT.items()}
    assert right["value_loss"](1.5, 3.5) == 2 and right["clipped_value_loss"](1.5, 1.0, 3.5, 0.2) == pytest.approx(
        2.645
    )
    example = np.log([[0.7, 0.1, 0.1, 0.1]])
    assert right["categorical_entropy"](example + 3).item() == pytest.approx(0.940448, abs=5e-7)
    assert right["entropy_gradient"](example)[0, :2] == pytest.approx([-0.408641, 0.136214], abs=5e-7)
    assert right["total_objective"](2.4, 2.0, 0.94, 0.5, 0.01) == pytest.approx(1.4094)
    batch = map(np.array, ([2.5, 2.5], [2.0, -2.0], [1.5, 1.0], [3.5, 2.0], [1.0, 0.5]))
    assert right["loss_to_minimise"](*batch, 0.2, 0.5, 0.01) == pytest.approx(1.9175)
    assert right["normalize"](np.array([1.0, 3.0])) == pytest.approx([-1, 1])


def test_a_slope_of_zero_is_told_as_0():
    report = grade(BY_NAME["entropy_gradient"], bank_answer("entropy_gradient", "chord_of_a_thousandth"))
    assert report.case.expected == "∂S/∂z 0"


@pytest.mark.parametrize("item", OF_ARRAYS, ids=lambda item: item.name)
def test_every_belief_is_wrong_and_gets_its_own_message(item):
    """No formula of a belief is a right answer, and none is reached by the message of another."""
    for belief in item.judge.beliefs:
        for formula in belief.formulas:
            report = grade(item, formula)
            assert report.outcome == "wrong" and report.message == belief.message, (belief.message, report)


def test_wrong_lines_are_wrong_and_belong_to_their_own_message():
    for line in LINES:
        for mistake in line.mistakes:
            for formula in mistake.formulas:
                right, message = line.judge(formula)
                assert not right and message == mistake.message, formula


def test_the_lines_of_the_lesson_are_right_here_too():
    """The lesson asks for the sum of the +1, the exercise for minus that sum; both are 0."""
    for line, (_, expected, _, mistakes) in zip(LINES, ENTROPY_ALGEBRA["lines"]):
        assert line.judge(expected)[0]
        assert all(not line.judge(formula)[0] for formula, _ in mistakes)


def test_masks_and_huge_logits_cost_their_own_points_only():
    entropy, gradient = BY_NAME["categorical_entropy"], BY_NAME["entropy_gradient"]
    report = grade(entropy, bank_answer("categorical_entropy", "zero_log_zero_logs"))
    assert [step.passed for step in report.steps] == [True, True, False]
    report = grade(entropy, bank.math_exp_overflows)
    assert [step.passed for step in report.steps] == [True, False, True] and report.earned == 1.5
    report = grade(gradient, bank.where_after_the_product)
    assert [step.passed for step in report.steps] == [True, True, False] and report.earned == 1.5


def test_of_two_mistakes_the_one_about_entropy_is_named_before_the_one_about_masks():
    def bits_and_nan(logits):
        probs = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
        return -(probs * np.log2(probs)).sum(1)

    report = grade(BY_NAME["categorical_entropy"], bits_and_nan)
    assert "in bits" in report.message and report.earned == 0


def test_a_loss_in_numpy_has_its_slopes_and_one_in_torch_must_send_them():
    loss = BY_NAME["loss_to_minimise"]
    assert grade(loss, bank.numpy_three_means).earned == 1
    report = grade(loss, bank_answer("loss_to_minimise", "ratio_detached"))
    assert [step.passed for step in report.steps] == [True, True, False] and report.earned == 0.75
    assert report.case.inputs == "∂loss/∂ratio of a batch of 12"


def test_a_loss_without_a_derivative_is_no_error_of_the_check():
    def rounded(ratio, advantages, values, returns, entropy, clip_eps, vf_coef, ent_coef):
        right = bank.minus_the_mean(ratio, advantages, values, returns, entropy, clip_eps, vf_coef, ent_coef)
        return right + 0 * (torch.as_tensor(ratio) // 1).sum()

    assert grade(BY_NAME["loss_to_minimise"], rounded).outcome == "correct"
    assert grade(BY_NAME["value_loss"], lambda v, r: torch.as_tensor(v - r) ** 2 // 2).outcome == "wrong"


def test_the_case_names_state_and_sample():
    report = grade(BY_NAME["categorical_entropy"], bank_answer("categorical_entropy", "zero_log_zero_logs"))
    assert report.case.inputs == "state 0, logits [0, 0, −inf]" and report.case.got == "nan"
    report = grade(BY_NAME["entropy_gradient"], bank_answer("entropy_gradient", "no_S"))
    assert report.case.inputs.startswith("state 0, action 0, logits [−0.3567, ")
    report = grade(BY_NAME["normalize"], bank_answer("normalize", "sample_std"))
    assert report.case.inputs == "Â = 1 in a batch with mean 2 and deviation 1"


@pytest.mark.parametrize("item", OF_ARRAYS, ids=lambda item: item.name)
@pytest.mark.parametrize(
    "answer", ("three", {"a": 1}, [], np.array([]), (), [[1.0], [2.0, 3.0]], ([1.0, 2.0], 1.0), (1.0, 2.0), math.nan)
)
def test_nonsense_is_wrong_and_never_an_error_of_the_check(item, answer):
    report = grade(item, lambda *inputs: answer)
    assert report.outcome in ("wrong", "raised") and report.earned == 0 and report.message


@pytest.mark.parametrize("text", ("9**9**9**9", "(" * 500, "__import__('os')", "p1" * 150, "p1.real", "1/0", "p1^1.5"))
def test_hostile_lines_are_answered_in_words_and_at_once(text):
    start = time.perf_counter()
    reports = [grade(DERIVATION, bank.lines(**{line.key: text})) for line in LINES]
    assert time.perf_counter() - start < 5
    assert all(report.outcome == "wrong" and report.earned < 1 for report in reports)


@pytest.mark.parametrize("answer", ({}, {"own": None}, dict.fromkeys(bank.LINES)))
def test_an_empty_derivation_is_not_attempted(answer):
    assert grade(DERIVATION, lambda: answer).outcome == grade(DERIVATION, lambda: None).outcome == "not attempted"
