"""A class's notebooks, graded side by side by `sandbox` processes: who handed in what, and what it is worth.

Each notebook is one line of the results file, written the moment it is graded, so an interrupted run goes on where it
stopped; a notebook that changed since is graded again.
"""

import contextlib
import csv
import hashlib
import json
import os
import queue
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

from ppo_edu.grading.runner import SECONDS
from ppo_edu.grading.submission import Unreadable, exercise_of, read_master

COLUMNS = ("student", "exercise", "item", "points", "of", "outcome", "message", "remark", "notebook")


@dataclass(frozen=True)
class Handed:
    """One notebook of one student. `master` is None, and `problem` says why, where it answers nothing."""

    student: str
    path: Path
    master: Path | None
    problem: str = ""

    @property
    def key(self):
        """Changes when the notebook, or the exercise, does."""
        parts = [self.student.encode(), self.path.read_bytes() if self.path.is_file() else b""]
        parts += [self.master.read_bytes()] if self.master else []
        return hashlib.sha256(b"\0".join(parts)).hexdigest()


def exercises(folder):
    """The exercises in a folder: [(path, Master)]. Raises `ValueError` where there is none."""
    found = []
    for path in sorted(Path(folder).glob("*.ipynb")):
        try:
            found.append((path, read_master(path)))
        except Unreadable:
            continue
    if not found:
        raise ValueError(f"{folder} holds no exercise")
    return found


def handed_in(paths, masters):
    """Every notebook under `paths` as `Handed`: a notebook, a student's folder, or a folder with one for each student.

    The student is the first folder below the path that was given; a notebook right in it speaks for itself, and
    `ada_03_clipped_objective.ipynb` is ada's. Raises `ValueError` for a path that is not there.
    """
    found = []
    for path in map(Path, paths):
        if not path.exists():
            raise ValueError(f"there is no {path}")
        notebooks = [path] if path.is_file() else sorted(path.rglob("*.ipynb"))
        for notebook in notebooks:
            if ".ipynb_checkpoints" in notebook.parts:
                continue
            below = notebook.relative_to(path).parts if path.is_dir() else ()
            student = below[0] if len(below) > 1 else _owner(notebook, masters)
            try:
                best = exercise_of(notebook, [master for _, master in masters])
                master = next(path for path, master in masters if master is best)
                found.append(Handed(student, notebook, master))
            except Unreadable as reason:
                found.append(Handed(student, notebook, None, f"The notebook {reason}."))
    return found


def _owner(notebook, masters):
    """The student in a file's name: what stands before the exercise's, else the whole of it."""
    for _, master in masters:
        if notebook.stem.endswith(master.name) and notebook.stem != master.name:
            return notebook.stem[: -len(master.name)].rstrip("_- .")
    return notebook.parent.resolve().name if any(notebook.stem == m.name for _, m in masters) else notebook.stem


def grade_class(handed, file, jobs=1, training=False, seconds=SECONDS, on_graded=None):
    """Grade every notebook that `file` does not hold yet; → the rows of all of `handed`, in its order.

    file: JSON lines, one a notebook, {"key", "rows"}. seconds: of processor time for a notebook's cells, and again for
    each check but those that train. on_graded(done, total) is called after each notebook.
    Raises `OSError` on a system without fork, with a sentence.
    """
    if not hasattr(os, "pidfd_open"):
        raise OSError("grading notebooks needs Linux (5.3 or later): each check runs in a process of its own")
    known, options = _read(file), {"training": training, "seconds": seconds}
    keys = [f"{one.key} {json.dumps(options)}" for one in handed]
    todo = [(key, one) for key, one in zip(keys, handed, strict=True) if key not in known]
    known |= _grade_all(todo, file, jobs, options, on_graded or (lambda done, total: None), len(handed))
    return [
        {"student": one.student, "exercise": one.master.stem if one.master else "?", **row, "notebook": str(one.path)}
        for key, one in zip(keys, handed, strict=True)
        for row in known[key]
    ]


def _read(file):
    """{key: rows} of a results file; a line cut short by a crash is left out."""
    known = {}
    if Path(file).exists():
        for line in Path(file).read_text(encoding="utf8").splitlines():
            try:
                entry = json.loads(line)
                known[entry["key"]] = entry["rows"]
            except (ValueError, KeyError, TypeError):
                continue
    return known


def _grade_all(todo, file, jobs, options, on_graded, total):
    """{key: rows} of what is to be done, each written to `file` at once."""
    tasks, results = queue.SimpleQueue(), queue.SimpleQueue()
    for task in todo:
        tasks.put(task)
    workers = [threading.Thread(target=_work, args=(tasks, results, options), daemon=True) for _ in range(jobs)]
    graded = {}
    with open(file, "a", encoding="utf8") as out, _joined(workers[: len(todo)]):
        if out.tell() and not Path(file).read_bytes().endswith(b"\n"):
            out.write("\n")
        for done in range(1, len(todo) + 1):
            key, rows = results.get()
            graded[key] = rows
            out.write(json.dumps({"key": key, "rows": rows}, ensure_ascii=False) + "\n")
            out.flush()
            on_graded(total - len(todo) + done, total)
    return graded


@contextlib.contextmanager
def _joined(threads):
    """Start them; wait for them only when all went well."""
    for thread in threads:
        thread.start()
    yield
    for thread in threads:
        thread.join()


def _work(tasks, results, options):
    """One sandbox process and what it is given, until nothing is left; a new process where one broke down."""
    with contextlib.ExitStack() as processes:
        sandbox = None
        while True:
            try:
                key, one = tasks.get_nowait()
            except queue.Empty:
                return
            if one.master is None:
                results.put((key, [_row(one.problem)]))
                continue
            sandbox = sandbox or processes.enter_context(_sandbox())
            try:
                rows = _ask(sandbox, one, options)
            except (OSError, ValueError):
                sandbox.kill()
                sandbox, rows = None, [_row("The process that graded it broke down.")]
            results.put((key, rows))


def _ask(sandbox, one, options):
    """The rows of one notebook."""
    request = {"master": str(one.master.resolve()), "path": str(one.path.resolve()), **options}
    sandbox.stdin.write(json.dumps(request) + "\n")
    sandbox.stdin.flush()
    return json.loads(sandbox.stdout.readline())


def _row(problem):
    return {"item": "", "points": 0.0, "of": 0.0, "outcome": "raised", "message": problem, "remark": ""}


def _sandbox():
    """A `sandbox` process. Its environment holds nothing of ours: learners' code can read it."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LD_LIBRARY_PATH", "PYTHONPATH") if name in os.environ}
    clean = kept | {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "MPLBACKEND": "agg"}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "encoding": "utf8"}
    # In a session of its own: Ctrl-C ends the grading, and an open pipe's end the sandbox.
    command = [sys.executable, "-m", "ppo_edu.grading.sandbox"]
    return subprocess.Popen(command, env=clean, start_new_session=True, **pipes)


def write_csv(rows, path):
    """One line an item."""
    with open(path, "w", newline="", encoding="utf8") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def table(rows):
    """A line a student: points by exercise, their sum, and what is odd."""
    students, names = (list(dict.fromkeys(row[key] for row in rows)) for key in ("student", "exercise"))
    names = sorted(name for name in names if name != "?")
    width = max([len(student) for student in students] + [7])
    lines = [f"{'student':<{width}}  " + "".join(f"{name[:2]:>7}" for name in names) + "    sum   of"]
    for student in students:
        own = [row for row in rows if row["student"] == student]
        cells = []
        for name in names:
            here = [row for row in own if row["exercise"] == name]
            cells.append(f"{sum(row['points'] for row in here):7g}" if here else f"{'–':>7}")
        earned, possible = (sum(row[key] for row in own) for key in ("points", "of"))
        odd = sum(row["outcome"] == "raised" or bool(row["remark"]) for row in own)
        note = f"   {odd} to look at" if odd else ""
        lines.append(f"{student:<{width}}  {''.join(cells)}{earned:7g}{possible:5g}{note}")
    return "\n".join(lines)
