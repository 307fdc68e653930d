"""Lessons in a real browser: JupyterLab in headless Chromium. Slow tier; skipped where there is no Chromium."""

import os
import re
from pathlib import Path

import pytest
from browser import (
    CHROMIUM,
    answer_everything,
    check_proofs,
    chromium_page,
    move_explorers,
    open_notebook,
    pale_words,
    run_all,
    running_lab,
    show,
    whole_page,
)  # fmt: skip
from lessons import LESSONS
from playwright.sync_api import expect

pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    with running_lab(tmp_path_factory.mktemp("lab")) as lab:
        yield lab


@pytest.fixture
def page():
    with chromium_page(CHROMIUM) as page:
        yield page


def test_lesson_00_trains_within_a_minute_and_stops_when_told(lab, page):
    open_notebook(page, lab("notebooks/00_start_here.ipynb"))
    page.locator(".jp-CodeCell").first.click()
    for _ in range(3):
        page.keyboard.press("Shift+Enter")
    training = page.locator(".jp-CodeCell:has-text('def train_with')")
    words, handle = training.locator("[role=status]"), training.locator(".noUi-handle").first
    handle.wait_for(timeout=60_000)
    expect(words).to_contain_text("Trained in")
    page.locator(".jp-CodeCell:has-text('pole = display(') input[type=range]").wait_for(timeout=60_000)

    handle.focus()
    page.keyboard.press("ArrowRight")
    expect(words).to_contain_text("step size 0.01", timeout=60_000)
    handle.focus()
    page.keyboard.press("ArrowLeft")
    page.wait_for_selector("#jp-main-statusbar >> text=/\\| Busy/", timeout=20_000)
    page.locator("[data-command='notebook:interrupt-kernel']").first.click()
    expect(words).to_contain_text("Stopped", timeout=20_000)
    assert page.errors == []


@pytest.mark.parametrize("theme", ("JupyterLab Light", "JupyterLab Dark"))
@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_everything_in_a_lesson_answers_keyboard_and_mouse_and_stays_in_its_place(lab, page, lesson, theme):
    lab.set("apputils-extension/themes", theme=theme)
    (lab.folder / "progress.json").unlink(missing_ok=True)
    run_all(page, lab(f"notebooks/{lesson.name}"))
    asked = answer_everything(page)
    source = lesson.read_text(encoding="utf8")
    assert asked == {
        "tests": len(re.findall(r"[^a-z](Pre|Post)Test\(", source)),
        "bets": len(re.findall(r"= Predict\(", source)),
        "quizzes": len(re.findall(r"[^a-zA-Z]Quiz\(", source)),
    }
    check_proofs(page)
    if theme == "JupyterLab Light":
        move_explorers(page)
    if folder := os.environ.get("PPO_EDU_SHOTS"):  # for whoever wants to look at them
        whole_page(page, Path(folder) / f"{lesson.stem}_{theme.split()[-1].lower()}")
    assert pale_words(page) == []
    assert page.errors == []


def test_lesson_03_under_mouse_and_keyboard(lab, page):
    run_all(page, lab("notebooks/03_clipped_objective.ipynb"))
    cell = show(page, "sample_ratio = ")
    picture, words, handle = cell.locator("img"), cell.locator("[role=status]"), cell.locator(".noUi-handle").first
    handle.wait_for()
    before, said, box = picture.get_attribute("src"), words.inner_text(), picture.bounding_box()

    handle.focus()
    page.keyboard.press("ArrowRight")
    expect(words).to_contain_text("ε = 0.21")
    assert picture.get_attribute("src") != before

    grip = handle.bounding_box()
    page.mouse.move(grip["x"] + grip["width"] / 2, grip["y"] + grip["height"] / 2)
    page.mouse.down()
    page.mouse.move(grip["x"] + 80, grip["y"] + grip["height"] / 2, steps=8)
    page.mouse.up()
    expect(words).not_to_contain_text("ε = 0.21")
    page.wait_for_timeout(1000)  # the last picture may still be on its way
    assert picture.bounding_box() == box, "the layout jumped"

    cell.get_by_role("button", name="clip without min").click()
    expect(words).to_contain_text("clip without min")
    cell.get_by_role("button", name="Start over").click()
    expect(words).to_have_text(said)
    expect(picture).to_have_attribute("src", before)
    assert page.errors == []


def test_lesson_03_asks_and_answers(lab, page):
    run_all(page, lab("notebooks/03_clipped_objective.ipynb"))
    bet = show(page, "bet_ratios = Predict")
    bet.locator("button.jupyter-button").first.click()
    expect(bet).to_contain_text("You said")

    proof = show(page, "OrderProof(")
    for place, words in enumerate(("Since ratio", "Since Â", "So the minimum", "That is a constant")):
        ups = proof.locator("button.ppo-up")
        assert "↑" in ups.first.evaluate("button => getComputedStyle(button, '::before').content")
        rows = proof.locator(".widget-box:has(> button.ppo-up)")
        words = words.replace("Â", "")
        at = next(k for k in range(place, 4) if words in rows.nth(k).inner_text())
        for k in range(at, place, -1):
            ups.nth(k).click()
            expect(rows.nth(k - 1)).to_contain_text(words)
    proof.locator("button:has-text('Check')").click()
    expect(proof.locator("[role=status]").last).to_contain_text("In order")

    quiz = show(page, "CLIP_QUIZ)")
    quiz.locator("button.jupyter-button").first.click()
    expect(quiz.locator("[role=status]").first).not_to_be_empty()
    assert page.errors == []


WRONG = """def clipped_objective(ratio, advantages, clip_eps):
    return np.clip(ratio, 1 - clip_eps, 1 + clip_eps) * advantages"""
RIGHT = """def clipped_objective(ratio, advantages, clip_eps):
    clipped = np.clip(ratio, 1 - clip_eps, 1 + clip_eps) * advantages
    return np.minimum(ratio * advantages, clipped)"""


def test_an_exercise_is_done_once_wrongly_and_once_rightly(lab, page):
    open_notebook(page, lab("exercises/03_clipped_objective.ipynb"))
    show(page, "from ppo_edu.grading import check").locator(".cm-content").click()
    page.keyboard.press("Shift+Enter")
    answers = (None, "not attempted"), (WRONG, "the clip without the min"), (RIGHT, "correct (4 of 4 points)")
    for source, said in answers:
        answer, verdict = show(page, "def clipped_objective("), show(page, "check.clipped_objective(")
        answer.locator(".cm-content").click()
        if source:
            page.keyboard.press("Control+a")
            page.keyboard.insert_text(source)
        page.keyboard.press("Shift+Enter")
        verdict.locator(".cm-content").click()
        page.keyboard.press("Shift+Enter")
        expect(verdict).to_contain_text(said, timeout=60_000)
    assert page.errors == []


def test_lesson_07_trains_and_plays(lab, page):
    run_all(page, lab("notebooks/07_train_ppo.ipynb"))
    cell = show(page, "Player({")
    scrubber = cell.locator("input[type=range]")
    scrubber.wait_for()
    button = cell.locator("button", has_text=re.compile("Pause|Play")).first
    if "Pause" in button.inner_text():  # the episode may have played to its end
        button.click()
    scrubber.focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    assert scrubber.input_value() == "1" and page.errors == []
