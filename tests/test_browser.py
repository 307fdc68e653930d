"""Lessons in a real browser: JupyterLab in headless Chromium. Slow tier; skipped where there is no Chromium."""

import json
import os
import re
from pathlib import Path

import pytest
from answers import answer_everything, check_scores_are_kept
from browser import (
    CHROMIUM,
    ROOT,
    cells,
    choose_theme,
    chromium_page,
    move_explorers,
    open_notebook,
    run_all,
    running_lab,
    scrub_players,
    show,
)
from eyes import cut_words, focus_jumps, pale_words, whole_page
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


LIGHT, DARK = "JupyterLab Light", "JupyterLab Dark"


def look(page, path):
    """No pale words, nothing cut, no scroll bars: in the light theme, then in the dark one."""
    for theme in (LIGHT, DARK):
        choose_theme(page, theme)
        if folder := os.environ.get("PPO_EDU_SHOTS"):  # for whoever wants to look too
            whole_page(page, Path(folder) / f"{path.parent.name}_{path.stem}_{theme.split()[-1].lower()}")
        assert (pale_words(page), cut_words(page)) == ([], []), theme


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_everything_in_a_lesson_answers_keyboard_and_mouse_and_stays_in_its_place(lab, page, lesson):
    lab.set("apputils-extension/themes", theme=LIGHT)
    (lab.folder / "progress.json").unlink(missing_ok=True)
    source = lesson.read_text(encoding="utf8").replace('\\"', '"')
    run_all(page, lab(f"notebooks/{lesson.name}"))
    move_explorers(page)
    for cell in cells(page, ".jupyter-widgets"):
        for output in cell.locator(".jp-OutputArea-output:has(.jupyter-widgets)").all():
            assert focus_jumps(page, output) == [], cell.locator(".cm-content").inner_text()
    assert answer_everything(page, source) == {
        "PreTest or PostTest": len(re.findall(r"\b(?:Pre|Post)Test\(", source)),
        "Predict": len(re.findall(r"= Predict\(", source)),
        "Quiz": len(re.findall(r"\bQuiz\(", source)),
        "proof": len(re.findall(r"\b(?:Order|Algebra)Proof\(", source)),
    }
    assert bool(scrub_players(page)) == ("Player(" in source)
    look(page, lesson)
    check_scores_are_kept(page, source)
    assert page.errors == []


EXERCISES = sorted((ROOT / "exercises").glob("*.ipynb"))


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda path: path.stem)
def test_an_exercise_that_nobody_has_begun_runs_to_its_end(lab, page, exercise):
    lab.set("apputils-extension/themes", theme=LIGHT)
    run_all(page, lab(f"exercises/{exercise.name}"))
    checks = [cell for cell in json.loads(exercise.read_text(encoding="utf8"))["cells"] if is_check(cell)]
    said = page.locator(".jp-OutputArea-output", has_text=re.compile(r"not attempted \(0 of [\d.]+ point"))
    assert said.count() == len(checks) > 0
    assert page.locator("[data-mime-type='application/vnd.jupyter.error']").all_inner_texts() == []
    look(page, exercise)
    assert page.errors == []


def is_check(cell):
    return cell["cell_type"] == "code" and "".join(cell["source"]).startswith("check.")


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
