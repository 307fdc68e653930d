"""The items that can be checked, by name, and the way from an answer to a `Report`."""

import functools
import importlib
import inspect
import os
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ppo_edu.grading import runner
from ppo_edu.grading.report import Case, Report, Step, is_shown, shown
from ppo_edu.progress import record

# One module per exercise; each holds a tuple ITEMS.
EXERCISES = (
    "step_size",
    "probability_ratio",
    "clipped_objective",
    "trust_regions",
    "gae",
    "value_and_entropy",
    "train_ppo",
    "what_matters",
    "rlhf",
)


@dataclass(frozen=True)
class Verdict:
    """What judging gave: the steps, and one message: the misconception behind a wrong answer, or why it matters."""

    steps: tuple
    message: str


@dataclass(frozen=True)
class Item:
    """One graded function. `judge(function, seed)` gives a `Verdict`; the hints go from a question to a shape."""

    name: str
    exercise: str
    points: float
    judge: Callable
    hints: tuple[str, str, str]
    answer: str
    seconds: float | None = None  # of processor time, where `runner.SECONDS` is too little
    trains: bool = False  # whoever grades a class decides whether it is graded


def grade(item, answer, seed=0):
    """The `Report` on `answer`. Only an interrupt by the learner (■) comes out of here; `seed` picks the draws."""
    if answer is None:
        return _unjudged(item, "not attempted", "There is None where your function should be.")
    if not callable(answer):
        message = f"Hand over the function itself: `check.{item.name}({item.name})`, without calling it."
        return _unjudged(item, "raised", message)
    seconds = item.seconds or runner.SECONDS
    try:
        with runner.time_limit(seconds), np.errstate(all="ignore"):
            verdict = item.judge(answer, seed)
    except runner.NoValue as reason:
        return Report(item.name, item.points, "wrong", str(reason), (_no_value(answer, reason.inputs),), item.hints)
    except runner.NotAttempted as reason:
        return _unjudged(item, "not attempted", str(reason))
    except runner.TimeLimit:
        message = f"Your code ran for more than {seconds:g} seconds and was stopped. Is there a loop without end?"
        return _unjudged(item, "raised", message)
    except runner.Raised as error:
        return _unjudged(item, "raised", str(error))
    except runner.Unusable as error:
        return _unjudged(item, "wrong", str(error))
    correct = all(step.passed for step in verdict.steps)
    hints = () if correct else item.hints
    return Report(item.name, item.points, "correct" if correct else "wrong", verdict.message, verdict.steps, hints)


def _no_value(answer, inputs):
    """The step that failed where a function gave None, with what it was given, by the learner's own names."""
    code = getattr(inspect.unwrap(answer), "__code__", None)
    names = list(code.co_varnames[: code.co_argcount]) if code else []
    names += [f"argument {i + 1}" for i in range(len(names), len(inputs))]
    given = ", ".join(f"{name} = {shown(x)}" for name, x in zip(names, inputs) if is_shown(x))
    return Step("an answer in every case", 0, False, Case(given or "the case", "an answer", "None"))


def _unjudged(item, outcome, message):
    return Report(item.name, item.points, outcome, message, hints=item.hints)


@functools.cache
def everything():
    """Name -> item, of all exercises."""
    modules = (importlib.import_module(f"ppo_edu.grading.checks.{exercise}") for exercise in EXERCISES)
    return {item.name: item for module in modules for item in module.ITEMS}


def find(name):
    """The item of this name. Raises `AttributeError`, naming those there are."""
    items = everything()
    if name not in items:
        raise AttributeError(f"there is no check called {name!r}; there are {', '.join(sorted(items))}")
    return items[name]


def note(kind, exercise, name, **fields):
    """Keep a line of the learner's progress; nothing when an instructor's nbgrader runs their notebook."""
    if not os.environ.get("NBGRADER_EXECUTION"):
        record(kind, f"{exercise}/{name}", **fields)


class Check:
    """`check.NAME(function)` gives the `Report` on the learner's function of that name."""

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        item = find(name)

        def checked(answer):
            report = grade(item, answer)
            if report.outcome != "not attempted":
                note("points", item.exercise, name, points=report.earned, of=report.points, outcome=report.outcome)
            return report

        return checked

    def __dir__(self):
        return sorted(everything())


@dataclass(frozen=True)
class Revealed:
    """A reference answer, shown as it would stand in the cell."""

    name: str
    source: str

    def __repr__(self):
        return f"# One answer to {self.name}; yours may look different.\n{self.source}"


def reveal(name):
    """Show the reference answer to an item, and note that it was shown. Raises `AttributeError` for unknown names."""
    item = find(name)
    note("reveal", item.exercise, name)
    return Revealed(item.name, item.answer)


check = Check()
