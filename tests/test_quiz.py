"""Quizzes and predictions without a browser: buttons are clicked, what is stored is read."""

import ipywidgets as widgets
import pytest

from ppo_edu.progress import progress, read
from ppo_edu.widgets.predict import Predict
from ppo_edu.widgets.quiz import Option, Question, Quiz, number_words, plain, to_html

MIN = Question(
    r"What does `min` do for $\hat{A}_t > 0$ & $r_t<1$?",
    [
        Option(r"It takes $\frac{r_t\hat{A}_t}{1}$.", correct=True, feedback=r"Up to $1+\varepsilon$."),
        Option("It clips <b>the advantage</b>.", feedback="It clips $r_t$."),
        Option("It ignores the advantage.", feedback="It never does."),
    ],
)
EPOCHS = Question("Why several epochs?", [Option("yes", correct=True), Option("no", feedback="It is.")])
VIEW = "application/vnd.jupyter.widget-view+json"


@pytest.fixture(autouse=True)
def file(tmp_path, monkeypatch):
    monkeypatch.setenv("PPO_EDU_PROGRESS", str(tmp_path / "progress.json"))


@pytest.fixture
def quiz():
    return Quiz("03", [MIN, EPOCHS])


def letters(quiz, number=1):
    """The letter of a right option and of a wrong one."""
    right = [letter for letter, option in zip("ABC", quiz.questions[number - 1].options) if option.correct]
    return right[0], next(letter for letter in "AB" if letter not in right)


def every(widget, kind):
    """All widgets of a kind inside `widget`."""
    inside = [w for child in getattr(widget, "children", ()) for w in every(child, kind)]
    return inside + [widget] * isinstance(widget, kind)


def visible(quiz, number=1):
    return [card.value for card in quiz.feedback[number].values() if card.layout.visibility == "visible"]


def test_a_click_shows_the_feedback_of_that_option_and_marks_it_in_words_and_colour(quiz):
    _ = quiz.view
    right, wrong = letters(quiz)
    assert visible(quiz) == []
    quiz.buttons[1, wrong].click()
    assert len(visible(quiz)) == 1 and f"✗ {wrong} is not right." in visible(quiz)[0]
    assert "aria-live" in visible(quiz)[0] and visible(quiz, 2) == []
    quiz.buttons[1, right].click()
    assert [f"✓ {right} is right." in words for words in visible(quiz)] == [True]
    assert r"Up to $1+\varepsilon$." in visible(quiz)[0]
    assert [quiz.buttons[1, letter].description for letter in (wrong, right)] == [f"{wrong} ✗", f"{right} ✓"]
    assert quiz.buttons[1, wrong].style.button_color != quiz.buttons[1, right].style.button_color


def test_the_first_answer_counts(quiz):
    _ = quiz.view
    right, wrong = letters(quiz)
    quiz.buttons[1, wrong].click()
    quiz.buttons[1, right].click()
    assert quiz.score == 0 and "0 of 2 right at the first try, 1 not answered yet" in quiz._words.value
    quiz.buttons[2, letters(quiz, 2)[0]].click()
    assert quiz.score == 1 and "1 of 2 right at the first try;" in quiz._words.value
    entry = read()["quiz"]["03/1"]
    assert [entry[state]["correct"] for state in ("first", "latest", "best")] == [False, True, True]
    assert "03: 1 of 2 right at the first try, 2 by now" in repr(progress())


def test_a_restart_gives_no_second_first_answer(quiz):
    right, wrong = letters(quiz)
    assert quiz.answer(1, wrong) is False
    again = Quiz("03", [MIN, EPOCHS])
    _ = again.view
    again.buttons[1, right].click()
    assert again.score == 0


def test_the_order_is_fixed_by_the_id_and_not_always_the_same(quiz):
    def orders(ids):
        return {tuple(option.text for option in Quiz(name, [MIN]).questions[0].options) for name in ids}

    assert len(orders(["a", "a"])) == 1 and len(orders("abcdefghijklmnop")) > 3
    flipped = Question(MIN.text, MIN.options[::-1])
    assert Quiz("a", [flipped]).html == Quiz("a", [MIN]).html


def test_a_saved_notebook_has_the_questions_as_text_and_html_the_same_in_every_run(quiz):
    bundle = quiz._repr_mimebundle_()
    assert {VIEW, "text/html", "text/plain"} == set(bundle)
    model = bundle.pop(VIEW)["model_id"]
    assert model not in str(bundle)
    quiz.answer(1, "A")
    other = Quiz("03", [MIN, EPOCHS])._repr_mimebundle_()
    assert other.pop(VIEW)["model_id"] != model and other == bundle
    assert bundle["text/plain"].startswith("1. What does `min` do") and "  C. " in bundle["text/plain"]
    assert "<script" not in bundle["text/html"] and "<details>" in bundle["text/html"]


def test_latex_stays_and_markup_does_not(quiz):
    live = "".join(w.value for w in every(quiz.view, widgets.HTMLMath))
    for text in (live, quiz.html):
        assert r"$\frac{r_t\hat{A}_t}{1}$" in text and r"$\hat{A}_t &gt; 0$ &amp; $r_t&lt;1$" in text
        assert "<code>min</code>" in text and "<b>the" not in text and "&lt;b&gt;the advantage" in text
    assert to_html("$a<b$ `x < y` 'q'") == "$a&lt;b$ <code>x &lt; y</code> 'q'"


@pytest.mark.parametrize(
    ("text", "html", "words"),
    [
        ("Where it *starts*.", "Where it <em>starts</em>.", "Where it starts."),
        ("(*this sample*, *that*)", "(<em>this sample</em>, <em>that</em>)", "(this sample, that)"),
        ("“*first*”—*x*?", "“<em>first</em>”—<em>x</em>?", "“first”—x?"),
        ("`a *b* c` and $x *y* z$", "<code>a *b* c</code> and $x *y* z$", "`a *b* c` and $x *y* z$"),
        ("gamma*lambda*delta", "gamma*lambda*delta", "gamma*lambda*delta"),
        ("(a)*(b)*(c), 2 * 3 * 4, π*, the best", "(a)*(b)*(c), 2 * 3 * 4, π*, the best", None),
        ("r*Â for *every* π*", "r*Â for <em>every</em> π*", "r*Â for every π*"),
        ("**bold** is not used", "**bold** is not used", None),
    ],
)
def test_asterisks_round_words_are_emphasis_and_others_stay(text, html, words):
    assert to_html(text) == html and plain(text) == (words or text)


def test_what_is_stored_for_a_terminal_and_the_name_of_a_button_have_no_asterisks():
    quiz = Quiz("q", [Question("What *is* it?", [Option("*all*", correct=True, feedback="*Yes*."), Option("none")])])
    assert "*" not in repr(quiz) + quiz.html and "<em>is</em>" in quiz.html and "<em>Yes</em>" in quiz.html
    assert sorted(b.tooltip.split()[-1] for b in every(quiz.view, widgets.Button)) == ["all", "none"]


def test_every_answer_is_a_button_with_a_name_that_the_tab_key_reaches(quiz):
    buttons = every(quiz.view, widgets.Button)
    assert len(buttons) == 5 and all(b.tabbable is not False and not b.disabled for b in buttons)
    options = [option.text.replace("$", "").replace("`", "") for option in quiz.questions[0].options]
    assert [b.tooltip for b in buttons[:3]] == [f"answer {k}: {text}" for k, text in zip("ABC", options)]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ([Option("a", correct=True)], "at least two options"),
        ([Option("a", correct=True), Option("a")], "each different"),
        ([Option("a"), Option("b")], "no option of 'Why' is correct"),
    ],
)
def test_a_question_without_an_answer_is_refused(options, words):
    with pytest.raises(ValueError, match=words):
        Quiz("a", [Question("Why", options)])


def number():
    return Predict("outside", r"How many ratios leave $[1-\varepsilon, 1+\varepsilon]$?", between=(0, 100), unit="%")


def test_a_number_is_said_kept_and_compared():
    predict = number()
    _ = predict.view
    assert "No prediction yet" in predict._words.value
    predict.number.value = 40
    predict.buttons[0].click()
    assert predict.said == 40 and "You said 40 %. Now measure it." in predict._words.value
    assert "You said 40 %; not measured yet." in repr(progress())
    words = "You said 40 %; measured 12.35 %, 27.65 % less than you said."
    assert repr(predict.compare(12.3456)) == words.replace("27.65", "27.65")
    assert words in repr(progress())
    assert repr(predict.compare(40.0)) == "You said 40 %; measured 40 %, as you said."
    assert repr(predict.compare("12 of 32")) == "You said 40 %; measured 12 of 32."


def test_nobody_predicted_and_nothing_is_kept():
    shown = number().compare(25)
    assert repr(shown) == "No prediction was made; measured 25 %." and "measured 25 %" in shown._repr_html_()
    assert read() == {}


def test_a_prediction_outlives_the_kernel():
    number().predict(3)
    again = number()
    assert again.said == 3 and "You said 3 %" in repr(again.compare(4))
    _ = again.view
    assert again.number.value == 3 and "You said 3 %" in again._words.value
    assert Predict("outside", "Another one?", ["yes", "no"]).said is None


def test_an_option_is_predicted():
    predict = Predict("k", "Where?", ["inside $1<2$", "outside"])
    _ = predict.view
    predict.buttons[1].click()
    assert predict.said == "outside" and [b.description for b in predict.buttons] == ["A", "B ●"]
    predict.buttons[0].click()
    assert [b.description for b in predict.buttons] == ["A ●", "B"]
    assert repr(predict.compare("outside")) == "You said inside $1<2$; measured outside."
    assert repr(predict.compare("inside $1<2$")).endswith(", as you said.")
    assert "inside $1&lt;2$" in predict.compare("outside")._repr_html_()


@pytest.mark.parametrize("make", [number, lambda: Predict("k", "Where?", ["in", "out"])])
def test_a_prediction_is_stored_the_same_answered_or_not(make):
    before = make()._repr_mimebundle_()
    predict = make()
    predict.predict(3 if predict.between else "in")
    after = make()._repr_mimebundle_()
    assert before.pop(VIEW) != after.pop(VIEW) and before == after
    assert set(before) == {"text/html", "text/plain"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, "give options"),
        ({"options": ["a", "b"], "between": (0, 1)}, "give options"),
        ({"options": ["a"]}, "at least two"),
        ({"between": (1, 0)}, "the least number comes first"),
    ],
)
def test_a_prediction_without_answers_is_refused(arguments, words):
    with pytest.raises(ValueError, match=words):
        Predict("a", "Why?", **arguments)


@pytest.mark.parametrize("value", [101, -1, "many", None, float("nan")])
def test_an_impossible_prediction_is_refused(value):
    with pytest.raises(ValueError, match="a number from 0 % to 100 %"):
        number().predict(value)


@pytest.mark.parametrize(
    ("value", "words"),
    [(0.1 + 0.2, "0.3"), (12345.6, "12,346"), (2.5e-7, "2.5e-07"), (3e6, "3e+06"), (40.0, "40"), (1234.5, "1234")],
)
def test_numbers_are_short(value, words):
    assert number_words(value) == words
