"""What a screen reader says: every picture has words, every control a name, and Tab goes where the eye goes."""

import json
import re

import pytest
from jupyter_client.manager import start_new_kernel
from lessons import LESSONS, ROOT
from test_browser import CHROMIUM, lab, page, run_all  # noqa: F401 (two are fixtures)

from ppo_edu.figures import style
from ppo_edu.widgets.explorer import Explorer
from ppo_edu.widgets.live import LiveDashboard, Panel

NOTEBOOKS = [*LESSONS, *sorted((ROOT / "solutions").glob("*.ipynb"))]


def cells(path):
    return json.loads(path.read_text(encoding="utf8"))["cells"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_picture_has_a_sentence_and_says_it_to_everybody(path):
    """In the text beside it, and in the metadata that nbconvert reads."""
    for cell in cells(path):
        for output in cell.get("outputs", []):
            if "image/png" in output.get("data", {}):
                words = "".join(output["data"]["text/plain"]).strip()
                assert len(words) > 20 and not words.startswith("<"), cell["id"]
                assert output["metadata"]["image/png"]["alt"].strip() == words, cell["id"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_no_cell_shows_a_figure_without_words(path):
    source = "\n".join("".join(cell["source"]) for cell in cells(path) if cell["cell_type"] == "code")
    assert "plt.show()" not in source
    assert source.count("plt.subplots(") == source.count("show_figure(")


FIGURE = """import matplotlib.pyplot as plt
from ppo_edu.figures.style import show_figure, use_style
use_style()
plt.subplots()
show_figure("A figure with 'nothing' <in> it.")"""


def test_a_figure_is_shown_with_words_by_whoever_watches_and_stored_once_by_whoever_does_not():
    manager, client = start_new_kernel(kernel_name="python3")
    try:
        watched, stored = (outputs(client, FIGURE, allow_stdin=watched) for watched in (True, False))
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    for shown in (watched, stored):
        assert len(shown) == 1  # the figure is closed, or Jupyter would show it once more
        assert shown[0]["metadata"]["image/png"]["alt"] == "A figure with 'nothing' <in> it."
    assert set(stored[0]["data"]) == {"image/png", "text/plain"}
    assert 'alt="A figure with &#x27;nothing&#x27; &lt;in&gt; it."' in watched[0]["data"]["text/html"]
    assert 'width="960" height="450"' in watched[0]["data"]["text/html"]


def outputs(client, source, allow_stdin):
    """What a cell displays, to a frontend that takes input and to one that does not."""
    shown = []

    def hear(message):
        if message["msg_type"] == "display_data":
            shown.append(message["content"])

    client.execute_interactive(source, allow_stdin=allow_stdin, output_hook=hear, timeout=60)
    return shown


def test_a_live_dashboard_says_its_sentence_to_those_who_watch(monkeypatch):
    shown = []
    monkeypatch.setattr(style, "_watched", lambda: True)
    board = LiveDashboard(2, panels=[Panel("loss", "loss", None, "#000000", 1)])
    board._show = lambda bundle, metadata: shown.append((bundle, metadata))
    board.finish({"iteration": [1], "loss": [3.0]})
    (bundle, metadata), words = shown[0], "iteration 1 of 2: loss 3.0"
    assert f'alt="{words}"' in bundle["text/html"] and bundle["text/plain"] == metadata["image/png"]["alt"] == words


def test_a_live_explorer_names_its_picture_and_its_sliders():
    view = Explorer(lambda fig: {}, lambda artists: "a sentence", {}, alt="A figure.").view
    assert re.search('<img [^>]*alt="A figure."', view.children[1].value)
    script = view.children[-1].outputs[0]["data"]["text/html"]
    assert "aria-label" in script and "data-lm-suppress-shortcuts" in script


NAMES = "() => [...document.querySelectorAll('.jp-OutputArea-output .noUi-handle')].map(h => h.ariaLabel)"
HERE = """() => {
  const at = document.activeElement.getBoundingClientRect();
  return [Math.round((at.top + at.bottom) / 2), Math.round(at.left)];
}"""
ROW = 24  # pixels: what stands in one row need not have the same height


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
def test_sliders_have_names_and_tab_goes_through_them_as_one_reads(lab, page):  # noqa: F811
    run_all(page, lab("notebooks/05_gae.ipynb"))
    page.wait_for_function("() => document.querySelector('.noUi-handle[aria-label]')")
    page.wait_for_timeout(2500)
    names = page.evaluate(NAMES)
    assert names[:3] == ["γ", "λ", "N left"] and all(names), names
    first = page.locator(".jp-CodeCell:has(button:has-text('Start over')) .noUi-handle").first
    first.focus()
    places = []
    for _ in range(5):
        places.append(page.evaluate(HERE))
        page.keyboard.press("Tab")
    for (y, x), (below, right) in zip(places, places[1:]):
        assert below > y + ROW or (abs(below - y) <= ROW and right > x), places
