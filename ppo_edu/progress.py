"""What a learner has done so far, kept in one local JSON file; nothing leaves the machine.

The file is `progress.json` in the learner's `work/` folder, else in `.ppo-edu` at home, else where the environment
variable PPO_EDU_PROGRESS says. A file that cannot be written costs a sentence, never a cell. Standard library only.
"""

import contextlib
import json
import os
import time
from datetime import UTC, datetime
from html import escape
from pathlib import Path

KINDS = ("points", "quiz", "prediction", "reveal", "proof", "pretest", "posttest")
BEST_BY = {"points": "points", "quiz": "correct", "proof": "solved"}
NUMBERS = {"points": ("points", "of")} | dict.fromkeys(("quiz", "pretest", "posttest"), ("of",))  # are added up
LOCK_SECONDS = 10
BADGES = {  # for every point of an exercise
    "03_clipped_objective": "reads a clipped objective, slope by slope",
    "05_gae": "turns rewards into advantages, ends and time limits included",
    "07_train_ppo": "has trained an agent with a PPO of their own",
}
_told = set()


def record(kind, item, **fields):
    """Keep what happened to `item`; silent, and best and first results stay when a later one is worse.

    Fields that `progress()` reads: points: `points, of`; quiz: `correct, of`; proof: `solved`; prediction: `question,
    words`; the tests: `choice, correct, of`. An item reads `03_clipped_objective/slope`; sums go by what precedes "/".
    """
    if kind not in KINDS:
        raise ValueError(f"kind is {kind!r}; it must be one of {', '.join(KINDS)}")
    now = datetime.now(UTC).isoformat(timespec="seconds")
    with _one_sentence("Your progress could not be saved"):
        path = _path()
        path.parent.mkdir(parents=True, exist_ok=True)
        with _locked(path):
            data = _load(path)
            entries = data.setdefault(kind, {})
            entries[item] = _merged(entries.get(item), fields | {"time": now}, BEST_BY.get(kind))
            _write(path, data)


def read():
    """Everything recorded: `{kind: {item: {"first": fields, "latest": fields, "best": fields, "count": n}}}`."""
    with _one_sentence("Your progress could not be read"):
        path = _path()
        if path.exists():
            try:
                return _parse(path)
            except ValueError:
                with _locked(path):
                    return _load(path)
    return {}


def progress():
    """Points, quiz scores, proofs, predictions beside what was measured, and what to do next."""
    return Progress(read(), _exercises())


class Progress:
    """A learner's progress as a notebook or a terminal shows it."""

    def __init__(self, data, exercises):
        self._latest = {kind: {item: entry["latest"] for item, entry in data.get(kind, {}).items()} for kind in KINDS}
        self._data = data
        self.points, self.of = self._add_up_points(exercises)
        self.next = self._what_next(exercises)

    def _add_up_points(self, exercises):
        """Points had and points to have, per exercise."""
        points, of = dict.fromkeys(exercises, 0), {}
        for item, entry in sorted(self._data.get("points", {}).items()):
            exercise = item.split("/")[0]
            points[exercise] = points.get(exercise, 0) + entry["best"]["points"]
            of[exercise] = of.get(exercise, 0) + entry["best"]["of"]
        # The notebook knows of tasks that nobody has tried yet.
        return points, of | {name: total for name, total in exercises.items() if total}

    def _what_next(self, exercises):
        if not any(self._latest.values()):
            return "lesson 00_start_here."
        if [kind for kind in KINDS if self._latest[kind]] == ["pretest"]:
            return "lesson 01_step_size."
        tried = {item.split("/")[0] for item in self._latest["points"]}
        for name in sorted(tried):
            if self.points[name] < self.of[name]:
                return f"go on with exercise {name}: {_of(self.points[name], self.of[name])} points so far."
        for name in sorted(set(exercises) - tried):
            return f"exercise {name}."
        for quiz, entries in self._quizzes.items():
            if any(not entry["best"]["correct"] for entry in entries):
                return f"quiz {quiz} once more."
            if len(entries) < entries[0]["latest"]["of"]:
                return f"the rest of quiz {quiz}."
        if after := self._latest["posttest"]:
            left = any(item.endswith("/left") for item in after)
            return f"{'the end' if left else 'the rest of the second test, in the beginning'} of lesson 10_review."
        return "everything begun so far is done; on to the next lesson."

    @property
    def sections(self):
        """Titles and lines, for text and HTML alike."""
        names = sorted(self.points)
        points = [f"{name}: {_of(self.points[name], self.of.get(name, 0))}" for name in names]
        total = _of(sum(self.points.values()), sum(self.of.values()))
        proofs = {item: entry["count"] for item, entry in self._data.get("proof", {}).items()}
        solved = {item for item, entry in self._data.get("proof", {}).items() if entry["best"]["solved"]}
        sections = {
            "Badges": [
                f"★ {name}: {words}" for name, words in BADGES.items() if 0 < self.of.get(name, 0) <= self.points[name]
            ],
            "Before the course": self._answered("pretest"),
            "After the course": self._answered("posttest"),
            f"Points: {total}": points,
            "Quizzes": [self._score(name, entries) for name, entries in self._quizzes.items()],
            "Proofs": [
                f"{item}: {'in order' if item in solved else 'not in order yet'}, {_counted(count, 'check')}"
                for item, count in sorted(proofs.items())
            ],
            "Predictions": [
                f"{fields.get('question', item)} {fields.get('words', '')}"
                for item, fields in sorted(self._latest["prediction"].items())
            ],
            "Solutions and hints looked at": sorted(self._latest["reveal"]),
        }
        return {title: lines for title, lines in sections.items() if lines}

    @property
    def _quizzes(self):
        """Entries of a quiz's questions, by quiz."""
        quizzes = {}
        for item, entry in sorted(self._data.get("quiz", {}).items()):
            quizzes.setdefault(item.split("/")[0], []).append(entry)
        return quizzes

    def _answered(self, kind):
        """How much of a test was answered; how much of it rightly is not said before the second one is left."""
        of = {item.split("/")[0]: fields["of"] for item, fields in sorted(self._latest[kind].items())}
        said = [item.split("/")[0] for item, fields in self._latest[kind].items() if "choice" in fields]
        return [f"{name}: {_of(said.count(name), of[name])} answered{self._right(kind, name)}" for name in of]

    def _right(self, kind, name):
        if f"{name}/left" not in self._latest["posttest"]:
            return ""
        return (
            f", {sum(i.split('/')[0] == name and bool(f.get('correct')) for i, f in self._latest[kind].items())} right"
        )

    @staticmethod
    def _score(name, entries):
        first, now = (sum(bool(entry[state]["correct"]) for entry in entries) for state in ("first", "best"))
        return f"{name}: {_of(first, entries[0]['latest']['of'])} right at the first try, {now} by now"

    def __repr__(self):
        lines = [line for title, items in self.sections.items() for line in (title, *(f"  {item}" for item in items))]
        return "\n".join([*(lines or ["Nothing recorded yet."]), f"Next: {self.next}"])

    def _repr_html_(self):
        parts = [
            f"<p><b>{escape(title)}</b></p><ul>{''.join(f'<li>{escape(item)}</li>' for item in items)}</ul>"
            for title, items in self.sections.items()
        ]
        return "".join([*(parts or ["<p>Nothing recorded yet.</p>"]), f"<p><b>Next:</b> {escape(self.next)}</p>"])


def _of(part, whole):
    return f"{part:g} of {whole:g}"


def _counted(count, what):
    return f"{count} {what}{'' if count == 1 else 's'}"


def _work():
    """The learner's `work/` folder if we are inside it, else None."""
    for folder in (here := Path.cwd(), *here.parents):
        if folder.name == "work" and any((folder / name).is_dir() for name in ("notebooks", "exercises")):
            return folder


def _path():
    if chosen := os.environ.get("PPO_EDU_PROGRESS"):
        return Path(chosen)
    return (_work() or Path.home() / ".ppo-edu") / "progress.json"


def _exercises():
    """Points to have in each exercise, from nbgrader's marks in the learner's notebooks or the published ones."""
    with contextlib.suppress(OSError):
        root = _work() or Path(__file__).parent.parent
        return {path.stem: _points_in(path) for path in sorted((root / "exercises").glob("[0-9][0-9]_*.ipynb"))}
    return {}


def _points_in(path):
    try:
        cells = json.loads(path.read_text(encoding="utf8"))["cells"]
        return sum(cell["metadata"].get("nbgrader", {}).get("points", 0) for cell in cells)
    except (OSError, ValueError, LookupError, AttributeError, TypeError):
        return 0  # a learner may have broken it; its name still counts


def _merged(entry, fields, best_by):
    if entry is None:
        return {"first": fields, "latest": fields, "best": fields, "count": 1}
    better = best_by is None or fields[best_by] >= entry["best"][best_by]
    return entry | {
        "latest": fields,
        "best": fields if better else entry["best"],
        "count": entry["count"] + 1,
    }


def _load(path):
    """What the file holds, a broken one set aside; only under the lock, so that nobody sets aside a mended one."""
    try:
        return _parse(path) if path.exists() else {}
    except ValueError:
        number = 1
        while (aside := path.with_name(f"{path.stem}.broken-{number}{path.suffix}")).exists():
            number += 1
        path.rename(aside)
        print(f"{path.name} could not be understood; it is kept as {aside.name} and a new one is begun.")
        return {}


def _parse(path):
    """Raises ValueError for anything this module would not have written."""
    try:
        data = json.loads(path.read_text(encoding="utf8"))
        for kind, entries in data.items():
            for entry in entries.values():
                int(entry["count"])
                for state in ("first", "latest", "best"):
                    fields = entry[state]
                    [float(fields[name]) for name in NUMBERS.get(kind, ())]
                    [bool(fields[name]) for name in filter(None, [BEST_BY.get(kind)])]
                    dict(fields)
    except (LookupError, AttributeError, TypeError, RecursionError) as error:
        raise ValueError(str(error)) from error
    return data


def _write(path, data):
    # Through a temporary name: neither a full disk nor a killed kernel leaves half a file.
    partial = path.with_name(path.name + ".partial")
    text = json.dumps(data, indent=1, sort_keys=True, default=_plain)
    try:
        partial.write_text(text + "\n", encoding="utf8", newline="\n")
        os.replace(partial, path)
    except OSError:
        partial.unlink(missing_ok=True)
        raise


def _plain(value):
    """A numpy number or array, or a tensor, as JSON takes it."""
    return value.tolist() if hasattr(value, "tolist") else repr(value)


@contextlib.contextmanager
def _one_sentence(what):
    try:
        yield
    except (OSError, RuntimeError) as error:  # RuntimeError: there is no home
        sentence = f"{what}: {getattr(error, 'strerror', None) or error}."
        # Once: a disk that is full stays full for every check of a notebook.
        if sentence not in _told:
            _told.add(sentence)
            print(sentence)


@contextlib.contextmanager
def _locked(path):
    """Keep other kernels out; a lock of the system's own ends with its process, however that ends."""
    with open(path.with_name(f".{path.name}.lock"), "a+b") as file:
        deadline = time.monotonic() + LOCK_SECONDS
        while not _try_lock(file):
            if time.monotonic() > deadline:
                raise TimeoutError(f"another notebook has held {path.name} for {LOCK_SECONDS} s")
            time.sleep(0.005)
        try:
            yield
        finally:
            _unlock(file)


try:
    import fcntl
except ImportError:  # Windows
    import msvcrt

    def _try_lock(file):
        file.seek(0)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _unlock(file):
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)

else:

    def _try_lock(file):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _unlock(file):
        fcntl.flock(file, fcntl.LOCK_UN)
