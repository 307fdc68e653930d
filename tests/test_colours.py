"""Figures for eyes that see fewer colours, or none: two marks that look alike in colour differ in something else too.

Colours are simulated as deuteranopia, protanopia and tritanopia (Machado, Oliveira and Fernandes, "A Physiologically
based Model for Simulation of Color Vision Deficiency", IEEE TVCG 15(6), 2009: the matrices for severity 1) and as
grey print.
"""

import contextlib
import io
import json
from itertools import combinations

import matplotlib.pyplot as plt
import numpy as np
import pytest
from lessons import LESSONS
from matplotlib.colors import to_rgb, to_rgba
from matplotlib.patches import Polygon, Rectangle, StepPatch
from test_style import TEXT, luminance

from ppo_edu.figures import style
from ppo_edu.widgets.explorer import Explorer, positions

KINDS = {
    "normal": np.eye(3),
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "tritan": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
    "grey": [[0.2126, 0.7152, 0.0722]] * 3,
}
XYZ = [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
WHITE_POINT = np.array([0.95047, 1.0, 1.08883])
# CIE76 in L*a*b*: about 2 is the least that anybody sees side by side; thin lines some way apart need far more.
CLEAR = 20
MARKS = {n: getattr(style, n) for n in ("BLUE", "VERMILLION", "GREEN", "PURPLE", "INK", "GREY", "ORANGE")}


def linear(rgb):
    rgb = np.asarray(rgb, dtype=float)
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def lab(rgb, kind):
    """L*a*b* of a colour as an eye of this kind sees it."""
    t = XYZ @ np.clip(KINDS[kind] @ linear(rgb), 0, 1) / WHITE_POINT
    f = np.where(t > (6 / 29) ** 3, np.cbrt(t), t / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def difference(a, b, kind):
    return float(np.linalg.norm(lab(to_rgb(a), kind) - lab(to_rgb(b), kind)))


def alike(a, b):
    """The kinds of eye to which two colours are not clearly different."""
    return {kind for kind in KINDS if difference(a, b, kind) < CLEAR}


# ── the palette ──────────────────────────────────────────────────────────────────────────────────────────────────

# What colour alone cannot say. Where such a pair meets, the second channel is a dash, marker, hatch or word.
NEED_A_SECOND_CHANNEL = {
    ("BLUE", "GREEN"): {"tritan", "grey"},
    ("VERMILLION", "ORANGE"): {"deutan", "grey"},
    ("GREEN", "PURPLE"): {"deutan", "grey"},
    ("GREEN", "GREY"): {"deutan", "grey"},
    ("PURPLE", "GREY"): {"deutan", "protan", "grey"},
    ("PURPLE", "ORANGE"): {"tritan", "grey"},
    ("BLUE", "VERMILLION"): {"grey"},
    ("BLUE", "PURPLE"): {"grey"},
    ("BLUE", "GREY"): {"grey"},
    ("VERMILLION", "GREEN"): {"grey"},
    ("VERMILLION", "PURPLE"): {"grey"},
    ("VERMILLION", "GREY"): {"grey"},
    ("GREEN", "ORANGE"): {"grey"},
    ("GREY", "ORANGE"): {"grey"},
}


def test_the_pairs_that_colour_alone_does_not_tell_apart_are_these():
    found = {pair: alike(*(MARKS[name] for name in pair)) for pair in combinations(MARKS, 2)}
    assert {pair: kinds for pair, kinds in found.items() if kinds} == NEED_A_SECOND_CHANNEL


def test_the_two_colours_that_mean_most_are_told_apart_by_every_eye():
    """PPO and what it clips, bias and variance: blue and vermillion; totals are nearly black."""
    for kind in set(KINDS) - {"grey"}:
        assert difference(style.BLUE, style.VERMILLION, kind) > 90
    assert not any(alike(style.INK, color) for name, color in MARKS.items() if name != "INK")


@pytest.mark.parametrize("color", MARKS)
def test_every_mark_stands_out_from_the_page(color):
    """WCAG 1.4.11 asks 3 to 1 of what carries meaning. Orange has less, and is only ever a diamond edged with ink."""
    assert 1.05 / (luminance(MARKS[color]) + 0.05) >= (2.2 if color == "ORANGE" else 3)


@pytest.mark.parametrize("tint", [style.BLUE_TINT, style.VERMILLION_TINT, "#FDEDE3"])
def test_words_stand_out_from_tinted_areas_too(tint):
    for color in TEXT:
        assert (luminance(tint) + 0.05) / (luminance(color) + 0.05) >= 4.5, color


# ── the figures ──────────────────────────────────────────────────────────────────────────────────────────────────

# Title of the axes: the eyes that could take one mark for another by its looks, and what tells them apart nevertheless.
GREY_PRINT, RED_OR_GREEN = {"grey"}, {"deutan", "protan", "grey"}
TOLD_OTHERWISE = {
    "How the runs end": (GREY_PRINT, "each bar has its name"),
    "Surrogate and true return": (GREY_PRINT, "each dot sits on a curve that has its name"),
    "The gap, state by state": (RED_OR_GREEN, "each cell has its number with a sign"),
    "Good action: $\\hat{A} > 0$": (GREY_PRINT, "parts of one curve; the flat one lies on an area hatched as slope 0"),
    "Bad action: $\\hat{A} < 0$": (GREY_PRINT, "parts of one curve; the flat one lies on an area hatched as slope 0"),
    "Mean and spread, in units of the KL": (GREY_PRINT, "each place has its name below"),
    "Reward 1 for ever: the value a critic settles on": (GREY_PRINT, "each line has its name"),
    "Weight of the TD error l steps ahead": (GREY_PRINT, "each ring sits on a line, one of them dashed"),
    "Large steps: the clip is what holds": (GREY_PRINT, "each bold line has its name"),
    "Return while it trains": (RED_OR_GREEN, "each run ends in a dot with its settings; the latest is bold"),
    "All ten against default": (GREY_PRINT, "each row has its name; the ring marks the row that is drawn on the left"),
}


class Mark:
    """One visible line or area: its colour on white, and whatever else sets it apart."""

    def __init__(self, color, alpha, looks, straight=None, width=None):
        r, g, b, a = to_rgba(color)
        a *= 1 if alpha is None else alpha
        self.color = tuple(a * c + 1 - a for c in (r, g, b))
        self.looks, self.straight, self.width = looks, straight, width

    def like(self, other):
        """The kinds of eye that could take one for the other."""
        if self.looks != other.looks or self.straight != other.straight or self.color == other.color:
            return set()
        if self.width and not 1 / 1.8 < self.width / other.width < 1.8:
            return set()
        return alike(self.color, other.color)


def lines(ax):
    for line in ax.get_lines():
        x, y = (np.asarray(part, dtype=float) for part in line.get_data())
        seen = np.isfinite(x) & np.isfinite(y) if len(x) == len(y) else np.zeros(1, bool)
        if not line.get_visible() or not seen.any():
            continue
        dash, marker = str(line._unscaled_dash_pattern), line.get_marker()
        drawn = line.get_linestyle() not in ("None", "", " ")
        straight = "across" if np.ptp(y[seen]) == 0 else "up" if np.ptp(x[seen]) == 0 else None
        hollow = to_rgb(line.get_markerfacecolor()) == (1, 1, 1) if marker not in ("None", "", None) else None
        color = line.get_color() if drawn or not hollow else line.get_markeredgecolor()
        looks = (drawn and dash, marker, hollow)
        yield Mark(color, line.get_alpha(), looks, straight if drawn else None, line.get_linewidth() if drawn else None)


def areas(ax):
    for patch in ax.patches:
        if patch.get_visible() and isinstance(patch, (Rectangle, Polygon, StepPatch)):
            empty = to_rgba(patch.get_facecolor())[3] == 0 or to_rgb(patch.get_facecolor()) == (1, 1, 1)
            color = patch.get_edgecolor() if empty else patch.get_facecolor()
            yield Mark(color, None, ("area", patch.get_hatch(), empty))


def meeting(fig):
    """(title, kinds of eye) for every pair of marks in one axes that differ in colour only, for those kinds too little.

    Colours that everybody finds alike are steps of a scale, not names of things.
    """
    for ax in fig.axes:
        for a, b in (*combinations(lines(ax), 2), *combinations(areas(ax), 2)):
            if (kinds := a.like(b)) and "normal" not in kinds:
                yield ax.get_title(loc="left") or ax.get_title(), kinds


def figures(notebook, monkeypatch):
    """Run a lesson here; yields (cell, figure) of what it shows, explorers at both ends of every control."""
    scope = {"__name__": "__main__", "display": lambda *shown: None}
    shown, now = [], []
    monkeypatch.setattr(style, "show_figure", lambda alt: shown.append((now[-1], plt.gcf())))
    known = set()
    for cell in json.loads(notebook.read_text(encoding="utf8"))["cells"]:
        if cell["cell_type"] != "code":
            continue
        now.append(cell["id"])
        with contextlib.redirect_stdout(io.StringIO()):
            exec(compile("".join(cell["source"]), cell["id"], "exec"), scope)
        yield from shown
        shown.clear()
        plt.close("all")
        for name, value in list(scope.items()):
            if isinstance(value, Explorer) and id(value) not in known:
                known.add(id(value))
                for control in value.controls:
                    for stop in positions(value.controls[control], 2)[: 2 if value.slow else None]:
                        value.set(**{control: stop})
                        yield f"{name} at {control} = {stop}", value.fig
                value.reset()


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # a warning made an error inside an optional package's C code ends the process
@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_no_two_marks_of_a_figure_differ_in_colour_only(path, monkeypatch):
    found = {}
    for where, fig in figures(path, monkeypatch):
        for title, kinds in meeting(fig):
            known, _ = TOLD_OTHERWISE.get(title, ((), ""))
            if not kinds <= set(known):
                found.setdefault((title, *sorted(kinds)), where)
    assert found == {}
