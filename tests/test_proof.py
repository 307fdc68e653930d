"""Proofs put in order, without a browser."""

import ipywidgets as widgets
import pytest

from ppo_edu.progress import progress, read
from ppo_edu.widgets.proof import AlgebraProof, OrderProof

LINES = [r"Let $r<1-\varepsilon$.", r"Then $\text{clip}(r) = 1-\varepsilon$.", "So its slope is 0.", "Done."]
WHY = ["it always may", "it needs $r<1-\\varepsilon$ <b>.", "it needs the value of the clip.", "it is the end."]


@pytest.fixture(autouse=True)
def file(tmp_path, monkeypatch):
    monkeypatch.setenv("PPO_EDU_PROGRESS", str(tmp_path / "progress.json"))


@pytest.fixture
def proof():
    return OrderProof("03_problem_1", LINES, WHY, claim="Bad actions go silent.")


def sort(proof):
    """Put the lines right by clicks alone."""
    for place in range(len(LINES)):
        for position in range(proof.order.index(place), place, -1):
            proof.buttons[position, -1].click()


def test_it_starts_wrong_and_the_same_each_time(proof):
    assert proof.order != [0, 1, 2, 3] and proof.wrong_step(proof.order) is not None
    assert OrderProof("03_problem_1", LINES, WHY).order == proof.order
    assert len({tuple(OrderProof(name, LINES, WHY).order) for name in "abcdefgh"}) > 2


def test_arrows_move_a_line_and_the_focus_goes_with_it(proof, monkeypatch):
    _ = proof.view
    focused = []
    monkeypatch.setattr(widgets.Button, "focus", lambda button: focused.append(button))
    before = list(proof.order)
    proof.buttons[0, 1].click()
    assert proof.order == [before[1], before[0], *before[2:]] and focused == [proof.buttons[1, 1]]
    assert proof._texts[0].value.startswith('<div style="line-height:1.5">1. ')
    proof.buttons[1, -1].click()
    assert proof.order == before and focused[-1] is proof.buttons[0, -1]
    proof.buttons[0, -1].click()
    assert proof.order == before and proof.message == "Line 1 is already the first."
    proof.buttons[3, 1].click()
    assert proof.order == before and proof.message == "Line 4 is already the last."


def test_sorting_solves_it(proof):
    _ = proof.view
    proof.check_button.click()
    sort(proof)
    proof.check_button.click()
    assert proof.message.startswith("✓ In order") and 'aria-live="polite"' in proof._words.value
    entry = read()["proof"]["03_problem_1"]
    assert (entry["first"]["solved"], entry["best"]["solved"], entry["count"]) == (False, True, 2)
    proof.buttons[0, 1].click()
    proof.check_button.click()
    assert "03_problem_1: in order, 3 checks" in repr(progress())


@pytest.mark.parametrize(
    ("order", "message"),
    [
        ([1, 0, 2, 3], "✗ Line 1 cannot stand here: it needs $r<1-\\varepsilon$ <b>."),
        ([0, 2, 1, 3], "✗ Line 1 can stand. Line 2 cannot stand here: it needs the value of the clip."),
        ([0, 1, 3, 2], "✗ Lines 1 to 2 can stand. Line 3 cannot stand here: it is the end."),
    ],
)
def test_the_first_wrong_step_is_named_with_its_reason(proof, order, message):
    _ = proof.view
    proof.order = order
    assert proof.check() is False and proof.message == message
    assert "<b>." not in proof._words.value


def test_several_orders_can_be_valid():
    needs = {0: (), 1: (), 2: (0, 1), 3: (2,)}
    proof = OrderProof("p", LINES, WHY, valid=lambda order: set(needs[order[-1]]) <= set(order))
    for order in ([0, 1, 2, 3], [1, 0, 2, 3]):
        proof.order = order
        assert proof.check()
    assert proof.wrong_step([1, 2, 0, 3]) == 1


def test_arrows_have_names_and_no_other_words(proof):
    _ = proof.view
    assert proof.buttons[2, -1].tooltip == "line 3 of 4: move up" and proof.buttons[2, -1].description == ""
    assert all(not button.disabled and button.tabbable is not False for button in proof.buttons.values())


def test_it_is_stored_as_text_the_same_before_and_after_moves(proof):
    before = OrderProof("03_problem_1", LINES, WHY, claim="Bad actions go silent.")._repr_mimebundle_()
    proof.move(0, 1)
    after = proof._repr_mimebundle_()
    view = "application/vnd.jupyter.widget-view+json"
    assert before.pop(view) != after.pop(view) and before == after
    assert r"$r&lt;1-\varepsilon$" in after["text/html"]
    assert after["text/plain"].startswith("Put the proof in order. Bad actions go silent.\n  ")


@pytest.mark.parametrize(
    ("lines", "explain", "valid", "words"),
    [
        (LINES, WHY[:2], None, "2 sentences for 4 lines"),
        (LINES, WHY, lambda order: order[0] == 3, "lines as given"),
        (LINES, WHY, lambda order: True, "every order"),
    ],
)
def test_a_proof_that_cannot_be_asked_is_refused(lines, explain, valid, words):
    with pytest.raises(ValueError, match=words):
        OrderProof("p", lines, explain, valid)


def written():
    """Two lines, and one belief about the first."""
    beliefs = [("b^2 + c^2", "The mixed term is missing.")]
    lines = [("Square it:", "b^2 + 2bc + c^2", (), beliefs), ("With `d`:", "d^2", ("d",))]
    return AlgebraProof("lesson/square", "bc", lines, [("d", "b + c")], "About $(b+c)^2$.")


def test_a_written_line_is_compared_and_a_belief_named():
    proof = written()
    assert proof.check(1, "(b+c)^2") and not proof.check(1, "b^2 + c^2") and not proof.check(2, "(b+c)^2")
    assert proof.judge(proof.lines[0], "b^2 + c^2")[1].startswith("The mixed term is missing. Not equal: with b = 2")
    assert "'b' is not known" in proof.judge(proof.lines[1], "b")[1]


def test_a_written_proof_is_kept_as_solved_when_every_line_is_right():
    proof = written()
    proof.check(1, "bb + cc + 2bc")
    assert not read()["proof"]["lesson/square"]["best"]["solved"]
    proof.check(2, "d d")
    assert read()["proof"]["lesson/square"]["best"]["solved"]


def test_the_fields_of_a_written_proof_answer():
    proof = written()
    assert "d" in (proof.view and proof.fields[1].placeholder)
    proof.fields[0].value = "b^2 + c^2"
    proof.buttons[0].click()
    assert "✗ The mixed term is missing." in proof._words[0].value
    proof.fields[0].value = "(c+b)(b+c)"
    proof.buttons[0].click()
    assert "✓ Equal: proved" in proof._words[0].value


def test_a_saved_notebook_asks_for_the_lines_in_words():
    assert "Square it" in written().html and repr(written()).splitlines()[2] == "  2. With `d`:"
