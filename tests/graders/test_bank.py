"""The graders against the bank: every right answer passes in full, every wrong one gets *its* message."""

import collections
import functools
import importlib

import pytest

from ppo_edu.grading.items import EXERCISES, everything, find, grade

BANKS = [importlib.import_module(f"bank_{exercise}") for exercise in EXERCISES]
RIGHT = [(item, function) for bank in BANKS for item, functions in bank.RIGHT.items() for function in functions]
WRONG = [(item, function, piece) for bank in BANKS for item, found in bank.WRONG.items() for function, piece in found]
SLOW = {function for bank in BANKS for function in getattr(bank, "SLOW", ())}  # they train


@pytest.fixture(autouse=True)
def own_progress(tmp_path, monkeypatch):
    monkeypatch.setenv("PPO_EDU_PROGRESS", str(tmp_path / "progress.json"))


def name(value):
    return getattr(value, "__name__", None)


def cases(answers):
    return [pytest.param(*answer, marks=[pytest.mark.slow] * (answer[1] in SLOW)) for answer in answers]


@functools.cache
def graded(item, function):
    return grade(find(item), function)


@pytest.mark.parametrize("item, function", cases(RIGHT), ids=name)
def test_a_right_answer_in_any_style_passes(item, function):
    report = graded(item, function)
    assert report.outcome == "correct" and report.earned == report.points, report


@pytest.mark.parametrize("item, function, piece", cases(WRONG), ids=name)
def test_a_wrong_answer_gets_its_own_message(item, function, piece):
    report = graded(item, function)
    assert report.outcome in ("wrong", "raised") and report.earned < report.points, report
    assert piece in report.message, report


def test_there_are_enough_of_both():
    right, wrong = (collections.Counter(item for item, *_ in answers) for answers in (RIGHT, WRONG))
    assert {item: (right[item], wrong[item]) for item in everything() if min(right[item], wrong[item]) < 10} == {}


def test_every_belief_of_the_graders_is_somebodys():
    """A message that no wrong answer of the bank gets is untested; each belief is met at least once."""
    for name, item in everything().items():
        if hasattr(item.judge, "beliefs"):
            wrong = [function for of, function, _ in WRONG if of == name and function not in SLOW]
            said = {graded(name, function).message for function in wrong}
            assert [b.message for b in item.judge.beliefs if b.message not in said] == []


def repeats(function):
    return 2 if function in SLOW else 20


@pytest.mark.slow
@pytest.mark.parametrize("bank", BANKS, ids=EXERCISES)
def test_twenty_repeats_with_other_draws(bank, record_property):
    lines = [f"{'item':<22}{'right passed':>14}{'wrong, own message':>20}   (20 repeats, 2 of what trains)"]
    whole = []
    for item in bank.RIGHT:
        passed = [
            grade(find(item), function, seed).outcome == "correct"
            for function in bank.RIGHT[item]
            for seed in range(1, repeats(function) + 1)
        ]
        told = [
            piece in report.message and report.outcome in ("wrong", "raised")
            for function, piece in bank.WRONG[item]
            for report in (grade(find(item), function, seed) for seed in range(1, repeats(function) + 1))
        ]
        counts = (f"{sum(found)} of {len(found)}" for found in (passed, told))
        lines.append("{:<22}{:>14}{:>20}".format(item, *counts))
        whole += passed + told
    record_property("table", "\n".join(lines))
    assert all(whole), "\n".join(lines)
