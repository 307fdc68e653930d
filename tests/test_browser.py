"""Lessons in a real browser: JupyterLab in headless Chromium. Slow tier; skipped where there is no Chromium."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """JupyterLab over a copy of the lessons; gives the address of a notebook."""
    folder = tmp_path_factory.mktemp("lab")
    shutil.copytree(ROOT / "notebooks", folder / "notebooks")
    options = [f"--ServerApp.root_dir={folder}", "--no-browser", "--ip=127.0.0.1", "--allow-root"]
    command = [sys.executable, "-m", "jupyterlab", *options]
    # A workspace of its own: Lab would otherwise open what the person who runs the tests had open.
    places = ("JUPYTER_CONFIG_DIR", "JUPYTERLAB_WORKSPACES_DIR", "JUPYTERLAB_SETTINGS_DIR")
    settings = os.environ | {name: str(folder / name) for name in places}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    with subprocess.Popen(command, cwd=folder, env=settings, **pipes) as server:
        found = (re.search(r"(http://127\.0\.0\.1:\d+)/lab\?token=(\w+)", line) for line in server.stdout)
        address, token = next(filter(None, found)).groups()
        # A workspace each, or the second lesson would open beside the first.
        yield lambda name: f"{address}/lab/workspaces/{name[:2]}/tree/notebooks/{name}?token={token}"
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
    page.goto(address)
    page.wait_for_selector(".jp-CodeCell", timeout=60_000)
    page.wait_for_selector(".jp-Notebook-ExecutionIndicator[data-status='idle']", timeout=60_000)
    page.click("text=Run")
    page.click("text=Run All Cells")
    page.wait_for_timeout(3000)  # long enough for the kernel to be busy; then wait until it no longer is
    page.wait_for_selector(".jp-Notebook-ExecutionIndicator[data-status='idle']", timeout=120_000)


def show(page, text):
    """The code cell with this text, in view and drawn: Lab keeps what is out of sight out of the page."""
    cell = page.locator(f".jp-CodeCell:has-text('{text}')")
    for _ in range(3):
        cell.scroll_into_view_if_needed()
        page.wait_for_timeout(1500)
    return cell


def test_lesson_03_under_mouse_and_keyboard(lab, page):
    from playwright.sync_api import expect

    run_all(page, lab("03_clipped_objective.ipynb"))
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


def test_lesson_07_trains_and_plays(lab, page):
    run_all(page, lab("07_train_ppo.ipynb"))
    cell = show(page, "Player({")
    scrubber = cell.locator("input[type=range]")
    scrubber.wait_for()
    cell.locator("button", has_text="Pause").click()
    scrubber.focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    assert scrubber.input_value() == "1" and page.errors == []
