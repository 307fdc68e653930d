"""Exercise 08: what is believed about intervals, as formulas (scores, baseline, generator, level, resamples)."""

from statistics import NormalDist

import numpy as np

from ppo_edu.diagnostics import interquartile_mean
from ppo_edu.grading.formula import belief


def mean(runs):
    return runs.mean(-1)


def median(runs):
    return np.median(runs, axis=-1)


def one_run(runs):
    return runs[..., 0]


def rows(generator, count, resamples, size):
    """Which runs each resample holds."""
    return generator.integers(count, size=(resamples, size))


def both_ends(level):
    return (1 - level) / 2, (1 + level) / 2


def bootstrap(
    statistic=interquartile_mean,
    size=lambda own, other: own,
    ends=both_ends,
    same_rows=False,
    redraw=(True, True),
    finish=lambda differences, ends: np.quantile(differences, ends),
):
    """The interval, with pieces that may be wrong ones; the right one where none is replaced."""

    def interval(scores, baseline, generator, level, resamples):
        n, m = len(scores), len(baseline)
        here = rows(generator, n, resamples, size(n, m))
        there = here % m if same_rows else rows(generator, m, resamples, size(m, n))
        first, second = (
            statistic(runs[drawn]) if again else statistic(runs)
            for runs, drawn, again in zip((scores, baseline), (here, there), redraw)
        )
        return finish(first - second, ends(level))

    return interval


def centred(half):
    """IQM difference ± half(scores, baseline, level)."""

    def interval(scores, baseline, generator, level, resamples):
        middle = interquartile_mean(scores) - interquartile_mean(baseline)
        width = half(scores, baseline, level)
        return middle - width, middle + width

    return interval


def around_means(half):
    def interval(scores, baseline, generator, level, resamples):
        middle, width = scores.mean() - baseline.mean(), half(scores, baseline, level)
        return middle - width, middle + width

    return interval


def z(level):
    return NormalDist().inv_cdf((1 + level) / 2)


def deviation(a, b, level, ddof=0):
    return np.sqrt(a.var(ddof=ddof) + b.var(ddof=ddof))


def standard_error(a, b, level):
    return z(level) * np.sqrt(a.var(ddof=1) / len(a) + b.var(ddof=1) / len(b))


def standard_error_0(a, b, level):
    return z(level) * np.sqrt(a.var() / len(a) + b.var() / len(b))


def alone(runs, generator, level, resamples):
    """The interval of one group by itself."""
    return np.quantile(interquartile_mean(runs[rows(generator, len(runs), resamples, len(runs))]), both_ends(level))


def of_two_intervals(combine):
    def interval(scores, baseline, generator, level, resamples):
        return combine(*(alone(runs, generator, level, resamples) for runs in (scores, baseline)))

    return interval


def pooled(scores, baseline, generator, level, resamples):
    """Both groups drawn from one heap."""
    heap = np.concatenate([scores, baseline])
    first, second = (heap[rows(generator, len(heap), resamples, len(x))] for x in (scores, baseline))
    return np.quantile(interquartile_mean(first) - interquartile_mean(second), both_ends(level))


def run_by_run(scores, baseline, generator, level, resamples):
    """Differences of pairs, drawn; groups of different sizes cannot be paired."""
    pairs = scores - baseline if len(scores) == len(baseline) else np.full(2, np.nan)
    return alone(pairs, generator, level, resamples)


def normal_ends(differences, ends):
    half = NormalDist().inv_cdf(ends[1]) * differences.std()
    return differences.mean() - half, differences.mean() + half


def mean_of_the_draws(differences, ends):
    half = NormalDist().inv_cdf(ends[1]) * differences.std() / np.sqrt(len(differences))
    return differences.mean() - half, differences.mean() + half


def one_deviation(differences, ends):
    return differences.mean() - differences.std(), differences.mean() + differences.std()


def raw_quantiles(scores, baseline, generator, level, resamples):
    return np.quantile(scores, both_ends(level)) - np.quantile(baseline, both_ends(level))


def no_draw(scores, baseline, *rest):
    middle = interquartile_mean(scores) - interquartile_mean(baseline)
    return middle, middle


def reflected(scores, baseline, generator, level, resamples):
    """The basic bootstrap: twice the difference less the quantiles."""
    low, high = bootstrap()(scores, baseline, generator, level, resamples)
    middle = interquartile_mean(scores) - interquartile_mean(baseline)
    return 2 * middle - high, 2 * middle - low


def around_the_difference(scores, baseline, generator, level, resamples):
    """Half the width of the interval to either side of the difference."""
    low, high = bootstrap()(scores, baseline, generator, level, resamples)
    middle = interquartile_mean(scores) - interquartile_mean(baseline)
    return middle - (high - low) / 2, middle + (high - low) / 2


def every_pair(scores, baseline, generator, level, resamples):
    return alone(np.subtract.outer(scores, baseline).ravel(), generator, level, resamples)


def swapped(formula, combine):
    return lambda *inputs: combine(*formula(*inputs))


BELIEFS = (
    belief(
        "The interval has no width: what is drawn are the runs there are, each once. Drawing *with* replacement is "
        "what stands in for other seeds.",
        no_draw,
        lambda scores, baseline, *rest: [scores.mean() - baseline.mean()] * 2,
        lambda scores, baseline, *rest: [median(scores) - median(baseline)] * 2,
    ),
    belief(
        "You divide the deviation of the draws by √resamples. That says how exactly you know their *mean*, and it "
        "shrinks with every draw more; how far other seeds could have ended is the spread of the draws itself.",
        bootstrap(finish=mean_of_the_draws),
        bootstrap(finish=lambda differences, ends: mean_of_the_draws(differences, both_ends(0.95))),
    ),
    belief(
        "You bootstrap the mean. One broken seed then stretches the interval; the statistic asked for is the "
        "interquartile mean.",
        bootstrap(statistic=mean),
    ),
    belief("You bootstrap the median. The statistic asked for is the interquartile mean.", bootstrap(statistic=median)),
    belief(
        "Both groups are drawn with the same indices. That ties run 3 of one group to run 3 of the other, though they "
        "have nothing to do with each other, and the interval comes out too narrow or too wide.",
        bootstrap(same_rows=True),
    ),
    belief(
        "You pair the runs and bootstrap their differences. These groups are not pairs: any run of one could have met "
        "any run of the other, and the sizes may differ.",
        run_by_run,
        every_pair,
    ),
    belief(
        "You cut 1 − level off at *either* end, so twice that is outside: for 95 % it is the 2.5th and the 97.5th "
        "percentile.",
        bootstrap(ends=lambda level: (1 - level, level)),
    ),
    belief(
        "You cut half of `level` off at either end. That is the share to *keep*; what is cut off is the rest, shared "
        "by the two ends.",
        bootstrap(ends=lambda level: (level / 2, 1 - level / 2)),
    ),
    belief(
        "You halve what is left out twice.",
        bootstrap(ends=lambda level: ((1 - level) / 4, 1 - (1 - level) / 4)),
    ),
    belief(
        "You cut off at one end only. Luck goes both ways: half of what is outside belongs to either end.",
        bootstrap(ends=lambda level: (0.0, level)),
        bootstrap(ends=lambda level: (1 - level, 1.0)),
    ),
    belief(
        "The ends are percentages where shares are asked for, or the other way round: that is nearly the least or the "
        "largest of all differences.",
        bootstrap(ends=lambda level: ((1 - level) / 200, (1 + level) / 200)),
        bootstrap(ends=lambda level: (0.0, 1.0)),
    ),
    belief(
        "Your level does not move: the same shares of the draws are cut off whatever level is asked for.",
        *(bootstrap(ends=lambda _, level=level: both_ends(level)) for level in (0.95, 0.9, 0.8, 0.5, 0.99)),
    ),
    belief(
        "The sign is turned: asked is scores minus baseline, above 0 where the change helps.",
        swapped(bootstrap(), lambda low, high: (-high, -low)),
        swapped(bootstrap(), lambda low, high: (-low, -high)),
    ),
    belief(
        "The ends are in the wrong order: first low, then high.", swapped(bootstrap(), lambda low, high: (high, low))
    ),
    belief(
        "Only one of the groups is drawn anew. The other's runs are luck as well.",
        bootstrap(redraw=(True, False)),
        bootstrap(redraw=(False, True)),
    ),
    belief(
        "That is the interval of one group. Asked is that of the *difference*.",
        of_two_intervals(lambda first, second: first),
        of_two_intervals(lambda first, second: second),
    ),
    belief(
        "You subtract the ends of two intervals from each other. Both groups are rarely at their worst at once: draw "
        "both, subtract, and then look at the ends.",
        of_two_intervals(lambda first, second: (first[0] - second[1], first[1] - second[0])),
        of_two_intervals(lambda first, second: (first[0] - second[0], first[1] - second[1])),
    ),
    belief(
        "Both groups are drawn from one heap. That is how a world looks in which they do not differ; the interval "
        "asked for lies around the difference there is.",
        pooled,
    ),
    belief(
        "You draw another number of runs than the group has. With more the interval is too narrow, with fewer too "
        "wide: it must be as many as there are.",
        bootstrap(size=lambda own, other: own - 1),
        bootstrap(size=lambda own, other: own + 1),
        bootstrap(size=lambda own, other: 10),
        bootstrap(size=lambda own, other: 2 * own),
        bootstrap(size=lambda own, other: own + other),
        bootstrap(size=lambda own, other: max(own, other)),
        bootstrap(size=lambda own, other: min(own, other)),
        bootstrap(size=lambda own, other: other),
    ),
    belief(
        "That is the spread of single runs: each draw is one run, or one difference of two. Take the interquartile "
        "mean of a whole drawn group, then the next one.",
        bootstrap(statistic=one_run),
        raw_quantiles,
    ),
    belief(
        "That is the standard deviation of the runs. It says how much *one* run varies, and does not shrink with more "
        "seeds; asked is how far the IQM can be trusted.",
        centred(deviation),
        around_means(deviation),
        centred(lambda a, b, level: deviation(a, b, level, 1)),
        around_means(lambda a, b, level: deviation(a, b, level, 1)),
        centred(lambda a, b, level: z(level) * deviation(a, b, level)),
        around_means(lambda a, b, level: z(level) * deviation(a, b, level)),
        centred(lambda a, b, level: z(level) * deviation(a, b, level, 1)),
        around_means(lambda a, b, level: z(level) * deviation(a, b, level, 1)),
    ),
    belief(
        "That is the standard error of a *mean* and a normal distribution. Runs are not normal, and the IQM is not the "
        "mean: let the draws say it.",
        centred(standard_error),
        around_means(standard_error),
        centred(standard_error_0),
        around_means(standard_error_0),
    ),
    belief(
        "One standard deviation of the differences on either side: that is about 68 % where they form a bell curve, "
        "whatever level is asked for.",
        bootstrap(finish=one_deviation),
    ),
    belief(
        "You draw, and then take the differences for normal. With a broken seed they are lopsided; read the ends off "
        "the draws themselves.",
        bootstrap(finish=normal_ends),
    ),
    belief(
        "You put the interval symmetrically around the difference. With a broken seed the draws are lopsided; asked "
        "are their quantiles as they are.",
        around_the_difference,
    ),
    belief(
        "You reflect the draws at the difference (2·difference − quantile). Asked are the quantiles as they are.",
        reflected,
    ),
)
