"""The sweep: what is done stays done, what is missing is made, and the table is the paper's arithmetic."""

import math

import numpy as np
import pytest

from ppo_edu import sweep as sweeping
from ppo_edu.cli import main
from ppo_edu.kl import gaussian_kl
from ppo_edu.ppo import ActorCritic, PPOConfig, make_envs
from ppo_edu.sweep import COLUMNS, METHODS, TASKS, interval, results, scores, sweep, table

TWO = ("untrained", "clipping, ε = 0.2")


@pytest.fixture
def made(monkeypatch):
    """A stand-in for the run, so that a test costs nothing; gives the list of runs that were made."""
    runs = []

    def run(task, method, seed):
        runs.append((task, method, seed))
        final = {"untrained": 20.0}.get(method, 100.0 + seed)
        return dict(zip(COLUMNS, (task, method, seed, final, 0.01, 1.0), strict=True))

    monkeypatch.setattr(sweeping, "run", run)
    return runs


def test_a_second_call_makes_nothing(made, tmp_path):
    file = tmp_path / "s.csv"
    assert sweep(file, methods=TWO, seeds=(1, 2)) == 2 * 2 * len(TASKS) == len(made)
    assert sweep(file, methods=TWO, seeds=(1, 2)) == 0 == len(made) - 2 * 2 * len(TASKS)
    assert sweep(file, methods=TWO, seeds=(1, 2, 3)) == 2 * len(TASKS)
    assert file.read_text(encoding="utf8").count("task,method") == 1


def test_an_interruption_loses_no_finished_run_and_repeats_none(made, tmp_path):
    def stop(done, total):
        if done == 5:
            raise KeyboardInterrupt

    file = tmp_path / "s.csv"
    with pytest.raises(KeyboardInterrupt):
        sweep(file, methods=TWO, seeds=(1, 2), jobs=1, on_run=stop)
    assert len(results(file)) == 5
    seen = []
    sweep(file, methods=TWO, seeds=(1, 2), jobs=1, on_run=lambda done, total: seen.append((done, total)))
    rows = results(file)
    assert len(rows) == len({(r["task"], r["method"], r["seed"]) for r in rows}) == 12
    assert seen == [(k, 12) for k in range(6, 13)]
    assert len(made) <= 13, "at most the run that was under way is made again"


def test_a_line_cut_short_is_made_again(made, tmp_path):
    file = tmp_path / "s.csv"
    sweep(file, methods=TWO, seeds=(1,))
    whole = file.read_text(encoding="utf8")
    for cut in (3, 12, len(whole.splitlines()[-1])):
        file.write_text(whole[:-cut], encoding="utf8")
        before = len(results(file))
        sweep(file, methods=TWO, seeds=(1,))
        assert len(results(file)) == 6 >= before >= 5
    file.write_text("", encoding="utf8")
    assert sweep(file, methods=TWO, seeds=(1,)) == 6


def test_bad_input_is_named(made, tmp_path):
    other = tmp_path / "other.csv"
    other.write_text("name,age\nx,3\n", encoding="utf8")
    with pytest.raises(ValueError, match="holds other results: its columns are name,age"):
        sweep(other)
    with pytest.raises(ValueError, match="unknown: 'Chess'; there are CartPole-v1"):
        sweep(tmp_path / "s.csv", tasks=("Chess",))
    with pytest.raises(ValueError, match="unknown: 'hope'"):
        sweep(tmp_path / "s.csv", methods=("hope",))
    assert made == [] and not (tmp_path / "s.csv").exists()


def row(task, method, seed, final):
    return dict(zip(COLUMNS, (task, method, seed, final, 0.0, 0.0), strict=True))


def test_scores_are_0_for_the_untrained_and_1_for_the_best_run():
    rows = [row("a", "untrained", s, x) for s, x in ((1, 10), (2, 30))]
    rows += [row("a", "fixed KL, β = 1", s, x) for s, x in ((1, 120), (2, 20))]
    rows += [row("a", "clipping, ε = 0.2", 1, 70)]
    rows += [row("b", "untrained", 1, -500), row("b", "fixed KL, β = 1", 1, -100)]
    found = scores(rows)
    assert list(found) == ["untrained", "clipping, ε = 0.2", "fixed KL, β = 1"]
    assert found["fixed KL, β = 1"]["a"].tolist() == [1, 0] and found["fixed KL, β = 1"]["b"].tolist() == [1]
    assert found["clipping, ε = 0.2"]["a"].tolist() == [0.5] and found["untrained"]["a"].mean() == 0
    assert "fixed KL, β = 1            0.75" in table(rows) and "0.82" in table(rows)
    for missing in (rows[2:], [row("a", "untrained", 1, 5), row("a", "fixed KL, β = 1", 1, 4)]):
        with pytest.raises(ValueError, match="no untrained run to be 0"):
            scores(missing)


def test_the_interval_is_that_of_the_mean_of_normal_runs():
    draws = np.random.default_rng(0)
    by_task = {"a": draws.normal(0.5, 0.1, 400), "b": draws.normal(0.7, 0.3, 400)}
    low, high = interval(by_task)
    error = math.hypot(*(np.std(runs) / 20 for runs in by_task.values())) / 2
    middle = np.mean([runs.mean() for runs in by_task.values()])
    assert (low, high) == pytest.approx((middle - 1.96 * error, middle + 1.96 * error), abs=0.003)


def test_every_row_of_the_paper_s_table_is_there():
    assert list(sweeping.PAPER) == list(METHODS) and sweeping.PAPER["clipping, ε = 0.2"] == 0.82
    assert sweeping.PAPER["no clipping or penalty"] == -0.39


def test_the_penalty_s_kl_of_a_gaussian_policy_is_the_sum_over_its_dimensions():
    import torch

    envs = make_envs("Pendulum-v1", 1)
    old, new = (
        ActorCritic.for_envs(envs, PPOConfig(env_id="Pendulum-v1"), torch.Generator().manual_seed(s)) for s in (0, 1)
    )
    envs.close()
    with torch.no_grad():
        new.log_std += 0.3
        obs = torch.randn(6, 3)
        ours = new.kl_from(old.distribution(obs), obs)
        normal = torch.distributions.Normal
        theirs = torch.distributions.kl_divergence(
            normal(old.policy(obs), old.log_std.exp()), normal(new.policy(obs), new.log_std.exp())
        ).sum(-1)
    torch.testing.assert_close(ours, theirs)
    assert gaussian_kl(0.0, 1.0, 0.0, 1.0) == 0 and ours.shape == (6,)


def test_the_command_prints_the_table_and_says_what_an_interruption_keeps(made, tmp_path, capsys, monkeypatch):
    command = ["sweep", str(tmp_path / "s.csv"), "--jobs", "1", "--seeds", "1", "--methods", *TWO]
    assert main(command) == 0
    assert "clipping, ε = 0.2" in capsys.readouterr().out
    monkeypatch.setattr(sweeping, "append", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    assert main([*command, "--seeds", "2"]) == 130
    assert "goes on from there" in capsys.readouterr().out
    assert main(["sweep", "no/such/folder/s.csv"]) == 2
    assert "its folder does not exist" in capsys.readouterr().err


@pytest.mark.slow
def test_the_same_call_runs_on_dask(tmp_path):
    """Two worker processes, as a cluster would be; the numbers are those of this process."""
    distributed = pytest.importorskip("distributed", reason="pip install 'dask[distributed]' to try it")
    from joblib import parallel_config

    wanted = {"tasks": ("CartPole-v1",), "methods": TWO, "seeds": (1, 2)}
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        distributed.Client(cluster),
        parallel_config(backend="dask"),
    ):
        assert sweep(tmp_path / "far.csv", **wanted) == 4
    sweep(tmp_path / "near.csv", **wanted, jobs=1)
    far, near = (
        sorted((r["method"], r["seed"], r["final"]) for r in results(tmp_path / name))
        for name in ("far.csv", "near.csv")
    )
    assert far == near
