"""What is special about the graders of exercise 07."""

import dataclasses
import json
import math
import time
from pathlib import Path
from types import SimpleNamespace

import bank_train_ppo as bank
import gymnasium as gym
import numpy as np
import pytest
import torch

from ppo_edu.envs import make_envs
from ppo_edu.grading import runner
from ppo_edu.grading.checks import train_ppo_toy as toy
from ppo_edu.grading.checks.train_ppo import ITEMS
from ppo_edu.grading.checks.train_ppo_collect import NAMES, STAGES, watch
from ppo_edu.grading.checks.train_ppo_collect_beliefs import ABOUT_ARRAYS
from ppo_edu.grading.checks.train_ppo_step import BELIEFS, believed
from ppo_edu.grading.checks.train_ppo_step_probes import STAGES as STEP_STAGES
from ppo_edu.grading.checks.train_ppo_step_recipes import (
    REFERENCE,
    Look,
    clipped,
    entropy,
    minus_the_objective,
    value_loss,
)
from ppo_edu.grading.checks.train_ppo_train import BUDGET, LEARNED, SEEDS, THRESHOLD, TRACED
from ppo_edu.grading.checks.train_ppo_worlds import Account, Guise, OutOfSteps, guises, play
from ppo_edu.grading.items import grade

COLLECT, MINIBATCHES, PPO_STEP, TRAIN = ITEMS
QUICK = (COLLECT, MINIBATCHES, PPO_STEP)
SOLUTION = Path(__file__).parents[2] / "solutions" / "07_train_ppo.ipynb"


def wrong(item, name):
    return next(function for function, _ in bank.WRONG[item.name] if function.__name__ == name)


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.name)
def test_points_add_up_and_hints_keep_the_answer_back(item):
    quick = bank.a_good_controller_found_by_its_own_play_only if item is TRAIN else bank.RIGHT[item.name][0]
    steps = grade(item, quick).steps
    assert sum(step.points for step in steps) == item.points and all(step.points > 0 for step in steps)
    lines = [line.strip() for line in item.answer.splitlines() if line]
    assert not any(line in hint for line in lines for hint in item.hints)


def test_the_exercise_is_worth_twelve_points():
    assert sum(item.points for item in ITEMS) == 12


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.name)
@pytest.mark.parametrize(
    "answer",
    ("three", {"a": 1}, [], np.array([]), (), [[1.0], [2.0, 3.0]], ([1.0, 2.0], 1.0), (1, 2, 3), math.nan, [[[1], 2]]),
)
def test_nonsense_is_wrong_and_never_an_error_of_the_check(item, answer):
    report = grade(item, lambda *inputs: answer)
    assert report.outcome in ("wrong", "raised") and report.earned == 0 and report.message


# ── collect ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_toy_environments_behave_as_gymnasiums():
    """Rows of CartPole, cut by a time limit too, have the flags, rewards and resets that the toy's have."""
    envs = gym.make_vec("CartPole-v1", num_envs=6, vectorization_mode="vector_entry_point", max_episode_steps=20)
    obs, _ = envs.reset(seed=1)
    rng = np.random.default_rng(0)
    rollout, _, _ = toy.rollout(
        envs, lambda obs: (rng.integers(2, size=6), np.zeros(6)), obs, np.zeros(6, dtype=bool), 60
    )
    assert rollout["truncated"].any() and rollout["terminated"].any()
    toys, policy, obs, done = toy.began(toy.SOME_ENDS, 0, 0)
    made_up, _, _ = toy.rollout(toys, policy, obs, done, 13)
    for played in (rollout, made_up):
        ends = played["terminated"] | played["truncated"]
        assert (played["valid"][1:] == ~ends[:-1]).all() and played["valid"][0].all()
        assert (played["rewards"][~played["valid"]] == 0).all() and not ends[~played["valid"]].any()
        assert (played["obs"][1:] == played["next_obs"][:-1]).all()
    begins = made_up["obs"][1:][made_up["valid"][1:] & ~made_up["valid"][:-1]]
    assert (begins[:, 2] == 0).all() and len(begins) == 8


def test_the_docstrings_example_is_so():
    envs, policy, obs, done = toy.began(("-T--",), 0, 0)
    rollout, _, _ = toy.rollout(envs, policy, obs, done, 4)
    assert rollout["valid"][:, 0].tolist() == [True, True, False, True]


def test_no_belief_about_arrays_is_the_right_rollout():
    runs = [watch(bank.rows_then_columns, probe, 0) for stage in STAGES for probe in stage.probes]
    for belief in ABOUT_ARRAYS:
        for formula in belief.formulas:
            answers = [formula(seen.truth) for seen in runs]
            assert all(answer.keys() <= set(NAMES) for answer in answers)
            assert any(
                not np.allclose(x, seen.truth[name])
                for seen, answer in zip(runs, answers)
                for name, x in answer.items()
            ), belief.message


def test_right_rows_keep_their_points_whatever_is_wrong_about_ends():
    assert grade(COLLECT, wrong(COLLECT, "all_valid")).earned == 1
    assert grade(COLLECT, wrong(COLLECT, "done_not_used")).earned == 2
    assert grade(COLLECT, bank.done_in_place).earned == 2


def test_the_case_names_row_environment_and_what_stands_there():
    assert grade(COLLECT, wrong(COLLECT, "all_valid")).case.inputs == "valid[1, 3] (the row after an end)"
    assert grade(COLLECT, wrong(COLLECT, "last_row_invalid")).case.inputs == "valid[0, 3] (terminated)"


# ── one step ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_reference_is_what_torch_computes_by_other_means():
    """`torch.distributions`, one mean of all rows, gradients by autograd.grad: another way to the same parameters."""
    for stage in STEP_STAGES:
        for probe in stage.probes:
            assert not believed(REFERENCE, probe, 3).damaged
    assert grade(PPO_STEP, bank.as_in_most_code, 3).outcome == grade(PPO_STEP, bank.row_by_row, 3).outcome == "correct"


def test_the_docstrings_numbers_are_so():
    net = SimpleNamespace(policy=lambda obs: torch.zeros(2, 2), critic=lambda obs: torch.zeros(2, 1))
    batch = dict(
        obs=torch.zeros(2, 3),
        actions=torch.tensor([0, 1]),
        old_logprobs=torch.full((2,), math.log(0.5)),
        advantages=torch.tensor([1.0, 3.0]),
        returns=torch.tensor([1.0, 3.0]),
    )
    settings = (0.2, 0.5, 0.1, 0.5)
    look = Look(net, batch, SimpleNamespace(clip_eps=0.2))
    parts = clipped(look), value_loss(look), entropy(look)
    assert [round(float(part), 4) for part in parts] == [0, 2.5, 0.6931]
    total = -minus_the_objective(*parts, SimpleNamespace(vf_coef=settings[1], ent_coef=settings[2]))
    assert round(float(total), 4) == -1.1807


def test_no_belief_leaves_the_right_parameters():
    probes = [probe for stage in STEP_STAGES for probe in stage.probes]
    for belief in BELIEFS:
        for recipe in belief.formulas:
            assert any(believed(REFERENCE, p, 0).differs(believed(recipe, p, 0)) for p in probes), belief.message


def test_critic_and_policy_are_judged_apart():
    passed = [step.passed for step in grade(PPO_STEP, wrong(PPO_STEP, "no_half")).steps]
    assert passed == [True, True, False, False, False]
    passed = [step.passed for step in grade(PPO_STEP, wrong(PPO_STEP, "not_clipped")).steps]
    assert passed == [True, False, False, False, True]


def test_both_forms_of_recomputed_log_probabilities_are_told_apart():
    said = [grade(PPO_STEP, wrong(PPO_STEP, f"old_recomputed{kind}")).message for kind in ("", "_with_gradient")]
    assert "nothing is ever clipped" in said[0] and "No gradient comes through the policy" in said[1]


# ── the whole run ────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_is_published_is_what_is_asked():
    cells = ["".join(cell["source"]) for cell in json.loads(SOLUTION.read_text(encoding="utf8"))["cells"]]
    text = next(cell for cell in cells if cell.startswith("## 4"))
    assert f"{BUDGET:,} steps a run" in text and f"mean return of **{THRESHOLD}** over 64" in text
    assert (
        f"; {LEARNED} earns 1.5 of the 4 points" in text
        and f"first {TRACED:,} steps" in text
        and f"{TRAIN.seconds} seconds" in text
        and SEEDS == (1, 2, 3)
    )
    assert "seeds | 1, 2 and 3" in text and f"{32 * 64 * 40:,} steps" in text


def test_a_guise_is_cartpole_in_other_words():
    """Undone, what is seen and done is CartPole's, to the last bit."""
    plain, swapped, strange = guises(5)
    rng = np.random.default_rng(0)
    bare = make_envs("CartPole-v1", 3)
    for guise in (plain, swapped, strange):
        shown = guise.make(3)
        seen, _ = shown.reset(seed=4)
        truth, _ = bare.reset(seed=4)
        for _ in range(40):
            assert np.array_equal(seen, truth[:, guise.order] * np.array(guise.signs, dtype=np.float32))
            actions = rng.integers(2, size=3)
            seen, *ends = shown.step(actions)
            truth, *expected = bare.step(1 - actions if guise.swapped else actions)
            assert all(np.array_equal(x, y) for x, y in zip(ends[:3], expected[:3])) and seen.dtype == np.float32
    assert (
        sorted(strange.order) == [0, 1, 2, 3]
        and strange.order != plain.order
        and sorted(strange.signs) == [-1, -1, 1, 1]
    )


def test_steps_are_counted_over_all_environments():
    account = Account(budget=30)
    first, second = (Guise("plain").make(n, account) for n in (4, 6))
    first.reset(seed=1), second.reset(seed=1)
    for envs in (first, second, second, first, second):
        envs.step(np.zeros(envs.num_envs, dtype=int))
    assert account.steps == 26 and not account.exceeded
    with pytest.raises(OutOfSteps):
        second.step(np.zeros(6, dtype=int))


@pytest.mark.parametrize("seed", range(6))
def test_no_rule_by_hand_gets_along_in_two_guises(seed):
    rules = np.array([[0.1, 0.4, 3.0, 1.2], [0, 0, 1, 0.3], [0.03, 0.2, 1, 0.5], [0, 0, 0, 1], [1, 1, 1, 1]])
    for rule in rules:
        for sign in (1, -1):
            scores = [
                play(guise, lambda obs, w=sign * rule: (obs @ w > 0).astype(int), 16, seed)[0].mean()
                for guise in guises(seed)
            ]
            assert sorted(scores)[1] < THRESHOLD / 2


def test_what_is_reached_without_the_seed_costs_a_quarter_point_and_says_what_was_not_needed():
    report = grade(TRAIN, bank.reset_without_the_seed)
    assert report.earned == 3.75 and [step.passed for step in report.steps] == [True, True, False]
    whole = grade(TRAIN, bank.a_good_controller_found_by_its_own_play_only)
    assert ("the third was not needed" in whole.message) == (whole.message.count("seed ") == 2)


def test_half_a_success_earns_the_points_of_having_learned():
    report = grade(TRAIN, bank.half_good_in_both)
    assert report.earned == 1.5 and "expected at least 400 in two of them" in str(report.case)


@pytest.mark.skipif(not runner.clocks(), reason="no alarm on this system")
def test_training_has_a_clock_of_its_own():
    def endless(make_envs, seed):
        while True:
            pass

    assert TRAIN.seconds > runner.SECONDS
    began = time.process_time()
    report = grade(dataclasses.replace(TRAIN, seconds=0.3), endless)
    assert report.outcome == "raised" and "more than 0.3 seconds" in report.message
    assert time.process_time() - began < 2


def test_a_policy_that_gives_nothing_is_no_exercise_still_to_be_done():
    def train(make_envs, seed):
        bank.a_few_steps(make_envs, seed)
        return lambda obs: None

    report = grade(TRAIN, train)
    assert report.outcome == "wrong" and "64 actions" in report.message
