"""The benchmarks without Stable-Baselines3 or a stopwatch: they import, judge fairly, and print a table."""

import functools
import importlib.util
import json
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from ppo_edu.config import PPOConfig

SCRIPTS = sorted((Path(__file__).parent / "benchmarks").glob("*.py"))


@pytest.fixture
def load(monkeypatch):
    monkeypatch.setitem(sys.modules, "stable_baselines3", None)  # importing it fails, also where it is installed

    def load(name):
        path = next(path for path in SCRIPTS if path.stem == name)
        spec = importlib.util.spec_from_file_location(f"benchmark_{name}", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return load


@pytest.mark.parametrize("name", [path.stem for path in SCRIPTS])
def test_importing_a_script_needs_no_stable_baselines3_and_starts_nothing(load, name, capsys):
    load(name)
    assert capsys.readouterr().out == ""


def test_the_judge_is_exact_gives_up_early_and_leaves_the_random_stream_alone(load):
    sampled_mean, calls = load("solve").sampled_mean, []

    def push_left(obs):
        calls.append(torch.rand(()))  # a policy that samples
        return np.zeros(len(obs), dtype=int)

    torch.manual_seed(0)
    expected = torch.rand(())
    torch.manual_seed(0)
    mean = sampled_mean(push_left, seed=3)
    assert torch.rand(()) == expected
    assert 8 < mean < 11  # a pole pushed one way falls in 8 to 11 steps
    full = len(calls)
    calls.clear()
    assert mean < sampled_mean(push_left, seed=3, worth=475) < 475
    assert len(calls) < full


def test_ours_is_judged_after_every_iteration_and_at_the_end(load, monkeypatch):
    solve, small = load("solve"), dict(num_envs=4, num_steps=16, iterations=3, num_minibatches=2)
    monkeypatch.setattr("ppo_edu.config.PPOConfig", functools.partial(PPOConfig, **small))
    seeds = []
    monkeypatch.setattr(solve, "sampled_mean", lambda act, seed, worth=0: seeds.append(seed) or 480.0 * (seed > 64))
    record = solve.train_ours(seed=1)
    assert seeds == [64, 128, 1_000_192]
    assert record.solved["steps"] == 128 and record.end["steps"] == 192
    assert 0 < record.solved["wall"] < record.end["wall"]


def result(cpu, solved=True, mean=500.0):
    reading = dict(steps=20_000, wall=2 * cpu, cpu=cpu)
    return dict(imports=1.5, solved=reading if solved else None, end=reading | {"return": mean})


def test_rows_pair_the_seeds_before_taking_the_median(load):
    run = load("run")
    rows = run.solve_rows(
        [
            [result(1.0), result(2.0), result(10.0)],
            [result(1.0), result(4.0), result(9.0, solved=False, mean=321.5)],
            [result(2.0), result(16.0), result(20.0, solved=False)],
        ]
    )
    text = {" ".join(cells[0].split()): cells[1:] for cells in rows}
    assert text["training to sampled return ≥ 475: runs that got there"] == ("3 of 3", "3 of 3", "1 of 3")
    solved = rows[3]
    assert solved == ("… CPU s", "1 (1–2)", "4 (2–16)", "never (10–never)", "4 (2–8)", "never (10–never)")
    assert rows[-1][1:] == ("500 (500–500)", "500 (500–500)", "500 (322–500)")


def test_a_contestant_nobody_beat_because_ours_failed_gets_no_ratio(load):
    row = load("run").paired("x", [[float("inf"), 2.0, 3.0]])
    assert row == ("x", "never (never–never)", "2 (2–2)", "3 (3–3)", "", "")


def test_the_table_is_aligned_and_holds_every_part(load):
    run = load("run")
    gae = dict(T=128, N=8, td_errors=0.0126, gae=0.136, returns=0.001, ours=0.15, sb3=0.526, ratio=3.5)
    rows = run.process_rows([[dict(wall=4.0, cpu=3.0), dict(wall=40.0, cpu=33.0)]]) + run.gae_rows([gae])
    lines = run.table(rows).splitlines()
    assert len(lines) == 5 and len({len(line) for line in lines}) == 1
    assert [cell.strip() for cell in lines[3].split("|")[2:6]] == ["3 (3–3)", "33 (33–33)", "", "11 (11–11)"]
    assert "td_errors 0.0126 + gae 0.136" in lines[4] and "| 3.5 " in lines[4]


def test_the_environment_is_reused_only_with_the_right_stamp(load, tmp_path, monkeypatch):
    run, commands = load("run"), []

    def must(command):
        commands.append(command)
        (tmp_path / "venv").mkdir(exist_ok=True)

    monkeypatch.setattr(run, "must", must)
    monkeypatch.setattr(run.subprocess, "run", lambda *a, **k: type("Done", (), {"returncode": 1}))
    python = run.environment(tmp_path / "venv")
    assert [command[-1].partition("==")[0] for command in commands[1:]] == ["torch", "tqdm"]
    assert (tmp_path / "venv" / ".gitignore").read_text() == "*\n"
    commands.clear()
    assert run.environment(tmp_path / "venv") == python and not commands
    stamp = tmp_path / "venv" / "complete"
    stamp.write_text(json.dumps("another"))
    run.environment(tmp_path / "venv")
    assert len(commands) == 3
