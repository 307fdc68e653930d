"""The command line: a run, its files, and what it says to bad input."""

import csv
import subprocess
import sys
from dataclasses import fields

import pytest

from ppo_edu.cli import main
from ppo_edu.config import PPOConfig
from ppo_edu.ppo import ActorCritic

SMALL = ["train", "--seed", "3", "--num-envs", "4", "--num-steps", "16", "--iterations", "2", "--episodes", "3"]


def test_train_prints_a_result_and_writes_agent_and_history(tmp_path, capsys):
    assert main([*SMALL, "--save", str(tmp_path / "a.pt"), "--csv", str(tmp_path / "h.csv")]) == 0
    out = capsys.readouterr().out
    assert "128 steps in" in out and "CartPole-v1 seed 3: mean return of 3 fresh episodes: sampled" in out
    config = ActorCritic.load(tmp_path / "a.pt").config
    assert config == PPOConfig(seed=3, num_envs=4, num_steps=16, iterations=2)
    with open(tmp_path / "h.csv", newline="") as file:
        assert [row["iteration"] for row in csv.DictReader(file)] == ["1", "2"]


def test_every_setting_is_an_option(capsys):
    with pytest.raises(SystemExit, match="0"):
        main(["train", "--help"])
    text = capsys.readouterr().out
    assert all(f"--{f.name.replace('_', '-')}" in text for f in fields(PPOConfig) if f.name != "env_id")


def test_switches_are_on_or_off(tmp_path):
    assert main([*SMALL, "--anneal-lr", "off", "--target-kl", "0.01", "--save", str(tmp_path / "a.pt")]) == 0
    config = ActorCritic.load(tmp_path / "a.pt").config
    assert config.anneal_lr is False and config.target_kl == 0.01
    with pytest.raises(SystemExit, match="2"):
        main([*SMALL, "--anneal-lr", "maybe"])


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["train", "--env", "Nonsense-v0"], "cannot make environment 'Nonsense-v0'"),
        (["train", "--clip-eps", "-1"], "clip_eps must be a number ≥ 0"),
        (["train", "--save", "no/such/folder/a.pt"], "its folder does not exist"),
    ],
)
def test_bad_input_is_one_sentence_and_status_2(arguments, message, capsys):
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1


def test_help_and_usage_need_no_torch():
    code = """
import sys
from ppo_edu import cli
try:
    cli.main(["train", "--help"])
except SystemExit:
    print("torch" in sys.modules)
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.endswith("False\n")
