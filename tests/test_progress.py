"""Progress: what stays, what is counted, two kernels at once, and every way a file can go wrong."""

import json
import multiprocessing
import os
import subprocess
import sys
import time

import numpy as np
import pytest

from ppo_edu import progress as module
from ppo_edu.progress import progress, read, record


@pytest.fixture(autouse=True)
def file(tmp_path, monkeypatch):
    """A progress file of the test's own, in an empty `work/` folder."""
    monkeypatch.setattr(module, "_told", set())
    (tmp_path / "work" / "exercises").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setenv("PPO_EDU_PROGRESS", str(tmp_path / "progress.json"))
    return tmp_path / "progress.json"


def write_exercise(name, *points):
    cells = [{"metadata": {"nbgrader": {"points": p}}} for p in points] + [{"metadata": {}}]
    with open(f"exercises/{name}.ipynb", "w", encoding="utf8") as notebook:
        json.dump({"cells": cells}, notebook)


def test_points_never_go_down_and_the_latest_is_kept(capsys):
    for points in (1, 3, 2):
        record("points", "03_clip/slope", points=points, of=4)
    entry = read()["points"]["03_clip/slope"]
    assert [entry[state]["points"] for state in ("first", "best", "latest")] == [1, 3, 2] and entry["count"] == 3
    assert progress().points == {"03_clip": 3}
    assert capsys.readouterr().out == ""


def test_an_unknown_kind_is_refused():
    with pytest.raises(ValueError, match="must be one of points"):
        record("marks", "a")


def test_numpy_numbers_and_letters_of_all_sorts_survive(file):
    record("prediction", "ε", said=np.float32(0.5), measured=np.int64(3), list=np.arange(2), words="r ≤ 1+ε \ud800")
    latest = read()["prediction"]["ε"]["latest"]
    assert (latest["said"], latest["measured"], latest["list"]) == (0.5, 3, [0, 1])


def test_nothing_recorded_says_where_to_begin():
    assert repr(progress()) == "Nothing recorded yet.\nNext: lesson 00_start_here."
    assert "Nothing recorded yet" in progress()._repr_html_()


def fill():
    write_exercise("03_clip", 2, 3)
    write_exercise("04_trust", 4)
    record("points", "03_clip/slope", points=2, of=2)
    record("quiz", "03/1", correct=False, of=3)
    record("quiz", "03/1", correct=True, of=3)
    record("quiz", "03/2", correct=True, of=3)
    record("proof", "03_problem_1", solved=False)
    record("proof", "03_problem_1", solved=True)
    record("prediction", "outside", question="How many?", words="You said 4; measured 9 <b>.")
    record("reveal", "03_clip/slope")


def test_the_text_sums_up_and_holds_no_time(monkeypatch):
    fill()
    text = repr(progress())
    assert text == (
        "Points: 2 of 9\n  03_clip: 2 of 5\n  04_trust: 0 of 4\n"
        "Quizzes\n  03: 1 of 3 right at the first try, 2 by now\n"
        "Proofs\n  03_problem_1: in order, 2 checks\n"
        "Predictions\n  How many? You said 4; measured 9 <b>.\n"
        "Solutions and hints looked at\n  03_clip/slope\n"
        "Next: go on with exercise 03_clip: 2 of 5 points so far."
    )
    html = progress()._repr_html_()
    assert "measured 9 &lt;b&gt;." in html and "<li>03_clip: 2 of 5</li>" in html
    assert repr(progress()) == text and progress()._repr_html_() == html


def test_what_to_do_next_goes_from_exercise_to_exercise_to_quiz():
    fill()
    record("points", "03_clip/min", points=3, of=3)
    assert progress().next == "exercise 04_trust."
    record("points", "04_trust/kl", points=4, of=4)
    assert progress().next == "the rest of quiz 03."
    record("quiz", "03/3", correct=False, of=3)
    assert progress().next == "quiz 03 once more."
    record("quiz", "03/3", correct=True, of=3)
    assert "next lesson" in progress().next


def test_a_pre_test_says_how_much_is_answered_and_not_how_well():
    write_exercise("01_step_size", 3)
    record("pretest", "pre-test/1", choice="It is clipped.", correct=True, of=10)
    record("pretest", "pre-test/2", choice="I don't know yet", correct=False, of=10)
    record("pretest", "pre-test/2", choice="It is not.", correct=False, of=10)
    record("pretest", "pre-test/left", of=10)
    said = "Before the course\n  pre-test: 2 of 10 answered\nPoints: 0 of 3\n  01_step_size: 0 of 3\n"
    assert repr(progress()) == said + "Next: lesson 01_step_size."
    entry = read()["pretest"]["pre-test/2"]
    assert [entry[state]["choice"] for state in ("first", "latest")] == ["I don't know yet", "It is not."]
    record("quiz", "03/1", correct=True, of=1)
    assert progress().next == "exercise 01_step_size."


def test_the_second_test_says_how_well_both_went_once_it_is_left():
    record("pretest", "pre-test/1", choice="a", correct=True, of=2)
    record("pretest", "pre-test/left", of=2)
    for number, correct in ((1, True), (2, False), (2, True)):
        record("posttest", f"pre-test/{number}", choice="b", correct=correct, of=2)
    assert repr(progress()) == (
        "Before the course\n  pre-test: 1 of 2 answered\nAfter the course\n  pre-test: 2 of 2 answered\n"
        "Next: the rest of the second test, in the beginning of lesson 10_review."
    )
    record("posttest", "pre-test/left", of=2)
    assert repr(progress()) == (
        "Before the course\n  pre-test: 1 of 2 answered, 1 right\n"
        "After the course\n  pre-test: 2 of 2 answered, 2 right\nNext: the end of lesson 10_review."
    )
    write_exercise("01_step_size", 3)
    assert progress().next == "exercise 01_step_size."


def test_a_badge_is_for_every_point_of_its_exercise():
    for name, points in (("03_clipped_objective", 4), ("05_gae", 3)):
        write_exercise(name, 4)
        record("points", f"{name}/one", points=points, of=4, outcome="correct")
    assert repr(progress()).startswith("Badges\n  ★ 03_clipped_objective: reads a clipped objective")
    assert "★ 05_gae" not in repr(progress()) and "<li>★ 03" in progress()._repr_html_()
    record("points", "05_gae/one", points=4, of=4, outcome="correct")
    assert "★ 05_gae" in repr(progress())


def test_the_second_test_alone_is_told_without_the_first():
    record("posttest", "pre-test/left", of=10)
    assert repr(progress()).startswith("After the course\n  pre-test: 0 of 10 answered, 0 right\n")


def test_a_broken_exercise_counts_by_name_only():
    with open("exercises/05_gae.ipynb", "w") as notebook:
        notebook.write("{")
    record("points", "05_gae/gae", points=1, of=2)
    assert "05_gae: 1 of 2" in repr(progress())


def test_the_file_lies_in_work_else_at_home(tmp_path, monkeypatch):
    monkeypatch.delenv("PPO_EDU_PROGRESS")
    monkeypatch.setattr(module.Path, "home", lambda: tmp_path / "home")
    (tmp_path / "work" / "exercises" / "deep").mkdir()
    monkeypatch.chdir(tmp_path / "work" / "exercises" / "deep")
    assert module._path() == tmp_path / "work" / "progress.json"
    (tmp_path / "other" / "work").mkdir(parents=True)  # a work/ that is not ours
    monkeypatch.chdir(tmp_path / "other" / "work")
    assert module._path() == tmp_path / "home" / ".ppo-edu" / "progress.json"
    record("reveal", "a")
    assert list(read()) == ["reveal"]


def record_many(name):
    for i in range(50):
        record("points", f"{name}/{i}", points=1, of=1)
        record("points", "both", points=i, of=50)


def test_two_kernels_at_once_lose_nothing(file):
    context = multiprocessing.get_context("spawn")
    kernels = [context.Process(target=record_many, args=(name,)) for name in "ab"]
    for kernel in kernels:
        kernel.start()
    for kernel in kernels:
        kernel.join(60)
    points = read()["points"]
    assert len(points) == 101 and points["both"]["count"] == 100 and points["both"]["best"]["points"] == 49
    assert {path.name for path in file.parent.iterdir()} == {"progress.json", ".progress.json.lock", "work"}


BROKEN = (
    "",
    "{",
    "[]",
    '"points"',
    '{"points": 3}',
    '{"points": {"a": {}}}',
    '{"points": {"a": {"first": {}, "latest": {}, "best": {"points": "many"}, "count": 1}}}',
    '{"reveal": {"a": {"first": 1, "latest": 2, "best": 3, "count": 1}}}',
    '{"pretest": {"a/1": {"first": {}, "latest": {"of": "ten"}, "best": {}, "count": 1}}}',
    '{"posttest": {"a/1": {"first": {}, "latest": {"of": "ten"}, "best": {}, "count": 1}}}',
    "[" * 100_000,
)


@pytest.mark.parametrize("text", BROKEN, ids=range(len(BROKEN)))
@pytest.mark.parametrize("use", [lambda: record("reveal", "a"), lambda: repr(progress())], ids=["record", "read"])
def test_a_broken_file_is_set_aside_with_a_sentence(file, capsys, text, use):
    file.write_text(text)
    use()
    said = "progress.json could not be understood; it is kept as progress.broken-1.json and a new one is begun.\n"
    assert capsys.readouterr().out == said
    assert file.with_name("progress.broken-1.json").read_text() == text
    record("reveal", "b")
    assert "b" in read()["reveal"]


def test_bytes_that_are_no_text_and_a_second_broken_file(file, capsys):
    file.with_name("progress.broken-1.json").write_text("older")
    file.write_bytes(b"\xff\xfe\x00")
    assert read() == {}
    assert file.with_name("progress.broken-2.json").exists() and "broken-2" in capsys.readouterr().out
    assert file.with_name("progress.broken-1.json").read_text() == "older"


def test_a_disk_that_is_full_is_one_sentence_and_leaves_what_was(file, capsys, monkeypatch):
    record("points", "a", points=1, of=1)
    before = file.read_bytes()

    def full(self, *args, **kwargs):
        self.touch()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module.Path, "write_text", full)
    record("points", "b", points=1, of=1)
    record("points", "c", points=1, of=1)
    assert capsys.readouterr().out == "Your progress could not be saved: No space left on device.\n"
    assert file.read_bytes() == before and not list(file.parent.glob("*.partial"))


def test_a_folder_that_cannot_be_made_is_one_sentence(file, capsys, monkeypatch):
    file.write_text("{}")
    monkeypatch.setenv("PPO_EDU_PROGRESS", str(file / "inside" / "progress.json"))  # a file is no folder
    record("reveal", "a")
    assert read() == {}
    said = capsys.readouterr().out
    assert said.count("\n") == said.count("Your progress could not be") <= 2


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_still_shows_what_is_there(file, capsys):
    record("points", "a", points=1, of=1)
    file.parent.chmod(0o500)
    try:
        record("points", "b", points=1, of=1)
        assert list(read()["points"]) in (["a"], ["a", "b"])
    finally:
        file.parent.chmod(0o700)
    assert capsys.readouterr().out == "Your progress could not be saved: Permission denied.\n"


def test_a_lock_that_is_never_let_go_is_a_sentence(file, capsys, monkeypatch):
    monkeypatch.setattr(module, "LOCK_SECONDS", 0.05)
    with module._locked(file):
        record("reveal", "a")
    assert "another notebook has held progress.json" in capsys.readouterr().out


@pytest.mark.skipif(sys.platform == "win32", reason="kills a process")
def test_a_kernel_killed_while_it_writes_leaves_no_lock(file):
    code = f"""
import time
from pathlib import Path
from ppo_edu import progress
with progress._locked(Path({str(file)!r})):
    print("locked", flush=True)
    time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as kernel:
        kernel.stdout.readline()
        kernel.kill()
    began = time.monotonic()
    record("reveal", "a")
    assert "a" in read()["reveal"] and time.monotonic() - began < 5


def test_importing_it_needs_the_standard_library_only():
    code = "import sys, ppo_edu.progress; print({'numpy', 'torch', 'ipywidgets', 'IPython'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
