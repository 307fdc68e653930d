"""Grading what was handed in: honest notebooks get their points, and a hostile one costs only itself."""

import contextlib
import csv
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ppo_edu.cli import main
from ppo_edu.grading import classroom
from ppo_edu.grading.classroom import exercises, grade_class, handed_in, table
from ppo_edu.grading.submission import Unreadable, exercise_of, functions, read_master, read_submission

ROOT = Path(__file__).parent.parent
NAME = "03_clipped_objective"
pytestmark = pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="forking, as grading does, needs Linux")

RIGHT = """def clipped_objective(ratio, advantages, clip_eps):
    return np.minimum(ratio * advantages, np.clip(ratio, 1 - clip_eps, 1 + clip_eps) * advantages)"""
WRONG = """def clipped_objective(ratio, advantages, clip_eps):
    return np.clip(ratio, 1 - clip_eps, 1 + clip_eps) * advantages"""


def solved(*changes, drop=(), also=()):
    """The solution's notebook with the answer cell `clipped-objective` replaced, cells dropped, cells added first."""
    notebook = json.loads((ROOT / "solutions" / f"{NAME}.ipynb").read_text(encoding="utf8"))
    for cell in notebook["cells"]:
        for cell_id, source in changes:
            if cell["id"] == cell_id:
                cell["source"] = source
    notebook["cells"] = [cell for cell in notebook["cells"] if cell["id"] not in drop]
    extra = [{"cell_type": "code", "id": f"extra-{k}", "metadata": {}, "source": s} for k, s in enumerate(also)]
    notebook["cells"] = extra + notebook["cells"]
    return notebook


def answer(source):
    return solved(("clipped-objective", source))


def body(line):
    """An answer whose function runs this line."""
    return answer(f"def clipped_objective(ratio, advantages, clip_eps):\n    {line}")


def hand_in(folder, **notebooks):
    for student, notebook in notebooks.items():
        (folder / student).mkdir(parents=True)
        text = notebook if isinstance(notebook, str) else json.dumps(notebook)
        (folder / student / f"{NAME}.ipynb").write_text(text, encoding="utf8")


def grades(folder, seconds=3, **notebooks):
    """{student: {item: row}} of a class; little time, so that endless loops end soon."""
    hand_in(folder / "in", **notebooks)
    handed = handed_in([folder / "in"], exercises(ROOT / "exercises"))
    found = {}
    for row in grade_class(handed, folder / "grades.jsonl", seconds=seconds):
        found.setdefault(row["student"], {})[row["item"]] = row
    return found


def total(rows):
    return sum(row["points"] for row in rows.values())


def exercise():
    return json.loads((ROOT / "exercises" / f"{NAME}.ipynb").read_text(encoding="utf8"))


def without_metadata():
    notebook = solved()
    for cell in notebook["cells"]:
        cell["metadata"] = {}
    return notebook


HONEST = {
    "whole": solved(),
    "no_metadata": without_metadata(),
    "stubs_copied_below": {"cells": solved()["cells"] + exercise()["cells"]},
    "helpers": solved(
        ("clipped-objective", "%time 1\ndef clipped_objective(r, a, e):\n    return smaller(r * a, cut(r, e) * a)"),
        also=("def smaller(x, y):\n    return np.minimum(x, y)", "cut = lambda r, e: np.clip(r, 1 - e, 1 + e)"),
    ),
    "no_checks": {"cells": [cell for cell in solved()["cells"] if not cell["id"].startswith("check-")]},
    "no_setup": solved(drop=["setup"]),
    "exits": solved(also=("exit()", "import sys; sys.exit(3)", "1 / 0", "this is no Python")),
}
OTHERS = {"untouched": exercise(), "wrong": answer(WRONG)}
SPY = "import os\nseen = str(dict(os.environ)) + open('/proc/self/environ').read() + ' '.join(os.listdir('.'))"
HOSTILE = {
    "spies": (answer(f"{SPY}\ndef clipped_objective(*a): raise ValueError(seen)"), "ValueError"),
    "exits_in_the_answer": (body("import os; os._exit(0)"), "Ended the whole program in the check (exit code 0)"),
    "leaves_by_sys_exit": (body("import sys; sys.exit()"), "SystemExit"),
    "never_ends": (body("while True: pass"), "ran for more than 3 seconds"),
    "grabs_memory": (body("return [bytearray(1 << 28) for _ in range(99)]"), ""),
    "prints_megabytes": (body("print('x' * 99_000_000); return 0 * ratio"), ""),
    "crashes": (body("import ctypes; ctypes.string_at(0)"), "Crashed in the check (signal 11)"),
    "writes_much": (body("open('x', 'wb').write(bytes(1 << 26))"), ""),
    "kills_its_group": (body("import os, signal; os.killpg(0, signal.SIGKILL)"), "Stopped"),
    "rebinds_numpy": (
        body("np.allclose = np.array_equal = lambda *a, **k: True; np.abs = lambda x: 0 * x; return 0 * ratio"),
        "",
    ),
    "rebinds_check": (
        solved(
            ("clipped-objective", WRONG),
            also=(
                "import ppo_edu.grading.items as i, ppo_edu.grading.report as r\n"
                "i.grade = lambda item, *a: r.Report(item.name, 99, 'correct', 'yes')\n"
                "r.Report.earned = property(lambda self: 99)\ncheck = i.check = None",
            ),
        ),
        "the clip without the min",
    ),
}


RUINED = {
    "ends_in_a_cell": (solved(also=("import os\nos._exit(7)",)), "the whole program while its cells ran (exit code 7)"),
    "cell_never_ends": (solved(also=("while True: pass",)), "the cells ran for more than 3 seconds"),
    "broken_json": ("{ not json", "is not a notebook"),
    "no_cells": ('{"cells": 3}', "is not a notebook"),
    "deep_json": ("[" * 100_000, "is not a notebook"),
    "empty": ("", "is not a notebook"),
}
SOMETHING_ELSE = {"cells": [{"cell_type": "code", "source": "x = 1", "metadata": {}}]}


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """One class with everybody in it."""
    bad = {name: notebook for name, (notebook, _) in (HOSTILE | RUINED).items()}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SECRET_TOKEN", "swordfish")
        return grades(tmp_path_factory.mktemp("class"), **HONEST, **OTHERS, **bad)


@pytest.mark.parametrize("student", HONEST)
def test_an_honest_notebook_in_any_state_gets_its_points(graded, student):
    assert total(graded[student]) == 12, graded[student]


def test_what_is_wrong_or_not_written_gets_what_it_would_get_in_the_notebook(graded):
    assert {row["outcome"] for row in graded["untouched"].values()} == {"not attempted"}
    row = graded["wrong"]["clipped_objective"]
    assert row["outcome"] == "wrong" and "the clip without the min" in row["message"]
    assert total(graded["wrong"]) == 8 + row["points"] < 12


@pytest.mark.parametrize("student", HOSTILE)
def test_a_hostile_answer_costs_only_itself(graded, student):
    row = graded[student]["clipped_objective"]
    assert row["points"] < 4 and row["outcome"] in ("wrong", "raised") and HOSTILE[student][1] in row["message"], row
    assert total(graded[student]) - row["points"] == 8, graded[student]


@pytest.mark.parametrize("student", RUINED)
def test_a_ruined_notebook_says_why_in_its_row(graded, student):
    rows = graded[student]
    assert total(rows) == 0 and all(RUINED[student][1] in row["message"] for row in rows.values()), rows


def test_rebinding_is_undone_and_said(graded):
    assert "rebound" in graded["rebinds_check"]["clipped_objective"]["remark"]
    assert graded["whole"]["clipped_objective"]["remark"] == ""


def test_the_environment_holds_nothing_of_ours(graded):
    message = graded["spies"]["clipped_objective"]["message"]
    assert "PATH" in message and "swordfish" not in message and "SECRET" not in message


def test_a_notebook_of_something_else_is_named(tmp_path):
    (tmp_path / "x.ipynb").write_text(json.dumps(SOMETHING_ELSE), encoding="utf8")
    (one,) = handed_in([tmp_path / "x.ipynb"], exercises(ROOT / "exercises"))
    assert one.master is None and "answers none of the exercises" in one.problem


LONG = f"{4_000 + os.getpid() % 1000}.25"  # seconds that no other process sleeps


@pytest.mark.slow
def test_what_catches_everything_sleeps_or_forks_is_ended_from_outside(tmp_path):
    spinning = "while True:\n        try:\n            while True: pass\n        except BaseException: pass"
    found = grades(
        tmp_path,
        catches_all=body(spinning),
        sleeps=body("import time\n    while True:\n        try: time.sleep(999)\n        except BaseException: pass"),
        leaves_children=body(
            f"import subprocess\n    subprocess.Popen(['sleep', '{LONG}'], start_new_session=True)\n"
            "    return np.minimum(ratio * advantages, np.clip(ratio, 1 - clip_eps, 1 + clip_eps) * advantages)"
        ),
        honest=solved(),
    )
    # Where the clock rings between two of its `except`, the program ends by itself.
    assert re.search("Stopped|ran for more than", found["catches_all"]["clipped_objective"]["message"])
    assert "Stopped" in found["sleeps"]["clipped_objective"]["message"]
    assert total(found["honest"]) == 12 == total(found["leaves_children"])
    assert total(found["sleeps"]) == 8 == total(found["catches_all"])
    left = [path for path in Path("/proc").glob("[0-9]*/cmdline") if LONG in _text(path)]
    assert left == []


def _text(path):
    try:
        return path.read_text(encoding="utf8")
    except OSError:
        return ""


@pytest.fixture
def by_size(monkeypatch):
    """In place of a sandbox: an item worth as many points as the notebook has cells."""

    def ask(sandbox, one, options):
        cells = len(json.loads(one.path.read_text(encoding="utf8"))["cells"])
        return [{"item": "x", "points": cells, "of": 99, "outcome": "wrong", "message": "", "remark": ""}]

    monkeypatch.setattr(classroom, "_sandbox", contextlib.nullcontext)
    monkeypatch.setattr(classroom, "_ask", ask)


def test_a_run_that_was_cut_short_goes_on_and_a_changed_notebook_is_graded_again(tmp_path, by_size):
    masters = exercises(ROOT / "exercises")
    hand_in(tmp_path / "in", ada=solved(), bob=solved(), eve=solved())
    file, seen = tmp_path / "grades.jsonl", []

    def grade(**options):
        seen.clear()
        handed = handed_in([tmp_path / "in"], masters)
        return grade_class(handed, file, on_graded=lambda done, total: seen.append((done, total)), **options)

    first = grade(jobs=2)
    assert seen == [(1, 3), (2, 3), (3, 3)] and [row["student"] for row in first] == ["ada", "bob", "eve"]
    assert grade() == first and seen == []
    lines = file.read_text(encoding="utf8").splitlines()
    file.write_text("\n".join(lines[:2]) + "\n" + lines[2][:40], encoding="utf8")  # the last was being written
    assert grade() == first and seen == [(3, 3)]
    shorter = solved(drop=["setup"])
    (tmp_path / "in" / "bob" / f"{NAME}.ipynb").write_text(json.dumps(shorter), encoding="utf8")
    again = grade()
    assert seen == [(3, 3)] and [row["points"] for row in again] == [n := len(solved()["cells"]), n - 1, n]
    assert re.search(rf"bob +{n - 1}", table(again))
    assert grade(training=True) and seen == [(1, 3), (2, 3), (3, 3)]


def test_a_sandbox_that_breaks_down_costs_one_notebook(tmp_path, monkeypatch):
    """Python itself in its place, which does not answer in JSON."""
    hand_in(tmp_path / "in", ada=solved(), bob=solved())
    broken = [sys.executable, "-c", "print(input()[:1], flush=True); input()"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    monkeypatch.setattr(classroom, "_sandbox", lambda: subprocess.Popen(broken, **pipes))
    rows = grade_class(handed_in([tmp_path / "in"], exercises(ROOT / "exercises")), tmp_path / "grades.jsonl")
    assert [row["message"] for row in rows] == ["The process that graded it broke down."] * 2


def test_students_are_found_in_folders_and_file_names(tmp_path):
    masters = exercises(ROOT / "exercises")
    for path in (f"ada/week3/{NAME}.ipynb", f"bob/{NAME}.ipynb", f"eve_{NAME}.ipynb", "zoe/.ipynb_checkpoints/x.ipynb"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(json.dumps(solved()), encoding="utf8")
    assert sorted(one.student for one in handed_in([tmp_path], masters)) == ["ada", "bob", "eve"]
    renamed = tmp_path / "bob" / "homework (final) v2.ipynb"
    renamed.write_text(json.dumps(solved()), encoding="utf8")
    assert exercise_of(renamed, [master for _, master in masters]).name == NAME
    with pytest.raises(ValueError, match="there is no nowhere"):
        handed_in(["nowhere"], masters)


def test_a_master_without_checks_is_none(tmp_path):
    (tmp_path / "a.ipynb").write_text('{"cells": []}', encoding="utf8")
    with pytest.raises(Unreadable, match="has no check cells"):
        read_master(tmp_path / "a.ipynb")
    with pytest.raises(ValueError, match="holds no exercise"):
        exercises(tmp_path)
    assert functions("def f(): pass\nx = 1\nclass C: pass\nif True:\n    y = 2") == {"f", "x", "C"}
    assert functions("not python at all") == set()


@pytest.mark.parametrize("path", sorted((ROOT / "exercises").glob("*.ipynb")), ids=lambda path: path.stem)
def test_every_exercise_is_a_master_and_its_solution_answers_it(path):
    master = read_master(path)
    submission = read_submission(ROOT / "solutions" / path.name, master)
    defined = set().union(*map(functions, submission.sources))
    assert {function for _, function in master.checks} <= defined and submission.remarks == ()


def test_the_command_prints_a_table_and_writes_every_item(tmp_path, capsys):
    hand_in(tmp_path / "in", ada=solved(), bob="{")
    command = ["grade", str(tmp_path / "in"), "--out", str(tmp_path / "out"), "--jobs", "1"]
    assert main(command) == 0
    said = capsys.readouterr().out
    assert re.search(r"ada +12 +12 +12\n", said) and "1 to look at" in said and "grades.csv" in said
    with open(tmp_path / "out" / "grades.csv", newline="", encoding="utf8") as file:
        rows = list(csv.DictReader(file))
    assert [row["student"] for row in rows] == ["ada"] * 5 + ["bob"]
    assert main(command) == 0 and capsys.readouterr().out == said
    assert main(["grade", "nowhere"]) == 2 and "there is no nowhere" in capsys.readouterr().err
