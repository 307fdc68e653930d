"""What a screen reader says: every picture has words, every control a name, and Tab goes where the eye goes."""

import json
import re

import pytest
from lessons import LESSONS
from test_browser import CHROMIUM, lab, page, run_all  # noqa: F401 (two are fixtures)

from ppo_edu.widgets.explorer import Explorer


def pictures(path):
    """(cell, its source, the stored output) of every picture in a notebook."""
    for cell in json.loads(path.read_text(encoding="utf8"))["cells"]:
        for output in cell.get("outputs", []):
            if "image/png" in output.get("data", {}):
                yield cell["id"], "".join(cell["source"]), output


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_every_picture_has_a_sentence_or_a_title_and_named_axes(path):
    """Explorers and pictures of ours store a sentence. Pyplot cannot: its figures say in the code what they show."""
    for cell, source, output in pictures(path):
        words = output.get("metadata", {}).get("image/png", {}).get("alt", "").strip()
        if "".join(output["data"]["text/plain"]).startswith("<Figure"):
            assert "title" in source or "style_axes" in source, cell
        else:
            assert len(words) > 20 and words == "".join(output["data"]["text/plain"]).strip(), cell


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
