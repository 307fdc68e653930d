"""The pre-test without a browser: no feedback, no score, answers that can be changed until they are left."""

from collections import Counter

import ipywidgets as widgets
import pytest

from ppo_edu.progress import progress, read
from ppo_edu.questions.start_here import PRE_TEST
from ppo_edu.widgets.pretest import UNKNOWN, PreTest
from ppo_edu.widgets.quiz import Option, Question

VIEW = "application/vnd.jupyter.widget-view+json"
RATIO = Question(
    r"Where can $r_t<2$ & `r` go?",
    [
        Option("anywhere", correct=True, feedback="SECRET A"),
        Option("into <b>the band</b>", feedback="SECRET B"),
        Option("nowhere", feedback="SECRET C"),
    ],
)
EPOCHS = Question("How many epochs?", [Option("few", correct=True, feedback="SECRET D"), Option("many")])


@pytest.fixture(autouse=True)
def file(tmp_path, monkeypatch):
    monkeypatch.setenv("PPO_EDU_PROGRESS", str(tmp_path / "progress.json"))


@pytest.fixture
def test():
    return PreTest("pre-test", [RATIO, EPOCHS])


def letter(test, number, text):
    return "ABCDE"[[option.text for option in test.questions[number - 1].options].index(text)]


def every(widget, kind):
    """All widgets of a kind inside `widget`."""
    inside = [w for child in getattr(widget, "children", ()) for w in every(child, kind)]
    return inside + [widget] * isinstance(widget, kind)


def marked(test):
    return [key for key, button in test.buttons.items() if "●" in button.description]


def test_a_click_marks_the_choice_and_says_nothing_about_it(test):
    _ = test.view
    assert "0 of 2 answered" in test._words.value
    for text in ("nowhere", "anywhere", "into <b>the band</b>"):
        test.buttons[1, letter(test, 1, text)].click()
        assert marked(test) == [(1, letter(test, 1, text))] and test.answers == {1: text}
        said = "".join(w.value for w in every(test.view, (widgets.HTML, widgets.HTMLMath)))
        assert "SECRET" not in said and "right" not in said and "1 of 2 answered" in said and "aria-live" in said
    colors = {button.style.button_color for key, button in test.buttons.items() if key not in marked(test)}
    assert colors == {None} and test.buttons[marked(test)[0]].style.button_color


def test_not_knowing_is_the_last_option_and_an_answer(test):
    assert [question.options[-1].text for question in test.questions] == [UNKNOWN, UNKNOWN]
    test.answer(2, "C")
    assert test.answers == {2: UNKNOWN}
    assert read()["pretest"]["pre-test/2"]["latest"]["correct"] is False


def test_what_was_said_is_kept_for_the_end_of_the_course_item_by_item(test):
    test.answer(1, letter(test, 1, "nowhere"))
    test.answer(1, letter(test, 1, "anywhere"))
    latest = read()["pretest"]["pre-test/1"]["latest"]
    assert (latest["choice"], latest["correct"], latest["of"]) == ("anywhere", True, 2)
    again = PreTest("pre-test", [RATIO, EPOCHS])
    assert again.answers == {1: "anywhere"}
    _ = again.view
    assert marked(again) == [(1, letter(test, 1, "anywhere"))] and "1 of 2 answered" in again._words.value
    assert PreTest("another", [RATIO, EPOCHS]).answers == {}
    assert PreTest("pre-test", [EPOCHS, RATIO]).answers == {}, "an answer to a question that is no longer there"
    assert "pre-test: 1 of 2 answered" in repr(progress())


def test_answers_can_be_changed_until_they_are_left(test):
    _ = test.view
    test.answer(1, letter(test, 1, "nowhere"))
    assert not test.left and "until you press Done" in test._words.value
    test.done.click()
    test.answer(1, letter(test, 1, "anywhere"))
    assert test.left and test.answers == {1: "nowhere"} and "These answers are kept" in test._words.value
    assert all(button.disabled for button in test.buttons.values()) and test.done.disabled
    again = PreTest("pre-test", [RATIO, EPOCHS])
    again.answer(2, "A")
    assert again.left and again.answers == {1: "nowhere"}
    assert "pre-test: 1 of 2 answered" in repr(progress())


def test_a_saved_notebook_has_the_questions_as_text_and_html_the_same_in_every_run(test):
    bundle = test._repr_mimebundle_()
    assert {VIEW, "text/html", "text/plain"} == set(bundle)
    view = bundle.pop(VIEW)["model_id"]
    test.answer(1, "B")
    test.leave()
    other = PreTest("pre-test", [RATIO, EPOCHS])._repr_mimebundle_()
    assert other.pop(VIEW)["model_id"] != view and other == bundle
    assert "SECRET" not in str(bundle) and "<details>" not in bundle["text/html"]
    assert bundle["text/plain"].startswith("1. Where can") and f"  D. {UNKNOWN}" in bundle["text/plain"]


def test_latex_stays_and_markup_does_not(test):
    live = "".join(w.value for w in every(test.view, widgets.HTMLMath))
    for text in (live, test.html):
        assert r"$r_t&lt;2$ &amp; <code>r</code>" in text and "&lt;b&gt;the band" in text and "<b>the" not in text


def test_every_answer_is_a_button_with_a_name_that_the_tab_key_reaches(test):
    buttons = every(test.view, widgets.Button)
    assert len(buttons) == 4 + 3 + 1 and all(b.tabbable is not False and not b.disabled and b.tooltip for b in buttons)


def test_the_course_asks_ten_questions_of_four_options_one_of_them_right():
    assert len(PRE_TEST) == len({question.text for question in PRE_TEST}) == 10
    for question in PRE_TEST:
        assert len(question.options) == 4 and sum(option.correct for option in question.options) == 1
        feedback = [option.feedback for option in question.options]
        assert all(feedback) and len(set(feedback)) == 4
    assert max(Counter(right_letters()).values()) <= 5 and set(right_letters()) == set("ABCD")


def right_letters():
    questions = PreTest("pre-test", PRE_TEST).questions
    return ["ABCD"[[option.correct for option in question.options].index(True)] for question in questions]


def test_the_right_answer_is_not_the_longest_one():
    longest = sum(max(q.options, key=lambda option: len(option.text)).correct for q in PRE_TEST)
    assert longest <= 4
