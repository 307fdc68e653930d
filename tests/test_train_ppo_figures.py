"""The figures of lesson 07, read by their data, the stored sweeps they draw, and its table of lines."""

import inspect
import math

import ipywidgets as widgets
import numpy as np
import pytest

from ppo_edu import data, ppo
from ppo_edu.clip import clip_fraction
from ppo_edu.figures.style import new_figure
from ppo_edu.figures.train_ppo import (
    Step,
    build_steps,
    move_steps,
    plot_learning_curves,
    plot_outside,
    plot_ratios,
    plot_trajectory,
)
from ppo_edu.figures.train_ppo_runs import band, build_runs, is_outside, leave, mean_curve, move_runs, spread
from ppo_edu.ppo import PPOConfig
from ppo_edu.questions.train_ppo import ALGORITHM
from ppo_edu.runs import Run, Runs
from ppo_edu.widgets.explorer import Explorer, sweep


def test_a_trajectory_breaks_at_the_ends_of_episodes():
    _, ax = new_figure()
    plot_trajectory(ax, np.ones(5), np.arange(5.0), np.array([0, 0, 1, 0, 0]))
    pieces = [list(line.get_ydata()) for line in ax.lines]
    assert [0.0, 1.0, 2.0] in pieces and [3.0, 4.0] in pieces
    assert [bar.get_height() for bar in ax.patches] == [1.0] * 5


def test_every_ratio_is_in_the_histogram_and_the_outside_is_hatched():
    _, ax = new_figure()
    ratio = np.array([0.1, 0.85, 1.0, 1.1, 1.3, 9.0])
    plot_ratios(ax, ratio, 0.2)
    inside = sum(bar.get_height() for bar in ax.patches if not bar.get_hatch())
    outside = sum(bar.get_height() for bar in ax.patches if bar.get_hatch())
    assert (inside, outside) == (3, 3)


def test_outside_is_drawn_per_gradient_step_with_epochs_divided():
    _, ax = new_figure()
    plot_outside(ax, [0.0, 0.1, 0.2, 0.3], steps_per_epoch=2)
    curve, divider = ax.lines
    assert curve.get_xdata().tolist() == [1, 2, 3, 4] and curve.get_ydata().tolist() == [0.0, 0.1, 0.2, 0.3]
    assert divider.get_xdata() == [2.5, 2.5]


def test_learning_curves_show_every_seed_and_their_mean():
    _, ax = new_figure()
    returns = np.array([[10.0, 20.0, np.nan], [30.0, 40.0, 50.0]])
    plot_learning_curves(ax, np.array([1.0, 2.0, 3.0]), returns)
    assert len(ax.lines) == 3 and ax.lines[-1].get_ydata().tolist() == [20.0, 30.0, 50.0]


@pytest.mark.parametrize("name, runs", [("cartpole_seeds", {"default"}), ("cartpole_clip", {"clip", "no clip"})])
def test_stored_sweeps_are_complete_and_say_where_they_come_from(name, runs):
    columns, notes = data.read(name)
    assert set(columns["run"]) == runs
    for run in runs:
        assert data.curves(columns, "return", run=run).shape == (10, 40)
        assert any(note.startswith(f"{run}: ") for note in notes)
    assert any("torch" in note for note in notes) and any(" s on " in note for note in notes)
    assert (data.curves(columns, "env_steps", run=run)[0] == 2048 * np.arange(1, 41)).all()


def test_every_line_quoted_beside_the_lessons_algorithm_is_in_the_trainer():
    for _, function, line, _ in ALGORITHM:
        assert line in [one.strip() for one in inspect.getsource(getattr(ppo, function)).splitlines()]
    assert len({line for _, _, line, _ in ALGORITHM}) == len(ALGORITHM) == 12


def made_up_steps():
    draws = np.random.default_rng(0)
    for k in range(8):
        ratio = np.exp(0.08 * k * draws.normal(size=50))
        yield Step(ratio, draws.normal(size=50), 0.01 * k, 3.0 - 0.1 * k, 0.69, -1.5, -1.5 + 0.1 * (k - 3), 0.2 * k)


STEPS = list(made_up_steps())


def stepper():
    return Explorer(
        lambda fig: build_steps(fig, STEPS, 0.2, 4),
        lambda artists, number: move_steps(artists, STEPS, number, 0.2, 0.5, 0.0, 4, 0.5),
        {"number": widgets.IntSlider(value=1, min=1, max=8)},
        ncols=2,
        height=5.4,
    )


def test_the_numbers_of_one_minibatch_stand_under_the_formula():
    ours = stepper()
    said = ours.set(number=8)
    numbers = [text.get_text() for text in ours.artists["numbers"]]
    assert numbers == ["−1.5000", "+0.0700", "0.5", "+2.3000", "0", "+0.6900"]
    assert said.startswith("Epoch 2, minibatch 4 of 4, 50 samples: ratios ")
    assert f"{clip_fraction(STEPS[7].ratio, 0.2):.1%} outside the band" in said
    assert said.endswith("The step raises L on these samples by 0.4000; its gradient has length 1.40, cut to 0.5.")
    assert "lowers L on these samples by 0.2000; its gradient has length 0.20." in ours.set(number=2)


def test_every_sample_is_drawn_once_and_where_it_belongs():
    ours = stepper()
    ours.set(number=8)
    where = {name: np.array(ours.artists[name][0].get_data()) for name in ("learning", "pulled", "silent")}
    assert sum(dots.shape[1] for dots in where.values()) == 50 and all(dots.size for dots in where.values())
    assert (np.abs(where["learning"][0] - 1) <= 0.2).all()
    for name, side in (("silent", 1), ("pulled", -1)):
        ratio, advantages = where[name]
        assert (np.abs(ratio - 1) > 0.2).all() and (np.sign(ratio - 1) == side * np.sign(advantages)).all()
    assert ours.artists["cursor"].get_xdata() == [8, 8]
    assert ours.artists["marks"][0].get_ydata() == [pytest.approx(clip_fraction(STEPS[7].ratio, 0.2))]


def test_the_stepper_sweeps_clean_and_comes_back_to_the_same_bytes():
    ours = stepper()
    before = ours.png
    sweep(ours)
    assert ours.png == before


ENV_STEPS = 2048 * np.arange(1, 41)
STORED = np.linspace(20, 500, 40) + np.linspace(-15, 15, 10)[:, None]


def test_the_band_is_least_and_most_one_iteration_early_or_late():
    low, high = band(np.array([[1.0, 2.0, 3.0, 4.0], [2.0, np.nan, 9.0, 5.0]]))
    assert low.tolist() == [1, 1, 2, 3] and high.tolist() == [2, 9, 9, 9]


def test_a_run_is_outside_when_more_than_an_eighth_of_it_is():
    low, high = band(STORED)
    returns = STORED[0].copy()
    returns[:3], returns[10:12], returns[20] = 0, 1000, np.nan
    assert leave(returns, low, high) == (3, 2) and not is_outside(returns, low, high)
    returns[12] = 1000
    assert is_outside(returns, low, high) and leave(returns[:11], low, high) == (3, 1)


def test_of_the_stored_seeds_nearly_all_are_inside_the_band_of_the_others():
    stored = data.curves(data.read("cartpole_seeds")[0], "return")
    out = [is_outside(stored[k], *band(np.delete(stored, k, axis=0))) for k in range(10)]
    assert sum(out) <= 2


def test_labels_are_moved_apart_and_stay_in_reach():
    placed = spread([500, 500, 10, 498], 30, 12, 525)
    assert np.diff(np.sort(placed)).min() >= 30 and placed.max() <= 525 and placed[2] == 12
    assert spread([100.0, 300.0], 30, 12, 525).tolist() == [100, 300]
    assert np.diff(np.sort(spread([0] * 6, 50, 12, 525))).min() >= 50


def fake(config):
    """Learns as fast as the step size says; without a clip it is stopped; nan in the tenth iteration."""
    returns = np.minimum(500, STORED.mean(0) * config.learning_rate / 6e-3 + config.seed)
    returns[9] = np.nan
    stopped = "interrupted in iteration 5 of 40" if config.clip_eps == math.inf else None
    return Run(config, returns[:4] if stopped else returns, 0.5, float(returns[-1]), 2.0, stopped)


def training():
    runs = Runs(fake)

    def train_with(artists, **settings):
        run = runs(PPOConfig(**settings))
        kept = runs.same(run.config), runs.earlier(run.config)
        return move_runs(artists, run, *kept, ENV_STEPS, STORED, "A verdict.")

    rates = widgets.SelectionSlider(options=[1e-3, 6e-3, 0.01], value=6e-3)
    eps = widgets.SelectionSlider(options=[("0.2", 0.2), ("no clip", math.inf)], value=0.2)
    controls = {"learning_rate": rates, "clip_eps": eps, "seed": widgets.IntSlider(value=1, min=1, max=9)}
    five = {"× 5 seeds": lambda now: runs.over([2, 3, 4, 5, 1])}
    extra = {"slow": True, "buttons": five, "forget": runs.forget}
    return runs, Explorer(lambda fig: build_runs(fig, ENV_STEPS, STORED), train_with, controls, **extra)


def labels(ours):
    return [text.get_text().replace("\xa0", " ") for text in ours.artists["labels"] if text.get_text()]


def test_a_run_is_drawn_over_the_band_and_judged():
    _, ours = training()
    x, y = ours.artists["line"].get_data()
    assert len(x) == 39 and x[-1] == ENV_STEPS[-1] and y[-1] == 500 and np.isfinite(y).all()
    assert ours.readout == (
        "defaults, seed 1: inside the band all the way. 100 fresh episodes, sampled actions: 500. Trained in 2.0 s. "
        "A verdict."
    )
    assert labels(ours) == ["defaults: 500"] and ours.artists["dot"][0].get_ydata() == [500]


def test_other_settings_stay_as_faint_lines_with_their_names():
    _, ours = training()
    said = ours.set(learning_rate=1e-3)
    assert said.startswith("lr 0.001, seed 1: outside the band in 38 of 40 iterations, mostly below it.")
    assert labels(ours) == ["defaults: 500", "lr 0.001: 84"]
    assert len(ours.artists["earlier"][0].get_xdata()) == 39 and len(ours.artists["earlier"][1].get_xdata()) == 0
    assert [text.get_fontweight() for text in ours.artists["labels"][:2]] == ["normal", "bold"]
    assert "mostly above it." in ours.set(learning_rate=0.01)


def test_five_seeds_are_drawn_thin_with_their_mean_bold():
    _, ours = training()
    ours.set(learning_rate=1e-3)
    said = ours.press("× 5 seeds")
    assert said == (
        "lr 0.001, 5 seeds: 0 inside the band, 5 outside. 100 fresh episodes, sampled actions: mean 86 (84 to 88). "
        "Trained in 10.0 s."
    )
    drawn = [line for line in ours.artists["seeds"] if len(line.get_xdata())]
    assert len(drawn) == 5 and labels(ours)[-1] == "lr 0.001 × 5 seeds: 86"
    np.testing.assert_allclose(ours.artists["line"].get_ydata(), np.mean([d.get_ydata() for d in drawn], axis=0))
    assert ours.values["seed"] == 1


def test_a_training_that_was_stopped_says_so_and_leaves_the_explorer_alive():
    runs, ours = training()
    said = ours.set(clip_eps=math.inf)
    assert said.startswith("no clip, seed 1: stopped, interrupted in iteration 5 of 40. This run is not kept.")
    assert len(ours.artists["line"].get_xdata()) == 4 and ours.error is None
    assert ours.press("× 5 seeds").startswith("no clip, seed 2: stopped") and ours.values["seed"] == 2
    assert ours.set(clip_eps=0.2, seed=1).startswith("defaults, seed 1: inside") and labels(ours) == ["defaults: 500"]


def test_a_run_stopped_in_its_first_iteration_is_drawn_as_nothing():
    _, ours = training()
    run = Run(PPOConfig(), np.array([]), math.nan, 22.0, 0.0, "interrupted in iteration 1 of 40")
    said = move_runs(ours.artists, run, [], [], ENV_STEPS, STORED)
    assert "stopped, interrupted in iteration 1 of 40" in said and len(ours.artists["line"].get_xdata()) == 0


def test_the_training_explorer_sweeps_clean_and_starts_over_with_the_same_bytes():
    _, ours = training()
    before = ours.png
    sweep(ours)
    assert ours.png == before
    ours.press("× 5 seeds")
    ours.set(learning_rate=1e-3)
    ours.set(learning_rate=6e-3)
    assert ours.png != before
    ours.reset()
    assert ours.png == before


def test_the_mean_of_runs_knows_where_no_episode_ended():
    runs = [fake(PPOConfig(seed=seed)) for seed in (1, 3)]
    mean = mean_curve(runs)
    assert np.isnan(mean[9]) and mean[0] == pytest.approx((runs[0].returns[0] + runs[1].returns[0]) / 2)
