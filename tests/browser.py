"""What a learner's hands do in JupyterLab: open, run, move, answer. Helpers of `test_browser.py`."""

import contextlib
import itertools
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import expect, sync_playwright

ROOT = Path(__file__).parent.parent
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]
ROLE = "[role=status]"


class Lab(NamedTuple):
    """JupyterLab over a copy of the lessons; `lab(path)` is the address of a notebook."""

    address: str
    token: str
    folder: Path
    names: Iterator = map("w{}".format, itertools.count())

    def __call__(self, path):
        # A workspace each, or the second lesson would open beside the first.
        return f"{self.address}/lab/workspaces/{next(self.names)}/tree/{path}?token={self.token}"

    def set(self, extension, **settings):
        """Change settings of Lab; a page that is opened afterwards has them."""
        path = self.folder / "JUPYTERLAB_SETTINGS_DIR" / "@jupyterlab" / f"{extension}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(settings), encoding="utf8")


@contextlib.contextmanager
def running_lab(folder):
    """JupyterLab in `folder`, over a copy of lessons and exercises, with settings and progress of its own."""
    for name in ("notebooks", "exercises"):
        shutil.copytree(ROOT / name, folder / name)
    options = [f"--ServerApp.root_dir={folder}", "--no-browser", "--ip=127.0.0.1", "--allow-root"]
    command = [sys.executable, "-m", "jupyterlab", *options]
    # A workspace of its own: Lab would otherwise open what the person who runs the tests had open.
    places = ("JUPYTER_CONFIG_DIR", "JUPYTERLAB_WORKSPACES_DIR", "JUPYTERLAB_SETTINGS_DIR")
    settings = os.environ | {name: str(folder / name) for name in places}
    settings["PPO_EDU_PROGRESS"] = str(folder / "progress.json")
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    with subprocess.Popen(command, cwd=folder, env=settings, **pipes) as server:
        found = (re.search(r"(http://127\.0\.0\.1:\d+)/lab\?token=(\w+)", line) for line in server.stdout)
        lab = Lab(*next(filter(None, found)).groups(), folder)
        lab.set("apputils-extension/notification", fetchNews="false")
        # Lab leaves what is out of sight out of the page; a test wants all of it.
        lab.set("notebook-extension/tracker", windowingMode="none")
        try:
            yield lab
        finally:
            server.terminate()


@contextlib.contextmanager
def chromium_page(executable, **settings):
    """A page that keeps its errors in `errors`."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        page = browser.new_page(viewport={"width": 1300, "height": 1400}, **settings)
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
    views = page.locator(".jp-OutputArea .jupyter-widgets")
    before = -1
    while views.count() != before:  # a view comes a moment after the kernel's last word
        before = views.count()
        page.wait_for_timeout(1000)


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
    waiting = page.locator(".jp-InputPrompt:text-is('[*]:')")
    waiting.first.wait_for(timeout=60_000)
    expect(waiting).to_have_count(0, timeout=180_000)
    page.wait_for_selector("#jp-main-statusbar >> text=/\\| Idle/", timeout=60_000)


def show(page, text):
    """The code cell with this text, in view."""
    cell = page.locator(f".jp-CodeCell:has-text('{text}')")
    cell.scroll_into_view_if_needed()
    return cell


def cells(page, inside):
    """Every code cell whose outputs hold what the selector finds."""
    found = page.locator(f".jp-CodeCell:has(.jp-OutputArea {inside})")
    return [found.nth(k) for k in range(found.count())]


def wait_until(page, true, seconds=30):
    """Wait for the kernel's answer."""
    for _ in range(10 * seconds):
        if true():
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"nothing changed in {seconds} s")


# ── explorers ────────────────────────────────────────────────────────────────────────────────────────────────────


def move_explorers(page):
    """In every explorer: an arrow key and the mouse on the first slider, a choice by keyboard; then start over."""
    for cell in cells(page, "button:has-text('Start over')"):
        cell.scroll_into_view_if_needed()
        if cell.locator(".noUi-handle").count():
            move_first_slider(page, cell)
        choose_another(page, cell)
        cell.get_by_role("button", name="Start over").first.click()


def state(cell):
    """The sentence and the picture of an explorer."""
    return cell.locator(ROLE).first.inner_text(), cell.locator("img").first.get_attribute("src")


def settled(page, cell):
    """The explorer's state once it has stopped changing: a slow one says first that it computes."""
    while True:
        before = state(cell)
        page.wait_for_timeout(500)
        if state(cell) == before and "Computing" not in before[0]:
            return before


def move_first_slider(page, cell):
    """An arrow key, then the mouse: each must change picture or words, and the picture must stay in its place."""
    picture, words, handle = cell.locator("img").first, cell.locator(ROLE).first, cell.locator(".noUi-handle").first
    box = picture.bounding_box()

    def after(move):
        before = settled(page, cell)
        move()
        wait_until(page, lambda: state(cell) != before)

    last = handle.get_attribute("aria-valuenow") == handle.get_attribute("aria-valuemax")
    after(lambda: handle.press("ArrowLeft" if last else "ArrowRight"))
    after(lambda: drag(page, handle))
    settled(page, cell)
    assert picture.bounding_box() == box, f"the layout jumped: {words.inner_text()}"
    assert "nan" not in words.inner_text().split()


def drag(page, handle):
    """The mouse takes the handle some way towards the middle of its slider."""
    handle.scroll_into_view_if_needed()
    grip = handle.bounding_box()
    track = handle.locator("xpath=ancestor::div[contains(@class, 'noUi-base')]").bounding_box()
    middle, x, y = track["x"] + track["width"] / 2, grip["x"] + grip["width"] / 2, grip["y"] + grip["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + (60 if x < middle else -60), y, steps=6)
    page.mouse.up()


def choose_another(page, cell):
    """The next option of the first drop-down list and the last of the first row of toggles, by keyboard."""
    lists, toggles = cell.locator("select:visible"), cell.locator(".widget-toggle-buttons button:visible")
    for choice, move in ((lists.first, next_option), (toggles.last, press_space)):
        if choice.count():
            before = settled(page, cell)
            move(choice)
            wait_until(page, lambda before=before: state(cell) != before)
            settled(page, cell)


def next_option(choice):
    choice.focus()
    last = choice.evaluate("list => list.selectedIndex === list.options.length - 1")
    choice.press("ArrowUp" if last else "ArrowDown")


def press_space(button):
    button.focus()
    button.press("Space")


# ── questions ────────────────────────────────────────────────────────────────────────────────────────────────────


def answer_everything(page):
    """Tests, predictions, quizzes: every question gets an answer, quizzes all of them; returns how many of each."""
    return {"tests": answer_tests(page), "bets": predict(page), "quizzes": answer_quizzes(page)}


def answer_tests(page):
    """The first answer to every question of the pre-test or the second test, then Done."""
    found = cells(page, "button[title='keep my answers as they are']")
    for cell in found:
        buttons = cell.locator("button[title='answer A']")
        for k in range(buttons.count()):
            buttons.nth(k).click()
        said = cell.locator(ROLE).first
        expect(said).to_contain_text(f"{buttons.count()} of {buttons.count()} answered")
        cell.get_by_role("button", name="Done").click()
        expect(said).to_contain_text("These answers are kept.")
    return len(found)


def predict(page):
    """The first option of every prediction, or the number that stands there."""
    found = [cell for cell in cells(page, "b:text-is('Predict.')") if cell.locator("button.jupyter-button").count()]
    for cell in found:
        cell.locator("button.jupyter-button").first.click()
        expect(cell.locator(ROLE).first).to_contain_text("You said")
    return len(found)


def answer_quizzes(page):
    """Every option of every question: its feedback appears, and in the end nothing is left to answer."""
    found = [cell for cell in cells(page, ROLE) if "at the first try" in cell.locator(ROLE).last.inner_text()]
    for cell in found:
        box = cell.bounding_box()
        buttons = cell.locator("button[title^='answer ']")
        for k in range(buttons.count()):
            button = buttons.nth(k)
            button.click()
            expect(button).to_have_text(re.compile(r"[✓✗]"))
        expect(cell.locator(ROLE).last).not_to_contain_text("not answered")
        assert cell.bounding_box()["height"] == box["height"], "the page jumped under the answers"
    return len(found)


def check_proofs(page):
    """Every proof is checked as it stands, every line of algebra once with a wrong formula; each gets a sentence."""
    found = cells(page, "button[title^='check ']")
    for cell in found:
        fields, buttons = cell.locator("input[type=text]"), cell.locator("button[title^='check ']")
        for k in range(buttons.count()):
            if fields.count():
                fields.nth(k).fill("1 + 1")
                fields.nth(k).press("Tab")
            buttons.nth(k).click()
            expect(cell.locator(ROLE).nth(k)).to_contain_text(re.compile(r"[✓✗]"))
    return len(found)


# ── for the eyes ─────────────────────────────────────────────────────────────────────────────────────────────────

PALE = """() => {
  const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const rgb = color => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1);
    return canvas.getImageData(0, 0, 1, 1).data;
  };
  const light = ([r, g, b]) => [r, g, b].map(x => x / 255)
    .map(x => x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4)
    .reduce((sum, x, i) => sum + x * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = node => {
    for (; node; node = node.parentElement) {
      const color = rgb(getComputedStyle(node).backgroundColor);
      if (color[3] > 250) return color;
    }
    return [255, 255, 255];
  };
  const found = [];
  const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (words.nextNode()) {
    const node = words.currentNode.parentElement;
    if (!words.currentNode.textContent.trim() || !node.closest('.jp-OutputArea .jupyter-widgets')) continue;
    if (!node.checkVisibility({visibilityProperty: true})) continue;
    if (node.closest('svg, mjx-assistive-mml, :disabled')) continue;
    const [a, b] = [light(rgb(getComputedStyle(node).color)), light(behind(node))];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < 4.5) found.push(`${contrast.toFixed(1)}: ${words.currentNode.textContent.trim().slice(0, 40)}`);
  }
  return [...new Set(found)];
}"""


def pale_words(page):
    """Words of the widgets with less than 4.5 to 1 between them and what lies behind, as the browser draws them."""
    return page.evaluate(PALE)


def whole_page(page, path):
    """Pictures of the whole notebook, a screen each, under `path` and a number."""
    panel = page.locator(".jp-NotebookPanel .jp-WindowedPanel-outer")
    height, screen = panel.evaluate("panel => [panel.scrollHeight, panel.clientHeight]")
    for number, top in enumerate(range(0, height, screen)):
        panel.evaluate("(panel, top) => panel.scrollTo(0, top)", top)
        page.wait_for_timeout(200)
        panel.screenshot(path=f"{path}_{number:02}.png")
