"""A class's progress files as one table: what each learner answered before and after the course, and did in between."""

import csv
from pathlib import Path

from ppo_edu import progress

COLUMNS = ("learner", "kind", "item", "choice", "correct", "points", "of", "count", "time")
TESTS = {"before": "pretest", "after": "posttest"}


def read_files(paths):
    """{learner: what their `progress.json` holds}; a folder stands for every `progress.json` below it.

    The learner is the file's name, or its folder's where it is called progress.json. Raises `ValueError` for a file
    that is not there or holds something else.
    """
    found = {}
    for path in map(Path, paths):
        files = sorted(path.rglob("*progress*.json")) if path.is_dir() else [path]
        for file in files:
            try:
                data = progress._parse(file)
            except (OSError, ValueError):
                raise ValueError(f"{file} is no progress file") from None
            found[file.resolve().parent.name if file.stem == "progress" else file.stem] = data
    return found


def rows(learners):
    """A row for everything that was recorded, with its latest fields; points are the best."""
    return [
        {name: fields.get(name, "") for name in COLUMNS}
        | {"learner": learner, "kind": kind, "item": item, "count": entry["count"]}
        for learner, data in learners.items()
        for kind, entries in data.items()
        for item, entry in entries.items()
        for fields in [entry["best" if kind == "points" else "latest"]]
    ]


def write_csv(learners, path):
    """`rows`, to a file."""
    with open(path, "w", newline="", encoding="utf8") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows(learners))


def gains(learners):
    """A line a learner: right answers in the test before and after, the difference, and points."""
    width = max([len(name) for name in learners] + [7])
    lines = [f"{'learner':<{width}}  before   after    gain   points"]
    for learner, data in learners.items():
        right = {when: _right(data.get(kind, {})) for when, kind in TESTS.items()}
        taken = [right[when] for when in TESTS]
        gain = f"{right['after'] - right['before']:+7d}" if None not in taken else f"{'':7}"
        points = sum(entry["best"]["points"] for entry in data.get("points", {}).values())
        shown = "".join(f"{'–' if count is None else count:>8}" for count in taken)
        lines.append(f"{learner:<{width}}{shown}  {gain}{points:9g}")
    return "\n".join(lines)


def _right(entries):
    """How many answers of a test are right; None where it was not taken."""
    said = [entry["latest"]["correct"] for entry in entries.values() if "correct" in entry["latest"]]
    return sum(map(bool, said)) if said else None
