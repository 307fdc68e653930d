"""The figure of lesson 10, read by its data and its sentence."""

import ipywidgets as widgets
import numpy as np
import pytest

from ppo_edu import data
from ppo_edu.figures import review as figures
from ppo_edu.widgets.explorer import Explorer

BUGS, CLIPS = (data.read(name)[0] for name in ("cartpole_bugs", "cartpole_clip"))
RUNS = {
    "sound": {m: data.curves(BUGS, m, run="sound") for m in figures.PANELS},
    "detached": {m: data.curves(BUGS, m, run="detached ratio") for m in figures.PANELS},
    "no clip": {m: data.curves(CLIPS, m, run="no clip") for m in figures.PANELS if m in CLIPS},
}


@pytest.fixture
def explorer():
    def move(artists, run, seed):
        chosen, sound = ({m: c[seed - 1] for m, c in RUNS[which].items()} for which in (run, "sound"))
        return figures.move_run(artists, chosen, sound, f"run {list(RUNS).index(run)}")

    controls = {"run": widgets.Dropdown(options=list(RUNS)), "seed": widgets.IntSlider(1, 1, 10)}
    return Explorer(figures.build_run, move, controls, height=5.2)


def panel(explorer, kind, metric):
    return explorer.artists[kind][list(figures.PANELS).index(metric)].get_ydata()


def test_both_runs_are_drawn_and_told(explorer):
    before, words = explorer.png, explorer.readout
    assert "last return 500 (500)" in words
    said = explorer.set(run="detached", seed=3)
    assert explorer.error is None and explorer.png != before
    assert "largest KL 0 (" in said and "largest clip fraction 0% (" in said
    assert np.array_equal(panel(explorer, "runs", "entropy"), RUNS["detached"]["entropy"][2])
    assert np.array_equal(panel(explorer, "sound", "entropy"), RUNS["sound"]["entropy"][2])
    explorer.reset()
    assert explorer.png == before and explorer.readout == words


def test_nothing_leaves_its_panel_but_the_sentence_has_the_number(explorer):
    explorer.set(run="detached")
    assert panel(explorer, "runs", "approx_kl").max() == 1e-5, "0 has no logarithm"
    assert [note.get_text() for note in explorer.artists["notes"]][:3] == ["", "run 1: 0 throughout", ""]
    explorer.set(run="no clip")
    for metric, (_, (low, high), _) in figures.PANELS.items():
        for kind in ("runs", "sound"):
            shown = panel(explorer, kind, metric)
            assert np.nanmin(shown, initial=low) >= low and np.nanmax(shown, initial=high) <= high


def test_a_metric_that_was_not_stored_is_said_to_be_missing(explorer):
    said = explorer.set(run="no clip")
    notes = [note.get_text() for note in explorer.artists["notes"]]
    assert notes == ["", "", "", "", "", "run 2: not stored"] and "last value loss not stored (" in said
    assert np.isnan(panel(explorer, "runs", "value_loss")).all()


def test_every_position_draws_and_gives_nothing_away(explorer):
    said = [explorer.set(run=run, seed=seed) for run in RUNS for seed in range(1, 11)]
    assert explorer.error is None and len(set(said)) == 30
    assert not any(name in words for words in said for name in ("no clip", "detached"))
