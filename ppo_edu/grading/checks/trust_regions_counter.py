"""Exercise 04: a pair of policies whose sampled ratios are all in the band and whose KL is large."""

import numpy as np

from ppo_edu.grading import runner
from ppo_edu.grading.formula import shown
from ppo_edu.grading.items import Item, Verdict
from ppo_edu.grading.report import Case, Step

EPS = 0.2
SAMPLED = (0, 1)
ROUNDING = 1e-6  # an answer in float32 is fair
LEVELS = (0.1, 0.5, 2.0, 5.0)  # the KLs that are asked for
SHAPE = "Return two policies, `old_probs, probs`: three probabilities each."
WHY = (
    "Two ratios of three in the band, and a KL beyond any limit: the action that nobody sampled pays for it. The clip "
    "looks at samples, so it gives no bound on the KL, neither ε²/2 nor any other."
)


def kl(old, new):
    """KL(old ‖ new) of probabilities; inf where the new one is 0."""
    with np.errstate(all="ignore"):
        return float(np.sum(np.where(old > 0, old * (np.log(old) - np.log(new)), 0)))


def judge(function, seed):
    """The `Verdict` on `counter_example`: any pair with the properties asked for is right."""
    found = [_asked(function, level) for level in LEVELS]
    problems = [_problem(old, new, level) for (old, new), level in zip(found, LEVELS)]
    case = next((_case(*pair, level) for pair, level, problem in zip(found, LEVELS, problems) if problem), None)
    policies = not any(_not_policies(*pair) for pair in found)
    band = policies and not any(_out_of_band(*pair) for pair in found)
    steps = (
        Step("two policies: positive, and each sums to 1", 0.25, policies),
        Step("the ratios of both sampled actions in 1 ± 0.2", 0.5, band, case if policies and not band else None),
        Step("KL(π_old‖π) above 0.1", 0.75, not problems[0], case if band and problems[0] else None),
        Step("above 0.5, 2 and 5", 0.5, not any(problems), case if band and not problems[0] else None),
    )
    return Verdict(steps, _message(problems) or WHY)


def _message(problems):
    problem = next(filter(None, problems), None)
    if problem and not problems[0]:
        return f"For a KL of 0.1 your pair is a counter-example, for more it is not yet. {problem}"
    return problem


def _asked(function, level):
    answer, _ = runner.call(function, level)
    if isinstance(answer, dict | set | str):
        raise runner.Unusable(SHAPE)
    pair = runner.numbers(answer)
    if pair.shape != (2, 3):
        got = "one number" if pair.shape == () else f"shape {pair.shape}"
        raise runner.Unusable(f"{SHAPE} Yours has {got}.")
    return pair


def _problem(old, new, level):
    """What is wrong with this pair as a counter-example with a KL above `level`, or None."""
    return _not_policies(old, new) or _out_of_band(old, new) or _too_near(old, new, level)


def _not_policies(old, new):
    """What keeps one of the two from being a policy with a finite KL."""
    for name, probs in (("π_old", old), ("π", new)):
        if not np.isfinite(probs).all():
            return f"There is a nan or an infinity in {name}."
        if (probs < 0).any():
            logs = abs(np.exp(probs).sum() - 1) < ROUNDING
            which = " Those look like log-probabilities; asked are the probabilities." if logs else ""
            return f"{name} has a negative entry: no probability is below 0.{which}"
        if abs(probs.sum() - 1) > ROUNDING:
            return f"{name} sums to {shown(probs.sum())}, not to 1: what one action gains the others must give."
        if (probs == 0).any():
            return (
                f"{name} has a probability that is exactly 0. A softmax gets there only with a masked or a hugely "
                "negative logit, and with a 0 the KL is infinite, or a ratio divides by 0. How small may a probability "
                "be without being 0?"
            )
    return None


def _out_of_band(old, new):
    """Which sampled action has left the band, and what that may mean."""
    ratio = new / old
    inside = abs(ratio - 1) <= EPS + ROUNDING
    if inside[list(SAMPLED)].all():
        return None
    far = next(a for a in SAMPLED if not inside[a])
    if (abs(1 / ratio[list(SAMPLED)] - 1) <= EPS + ROUNDING).all():
        return (
            f"The sampled action {far} has ratio {shown(ratio[far])}, outside the band. Upside down, old over new, "
            "both would be inside. The ratio is new over old, and the old policy comes first."
        )
    if inside.sum() == 2 and kl(old, new) > min(LEVELS):
        return (
            "Two ratios are in the band, but not those of the sampled actions: sampled were the first two, numbers 0 "
            "and 1. Nobody looks at number 2."
        )
    if abs(new[far] - old[far]) <= EPS:
        return (
            f"The sampled action {far} has ratio {shown(ratio[far])}, outside the band. Its probability has moved by "
            "less than 0.2, but the band is about the *quotient* new / old, not about the difference."
        )
    return f"The sampled action {far} has ratio {shown(ratio[far])}, outside 1 ± 0.2: the clip would see that."


def _too_near(old, new, level):
    """Why the KL is not above `level`, for a pair of policies in the band."""
    value, ratio = kl(old, new), new / old
    said = f"KL(π_old‖π) is {shown(value)}, asked for is more than {shown(level)}."
    if value > level:
        return None
    if (ratio == 1).all():
        return f"The two policies are equal, so {said}"
    if (abs(ratio - 1) <= EPS + ROUNDING).all():
        return (
            f"All three ratios are in the band, and then the KL is at most 0.0204. {said} The clip sees two of the "
            "three: let the third, unsampled action leave the band."
        )
    if kl(new, old) > level:
        return (
            f"{said} In the other direction, KL(π‖π_old), it would be: as if the two policies had changed places. Here "
            "the average runs over the actions of the *old* one. Which of them has to become rare?"
        )
    if ratio[2] > 1:
        return (
            f"{said} In yours the unsampled action becomes likelier. Then the others lose at most a fifth each, and "
            "the KL is at most −log 0.8 = 0.223. Let it become rarer."
        )
    if 0.5 * np.sum(old * (ratio - 1) ** 2) > level:
        return f"{said} The second-order form says more, but it is not the KL."
    if value > level * np.log(2):
        return f"{said} In bits, with the logarithm to the base 2, it would be; the unit is the nat."
    if old[2] > (1 - old[2]) * EPS + ROUNDING:
        return (
            f"{said} The unsampled action starts from {shown(old[2])}, too much to disappear: whatever it gives up the "
            "sampled ones must take, and each of them may grow by a fifth. From where can it fall all the way?"
        )
    return (
        f"{said} The direction is right: the unsampled action becomes rare. It is not rare enough yet; ask what "
        "happens to −log as its argument goes to 0."
    )


def _case(old, new, level):
    with np.errstate(all="ignore"):
        ratio, value = new / old, kl(old, new)
    words = f"π_old = {shown(old)}, π = {shown(new)}, ratios {shown(ratio)}"
    return Case(words, f"ratios 0 and 1 within 1 ± 0.2, KL above {shown(level)}", f"KL {shown(value)}")


COUNTER_EXAMPLE = Item(
    name="counter_example",
    exercise="04_trust_regions",
    points=2,
    judge=judge,
    hints=(
        "Two ratios are watched. Whose ratio may do as it likes, and what is its −log worth in the KL?",
        "Begin with an unsampled action that is rare, such as 0.1. Let it become rarer still; what it gives up goes to "
        "the two sampled ones, who can take it without leaving the band. How rare must it be for q · log(q/d) to be "
        "above the KL that is asked for?",
        "old = [___, ___, 0.1]; d = 0.1 · exp(−(least_kl + 0.1) / 0.1); new = [a little more, the rest, d]",
    ),
    answer="old_probs = np.array([0.5, 0.4, 0.1])\n"
    "d = 0.1 * np.exp(-(least_kl + 0.2) / 0.1)\n"
    "probs = np.array([0.55, 0.45 - d, d])\n"
    "return old_probs, probs",
)
