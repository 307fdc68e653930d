"""Questions asked before the course, without feedback, to be asked again when it is over."""

import functools
from dataclasses import replace
from string import ascii_uppercase

import ipywidgets as widgets

from ppo_edu.figures.style import BLUE_TEXT
from ppo_edu.progress import read, record
from ppo_edu.widgets.quiz import Card, Option, Quiz, letter_button, lettered, listed, math, paint, row, to_html

UNKNOWN = "I don't know yet"


class PreTest(Card):
    """Questions without feedback and without a score; end a cell with it.

    The last option of each is "I don't know yet". An answer can be changed until `leave()`. What was said is kept by
    `ppo_edu.progress`, together with whether it is right, which nobody is told here.
    """

    def __init__(self, id, questions):
        self.id = id
        asked = Quiz(id, questions).questions  # checked, and in the order that belongs to the id
        self.questions = [replace(q, options=[*q.options, Option(UNKNOWN)]) for q in asked]
        self._answers = {}
        self._left = False

    @property
    def answers(self):
        """The text of the option chosen, by question number from 1; in an earlier session too."""
        kept = read().get("pretest", {})
        for number, question in enumerate(self.questions, 1):
            choice = kept.get(f"{self.id}/{number}", {}).get("latest", {}).get("choice")
            if choice in [option.text for option in question.options]:
                self._answers.setdefault(number, choice)
        return dict(sorted(self._answers.items()))

    @property
    def left(self):
        """Whether the answers are final."""
        return self._left or f"{self.id}/left" in read().get("pretest", {})

    def answer(self, number, letter):
        """Choose an option of question `number`, counted from 1; ignored once the test was left."""
        if self.left:
            return
        option = self.questions[number - 1].options[ascii_uppercase.index(letter)]
        self._answers[number] = option.text
        fields = {"choice": option.text, "correct": option.correct, "of": len(self.questions)}
        record("pretest", f"{self.id}/{number}", **fields)
        self._refresh()

    def leave(self):
        """Keep the answers as they are now."""
        self._left = True
        record("pretest", f"{self.id}/left", of=len(self.questions))
        self._refresh()

    @functools.cached_property
    def view(self):
        """The widgets; answers of earlier sessions are marked."""
        self.buttons = {}
        self._words = widgets.HTML()
        self.done = widgets.Button(description="Done", tooltip="keep my answers as they are")
        self.done.on_click(lambda _: self.leave())
        cards = [self._question_view(number, question) for number, question in enumerate(self.questions, 1)]
        self._show()
        return widgets.VBox([*cards, self.done, self._words])

    def _question_view(self, number, question):
        rows = []
        for letter, option in zip(ascii_uppercase, question.options):
            button = self.buttons[number, letter] = letter_button(letter)
            button.on_click(lambda _, letter=letter: self.answer(number, letter))
            rows.append(row([button], option.text))
        return widgets.VBox([math(f"{self._title(number)} {to_html(question.text)}"), *rows])

    def _refresh(self):
        if "view" in self.__dict__:
            self._show()

    def _show(self):
        answers, left = self.answers, self.left
        for (number, letter), button in self.buttons.items():
            option = self.questions[number - 1].options[ascii_uppercase.index(letter)]
            chosen = answers.get(number) == option.text
            button.description = f"{letter} ●" if chosen else letter
            button.disabled = left
            paint(button, BLUE_TEXT if chosen else None)
        self.done.disabled = left
        then = "These answers are kept." if left else "You can change them until you press Done."
        count = f"{len(answers)} of {len(self.questions)} answered."
        self._words.value = f'<div role="status" aria-live="polite">{count} {then}</div>'

    def _title(self, number):
        return f"<b>Question {number} of {len(self.questions)}.</b>"

    @property
    def html(self):
        """The questions without buttons and without answers."""
        parts = [
            f"<p>{self._title(number)} {to_html(question.text)}</p>{listed(option.text for option in question.options)}"
            for number, question in enumerate(self.questions, 1)
        ]
        return "".join(parts) + "<p><em>Run the cell to answer with buttons.</em></p>"

    def __repr__(self):
        asked = [(f"{k}. {q.text}", [option.text for option in q.options]) for k, q in enumerate(self.questions, 1)]
        return "\n".join(lettered(*question) for question in asked)
