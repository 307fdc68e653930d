"""Questions asked before and after an experiment: live as buttons, in a saved notebook as text.

Text is plain, with LaTeX between dollars and code between backticks; everything else is shown as it is written.
"""

import functools
import hashlib
import re
from dataclasses import dataclass, replace
from html import escape
from string import ascii_uppercase
from typing import NamedTuple

import ipywidgets as widgets

from ppo_edu.figures.style import BLUE_TEXT, GREEN_TEXT, VERMILLION_TEXT
from ppo_edu.progress import read, record


@dataclass(frozen=True)
class Option:
    """One answer; `feedback` says what somebody who chooses it believes, rightly or wrongly."""

    text: str
    correct: bool = False
    feedback: str = ""


@dataclass(frozen=True)
class Question:
    """A question with its options."""

    text: str
    options: list[Option]


class Card:
    """Shown live as the widgets of `view`, stored as `html` and text, the same in every run."""

    def _repr_mimebundle_(self, include=None, exclude=None):
        return self.view._repr_mimebundle_() | {"text/html": self.html, "text/plain": repr(self)}


class Quiz(Card):
    """Questions with feedback on every option; end a cell with it.

    The order of options is fixed by `id`. Any number of tries; the first answer to a question counts, also over
    restarts, and is kept by `ppo_edu.progress`.
    """

    def __init__(self, id, questions):
        for question in questions:
            _check_options([option.text for option in question.options], question.text)
            if not any(option.correct for option in question.options):
                raise ValueError(f"no option of {question.text!r} is correct")
        self.id = id
        self.questions = [replace(q, options=shuffled(q.options, f"{id}{q.text}")) for q in questions]
        self.first = {}

    @property
    def score(self):
        """How many questions were answered rightly at the first try."""
        return sum(self.first.values())

    def answer(self, number, letter):
        """Choose an option of question `number`, counted from 1; returns whether it is right."""
        question = self.questions[number - 1]
        option = question.options[ascii_uppercase.index(letter)]
        self.first.setdefault(number, option.correct)
        if "view" in self.__dict__:
            self._show(number, letter, option.correct)
        fields = {"correct": option.correct, "choice": option.text, "of": len(self.questions)}
        record("quiz", f"{self.id}/{number}", **fields)
        return option.correct

    @functools.cached_property
    def view(self):
        """The widgets; answers of earlier sessions count as first answers."""
        earlier = read().get("quiz", {})
        for number in range(1, len(self.questions) + 1):
            if entry := earlier.get(f"{self.id}/{number}"):
                self.first.setdefault(number, bool(entry["first"]["correct"]))
        self.buttons, self.feedback = {}, {}
        cards = [self._question_view(number, question) for number, question in enumerate(self.questions, 1)]
        self._words = widgets.HTML(self._score_words())
        return widgets.VBox([*cards, self._words])

    def _question_view(self, number, question):
        rows = []
        for letter, option in zip(ascii_uppercase, question.options):
            button = self.buttons[number, letter] = letter_button(letter)
            button.on_click(lambda _, letter=letter: self.answer(number, letter))
            rows.append(row([button], option.text))
        feedback = [_feedback(letter, option) for letter, option in zip(ascii_uppercase, question.options)]
        self.feedback[number] = dict(zip(ascii_uppercase, feedback))
        # All of them lie on one another: the page has room for the longest from the start and does not jump.
        place = widgets.GridBox(feedback, layout={"grid_template_columns": "minmax(0, 1fr)"})
        return widgets.VBox([math(self._title(number) + to_html(question.text)), *rows, place])

    def _show(self, number, letter, correct):
        for other, feedback in self.feedback[number].items():
            feedback.layout.visibility = "visible" if other == letter else "hidden"
        button = self.buttons[number, letter]
        button.description = f"{letter} {'✓' if correct else '✗'}"
        paint(button, GREEN_TEXT if correct else VERMILLION_TEXT)
        self._words.value = self._score_words()

    def _score_words(self):
        left = len(self.questions) - len(self.first)
        then = f", {left} not answered yet." if left else "; try the other options to see what they get wrong."
        return f'<div role="status">{self.score} of {len(self.questions)} right at the first try{then}</div>'

    def _title(self, number):
        return f"<b>Question {number} of {len(self.questions)}.</b> " if len(self.questions) > 1 else ""

    @property
    def html(self):
        """The questions without buttons, their answers in a fold-out."""
        parts = []
        for number, question in enumerate(self.questions, 1):
            answers = "".join(
                f"<li><b>{'Right' if o.correct else 'Not right'}.</b> {to_html(o.feedback)}</li>"
                for o in question.options
            )
            options = listed(option.text for option in question.options)
            parts.append(
                f"<p>{self._title(number)}{to_html(question.text)}</p>{options}"
                f'<details><summary>Answers</summary><ol type="A">{answers}</ol></details>'
            )
        return "".join(parts) + "<p><em>Run the cell to answer with buttons.</em></p>"

    def __repr__(self):
        asked = [(f"{k}. {q.text}", [option.text for option in q.options]) for k, q in enumerate(self.questions, 1)]
        return "\n".join(lettered(*question) for question in asked)


class Predict(Card):
    """A prediction asked before an experiment: one of `options`, or a number `between` two.

    After the experiment, end a cell with `prediction.compare(measured)`.
    """

    def __init__(self, id, question, options=None, between=None, unit=""):
        if (options is None) == (between is None):
            raise ValueError("give options, a list of texts, or between, the least and the largest number")
        if options is not None:
            _check_options(options, question)
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
        record("prediction", self.id, question=self.question, said=self.said, words=words, **fields)

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
        self.buttons = [letter_button(letter) for letter, _ in zip(ascii_uppercase, self.options)]
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
            return f"Predict. {self.question} Answer: {self._choices()}."
        return lettered(f"Predict. {self.question}", self.options)


class Comparison(NamedTuple):
    """One sentence: what was said, what was measured."""

    words: str

    def __repr__(self):
        return self.words

    def _repr_html_(self):
        return f'<p role="status" style="border-left:4px solid {BLUE_TEXT};padding-left:8px">{to_html(self.words)}</p>'


def to_html(text):
    """Escape `text`, leave its LaTeX to MathJax, set `code` in backticks."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text, quote=False))


def shuffled(things, seed):
    """The same order for the same seed, on every machine and Python."""
    return sorted(things, key=lambda thing: hashlib.sha256(f"{seed}{thing}".encode()).digest())


def number_words(value):
    """Four digits, and no exponent before a million."""
    return f"{value:,.0f}" if 1e4 <= abs(value) < 1e6 else f"{value:.4g}"


def listed(texts, kind="A"):
    """An HTML list counted in letters, or in numbers with `kind="1"`."""
    return f'<ol type="{kind}">{"".join(f"<li>{to_html(text)}</li>" for text in texts)}</ol>'


def lettered(title, texts):
    """The same for a terminal, under its title."""
    return "\n".join([title, *(f"  {letter}. {text}" for letter, text in zip(ascii_uppercase, texts))])


def math(html):
    """HTML with LaTeX, in lines of a readable height."""
    return widgets.HTMLMath(f'<div style="line-height:1.5">{html}</div>', layout={"flex": "1 1 0", "min_width": "0"})


def row(buttons, text):
    """Buttons and their text; LaTeX does not render inside a button or in RadioButtons."""
    return widgets.Box([*buttons, math(to_html(text))], layout={"align_items": "center"})


def letter_button(letter):
    """A button as wide with its mark as without."""
    return widgets.Button(description=letter, tooltip=f"answer {letter}", layout={"width": "4em", "flex": "0 0 auto"})


def paint(button, color):
    """White on `color`; None gives the button its own colours back."""
    button.style.button_color, button.style.text_color = color, color and "white"


def _feedback(letter, option):
    mark, color, word = ("✓", GREEN_TEXT, "right") if option.correct else ("✗", VERMILLION_TEXT, "not right")
    html = (
        f'<div role="alert" aria-live="assertive" style="border-left:4px solid {color};padding-left:8px">'
        f"<b>{mark} {letter} is {word}.</b> {to_html(option.feedback)}</div>"
    )
    card = math(html)
    card.layout.visibility, card.layout.grid_area = "hidden", "1 / 1"
    return card


def _check_options(texts, question):
    if not 2 <= len(texts) <= len(ascii_uppercase) or len(set(texts)) < len(texts):
        raise ValueError(f"{question!r} needs at least two options, each different")
