"""Lessons in a real browser: JupyterLab in headless Chromium. Slow tier; skipped where there is no Chromium."""

import itertools
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from lessons import LESSONS

ROOT = Path(__file__).parent.parent
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """JupyterLab over a copy of the lessons; gives the address of a notebook."""
    folder = tmp_path_factory.mktemp("lab")
    for name in ("notebooks", "exercises"):
        shutil.copytree(ROOT / name, folder / name)
    options = [f"--ServerApp.root_dir={folder}", "--no-browser", "--ip=127.0.0.1", "--allow-root"]
    command = [sys.executable, "-m", "jupyterlab", *options]
    # A workspace of its own: Lab would otherwise open what the person who runs the tests had open.
    places = ("JUPYTER_CONFIG_DIR", "JUPYTERLAB_WORKSPACES_DIR", "JUPYTERLAB_SETTINGS_DIR")
    settings = os.environ | {name: str(folder / name) for name in places}
    quiet = folder / "JUPYTERLAB_SETTINGS_DIR" / "@jupyterlab" / "apputils-extension"
    quiet.mkdir(parents=True)
    (quiet / "notification.jupyterlab-settings").write_text('{"fetchNews": "false"}', encoding="utf8")
    whole = folder / "JUPYTERLAB_SETTINGS_DIR" / "@jupyterlab" / "notebook-extension"
    whole.mkdir(parents=True)
    # Lab leaves what is out of sight out of the page; a test wants all of it.
    (whole / "tracker.jupyterlab-settings").write_text('{"windowingMode": "none"}', encoding="utf8")
    settings["PPO_EDU_PROGRESS"] = str(folder / "progress.json")
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    with subprocess.Popen(command, cwd=folder, env=settings, **pipes) as server:
        found = (re.search(r"(http://127\.0\.0\.1:\d+)/lab\?token=(\w+)", line) for line in server.stdout)
        address, token = next(filter(None, found)).groups()
        # A workspace each, or the second lesson would open beside the first.
        names = map("w{}".format, itertools.count())
        yield lambda path: f"{address}/lab/workspaces/{next(names)}/tree/{path}?token={token}"
        server.terminate()


@pytest.fixture
def page():
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 1300, "height": 1400})
        page.errors = []
        page.on("console", lambda m: page.errors.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: page.errors.append(str(error)))
        yield page
        browser.close()


def run_all(page, address):
    """Open a notebook and run every cell."""
    open_notebook(page, address)
    page.click("text=Run")
    page.click("text=Run All Cells")
    until_idle(page)


def open_notebook(page, address):
    """Open a notebook and wait for its kernel."""
    page.goto(address)
    page.wait_for_selector(".jp-CodeCell", timeout=60_000)
    # On a busy machine Lab may ask which kernel before it knows that there is one only.
    dialog = page.locator(".jp-Dialog button.jp-mod-accept")
    page.add_locator_handler(dialog, lambda: dialog.click())
    page.wait_for_selector("#jp-main-statusbar >> text=/\\| Idle/", timeout=60_000)


def until_idle(page):
    """Wait until the kernel has run what it was just given."""
    for status in ("Busy", "Idle"):
        page.wait_for_selector(f"#jp-main-statusbar >> text=/\\| {status}/", timeout=120_000)


def show(page, text):
    """The code cell with this text, in view."""
    cell = page.locator(f".jp-CodeCell:has-text('{text}')")
    cell.scroll_into_view_if_needed()
    return cell


def test_lesson_00_trains_within_a_minute_and_stops_when_told(lab, page):
    from playwright.sync_api import expect

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


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_every_explorer_answers_keyboard_and_mouse_and_stays_in_its_place(lab, page, lesson):
    run_all(page, lab(f"notebooks/{lesson.name}"))
    cells = page.locator(".jp-CodeCell:has(.noUi-handle):has(button:has-text('Start over'))")
    for k in range(cells.count()):
        move_first_slider(page, cells.nth(k))
    assert page.errors == []


def move_first_slider(page, cell):
    """An arrow key, then the mouse: each must change picture or words, and the picture must stay in its place."""
    cell.scroll_into_view_if_needed()
    picture, words, handle = cell.locator("img"), cell.locator("[role=status]"), cell.locator(".noUi-handle").first
    box = picture.bounding_box()

    def after(move):
        before = words.inner_text(), picture.get_attribute("src")
        move()
        wait_until(page, lambda: (words.inner_text(), picture.get_attribute("src")) != before)

    last = handle.get_attribute("aria-valuenow") == handle.get_attribute("aria-valuemax")
    after(lambda: handle.press("ArrowLeft" if last else "ArrowRight"))
    after(lambda: drag(page, handle))
    page.wait_for_timeout(500)  # the last picture may still be on its way
    assert picture.bounding_box() == box, f"the layout jumped: {words.inner_text()}"
    assert "nan" not in words.inner_text().split()


def drag(page, handle):
    """The mouse takes the handle some way towards the middle of its slider."""
    grip = handle.bounding_box()
    track = handle.locator("xpath=ancestor::div[contains(@class, 'noUi-base')]").bounding_box()
    middle, x, y = track["x"] + track["width"] / 2, grip["x"] + grip["width"] / 2, grip["y"] + grip["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + (60 if x < middle else -60), y, steps=6)
    page.mouse.up()


def wait_until(page, true, seconds=30):
    """Wait for the kernel's answer."""
    for _ in range(10 * seconds):
        if true():
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"nothing changed in {seconds} s")


def test_lesson_03_under_mouse_and_keyboard(lab, page):
    from playwright.sync_api import expect

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
    from playwright.sync_api import expect

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
    from playwright.sync_api import expect

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
