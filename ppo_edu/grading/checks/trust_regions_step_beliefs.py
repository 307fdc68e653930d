"""Exercise 04: what is believed about the length of a TRPO step and its line search, as functions that do so."""

import numpy as np

from ppo_edu.grading.formula import belief


def full_length(delta, curvature, x):
    return np.sqrt(2 * delta / curvature)


def both(value, start, kl, delta):
    return kl <= delta and value > start


def search(length=full_length, fits=both, tries=11, shrink=lambda i: 0.5**i, refuse=lambda theta, new: theta):
    """The line search with something replaced."""

    def answer(theta, x, curvature, surrogate, mean_kl, delta):
        step, start, new = length(delta, curvature, x), surrogate(theta), theta
        for i in range(tries):
            new = theta + step * shrink(i) * x
            if fits(surrogate(new), start, mean_kl(new), delta):
                return new
        return refuse(theta, new)

    return answer


reference = search()


def onwards(theta, x, curvature, surrogate, mean_kl, delta):
    """Halves, but goes on from the point that was refused."""
    return search(shrink=lambda i: 2 - 0.5**i)(theta, x, curvature, surrogate, mean_kl, delta)


def onwards_to_the_last(theta, x, curvature, surrogate, mean_kl, delta):
    answer = search(shrink=lambda i: 2 - 0.5**i, refuse=lambda theta, new: new)
    return answer(theta, x, curvature, surrogate, mean_kl, delta)


def candidates(theta, x, curvature, surrogate, mean_kl, delta):
    """All of the eleven that are good, with their surrogates."""
    news = [theta + full_length(delta, curvature, x) * 0.5**i * x for i in range(11)]
    start = surrogate(theta)
    return [(surrogate(new), new) for new in news if both(surrogate(new), start, mean_kl(new), delta)]


def best(theta, *rest):
    found = candidates(theta, *rest)
    return max(found, key=lambda pair: pair[0])[1] if found else theta


def shortest(theta, *rest):
    found = candidates(theta, *rest)
    return found[-1][1] if found else theta


def rescaled(theta, x, curvature, surrogate, mean_kl, delta):
    """Shortens by √(δ/KL) in place of halving."""
    step, start = full_length(delta, curvature, x), surrogate(theta)
    for _ in range(11):
        new = theta + step * x
        if both(surrogate(new), start, mean_kl(new), delta):
            return new
        step *= min(np.sqrt(delta / mean_kl(new)), 0.99)
    return theta


def promised(share):
    """Asks for a share of the gain that the slope promises."""

    def answer(theta, x, curvature, surrogate, mean_kl, delta):
        start, step = surrogate(theta), full_length(delta, curvature, x)
        for i in range(11):
            new = theta + step * 0.5**i * x
            if mean_kl(new) <= delta and surrogate(new) - start >= share * step * 0.5**i * curvature:
                return new
        return theta

    return answer


def smaller_delta(limit_too):
    """Halves δ from try to try, for the length alone or for the limit as well."""

    def answer(theta, x, curvature, surrogate, mean_kl, delta):
        start = surrogate(theta)
        for i in range(11):
            new, limit = theta + full_length(delta * 0.5**i, curvature, x) * x, delta * (0.5**i if limit_too else 1)
            if both(surrogate(new), start, mean_kl(new), limit):
                return new
        return theta

    return answer


def one_after_the_other(theta, x, curvature, surrogate, mean_kl, delta):
    """Halves until the KL is small, and asks about the surrogate only then."""
    new = search(fits=lambda value, start, kl, delta: kl <= delta)(theta, x, curvature, surrogate, mean_kl, delta)
    return new if surrogate(new) > surrogate(theta) else theta


def against_the_last(theta, x, curvature, surrogate, mean_kl, delta):
    """Compares each surrogate with that of the try before."""
    before, step = surrogate(theta), full_length(delta, curvature, x)
    for i in range(11):
        new = theta + step * 0.5**i * x
        if both(surrogate(new), before, mean_kl(new), delta):
            return new
        before = surrogate(new)
    return theta


def of_length(*lengths):
    return [search(length) for length in lengths]


def accepting(*conditions):
    return [search(fits=condition) for condition in conditions]


BELIEFS = (
    belief(
        "The 2 is missing or in the wrong place: ½ s² · curvature should be δ.",
        *of_length(
            lambda delta, c, x: np.sqrt(delta / c),
            lambda delta, c, x: 2 * np.sqrt(delta / c),
            lambda delta, c, x: 2 * np.sqrt(2 * delta / c),
        ),
    ),
    belief(
        "The root is missing: KL grows with the *square* of the length, ½ s² · curvature.",
        *of_length(lambda delta, c, x: 2 * delta / c, lambda delta, c, x: delta / c),
    ),
    belief(
        "Your length does not use the curvature, or not where it belongs, under the root and below the line: the "
        "flatter the KL, the further one may go.",
        *of_length(
            lambda delta, c, x: np.sqrt(2 * delta),
            lambda delta, c, x: np.sqrt(2 * delta) / c,
            lambda delta, c, x: np.sqrt(2 * delta * c),
            lambda delta, c, x: np.sqrt(c / (2 * delta)),
        ),
    ),
    belief(
        "You measure the direction by its own length. What is limited is the KL, and along this direction it grows as "
        "½ s² · curvature, whatever the length of the direction.",
        *of_length(lambda delta, c, x: np.sqrt(2 * delta) / np.sqrt(x @ x), lambda delta, c, x: delta / np.sqrt(x @ x)),
    ),
    belief(
        "Your first step is 1, or δ, times the direction, as if the direction had a length already.",
        *of_length(lambda delta, c, x: 1.0, lambda delta, c, x: delta),
    ),
    belief(
        "You go against the direction. x = F⁻¹g points uphill, and the surrogate is to rise.",
        *of_length(lambda delta, c, x: -full_length(delta, c, x)),
        search(lambda delta, c, x: -full_length(delta, c, x), fits=lambda value, start, kl, delta: True),
        search(lambda delta, c, x: -full_length(delta, c, x), fits=lambda value, start, kl, delta: kl <= delta),
    ),
    belief(
        "There is no line search: the full step is taken, whatever is measured. The curvature is only what the KL is "
        "like very near.",
        search(fits=lambda value, start, kl, delta: True),
    ),
    belief(
        "You try one length only, once or again and again. If it is not good, halve it; staying where one is comes "
        "last.",
        search(tries=1),
        search(shrink=lambda i: 1.0),
    ),
    belief(
        "The measured KL is not asked for. The curvature promised δ, but further out the KL may grow faster.",
        *accepting(lambda value, start, kl, delta: value > start),
    ),
    belief(
        "The surrogate is not asked for. A step with a small KL may still lower what is to be maximised.",
        *accepting(lambda value, start, kl, delta: kl <= delta),
    ),
    belief(
        "You look for a small KL first, and ask about the surrogate once, at the end. Both are asked of every length.",
        one_after_the_other,
    ),
    belief(
        "You compare the surrogate with that of the try before, which was refused. What counts is what it was at θ.",
        against_the_last,
    ),
    belief(
        "You halve δ. Halve the length: with half of δ it only becomes √½ of what it was, and the limit stays δ.",
        smaller_delta(True),
        smaller_delta(False),
    ),
    belief(
        "One of the two conditions is enough in yours. Both must hold: KL at most δ, *and* a surrogate that has risen.",
        *accepting(lambda value, start, kl, delta: kl <= delta or value > start),
    ),
    belief(
        "You compare the surrogate with 0. What counts is whether it is above what it was at θ.",
        *accepting(lambda value, start, kl, delta: kl <= delta and value > 0),
        *accepting(lambda value, start, kl, delta: kl <= delta and value >= 0),
    ),
    belief(
        "You take steps that lower the surrogate. It is an objective, not a loss: it should rise.",
        *accepting(lambda value, start, kl, delta: kl <= delta and value < start),
        *accepting(lambda value, start, kl, delta: kl <= delta and value <= start),
    ),
    belief(
        "You look for a KL *above* δ. δ is the most that is allowed.",
        *accepting(lambda value, start, kl, delta: kl >= delta and value > start),
        *accepting(lambda value, start, kl, delta: kl > delta and value > start),
    ),
    belief(
        "A KL of a little more than δ is let through. The constraint is δ itself.",
        *accepting(*(lambda value, start, kl, delta, f=f: kl <= f * delta and value > start for f in (1.5, 2, 3, 10))),
    ),
    belief(
        "A KL of exactly δ, or of a good part of δ, is refused. At most δ is allowed.",
        *accepting(
            lambda value, start, kl, delta: kl < delta and value > start,
            *(lambda value, start, kl, delta, f=f: kl <= f * delta and value > start for f in (0.5, 0.25, 0.75, 0.9)),
        ),
    ),
    belief(
        "A surrogate that stays the same is let through. A step that gains nothing is not taken.",
        *accepting(lambda value, start, kl, delta: kl <= delta and value >= start),
    ),
    belief(
        "A nan is let through: every comparison with it is False, also “too large”. Ask whether a step is good, not "
        "whether it is bad.",
        *accepting(
            lambda value, start, kl, delta: not kl > delta and not value <= start,
            lambda value, start, kl, delta: not kl > delta and value > start,
            lambda value, start, kl, delta: kl <= delta and not value <= start,
            lambda value, start, kl, delta: not kl > delta and not value < start,
            lambda value, start, kl, delta: not (kl > delta or value <= start),
        ),
    ),
    belief(
        "You ask for a certain part of the gain that the slope promises. That is a stricter rule; here a rise is "
        "enough.",
        *map(promised, (0.1, 0.2, 0.5)),
    ),
    belief(
        "Each try goes on from the point that was just refused. Begin every one of them at θ.",
        onwards,
        onwards_to_the_last,
    ),
    belief(
        "Yours does not halve. Every try should be half of the one before.",
        *(search(shrink=lambda i, f=f: f**i) for f in (0.8, 0.9, 0.1, 0.25, 1 / 3, 0.7, 0.75, 0.6)),
        *(search(tries=tries, shrink=lambda i, f=f: f**i) for f in (0.8, 0.9) for tries in (10, 20, 50, 100)),
        search(shrink=lambda i: 1 / (i + 1)),
        search(shrink=lambda i: 1 - i / 10),
        search(shrink=lambda i: 1 - i / 11),
        rescaled,
    ),
    belief(
        "Yours grows from try to try. Halve the length.",
        search(shrink=lambda i: 2.0**i),
    ),
    belief(
        "Your first try is half of the full step already: halved too early, or the 2 stands below the line. The full "
        "length comes first.",
        search(shrink=lambda i: 0.5 ** (i + 1)),
        search(shrink=lambda i: 0.5 ** (i + 1), tries=10),
    ),
    belief(
        "The tenth halving is not tried, or what it gains is too little for you: the full step and up to ten halvings, "
        "and any rise is enough.",
        *(search(tries=tries) for tries in (2, 3, 5, 8, 10)),
    ),
    belief(
        "The number of tries is another: the full step, and up to ten halvings of it.",
        *(search(tries=tries) for tries in (12, 15, 16, 20, 21, 30, 50, 100, 1000)),
    ),
    belief(
        "Where no length is good, you keep the last one tried. Nothing good was found, so θ stays what it was.",
        search(refuse=lambda theta, new: new),
        search(tries=10, refuse=lambda theta, new: new),
    ),
    belief(
        "Where no length is good you give 0, as if a step were asked. Asked are the new parameters, also where nothing "
        "moves.",
        search(refuse=lambda theta, new: 0 * theta),
    ),
    belief(
        "You look at all lengths and take the best, or the shortest. Asked is the first that is good, the longest.",
        best,
        shortest,
    ),
    belief(
        "That is the step, not where it leads. Give the new parameters: θ plus the step, or θ.",
        lambda theta, *rest: reference(theta, *rest) - theta,
    ),
    belief(
        "Nothing ever moves: θ comes back as it came in.",
        lambda theta, *rest: theta,
    ),
)
