"""The figures of lesson 07, read by their data, and the stored sweeps they draw."""

import numpy as np
import pytest

from ppo_edu import data
from ppo_edu.figures.style import new_figure
from ppo_edu.figures.train_ppo import plot_learning_curves, plot_outside, plot_ratios, plot_trajectory


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
