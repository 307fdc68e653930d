"""Numbers that say how a run is doing (lesson 08)."""

import math

import numpy as np

from ppo_edu.arrays import formula


@formula("values", "returns")
def explained_variance(values, returns):
    """1 − Var(returns − values) / Var(returns), a `float`: 1 is perfect but for a constant, 0 no better than one.

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


class Diagnosis:
    """Suspicious `signs` in a history, and what it `cannot_tell`: tuples of sentences."""

    def __init__(self, signs, cannot_tell):
        self.signs, self.cannot_tell = tuple(signs), tuple(cannot_tell)

    def __repr__(self):
        found = [f"! {sign}" for sign in self.signs] or ["no suspicious sign"]
        return "\n".join([*found, "the history cannot tell", *(f"? {question}" for question in self.cannot_tell)])


NOT_IN_A_HISTORY = (
    "whether minibatches are shuffled (count the rows that two epochs draw first)",
    "whether a time limit is taken for death (reward 1 for ever must be worth 1/(1 − γ))",
    "whether advantages stop at the end of an episode (change the next episode's rewards)",
    "whether a small entropy bonus has the right sign (give it a task where no action is better)",
)


def doctor(history):
    """Read the lists of a `train` history and say what looks wrong: a `Diagnosis`, with no sign for a healthy run.

    A sign is a reason to look closer, not a proof; silence is no proof either, as `cannot_tell` says.
    """
    rows = {name: np.array(history.get(name, ()), dtype=float) for name in METRICS}
    rows = {name: values[np.isfinite(values)] for name, values in rows.items()}
    stopped = getattr(history, "stopped", None)
    signs = [f"it ended early: {stopped}"] if stopped else []
    signs += [*_about_returns(rows["return"]), *_about_policy(**rows), *_about_critic(**rows)]
    missing = [f"{METRICS[name]}: it holds no finite `{name}`" for name, values in rows.items() if not len(values)]
    if 0 < len(rows["return"]) < 10:
        missing.append(f"where the return is heading: {len(rows['return'])} iterations with a return are too few")
    return Diagnosis(signs, (*missing, *NOT_IN_A_HISTORY))


METRICS = {
    "return": "how good the agent is",
    "approx_kl": "how far an update moves the policy",
    "clip_fraction": "whether the band is ever left",
    "entropy": "how undecided the policy is",
    "value_loss": "how far the critic is off",
    "explained_variance": "whether the critic knows good states from bad",
}


def _about_returns(returns):
    if len(returns) < 10:
        return
    first, last = returns[0], returns[-5:].mean()
    best = np.convolve(returns, np.ones(5) / 5, "valid").max()
    if first - last > max(np.ptp(returns) / 2, 0.3 * abs(first)):
        yield f"the return fell from {first:.4g} to {last:.4g}: it learns the opposite (a sign?)"
    elif best - last > max((best - first) / 2, 0.1 * abs(best)):
        yield f"the return reached {best:.4g} and fell back to {last:.4g}: steps too long, or nothing holds them"


def _about_policy(approx_kl, clip_fraction, entropy, **_):
    if len(approx_kl) and approx_kl.max() < 1e-7:
        yield "the policy never moves (KL 0): does a gradient reach it?"
    elif len(approx_kl) and approx_kl.max() > 0.15:
        yield f"one update moved the policy by KL {approx_kl.max():.2g}: does the ratio in the loss ever leave 1?"
    if len(clip_fraction) and len(approx_kl) and clip_fraction.max() == 0 and approx_kl.max() > 0.01:
        yield "no ratio was ever outside the band, though the policy moved: is the clip on, is π_old the old policy?"
    early = entropy[: max(1, len(entropy) // 3)]
    if len(entropy) and early.min() < 0.05 * entropy[0]:
        yield f"the entropy is gone early ({entropy[0]:.2g} to {early.min():.2g}): the policy stopped trying things"


def _about_critic(value_loss, explained_variance, **rows):
    if len(explained_variance) >= 10 and explained_variance.max() < 0.2:
        yield f"the critic never explained more than {max(explained_variance.max(), 0):.0%} of the returns' variance"
    if len(value_loss) and value_loss[-1] > 50 * value_loss[0] > 0:
        yield f"the value loss grew from {value_loss[0]:.2g} to {value_loss[-1]:.2g}: is it descended?"
    steady = len(value_loss) >= 10 and 0.3 < np.percentile(value_loss, 20) <= value_loss.max() < 0.7
    returns = rows["return"]
    if steady and len(returns) and np.ptp(returns) > 20:
        yield "the value loss stays near ½ while the returns change a lot: are the targets normalised?"


def interquartile_mean(scores):
    """Mean of the middle half, over the last axis: [..., S] → [...]; a quarter of the runs (rounded down) is cut off
    at either end, as in rliable.

    >>> float(interquartile_mean([0, 10, 20, 1000]))
    15.0
    """
    ordered = np.sort(scores, axis=-1)
    cut = ordered.shape[-1] // 4
    return ordered[..., cut : ordered.shape[-1] - cut].mean(-1)


def bootstrap_interval(scores, other=None, level=0.95, resamples=5000, seed=0):
    """Where the interquartile mean of S runs lies, by drawing S runs again and again: (low, high).

    With `other`, the difference `scores` − `other` of two groups of runs, each drawn for itself: an interval that
    holds 0 is within noise. scores [S], other [S'].
    """
    generator = np.random.default_rng(seed)

    def drawn(runs):
        return interquartile_mean(generator.choice(np.asarray(runs, dtype=float), (resamples, len(runs))))

    means = drawn(scores) - (0 if other is None else drawn(other))
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
