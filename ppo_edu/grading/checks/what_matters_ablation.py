"""Exercise 08: an ablation as it should be reported: a difference, its interval, and the word that follows from it."""

from dataclasses import dataclass

import numpy as np

from ppo_edu.diagnostics import interquartile_mean
from ppo_edu.grading import runner
from ppo_edu.grading.checks.what_matters_ablation_beliefs import BELIEFS, LEVEL, WORDS, interval_of, truth, verdict
from ppo_edu.grading.checks.what_matters_interval import RIGHT, Probe, bell, near
from ppo_edu.grading.formula import shown
from ppo_edu.grading.items import Item, Verdict
from ppo_edu.grading.report import Case, Step

KEYS = ("difference", "low", "high", "conclusion")
LEVELS = (0.5, 0.68, 0.8, 0.9, 0.975, 0.98, 0.99, 0.999)
AS_WIDE = 0.08  # 90 % is narrower by 0.16; 2000 draws leave the mean of all widths open to 0.009, 500 to 0.018
NOT_THERE = ("equal", "same", "no effect", "no difference", "identical", "none")


def clear(seed):
    """Far apart, either way; nothing between them; few runs and much noise."""
    up = 10.0 * (seed % 7)
    high, low = bell(10, 480 + up, 25), bell(8, 350 + up, 25)
    return [
        Probe(high, low[::-1], LEVEL),
        Probe(low, high - 55, LEVEL),
        Probe(bell(10, 376 + up, 40), bell(10, 370 + up, 40), LEVEL),
        Probe(bell(7, 366 + up, 50), bell(5, 390 + up, 60), LEVEL),
    ]


def hard(seed):
    """Overlapping intervals of groups that differ; many runs; a broken seed; few noisy ones; all alike; small ones."""
    up = 10.0 * (seed % 7)
    base, broken = bell(20, 370 + up, 30), np.append(9.0, bell(19, 385 + up, 8))
    many, noisy = bell(40, 370 + up, 30), bell(6, 400 + up, 60)
    return [
        Probe(base + 25, base, LEVEL),
        Probe(base - 25, base, LEVEL),
        Probe(many + 24, many, LEVEL),
        Probe(broken, bell(12, 372 + up, 8), LEVEL),
        Probe(noisy, bell(20, 366 + up, 20), LEVEL),
        Probe(bell(20, 366 + up, 20), noisy, LEVEL),
        Probe(np.full(10, 500.0), np.full(10, 500.0), LEVEL),
        Probe(bell(10, 8.1, 0.6), bell(12, 7.1, 0.6), LEVEL),
        Probe(bell(12, 7.1, 0.6), bell(10, 8.1, 0.6), LEVEL),
    ]


@dataclass(frozen=True)
class Conclusions:
    """`Conclusions(beliefs)(function, seed)` gives the `Verdict` on (scores, baseline, generator) → a dict of KEYS."""

    beliefs: tuple

    def __call__(self, function, seed):
        probes = {"clear": clear(seed), "hard": hard(seed)}
        said = {kind: [_ask(function, probe, seed) for probe in group] for kind, group in probes.items()}
        with runner.no_time_limit():
            right = {kind: [truth(probe) for probe in group] for kind, group in probes.items()}
            everything = [row for kind in probes for row in zip(probes[kind], said[kind], right[kind])]
            numbers = _first(everything, lambda probe, mine, true: not _near(mine, true))
            if not numbers and abs(_as_wide_as(everything, LEVEL) - 1) > AS_WIDE:
                numbers = everything[0]
            wrong = {kind: _first(zip(probes[kind], said[kind], right[kind]), _other_word) for kind in probes}
            steps = (
                Step("the difference and its interval", 0.25, not numbers, _case(numbers, KEYS[:3])),
                Step(
                    "the conclusion, where the groups are far apart or one heap",
                    0.25,
                    not wrong["clear"],
                    _case(wrong["clear"]),
                ),
                Step(
                    "the conclusion, where own intervals overlap, seeds are broken, runs are few, many or all alike",
                    0.5,
                    not (wrong["hard"] or wrong["clear"]),
                    _case(wrong["hard"]),
                ),
            )
            if all(step.passed for step in steps):
                return Verdict(steps, WHY)
            return Verdict(steps, self._say(everything, numbers))

    def _say(self, everything, numbers):
        words = [mine["conclusion"] for _, mine, _ in everything]
        absent = [word for word in words if any(part in word for part in NOT_THERE)]
        if absent:
            return (
                f"“{absent[0]}” says more than ten seeds can. An interval that holds 0 has shown no difference, and "
                "has not shown that there is none: its ends say how large one may still hide."
            )
        if other := [word for word in words if word not in WORDS]:
            return f"“{other[0]}” is not one of the conclusions: {', '.join(WORDS)}."
        if numbers and (level := _of_another_level(everything)):
            return (
                "The differences are right, and so is what follows from your intervals. But they are as wide as "
                f"intervals of about {100 * level:g} %; asked is {100 * LEVEL:g} %. Is your `difference_interval` told "
                "another level, deaf to it, or of another statistic?"
            )
        if numbers and _exchanged(everything):
            return SIGN
        for held in self.beliefs:
            for formula in held.formulas:
                theirs = [formula(probe) for probe, *_ in everything]
                if theirs == words != [verdict(*true[1:]) for *_, true in everything]:
                    return held.message
        return _about_numbers(*numbers) if numbers else OTHERWISE


def _ask(function, probe, seed):
    """The learner's dict, its words in small letters."""
    result, changed = runner.call(function, probe.scores, probe.baseline, np.random.default_rng(seed))
    if set(changed) - {2}:
        raise runner.Unusable("Your function changed the scores in place; its caller still needs them.")
    if not isinstance(result, dict) or set(result) != set(KEYS):
        raise runner.Unusable(f"Give a dict with the keys {', '.join(KEYS)}.")
    if any(value is None for value in result.values()):
        raise runner.NotAttempted("There is still a None in your report.")
    if not isinstance(result["conclusion"], str):
        raise runner.Unusable(f"The conclusion is one of three texts: {', '.join(WORDS)}.")
    numbers = {key: runner.numbers(result[key]) for key in KEYS[:3]}
    for key, number in numbers.items():
        if number.size != 1:
            raise runner.Unusable(f"{key} should be one number.")
    numbers = {key: number.item() for key, number in numbers.items()}
    said = " ".join(result["conclusion"].lower().split())
    return numbers | {"conclusion": {"within noise": "within the noise"}.get(said, said)}


def _near(mine, true):
    # 2000 draws, and `difference_interval` has a check of its own.
    # The difference itself needs no draw.
    ends = near([mine["low"], mine["high"]], true[1:], true[1:], tolerance=0.12)
    return ends and np.isclose(mine["difference"], true[0], rtol=1e-3, atol=1e-4)


def _other_word(probe, mine, true):
    return mine["conclusion"] != verdict(*true[1:])


def _first(rows, wrong):
    return next((row for row in rows if wrong(*row)), None)


def _case(row, keys=("conclusion",)):
    if row is None:
        return None
    probe, mine, true = row
    if keys == ("conclusion",):
        return Case(str(probe), verdict(*true[1:]), mine["conclusion"])
    return Case(str(probe), f"about {shown(true)}", shown([mine[key] for key in keys]))


def _about_numbers(probe, mine, true):
    difference, low, high = true
    if abs(mine["difference"] - difference) < 1e-6 + 1e-3 * abs(difference):
        if near([mine["high"], mine["low"]], [low, high], (low, high)):
            return "low and high have changed places."
        return "The difference is right, its interval is not. Does your `difference_interval` pass its own check?"
    if near(-mine["difference"], difference, (low, high)):
        return SIGN
    if near(mine["difference"], probe.scores.mean() - probe.baseline.mean(), (0, 1e-3)):
        return "That is the difference of the means. One broken seed moves it; take the interquartile means."
    if near(mine["difference"], interquartile_mean(probe.scores), (0, 1e-3)):
        return "The difference is missing: that is the IQM of the scores alone."
    return (
        "The difference is that of the two interquartile means themselves, unrounded: not of a draw, of an interval, "
        "or of two medians."
    )


def _as_wide_as(everything, level):
    """How wide the intervals are, as a share of how wide those of this level are, on average.

    Of one interval the draws leave that open to a few hundredths, of all of them together to less than one.
    """
    pairs = [(mine["high"] - mine["low"], np.ptp(interval_of(RIGHT, probe, level))) for probe, mine, _ in everything]
    return np.mean([mine / wide for mine, wide in pairs if wide > 0])


def _of_another_level(everything):
    """The level whose intervals these are, when every difference is right and each word follows from its interval."""
    follows = all(mine["conclusion"] == verdict(mine["low"], mine["high"]) for _, mine, _ in everything)
    fine = all(np.isclose(mine["difference"], true[0], rtol=1e-3, atol=1e-6) for _, mine, true in everything)
    level = min(LEVELS, key=lambda level: abs(_as_wide_as(everything, level) - 1))
    pairs = [((mine["low"], mine["high"]), interval_of(RIGHT, probe, level)) for probe, mine, _ in everything]
    return level if follows and fine and all(near(*pair, pair[1], tolerance=0.12) for pair in pairs) else None


def _exchanged(everything):
    """Is every word what the learner's own interval says, and the difference that of baseline minus scores?"""
    follows = all(mine["conclusion"] == verdict(mine["low"], mine["high"]) for _, mine, _ in everything)
    return follows and all(
        np.isclose(-mine["difference"], true[0], rtol=1e-3, atol=1e-4) for *_, mine, true in everything
    )


SIGN = "The difference has the other sign: scores minus baseline."
OTHERWISE = (
    "The conclusion follows from one thing alone: on which side of 0 the interval of the difference lies, if on one."
)
WHY = (
    "“Within the noise” is a result: it says what these seeds have not shown, and the width says how large an effect "
    "may still hide. If none of ten switches did anything and the comparisons were independent, 40 % of such tables "
    "would show a false find."
)

ABLATION = Item(
    name="ablation",
    exercise="08_what_matters",
    points=1,
    judge=Conclusions(BELIEFS),
    seconds=30,
    hints=(
        "When would you bet that ten new seeds show the same sign? Which of the numbers tells you so?",
        "The conclusion looks at the interval alone: all of it above 0, all of it below, or neither.",
        'low, high = difference_interval(___); then "better" if ___ > 0, "worse" if ___ < 0, else ___',
    ),
    answer="low, high = difference_interval(scores, baseline, generator)\n"
    'conclusion = "better" if low > 0 else "worse" if high < 0 else "within the noise"\n'
    "difference = iqm(scores) - iqm(baseline)\n"
    'return {"difference": difference, "low": low, "high": high, "conclusion": conclusion}',
)
