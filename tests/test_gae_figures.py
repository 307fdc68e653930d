"""The figures of lesson 05: what they draw is what the formulas say, and every slider comes back to where it was."""

import math
import time

import ipywidgets as widgets
import numpy as np
import pytest
from matplotlib.figure import Figure

from ppo_edu.bias_variance import KINDS, critic_errors, error_curves
from ppo_edu.figures.gae import (
    LAMBDAS,
    TOP,
    build_tradeoff,
    build_weights,
    mixture_weights,
    move_tradeoff,
    move_weights,
    plot_time_limits,
)
from ppo_edu.gae import gae, n_step_advantage
from ppo_edu.mdp import chain
from ppo_edu.widgets.explorer import Explorer, sweep

POLICY = np.full((21, 2), 0.5)


def weights_explorer():
    controls = {
        "gamma": widgets.FloatSlider(value=0.99, min=0.8, max=1, step=0.005),
        "gae_lambda": widgets.FloatSlider(value=0.95, min=0, max=1, step=0.01),
        "steps": widgets.IntSlider(value=4, min=1, max=20),
    }
    return Explorer(build_weights, move_weights, controls)


def tradeoff_explorer():
    def move(artists, gamma, error, samples, kind, steps, raw):
        mdp = chain(gamma=gamma)
        curves = error_curves(mdp, POLICY, critic_errors(mdp, POLICY, kind, error), LAMBDAS, steps)
        return move_tradeoff(artists, curves, samples, kind, raw)

    controls = {
        "error": widgets.FloatSlider(value=0.2, min=0, max=0.4, step=0.02),
        "samples": widgets.SelectionSlider(options=[1, 10, 100], value=10),
        "gamma": widgets.FloatSlider(value=0.99, min=0.8, max=1, step=0.01),
    }
    more = {
        "kind": widgets.ToggleButtons(options=KINDS),
        "steps": widgets.SelectionSlider(options=[("1", 1), ("20", 20), ("whole", math.inf)], value=math.inf),
        "raw": widgets.Checkbox(value=False),
    }
    return Explorer(build_tradeoff, move, controls, more, height=4.8)


@pytest.mark.parametrize("make", [weights_explorer, tradeoff_explorer])
def test_an_explorer_sweeps_clean_and_comes_back_to_the_same_bytes(make):
    ours = make()
    before, sentence = ours.png, ours.readout
    assert all(sweep(ours).values())
    assert ours.png == before and ours.readout == sentence


def test_the_weights_are_powers_and_the_ring_is_at_the_horizon():
    ours = weights_explorer()
    np.testing.assert_allclose(ours.artists["weight"].get_ydata()[:3], [1, 0.9405, 0.9405**2])
    assert ours.artists["ring"].get_xdata()[0] == pytest.approx(16.807, abs=1e-3)
    assert ours.artists["far"].get_xdata()[0] == pytest.approx(100)
    assert "horizon 16.8 steps" in ours.readout and "γ alone: 100 steps" in ours.readout
    assert "∞ steps" in ours.set(gamma=1.0, gae_lambda=1.0) and ours.error is None


def test_the_bars_are_the_mixture_and_no_bar_is_drawn_past_the_last():
    ours = weights_explorer()
    ours.set(gae_lambda=0.8)
    assert [bar.get_height() for bar in ours.artists["bars"][:4]] == pytest.approx([0.2, 0.16, 0.128, 0])
    last = ours.artists["last"]
    assert last.get_height() == pytest.approx(0.512) and last.get_x() + 0.4 == pytest.approx(4)
    assert "sum to 1.00" in ours.readout and "would sum to 0.59" in ours.readout


@pytest.mark.parametrize("gae_lambda", [0.0, 0.6, 1.0])
@pytest.mark.parametrize("rows", [1, 2, 7])
def test_the_mixture_of_n_step_advantages_is_gae(gae_lambda, rows):
    deltas, dones = np.random.default_rng(rows).normal(size=rows), np.zeros(rows)
    steps = [n_step_advantage(deltas, dones, 0.9, n)[0] for n in range(1, rows + 1)]
    weights = mixture_weights(gae_lambda, rows)
    assert weights.sum() == pytest.approx(1)
    assert weights @ steps == pytest.approx(gae(deltas, dones, 0.9, gae_lambda)[0], abs=1e-12)


def test_the_curves_are_the_exact_ones_and_the_diamond_is_the_least_of_their_sum():
    ours = tradeoff_explorer()
    mdp = chain()
    exact = error_curves(mdp, POLICY, critic_errors(mdp, POLICY, "white", 0.2), LAMBDAS)
    total = exact["action"] + exact["variance"] / 10
    drawn = {name: ours.artists[name].get_ydata() for name in ("action", "noise", "total")}
    np.testing.assert_allclose(drawn["action"], exact["action"])
    np.testing.assert_allclose(drawn["noise"], exact["variance"] / 10)
    np.testing.assert_allclose(drawn["total"], total)
    assert len(LAMBDAS) == 41 and LAMBDAS[0] == 0 and LAMBDAS[-1] == 1 and (np.diff(LAMBDAS) > 0).all()
    assert ours.artists["best"].get_xdata()[0] == LAMBDAS[total.argmin()]
    assert f"least at λ = {LAMBDAS[total.argmin()]:.2f}: {total.min():.5f}" in ours.readout


def test_the_sum_says_which_bias_is_in_it():
    ours = tradeoff_explorer()
    assert "action-dependent bias²" in ours.readout and not ours.artists["raw"].get_visible()
    assert ours.artists["names"][0].get_text() == "thick: MSE = solid + dashed"
    said = ours.set(kind="constant", raw=True)
    assert "MSE with the raw bias²" in said and "Raw bias² goes from 0.00174 to 0.04000" in said
    assert ours.artists["raw"].get_visible() and ours.artists["names"][0].get_text() == "thick: MSE = dotted + dashed"
    np.testing.assert_allclose(
        ours.artists["total"].get_ydata(), ours.artists["raw"].get_ydata() + ours.artists["noise"].get_ydata()
    )


def test_with_an_exact_critic_the_picture_has_no_bias_and_the_diamond_is_at_zero():
    ours = tradeoff_explorer()
    ours.set(kind="exact")
    assert np.abs(ours.artists["action"].get_ydata()).max() < 1e-12
    assert ours.artists["best"].get_xdata()[0] == 0 and "least at λ = 0.00" in ours.readout


def test_what_leaves_the_picture_is_said():
    ours = tradeoff_explorer()
    assert ours.artists["total"].axes.get_ylim() == (0, TOP)
    assert "leaves the picture" in ours.set(samples=1) and "leaves the picture" not in ours.set(samples=10)


def test_a_step_of_the_slider_is_cheap():
    """Every setting stays under 50 ms of CPU where this was written; the limit leaves room for slower machines."""
    ours = tradeoff_explorer()
    start = time.process_time()
    for error in (0.1, 0.2, 0.3, 0.4):
        ours.set(error=error)
    assert (time.process_time() - start) / 4 < 0.2


def test_the_time_limit_figure_draws_what_it_is_given():
    ax = Figure().subplots()
    plot_time_limits(ax, np.array([10, 50, 500]), {"a": [100] * 3, "b": [9, 34, 83], "c": [5, 22, 80]}, "T", truth=100)
    assert [line.get_ydata()[1] for line in ax.lines] == [100, 34, 22]
    assert ax.get_title(loc="left") == "T" and {text.get_text() for text in ax.texts} >= {"a", "b", "c"}
