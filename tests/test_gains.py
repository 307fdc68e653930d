"""The table of a class: before, after, points, from files that `ppo_edu.progress` wrote."""

import csv

import pytest

from ppo_edu import progress
from ppo_edu.cli import main
from ppo_edu.grading import gains


@pytest.fixture
def handed_in(tmp_path, monkeypatch):
    """ada took the test before, answering one question twice, and has points; bob did nothing but a quiz."""
    monkeypatch.setenv("PPO_EDU_PROGRESS", str(tmp_path / "ada" / "progress.json"))
    for number, correct in ((1, False), (2, True), (3, False), (3, True)):
        progress.record("pretest", f"00/{number}", choice=f"option {correct}", correct=correct, of=3)
    progress.record("pretest", "00/left", of=3)
    progress.record("points", "03_clipped_objective/x", points=3.5, of=4, outcome="wrong")
    progress.record("points", "03_clipped_objective/x", points=1, of=4, outcome="wrong")
    monkeypatch.setenv("PPO_EDU_PROGRESS", str(tmp_path / "bob_progress.json"))
    progress.record("quiz", "03/1", correct=True, of=1)
    return tmp_path


def test_a_line_a_learner(handed_in):
    lines = gains.gains(gains.read_files([handed_in])).splitlines()
    assert lines[1].split() == ["ada", "2", "–", "3.5"] and lines[2].split() == ["bob_progress", "–", "–", "0"]


def test_the_gain_is_after_minus_before():
    def took(*correct):
        return {f"q/{k}": {"latest": {"correct": c, "of": 3}, "count": 1} for k, c in enumerate(correct)}

    learners = {"ada": {"pretest": took(True, False, False), "posttest": took(True, True, True)}}
    assert gains.gains(learners).splitlines()[1].split() == ["ada", "1", "3", "+2", "0"]


def test_the_command_writes_every_answer(handed_in, capsys):
    assert main(["gains", str(handed_in), "--csv", str(handed_in / "all.csv")]) == 0
    assert "ada" in capsys.readouterr().out
    with open(handed_in / "all.csv", newline="", encoding="utf8") as file:
        rows = list(csv.DictReader(file))
    assert {(r["kind"], r["item"], r["correct"], r["points"]) for r in rows if r["learner"] == "ada"} == {
        ("pretest", "00/1", "False", ""), ("pretest", "00/2", "True", ""), ("pretest", "00/3", "True", ""),
        ("pretest", "00/left", "", ""), ("points", "03_clipped_objective/x", "", "3.5"),
    }  # fmt: skip


def test_another_file_is_named(tmp_path, capsys):
    (tmp_path / "progress.json").write_text('{"x": 3}', encoding="utf8")
    assert main(["gains", str(tmp_path)]) == 2
    assert "is no progress file" in capsys.readouterr().err
    assert main(["gains", str(tmp_path / "nothing.json")]) == 2
