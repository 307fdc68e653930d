"""Exercise 08: what is concluded from two groups of runs, rightly and wrongly, as functions of a probe."""

import functools

import numpy as np

from ppo_edu.diagnostics import interquartile_mean
from ppo_edu.grading.checks.what_matters_interval import RIGHT, Probe, exact
from ppo_edu.grading.checks.what_matters_interval_beliefs import bootstrap, mean, of_two_intervals
from ppo_edu.grading.formula import belief

WORDS = ("better", "worse", "within the noise")
LEVEL = 0.95
OF_SCORES = of_two_intervals(lambda scores, baseline: scores)
OF_BASELINE = of_two_intervals(lambda scores, baseline: baseline)
OF_MEANS = bootstrap(statistic=mean)


def truth(probe):
    """(difference, low, high) of a probe."""
    difference = interquartile_mean(probe.scores) - interquartile_mean(probe.baseline)
    return np.array([difference, *interval_of(RIGHT, probe)])


def interval_of(formula, probe, level=LEVEL):
    return _kept(formula, tuple(probe.scores), tuple(probe.baseline), level)


@functools.cache
def _kept(formula, scores, baseline, level):
    return exact(formula, Probe(np.array(scores), np.array(baseline), level))


def verdict(low, high):
    return "better" if low > 0 else "worse" if high < 0 else "within the noise"


def conclusion(probe):
    """What an interval says."""
    _, low, high = truth(probe)
    return verdict(low, high)


def groups(probe):
    """The intervals of the two groups by themselves."""
    return interval_of(OF_SCORES, probe), interval_of(OF_BASELINE, probe)


def by_overlap(probe):
    (low, high), (base_low, base_high) = groups(probe)
    return "better" if low > base_high else "worse" if high < base_low else "within the noise"


def by_baselines_interval(probe):
    _, (low, high) = groups(probe)
    middle = interquartile_mean(probe.scores)
    return "better" if middle > high else "worse" if middle < low else "within the noise"


def by_scores_interval(probe):
    (low, high), _ = groups(probe)
    middle = interquartile_mean(probe.baseline)
    return "better" if middle < low else "worse" if middle > high else "within the noise"


def by_size(limit):
    """A difference counts when it is larger than limit(probe)."""

    def judged(probe):
        return verdict(truth(probe)[0] - limit(probe), truth(probe)[0] + limit(probe))

    return judged


def larger_deviation(probe):
    return max(probe.scores.std(), probe.baseline.std())


def touching(probe):
    _, low, high = truth(probe)
    return "better" if low >= 0 else "worse" if high <= 0 else "within the noise"


def of_means(probe):
    return verdict(*interval_of(OF_MEANS, probe))


def by_extremes(probe):
    if probe.scores.min() > probe.baseline.max():
        return "better"
    return "worse" if probe.scores.max() < probe.baseline.min() else "within the noise"


def turned(probe):
    return {"better": "worse", "worse": "better"}.get(conclusion(probe), "within the noise")


BELIEFS = (
    belief(
        "Your conclusion is the same whatever the runs are.",
        *(lambda probe, word=word: word for word in WORDS),
    ),
    belief(
        "You call it noise where the two groups' own intervals overlap. Both groups are rarely at their worst at once: "
        "ask whether the interval of the *difference* holds 0.",
        by_overlap,
    ),
    belief("Better and worse are exchanged. A return is better when it is higher.", turned),
    belief(
        "The sign of the difference decides for you, and noise never comes out. Ten other seeds might turn that sign; "
        "the interval says whether they could.",
        lambda probe: verdict(*[truth(probe)[0]] * 2),
        lambda probe: "better" if truth(probe)[0] > 0 else "worse",
        lambda probe: "better" if truth(probe)[0] >= 0 else "worse",
    ),
    belief(
        "You measure the difference against the standard deviation of the runs. That says how much one run varies, and "
        "does not shrink with more seeds; the uncertainty of the difference does.",
        by_size(larger_deviation),
        by_size(lambda probe: probe.scores.std()),
        by_size(lambda probe: probe.baseline.std()),
        by_size(lambda probe: np.hypot(probe.scores.std(), probe.baseline.std())),
    ),
    belief(
        "You ask whether the one group's IQM lies in the other's interval, as if the one were known exactly. Both are "
        "luck: it is the interval of the difference that decides.",
        by_baselines_interval,
        by_scores_interval,
    ),
    belief(
        "The mean decides for you. One broken seed of twenty then turns a gain into a loss; take the interquartile "
        "mean.",
        of_means,
        lambda probe: verdict(*[probe.scores.mean() - probe.baseline.mean()] * 2),
    ),
    belief(
        "An interval that only touches 0 holds it: where all runs end alike, nothing is better.",
        touching,
    ),
    belief(
        "You ask whether every run beats every other. That is far more than a difference of the two groups: they may "
        "differ clearly and still overlap.",
        by_extremes,
    ),
)
