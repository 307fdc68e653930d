"""The bug clinic: every planted bug is exposed by its experiment, the sound trainer by none, CartPole hides four."""

import inspect

import numpy as np
import pytest

from ppo_edu import clinic, ppo
from ppo_edu.diagnostics import doctor
from ppo_edu.experiments import EXPERIMENTS, SOUND, suspicious
from ppo_edu.ppo import PPOConfig

QUICK = [name for name in EXPERIMENTS if name != "cartpole"]
HIDDEN = (
    "advantages not cut at episode ends",
    "truncation as death",
    "minibatches never shuffled",
    "entropy with the wrong sign",
)


@pytest.mark.parametrize("name", clinic.BUGS)
def test_a_bug_is_one_line_of_a_copy(name):
    source, bug = inspect.getsource(ppo), clinic.BUGS[name]
    assert source.count(bug.right) == 1 and bug.wrong not in source and bug.experiment in EXPERIMENTS
    assert clinic.diff(name).splitlines() == [f"- {bug.right}", f"+ {bug.wrong}"]
    broken = clinic.planted(name)
    assert broken is not ppo and broken.update is not ppo.update and broken.Adam is not ppo.Adam
    assert broken is clinic.planted(name)


def test_a_copy_without_a_bug_trains_to_the_last_bit_like_the_trainer(monkeypatch):
    line = clinic.BUGS["flipped sign"].right
    monkeypatch.setitem(clinic.BUGS, "none", clinic.Bug(line, line, "cartpole"))
    config = PPOConfig(iterations=3, num_steps=16)
    (_, copied), (_, history) = clinic.planted("none").train(config), ppo.train(config)
    assert all(copied[name] == history[name] for name in history if name != "seconds")


def test_a_bug_whose_line_has_gone_is_refused(monkeypatch):
    monkeypatch.setitem(clinic.BUGS, "gone", clinic.Bug("no such line", "", "cartpole"))
    with pytest.raises(ValueError, match="gone: ppo.py holds 0 lines"):
        clinic.planted("gone")


@pytest.mark.parametrize("name", clinic.BUGS)
def test_its_own_experiment_exposes_a_bug(name):
    numbers = clinic.examine(name, clinic.BUGS[name].experiment)
    assert suspicious(numbers), numbers


@pytest.mark.parametrize("experiment", QUICK)
def test_no_experiment_suspects_the_sound_trainer(experiment):
    numbers = clinic.examine(None, experiment)
    assert set(numbers) <= set(SOUND) and suspicious(numbers) == []


def test_patients_are_the_bugs_and_their_numbers_do_not_follow_the_names():
    assert set(clinic.PATIENTS.values()) == set(clinic.BUGS)
    assert list(clinic.PATIENTS.values()) not in (list(clinic.BUGS), sorted(clinic.BUGS))
    assert clinic.examine("patient 1", "rows drawn") == clinic.examine(clinic.PATIENTS["patient 1"], "rows drawn")


def test_what_the_constant_reward_teaches_in_closed_form():
    """Every step is worth 10; where the limit is taken for death, at most Σ_{k<10} γᵏ = 6.51, and less on average."""
    assert clinic.examine(None, "constant reward")["V"] == pytest.approx(1 / (1 - 0.9), abs=0.1)
    assert 2 < clinic.examine("truncation as death", "constant reward")["V"] < sum(0.9**k for k in range(10))


def test_experiments_leave_the_trainer_as_it_was():
    before = dict(vars(ppo))
    for experiment in ("ratios seen", "rows drawn"):
        EXPERIMENTS[experiment](ppo)
    assert dict(vars(ppo)) == before


@pytest.mark.slow
@pytest.mark.parametrize("name", clinic.BUGS)
def test_a_bug_shows_on_four_of_five_seeds(name):
    experiment = clinic.BUGS[name].experiment
    assert sum(bool(suspicious(clinic.examine(name, experiment, seed))) for seed in range(1, 6)) >= 4


@pytest.mark.slow
def test_the_sound_trainer_is_not_suspected_on_five_seeds():
    for experiment in QUICK:
        for seed in range(1, 6):
            assert suspicious(clinic.examine(None, experiment, seed)) == [], (experiment, seed)


@pytest.mark.slow
@pytest.mark.parametrize("name", clinic.BUGS)
def test_cartpole_hides_four_bugs_and_shows_four(name):
    """The doctor is silent and the return is near 500 with four of them; the others it cannot miss."""
    found = []
    for seed in range(1, 6):
        agent, history = clinic.planted(name).train(PPOConfig(seed=seed))
        found.append((len(doctor(history).signs), ppo.evaluate(agent).mean()))
    signs, returns = np.array(found).T
    if name in HIDDEN:
        assert sum(signs == 0) >= 4 and np.median(returns) > 450
    else:
        assert (signs > 0).all() and np.median(returns) < 400


@pytest.mark.slow
def test_the_doctor_is_silent_on_twenty_healthy_runs():
    loud = {seed: doctor(ppo.train(PPOConfig(seed=seed))[1]).signs for seed in range(1, 21)}
    assert {seed: signs for seed, signs in loud.items() if signs} == {}
