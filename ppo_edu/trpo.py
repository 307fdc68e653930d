"""Trust Region Policy Optimization for any torch policy: a step along F⁻¹g, as far as the KL allows (lesson 04)."""

from typing import NamedTuple

import torch

from ppo_edu.ratio import probability_ratio


class Step(NamedTuple):
    """What `trpo_step` did: mean KL(π_old ‖ π) and rise of the surrogate (both 0 when refused), times halved."""

    accepted: bool
    kl: float
    gain: float
    backtracks: int


def conjugate_gradient(matvec, b, iterations=10, tol=1e-10):
    """x with H x = b, where H is symmetric, positive, and known only by matvec(v) = H v. [P] → [P].

    Exact after P iterations but for rounding, near much earlier; ends when ‖b − H x‖ ≤ tol · ‖b‖, or where H does
    not curve upwards. numpy or torch. TRPO paper, appendix C.

    >>> import numpy as np
    >>> H = np.array([[4.0, 1.0], [1.0, 3.0]])
    >>> conjugate_gradient(lambda v: H @ v, np.array([1.0, 2.0]), iterations=2).round(6).tolist()
    [0.090909, 0.636364]
    """
    x, residual, direction = 0 * b, b, b
    squared = residual @ residual
    for _ in range(iterations):
        if squared <= tol**2 * (b @ b):
            break
        product = matvec(direction)
        if not direction @ product > 0:
            break
        length = squared / (direction @ product)
        x = x + length * direction
        residual = residual - length * product
        squared, before = residual @ residual, squared
        direction = residual + squared / before * direction
    return x


def fisher_vector_product(mean_kl, parameters, vector, damping=0.0):
    """F v + damping · v, with F = ∇²KL(π_old ‖ π_θ) at θ_old, and no matrix: F v = ∇(∇KL · v). [P] → [P].

    mean_kl(): the mean KL as a tensor, with gradients in `parameters`. Where θ = θ_old, F is the Fisher
    matrix E[∇log π ∇log πᵀ]; elsewhere it is the Hessian of the KL, for a network another matrix. For logits it is
    diag(π) − ππᵀ, as in the example. TRPO paper, appendix C.

    >>> from ppo_edu.kl import categorical_kl
    >>> old = torch.tensor([0.5, 0.4, 0.1], dtype=torch.float64).log()
    >>> theta = old.clone().requires_grad_()
    >>> first = torch.tensor([1, 0, 0], dtype=torch.float64)
    >>> fisher_vector_product(lambda: categorical_kl(theta, old), [theta], first).numpy().round(4).tolist()
    [0.25, -0.2, -0.05]
    """
    gradient = _flat(torch.autograd.grad(mean_kl(), parameters, create_graph=True))
    return _flat(torch.autograd.grad(gradient @ vector, parameters)) + damping * vector


def trpo_step(surrogate, mean_kl, parameters, max_kl=0.01, cg_iterations=10, damping=0.01, max_backtracks=10):
    """Maximise the surrogate subject to mean KL(π_old ‖ π_θ) ≤ δ = max_kl, by one step; → `Step`. TRPO paper §6.

    θ ← θ + 2⁻ⁱ · √(2δ / xᵀFx) · x with x = F⁻¹g, g = ∇surrogate, and the first i = 0, 1, … whose *measured* KL is
    at most δ and whose surrogate rises. If there is none, the parameters stay what they were, to the last bit.
    surrogate(), mean_kl(): numbers as tensors; parameters: what they depend on, changed in place.
    Raises `ValueError` unless max_kl > 0.
    """
    if not max_kl > 0:
        raise ValueError(f"max_kl must be > 0, got {max_kl}; usual values are 0.001 to 0.05")
    parameters = list(parameters)
    start, old = surrogate(), _flat(parameters).detach()
    slope = _flat(torch.autograd.grad(start, parameters))
    x = conjugate_gradient(lambda v: fisher_vector_product(mean_kl, parameters, v, damping), slope, cg_iterations)
    curvature = float(x @ slope)  # xᵀFx, because CG leaves a residual g − Fx orthogonal to x
    for backtracks in range(max_backtracks + 1 if curvature > 0 else 0):
        _assign(parameters, old + (2 * max_kl / curvature) ** 0.5 / 2**backtracks * x)
        with torch.no_grad():
            gain, kl = float(surrogate() - start), float(mean_kl())
        if kl <= max_kl and gain > 0:
            return Step(True, kl, gain, backtracks)
    _assign(parameters, old)
    return Step(False, 0.0, 0.0, max_backtracks)


def agent_functions(agent, obs, actions, advantages):
    """What `trpo_step` wants, for an `ActorCritic` that is π_old now: (surrogate, mean_kl, parameters).

    obs [B, O], actions [B] or [B, A], advantages [B], all tensors. surrogate is L^CPI, the mean of ratio · Â.
    """

    def surrogate():
        return (probability_ratio(agent.logprobs_and_entropy(obs, actions)[0], old_logprobs) * advantages).mean()

    def mean_kl():
        return agent.kl_from(old, obs).mean()

    with torch.no_grad():
        old, (old_logprobs, _) = agent.distribution(obs), agent.logprobs_and_entropy(obs, actions)
    std = [] if agent.log_std is None else [agent.log_std]
    return surrogate, mean_kl, [*agent.policy.parameters(), *std]


def _flat(tensors):
    """One vector [P] of all entries."""
    return torch.cat([tensor.reshape(-1) for tensor in tensors])


def _assign(parameters, vector):
    """Write a vector [P] back into the parameters."""
    for parameter, values in zip(parameters, vector.split([p.numel() for p in parameters]), strict=True):
        parameter.detach().copy_(values.view_as(parameter))
