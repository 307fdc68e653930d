"""Exercise 08: a bootstrap interval of a difference. Answers are random, so they are judged by where they lie."""

import functools
from dataclasses import dataclass
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from ppo_edu.diagnostics import interquartile_mean
from ppo_edu.grading import runner
from ppo_edu.grading.checks.what_matters_interval_beliefs import BELIEFS, bootstrap, mean, median
from ppo_edu.grading.formula import shown
from ppo_edu.grading.items import Item, Verdict
from ppo_edu.grading.report import Case, Step

RIGHT = bootstrap()
EXACT = 20_000  # resamples of what an answer is compared with
TOLERANCE = 0.09  # of the interval's width: six times what the resamples leave open
ALIKE = 0.12, 0.3  # median and mean distance, in widths, from a belief; some end in a far tail, where draws jump


class Probe(NamedTuple):
    """Two groups of runs, the level asked for, and the draws it takes to see it."""

    scores: np.ndarray
    baseline: np.ndarray
    level: float
    resamples: int = 3000

    def __str__(self):
        groups = f"scores = {shown(self.scores)}, baseline = {shown(self.baseline)}"
        return f"{groups}, level = {self.level:g}"


def bell(count, centre, spread):
    """So many runs where the quantiles of a normal distribution lie, from low to high."""
    return centre + spread * np.array([NormalDist().inv_cdf((i + 0.5) / count) for i in range(count)])


BROKEN = np.array([40.0, 384.0, 368.0, 355.0, 380.0, 60.0, 362.0, 371.0, 377.0, 390.0, 350.0, 374.0])


def usual_sizes(seed):
    """Ten runs each; nine each, both from low to high; twelve, two of them with a broken seed, against eight."""
    up = 10.0 * (seed % 7)
    return [
        Probe(bell(10, 400 + up, 15), bell(10, 370 + up, 40)[::-1], 0.95),
        Probe(bell(9, 400 + up, 30), bell(9, 370 + up, 30), 0.8),
        Probe(BROKEN + up, bell(8, 350 + up, 15), 0.5),
    ]


def other_sizes(seed):
    """Five runs against twelve with broken seeds; two against two; runs that all end alike."""
    up = 10.0 * (seed % 7)
    return [
        Probe(np.array([310.0, 350.0, 365.0, 372.0, 380.0]) + up, BROKEN + up, 0.85),
        Probe(np.array([300.0, 340.0]) + up, np.array([310.0, 330.0]) + up, 0.8, 2000),
        Probe(np.array([300.0, 340.0]) + up, np.array([320.0, 320.0]) + up, 0.6, 2000),
        Probe(np.full(6, 500.0), np.full(4, 430.0), 0.95, 100),
    ]


PARTS = (
    ("ten runs, nine, twelve with two broken seeds; levels 0.95, 0.8, 0.5", 0.75, usual_sizes),
    ("groups of different sizes, of two runs, of runs that all end alike", 0.5, other_sizes),
)
FROM_GENERATOR = ("the draws come from the generator: the same for the same, others for another", 0.25)


def probes_of(seed):
    """All probes, each with its part."""
    return [(part, probe) for part in PARTS for probe in part[2](seed)]


@functools.cache
def held(formula, seed, i, resamples=4000):
    """What a formula gives for probe i."""
    return exact(formula, probes_of(seed)[i][1], resamples)


class Row(NamedTuple):
    """A probe, the learner's answer to it, and the true one."""

    part: tuple
    probe: Probe
    answer: np.ndarray
    truth: np.ndarray

    @property
    def right(self):
        return near(self.answer, self.truth, self.truth)


@dataclass(frozen=True)
class Interval:
    """`Interval(beliefs)(function, seed)` gives the `Verdict` on (scores, baseline, generator, level, resamples)."""

    beliefs: tuple

    def __call__(self, function, seed):
        answers = [(part, probe, self._ask(function, probe, seed)) for part, probe in probes_of(seed)]
        with runner.no_time_limit():
            rows = [Row(*found, held(RIGHT, seed, i, EXACT)) for i, found in enumerate(answers)]
        steps = [self._step(part, [row for row in rows if row.part is part]) for part in PARTS]
        few = rows[0].probe._replace(resamples=50)
        one, again, other = (self._ask(function, few, number) for number in (seed, seed, seed + 1))
        repeats, varies = np.array_equal(one, again), not np.array_equal(one, other)
        steps.append(Step(*FROM_GENERATOR, steps[0].passed and repeats and varies))
        if all(step.passed for step in steps):
            return Verdict(tuple(steps), WHY)
        if all(step.passed for step in steps[:-1]):
            return Verdict(tuple(steps), ALWAYS_THE_SAME if repeats else NOT_FROM_GENERATOR)
        with runner.no_time_limit():
            return Verdict(tuple(steps), self._say(rows, seed))

    def _ask(self, function, probe, seed):
        """(low, high) of the learner's; nan where groups of different sizes are too much for it."""
        generator = np.random.default_rng(seed)
        try:
            result, changed = runner.call(function, probe.scores, probe.baseline, generator, *probe[2:])
        except runner.Raised:
            if len(probe.scores) == len(probe.baseline):
                raise
            return np.full(2, np.nan)
        if set(changed) - {2}:
            raise runner.Unusable("Your function changed the scores in place; its caller still needs them.")
        answer = runner.numbers(result)
        if answer.shape != (2,):
            raise runner.Unusable("Asked are two numbers: (low, high).")
        return answer

    def _step(self, part, rows):
        title, points, _ = part
        wrong = next((row for row in rows if not row.right), None)
        if wrong is None:
            return Step(title, points, True)
        low, high = (f"{shown(x[0])} to {shown(x[1])}" for x in (wrong.truth, wrong.answer))
        return Step(title, points, False, Case(str(wrong.probe), f"about {low}", high))

    def _say(self, rows, seed):
        answered = [i for i, row in enumerate(rows) if np.isfinite(row.answer).all()]
        lost = [row.probe for i, row in enumerate(rows) if i not in answered]
        if lost and all(rows[i].right for i in answered):
            return ONE_SIZE if all(len(x.scores) != len(x.baseline) for x in lost) else NAN
        if len(answered) == len(rows) and _one_draw(rows):
            return ONE_DRAW
        formulas = [formula for belief in self.beliefs for formula in belief.formulas]
        for among in (range(len(rows)), answered):
            far = {f: [apart(held(f, seed, i), rows[i]) for i in among] or [1] for f in formulas}
            # With the median: where broken seeds make the ends jump, one probe may be far off by the draw.
            closest = min(far, key=lambda formula: np.mean(far[formula]) + np.median(far[formula]))
            if np.median(far[closest]) < ALIKE[0] and np.mean(far[closest]) < ALIKE[1]:
                return next(belief.message for belief in self.beliefs if closest in belief.formulas)
        return ONE_SIZE if lost else OTHERWISE


def _one_draw(rows):
    """Has no interval a width, though they are neither one number nor a difference of the runs there are?"""
    if any(np.ptp(row.answer) for row in rows):
        return False
    said = [row.answer[0] for row in rows]
    undrawn = (
        [f(row.probe.scores) - f(row.probe.baseline) for row in rows] for f in (interquartile_mean, mean, median)
    )
    return np.ptp(said) > 0 and not any(np.allclose(said, middles) for middles in undrawn)


def apart(believed, row):
    """How far a belief's interval is from the learner's, in units of the wider of it and the truth; at most 1."""
    missing = ~np.isfinite([believed, row.answer]).all(axis=1)
    if missing.any():
        return 0.0 if missing.all() else np.inf
    width = max(abs(np.diff(x)[0]) for x in (believed, row.truth))
    return min(np.abs(believed - row.answer).max() / max(width, 1e-3), 1.0)


def exact(formula, probe, resamples=EXACT):
    """What a formula gives with many resamples."""
    generator = np.random.default_rng(12345)
    return np.array(runner.quietly(formula, probe.scores, probe.baseline, generator, probe.level, resamples))


def near(left, right, truth, tolerance=TOLERANCE):
    """Are both ends the same, measured by the width of the true interval?"""
    return np.allclose(left, right, rtol=0, atol=tolerance * abs(truth[1] - truth[0]) + 1e-4)


ONE_DRAW = (
    "Your interval has no width: every draw is the same one. A generator that is made, or seeded, inside the loop "
    "begins at the same place each time; go on with the one you are given."
)
NAN = "There is a nan in your interval. Does your `iqm` pass its own check, with two runs as well?"
ONE_SIZE = (
    "Groups may differ in size. Each is drawn for itself, as many runs as it has; yours raised an error, or gave nan."
)
OTHERWISE = (
    "Draw each group anew, with replacement and as many runs as it has; take the difference of the two interquartile "
    "means; do so `resamples` times, and see where the middle of all differences lies."
)
NOT_FROM_GENERATOR = (
    "Two calls with generators in the same state gave two intervals: you draw from another source. A result that "
    "cannot be repeated cannot be checked."
)
ALWAYS_THE_SAME = (
    "Another generator gives the very same interval, so you do not draw from the one you were given. Who wants to see "
    "how far the draws matter must be able to change them."
)
WHY = (
    "Both groups are luck, so both are drawn anew, each for itself. The level is the share of differences between the "
    "two ends, with half of the rest on either side."
)

INTERVAL = Item(
    name="difference_interval",
    exercise="08_what_matters",
    points=1.5,
    judge=Interval(BELIEFS),
    seconds=30,
    hints=(
        "If the ten seeds had been ten others, what would the difference have been? What of these two groups is luck?",
        "Draw runs with replacement from either group by itself, as many as it holds; keep the difference of the two "
        "IQMs. After many draws, cut the same share off at both ends.",
        "differences = [iqm(generator.choice(scores, ___)) − iqm(___) for _ in range(resamples)]; return "
        "np.quantile(differences, [(1 − level) / ___, ___])",
    ),
    answer="differences = []\n"
    "for _ in range(resamples):\n"
    "    here = generator.choice(scores, len(scores))\n"
    "    there = generator.choice(baseline, len(baseline))\n"
    "    differences.append(iqm(here) - iqm(there))\n"
    "low, high = np.quantile(differences, [(1 - level) / 2, (1 + level) / 2])\n"
    "return low, high",
)
