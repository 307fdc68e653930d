"""The figures of lesson 08, read by their data and their sentences."""

import ipywidgets as widgets
import numpy as np
import pytest

from ppo_edu import clinic, data
from ppo_edu.ablations import SWITCHES
from ppo_edu.config import PPOConfig
from ppo_edu.diagnostics import interquartile_mean
from ppo_edu.experiments import SOUND
from ppo_edu.figures import what_matters as figures
from ppo_edu.figures.style import new_figure
from ppo_edu.rivals import RIVALS
from ppo_edu.widgets.explorer import Explorer, sweep


def stored(name, key, value):
    columns, _ = data.read(name)
    return {label: data.curves(columns, value, **{key: label}) for label in dict.fromkeys(columns[key])}


BUGS, _ = data.read("cartpole_bugs")
RUNS = {r: {m: data.curves(BUGS, m, run=r) for m in figures.PANELS} for r in dict.fromkeys(BUGS["run"])}
RETURNS, KLS = (stored("cartpole_rivals", "method", value) for value in ("return", "kl"))
CURVES = stored("cartpole_ablations", "switch", "return")


def test_every_stored_sweep_has_ten_seeds_of_everything():
    assert set(RUNS) == {"sound", *clinic.BUGS} and {len(r["return"]) for r in RUNS.values()} == {10}
    assert list(RETURNS) == list(RIVALS) and {curves.shape for curves in RETURNS.values()} == {(10, 40)}
    assert list(CURVES) == list(SWITCHES) and {curves.shape for curves in CURVES.values()} == {(10, 40)}
    assert len(SWITCHES) == 11 and all(PPOConfig(**settings) != PPOConfig() for settings in [*SWITCHES.values()][1:])


def there_and_back(explorer, **values):
    before, words = explorer.png, explorer.readout
    said = explorer.set(**values)
    assert explorer.error is None and explorer.png != before
    explorer.reset()
    assert explorer.png == before and explorer.readout == words
    return said


def select(options, value=None):
    options = list(options)
    return widgets.Dropdown(options=options, value=value or options[0])


def curves_explorer():
    def move(artists, run, seed):
        chosen = {metric: values[seed - 1] for metric, values in RUNS[run].items()}
        return figures.move_curves(artists, RUNS["sound"], chosen, run, ())

    controls = {"run": select(RUNS), "seed": widgets.IntSlider(1, 1, 10)}
    return Explorer(lambda fig: figures.build_curves(fig, RUNS["sound"]), move, controls, height=5.6)


def test_curves_lie_in_the_band_or_are_said_not_to():
    explorer = curves_explorer()
    assert "no curve more than a quarter" in explorer.readout
    said = there_and_back(explorer, run="truncation as death")
    assert "value loss" in said and "mean return" not in said
    explorer.set(run="flipped sign")
    assert "return, " in explorer.readout
    shown = explorer.artists["lines"][list(figures.PANELS).index("value_loss")]
    expected = RUNS["flipped sign"]["value_loss"][0].clip(1e-4, 1e4)
    assert np.allclose(shown.get_ydata(), expected) and shown.get_linestyle() == "--"
    explorer.reset()
    said = sweep(curves_explorer()).items()
    assert all("no curve more than a quarter" in words for (_, seed), words in said if seed in range(1, 11))


def test_a_band_holds_the_runs_it_is_made_of():
    runs = np.array([[1.0, np.nan, 3.0, np.nan], [2.0, 5.0, 1.0, np.nan]])
    low, high = figures.band(runs)
    assert low[:3].tolist() == [0.5, 5, 0] and high[:3].tolist() == [2.5, 5, 4] and np.isnan([low[3], high[3]]).all()


def numbers_explorer():
    quick = ("rows drawn", "what moved", "other episodes")

    def move(artists, who, experiment):
        numbers = clinic.examine(who, experiment)
        return figures.move_numbers(artists, f"{who}: {experiment}", "a question", numbers, SOUND)

    controls = {"who": select(clinic.PATIENTS), "experiment": select(quick)}
    return Explorer(figures.build_numbers, move, controls, height=2.7)


def test_a_patients_numbers_stand_beside_the_sound_ones():
    explorer = numbers_explorer()
    assert "first again 1, not the 0.1 to 0.4 of a sound trainer; never drawn 0, as in" in explorer.readout
    assert "as in a sound trainer; critic" in there_and_back(explorer, experiment="what moved")
    sweep(explorer)
    explorer.set(who="patient 7", experiment="other episodes")
    first, second = explorer.artists["dots"]
    assert first.get_xdata()[0] > 0.9 and first.get_marker() == "X" and not second.get_visible()


def test_rivals_are_compared_by_numbers_of_their_own():
    explorer = Explorer(
        lambda fig: figures.build_rivals(fig, RETURNS, KLS),
        lambda artists, method: figures.move_rivals(artists, RETURNS, KLS, "clip", method),
        {"method": select([name for name in RETURNS if name != "clip"])},
    )
    said = there_and_back(explorer, method="L^CPI")
    expected = interquartile_mean(np.nanmean(RETURNS["L^CPI"], 1))
    assert f"L^CPI {expected:.0f};" in said and "outside the noise" in said
    explorer.set(method="TRPO")
    assert np.allclose(explorer.artists["sorted"][1].get_ydata(), np.sort(KLS["TRPO"].ravel()).clip(1e-5))
    assert explorer.artists["sorted"][1].get_ydata().max() <= 0.01
    sweep(explorer)


def test_switches_are_within_noise_or_not():
    explorer = Explorer(
        lambda fig: figures.build_switches(fig, CURVES),
        lambda artists, switch: figures.move_switches(artists, CURVES, switch),
        {"switch": select([name for name in CURVES if name != "default"])},
    )
    assert "within noise" in there_and_back(explorer, switch="entropy bonus 0.01")
    assert "outside the noise" in explorer.set(switch="lambda 0")
    difference, low, high = figures.differences(CURVES)["lambda 0"]
    assert low < difference < high < 0
    assert explorer.artists["ring"].get_xdata() == pytest.approx([difference])
    sweep(explorer)


def test_filled_carries_the_last_return_on():
    assert figures.filled([[1.0, np.nan, np.nan, 4.0]]).tolist() == [[1, 1, 1, 4]]


def test_ratios_are_counted_once_each():
    fig, ax = new_figure()
    ratio, advantages = np.array([1.0, 1.5, 1.5, 0.5, 0.5]), np.array([1.0, 1.0, -1.0, 1.0, -1.0])
    figures.plot_ratios(ax, ratio, advantages, 0.2)
    assert sum(bar.get_height() for bar in ax.patches) == 5
    assert [text.get_text().split(": ")[1] for text in ax.texts[-3:]] == ["20.0%", "40.0%", "40.0%"]
