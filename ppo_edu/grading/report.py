"""What a check says: one object that reads as HTML in a notebook, as text elsewhere, as a score under nbgrader."""

import os
import re
from dataclasses import dataclass, field
from html import escape

import numpy as np

MARKS = {"not attempted": "○", "raised": "✗", "wrong": "✗", "correct": "✓"}
HINT_TITLES = ("a question", "the idea", "the shape of the line")


@dataclass(frozen=True)
class Case:
    """The input whose answer differed, in words fit for a learner."""

    inputs: str
    expected: str
    got: str

    def __str__(self):
        return f"{self.inputs}: expected {self.expected}, got {self.got}"


@dataclass(frozen=True)
class Step:
    """One thing a check looks at. `case` is there when a number differed, `note` says what it may mean."""

    title: str
    points: float
    passed: bool
    case: Case | None = None
    note: str = ""


@dataclass(frozen=True)
class Report:
    """The result of one check. `outcome` is "not attempted", "raised", "wrong" or "correct"."""

    item: str
    points: float
    outcome: str
    message: str
    steps: tuple[Step, ...] = ()
    hints: tuple[str, ...] = field(default=(), repr=False)

    @property
    def earned(self):
        """Points of the steps passed; none when the answer could not be judged."""
        return sum(step.points for step in self.steps if step.passed)

    @property
    def case(self):
        """The first input whose answer differed, or None."""
        return next((step.case for step in self.steps if step.case), None)

    def __repr__(self):
        if os.environ.get("NBGRADER_EXECUTION"):
            return f"{self.earned:g}"
        lines = [self._headline(), "", self.message]
        if self.case:
            lines.append(str(self.case))
        lines += [""] * bool(self.steps) + [f"  {_mark(step)}  {step.title}" for step in self.steps]
        if self.hints:
            lines += ["", f"{len(self.hints)} hints: `.hints[0]` asks a question, the last shows the line's shape."]
        return "\n".join(lines)

    def _repr_html_(self):
        if os.environ.get("NBGRADER_EXECUTION"):
            return None
        message = _with_code(self.message).replace("\n", "<br>")
        parts = [f"<p><b>{escape(self._headline())}</b></p>", f"<p>{message}</p>"]
        if self.case:
            rows = (("input", self.case.inputs), ("expected", self.case.expected), ("got", self.case.got))
            cells = (f"<tr><th scope='row'>{name}</th><td>{escape(value)}</td></tr>" for name, value in rows)
            parts.append(f"<table>{''.join(cells)}</table>")
        if self.steps:
            items = (f"<li>{_mark(step)}&ensp;{_with_code(step.title)}</li>" for step in self.steps)
            parts.append(f"<ul style='list-style:none;padding-left:1em'>{''.join(items)}</ul>")
        for number, (title, hint) in enumerate(zip(HINT_TITLES, self.hints), start=1):
            parts.append(f"<details><summary>Hint {number}: {title}</summary><p>{_with_code(hint)}</p></details>")
        edge = "solid" if self.outcome == "correct" else "dashed"
        return f"<div style='border-left:4px {edge} currentColor;padding-left:1em'>{''.join(parts)}</div>"

    def _headline(self):
        score = f"{self.earned:g} of {self.points:g} point{'s' if self.points != 1 else ''}"
        return f"{MARKS[self.outcome]} {self.item}: {self.outcome} ({score})"


def _with_code(text):
    """Escaped, and what stands in backticks set as code."""
    return re.sub("`([^`\n]+)`", r"<code>\1</code>", escape(text))


def _mark(step):
    return "✓ passed:" if step.passed else "✗ not yet:"


def shown(x):
    """A number, or a few of them, for reading."""
    if np.ndim(x):
        entries = [shown(entry) for entry in np.asarray(x)]
        return "[" + ", ".join(entries if len(entries) <= 8 else [*entries[:6], f"… {len(entries)} in all"]) + "]"
    return "True" if x is True else f"{x + 0.0:.4g}".replace("-", "−")  # + 0.0: minus zero is read as a sign


def is_shown(x):
    """Can `shown` say it? Functions, networks and batches of several arrays it cannot."""
    try:
        return not callable(x) and np.size(x) > 0 and np.asarray(x).dtype.kind in "biuf"
    except (TypeError, ValueError, RuntimeError):  # ragged, or a tensor with a gradient
        return False
