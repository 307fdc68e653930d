"""PPO's clipped objective, its slope, and two ways to count what clipping does (lesson 03)."""

from ppo_edu.arrays import backend, formula, require_clip_eps, share


@formula("ratio", "advantages")
def clipped_objective(ratio, advantages, clip_eps):
    """L^CLIP per sample: min(ratio · Â, clip(ratio, 1−ε, 1+ε) · Â), to be maximised. PPO paper eq. 7.

    ratio, advantages: one shape; the caller takes the mean. `clip_eps=math.inf` gives L^CPI.
    Raises `ValueError` for ε < 0 or shapes that differ.

    >>> clipped_objective(2.5, 2.0, 0.2)  # Example 1: a good action that became likelier is capped …
    2.4
    >>> clipped_objective(2.5, -2.0, 0.2)  # … a bad one is not
    -5.0
    """
    require_clip_eps(clip_eps)
    xp = backend(ratio)
    return xp.minimum(ratio * advantages, xp.clip(ratio, 1 - clip_eps, 1 + clip_eps) * advantages)


@formula("ratio", "advantages")
def clipped_objective_slope(ratio, advantages, clip_eps):
    """dL^CLIP/d ratio per sample: 0 where `gradient_is_zero`, else Â, also at the kinks (as torch returns).

    Raises `ValueError` for ε < 0 or shapes that differ.

    >>> clipped_objective_slope(2.5, 2.0, 0.2), clipped_objective_slope(2.5, -2.0, 0.2)
    (0.0, -2.0)
    """
    xp = backend(ratio)
    slope = xp.where(gradient_is_zero(ratio, advantages, clip_eps), xp.zeros_like(advantages), advantages)
    return xp.where(xp.isnan(ratio), ratio, slope)


@formula("ratio", "advantages")
def gradient_is_zero(ratio, advantages, clip_eps):
    """True where a sample is silent: Â > 0 and ratio > 1+ε, or Â < 0 and ratio < 1−ε, or Â = 0.

    A bool of the inputs' shape. Outside the band on the *other* side the gradient stays (lesson 03).
    Raises `ValueError` for ε < 0 or shapes that differ.

    >>> gradient_is_zero(2.5, 2.0, 0.2), gradient_is_zero(2.5, -2.0, 0.2)
    (True, False)
    """
    require_clip_eps(clip_eps)
    too_likely = (advantages > 0) & (ratio > 1 + clip_eps)
    too_rare = (advantages < 0) & (ratio < 1 - clip_eps)
    return too_likely | too_rare | (advantages == 0)


@formula("ratio")
def clip_fraction(ratio, clip_eps):
    """Share of samples whose ratio is outside [1−ε, 1+ε], on either side. A `float`; nan when empty.

    This is what most code logs; it counts samples that still have a gradient, too.
    Raises `ValueError` for ε < 0.

    >>> clip_fraction([2.5, 1.1, 0.5, 1.0], 0.2)
    0.5
    """
    require_clip_eps(clip_eps)
    return share((ratio > 1 + clip_eps) | (ratio < 1 - clip_eps))


@formula("ratio", "advantages")
def zero_gradient_fraction(ratio, advantages, clip_eps):
    """Share of samples without a gradient: the mean of `gradient_is_zero`. A `float`; nan when empty.

    Raises `ValueError` for ε < 0 or shapes that differ.

    >>> zero_gradient_fraction([2.5, 2.5, 0.5, 0.5], [2.0, -2.0, 2.0, -2.0], 0.2)
    0.5
    """
    return share(gradient_is_zero(ratio, advantages, clip_eps))
