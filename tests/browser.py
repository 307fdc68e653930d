"""What a learner's hands do in JupyterLab: open, run, move. Questions are answered in `answers.py`."""

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
    settings.pop("MPLBACKEND", None)  # whoever runs the tests may want no figures; a learner does
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


def run_cell(cell):
    """Run a cell again by keyboard."""
    cell.locator(".cm-content").click()
    cell.page.keyboard.press("Control+Enter")


def show(page, text):
    """The code cell with this text, in view."""
    cell = page.locator(".jp-CodeCell", has_text=text)
    cell.scroll_into_view_if_needed()
    return cell


def choose_theme(page, name):
    """Change the theme of the open page, through the menu."""
    page.locator("#jp-MainMenu").get_by_text("Settings", exact=True).click()
    page.locator(".lm-Menu-item").get_by_text("Theme", exact=True).hover()
    page.locator(".lm-Menu-item").get_by_text(name, exact=True).click()
    page.wait_for_selector(f"body[data-jp-theme-name='{name}']", state="attached")


def cells(page, inside):
    """Every code cell whose outputs hold what the selector finds."""
    found = page.locator(f".jp-CodeCell:has(.jp-OutputArea {inside})")
    return [found.nth(k) for k in range(found.count())]


def wait_until(page, true, or_else, seconds=30):
    """Wait for the kernel's answer."""
    for _ in range(10 * seconds):
        if true():
            return
        page.wait_for_timeout(100)
    raise AssertionError(or_else)


# ── explorers ────────────────────────────────────────────────────────────────────────────────────────────────────


def move_explorers(page):
    """Every explorer: fold-out, first slider, lists and toggles by keyboard, the slider by mouse too; start over."""
    for cell in cells(page, "button:has-text('Start over')"):
        cell.scroll_into_view_if_needed()
        first = settled(page, cell)
        if cell.locator(".widget-accordion").count():
            fold = cell.get_by_role("button", name="more", exact=True)
            fold.press("Enter")
            expect(fold).to_have_attribute("aria-expanded", "true")
        if cell.locator(".noUi-handle").count():
            move_first_slider(page, cell)
        choose_others(page, cell)
        cell.get_by_role("button", name="Start over").first.press("Space")
        if "Trained in" in first[0]:  # its seconds differ; and the next explorer waits for the kernel
            assert cut_seconds(settled(page, cell)) == cut_seconds(first)
        else:
            wait_until(page, lambda cell=cell, first=first: state(cell) == first, f"did not start over: {first[0]}")


def cut_seconds(state):
    return re.sub(r"Trained in [\d.]+ s", "", state[0])


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


def changes(page, cell, move):
    """What `move` does must change the picture or the words of an explorer, and leave the picture in its place."""
    picture, before = cell.locator("img").first, settled(page, cell)
    box = in_page(picture)
    move()
    wait_until(page, lambda: state(cell) != before, f"nothing changed: {before[0]}")
    words, _ = settled(page, cell)
    assert in_page(picture) == box, f"the layout jumped: {words}"
    assert "nan" not in words.split()


def in_page(thing):
    """Where something stands, scrolled or not."""
    return thing.evaluate("""node => {
      const at = node.getBoundingClientRect(), cell = node.closest('.jp-Cell').getBoundingClientRect();
      return [at.left - cell.left, at.top - cell.top, at.width, at.height].map(Math.round);
    }""")


def move_first_slider(page, cell):
    """An arrow key, then the mouse."""
    handle = cell.locator(".noUi-handle").first
    last = handle.get_attribute("aria-valuenow") == handle.get_attribute("aria-valuemax")
    changes(page, cell, lambda: handle.press("ArrowLeft" if last else "ArrowRight"))
    changes(page, cell, lambda: drag(page, handle))


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


def choose_others(page, cell):
    """Another option of every drop-down list and of every row of toggles."""
    for choice in cell.locator("select:visible").all():
        changes(page, cell, lambda choice=choice: next_option(choice))
    for row in cell.locator(".widget-toggle-buttons:visible").all():
        changes(page, cell, lambda row=row: row.locator("button:not(.mod-active)").last.press("Space"))


def next_option(choice):
    choice.focus()
    last = choice.evaluate("list => list.selectedIndex === list.options.length - 1")
    choice.press("ArrowUp" if last else "ArrowDown")


def scrub_players(page):
    """Every player is stopped, and stepped by keyboard."""
    found = cells(page, "input[type=range]")
    for cell in found:
        scrubber = cell.locator("input[type=range]").first
        button = cell.locator("button", has_text=re.compile("Pause|Play")).first
        if "Pause" in button.inner_text():  # the episode may have played to its end
            button.click()
        expect(button).to_contain_text("Play")
        scrubber.focus()
        page.keyboard.press("Home")
        page.keyboard.press("ArrowRight")
        expect(scrubber).to_have_value("1")
    return len(found)
