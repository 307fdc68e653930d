"""A prediction made before an experiment, kept, and shown beside what is measured."""

import functools
from string import ascii_uppercase
from typing import NamedTuple

import ipywidgets as widgets

from ppo_edu.figures.style import BLUE_TEXT
from ppo_edu.progress import read, record
from ppo_edu.widgets.quiz import (
    Card,
    check_options,
    letter_button,
    lettered,
    listed,
    math,
    number_words,
    paint,
    plain,
    row,
    to_html,
)


class Predict(Card):
    """A prediction asked before an experiment: one of `options`, or a number `between` two.

    After the experiment, end a cell with `prediction.compare(measured)`.
    """

    def __init__(self, id, question, options=None, between=None, unit=""):
        if (options is None) == (between is None):
            raise ValueError("give options, a list of texts, or between, the least and the largest number")
        if options is not None:
            check_options(options, question)
        elif not between[0] < between[1]:
            raise ValueError(f"between is {between}; the least number comes first")
        self.id, self.question, self.options, self.between, self.unit = id, question, options, between, unit
        self._said = None

    @property
    def said(self):
        """What was predicted, in an earlier session too; None if nothing was."""
        if self._said is None:
            kept = read().get("prediction", {}).get(self.id, {}).get("latest", {}).get("said")
            return kept if self._possible(kept) else None
        return self._said

    def predict(self, value):
        """Predict `value`, an option's text or a number."""
        if not self._possible(value):
            raise ValueError(f"{value!r} is not {self._choices()}")
        self._said = value
        self._keep(f"You said {self._shown(value)}; not measured yet.")
        if "view" in self.__dict__:
            self._show()

    def compare(self, measured):
        """What was said beside what was `measured`."""
        said = self.said
        if said is None:
            return Comparison(f"No prediction was made; measured {self._shown(measured)}.")
        words = f"You said {self._shown(said)}; measured {self._shown(measured)}{self._difference(said, measured)}."
        self._keep(words, measured=measured)
        return Comparison(words)

    def _possible(self, value):
        if self.options is not None:
            return value in self.options
        return isinstance(value, (int, float)) and self.between[0] <= value <= self.between[1]

    def _choices(self):
        if self.options is not None:
            return f"one of {', '.join(map(repr, self.options))}"
        low, high = self.between
        return f"a number from {self._shown(low)} to {self._shown(high)}"

    def _keep(self, words, **fields):
        plain_words = {"question": plain(self.question), "words": plain(words)}
        record("prediction", self.id, said=self.said, **plain_words, **fields)

    def _shown(self, value):
        return value if isinstance(value, str) else f"{number_words(value)} {self.unit}".strip()

    def _difference(self, said, measured):
        if self._shown(said) == self._shown(measured):
            return ", as you said"
        if isinstance(measured, str) or isinstance(said, str):
            return ""
        return f", {self._shown(abs(measured - said))} {'more' if measured > said else 'less'} than you said"

    @functools.cached_property
    def view(self):
        """The widgets."""
        self._words = math("")
        self._words.layout.min_height = "2em"
        rows = self._option_rows() if self.options is not None else [self._number_row()]
        self._show()
        return widgets.VBox([math(f"<b>Predict.</b> {to_html(self.question)}"), *rows, self._words])

    def _option_rows(self):
        self.buttons = [letter_button(letter, text) for letter, text in zip(ascii_uppercase, self.options)]
        for button, text in zip(self.buttons, self.options):
            button.on_click(lambda _, text=text: self.predict(text))
        return [row([button], text) for button, text in zip(self.buttons, self.options)]

    def _number_row(self):
        low, high = self.between
        self.number = widgets.BoundedFloatText(
            value=self.said if self.said is not None else low,
            min=low,
            max=high,
            step=1 if isinstance(low, int) else (high - low) / 100,
            description=f"from {self._shown(low)} to {self._shown(high)}",
            style={"description_width": "initial"},
        )
        button = widgets.Button(description="Predict", tooltip="keep this number as my prediction")
        button.on_click(lambda _: self.predict(self.number.value))
        self.buttons = [button]
        return widgets.Box([self.number, button], layout={"flex_flow": "row wrap"})

    def _show(self):
        said = self.said
        for button, letter, text in zip(self.buttons, ascii_uppercase, self.options or ()):
            button.description = f"{letter} ●" if text == said else letter
            paint(button, BLUE_TEXT if text == said else None)
        words = "No prediction yet." if said is None else f"You said {self._shown(said)}. Now measure it."
        self._words.value = f'<div role="status" aria-live="polite">{to_html(words)}</div>'

    @property
    def html(self):
        """The question without buttons."""
        options = listed(self.options) if self.options is not None else f"<p>Answer: {to_html(self._choices())}.</p>"
        return f"<p><b>Predict.</b> {to_html(self.question)}</p>{options}"

    def __repr__(self):
        if self.options is None:
            return plain(f"Predict. {self.question} Answer: {self._choices()}.")
        return lettered(f"Predict. {self.question}", self.options)


class Comparison(NamedTuple):
    """One sentence: what was said, what was measured."""

    words: str

    def __repr__(self):
        return plain(self.words)

    def _repr_html_(self):
        return f'<p role="status" style="border-left:4px solid {BLUE_TEXT};padding-left:8px">{to_html(self.words)}</p>'
