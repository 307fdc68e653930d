"""clip.py against the six-case table, the piecewise definition, autograd and finite differences."""

import math

import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st

from ppo_edu.clip import (
    clip_fraction,
    clipped_objective,
    clipped_objective_slope,
    gradient_is_zero,
    zero_gradient_fraction,
)

# ratio, advantage → value, slope at ε = 0.2: below, inside, above the band for either sign
SIX_CASES = [
    (0.5, 2.0, 1.0, 2.0),
    (1.1, 2.0, 2.2, 2.0),
    (2.5, 2.0, 2.4, 0.0),
    (0.5, -2.0, -1.6, 0.0),
    (0.9, -2.0, -1.8, -2.0),
    (2.5, -2.0, -5.0, -2.0),
]
ratios, advantages = st.floats(0.0, 10.0), st.floats(-10.0, 10.0)
epsilons = st.floats(0.0, 0.9)


def piecewise(ratio, advantage, eps):
    """The lesson's case form: written without min or clip."""
    if advantage > 0 and ratio > 1 + eps:
        return (1 + eps) * advantage
    if advantage < 0 and ratio < 1 - eps:
        return (1 - eps) * advantage
    return ratio * advantage


@pytest.mark.parametrize("ratio, advantage, value, slope", SIX_CASES)
def test_the_six_cases(ratio, advantage, value, slope):
    assert clipped_objective(ratio, advantage, 0.2) == pytest.approx(value, abs=1e-12)
    assert clipped_objective_slope(ratio, advantage, 0.2) == slope
    assert gradient_is_zero(ratio, advantage, 0.2) is (slope == 0)


def test_example_1_of_the_lesson():
    assert clipped_objective(2.5, 2.0, 0.2) == pytest.approx(2.4)
    assert clipped_objective(1.1, 2.0, 0.2) == pytest.approx(2.2)


@given(ratios, advantages, epsilons)
def test_min_and_clip_are_the_case_form(ratio, advantage, eps):
    assert clipped_objective(ratio, advantage, eps) == pytest.approx(piecewise(ratio, advantage, eps), abs=1e-12)


@given(ratios, advantages, epsilons)
def test_the_clipped_objective_never_exceeds_the_unclipped_and_equals_it_inside(ratio, advantage, eps):
    value = clipped_objective(ratio, advantage, eps)
    assert value <= ratio * advantage
    if 1 - eps <= ratio <= 1 + eps:
        assert value == ratio * advantage


@given(ratios, advantages, epsilons)
def test_slope_and_silence_are_those_of_autograd(ratio, advantage, eps):
    r = torch.tensor(ratio, dtype=torch.float64, requires_grad=True)
    a = torch.tensor(advantage, dtype=torch.float64)
    (slope,) = torch.autograd.grad(clipped_objective(r, a, eps), r)
    assert clipped_objective_slope(ratio, advantage, eps) == slope.item()
    assert gradient_is_zero(ratio, advantage, eps) == (slope.item() == 0)


@given(ratios, advantages, epsilons)
def test_the_slope_is_the_finite_difference_off_the_kinks(ratio, advantage, eps):
    h = 1e-6
    assume(abs(ratio - (1 + eps)) > 2 * h and abs(ratio - (1 - eps)) > 2 * h and ratio > h)
    rise = clipped_objective(ratio + h, advantage, eps) - clipped_objective(ratio - h, advantage, eps)
    assert clipped_objective_slope(ratio, advantage, eps) == pytest.approx(rise / (2 * h), abs=1e-6)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_at_the_kinks_the_slope_is_the_advantage_as_torch_says(dtype):
    for edge, advantage in [(1 + 0.2, 3.0), (1 - 0.2, -3.0)]:
        ratio = torch.tensor([edge], dtype=dtype, requires_grad=True)
        a = torch.tensor([advantage], dtype=dtype)
        (slope,) = torch.autograd.grad(clipped_objective(ratio, a, 0.2).sum(), ratio)
        assert slope.item() == advantage == clipped_objective_slope(ratio.detach(), a, 0.2).item()


def test_infinite_epsilon_is_no_clipping_and_zero_epsilon_still_teaches_at_one():
    r, a = np.array([0.1, 1.0, 7.0]), np.array([1.0, -2.0, 3.0])
    np.testing.assert_array_equal(clipped_objective(r, a, math.inf), r * a)
    assert not gradient_is_zero(r, a, math.inf).any() and clip_fraction(r, math.inf) == 0
    np.testing.assert_array_equal(clipped_objective_slope([1.0, 1.0], [2.0, -2.0], 0.0), [2.0, -2.0])


def test_two_ways_to_count():
    r = np.array([c[0] for c in SIX_CASES])
    a = np.array([c[1] for c in SIX_CASES])
    assert clip_fraction(r, 0.2) == pytest.approx(4 / 6)  # outside, on either side
    assert zero_gradient_fraction(r, a, 0.2) == pytest.approx(2 / 6)  # of which only two are silent


def test_no_advantage_no_gradient():
    assert gradient_is_zero(1.0, 0.0, 0.2) is True and clipped_objective_slope(5.0, 0.0, 0.2) == 0


def test_nan_ratio_has_a_nan_slope():
    assert math.isnan(clipped_objective_slope(math.nan, 1.0, 0.2))
    assert math.isnan(clipped_objective_slope(1.0, math.nan, 0.2))


@pytest.mark.parametrize("eps", [-0.2, math.nan])
def test_a_negative_epsilon_is_refused(eps):
    for call in (
        lambda: clipped_objective(1.0, 1.0, eps),
        lambda: clipped_objective_slope(1.0, 1.0, eps),
        lambda: gradient_is_zero(1.0, 1.0, eps),
        lambda: clip_fraction([1.0], eps),
        lambda: zero_gradient_fraction([1.0], [1.0], eps),
    ):
        with pytest.raises(ValueError, match="clip_eps must be ≥ 0"):
            call()
