"""ratio.py against the quotient of probabilities, torch.distributions and resampling."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ppo_edu.ratio import (
    effective_sample_size,
    log_ratio,
    probability_ratio,
    unclipped_objective,
)

probability = st.floats(1e-6, 1.0)


@given(probability, probability)
def test_the_ratio_is_the_quotient_of_the_probabilities(new, old):
    assert probability_ratio(math.log(new), math.log(old)) == pytest.approx(new / old, rel=1e-9)
    assert log_ratio(math.log(new), math.log(old)) == pytest.approx(math.log(new / old), abs=1e-9)


def test_example_1_of_the_lesson():
    ratio = probability_ratio(math.log(0.5), math.log(0.2))
    assert ratio == pytest.approx(2.5)
    assert unclipped_objective(ratio, 2.0) == pytest.approx(5.0)


def test_the_ratio_survives_probabilities_too_small_for_a_float():
    assert probability_ratio(-1000.0, -1000.0) == 1.0
    assert probability_ratio(-1000.0, -1001.0) == pytest.approx(math.e)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("kind", [np.asarray, torch.tensor])
def test_impossible_actions(kind):
    inf = math.inf
    ratio = probability_ratio(kind([-inf, -1.0, -inf]), kind([-1.0, -inf, -inf]))
    assert ratio[0] == 0 and ratio[1] == inf and math.isnan(ratio[2])


def test_the_gradient_of_the_ratio_at_the_old_policy_is_the_score():
    logits = torch.tensor([0.3, -0.2, 0.9], dtype=torch.float64, requires_grad=True)
    logprob = torch.distributions.Categorical(logits=logits).log_prob(torch.tensor(1))
    (score,) = torch.autograd.grad(logprob, logits, retain_graph=True)
    (slope,) = torch.autograd.grad(probability_ratio(logprob, logprob.detach()), logits)
    torch.testing.assert_close(slope, score)


def test_effective_sample_size_is_one_over_the_chance_that_two_draws_coincide():
    weights = np.array([2.5, 0.6, 0.1, 1.3, 0.0])
    p = weights / weights.sum()
    draws = np.random.default_rng(0).choice(5, p=p, size=(2, 200_000))
    assert effective_sample_size(weights) == pytest.approx(1 / (draws[0] == draws[1]).mean(), rel=0.01)


@given(st.lists(st.floats(0.01, 100.0), min_size=1, max_size=30), st.floats(0.1, 10.0))
def test_effective_sample_size_lies_between_one_and_n_and_ignores_scale(weights, scale):
    size = effective_sample_size(weights)
    assert 1 - 1e-9 <= size <= len(weights) + 1e-9
    assert effective_sample_size(np.array(weights) * scale) == pytest.approx(size)


def test_effective_sample_size_of_nothing_is_nothing():
    assert effective_sample_size([]) == 0.0 and effective_sample_size([0.0, 0.0]) == 0.0
