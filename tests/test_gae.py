"""gae.py against the lesson, the double sum, returns, brute force and a two-episode trajectory."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ppo_edu.gae import (
    effective_horizon,
    gae,
    gae_by_definition,
    n_step_advantage,
    td_errors,
)

fraction = st.floats(0, 1)
rows = st.integers(1, 12)


@st.composite
def trajectories(draw, columns=3):
    shape = (draw(rows), columns)
    numbers = arrays(float, shape, elements=st.floats(-5, 5))
    ends = draw(arrays(np.int8, shape, elements=st.integers(0, 5)))
    return dict(
        rewards=draw(numbers),
        values=draw(numbers),
        next_values=draw(numbers),
        terminated=ends == 0,
        truncated=ends == 1,
    )


def deltas_and_dones(trajectory, gamma):
    rewards, values, next_values, terminated, truncated = trajectory.values()
    return td_errors(rewards, values, next_values, terminated, gamma), terminated | truncated


LESSON = dict(rewards=[1, 2, -1, 3], values=[0, 1.5, 2.0, 1.0], next_values=[1.5, 2.0, 1.0, 0], terminated=[0, 0, 0, 1])


def test_example_2_of_the_lesson():
    deltas = td_errors(**LESSON, gamma=0.9)
    np.testing.assert_allclose(deltas, [2.35, 2.3, -2.1, 2.0])
    advantages = gae(deltas, LESSON["terminated"], 0.9, 0.8)
    np.testing.assert_allclose(advantages, [3.664, 1.825, -0.66, 2.0], atol=5e-4)
    np.testing.assert_allclose(advantages, [3.663856, 1.8248, -0.66, 2.0], atol=1e-12)


def test_what_the_lesson_says_gae_telescopes_to_is_not_gae():
    """On the lesson's own example its display gives other numbers; the (1−λ) mixture gives GAE's."""
    deltas, dones, gamma, lam = td_errors(**LESSON, gamma=0.9), LESSON["terminated"], 0.9, 0.8
    monte_carlo = gae(deltas, dones, gamma, 1.0)
    display = [sum((gamma * lam) ** l * monte_carlo[t + l] for l in range(4 - t)) for t in range(4)]
    np.testing.assert_allclose(display, [6.2296, 2.8508, 1.14, 2.0], atol=5e-5)
    n_step = [n_step_advantage(deltas, dones, gamma, n) for n in range(1, 5)]
    for t in range(4):
        left = 4 - t
        weights = [(1 - lam) * lam ** (n - 1) for n in range(1, left)] + [lam ** (left - 1)]
        mixture = sum(w * n_step[n][t] for n, w in enumerate(weights))
        assert mixture == pytest.approx(gae(deltas, dones, gamma, lam)[t], abs=1e-12)


def test_two_episodes_with_a_truncation_between_them():
    """By hand: rows 0–1 end by a time limit (V of the true successor is 10), rows 2–3 by termination."""
    gamma, lam = 0.5, 0.5
    deltas = td_errors(
        rewards=[1, 1, 1, 1], values=[2, 4, 6, 8], next_values=[4, 10, 8, 99], terminated=[0, 0, 0, 1], gamma=gamma
    )
    np.testing.assert_allclose(deltas, [1 + 2 - 2, 1 + 5 - 4, 1 + 4 - 6, 1 - 8])
    advantages = gae(deltas, [0, 1, 0, 1], gamma, lam)
    np.testing.assert_allclose(advantages, [1 + 0.25 * 2, 2, -1 + 0.25 * -7, -7])


@given(trajectories(), fraction, fraction)
def test_the_recursion_is_the_definition(trajectory, gamma, lam):
    deltas, dones = deltas_and_dones(trajectory, gamma)
    expected = gae_by_definition(deltas, dones, gamma, lam)
    np.testing.assert_allclose(gae(deltas, dones, gamma, lam), expected, atol=1e-9)


@given(trajectories(), fraction, fraction)
def test_environments_side_by_side_are_environments_one_by_one(trajectory, gamma, lam):
    deltas, dones = deltas_and_dones(trajectory, gamma)
    for function, last in ((gae, lam), (gae_by_definition, lam), (n_step_advantage, 3)):
        together = function(deltas, dones, gamma, last)
        for n in range(deltas.shape[1]):
            np.testing.assert_array_equal(together[:, n], function(deltas[:, n], dones[:, n], gamma, last))


@given(trajectories(), fraction)
def test_lambda_zero_is_the_td_error(trajectory, gamma):
    deltas, dones = deltas_and_dones(trajectory, gamma)
    np.testing.assert_array_equal(gae(deltas, dones, gamma, 0.0), deltas)


@given(trajectories(columns=1), fraction)
def test_lambda_one_is_return_minus_value(trajectory, gamma):
    """An episode's return, summed forwards, bootstrapped where it was cut but not terminated."""
    rewards, values, next_values, terminated, truncated = (a[:, 0] for a in trajectory.values())
    # a consistent critic: V of the successor is the next row's V inside an episode
    inside = ~(terminated | truncated)[:-1]
    next_values = np.append(np.where(inside, values[1:], next_values[:-1]), next_values[-1])
    deltas = td_errors(rewards, values, next_values, terminated, gamma)
    advantages = gae(deltas, terminated | truncated, gamma, 1.0)
    for t in range(len(rewards)):
        total, discount, k = 0.0, 1.0, t
        while True:
            total += discount * rewards[k]
            discount *= gamma
            if terminated[k]:
                break
            if truncated[k] or k == len(rewards) - 1:
                total += discount * next_values[k]
                break
            k += 1
        assert advantages[t] == pytest.approx(total - values[t], abs=1e-9)


@given(trajectories(), fraction)
def test_one_step_is_the_td_error_and_many_steps_are_lambda_one(trajectory, gamma):
    deltas, dones = deltas_and_dones(trajectory, gamma)
    np.testing.assert_array_equal(n_step_advantage(deltas, dones, gamma, 1), deltas)
    np.testing.assert_allclose(n_step_advantage(deltas, dones, gamma, 99), gae(deltas, dones, gamma, 1.0), atol=1e-9)


def test_what_comes_after_an_episode_does_not_leak_into_it():
    deltas, dones = np.arange(6.0), np.array([0, 0, 1, 0, 0, 0])
    changed = deltas.copy()
    changed[3:] = 1e9
    np.testing.assert_array_equal(gae(deltas, dones, 1, 1)[:3], gae(changed, dones, 1, 1)[:3])


def test_edges():
    assert gae([3.0], [0], 0.9, 0.9) == [3.0]
    assert gae([], [], 0.9, 0.9).shape == (0,) and gae(np.empty((0, 4)), np.empty((0, 4)), 0.9, 0.9).shape == (0, 4)
    np.testing.assert_array_equal(gae([1.0, 2.0, 3.0], [1, 1, 1], 1.0, 1.0), [1, 2, 3])
    np.testing.assert_array_equal(gae([1, 2, 3], [0, 0, 0], 1.0, 1.0), [6, 5, 3])
    assert gae(np.ones(3, np.float32), np.zeros(3, bool), 0.9, 0.9).dtype == np.float32
    assert np.isnan(gae([1.0, math.nan, 1.0], [0, 0, 0], 0.9, 0.9)).tolist() == [True, True, False]
    deltas = np.array([1.0, 2.0])
    gae(deltas, [0, 0], 0.9, 0.9)
    assert deltas.tolist() == [1.0, 2.0]  # inputs are left alone


def test_a_terminated_row_ignores_even_a_nan_successor():
    assert td_errors([1.0], [0.5], [math.nan], [True], 0.9) == [0.5]


@pytest.mark.parametrize("bad", [-0.1, 1.1, math.nan])
def test_gamma_and_lambda_outside_zero_one_are_refused_by_name(bad):
    with pytest.raises(ValueError, match=r"gamma must lie in \[0, 1\]"):
        td_errors([1.0], [0.0], [0.0], [0], bad)
    for function in (gae, gae_by_definition):
        with pytest.raises(ValueError, match="gamma must"):
            function([1.0], [0], bad, 0.5)
        with pytest.raises(ValueError, match="gae_lambda must"):
            function([1.0], [0], 0.5, bad)
    with pytest.raises(ValueError, match="gamma must"):
        effective_horizon(bad, 0.5)
    with pytest.raises(ValueError, match="n must be ≥ 1, got 0"):
        n_step_advantage([1.0], [0], 0.9, 0)
    with pytest.raises(ValueError, match=r"shapes differ: deltas \(3,\), dones \(2,\)"):
        gae([1.0, 2.0, 3.0], [0, 0], 0.9, 0.9)


def test_effective_horizon():
    assert effective_horizon(0.99, 0.95) == pytest.approx(16.81, abs=5e-3)
    assert effective_horizon(0.99, 1.0) == pytest.approx(100)
    assert effective_horizon(1.0, 1.0) == math.inf and effective_horizon(0.0, 0.5) == 1
    # the sum of all weights, added up
    assert effective_horizon(0.9, 0.9) == pytest.approx(sum(0.81**l for l in range(1000)))
