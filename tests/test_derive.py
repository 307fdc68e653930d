"""Exercises are derived, fresh, empty of answers, and say "not attempted"; solutions are complete and correct."""

import ast
import json
import textwrap
from pathlib import Path

import nbformat
import pytest

from ppo_edu.grading.items import find
from ppo_edu.grading.report import Report
from tools import derive

ROOT = Path(__file__).parent.parent
SOLUTIONS = sorted((ROOT / "solutions").glob("*.ipynb"))
EXERCISES = sorted((ROOT / "exercises").glob("*.ipynb"))
ANSWER = {"schema_version": 3, "task": False, "grade": False, "solution": True, "locked": False, "grade_id": "f"}


@pytest.fixture(autouse=True)
def own_progress(tmp_path, monkeypatch):
    monkeypatch.setenv("PPO_EDU_PROGRESS", str(tmp_path / "progress.json"))
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)


def code_cells(path):
    notebook = json.loads(path.read_text(encoding="utf8"))
    return [cell | {"text": "".join(cell["source"])} for cell in notebook["cells"] if cell["cell_type"] == "code"]


def graded(path):
    """The check cells, each with the code cell above it."""
    cells = code_cells(path)
    return [(above, c) for above, c in zip(cells, cells[1:]) if c["metadata"].get("nbgrader", {}).get("grade")]


def of_each(paths):
    return pytest.mark.parametrize("path", paths, ids=lambda p: p.stem)


def notebook(source, metadata=None):
    cell = nbformat.v4.new_code_cell(source, id="f", metadata={"nbgrader": metadata} if metadata else {})
    return nbformat.writes(nbformat.v4.new_notebook(cells=[cell]))


# ── the published files ──────────────────────────────────────────────────────────────────────────────────────────


def test_exercises_are_what_the_solutions_give():
    assert derive.main(["--check"]) == 0 and [p.name for p in SOLUTIONS] == [p.name for p in EXERCISES] != []


@of_each(SOLUTIONS)
def test_a_check_is_one_expression_right_below_its_answer(path):
    """nbgrader gives full marks to a check cell whose output is no number, so there must be nothing else in it."""
    for above, cell in graded(path):
        (statement,) = ast.parse(cell["text"]).body
        name = above["metadata"]["nbgrader"]["grade_id"]
        assert isinstance(statement, ast.Expr) and cell["text"] == f"check.{name}({name})"
        assert any(isinstance(s, ast.FunctionDef) and s.name == name for s in ast.parse(above["text"]).body)


@of_each(SOLUTIONS)
def test_points_are_those_of_the_checks_and_add_up_to_what_the_title_says(path):
    marks = [(above["metadata"]["nbgrader"], cell["metadata"]["nbgrader"]) for above, cell in graded(path)]
    points = {answer["grade_id"]: check["points"] for answer, check in marks}
    assert points == {name: find(name).points for name in points}
    assert {find(name).exercise for name in points} == {path.stem}
    title = nbformat.read(path, as_version=4).cells[0].source
    assert f"**{sum(points.values()):g} points" in title


@of_each(SOLUTIONS)
def test_every_check_of_a_solution_came_out_correct(path):
    for _, cell in graded(path):
        (output,) = cell["outputs"]
        assert ": correct (" in output["data"]["text/plain"][0], cell["id"]


@of_each(SOLUTIONS)
def test_what_reveal_shows_is_what_the_solution_says(path):
    for above, _ in graded(path):
        region = above["text"].split("### BEGIN SOLUTION\n")[1].split("### END SOLUTION")[0]
        item = find(above["metadata"]["nbgrader"]["grade_id"])
        assert textwrap.dedent(region).strip() == item.answer


@of_each(EXERCISES)
def test_an_exercise_as_shipped_says_not_attempted_and_raises_nothing(path):
    space, outcomes = {}, []
    for cell in code_cells(path):
        try:
            value = eval(cell["text"], space)
        except SyntaxError:
            exec(compile(cell["text"], cell["id"], "exec"), space)
        else:
            assert isinstance(value, Report)
            outcomes.append(value.outcome)
    assert outcomes == ["not attempted"] * len(graded(path)) != []


@of_each(EXERCISES)
def test_an_exercise_holds_no_answer_and_no_output(path):
    for cell in code_cells(path):
        assert cell["outputs"] == [] and cell["execution_count"] is None and "SOLUTION" not in cell["text"]
        if cell["metadata"].get("nbgrader", {}).get("solution"):
            assert cell["text"].count("raise NotImplementedError()") == 1
            assert find(cell["metadata"]["nbgrader"]["grade_id"]).answer not in textwrap.dedent(cell["text"])


# ── the tool ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_region_becomes_a_stub_indented_as_it_was():
    source = "def f(x):\n    y = None\n    ### BEGIN SOLUTION\n    y = 2 * x\n    ### END SOLUTION\n    return y"
    (cell,) = nbformat.reads(derive.derive(notebook(source, ANSWER)), as_version=4).cells
    stub = "    # YOUR CODE HERE\n    raise NotImplementedError()\n"
    assert cell.source == "def f(x):\n    y = None\n" + stub + "    return y"
    assert cell.metadata.deletable is False and "editable" not in cell.metadata


def test_the_checksum_is_nbgraders():
    """Values computed once by nbgrader 0.9.6, for a check and for an answer."""
    check = nbformat.v4.new_code_cell("check.f(f)")
    check.metadata["nbgrader"] = ANSWER | {"grade": True, "solution": False, "locked": True, "points": 4}
    assert derive.checksum(check) == "08fbf5c00ed0c81d3891c8255885eb55"
    answer = nbformat.v4.new_code_cell("f = 1", metadata={"nbgrader": ANSWER})
    assert derive.checksum(answer) == "500dd333a7b723b79bbe3dd60a033fb2"


@pytest.mark.parametrize(
    "source, metadata, problem",
    [
        ("### BEGIN SOLUTION\n1", ANSWER, "no END SOLUTION"),
        ("### BEGIN SOLUTION\n### BEGIN SOLUTION\n### END SOLUTION", ANSWER, "inside a solution"),
        ("### BEGIN SOLUTION\n1\n### END SOLUTION", None, "go together"),
        ("f = 1", ANSWER, "go together"),
    ],
)
def test_markers_that_would_leak_or_lose_an_answer_are_refused(source, metadata, problem):
    with pytest.raises(ValueError, match=problem):
        derive.derive(notebook(source, metadata))


def test_stale_and_orphaned_exercises_are_named_and_mended(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(derive, "ROOT", tmp_path)
    for folder in ("solutions", "exercises"):
        (tmp_path / folder).mkdir()
    source = "### BEGIN SOLUTION\nf = 1\n### END SOLUTION"
    (tmp_path / "solutions" / "01_new.ipynb").write_text(notebook(source, ANSWER), encoding="utf8")
    (tmp_path / "exercises" / "02_gone.ipynb").write_text("{}", encoding="utf8")
    assert derive.main(["--check"]) == 1
    said = capsys.readouterr().err
    assert "exercises/01_new.ipynb is stale" in said and "exercises/02_gone.ipynb has no solution" in said
    assert derive.main([]) == 0 and derive.main(["--check"]) == 0
    assert [p.name for p in (tmp_path / "exercises").iterdir()] == ["01_new.ipynb"]
    (tmp_path / "solutions" / "01_new.ipynb").write_text(notebook("### BEGIN SOLUTION", ANSWER), encoding="utf8")
    assert derive.main([]) == 1 and "01_new.ipynb: cell f has no END SOLUTION" in capsys.readouterr().err
