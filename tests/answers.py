"""Everything a lesson asks, answered in the browser by clicks: tests, predictions, quizzes, proofs.

What is right is taken from `ppo_edu.questions`; the page is never asked for it.
"""

import contextlib
import importlib
import pkgutil
import re
from string import ascii_uppercase

from browser import ROLE, cells, run_cell
from playwright.sync_api import expect

from ppo_edu import questions
from ppo_edu.widgets.proof import AlgebraProof, OrderProof
from ppo_edu.widgets.quiz import Quiz

ASKED = re.compile(r"""\b(Quiz|OrderProof|AlgebraProof)\("([^"]+)", (\*\*)?([A-Z_]+)\)""")
KINDS = {kind.__name__: kind for kind in (Quiz, OrderProof, AlgebraProof)}


def asked(source):
    """The quizzes and proofs of a notebook: [(the words of the call, the object)]."""
    names = [module.name for module in pkgutil.iter_modules(questions.__path__)]
    modules = [importlib.import_module(f"ppo_edu.questions.{name}") for name in names]
    lists = {name: value for module in modules for name, value in vars(module).items() if name.isupper()}
    found = [match.groups() for match in ASKED.finditer(source)]
    return [
        (f'{kind}("{name}"', KINDS[kind](name, **lists[of]) if stars else KINDS[kind](name, lists[of]))
        for kind, name, stars, of in found
    ]


@contextlib.contextmanager
def in_its_place(cell):
    """The cell stays as high as it was: nothing below it moves."""
    before = cell.bounding_box()["height"]
    yield
    after = cell.bounding_box()["height"]
    assert after == before, f"the page jumped by {after - before} px: {cell.inner_text()[:200]}"


def answer_tests(page):
    """The first answer to every question of the pre-test or the second test, another one to the first, then Done."""
    found = cells(page, "button[title='keep my answers as they are']")
    for cell in found:
        said, done = cell.locator(ROLE).first, cell.get_by_role("button", name="Done")
        firsts = cell.locator("button[title='answer A']")
        count = firsts.count()
        with in_its_place(cell):
            for k in range(count):
                firsts.nth(k).click()
                expect(firsts.nth(k)).to_have_text("A ●")
            expect(said).to_contain_text(f"{count} of {count} answered. You can change them")
            cell.locator("button[title='answer B']").first.click()
            expect(firsts.first).to_have_text("A")
        done.click()
        expect(said).to_contain_text("These answers are kept.")
        expect(done).to_be_disabled()
        expect(firsts.first).to_be_disabled()
    return len(found)


def predict(page):
    """The first option of every prediction, or the number that stands there."""
    found = [cell for cell in cells(page, "b:text-is('Predict.')") if cell.locator("button.jupyter-button").count()]
    for cell in found:
        with in_its_place(cell):
            cell.locator("button.jupyter-button").first.click()
            expect(cell.locator(ROLE).first).to_contain_text("You said")
    return len(found)


def answer_quiz(cell, quiz):
    """To every question a wrong answer, then the right one: the feedback of each appears, alone; the first counts."""
    buttons, alerts, at = cell.locator("button[title^='answer ']"), cell.locator("[role=alert]").filter(visible=True), 0
    with in_its_place(cell):
        for number, question in enumerate(quiz.questions, 1):
            right = next(k for k, option in enumerate(question.options) if option.correct)
            wrong = next(k for k, option in enumerate(question.options) if not option.correct)
            for choice, mark, words in ((wrong, "✗", "is not right."), (right, "✓", "is right.")):
                letter, button = ascii_uppercase[choice], buttons.nth(at + choice)
                button.click()
                expect(button).to_have_text(f"{letter} {mark}")
                expect(alerts).to_have_count(number)
                expect(alerts.last).to_contain_text(f"{mark} {letter} {words}")
            at += len(question.options)
    expect(cell.locator(ROLE).last).to_have_text(score(quiz))


def order_lines(cell, proof):
    """Check the lines as they stand, then bring them into order with the arrows."""
    said, check = cell.locator(ROLE).last, cell.get_by_role("button", name="Check")
    ups, count = cell.locator("button.ppo-up"), len(proof.lines)
    assert "↑" in ups.first.evaluate("button => getComputedStyle(button, '::before').content")
    check.click()
    expect(said).to_contain_text("cannot stand here")
    order = list(proof.order)
    for place in range(count):
        for k in range(order.index(place), place, -1):
            ups.nth(k).click()
            expect(said).to_have_text(f"The line is now {k} of {count}.")
            expect(ups.nth(k - 1)).to_be_focused()
            order[k - 1], order[k] = order[k], order[k - 1]
    check.click()
    expect(said).to_contain_text("✓ In order")


def write_lines(cell, proof):
    """Every line once with a wrong formula, once with the right one."""
    fields, said = cell.locator("input[type=text]"), cell.locator(ROLE)
    buttons = cell.locator("button[title^='check ']")
    assert fields.count() == buttons.count() == len(proof.lines)
    for k, line in enumerate(proof.lines):
        for text, mark in (("1 + 1", "✗"), (line.answer, "✓")):
            fields.nth(k).fill(text)
            fields.nth(k).press("Tab")  # the field hands its text over when it is left
            expect(buttons.nth(k)).to_be_focused()
            buttons.nth(k).press("Enter")
            expect(said.nth(k)).to_contain_text(mark)


ANSWER = {Quiz: answer_quiz, OrderProof: order_lines, AlgebraProof: write_lines}


def answer_everything(page, source):
    """Answer all that a lesson with this source asks; returns how many questions of each kind there were."""
    counts = {"PreTest or PostTest": answer_tests(page), "Predict": predict(page), "Quiz": 0, "proof": 0}
    for call, thing in asked(source):
        cell = page.locator(".jp-CodeCell", has_text=call).last
        cell.scroll_into_view_if_needed()
        ANSWER[type(thing)](cell, thing)
        counts["Quiz" if isinstance(thing, Quiz) else "proof"] += 1
    return counts


def score(quiz):
    """What a quiz says when every question was first answered wrongly."""
    return f"0 of {len(quiz.questions)} right at the first try; try the other options to see what they get wrong."


def check_scores_are_kept(page, source):
    """A quiz that is shown anew knows what was answered first."""
    for call, quiz in asked(source):
        if isinstance(quiz, Quiz):
            cell = page.locator(".jp-CodeCell", has_text=call).last
            run_cell(cell)
            expect(cell.locator("[role=alert]").filter(visible=True)).to_have_count(0)
            expect(cell.locator(ROLE).last).to_have_text(score(quiz))
