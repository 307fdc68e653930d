"""Proofs: lines to be put in order, and lines to be written, each checked by algebra."""

import functools
from typing import NamedTuple

import ipywidgets as widgets

from ppo_edu.algebra import Unreadable, compare
from ppo_edu.figures.style import GREEN_TEXT, VERMILLION_TEXT
from ppo_edu.progress import record
from ppo_edu.widgets.quiz import Card, listed, math, plain, shuffled, to_html

# The arrow is drawn by the style sheet with an empty reading: the button's name is then its tooltip, all of it words.
# :empty, because ipywidgets puts a zero-width space into every button without a description.
ARROWS = """<style>
.jupyter-button.ppo-up:empty::before { content: "↑"; content: "↑" / ""; }
.jupyter-button.ppo-down:empty::before { content: "↓"; content: "↓" / ""; }
</style>"""


class OrderProof(Card):
    """Lines to be put in order; end a cell with it.

    `lines` are given in a right order and shown in another, fixed by `id`. `explain[i]` says why line i cannot
    come earlier. Where several orders are right, `valid(order)` tells of any beginning of an order, a list of
    indices into `lines`, whether it can stand.
    """

    def __init__(self, id, lines, explain, valid=None, claim=""):
        if len(explain) != len(lines):
            raise ValueError(f"explain has {len(explain)} sentences for {len(lines)} lines")
        given = list(range(len(lines)))
        self.id, self.lines, self.explain, self.claim = id, list(lines), list(explain), claim
        self._valid = valid or (lambda order: order == given[: len(order)])
        if self.wrong_step(given) is not None:
            raise ValueError("the lines as given are not a valid order")
        orders = (shuffled(given, f"{id}{attempt}") for attempt in range(100))
        self._start = next((order for order in orders if self.wrong_step(order) is not None), None)
        if self._start is None:
            raise ValueError("every order of these lines is valid")
        self.order = list(self._start)
        self.message = "Move the lines with the arrows, then check."

    def wrong_step(self, order):
        """The first position whose line cannot stand there, None if all can."""
        return next((k for k in range(len(order)) if not self._valid(order[: k + 1])), None)

    def move(self, position, by):
        """Move the line at `position` one up (`by=-1`) or down (`by=1`); at the end it stays."""
        target = position + by
        if not 0 <= target < len(self.order):
            self._say(f"Line {position + 1} is already the {'first' if by < 0 else 'last'}.")
            return
        self.order[position], self.order[target] = self.order[target], self.order[position]
        self._say(f"The line is now {target + 1} of {len(self.order)}.")
        if "view" in self.__dict__:
            self._show_line(position)
            self._show_line(target)
            self.buttons[target, by].focus()

    def check(self):
        """Say whether the order is a proof, and keep the result; returns whether it is."""
        wrong = self.wrong_step(self.order)
        record("proof", self.id, solved=wrong is None)
        if wrong is None:
            self._say("✓ In order: every line follows from those before it.", True)
        else:
            before = f"Lines 1 to {wrong} can stand. " if wrong > 1 else "Line 1 can stand. " if wrong else ""
            why = self.explain[self.order[wrong]]
            self._say(f"✗ {before}Line {wrong + 1} cannot stand here: {why}", False)
        return wrong is None

    @functools.cached_property
    def view(self):
        """The widgets; a line's text moves, the buttons stay, so that the focus can follow it."""
        count = len(self.lines)
        self.buttons = {(k, by): self._arrow(k, by) for k in range(count) for by in (-1, 1)}
        self._texts = [math("") for _ in range(count)]
        self._words = math("")
        self._words.layout.min_height = "3.2em"
        for k in range(count):
            self._show_line(k)
        self._say(self.message)
        rows = [
            widgets.Box([self.buttons[k, -1], self.buttons[k, 1], self._texts[k]], layout={"align_items": "center"})
            for k in range(count)
        ]
        self.check_button = widgets.Button(description="Check", tooltip="check the order")
        self.check_button.on_click(lambda _: self.check())
        claim = math(f"<b>Put the proof in order.</b> {to_html(self.claim)}")
        return widgets.VBox([widgets.HTML(ARROWS), claim, *rows, self.check_button, self._words])

    def _arrow(self, position, by):
        where = f"line {position + 1} of {len(self.lines)}: move {'up' if by < 0 else 'down'}"
        button = widgets.Button(tooltip=where, layout={"width": "2.6em", "flex": "0 0 auto"})
        button.add_class("ppo-up" if by < 0 else "ppo-down")
        button.on_click(lambda _: self.move(position, by))
        return button

    def _show_line(self, position):
        text = to_html(self.lines[self.order[position]])
        self._texts[position].value = f'<div style="line-height:1.5">{position + 1}. {text}</div>'

    def _say(self, message, right=None):
        self.message = message
        if "_words" in self.__dict__:
            self._words.value = _said(message, right)

    @property
    def html(self):
        """The lines in the order they start in."""
        lines = listed((self.lines[i] for i in self._start), kind="1")
        return f"<p><b>Put the proof in order.</b> {to_html(self.claim)}</p>{lines}"

    def __repr__(self):
        lines = [f"  {self.lines[i]}" for i in self._start]
        return plain("\n".join([f"Put the proof in order. {self.claim}".strip(), *lines]))


class Line(NamedTuple):
    """A line to be written: what is asked, an expression equal to it, the symbols it may use (all, when empty).

    `beliefs`: (expression, what somebody believes who writes it) pairs.
    """

    prompt: str
    answer: str
    allowed: tuple[str, ...] = ()
    beliefs: tuple[tuple[str, str], ...] = ()


class AlgebraProof(Card):
    """Lines to be written as formulas in `symbols`, where any equal expression is right. End a cell with it.

    `definitions` are (symbol, expression) pairs for further symbols that stand for others; see `algebra.compare`.
    """

    def __init__(self, id, symbols, lines, definitions=(), claim=""):
        self.id, self.claim = id, claim
        self.symbols, self.definitions = tuple(symbols), tuple(definitions)
        self.lines = [Line(*line) for line in lines]
        self.solved = set()

    def check(self, number, text):
        """Compare `text` with line `number`, counted from 1; returns whether it is right."""
        right, words = self.judge(self.lines[number - 1], text)
        (self.solved.add if right else self.solved.discard)(number)
        record("proof", self.id, solved=len(self.solved) == len(self.lines))
        if "view" in self.__dict__:
            self._words[number - 1].value = _said(f"{'✓' if right else '✗'} {words}", right)
        return right

    def judge(self, line, text):
        """Whether `text` is right for `line`, and the sentence that says how this is known, or what was believed."""
        everything = self.symbols, self.definitions
        try:
            found = compare(text, line.answer, *everything, line.allowed)
        except Unreadable as reason:
            return False, str(reason)
        if not found.equal:
            for belief, words in line.beliefs:
                if compare(text, belief, *everything).equal:
                    return False, f"{words} {found.words}"
        return found

    @functools.cached_property
    def view(self):
        """The widgets: a field, a button and a sentence under every prompt."""
        self.fields = [self._field(line) for line in self.lines]
        self.buttons = [widgets.Button(description="Check", layout={"width": "6em"}) for _ in self.lines]
        self._words = [math(_said("")) for _ in self.lines]
        rows = []
        for k, line in enumerate(self.lines):
            self.buttons[k].tooltip = f"check line {k + 1}"
            self.buttons[k].on_click(lambda _, k=k: self.check(k + 1, self.fields[k].value))
            self._words[k].layout.min_height = "3.2em"
            entry = widgets.Box([self.fields[k], self.buttons[k]], layout={"flex_flow": "row wrap"})
            rows += [math(f"{k + 1}. {to_html(line.prompt)}"), entry, self._words[k]]
        return widgets.VBox([math(f"<b>Write the proof.</b> {to_html(self.claim)}"), *rows])

    def _field(self, line):
        may_use = line.allowed or (*self.symbols, *(name for name, _ in self.definitions))
        return widgets.Text(placeholder=f"use {' '.join(may_use)}", layout={"flex": "1 1 20em", "max_width": "44em"})

    @property
    def html(self):
        """What is asked, without the fields."""
        prompts = listed((line.prompt for line in self.lines), kind="1")
        return f"<p><b>Write the proof.</b> {to_html(self.claim)}</p>{prompts}"

    def __repr__(self):
        prompts = [f"  {number}. {line.prompt}" for number, line in enumerate(self.lines, 1)]
        return plain("\n".join([f"Write the proof. {self.claim}".strip(), *prompts]))


def _said(words, right=None):
    color = GREEN_TEXT if right else VERMILLION_TEXT
    border = "" if right is None else f"border-left:4px solid {color};padding-left:8px"
    return f'<div role="status" aria-live="polite" style="{border}">{to_html(words)}</div>'
