"""The value loss, advantage normalisation and the total objective (lesson 06)."""

from ppo_edu.arrays import backend, formula, require_clip_eps


@formula("values", "returns")
def value_loss(values, returns):
    """½ (V(s) − V̂)² per sample, to be minimised; V̂ = Â + V_old is the target. Any shape.

    Raises `ValueError` when the shapes differ.

    >>> value_loss(1.5, 3.5)
    2.0
    """
    return (values - returns) ** 2 / 2


@formula("values", "old_values", "returns")
def clipped_value_loss(values, old_values, returns, clip_eps):
    """½ max((V − V̂)², (V_old + clip(V − V_old, −ε, ε) − V̂)²) per sample, to be minimised. Any shape.

    Not in the PPO paper but in OpenAI's later `ppo2`: no gradient once V has moved towards the target by more than
    ε. Note that ε is in units of reward here. Raises `ValueError` for ε < 0 or shapes that differ.

    >>> round(clipped_value_loss(1.5, 1.0, 3.5, 0.2), 6)  # as if V had stopped at 1.2
    2.645
    """
    require_clip_eps(clip_eps)
    xp = backend(values)
    near_old = old_values + xp.clip(values - old_values, -clip_eps, clip_eps)
    return xp.maximum((values - returns) ** 2, (near_old - returns) ** 2) / 2


@formula("advantages")
def normalize(advantages):
    """(Â − mean) / (std + 1e-8) over the whole batch, population std. Any shape.

    Equal advantages become 0 where their mean is exact; its rounding error is scaled up like any other noise.

    >>> normalize([1.0, 3.0]).round(6)
    array([-1.,  1.])
    """
    if not len(advantages.reshape(-1)):
        return advantages
    centred = advantages - advantages.mean()
    return centred / ((centred**2).mean() ** 0.5 + 1e-8)


@formula("clip_objective", "value_loss", "entropy")
def total_objective(clip_objective, value_loss, entropy, vf_coef, ent_coef):
    """L = L^CLIP − c₁ L^VF + c₂ S, to be maximised: an optimizer is given −L. PPO paper eq. 9.

    The three may be means or per sample. Raises `ValueError` when the shapes differ.

    >>> round(total_objective(2.4, 2.0, 0.94, vf_coef=0.5, ent_coef=0.01), 4)
    1.4094
    """
    return clip_objective - vf_coef * value_loss + ent_coef * entropy
