"""trpo.py against linear solves, explicit Fisher matrices, Hessians by autograd, and what the constraint promises."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ppo_edu.agent import ActorCritic
from ppo_edu.config import PPOConfig
from ppo_edu.kl import categorical_kl
from ppo_edu.trpo import agent_functions, conjugate_gradient, fisher_vector_product, trpo_step

KINDS = ("categorical", "gaussian")


def small_agent(kind, hidden=3, seed=0, samples=40):
    """An agent whose policy is far from uniform, and a batch it might have drawn."""
    draws = torch.Generator().manual_seed(seed)
    bounds = None if kind == "categorical" else (np.full(2, -1.0), np.full(2, 1.0))
    agent = ActorCritic(PPOConfig(hidden_size=hidden), 3, 2, bounds, draws).double()
    with torch.no_grad():
        for parameter in agent.policy.parameters():
            parameter.add_(0.5 * torch.randn(parameter.shape, generator=draws, dtype=torch.float64))
    obs = torch.randn(samples, 3, generator=draws, dtype=torch.float64)
    actions = agent.policy(obs).detach()
    noise = torch.rand(actions.shape, generator=draws, dtype=torch.float64)
    actions = (actions - noise.log().neg().log()).argmax(-1) if bounds is None else actions + noise - 0.5
    return agent, obs, actions, torch.randn(samples, generator=draws, dtype=torch.float64)


def bits(parameters):
    return [p.detach().clone() for p in parameters]


@given(st.integers(1, 8), st.integers(0, 10_000))
def test_conjugate_gradient_solves_what_numpy_solves(size, seed):
    draws = np.random.default_rng(seed)
    root, b = draws.normal(size=(size, size)), draws.normal(size=size)
    H = root @ root.T + np.eye(size)
    x = conjugate_gradient(lambda v: H @ v, b, iterations=3 * size, tol=1e-12)
    np.testing.assert_allclose(x, np.linalg.solve(H, b), rtol=1e-8, atol=1e-9)
    tensor = conjugate_gradient(lambda v: torch.from_numpy(H) @ v, torch.from_numpy(b), 3 * size, tol=1e-12)
    np.testing.assert_allclose(tensor.numpy(), x, rtol=1e-8, atol=1e-9)


def test_conjugate_gradient_needs_one_iteration_for_each_different_eigenvalue_and_counts_them():
    calls = []

    def matvec(v):
        calls.append(v)
        return np.array([2.0, 2.0, 5.0, 5.0, 5.0]) * v

    b = np.arange(1.0, 6.0)
    np.testing.assert_allclose(conjugate_gradient(matvec, b, 10, 1e-10), b / [2, 2, 5, 5, 5])
    assert len(calls) == 2
    assert (conjugate_gradient(matvec, b, 1) != b / [2, 2, 5, 5, 5]).all() and len(calls) == 3


@pytest.mark.filterwarnings("error")
def test_conjugate_gradient_at_the_edges():
    b = np.array([1.0, 2.0])
    assert conjugate_gradient(lambda v: v, 0 * b).tolist() == [0, 0]
    assert conjugate_gradient(lambda v: 0 * v, b).tolist() == [0, 0]
    assert conjugate_gradient(lambda v: v, b, iterations=0).tolist() == [0, 0]
    assert b.tolist() == [1, 2]
    singular = np.array([[0.25, -0.25], [-0.25, 0.25]])  # the Fisher matrix of two equal actions
    x = conjugate_gradient(lambda v: singular @ v, np.array([0.5, -0.5]))
    np.testing.assert_allclose(singular @ x, [0.5, -0.5])
    loose = conjugate_gradient(lambda v: np.diag([1.0, 100.0]) @ v, b, iterations=2, tol=0.9)
    assert not np.allclose(loose, b / [1, 100])


def test_the_product_is_the_expected_outer_product_of_score_vectors():
    """E[∇log π ∇log πᵀ], every action enumerated, against the product without a matrix."""
    agent, obs, actions, advantages = small_agent("categorical")
    _, mean_kl, parameters = agent_functions(agent, obs, actions, advantages)
    fisher = 0
    for row in obs:
        logs = agent.policy(row).log_softmax(-1)
        for a in range(len(logs)):
            score = torch.cat([g.flatten() for g in torch.autograd.grad(logs[a], parameters, retain_graph=True)])
            fisher = fisher + logs[a].exp().detach() * torch.outer(score, score) / len(obs)
    vector = torch.randn(len(fisher), generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    torch.testing.assert_close(fisher_vector_product(mean_kl, parameters, vector), fisher @ vector)
    torch.testing.assert_close(fisher_vector_product(mean_kl, parameters, vector, 0.1), fisher @ vector + 0.1 * vector)


@pytest.mark.parametrize("kind", KINDS)
def test_the_product_is_the_hessian_of_the_mean_kl(kind):
    agent, obs, actions, advantages = small_agent(kind)
    _, mean_kl, parameters = agent_functions(agent, obs, actions, advantages)
    names = [name for name, _ in agent.named_parameters() if not name.startswith("critic")]
    names.sort(key=lambda name: name == "log_std")
    sizes = [p.numel() for p in parameters]
    start = torch.cat([p.detach().flatten() for p in parameters])

    def from_vector(vector):
        pieces = [part.view_as(p) for part, p in zip(vector.split(sizes), parameters)]
        named = dict(zip(names, pieces))
        policy = {n.removeprefix("policy."): p for n, p in named.items() if n.startswith("policy.")}
        output = torch.func.functional_call(agent.policy, policy, (obs,))
        if kind == "categorical":
            laws = [torch.distributions.Categorical(logits=z) for z in (agent.policy(obs).detach(), output)]
            return torch.distributions.kl_divergence(*laws).mean()
        old = torch.distributions.Normal(agent.policy(obs).detach(), agent.log_std.detach().exp())
        new = torch.distributions.Normal(output, named["log_std"].exp())
        return torch.distributions.kl_divergence(old, new).sum(-1).mean()

    hessian = torch.autograd.functional.hessian(from_vector, start)
    for i in (0, 5, len(start) - 1):
        product = fisher_vector_product(mean_kl, parameters, torch.eye(len(start), dtype=torch.float64)[i])
        torch.testing.assert_close(product, hessian[i])
    draws = torch.randn(len(start), generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    torch.testing.assert_close(fisher_vector_product(mean_kl, parameters, draws), hessian @ draws)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("max_kl", [1e-4, 0.01, 0.5])
def test_no_step_exceeds_delta_or_lowers_the_surrogate(kind, max_kl):
    accepted = 0
    for seed in range(10):
        agent, obs, actions, advantages = small_agent(kind, hidden=8, seed=seed)
        surrogate, mean_kl, parameters = agent_functions(agent, obs, actions, advantages)
        before, start = bits(parameters), surrogate().item()
        step = trpo_step(surrogate, mean_kl, iter(parameters), max_kl)
        assert step.kl == pytest.approx(mean_kl().item()) and step.kl <= max_kl
        assert step.gain == pytest.approx(surrogate().item() - start) and step.gain >= 0
        assert step.accepted == any((a != b).any() for a, b in zip(before, parameters))
        accepted += step.accepted
    assert accepted == 10


def test_a_step_multiplies_by_the_fisher_matrix_once_per_iteration():
    agent, obs, actions, advantages = small_agent("categorical", hidden=8)
    surrogate, mean_kl, parameters = agent_functions(agent, obs, actions, advantages)
    products = []

    def counted():
        if torch.is_grad_enabled():  # the line search asks without
            products.append(1)
        return mean_kl()

    trpo_step(surrogate, counted, parameters, cg_iterations=7)
    assert len(products) == 7


def test_a_small_step_uses_nearly_all_of_delta():
    agent, obs, actions, advantages = small_agent("categorical")
    step = trpo_step(*agent_functions(agent, obs, actions, advantages), max_kl=1e-5, damping=0.0, cg_iterations=60)
    assert step.kl == pytest.approx(1e-5, rel=0.1) or (step.backtracks == 1 and step.kl > 2e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_a_refused_step_leaves_the_policy_as_it_was(kind):
    agent, obs, actions, advantages = small_agent(kind)
    surrogate, mean_kl, parameters = agent_functions(agent, obs, actions, advantages)
    before = bits(parameters)

    def falls_whichever_way():
        return surrogate() - (1e3 if mean_kl() > 0 else 0.0)

    refused = {
        "falls": falls_whichever_way,
        "no slope": lambda: 0 * surrogate(),
        "nan": lambda: surrogate() * math.nan,
    }
    for name, function in refused.items():
        step = trpo_step(function, mean_kl, parameters)
        assert not step.accepted and step.kl == step.gain == 0, name
        assert all(torch.equal(a, b) for a, b in zip(before, parameters)), name


def test_a_kl_that_grows_faster_than_its_curvature_says_makes_the_step_shorter():
    theta = torch.zeros(2, dtype=torch.float64, requires_grad=True)
    step = trpo_step(lambda: theta.sum(), lambda: (theta @ theta) / 2 + 1e3 * (theta @ theta) ** 2, [theta], 0.01)
    assert step.accepted and step.backtracks > 0 and 0 < step.kl <= 0.01


def test_the_step_on_a_table_is_the_natural_gradient_with_kl_delta():
    """One state, exact advantages: F⁻¹g is the advantages up to a constant, so the logits move along them."""
    old = torch.log(torch.tensor([[0.5, 0.4, 0.1]], dtype=torch.float64))
    A = torch.tensor([[1.0, -0.5, -3.0]], dtype=torch.float64)  # Σ π A = 0
    theta = old.clone().requires_grad_()
    step = trpo_step(
        lambda: (theta.softmax(-1) * A).sum(), lambda: categorical_kl(theta, old).mean(), [theta], 1e-4, damping=0.0
    )
    moved = (theta - old).detach()[0]
    moved = moved - moved.mean()
    cosine = moved @ (A[0] - A[0].mean()) / moved.norm() / (A[0] - A[0].mean()).norm()
    assert step.accepted and cosine.item() == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize("max_kl", [0.0, -1.0, math.nan])
def test_a_constraint_that_is_none_is_refused(max_kl):
    theta = torch.zeros(1, requires_grad=True)
    with pytest.raises(ValueError, match="max_kl must be > 0"):
        trpo_step(lambda: theta.sum(), lambda: theta.sum(), [theta], max_kl)
