"""Questions asked before the course, without feedback, and again when it is over, with both answers side by side."""

import functools
from dataclasses import replace
from string import ascii_uppercase

import ipywidgets as widgets

from ppo_edu.figures.style import BLUE_TEXT, GREEN_TEXT, VERMILLION_TEXT
from ppo_edu.progress import read, record
from ppo_edu.widgets.quiz import Card, Option, Quiz, letter_button, lettered, listed, math, paint, row, to_html

UNKNOWN = "I don't know yet"


class PreTest(Card):
    """Questions without feedback and without a score; end a cell with it.

    The last option of each is "I don't know yet". An answer can be changed until `leave()`. What was said is kept by
    `ppo_edu.progress`, together with whether it is right, which nobody is told here.
    """

    kind = "pretest"

    def __init__(self, id, questions):
        self.id = id
        self._quiz = Quiz(id, questions)  # checked, and in the order that belongs to the id
        self.questions = [replace(q, options=[*q.options, Option(UNKNOWN)]) for q in self._quiz.questions]
        self._answers = {}
        self._left = False

    @property
    def answers(self):
        """The text of the option chosen, by question number from 1; in an earlier session too."""
        return dict(sorted((self._kept(self.kind) | self._answers).items()))

    def _kept(self, kind):
        """What the progress file holds of a kind of test, as far as these questions still have that option."""
        entries = read().get(kind, {})
        said = {k: entries.get(f"{self.id}/{k}", {}).get("latest", {}).get("choice") for k in self._numbers}
        return {k: choice for k, choice in said.items() if self._option(k, choice)}

    @property
    def _numbers(self):
        return range(1, len(self.questions) + 1)

    def _option(self, number, text):
        return next((option for option in self.questions[number - 1].options if option.text == text), None)

    @property
    def left(self):
        """Whether the answers are final."""
        return self._left or f"{self.id}/left" in read().get(self.kind, {})

    def answer(self, number, letter):
        """Choose an option of question `number`, counted from 1; ignored once the test was left."""
        if self.left:
            return
        option = self.questions[number - 1].options[ascii_uppercase.index(letter)]
        self._answers[number] = option.text
        fields = {"choice": option.text, "correct": option.correct, "of": len(self.questions)}
        record(self.kind, f"{self.id}/{number}", **fields)
        self._refresh()

    def leave(self):
        """Keep the answers as they are now."""
        self._left = True
        record(self.kind, f"{self.id}/left", of=len(self.questions))
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


class PostTest(PreTest):
    """The questions of a `PreTest` of the same id once more; after Done each shows what was said before and now."""

    kind = "posttest"

    @property
    def gain(self):
        """(number, what was said before, what was said now) for each question; None for what was not answered."""
        before, now = self._kept("pretest"), self.answers
        return [(number, before.get(number), now.get(number)) for number in self._numbers]

    @property
    def sums(self):
        """The right answers before and now in a sentence or two."""
        of, gain = len(self.questions), self.gain
        first, last = ([self._right(k, said) for k, *both in gain for said in [both[i]]] for i in (0, 1))
        now = f"Now {sum(last)} of {of} right."
        if not any(before for _, before, _ in gain):
            return f"{now} Before the course none of these was answered here, so there is no gain to tell."
        new, lost = (sum(b > a for a, b in zip(*pair)) for pair in ((first, last), (last, first)))
        return f"Before {sum(first)} of {of} right. {now} Newly right: {new}; right before and not now: {lost}."

    def words(self, number):
        """What was said to a question before and now, whether it is right, and why."""
        _, before, now = self.gain[number - 1]
        said = [f"Before: {self._judged(number, before)}", f"Now: {self._judged(number, now)}"]
        if now and not self._right(number, now) and (why := self._option(number, now).feedback):
            said[-1] += f" {why}"
        right = next(option for option in self.questions[number - 1].options if option.correct)
        return [*said, right.feedback if self._right(number, now) else f"Right: {right.text}. {right.feedback}"]

    def _right(self, number, said):
        return bool(said) and self._option(number, said).correct

    def _judged(self, number, said):
        if said in (None, UNKNOWN):
            return f"{said or 'no answer'}."
        return f"{said}. {'✓ right.' if self._right(number, said) else '✗ not right.'}"

    def _question_view(self, number, question):
        card = super()._question_view(number, question)
        result = math("")
        result.value = ""  # no room is kept: the page is read from top to bottom once it is filled
        self.results = getattr(self, "results", {}) | {number: result}
        card.children += (result,)
        return card

    def _show(self):
        super()._show()
        if not self.left:
            return
        for number, result in self.results.items():
            color = GREEN_TEXT if self._right(number, self.answers.get(number)) else VERMILLION_TEXT
            lines = "<br>".join(to_html(line) for line in self.words(number))
            style = f"border-left:4px solid {color};padding-left:8px;margin-bottom:1em;line-height:1.5"
            result.value = f'<div style="{style}">{lines}</div>'
        self._words.value += f'<div role="status"><b>{self.sums}</b></div>'

    @property
    def html(self):
        """The questions without buttons, their answers in a fold-out: here nobody is tested by a saved page."""
        return self._quiz.html
