"""kl.py against torch.distributions, enumeration, numerical integration and autograd."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.integrate import quad
from scipy.stats import norm

from ppo_edu.kl import (
    adaptive_kl_coef,
    approx_kl,
    categorical_kl,
    gaussian_kl,
    second_order_kl,
)

logits = arrays(float, (3, 4), elements=st.floats(-5, 5))


def softmax(z):
    p = np.exp(z - z.max(-1, keepdims=True))
    return p / p.sum(-1, keepdims=True)


@given(logits, logits)
def test_categorical_kl_is_kl_of_old_from_new(z, old):
    new_law, old_law = (torch.distributions.Categorical(logits=torch.from_numpy(x)) for x in (z, old))
    expected = torch.distributions.kl_divergence(old_law, new_law)
    np.testing.assert_allclose(categorical_kl(z, old), expected.numpy(), atol=1e-12)


def test_the_order_of_the_arguments_matters():
    p, q = np.log([0.9, 0.1]), np.log([0.5, 0.5])
    assert categorical_kl(p, q).item() == pytest.approx(0.5 * math.log(0.5 / 0.9) + 0.5 * math.log(0.5 / 0.1))
    assert categorical_kl(q, p).item() == pytest.approx(0.9 * math.log(0.9 / 0.5) + 0.1 * math.log(0.1 / 0.5))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("kind", [np.asarray, torch.tensor])
def test_huge_and_masked_logits(kind):
    inf = math.inf
    assert categorical_kl(kind([1000.0, -1000.0]), kind([1000.0, -1000.0])) == 0
    assert categorical_kl(kind([-1000.0, 1000.0]), kind([1000.0, -1000.0])) == 2000
    assert categorical_kl(kind([0.0, 0.0, -inf]), kind([0.0, 0.0, -inf])) == 0
    assert categorical_kl(kind([0.0, 0.0]), kind([0.0, -inf])) == pytest.approx(math.log(2))
    assert categorical_kl(kind([0.0, -inf]), kind([0.0, 0.0])) == inf


def test_a_mask_leaves_the_gradient_of_the_others_alone():
    z, old = torch.tensor([0.3, -0.4, 1.0]), torch.tensor([0.1, 0.2, -0.3])
    masked = torch.cat([z, torch.tensor([-math.inf])]).requires_grad_()
    masked_old = torch.cat([old, torch.tensor([-math.inf])]).requires_grad_()
    z.requires_grad_(), old.requires_grad_()
    plain = torch.autograd.grad(categorical_kl(z, old), (z, old))
    with_mask = torch.autograd.grad(categorical_kl(masked, masked_old), (masked, masked_old))
    for a, b in zip(plain, with_mask, strict=True):
        torch.testing.assert_close(b, torch.cat([a, torch.zeros(1)]))


@given(logits, logits)
def test_the_gradient_of_the_kl_is_new_minus_old_probabilities(z, old):
    tensor = torch.from_numpy(z).requires_grad_()
    categorical_kl(tensor, torch.from_numpy(old)).sum().backward()
    np.testing.assert_allclose(tensor.grad.numpy(), softmax(z) - softmax(old), atol=1e-12)


@given(logits, logits)
def test_k1_and_k3_average_to_the_kl_under_the_old_policy(z, old):
    p, q = softmax(z), softmax(old)
    for estimator in ("k1", "k3"):
        average = (q * approx_kl(np.log(p), np.log(q), estimator)).sum(-1)
        np.testing.assert_allclose(average, categorical_kl(z, old), atol=1e-10)


@given(st.floats(-3, 3))
def test_the_three_estimators(x):
    assert approx_kl(x, 0.0, "k1") == -x
    assert approx_kl(x, 0.0, "k2") == pytest.approx(x * x / 2)
    assert approx_kl(x, 0.0, "k3") >= 0
    assert approx_kl(x, 0.0) == approx_kl(x, 0.0, "k3")


@pytest.mark.filterwarnings("error")
def test_k3_keeps_its_digits_near_zero_and_at_minus_infinity():
    assert approx_kl(1e-8, 0.0) == pytest.approx(5e-17, rel=1e-6)
    assert approx_kl(-math.inf, 0.0) == math.inf
    with pytest.raises(ValueError, match="estimator must be one of k1, k2, k3, got 'k4'"):
        approx_kl(0.0, 0.0, "k4")


def test_problem_3_the_second_order_form_and_the_exact_supremum():
    eps = 0.2
    p, q = np.array([0.5 * (1 + eps), 0.5 * (1 - eps)]), np.array([0.5, 0.5])
    assert second_order_kl(p, q).item() == pytest.approx(eps**2 / 2)
    assert categorical_kl(np.log(p), np.log(q)).item() == pytest.approx(-0.5 * math.log(1 - eps**2))


def test_second_order_kl_is_not_a_bound_either_way():
    q, d = np.array([0.5, 0.4, 0.1]), 0.01
    p = np.array([0.6, 0.4 - d, d])
    assert categorical_kl(np.log(p), np.log(q)).item() == pytest.approx(0.149, abs=5e-4)
    assert second_order_kl(p, q) / categorical_kl(np.log(p), np.log(q)) == pytest.approx(0.34, abs=5e-3)


@pytest.mark.filterwarnings("error")
def test_second_order_kl_with_impossible_actions():
    assert second_order_kl([0.5, 0.5, 0.0], [0.5, 0.5, 0.0]) == 0
    assert second_order_kl([0.5, 0.4, 0.1], [0.5, 0.5, 0.0]) == math.inf


@given(st.floats(-2, 2), st.floats(0.3, 2), st.floats(-2, 2), st.floats(0.3, 2))
def test_gaussian_kl_is_the_integral(mean, std, old_mean, old_std):
    def integrand(x):
        return norm.pdf(x, old_mean, old_std) * (norm.logpdf(x, old_mean, old_std) - norm.logpdf(x, mean, std))

    expected, _ = quad(integrand, old_mean - 9 * old_std, old_mean + 9 * old_std)
    assert gaussian_kl(mean, std, old_mean, old_std) == pytest.approx(expected, abs=1e-7)


@pytest.mark.parametrize("kl, coef", [(0.0066, 0.5), (0.0067, 1.0), (0.0149, 1.0), (0.0151, 2.0)])
def test_adaptive_penalty_moves_by_factors_of_two(kl, coef):
    assert adaptive_kl_coef(1.0, kl, 0.01) == coef
    with pytest.raises(ValueError, match="target_kl must be > 0"):
        adaptive_kl_coef(1.0, kl, 0.0)
