"""CLAIMS.md lists everything the source lesson teaches and everything the course corrects, and each has its check."""

import ast
import functools
import json
import re
from collections import Counter, namedtuple
from pathlib import Path

import pytest

from ppo_edu.grading.items import everything

ROOT = Path(__file__).parent.parent
ITEMS = {  # how many of each the source has
    "objective": 5,
    "term": 5,
    "example": 3,
    "problem": 5,
    "summary": 6,
    "pitfall": 5,
    "algorithm": 13,
    "next": 4,
}
QUIZ = (1, 2, 3, 4, 5, 8)  # the questions it prints; it skips 6 and 7
VERDICTS = {"Corrections: wrong": 14, "Corrections: loose": 21, "Corrections: left out": 4, "Right as it stands": 10}

# How a notebook marks what it corrects. The one cell that only explains the marker corrects nothing.
MARKER = re.compile(r"\*\*(?:A correction|(?P<many>Three) corrections)\b")
EXPLAINS_THE_MARKER = "00/how"
NAMES_THE_LESSON = re.compile(r"\b[Tt]he (lesson|source)\b(?! (before|to go back))")
# Its quotation is taken literally and measured in the cell itself, without the marker.
WRONG_WITHOUT_MARKER = {"correction-disguise"}

HEAD = "| id | the lesson says | here | where | checked by |", "|---" * 5 + "|"
Row = namedtuple("Row", "section says here where checks")


@functools.cache
def cells():
    """{"03/real-note": the cell}."""
    return {
        f"{path.stem[:2]}/{cell['id']}": cell | {"text": "".join(cell["source"])}
        for path in sorted((ROOT / "notebooks").glob("*.ipynb"))
        for cell in json.loads(path.read_text(encoding="utf8"))["cells"]
    }


def marked(name):
    return bool(MARKER.search(cells()[name]["text"])) and name != EXPLAINS_THE_MARKER


def rows():
    """{id: Row} of the page; every line of a table is a row, its head, or the rule below that."""
    found, section = {}, None
    for line in (ROOT / "CLAIMS.md").read_text(encoding="utf8").splitlines():
        if line.startswith("## "):
            section = line.removeprefix("## ")
        if not line.startswith("|") or line in HEAD:
            continue
        name, says, here, where, checks = (part.strip() for part in line.strip("|").split("|"))
        assert re.fullmatch(r"[a-z]+-[a-z0-9-]+", name) and name not in found, f"{name} stands twice, or is no id"
        found[name] = Row(section, says, here, where.split(", "), checks.split(", "))
    return found


ROWS = rows()
CARRIED = {cell for row in ROWS.values() for cell in row.where}


def asserts(code):
    """Whether it holds an assert of something that can fail: not of a constant, nor in words only."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Assert) and not isinstance(node.test, ast.Constant):
            return True
        if isinstance(node, ast.Call) and re.match(r"(np\.testing\.assert_|pytest\.raises)", ast.unparse(node.func)):
            return True
    return False


@functools.cache
def functions(file):
    path = ROOT / "tests" / f"{file}.py"
    tree = ast.parse(path.read_text(encoding="utf8")) if path.exists() else ast.Module([])
    return {node.name.removeprefix("test_"): node for node in tree.body if isinstance(node, ast.FunctionDef)}


def problem(check, where=()):
    """What is wrong with a check; None where it is one that would fail."""
    if check.startswith("names: "):
        return None if any(check[7:] in cells()[name]["text"] for name in where) else "not named there"
    if check.startswith("check."):
        return None if check.removeprefix("check.") in everything() else "no such exercise item"
    if "::" in check:
        file, name = check.split("::")
        if name not in functions(file):
            return "no such test"
        source = ast.unparse(functions(file)[name])
        if re.search(r"^@pytest\.mark\.(slow|skip|xfail)", source, re.M):
            return "not run in CI"
        return None if asserts(source) else "checks nothing"
    if check not in cells():
        return "no such cell"
    cell = cells()[check]
    if cell["cell_type"] != "code" or not cell["execution_count"]:
        return "not a cell that runs"
    # A measurement beside a prediction is a check where nbval compares it with the stored one.
    compared = ".compare(" in cell["text"] and "nbval-ignore-output" not in cell["metadata"].get("tags", [])
    return None if compared or asserts(cell["text"]) else "checks nothing"


def test_nothing_of_the_lesson_is_missing_and_nothing_is_invented():
    numbered = {f"{kind}-{k}" for kind, count in ITEMS.items() for k in range(1, count + 1)}
    numbered |= {f"quiz-{number}" for number in QUIZ}
    named = {name for name, row in ROWS.items() if row.section in VERDICTS}
    assert numbered == set(ROWS) - named
    assert Counter(ROWS[name].section for name in named) == VERDICTS
    assert all(name.startswith("right-" if ROWS[name].section[0] == "R" else "correction-") for name in named)


@pytest.mark.parametrize("name", ROWS)
def test_a_claim_has_its_place_and_a_check_that_would_fail(name):
    row = ROWS[name]
    assert row.says and row.here and row.where != [""]
    assert [cell for cell in row.where if cell not in cells()] == []
    assert {check: why for check in row.checks if (why := problem(check, row.where))} == {}


def test_every_marked_correction_is_listed_as_often_as_its_cell_corrects():
    listed = Counter(cell for row in ROWS.values() if row.section.startswith("Corrections") for cell in row.where)
    for name in filter(marked, cells()):
        corrects = 3 if MARKER.search(cells()[name]["text"])["many"] else 1
        assert listed[name] >= corrects, f"{name} corrects {corrects} sentence(s), CLAIMS.md lists {listed[name]}"


def test_a_correction_says_in_its_cell_that_it_is_one():
    """What the lesson gets wrong bears the marker; what is loose names the lesson; "left out" quotes nothing."""
    for name, row in ROWS.items():
        named = any(NAMES_THE_LESSON.search(cells()[cell]["text"]) for cell in row.where)
        if row.section == "Corrections: wrong":
            assert any(map(marked, row.where)) or (name in WRONG_WITHOUT_MARKER and named), name
        if row.section == "Corrections: loose":
            assert any(map(marked, row.where)) or named, name
        if row.section == "Corrections: left out":
            assert row.says.startswith("("), name


def test_where_a_notebook_speaks_of_the_lesson_something_is_listed():
    frame = ("/title", "/quiz", "/summary")  # what a page is about, not what it says
    for name, cell in cells().items():
        if cell["cell_type"] == "markdown" and not name.endswith(frame) and NAMES_THE_LESSON.search(cell["text"]):
            assert name in CARRIED, f"{name} speaks of the lesson, and CLAIMS.md has no row for it"


def test_the_table_of_corrections_in_lesson_10_is_part_of_this_one():
    table = cells()["10/pitfalls-note"]["text"].split("|---|---|---|\n")[1].split("\n\n")[0].splitlines()
    listed = [n for n, row in ROWS.items() if n.startswith("correction-") and "10/pitfalls-note" in row.where]
    assert len(table) == len(listed) == 20


def test_examples_and_problems_stand_under_their_numbers():
    for kind in ("example", "problem"):
        for number in range(1, ITEMS[kind] + 1):
            texts = [cells()[cell]["text"] for cell in ROWS[f"{kind}-{number}"].where]
            assert any(f"{kind.title()} {number}" in text for text in texts), f"{kind} {number}"


def test_quiz_questions_are_asked_under_their_numbers():
    """In each cell that the ledger names, and the two that the source skips in lesson 10."""
    asked = {name: json.dumps(cell.get("outputs", [])) for name, cell in cells().items() if "quiz" in name}
    for number in QUIZ:
        for cell in ROWS[f"quiz-{number}"].where:
            assert re.search(rf"(lesson's question|\(Question|Quiz question) {number}\b", asked[cell]), (number, cell)
    assert all(f"Quiz question {number} (missing in the source" in asked["10/quiz-lesson"] for number in (6, 7))


def test_links_lead_somewhere():
    page = (ROOT / "CLAIMS.md").read_text(encoding="utf8")
    heads = {"#" + re.sub(r"[^a-z -]", "", h.lower()).replace(" ", "-") for h in re.findall(r"^## (.*)", page, re.M)}
    links = set(re.findall(r"\]\(([^)]+)", page)) - heads
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_a_check_that_is_none_is_noticed():
    assert problem("03/real-note") == "not a cell that runs" and problem("03/nowhere") == "no such cell"
    assert problem("03/imports") == problem("01/hessian") == problem("07/compare-outside") == "checks nothing"
    assert problem("check.nothing") == "no such exercise item" and problem("test_nothing::x") == "no such test"
    assert problem("test_gae::nothing") == "no such test" and problem("names: DQN", ["10/next"]) == "not named there"
    assert problem("test_clinic::the_doctor_is_silent_on_twenty_healthy_runs") == "not run in CI"
    assert problem("check.gae") is problem("05/recursion-same") is problem("test_gae::edges") is None
    assert not asserts("assert True") and not asserts("# assert x\nprint('assert x')") and asserts("assert x > 0")
