"""Make the exercises from the solutions: what lies between the markers becomes a stub, outputs go.

    python -m tools.derive                           write exercises/ for every notebook in solutions/
    python -m tools.derive --check                   change nothing, name what is stale
    python -m tools.derive solutions/05_gae.ipynb    one notebook

The files are those that `nbgrader generate_assignment` makes, byte for byte, so an instructor can use either.
"""

import argparse
import hashlib
import re
import sys
from pathlib import Path

import nbformat

ROOT = Path(__file__).parent.parent
STUB = ("# YOUR CODE HERE", "raise NotImplementedError()")


def main(argv=None):
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.derive", description=__doc__.splitlines()[0])
    parser.add_argument("solutions", nargs="*", type=Path, help="default: every notebook in solutions/")
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 and name what is stale")
    arguments = parser.parse_args(argv)
    everything = sorted((ROOT / "solutions").glob("*.ipynb"))
    problems = [] if arguments.solutions else orphans(everything, arguments.check)
    for source in arguments.solutions or everything:
        try:
            problems += process(source.resolve(), arguments.check)
        except ValueError as error:
            problems.append(f"{source.name}: {error}")
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


def process(source, check):
    """Derive one exercise into the folder beside the solution's; returns sentences about what is wrong."""
    target = source.parent.parent / "exercises" / source.name
    text = derive(source.read_text(encoding="utf8"))
    if target.exists() and target.read_text(encoding="utf8") == text:
        return []
    if check:
        return [f"exercises/{source.name} is stale; run `python -m tools.derive`"]
    target.parent.mkdir(exist_ok=True)
    target.write_text(text, encoding="utf8", newline="\n")
    return []


def orphans(solutions, check):
    """Exercises whose solution is gone: removed, or named when only checking."""
    names = {path.name for path in solutions}
    left = [path for path in sorted((ROOT / "exercises").glob("*.ipynb")) if path.name not in names]
    if check:
        return [f"exercises/{path.name} has no solution; run `python -m tools.derive`" for path in left]
    for path in left:
        path.unlink()
    return []


def derive(text):
    """The exercise's text for a solution's text. Raises `ValueError` where the markers do not fit."""
    notebook = nbformat.reads(text, as_version=4)
    for cell in notebook.cells:
        grader = cell.metadata.get("nbgrader", {})
        cell.source = without_solution(cell)
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
        if grader.get("solution"):
            cell.metadata["deletable"] = False
        elif grader.get("grade") or grader.get("locked"):
            cell.metadata |= {"deletable": False, "editable": False}
        if any(grader.get(key) for key in ("grade", "solution", "locked")):
            grader |= {"cell_type": cell.cell_type, "checksum": checksum(cell)}
    return nbformat.writes(notebook) + "\n"


def without_solution(cell):
    """The cell's source with each region between the markers replaced by the stub, indented as the region was."""
    kept, inside, replaced = [], False, False
    for line in cell.source.split("\n"):
        if "BEGIN SOLUTION" in line:
            if inside:
                raise ValueError(f"cell {cell.id} begins a solution inside a solution")
            inside = replaced = True
            indent = re.match(r"\s*", line).group()
            kept += [indent + stub for stub in STUB]
        elif "END SOLUTION" in line:
            inside = False
        elif not inside:
            kept.append(line)
    if inside:
        raise ValueError(f"cell {cell.id} has no END SOLUTION")
    if replaced != bool(cell.metadata.get("nbgrader", {}).get("solution")):
        raise ValueError(f"cell {cell.id}: solution markers and the metadata `solution` go together")
    return "\n".join(kept)


def checksum(cell):
    """nbgrader's fingerprint of what a learner may not change: source, type, roles, id, points."""
    grader = cell.metadata.nbgrader
    grade, solution = bool(grader["grade"]), bool(grader["solution"])
    # As nbgrader sees it: what is graded is locked, what is to be filled in is not.
    locked = not solution and (grade or bool(grader["locked"]))
    parts = [cell.source, cell.cell_type, str(grade), str(solution), str(locked), grader["grade_id"]]
    if grade:
        parts.append(str(float(grader["points"])))
    return hashlib.md5("".join(parts).encode("utf8"), usedforsecurity=False).hexdigest()


if __name__ == "__main__":
    raise SystemExit(main())
