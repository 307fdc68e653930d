"""Runs kept by their settings: none is made twice, one that was stopped is not kept."""

import math

import numpy as np
import pytest

from ppo_edu import ppo
from ppo_edu.ppo import PPOConfig
from ppo_edu.runs import Run, Runs, measured


def fake(config, stopped=None):
    return Run(config, np.full(40, 10.0 * config.seed), 0.5, 10.0 * config.seed, 2.0, stopped)


def recording():
    made = []
    return made, Runs(lambda config: made.append(config) or fake(config))


def test_no_run_is_made_twice():
    made, runs = recording()
    config = PPOConfig(clip_eps=0.4)
    assert runs(config) is runs(PPOConfig(clip_eps=0.4)) and made == [config]
    runs(PPOConfig(clip_eps=0.4, seed=2))
    assert [run.config.seed for run in runs.same(config)] == [1, 2] and len(made) == 2


def test_other_settings_are_earlier_ones_and_what_was_asked_for_last_comes_last():
    _, runs = recording()
    for eps in (0.1, 0.3, 0.4):
        runs(PPOConfig(clip_eps=eps))
    runs(PPOConfig(clip_eps=0.1))
    words = [[run.words for run in group] for group in runs.earlier(PPOConfig(clip_eps=0.5))]
    assert words == [["ε 0.3"], ["ε 0.4"], ["ε 0.1"]]


def test_what_is_forgotten_is_not_shown_and_not_made_again():
    made, runs = recording()
    runs(PPOConfig(seed=1)), runs(PPOConfig(seed=2)), runs(PPOConfig(gamma=0.5))
    runs.forget()
    assert runs.same(PPOConfig()) == runs.earlier(PPOConfig()) == []
    runs(PPOConfig(seed=2))
    assert [run.config.seed for run in runs.same(PPOConfig())] == [2] and len(made) == 3


def test_a_stopped_run_is_returned_and_not_kept():
    runs = Runs(lambda config: fake(config, "interrupted in iteration 3 of 40"))
    run = runs(PPOConfig())
    assert run.stopped and runs.interrupted and runs.same(PPOConfig()) == runs.earlier(PPOConfig(gamma=1)) == []


def test_an_interrupt_between_training_and_measuring_counts_as_one():
    def interrupted(config):
        raise KeyboardInterrupt

    runs = Runs(interrupted)
    with pytest.raises(KeyboardInterrupt):
        runs(PPOConfig())
    assert runs.interrupted and runs.same(PPOConfig()) == []


def test_a_walk_over_seeds_ends_where_a_run_was_interrupted():
    runs = Runs(lambda config: fake(config, "interrupted" if config.seed == 3 else None))
    visited = []
    for stop in runs.over([1, 2, 3, 4]):
        visited.append(stop["seed"])
        runs(PPOConfig(**stop))
    assert visited == [1, 2, 3] and len(runs.same(PPOConfig())) == 2


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, "defaults"),
        ({"seed": 7}, "defaults"),
        ({"clip_eps": 0.4, "update_epochs": 8, "learning_rate": 3e-4}, "ε 0.4, K 8, lr 0.0003"),
        ({"clip_eps": math.inf, "gae_lambda": 0, "gamma": 1, "ent_coef": 0.01}, "no clip, λ 0, γ 1, c₂ 0.01"),
    ],
)
def test_settings_in_words(settings, words):
    assert fake(PPOConfig(**settings)).words == words


def test_a_run_is_measured():
    run = measured(PPOConfig(iterations=2, num_envs=4, num_steps=32))
    assert run.returns.shape == (2,) and run.stopped is None and run.seconds > 0
    assert 9 <= run.final < 100 and 0 < run.entropy <= math.log(2)


def test_a_run_that_is_interrupted_at_once_is_a_run_all_the_same(monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(ppo, "collect", interrupted)
    run = measured(PPOConfig(iterations=2, num_envs=4))
    assert run.returns.size == 0 and run.stopped == "interrupted in iteration 1 of 2"
