"""Both tests without a browser: the first without feedback or score, the second with both answers side by side."""

from collections import Counter

import ipywidgets as widgets
import pytest

from ppo_edu.grading import gains
from ppo_edu.progress import progress, read
from ppo_edu.questions.start_here import PRE_TEST
from ppo_edu.widgets.pretest import UNKNOWN, PostTest, PreTest
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


@pytest.fixture
def again(test):
    """The second test of somebody who said "nowhere" and "I don't know yet" before."""
    test.answer(1, letter(test, 1, "nowhere"))
    test.answer(2, "C")
    test.leave()
    return PostTest("pre-test", [RATIO, EPOCHS])


def told(test):
    return "".join(w.value for w in every(test.view, (widgets.HTML, widgets.HTMLMath)))


def test_the_second_test_says_nothing_before_it_is_done(again):
    assert again.answers == {} and not again.left, "what was said before is not marked"
    _ = again.view
    again.buttons[1, letter(again, 1, "anywhere")].click()
    assert "SECRET" not in told(again) and "right" not in told(again) and "Before:" not in told(again)
    assert [q.options for q in again.questions] == [q.options for q in PreTest("pre-test", [RATIO, EPOCHS]).questions]
    latest = read()["posttest"]["pre-test/1"]["latest"]
    assert (latest["choice"], latest["correct"], latest["of"]) == ("anywhere", True, 2)
    assert read()["pretest"]["pre-test/1"]["latest"]["choice"] == "nowhere"


def test_done_shows_item_by_item_what_changed_and_why(again):
    _ = again.view
    again.answer(1, letter(again, 1, "anywhere"))
    again.answer(2, letter(again, 2, "many"))
    again.done.click()
    assert again.gain == [(1, "nowhere", "anywhere"), (2, UNKNOWN, "many")]
    assert again.words(1) == ["Before: nowhere. ✗ not right.", "Now: anywhere. ✓ right.", "SECRET A"]
    assert again.words(2) == [f"Before: {UNKNOWN}.", "Now: many. ✗ not right.", "Right: few. SECRET D"]
    assert again.sums == "Before 0 of 2 right. Now 1 of 2 right. Newly right: 1; right before and not now: 0."
    said = told(again)
    assert all(words in said for words in ("SECRET A", "SECRET D", "Before: nowhere", again.sums.split(". ")[0]))
    assert "SECRET B" not in said and all(button.disabled for button in again.buttons.values())
    later = PostTest("pre-test", [RATIO, EPOCHS])
    assert told(later) == said and later.gain == again.gain
    assert "pre-test: 2 of 2 answered, 1 right" in repr(progress())


def test_a_wrong_answer_gets_its_own_feedback_too_and_a_loss_is_counted(test):
    test.answer(1, letter(test, 1, "anywhere"))
    again = PostTest("pre-test", [RATIO, EPOCHS])
    again.answer(1, letter(again, 1, "nowhere"))
    again.leave()
    assert again.words(1)[1:] == ["Now: nowhere. ✗ not right. SECRET C", "Right: anywhere. SECRET A"]
    assert again.words(2) == ["Before: no answer.", "Now: no answer.", "Right: few. SECRET D"]
    assert again.sums == "Before 1 of 2 right. Now 0 of 2 right. Newly right: 0; right before and not now: 1."


def test_without_the_first_test_there_is_no_gain_to_tell():
    again = PostTest("pre-test", [RATIO, EPOCHS])
    again.answer(2, letter(again, 2, "few"))
    again.leave()
    assert again.sums == (
        "Now 1 of 2 right. Before the course none of these was answered here, so there is no gain to tell."
    )
    assert "Before: no answer." in told(again) and "SECRET D" in told(again)


def test_the_second_test_works_where_nothing_can_be_written(tmp_path, monkeypatch, capsys):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("PPO_EDU_PROGRESS", str(tmp_path / "file" / "progress.json"))
    again = PostTest("pre-test", [RATIO, EPOCHS])
    _ = again.view
    again.answer(1, letter(again, 1, "anywhere"))
    again.done.click()
    assert again.left and again.answers == {1: "anywhere"} and "Now: anywhere. ✓ right." in told(again)
    assert "Your progress could not be" in capsys.readouterr().out


def test_a_saved_page_of_the_second_test_folds_the_answers_away_and_is_the_same_in_every_run(again):
    bundle = again._repr_mimebundle_()
    assert VIEW in bundle and "<details>" in bundle["text/html"] and "SECRET A" in bundle["text/html"]
    assert "nowhere" in bundle["text/plain"] and "SECRET" not in bundle["text/plain"]
    again.answer(1, "A")
    again.leave()
    other = PostTest("pre-test", [RATIO, EPOCHS])._repr_mimebundle_()
    assert {k: v for k, v in other.items() if k != VIEW} == {k: v for k, v in bundle.items() if k != VIEW}


def test_the_gains_of_a_class_count_both_tests(again, file, tmp_path):
    again.answer(1, letter(again, 1, "anywhere"))
    again.leave()
    line = gains.gains(gains.read_files([tmp_path / "progress.json"])).splitlines()[1]
    assert line.split()[1:] == ["0", "1", "+1", "0"]
