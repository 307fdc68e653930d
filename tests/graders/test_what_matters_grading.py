"""What is special about the graders of exercise 08."""

import itertools
import math
import time

import bank_what_matters as bank
import numpy as np
import pytest
import torch

from ppo_edu.experiments import suspicious
from ppo_edu.grading.checks.what_matters import ITEMS
from ppo_edu.grading.checks.what_matters_diagnoses import TELLS_APART
from ppo_edu.grading.checks.what_matters_interval import EXACT, RIGHT, held, near, probes_of
from ppo_edu.grading.checks.what_matters_losses import observed
from ppo_edu.grading.checks.what_matters_mend import PLACES, SAID, TOLERANCE, known
from ppo_edu.grading.checks.what_matters_mend import probes_of as mend_probes
from ppo_edu.grading.checks.what_matters_patients import NAMES, PATIENTS, QUICK, SUSPECTS, examine, patient
from ppo_edu.grading.items import grade

DIAGNOSES, MEND, AUDIT, IQM, INTERVAL, ABLATION = ITEMS


def wrong(item, name):
    return next(function for function, _ in bank.WRONG[item.name] if function.__name__ == name)


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.name)
def test_points_add_up_and_hints_keep_the_answer_back(item):
    steps = grade(item, bank.RIGHT[item.name][0]).steps
    assert sum(step.points for step in steps) == pytest.approx(item.points) and all(step.points > 0 for step in steps)
    lines = [line.strip() for line in item.answer.splitlines() if line]
    assert not any(line in hint for line in lines for hint in item.hints)


def test_the_exercise_is_worth_eleven_points():
    assert sum(item.points for item in ITEMS) == 11


# -- the patients ------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_patient_fails_one_short_experiment_alone():
    """So that the experiment that shows it can be named, and must be looked for."""
    for who in PATIENTS:
        assert [x for x in QUICK if suspicious(examine(who, x))] == [SUSPECTS[PATIENTS[who]].bug.experiment]


@pytest.mark.slow
def test_every_wrong_name_is_refuted_by_a_number():
    """In the experiment its message speaks of, a trainer with that bug and the patient are told apart at a glance."""
    for who, name in itertools.product(PATIENTS, NAMES):
        if name != PATIENTS[who]:
            experiment = TELLS_APART.get((who, name), SUSPECTS[name].bug.experiment)
            pairs = zip(examine(name, experiment).values(), examine(who, experiment).values())
            assert any(abs(x - y) > 0.15 * max(abs(x), abs(y)) for x, y in pairs), (who, name)
            message = grade(DIAGNOSES, bank.misnamed(who, name)).message
            assert f"Patient {who} does not have “{name}”" in message and f"In `{experiment}`" in message


def test_what_can_be_computed_is_measured():
    assert examine("B", "constant reward")["V"] == pytest.approx(1 / (1 - 0.9**2), abs=0.02)
    missing, quarter = (examine(x, "rows drawn")["never drawn"] for x in ("C", "last minibatch left out"))
    rows = 4 * quarter
    assert missing / rows == pytest.approx(math.exp(-1), abs=0.04)


def test_a_patient_tells_nobody_its_name():
    words = " ".join(map(str, (patient("A"), patient("A").update, patient("A").__name__))).lower()
    assert not any(name in words for name in NAMES)
    with pytest.raises(KeyError):
        patient("D")


@pytest.mark.slow
def test_the_patients_show_on_other_seeds_too():
    for who, seed in itertools.product(PATIENTS, range(2, 6)):
        assert suspicious(examine(who, SUSPECTS[PATIENTS[who]].bug.experiment, seed)), (who, seed)


@pytest.mark.slow
def test_on_cartpole_one_patient_fails_and_two_reach_five_hundred():
    returns = {who: examine(who, "cartpole")["return"] for who in PATIENTS}
    assert returns["A"] < 50 and min(returns["B"], returns["C"]) > 450


# -- the broken loss ---------------------------------------------------------------------------------------------


def test_each_planted_bug_shows_in_its_own_place_and_in_the_whole_only():
    for i, bug in enumerate(bank.PLANTED):
        steps = grade(MEND, bank.with_bugs(bug)).steps
        assert [step.passed for step in steps] == [j not in (i, 6) for j in range(7)], bug


@pytest.mark.slow
def test_of_any_set_of_bugs_the_first_is_named_and_the_others_are_counted():
    for count in range(1, 7):
        for bugs in itertools.combinations(bank.PLANTED, count):
            report = grade(MEND, bank.with_bugs(*bugs))
            assert bank.SAID[bugs[0]] in report.message, bugs
            assert [step.passed for step in report.steps[:6]] == [bug not in bugs for bug in bank.PLANTED]


def test_no_belief_about_the_loss_is_the_right_one():
    right = bank.edited("right")
    for belief in MEND.judge.beliefs:
        for formula in belief.formulas:
            differs = False
            for place in PLACES:
                for i, (_, inputs) in enumerate(mend_probes(place, 0)):
                    theirs, mine = known(formula, place, 0, i), observed(right, *inputs)
                    differs |= not all(np.allclose(theirs[name], mine[name], **TOLERANCE) for name in SAID)
            assert differs, belief.message


def test_a_loss_may_work_in_single_precision_and_must_not_touch_the_learners_threads():
    threads = torch.get_num_threads()
    assert grade(MEND, bank.edited("single", ("rollout.rewards[t] +", "rollout.rewards[t].float() +"))).earned == 3
    assert torch.get_num_threads() == threads


# -- the interval ------------------------------------------------------------------------------------------------


def test_no_belief_about_the_interval_is_the_right_one():
    for belief in INTERVAL.judge.beliefs:
        for formula in belief.formulas:
            truth = [held(RIGHT, 0, i, EXACT) for i in range(len(probes_of(0)))]
            assert not all(near(held(formula, 0, i), x, x) for i, x in enumerate(truth)), belief.message


def test_the_interval_is_that_of_the_package():
    for i, (_, probe) in enumerate(probes_of(0)):
        package = bank.bootstrap_interval(probe.scores, probe.baseline, probe.level, resamples=20_000)
        assert near(package, held(RIGHT, 0, i, EXACT), held(RIGHT, 0, i, EXACT))


def test_a_generator_of_ones_own_costs_a_part_only():
    report = grade(INTERVAL, wrong(INTERVAL, "seed_of_its_own"))
    assert [step.passed for step in report.steps] == [True, True, False] and report.earned == 1.25


def test_a_wrong_word_keeps_the_points_of_the_numbers():
    report = grade(ABLATION, wrong(ABLATION, "by_overlap"))
    assert [step.passed for step in report.steps] == [True, True, False]
    report = grade(ABLATION, wrong(ABLATION, "means"))
    assert [step.passed for step in report.steps] == [False, True, True]


# -- all of them -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.name)
@pytest.mark.parametrize(
    "answer", ("three", {"a": 1}, [], np.array([]), (), [[1.0], [2.0, 3.0]], ([1.0, 2.0], 1.0), math.nan, {"A": 1}, 2.5)
)
def test_nonsense_is_wrong_and_never_an_error_of_the_check(item, answer):
    report = grade(item, lambda *inputs: answer)
    assert report.outcome in ("wrong", "raised", "not attempted") and report.earned == 0 and report.message


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.name)
def test_an_answer_that_raises_is_no_error_of_the_check(item):
    report = grade(item, lambda *inputs: {}["no such key"])
    assert report.outcome == "raised" and "KeyError" in report.message


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.name)
def test_a_stub_is_not_attempted(item):
    def stub(*inputs):
        raise NotImplementedError()

    assert grade(item, stub).outcome == "not attempted"


def test_a_check_takes_seconds_at_most():
    start = time.process_time()
    for item in ITEMS[1:]:
        grade(item, bank.RIGHT[item.name][0])
    assert time.process_time() - start < 5
