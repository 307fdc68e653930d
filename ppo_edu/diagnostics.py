"""Numbers that say how a run is doing (lesson 08)."""

import math

from ppo_edu.arrays import formula


@formula("values", "returns")
def explained_variance(values, returns):
    """1 − Var(returns − values) / Var(returns), a `float`: 1 is a perfect critic, 0 no better than a constant.

    Negative when worse than a constant; nan when the returns do not vary, or there are none.
    Raises `ValueError` when the shapes differ.

    >>> explained_variance([1.0, 2.0, 3.0], [1.0, 2.0, 3.0])
    1.0
    >>> explained_variance([0.0, 0.0, 0.0], [5.0, 5.0, 5.0])
    nan
    """
    returns, errors = returns.reshape(-1), (returns - values).reshape(-1)
    if not len(returns) or float(returns.max() - returns.min()) == 0:
        return math.nan
    return 1 - _variance(errors) / _variance(returns)


def _variance(array):
    return float(((array - array.mean()) ** 2).mean())
