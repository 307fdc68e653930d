"""What a learner handed in, set beside the exercise it answers: which cells to run, and what to check afterwards.

The checks are always the master's. A learner's check cells are not run, so it does not matter what became of them.
"""

import ast
import json
from dataclasses import dataclass
from pathlib import Path


class Unreadable(ValueError):
    """A file that is no notebook; the message says why."""


@dataclass(frozen=True)
class Master:
    """An exercise as it was handed out."""

    name: str
    checks: tuple[tuple[str, str], ...]  # (item, name of the learner's function), in order
    given: dict  # grade_id -> source of the cells that everybody needs, such as the imports
    idle: frozenset[str]  # sources that grading leaves out: answers nobody wrote, and what only shows them at work


@dataclass(frozen=True)
class Submission:
    """The sources to run, in order, and what is odd about the notebook."""

    sources: tuple[str, ...]
    remarks: tuple[str, ...] = ()


def read_cells(path):
    """[(source, nbgrader metadata)] of a notebook's code cells. Raises `Unreadable`."""
    try:
        notebook = json.loads(Path(path).read_text(encoding="utf8"))
        cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
        return [("".join(cell["source"]), _dict(_dict(cell.get("metadata")).get("nbgrader"))) for cell in cells]
    except OSError as error:
        raise Unreadable(f"cannot be read: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Unreadable("is not a notebook: it holds no list of cells") from None


def _dict(value):
    return value if isinstance(value, dict) else {}


def read_master(path):
    """The `Master` in an exercise (or its solution). Raises `Unreadable` where it has no check cells."""
    cells = read_cells(path)
    checks = [call for source, _ in cells if (call := checked(source))]
    if not checks:
        raise Unreadable("has no check cells, so it is no exercise")
    answers, given, idle = {function for _, function in checks}, {}, set()
    last = max((k for k, (_, grader) in enumerate(cells) if grader.get("solution")), default=0)
    for k, (source, grader) in enumerate(cells):
        if grader.get("solution") or grader.get("locked") and (k > last or answers & names(source)):
            idle.add(source.strip())
        elif grader.get("locked"):
            given[grader["grade_id"]] = source
    return Master(Path(path).stem, tuple(checks), given, frozenset(idle))


def checked(source):
    """(item, function) of a cell that is one expression `check.item(function)`, else None."""
    try:
        match ast.parse(source).body:
            case [ast.Expr(ast.Call(ast.Attribute(ast.Name("check"), item), [ast.Name(function)], []))]:
                return item, function
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        pass
    return None


def names(source):
    """Every name that a cell's source mentions."""
    try:
        return {node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)}
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()


def functions(source):
    """The names that a cell's source defines at its top."""
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    named = {node.name for node in body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    targets = [target for node in body if isinstance(node, ast.Assign) for target in node.targets]
    return named | {target.id for target in targets if isinstance(target, ast.Name)}


def exercise_of(path, masters):
    """Which of `masters` a notebook answers: by its name, else by the functions it defines. Raises `Unreadable`."""
    cells = read_cells(path)
    defined = set().union(*(functions(source) for source, _ in cells)) if cells else set()
    asked = {call for source, _ in cells if (call := checked(source))}

    def overlap(master):
        wanted = {function for _, function in master.checks}
        return Path(path).stem.endswith(master.name), len(wanted & defined) + len(set(master.checks) & asked)

    best = max(masters, key=overlap)
    if overlap(best) == (False, 0):
        raise Unreadable("answers none of the exercises")
    return best


def read_submission(path, master):
    """The `Submission` in a learner's notebook. Raises `Unreadable`.

    Every code cell of the learner's is run, so helpers may stand anywhere. But the cells everybody is given are the
    master's, first where they were deleted. An answer cell that nobody wrote in is left out, so that a copy of it
    undoes nothing, and so is a given cell that only uses the answers.
    """
    sources, remarks, seen = [], [], set()
    cells = read_cells(path)
    there = {grader.get("grade_id") for _, grader in cells}
    sources += [source for grade_id, source in master.given.items() if grade_id not in there]
    for source, grader in cells:
        if checked(source) or source.strip() in master.idle:
            continue
        again = functions(source) & seen & {function for _, function in master.checks}
        remarks += [f"{name} is defined more than once; the last one counts" for name in sorted(again)]
        seen |= functions(source)
        sources.append(master.given.get(grader.get("grade_id"), without_magic(source)))
    return Submission(tuple(sources), tuple(dict.fromkeys(remarks)))


def without_magic(source):
    """The source without lines that only IPython understands."""
    return "\n".join("pass" if line.startswith(("%", "!")) else line for line in source.split("\n"))
