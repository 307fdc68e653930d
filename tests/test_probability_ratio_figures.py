"""Lesson 02's explorers without a browser, and their numbers against other computations."""

import ipywidgets as widgets
import numpy as np
import pytest

from ppo_edu import mdp
from ppo_edu.figures.probability_ratio import (
    NEW,
    REWARDS,
    along,
    build_surrogate,
    build_weights,
    counts,
    free_states,
    move_surrogate,
    move_weights,
    policy_with,
    weighted,
    worth_exactly,
)
from ppo_edu.ratio import effective_sample_size
from ppo_edu.widgets.explorer import Explorer, sweep

ROWS = ("S...", ".#.X", "...G")
WORLD, STEPS = mdp.gridworld(ROWS), np.linspace(-6, 12, 181)
LOGITS = np.zeros((12, 4))
DOWN = np.tile([0, 0, 1, 0], (12, 1)) / np.sqrt(12)


def weights():
    controls = {
        "new": widgets.FloatSlider(value=0.5, min=0.01, max=0.99, step=0.01),
        "old": widgets.ToggleButtons(options=[0.2, 0.05, 0.01]),
        "samples": widgets.ToggleButtons(options=[16, 64], value=64),
    }
    return Explorer(build_weights, move_weights, controls, height=5.6)


def surrogates():
    lines = {"uphill": along(WORLD, LOGITS, mdp.policy_gradient(WORLD, LOGITS), STEPS)}
    lines["down"] = along(WORLD, LOGITS, DOWN, STEPS)
    return Explorer(
        lambda fig: build_surrogate(fig, ROWS, 0.69, lines["down"]),
        lambda artists, step, direction: move_surrogate(artists, lines[direction], ROWS, step),
        {
            "step": widgets.FloatSlider(value=2, min=-6, max=12, step=0.1),
            "direction": widgets.ToggleButtons(options=list(lines), value="down"),
        },
        height=5.2,
    ), lines


def test_policies_are_distributions_with_example_1_in_them():
    assert np.allclose(policy_with(NEW).sum(-1), 1)
    assert policy_with(0.5)[0] / policy_with(0.2)[0] == pytest.approx(2.5)


def test_batches_say_what_their_samples_say_one_by_one():
    old, new, samples = 0.2, 0.7, 64
    estimates, worth = weighted(old, samples, np.array([new]))
    ratio = policy_with(new) / policy_with(old)
    for batch in (0, 17, 399):
        drawn = np.repeat(np.arange(4), counts(old, samples)[batch])
        assert len(drawn) == samples
        assert estimates[batch, 0] == pytest.approx((ratio * REWARDS)[drawn].mean())
        assert worth[batch, 0] == pytest.approx(effective_sample_size(ratio[drawn]) / samples)
    assert estimates.mean() == pytest.approx(policy_with(new) @ REWARDS, abs=4 * estimates.std() / 20)


def test_what_endless_data_are_worth_is_what_many_samples_are_worth():
    _, worth = weighted(0.2, 1_000_000, NEW)
    np.testing.assert_allclose(worth.mean(0), worth_exactly(0.2, NEW), atol=0.002)
    assert worth_exactly(0.2, 0.2) == pytest.approx(1)


def test_the_weights_explorer_moves_and_comes_back():
    ours = weights()
    before = ours.png
    assert "ratio 2.5." in ours.readout and "never came up" not in ours.readout
    assert [bar.get_height() for bar in ours.artists["new"]] == pytest.approx(policy_with(0.5))
    words = ours.set(new=0.9, old=0.01)
    assert "ratio 90." in words and "never came up" in words
    assert [text.get_text() for text in ours.artists["ratio"]] == ["×90", "×0.101", "×0.101", "×0.101"]
    assert list(ours.artists["cursor"][0].get_xdata()) == [0.9, 0.9]
    ours.reset()
    assert ours.png == before


def test_the_weights_explorer_sweeps_clean_also_where_nothing_changes():
    sweep(weights())
    assert "64 old samples are worth 64" in weights().set(new=0.2)


def test_the_gap_is_what_is_left_between_surrogate_and_truth():
    random = np.random.default_rng(3).standard_normal((2, 12, 4))
    line = along(WORLD, random[0], random[1], STEPS)
    np.testing.assert_allclose(line["gap"].sum(-1), line["true"] - line["surrogate"], atol=1e-12)
    np.testing.assert_allclose(line["gap"][np.abs(STEPS).argmin()], 0, atol=1e-12)
    occupied = np.flatnonzero(np.abs(line["gap"]).max(0) > 1e-12)
    assert set(occupied) <= set(free_states(ROWS)) and len(free_states(ROWS)) == 9


def test_the_true_return_of_a_line_is_what_episodes_earn():
    line = along(WORLD, LOGITS, DOWN, np.array([0.0, 6.0]))
    states, actions, rewards = mdp.sample(WORLD, line["policies"][1], 4000, 150, np.random.default_rng(0))
    returns = (WORLD.gamma ** np.arange(150)) @ rewards
    assert returns.mean() == pytest.approx(line["true"][1], abs=4 * returns.std() / np.sqrt(4000))


def test_the_surrogate_explorer_draws_the_three_curves_and_comes_back():
    ours, lines = surrogates()
    before = ours.png
    np.testing.assert_array_equal(ours.artists["true"].get_ydata(), lines["down"]["true"])
    np.testing.assert_array_equal(ours.artists["surrogate"].get_ydata(), lines["down"]["surrogate"])
    assert set(ours.artists["old"].get_ydata()) == {lines["down"]["old"]}
    ours.set(step=12, direction="uphill")
    np.testing.assert_array_equal(ours.artists["true"].get_ydata(), lines["uphill"]["true"])
    assert ours.png != before
    ours.reset()
    assert ours.png == before


@pytest.mark.parametrize("direction", ["down", "uphill"])
@pytest.mark.parametrize("step", [-6, -3, 0, 2, 4, 12])
def test_nothing_runs_through_the_words_over_the_dotted_line(step, direction):
    ours, _ = surrogates()
    ours.set(step=step, direction=direction)
    (words,) = [text for text in ours.fig.axes[0].texts if text.get_text().startswith("the most")]
    corners = words.get_window_extent().transformed(words.axes.transData.inverted())
    for name in ("surrogate", "true", "old", "cursor"):
        x, y = (np.interp(np.linspace(0, 1, 999), np.linspace(0, 1, len(d)), d) for d in ours.artists[name].get_data())
        assert not corners.count_contains(np.column_stack([x, y])), name


def test_the_surrogate_explorer_says_what_its_curves_show():
    ours, lines = surrogates()
    words = ours.set(step=12)
    change = lines["down"]["true"][-1] - lines["down"]["old"]
    assert f"true return changes by {change:+.3f}" in words and "too high" in words
    shares = [float(text.get_text()) for text in ours.artists["gap"]]
    assert sum(shares) == pytest.approx(lines["down"]["gap"][-1].sum(), abs=0.045)
    visits = [float(text.get_text()) for text in ours.artists["visits"]]
    assert visits == pytest.approx(lines["down"]["visits"][-1, free_states(ROWS)], abs=0.051)
    words = ours.set(step=0)
    assert "They agree" in words and "-0.000" not in words
    sweep(ours)
