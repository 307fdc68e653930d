"""Questions asked before and after an experiment: live as buttons, in a saved notebook as text.

Text is plain, with LaTeX between dollars, code between backticks and *emphasis* between asterisks; everything else is
shown as it is written.
"""

import functools
import hashlib
import re
from dataclasses import dataclass, replace
from html import escape
from string import ascii_uppercase

import ipywidgets as widgets

from ppo_edu.figures.style import GREEN_TEXT, VERMILLION_TEXT
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


# What MathJax keeps of a formula for screen readers is unseen, and wider: a box would get a scroll bar for it.
STYLE = "<style>.jupyter-widgets mjx-assistive-mml { width: 1px !important; overflow: hidden !important; }</style>"


class Card:
    """Shown live as the widgets of `view`, stored as `html` and text, the same in every run."""

    def _repr_mimebundle_(self, include=None, exclude=None):
        return self._styled._repr_mimebundle_() | {"text/html": self.html, "text/plain": repr(self)}

    @functools.cached_property
    def _styled(self):
        return widgets.VBox([self.view, widgets.HTML(STYLE, layout={"display": "none"})])


class Quiz(Card):
    """Questions with feedback on every option; end a cell with it.

    The order of options is fixed by `id`. Any number of tries; the first answer to a question counts, also over
    restarts, and is kept by `ppo_edu.progress`.
    """

    def __init__(self, id, questions):
        for question in questions:
            check_options([option.text for option in question.options], question.text)
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
            button = self.buttons[number, letter] = letter_button(letter, option.text)
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


# Math and code come first: an asterisk inside them is a product. Outside, one opens a word or closes it, or is one.
MARKUP = re.compile(
    r"\$[^$]+\$|`(?P<code>[^`]+)`"
    r"""|(?<![^\s("'“—])\*(?P<emphasis>[^\s*`$]([^*`$]*[^\s*`$])?)\*(?![^\s.,;:!?)"'”—])"""
)


def to_html(text):
    """Escape `text`, leave its LaTeX to MathJax, set `code` in backticks and *emphasis* in asterisks."""
    return MARKUP.sub(_tagged, escape(text, quote=False))


def _tagged(found):
    if found["code"]:
        return f"<code>{found['code']}</code>"
    return f"<em>{found['emphasis']}</em>" if found["emphasis"] else found.group()


def plain(text):
    """The same for a terminal: emphasis without its asterisks, code and LaTeX as they are written."""
    return MARKUP.sub(lambda found: found["emphasis"] or found.group(), text)


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
    lines = [title, *(f"  {letter}. {text}" for letter, text in zip(ascii_uppercase, texts))]
    return "\n".join(map(plain, lines))


def math(html):
    """HTML with LaTeX, in lines of a readable height."""
    return widgets.HTMLMath(f'<div style="line-height:1.5">{html}</div>', layout={"flex": "1 1 0", "min_width": "0"})


def row(buttons, text):
    """Buttons and their text; LaTeX does not render inside a button or in RadioButtons."""
    return widgets.Box([*buttons, math(to_html(text))], layout={"align_items": "center"})


def letter_button(letter, text=""):
    """A button as wide with its mark as without; its tooltip is what a screen reader says of it."""
    words = f"answer {letter}: {re.sub('[$`]', '', plain(text))}" if text else f"answer {letter}"
    return widgets.Button(description=letter, tooltip=words, layout={"width": "4em", "flex": "0 0 auto"})


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


def check_options(texts, question):
    if not 2 <= len(texts) <= len(ascii_uppercase) or len(set(texts)) < len(texts):
        raise ValueError(f"{question!r} needs at least two options, each different")
