"""What is special about the graders of exercise 04."""

import math

import bank_trust_regions as bank
import numpy as np
import pytest

from ppo_edu import kl as package
from ppo_edu.grading.checks import trust_regions_counter as counter
from ppo_edu.grading.checks.trust_regions import ITEMS
from ppo_edu.grading.items import grade

KL, ESTIMATORS, COUNTER, COEF, CONJUGATE, FISHER, STEP = ITEMS
WITH_BELIEFS = [item for item in ITEMS if hasattr(item.judge, "beliefs")]


def answer(item, name):
    """The answer of this name in the bank."""
    functions = [*bank.RIGHT[item.name], *(function for function, _ in bank.WRONG[item.name])]
    return next(function for function in functions if function.__name__ == name)


def passed(item, name):
    return [step.passed for step in grade(item, answer(item, name)).steps]


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.name)
def test_points_add_up_and_hints_keep_the_answer_back(item):
    steps = grade(item, bank.RIGHT[item.name][0]).steps
    assert sum(step.points for step in steps) == item.points and all(step.points > 0 for step in steps)
    lines = [line.strip() for line in item.answer.splitlines() if line]
    assert not any(line in hint for line in lines for hint in item.hints)


def test_the_core_is_worth_eight_points_and_the_optional_half_three():
    assert sum(item.points for item in ITEMS[:4]) == 8 and sum(item.points for item in ITEMS[4:]) == 3


@pytest.mark.parametrize("item", WITH_BELIEFS, ids=lambda item: item.name)
def test_no_belief_is_the_right_answer(item):
    for seed in range(3):
        probes = [inputs for part in item.judge.parts for inputs in part.probes(seed)]
        for belief in item.judge.beliefs:
            for formula in belief.formulas:
                with np.errstate(all="ignore"):
                    assert not all(says_the_same(item, formula, inputs) for inputs in probes), belief.message


def says_the_same(item, formula, inputs):
    """Does the formula give what the reference gives, where it says anything?"""
    pair = [given if isinstance(given := f(*inputs), tuple) else (given,) for f in (formula, item.judge.reference)]
    if len(pair[0]) != len(pair[1]):
        return False
    told = [(np.asarray(x, float), np.asarray(y, float)) for x, y in zip(*pair) if x is not None]
    return all(x.shape == y.shape and np.allclose(x, y, 1e-3, 1e-4, equal_nan=True) for x, y in told)


def test_the_counter_examples_judge_knows_the_lessons_numbers():
    assert counter.kl(np.array([0.5, 0.4, 0.1]), np.array([0.6, 0.39, 0.01])) == pytest.approx(0.149, abs=5e-4)
    assert counter.kl(np.array([0.5, 0.5]), np.array([0.6, 0.4])) == pytest.approx(-0.5 * math.log(1 - 0.2**2))


def test_no_pair_in_the_band_is_ever_a_counter_example():
    """All three ratios within 1 ± 0.2: the KL is at most 0.0204, so the judge refuses them all."""
    draws = np.random.default_rng(0)
    old = draws.dirichlet(np.ones(3), size=3000)
    new = old * (1 + draws.uniform(-0.2, 0.2, old.shape))
    new /= new.sum(-1, keepdims=True)
    inside = (abs(new / old - 1) <= 0.2).all(-1)
    assert inside.sum() > 500
    for pair in zip(old[inside][:300], new[inside][:300]):
        report = grade(COUNTER, lambda least_kl, pair=pair: pair)
        assert report.outcome == "wrong" and "All three ratios" in report.message


def test_any_pair_with_the_properties_is_a_counter_example():
    draws, found = np.random.default_rng(1), 0
    for _ in range(3000):
        q = draws.uniform(0.001, 0.16)
        first = draws.uniform(0.2, 0.8)
        old = np.array([first * (1 - q), (1 - first) * (1 - q), q])
        new = np.array([*(old[:2] * draws.uniform(0.8, 1.2, 2)), q * math.exp(-draws.uniform(1, 700))])
        new[0] = 1 - new[1] - new[2]
        if abs(new[0] / old[0] - 1) < 0.2 and package.categorical_kl(np.log(new), np.log(old)) > 5.001:
            found += 1
            assert grade(COUNTER, lambda least_kl, pair=(old, new): pair).outcome == "correct"
    assert found > 300


def test_a_pair_for_a_tenth_keeps_most_of_the_points():
    report = grade(COUNTER, answer(COUNTER, "for_a_tenth_only"))
    assert report.earned == 1.5 and "For a KL of 0.1 your pair is a counter-example" in report.message
    assert passed(COUNTER, "of_the_docstring") == [True, False, False, False]
    assert passed(COUNTER, "not_normalised") == [False, False, False, False]


def test_what_is_right_on_ordinary_policies_keeps_its_points():
    assert passed(KL, "no_shift") == [True, False, False]
    assert passed(KL, "scipy_rel_entr") == [True, False, True]
    assert passed(KL, "nan_of_masks") == [True, True, False]
    assert grade(KL, answer(KL, "math_log")).earned == 2.25


def test_an_infinite_kl_is_right_and_a_nan_is_not():
    report = grade(KL, lambda logits, old: package.categorical_kl(logits, old) + 0.5)
    assert "nan" not in report.message and "infinity" not in report.message
    sometimes = grade(KL, lambda logits, old: np.sqrt(package.categorical_kl(logits, old) - 0.02) ** 2 + 0.02)
    assert "There is a nan or an infinity" in sometimes.message


def test_three_estimators_are_judged_one_by_one():
    assert passed(ESTIMATORS, "k1_sign")[:3] == [False, True, True]
    assert passed(ESTIMATORS, "k2_no_half")[:3] == [True, False, True]
    assert passed(ESTIMATORS, "k3_other_direction")[:3] == [True, True, False]
    assert passed(ESTIMATORS, "k3_without_digits") == [True, True, True, True, False]


def test_the_case_of_a_lost_digit_is_shown_in_its_own_size():
    report = grade(ESTIMATORS, answer(ESTIMATORS, "k3_without_digits"))
    assert "divided by" in report.case.inputs and report.case.expected.startswith("k3 ")


def test_what_an_answer_costs_is_judged_apart_from_what_it_is():
    assert passed(CONJUGATE, "two_products") == [True, True, True, False]
    assert passed(CONJUGATE, "residual_from_a_product_at_the_start") == [True] * 4
    assert passed(FISHER, "whole_matrix") == [True, True, True, False]
    assert passed(FISHER, "all_small_blocks") == [True] * 4


def test_the_parts_of_a_step_are_seen_apart():
    assert passed(STEP, "no_root")[0] is False
    assert passed(STEP, "no_kl")[:3] == [True, False, False]
    assert passed(STEP, "no_surrogate")[:3] == [True, True, False]
    assert passed(STEP, "nan_is_fine") == [True, True, True, False]


def test_every_step_that_passes_keeps_its_promise():
    """No probe has a right answer beyond δ, or one that lowers the surrogate."""
    for seed in range(5):
        for part in STEP.judge.parts:
            for theta, direction, curvature, surrogate, mean_kl, delta in part.probes(seed):
                new = STEP.judge.reference(theta, direction, curvature, surrogate, mean_kl, delta)
                assert (new == theta).all() or (mean_kl(new) <= delta and surrogate(new) > surrogate(theta))


@pytest.mark.parametrize("item", [item for item in ITEMS if item is not COEF], ids=lambda item: item.name)
@pytest.mark.parametrize(
    "answer", ("three", {"a": 1}, [], np.array([]), (), [[1.0], [2.0, 3.0]], ([1.0, 2.0], 1.0), (1.0, 2.0), math.nan)
)
def test_nonsense_is_wrong_and_never_an_error_of_the_check(item, answer):
    report = grade(item, lambda *inputs: answer)
    assert report.outcome in ("wrong", "raised") and report.earned == 0 and report.message


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.name)
def test_a_stub_is_not_attempted(item):
    def stub(*inputs):
        raise NotImplementedError()

    assert grade(item, stub).outcome == grade(item, lambda *inputs: None).outcome == "not attempted"
