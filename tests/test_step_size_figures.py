"""The figures of lesson 01, read by their data and their words."""

import functools

import ipywidgets as widgets
import numpy as np
import pytest
from matplotlib.colors import to_hex

from ppo_edu.bandit import step_size_bandit, train
from ppo_edu.figures import step_size as figures
from ppo_edu.figures.style import new_figure
from ppo_edu.mdp import discounted_visits, expected_return, gridworld, policy_gradient, softmax
from ppo_edu.widgets.explorer import Explorer, sweep

ROWS = ("S...", "....", "...G")
GRID = gridworld(ROWS)
STEPS = np.linspace(0, 20, 201)
STARTS = {"undecided": np.zeros(4), "leans right": np.array([0, 1.0, 0, 0])}


def shared(theta):
    return np.repeat(np.asarray(theta)[..., None, :], 12, axis=-2)


def line(start):
    g = policy_gradient(GRID, shared(start)).sum(0)
    return g, expected_return(GRID, softmax(shared(start + STEPS[:, None] * g)))


def step_explorer():
    def move(artists, step, start):
        g, J = line(STARTS[start])
        now = softmax(shared(STARTS[start] + step * g))
        return figures.move_step(artists, STEPS, J, g @ g, now[0], discounted_visits(GRID, now), step)

    controls = {
        "step": widgets.FloatSlider(value=1, min=0, max=20),
        "start": widgets.ToggleButtons(options=list(STARTS)),
    }
    return Explorer(lambda fig: figures.build_step(fig, STEPS, ROWS, 0.7), move, controls)


def test_the_step_explorer_sweeps_clean_and_comes_back_to_the_same_bytes():
    ours = step_explorer()
    before = ours.png
    assert len(sweep(ours)) == 7 + 2
    assert ours.png == before


def test_the_step_explorer_draws_the_return_its_tangent_and_the_gap():
    ours, (g, J) = step_explorer(), line(STARTS["undecided"])
    np.testing.assert_array_equal(ours.artists["J"].get_ydata(), J)
    tangent = ours.artists["linear"].get_ydata()
    assert tangent[0] == J[0] and np.diff(tangent) == pytest.approx(np.full(200, 0.1 * g @ g))
    ours.set(step=5.0)
    low, high = ours.artists["gap"].get_ydata()
    assert (low, high) == pytest.approx((J[50], tangent[50])) and high > low
    assert ours.artists["found"].get_data()[0][0] == 5.0


def test_the_step_explorer_says_what_it_shows():
    ours = step_explorer()
    assert ours.set(step=0.0).startswith("Step 0.0: the linear model promises J = -0.04, measured -0.04, where we are")
    assert "measured 0.49, a gain" in ours.set(step=5.0)
    assert "measured -0.10, worse than not moving" in ours.set(step=20.0)
    assert "good to a fifth until 2.1; J peaks at 5.2" in ours.readout


def test_arrows_are_the_policy_and_cells_the_visits():
    ours = step_explorer().artists
    ours_policy = [float(word.split()[-1]) for word in ours["policy"].get_text().split(",")]
    # Up on the screen is towards smaller rows: row k of the arrows points the way of action k.
    across, down = ours["arrows"].U.reshape(-1, 4), ours["arrows"].V.reshape(-1, 4)
    np.testing.assert_allclose(across[0], [0, ours_policy[1], 0, -ours_policy[3]], atol=0.006)
    np.testing.assert_allclose(down[0], [-ours_policy[0], 0, ours_policy[2], 0], atol=0.006)
    assert len(across) == 11 and (across == across[0]).all()
    visits = np.asarray(ours["cells"].get_array())
    assert visits.shape == (3, 4) and visits.argmax() == 0


def test_where_the_promise_ends():
    steps = np.array([0.0, 1, 2, 3, 4])
    assert figures.trusted_until(steps, 0.5 + steps, 1.0) == 4
    assert figures.trusted_until(steps, np.array([0, 1, 1.7, 2, 2.0]), 1.0) == 2
    assert figures.trusted_until(steps, np.array([0, 2, 4, 6, 8.0]), 1.0) == 0


def runs_explorer():
    means = step_size_bandit(40, np.random.default_rng(1))

    @functools.cache
    def trained(rate, clip):
        return train(means, rate, np.random.default_rng(2), clip_eps=clip, update_epochs=10)

    def move(artists, rate, clip):
        return figures.move_runs(artists, trained(rate, clip), means, f"K = 10, learning rate {rate:g}")

    controls = {
        "rate": widgets.SelectionSlider(options=[0.1, 1, 30], value=1),
        "clip": widgets.ToggleButtons(options=[("no clip", np.inf), ("clip", 0.2)]),
    }
    return Explorer(lambda fig: figures.build_runs(fig, 60), move, controls, slow=True), means, trained


def test_the_runs_explorer_sweeps_clean_and_comes_back_to_the_same_bytes():
    ours, _, _ = runs_explorer()
    before = ours.png
    assert len(sweep(ours)) == 3 + 2 and ours.png == before


def test_the_runs_explorer_counts_how_runs_end():
    ours, means, trained = runs_explorer()
    last = trained(1, np.inf)[-1]
    wrong = sum(p.max() > 0.95 and p.argmax() != m.argmax() for p, m in zip(last, means)) / 40
    right = sum(p[m.argmax()] > 0.95 for p, m in zip(last, means)) / 40
    widths = [bar.get_width() for bar in ours.artists["bars"]]
    assert widths == pytest.approx([right, 1 - right - wrong, wrong]) and wrong > 0.3
    assert f"{wrong:.0%} with over 95 % on a wrong one" in ours.readout
    assert ours.artists["shares"][2].get_text().strip() == f"{wrong:.0%}"
    calm = ours.set(clip=0.2)
    assert "Mean value over the best arm's: +0." in calm and ours.artists["bars"][2].get_width() < 0.1


def test_each_of_the_first_runs_is_drawn_once_and_the_mean_is_of_all():
    ours, means, trained = runs_explorer()
    drawn = sum(len(group.get_segments()) for group in ours.artists["runs"])
    assert drawn == figures.DRAWN
    values = (trained(1, np.inf) * means).sum(-1) / 0.3
    np.testing.assert_allclose(ours.artists["mean"].get_ydata(), values.mean(1))


def test_a_sweep_shows_means_shares_and_intervals():
    _, axes = new_figure(ncols=2)
    values = {"L^CPI": np.array([[0.0, 1.0], [1.0, 1.0]]), "L^CLIP": np.ones((2, 2))}
    lost = {name: runs < 0.5 for name, runs in values.items()}
    figures.plot_sweep(axes, [0.1, 1.0], values, lost, "learning rate", ("worth", "stuck"))
    assert [list(line.get_ydata()) for line in axes[0].lines] == [[0.5, 1.0], [1.0, 1.0]]
    assert [list(line.get_ydata()) for line in axes[1].lines] == [[0.5, 0.0], [0.0, 0.0]]
    assert len(axes[0].collections) == len(axes[1].collections) == 2
    assert "2 runs" in axes[0].texts[0].get_text() and axes[1].get_title(loc="left") == "stuck"
    figures.label_sweep(axes, {"L^CPI, K = 10": (0.2, 0.5)}, {})
    assert axes[0].texts[-1].get_text() == "▼ L^CPI, K = 10"


def test_an_interval_of_a_share_is_not_empty_at_the_ends():
    low, high = figures.wilson(np.array([0, 50, 100]), 100)
    assert low[0] == pytest.approx(0, abs=1e-12) and high[0] == pytest.approx(0.037, abs=1e-3)
    assert (low[1], high[1]) == pytest.approx((0.4038, 0.5962), abs=1e-3)
    assert (1 - high[2], 1 - low[2]) == pytest.approx((low[0], high[0]))


def test_the_gradient_norm_is_that_of_finite_differences():
    generator = np.random.default_rng(0)
    logits, means = generator.normal(size=(3, 5)), generator.normal(size=(3, 5))
    h = 1e-6
    slopes = [((softmax(logits + h * e) - softmax(logits - h * e)) * means).sum(-1) / (2 * h) for e in np.eye(5)]
    norm = np.linalg.norm(slopes, axis=0)
    np.testing.assert_allclose(figures.gradient_norm(softmax(logits), means), norm, atol=1e-8)


def test_three_gradients_a_plateau_and_the_norms_keep_their_numbers():
    _, axes = new_figure(ncols=3, width=14)
    steps = np.geomspace(0.1, 10, 5)
    figures.plot_three(axes[0], steps, np.zeros(5), np.ones(5), np.arange(10.0).reshape(2, 5))
    assert [line.get_ydata()[0] for line in axes[0].lines[:3]] == [2.5, 1, 0]
    lead = np.linspace(0, 14, 29)
    figures.plot_plateau(axes[1], lead, np.exp(-lead), np.minimum(1, 16 * np.exp(-lead)))
    assert axes[1].lines[0].get_ydata()[0] == 1 and axes[1].get_yscale() == "log"
    norms = np.array([[1.0, 1.0, 1.0], [0.5, 1e-3, 0.7]]).repeat(10, 0)
    groups = {"solved": np.array([True, False, True]), "stuck": np.array([False, True, False])}
    figures.plot_norms(axes[2], norms, groups)
    assert axes[2].lines[0].get_ydata()[-1] == pytest.approx(0.6)
    assert axes[2].lines[1].get_ydata()[-1] == pytest.approx(1e-3)
    assert to_hex(axes[2].lines[0].get_color()) != to_hex(axes[2].lines[1].get_color())
