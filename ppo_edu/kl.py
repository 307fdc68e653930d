"""How far the policy has moved: every KL here is KL(π_old ‖ π), the new policy named first (lesson 04)."""

from ppo_edu.arrays import backend, formula, log_softmax, xlogy

ESTIMATORS = ("k1", "k2", "k3")


@formula("logits", "old_logits", last_axis=True)
def categorical_kl(logits, old_logits):
    """KL(π_old ‖ π) = Σ_a π_old(a) (log π_old(a) − log π(a)), exact. [B, A] → [B], in nats.

    Logits need no normalisation. An action masked (−inf) in π_old adds nothing and has no gradient; one that
    only π rules out makes the KL inf. Raises `ValueError` when the shapes differ.

    >>> import numpy as np
    >>> round(categorical_kl(np.log([0.6, 0.4]), np.log([0.5, 0.5])).item(), 6)
    0.020411
    """
    logs, old_logs = log_softmax(logits), log_softmax(old_logits)
    xp = backend(logits)
    old_probs = xp.exp(old_logs)
    return (xlogy(old_probs, old_logs) - xlogy(old_probs, logs)).sum(-1)


@formula("logprobs", "old_logprobs")
def approx_kl(logprobs, old_logprobs, estimator="k3"):
    """KL(π_old ‖ π) estimated per sample from actions drawn by π_old; average it. Any shape, in nats.

    With x = log π − log π_old: k1 = −x (unbiased, noisy, can be negative), k2 = ½x² (biased, never
    negative), k3 = eˣ − 1 − x (unbiased, never negative). Schulman, "Approximating KL divergence".
    Raises `ValueError` for another estimator or shapes that differ.

    >>> import math
    >>> round(approx_kl(math.log(0.5), math.log(0.2)), 6)  # ratio 2.5: 2.5 − 1 − log 2.5
    0.583709
    """
    logratio = logprobs - old_logprobs
    match estimator:
        case "k1":
            return -logratio
        case "k2":
            return logratio**2 / 2
        case "k3":  # expm1, because eˣ − 1 loses every digit at x = 1e-8
            return backend(logratio).expm1(logratio) - logratio
    raise ValueError(f"estimator must be one of {', '.join(ESTIMATORS)}, got {estimator!r}")


@formula("probs", "old_probs", last_axis=True)
def second_order_kl(probs, old_probs):
    """½ Σ_a π_old(a) (π(a)/π_old(a) − 1)²: what KL(π_old ‖ π) is for a small change. [B, A] → [B].

    It is χ²/2 and can be too large or too small (lesson 04). An action impossible in both adds nothing.
    Raises `ValueError` when the shapes differ.

    >>> import numpy as np
    >>> round(second_order_kl(np.array([0.6, 0.4]), np.array([0.5, 0.5])).item(), 6)
    0.02
    """
    xp = backend(probs)
    change = (probs - old_probs) ** 2
    unchanged = change == 0
    return xp.where(unchanged, change, change / xp.where(unchanged, xp.ones_like(probs), old_probs)).sum(-1) / 2


@formula("mean", "std", "old_mean", "old_std")
def gaussian_kl(mean, std, old_mean, old_std):
    """KL(N_old ‖ N) = log(σ/σ_old) + (σ_old² + (μ_old − μ)²) / (2σ²) − ½, per dimension, any shape.

    A diagonal Gaussian policy's KL is the sum over its action dimensions: `.sum(-1)`.
    Raises `ValueError` when the shapes differ.

    >>> gaussian_kl(1.0, 1.0, 0.0, 1.0)
    0.5
    """
    return backend(std).log(std / old_std) + (old_std**2 + (old_mean - mean) ** 2) / (2 * std**2) - 0.5


def adaptive_kl_coef(kl_coef, kl, target_kl):
    """β for the next update: halved if kl < target/1.5, doubled if kl > 1.5·target, else kept. PPO paper §4.

    Three numbers; raises `ValueError` unless target_kl > 0.

    >>> adaptive_kl_coef(1.0, kl=0.02, target_kl=0.01), adaptive_kl_coef(1.0, kl=0.01, target_kl=0.01)
    (2.0, 1.0)
    """
    if not target_kl > 0:
        raise ValueError(f"target_kl must be > 0, got {target_kl}")
    if kl > 1.5 * target_kl:
        return kl_coef * 2
    return kl_coef / 2 if kl < target_kl / 1.5 else kl_coef
