"""CLAIMS.md lists everything the source lesson teaches and everything the course corrects, and each has its check."""

import functools
import json
import re
from collections import Counter
from pathlib import Path

import pytest

from ppo_edu.grading.items import everything

ROOT = Path(__file__).parent.parent
# How many the source has; the quiz with its two missing questions, the corrections as many as there are.
COUNTS = {
    "objective": 5,
    "term": 5,
    "example": 3,
    "problem": 5,
    "summary": 6,
    "quiz": 8,
    "pitfall": 5,
    "algorithm": 13,
    "next": 4,
}
CORRECTIONS = 33
CORRECTED = re.compile(r"\*\*(A|Three) corrections?\b")  # how a notebook says so
# Departures that the notebooks state without that marker, in cells that name what the lesson says or leaves out.
STATED = {
    "correction-disguise": "04/force",
    "correction-kl-order": "04/kl",
    "correction-advantage-signals": "09/rewards",
    "correction-time-limits": "05/ends",
    "correction-undiscounted": "02/undiscounted",
    "correction-stops-changing": "03/problem1-note",
}

POINTERS = {"next-3", "next-4"}  # named for further reading; the course does not teach them


@functools.cache
def cells():
    """{"03/real-note": the cell}."""
    return {
        f"{path.stem[:2]}/{cell['id']}": cell
        for path in sorted((ROOT / "notebooks").glob("*.ipynb"))
        for cell in json.loads(path.read_text(encoding="utf8"))["cells"]
    }


def source(name):
    return "".join(cells()[name]["source"])


def rows():
    """{id: (statements, where, checked by)} of the page."""
    found = {}
    for line in (ROOT / "CLAIMS.md").read_text(encoding="utf8").splitlines():
        if re.match(r"\| [a-z]+-", line):
            name, *words, where, checks = (part.strip() for part in line.strip("|").split("|"))
            assert name not in found, f"{name} stands twice"
            found[name] = words, where.split(", "), checks.split(", ")
    return found


ROWS = rows()


def problem(check, name=""):
    """What is wrong with a check; None where it is one that would fail."""
    if check == "a pointer: no claim":
        return None if name in POINTERS else "a claim needs a check"
    if check.startswith("check."):
        return None if check.removeprefix("check.") in everything() else "no such exercise item"
    if "::" in check:
        file, name = check.split("::")
        path = ROOT / "tests" / f"{file}.py"
        there = path.exists() and f"\ndef test_{name}(" in path.read_text(encoding="utf8")
        return None if there else "no such test"
    if check not in cells():
        return "no such cell"
    cell = cells()[check]
    if cell["cell_type"] != "code" or not cell["execution_count"]:
        return "not a cell that runs"
    compared = cell["outputs"] and "nbval-ignore-output" not in cell["metadata"].get("tags", [])
    return None if compared or "assert " in source(check) or ".compare(" in source(check) else "checks nothing"


def test_nothing_of_the_lesson_is_missing():
    kinds = Counter(name.split("-")[0] for name in ROWS)
    assert kinds == COUNTS | {"correction": CORRECTIONS}
    for kind, count in COUNTS.items():
        assert {f"{kind}-{k}" for k in range(1, count + 1)} <= set(ROWS)


@pytest.mark.parametrize("name", ROWS)
def test_a_claim_has_its_place_and_a_check_that_would_fail(name):
    words, where, checks = ROWS[name]
    assert all(words) and where and checks
    assert [cell for cell in where if cell not in cells()] == []
    assert {check: problem(check, name) for check in checks if problem(check, name)} == {}


def test_every_correction_of_the_notebooks_is_listed_and_every_listed_one_is_marked():
    marked = {name for name in cells() if cells()[name]["cell_type"] == "markdown" and CORRECTED.search(source(name))}
    marked.discard("00/how")  # says what the marker means
    listed = {name: where for name, (_, where, _) in ROWS.items() if name.startswith("correction-")}
    assert marked - {cell for where in listed.values() for cell in where} == set()
    unmarked = {name for name, where in listed.items() if not marked & set(where)}
    assert unmarked <= set(STATED)
    for name, cell in STATED.items():
        assert cell in listed[name] and cells()[cell]["cell_type"] == "markdown"
        assert re.search(r"[Tt]he lesson|leaves this out|Nota", source(cell)), name


def test_quiz_questions_are_asked_under_their_numbers():
    """Each printed question stands in the stored quiz of the cells that the ledger names."""
    for number in (1, 2, 3, 4, 5, 8):
        asked = [
            "".join(output["data"]["text/plain"])
            for cell in ROWS[f"quiz-{number}"][1]
            for output in cells()[cell]["outputs"]
        ]
        pattern = rf"(lesson's question|\(Question|Quiz question) {number}\b"
        assert all(re.search(pattern, text) for text in asked) and asked, number


def test_a_check_that_is_none_is_noticed():
    assert problem("03/real-note") == "not a cell that runs" and problem("03/nowhere") == "no such cell"
    assert problem("03/imports") == "checks nothing" and problem("check.nothing") == "no such exercise item"
    assert problem("test_gae::nothing") == "no such test" and problem("test_nothing::x") == "no such test"
    assert problem("check.gae") is problem("05/recursion-same") is problem("test_gae::edges") is None
