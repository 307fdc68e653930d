"""Lesson 06's explorers without a browser, and their numbers against other computations."""

import ipywidgets as widgets
import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from ppo_edu.figures.value_and_entropy import (
    VALUES,
    build_critic,
    build_entropy,
    move_critic,
    move_entropy,
    value_slope,
)
from ppo_edu.figures.value_and_entropy_bandit import (
    REWARDS,
    ascent,
    build_deceptive,
    build_simplex,
    logit_gradient,
    move_deceptive,
    move_simplex,
    plot_corner,
    plot_scale,
)
from ppo_edu.loss import clipped_value_loss
from ppo_edu.widgets.explorer import Explorer, sweep

STOPS, RUNS, ITERATIONS = [0, 0.1, 1], 50, 20


def critic():
    controls = {
        "value": widgets.FloatSlider(value=1.5, min=-2, max=6),
        "old_value": widgets.FloatSlider(value=1, min=-1, max=3),
        "target": widgets.FloatSlider(value=3.5, min=-2, max=6),
        "eps": widgets.FloatSlider(value=0.2, min=0.05, max=3),
    }
    return Explorer(build_critic, move_critic, controls, height=5)


def push():
    def move(artists, z1, z2, z3, z4, c2):
        return move_entropy(artists, [z1, z2, z3, z4], c2)

    starts = {"z1": np.log(7), "z2": 0, "z3": 0, "z4": 0}
    controls = {name: widgets.FloatSlider(value=value, min=-6, max=8) for name, value in starts.items()}
    controls["c2"] = widgets.SelectionSlider(options=[0.001, 0.01, 0.1], value=0.01)
    return Explorer(build_entropy, move, controls)


def simplex():
    controls = {
        "ent_coef": widgets.SelectionSlider(options=[0, 0.1, 1], value=0.1),
        "start": widgets.SelectionSlider(options=[0.34, 0.9, 0.9999], value=0.9),
    }
    return Explorer(build_simplex, move_simplex, controls, height=5)


def trap():
    """The deceptive bandit's explorer over made-up runs: at c2 = 0.1 a half finds the best arm, at 1 nobody decides."""
    best = {0: np.zeros(RUNS), 0.1: np.arange(RUNS) % 2 * 0.98, 1: np.full(RUNS, 0.3)}
    ends, course, values = {}, {}, {"constant": [], "decayed to 0": []}
    for k, name in enumerate(values):
        for c2 in STOPS:
            decoy = 0.9 - best[c2] * 0.9 if c2 < 1 else np.full(RUNS, 0.3)
            last = np.stack([best[c2] * (1 - k / 10), decoy, 1 - best[c2] * (1 - k / 10) - decoy], -1)
            ends[c2, name] = last
            course[c2, name] = np.linspace([0.02, 0.6, 0.38], last.mean(0), ITERATIONS + 1)
            values[name].append(last @ [1, 0.7, 0])
    values = {name: np.array(rows) for name, rows in values.items()}
    controls = {
        "c2": widgets.SelectionSlider(options=STOPS, value=0.1),
        "schedule": widgets.ToggleButtons(options=list(values), value="constant"),
    }
    return Explorer(
        lambda fig: build_deceptive(fig, STOPS, values, ITERATIONS),
        lambda artists, c2, schedule: move_deceptive(artists, STOPS, values, course, ends, c2, schedule),
        controls,
    ), ends


@pytest.mark.parametrize("old, target, eps", [(1.0, 3.5, 0.2), (1.0, -1.5, 0.5), (1.0, 1.1, 0.2), (0.0, 2.0, 3.0)])
def test_the_slope_of_the_clipped_value_loss_is_autograds(old, target, eps):
    V = torch.tensor(VALUES + 1e-4, requires_grad=True)  # beside the kinks
    old_values, targets = (torch.full_like(V, x) for x in (old, target))
    clipped_value_loss(V, old_values, targets, eps).sum().backward()
    np.testing.assert_allclose(value_slope(VALUES + 1e-4, old, target, eps), V.grad.numpy(), atol=1e-12)


def test_the_critic_explorer_shows_where_the_slope_is_zero_and_comes_back():
    ours = critic()
    before = ours.png
    assert "it is 0" in ours.readout and "gets no gradient" in ours.readout
    flat = ours.artists["flat"][0]
    assert (flat.get_x(), flat.get_x() + flat.get_width()) == pytest.approx((1.2, 5.8))
    curve, slope = ours.artists["clipped"].get_ydata(), ours.artists["slope"].get_ydata()
    inside = (VALUES > 1.21) & (VALUES < 5.79)
    assert np.ptp(curve[inside]) < 1e-12 and (slope[inside] == 0).all() and (slope[~inside] != 0).any()
    assert "pulled back" in ours.set(value=0)
    assert "changes nothing" in ours.set(value=1.1)
    assert "changes nothing" in ours.set(target=1.1) and not flat.get_visible()
    ours.reset()
    assert ours.png == before


def test_the_critic_explorer_sweeps_clean():
    assert all(sweep(critic()).values())
    assert "nan" not in "".join(sweep(critic()).values())


def test_the_entropy_explorer_shows_example_3_and_comes_back():
    ours = push()
    before = ours.png
    assert [bar.get_height() for bar in ours.artists["probs"]] == pytest.approx([0.7, 0.1, 0.1, 0.1])
    numbers = [text.get_text() for text in ours.artists["numbers"]]
    assert numbers == ["-0.00409", "+0.00136", "+0.00136", "+0.00136"]
    tip, tail = ours.artists["arrows"][0].xy[1], ours.artists["arrows"][0].get_position()[1]
    assert tip - tail == pytest.approx(-0.408641, abs=1e-6)
    assert "S = 0.940" in ours.readout and "logit 1 most (-0.409)" in ours.readout
    assert "over the actions that are left" in ours.set(z1=8, z2=8, z3=-6, z4=-6)
    ours.reset()
    ours.set(z3=4)
    assert ours.png != before
    ours.reset()
    assert ours.png == before


def test_the_entropy_explorer_names_both_ends_where_the_push_is_nothing():
    ours = push()
    assert "nothing left to gain" in ours.set(z1=0) and "-0.000" not in ours.readout
    assert "nearly certain" in ours.set(z1=8, z2=-6, z3=-6, z4=-6)
    assert not any(arrow.get_visible() for arrow in ours.artists["arrows"])
    curves = ours.artists["entropy"].get_ydata(), ours.artists["push"].get_ydata()
    assert curves[0][0] == pytest.approx(np.log(4)) and curves[1][0] == pytest.approx(0, abs=1e-12)
    assert (np.diff(curves[0]) <= 1e-12).all() and 0 < curves[1].argmax() < len(curves[1]) - 1
    sweep(push())


@pytest.mark.parametrize("ent_coef", [0.0, 0.1, 1.0])
def test_the_push_on_the_simplex_is_autograds(ent_coef):
    z = torch.tensor([0.3, -1.0, 2.0], dtype=torch.float64, requires_grad=True)
    policy = torch.distributions.Categorical(logits=z)
    (policy.probs @ torch.tensor(REWARDS) + ent_coef * policy.entropy()).backward()
    ours = logit_gradient(policy.probs.detach().numpy(), ent_coef)
    np.testing.assert_allclose(ours, z.grad.numpy(), atol=1e-12)


def test_the_ascent_ends_where_the_bonus_puts_the_optimum():
    tilted = np.exp(REWARDS / 0.3) / np.exp(REWARDS / 0.3).sum()
    np.testing.assert_allclose(ascent(np.zeros(3), 0.3, 4000)[-1], tilted, atol=1e-6)
    assert ascent(np.zeros(3), 0, 4000)[-1, 0] > 0.99


def test_the_simplex_explorer_moves_and_comes_back():
    ours = simplex()
    before = ours.png
    assert "earns 0.986 of 1" in ours.readout and "passes one half after" in ours.readout
    path = np.stack(ours.artists["path"].get_data(), -1)
    lines = np.stack([line.get_ydata() for line in ours.artists["lines"]], -1)
    np.testing.assert_allclose(lines.sum(-1), 1)
    assert lines[0] == pytest.approx([0.02, 0.9, 0.08])
    np.testing.assert_allclose(path[:, 1], lines[:, 0] * 3**0.5 / 2, atol=1e-12)  # the best arm's corner is on top
    assert "with certainty" in ours.set(ent_coef=0)
    assert "has not reached one half" in ours.set(start=0.9999)
    ours.reset()
    assert ours.png == before
    sweep(ours)


def test_arrows_vanish_at_the_optimum_and_point_to_it():
    ours = simplex()
    ours.set(ent_coef=1)
    arrows = ours.artists["arrows"]
    diamond = np.array([data[0] for data in ours.artists["best"].get_data()])
    tails, moves = np.stack([arrows.X, arrows.Y], -1), np.stack([arrows.U, arrows.V], -1)
    assert (((diamond - tails) * moves).sum(-1) > -1e-3).mean() > 0.95
    nearest = np.linalg.norm(tails - diamond, axis=-1).argmin()
    assert np.linalg.norm(moves[nearest]) < 0.1 * np.linalg.norm(moves, axis=-1).max()


def test_the_deceptive_explorer_counts_the_runs_and_comes_back():
    ours, ends = trap()
    before = ours.png
    assert "50% end with the best arm above one half, 50% with the decoy" in ours.readout
    assert ours.artists["dot"].get_xdata()[0] == 1
    final = [line.get_ydata()[-1] for line in ours.artists["lines"]]
    assert final == pytest.approx(ends[0.1, "constant"].mean(0))
    assert "100% prefer nothing by more than half" in ours.set(c2=1)
    assert "decayed to 0" in ours.set(schedule="decayed to 0")
    ours.reset()
    assert ours.png == before
    sweep(ours)


def test_the_plots_draw_what_they_are_given():
    fig, (left, right) = plt.subplots(1, 2)
    away = {name: np.full((5, 7), value) for name, value in (("a", 1e-5), ("b", 1e-2), ("c", 0.9))}
    plot_corner(left, away, [(1, 1e-4)] * 3, "Corner")
    assert [line.get_ydata()[0] for line in left.lines] == [1e-5, 1e-2, 0.9]
    curves = {"normalised": [1, 1, 1], "raw": [0.5, 0.9, 0.5]}
    labels = {"normalised": ("n", 1, 0.9), "raw": ("r", 1, 0.4)}
    plot_scale(right, np.array([1e-2, 1, 1e2]), curves, labels, "Title", "subtitle", "share")
    assert [list(line.get_ydata()) for line in right.lines] == list(curves.values())
    assert right.get_title(loc="left") == "Title"
    plt.close(fig)
