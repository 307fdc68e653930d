"""diagnostics.py against statistics and hand-made cases."""

import math
import statistics

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from ppo_edu import data
from ppo_edu.diagnostics import (
    METRICS,
    NOT_IN_A_HISTORY,
    bootstrap_interval,
    doctor,
    explained_variance,
    interquartile_mean,
)

pairs = st.lists(st.tuples(st.floats(-10, 10), st.floats(-10, 10)), min_size=2, max_size=20)


@given(pairs)
def test_explained_variance_is_one_minus_a_ratio_of_variances(pairs):
    values, returns = zip(*pairs, strict=True)
    spread = statistics.pvariance(returns)
    assume(spread > 1e-3)
    errors = [r - v for v, r in pairs]
    assert explained_variance(values, returns) == pytest.approx(1 - statistics.pvariance(errors) / spread, abs=1e-6)


def test_what_its_values_mean():
    returns = [1.0, 2.0, 3.0]
    assert explained_variance(returns, returns) == 1
    assert explained_variance([2.0, 2.0, 2.0], returns) == 0
    assert explained_variance([9.0, 10.0, 11.0], returns) == 1  # a constant offset does not show
    assert explained_variance([3.0, 2.0, 1.0], returns) == -3


@pytest.mark.filterwarnings("error")
def test_returns_that_do_not_vary():
    assert math.isnan(explained_variance([1.0, 2.0], [0.1, 0.1]))
    assert math.isnan(explained_variance([1.0], [2.0])) and math.isnan(explained_variance([], []))


def healthy(**changed):
    """A history made up to look like a run that goes well, with some lists replaced."""
    t = np.linspace(0, 1, 40)
    history = {
        "return": 20 + 480 * t,
        "approx_kl": 0.005 + 0.01 * t * (1 - t),
        "clip_fraction": 0.1 * (1 - t),
        "entropy": 0.69 - 0.3 * t,
        "value_loss": 8 * (1 - t) + 0.01,
        "explained_variance": 0.9 * np.sin(3 * t),
    }
    return history | changed


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"return": np.r_[20, np.full(39, 9.0)]}, "the return fell from 20 to 9"),
        ({"return": np.r_[np.linspace(20, 400, 20), np.linspace(400, 30, 20)]}, "fell back"),
        ({"approx_kl": np.zeros(40), "clip_fraction": np.zeros(40)}, "the policy never moves"),
        ({"approx_kl": np.r_[np.full(39, 0.01), 3.0]}, "moved the policy by KL 3"),
        ({"clip_fraction": np.zeros(40), "approx_kl": np.full(40, 0.02)}, "no ratio was ever outside the band"),
        ({"entropy": np.r_[0.69, np.full(39, 1e-4)]}, "the entropy is gone early"),
        ({"explained_variance": np.full(40, -0.1)}, "never explained more than 0%"),
        ({"value_loss": np.geomspace(1, 5000, 40)}, "the value loss grew from 1 to 5e+03"),
        ({"value_loss": np.full(40, 0.49)}, "are the targets normalised?"),
    ],
)
def test_the_doctor_names_one_sign(changed, words):
    (sign,) = doctor(healthy(**changed)).signs
    assert words in sign


def test_the_doctor_is_silent_where_nothing_is_wrong_and_says_what_he_cannot_know():
    diagnosis = doctor(healthy())
    assert diagnosis.signs == () and diagnosis.cannot_tell == NOT_IN_A_HISTORY
    assert "no suspicious sign" in repr(diagnosis) and "the history cannot tell" in repr(diagnosis)


def test_a_history_without_numbers_cannot_tell_anything():
    for history in ({}, {name: [math.nan] * 20 for name in METRICS}):
        diagnosis = doctor(history)
        assert diagnosis.signs == ()
        assert [sentence.split(":")[0] for sentence in diagnosis.cannot_tell[: len(METRICS)]] == list(METRICS.values())
    few = doctor(healthy(**{"return": [20.0, 10.0]}))
    assert few.signs == () and "2 iterations" in few.cannot_tell[0]


def test_an_early_end_is_a_sign():
    class History(dict):
        stopped = "the loss became non-finite in iteration 3 of 40"

    assert doctor(History(healthy())).signs == ("it ended early: " + History.stopped,)


def test_pendulum_like_returns_below_zero_are_no_sign():
    assert doctor(healthy(**{"return": np.linspace(-1300, -200, 40)})).signs == ()


def test_the_stored_runs_are_healthy():
    columns, _ = data.read("cartpole_seeds")
    for seed in np.unique(columns["seed"]):
        rows = columns["seed"] == seed
        assert doctor({name: columns[name][rows] for name in METRICS if name in columns}).signs == ()


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=40))
def test_the_interquartile_mean_is_scipys_trimmed_mean(scores):
    assert interquartile_mean(scores) == pytest.approx(stats.trim_mean(scores, 0.25), abs=1e-9)


@pytest.mark.parametrize("runs", [10, 40])
def test_the_bootstrap_interval_is_scipys(runs):
    scores = np.random.default_rng(runs).normal(100, 20, runs)
    theirs = stats.bootstrap(
        (scores,), lambda a, axis: interquartile_mean(a), n_resamples=5000, method="percentile", vectorized=True, rng=1
    ).confidence_interval
    assert bootstrap_interval(scores) == pytest.approx(tuple(theirs), abs=2)


def test_a_difference_is_within_noise_where_there_is_none():
    generator = np.random.default_rng(0)
    one, same, better = generator.normal(0, 1, 10), generator.normal(0, 1, 10), generator.normal(5, 1, 10)
    low, high = bootstrap_interval(one, same)
    assert low < 0 < high and bootstrap_interval(better, one)[0] > 0
    theirs = stats.bootstrap(
        (better, one), lambda a, b, axis: interquartile_mean(a) - interquartile_mean(b), method="percentile",
        vectorized=True, n_resamples=5000, rng=1,
    ).confidence_interval  # fmt: skip
    assert bootstrap_interval(better, one) == pytest.approx(tuple(theirs), abs=0.1)
