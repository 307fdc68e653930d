"""entropy.py against torch.distributions, autograd and the lesson."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ppo_edu.entropy import categorical_entropy, entropy_gradient, gaussian_entropy

logits = arrays(float, (3, 4), elements=st.floats(-5, 5))
LESSON = np.log([0.7, 0.1, 0.1, 0.1])


def test_example_3_of_the_lesson_and_its_missing_end():
    assert categorical_entropy(LESSON).item() == pytest.approx(0.94, abs=5e-4)
    assert 0.01 * categorical_entropy(LESSON).item() == pytest.approx(0.0094, abs=5e-6)
    np.testing.assert_allclose(entropy_gradient(LESSON), [-0.408641, 0.136214, 0.136214, 0.136214], atol=5e-7)
    np.testing.assert_allclose(0.01 * entropy_gradient(LESSON), [-0.00409, 0.00136, 0.00136, 0.00136], atol=5e-6)


@given(logits)
def test_entropy_is_that_of_torch_distributions(z):
    expected = torch.distributions.Categorical(logits=torch.from_numpy(z)).entropy().numpy()
    np.testing.assert_allclose(categorical_entropy(z), expected, atol=1e-12)


@given(logits)
def test_the_gradient_is_autograds_and_sums_to_zero(z):
    tensor = torch.from_numpy(z).requires_grad_()
    categorical_entropy(tensor).sum().backward()
    np.testing.assert_allclose(entropy_gradient(z), tensor.grad.numpy(), atol=1e-12)
    np.testing.assert_allclose(entropy_gradient(z).sum(-1), 0, atol=1e-12)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("kind", [np.asarray, torch.tensor])
def test_certain_and_masked_actions(kind):
    assert categorical_entropy(kind([1000.0, -1000.0])) == 0
    assert categorical_entropy(kind([1000.0, 1000.0])) == pytest.approx(math.log(2))
    assert categorical_entropy(kind([0.0, 0.0, -math.inf])) == pytest.approx(math.log(2))
    assert entropy_gradient(kind([1000.0, -1000.0])).tolist() == [0, 0]
    assert np.abs(np.asarray(entropy_gradient(kind([0.0, 0.0, -math.inf])))).max() < 1e-7


def test_a_masked_action_leaves_the_gradient_of_the_others_alone():
    z = torch.tensor([0.3, -0.4, 1.0])
    masked = torch.cat([z, torch.tensor([-math.inf])]).requires_grad_()
    categorical_entropy(masked).backward()
    torch.testing.assert_close(masked.grad, torch.cat([entropy_gradient(z), torch.zeros(1)]))


@given(st.floats(0.01, 50))
def test_gaussian_entropy_is_that_of_torch_distributions(std):
    expected = torch.distributions.Normal(torch.tensor(0.0, dtype=torch.float64), std).entropy().item()
    assert gaussian_entropy(std) == pytest.approx(expected, abs=1e-6)
