"""loss.py against its case form, autograd and plain statistics."""

import statistics

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ppo_edu.loss import clipped_value_loss, normalize, total_objective, value_loss

number = st.floats(-5, 5)


@given(number, number)
def test_the_slope_of_the_value_loss_is_the_error(value, target):
    v = torch.tensor(value, dtype=torch.float64, requires_grad=True)
    value_loss(v, target).backward()
    assert v.grad.item() == pytest.approx(value - target)


@given(number, number, number, st.floats(0, 2))
def test_clipped_value_loss_is_the_worse_of_two_errors(value, old, target, eps):
    near = min(max(value, old - eps), old + eps)
    worse = max(abs(value - target), abs(near - target))
    assert clipped_value_loss(value, old, target, eps) == pytest.approx(worse**2 / 2, abs=1e-12)
    assert clipped_value_loss(value, old, target, eps) >= value_loss(value, target) - 1e-12


def test_a_critic_that_moved_far_enough_towards_its_target_feels_nothing():
    v = torch.tensor([1.5, 0.5, 1.1], requires_grad=True)
    clipped_value_loss(v, torch.ones(3), torch.full((3,), 3.5), 0.2).sum().backward()
    assert v.grad.tolist() == pytest.approx([0.0, -3.0, -2.4])


@given(st.lists(st.floats(-100, 100), min_size=2, max_size=20))
def test_normalize_is_the_population_z_score(numbers):
    spread = statistics.pstdev(numbers)
    expected = [(x - statistics.fmean(numbers)) / (spread + 1e-8) for x in numbers]
    np.testing.assert_allclose(normalize(np.array(numbers)), expected, rtol=1e-6, atol=1e-5)


@pytest.mark.parametrize("kind", [np.asarray, torch.tensor])
def test_normalize_at_the_edges(kind):
    assert normalize(kind([3.0, 3.0])).tolist() == [0.0, 0.0]
    assert normalize(kind([7.0])).tolist() == [0.0]  # torch's own std would make this nan
    assert len(normalize(kind([]))) == 0
    two_dimensional = normalize(kind([[1.0, 3.0], [1.0, 3.0]]))
    np.testing.assert_allclose(np.asarray(two_dimensional), [[-1, 1], [-1, 1]], atol=1e-6)


def test_total_objective_rewards_entropy_and_punishes_value_error():
    def slope(i):
        parts = torch.tensor([2.4, 2.0, 0.94], requires_grad=True)
        total_objective(*parts, 0.5, 0.01).backward()
        return parts.grad[i].item()

    assert [slope(i) for i in range(3)] == pytest.approx([1.0, -0.5, 0.01])
    assert total_objective(2.4, 2.0, 0.94, 0.5, 0.01) == pytest.approx(2.4 - 1.0 + 0.0094)
