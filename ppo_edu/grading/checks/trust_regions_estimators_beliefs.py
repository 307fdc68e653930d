"""Exercise 04: the three estimators of a KL, and what is believed about them."""

import numpy as np

from ppo_edu.grading.formula import belief

DIGITS = (
    "The three are right, but k3 has no right digits left where the policies hardly differ. In e^x − 1 − x two numbers "
    "near 1 are subtracted, and the 16 digits of a float end there: at x = 1e−8 nothing is left of k3 = 5e−17. There "
    "is a function that computes e^x − 1 directly. (Float32 has 7 digits, and there x itself has hardly a right one "
    "left.)"
)
SMALL = 1e-5  # log-ratios below this are the test of precision


def reference(logprobs, old_logprobs):
    """(k1, k2, k3) of every sample."""
    x = logprobs - old_logprobs
    return -x, x**2 / 2, np.expm1(x) - x


def units(logprobs, old_logprobs):
    """What (k1, k2, k3) are shown in: the sizes they have where all log-ratios are tiny, else 1."""
    largest = np.max(np.abs(np.subtract(logprobs, old_logprobs)))
    return (1e-8, 1e-16, 1e-16) if largest < SMALL else (1.0, 1.0, 1.0)


def in_units(formula):
    """The formula's answers (None for one it says nothing about), in units."""

    def answer(logprobs, old_logprobs):
        values, sizes = formula(logprobs, old_logprobs), units(logprobs, old_logprobs)
        if not isinstance(values, tuple) or len(values) != 3:
            return values
        return tuple(None if value is None else value / size for value, size in zip(values, sizes))

    return answer


def k1(formula):
    return in_units(lambda new, old: (formula(new - old), None, None))


def k2(formula):
    return in_units(lambda new, old: (None, formula(new - old), None))


def k3(formula):
    return in_units(lambda new, old: (None, None, formula(new - old)))


def of_log_ratio(change):
    """All three, of another x; `change(logprobs, old_logprobs)` gives it."""

    def answer(new, old):
        x = change(new, old)
        return -x, x**2 / 2, np.expm1(x) - x

    return in_units(answer)


def summarised(how, formula=reference):
    return in_units(lambda new, old: tuple(how(value) for value in formula(new, old)))


def weighted(which):
    """One of the three times π_old."""
    return in_units(
        lambda new, old: tuple(np.exp(old) * k if i == which else None for i, k in enumerate(reference(new, old)))
    )


def swapped(new, old):
    return reference(old, new)


BELIEFS = (
    belief(
        "The two policies have changed places: x is log π − log π_old, because the ratio is π/π_old. As you have it, "
        "k1 and k3 are for the KL in the other direction, with samples from π.",
        of_log_ratio(lambda new, old: old - new),
    ),
    belief(
        "You divide one log-probability by the other. The logarithm of a quotient is a *difference* of logarithms.",
        of_log_ratio(lambda new, old: new / old),
        of_log_ratio(lambda new, old: old / new),
        of_log_ratio(lambda new, old: np.log(new / old)),
        of_log_ratio(lambda new, old: np.log(old / new)),
    ),
    belief(
        "You treat the inputs as probabilities. They are logarithms already.",
        of_log_ratio(lambda new, old: np.log(new) - np.log(old)),
    ),
    belief(
        "You leave log space: x is log π − log π_old, without exp.",
        of_log_ratio(lambda new, old: np.exp(new - old)),
        of_log_ratio(lambda new, old: np.exp(new) - np.exp(old)),
        of_log_ratio(lambda new, old: np.exp(new - old) - 1),
    ),
    belief(
        "You weight the samples with π_old, with π or with the ratio. They were drawn by π_old, so they come as often "
        "as they should: each counts once.",
        in_units(lambda new, old: tuple(np.exp(old) * value for value in reference(new, old))),
        in_units(lambda new, old: tuple(np.exp(new) * value for value in reference(new, old))),
        in_units(lambda new, old: tuple(np.exp(new - old) * value for value in reference(new, old))),
        *(weighted(which) for which in range(3)),
    ),
    belief(
        "You average or add up. Here each sample keeps its own three values; the caller takes the mean.",
        summarised(np.mean),
        summarised(np.sum),
        summarised(np.mean, swapped),
        summarised(np.sum, swapped),
    ),
    belief(
        "The three are in another order. Asked is `return k1, k2, k3`.",
        *(
            in_units(lambda new, old, order=order: tuple(reference(new, old)[i] for i in order))
            for order in ((0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0))
        ),
    ),
    belief(
        "k1 has the wrong sign: its mean under π_old would be −KL. What becomes rarer counts as moved away from.",
        k1(lambda x: x),
    ),
    belief(
        "k1 loses its sign. Single values of either sign are what makes it noisy, and their mean right.",
        k1(abs),
        k1(lambda x: np.maximum(-x, 0)),
    ),
    belief(
        "Your k1 is made of the ratio itself: 1 − ratio, or its like, averages to 0. The logarithm is what makes a KL.",
        k1(lambda x: np.exp(x)),
        k1(lambda x: np.expm1(x)),
        k1(lambda x: -np.expm1(x)),
        k1(lambda x: -np.exp(x)),
        k1(lambda x: np.exp(-x)),
    ),
    belief(
        "Your k1 is a difference of probabilities. A KL is the mean of a difference of *logarithms*.",
        in_units(lambda new, old: (np.exp(old) - np.exp(new), None, None)),
        in_units(lambda new, old: (np.exp(new) - np.exp(old), None, None)),
    ),
    belief(
        "Your k1 has a factor, or the ratio, too many: it is the logarithm alone.",
        k1(lambda x: -x / 2),
        k1(lambda x: -2 * x),
        k1(lambda x: x * np.exp(x)),
        k1(lambda x: -x * np.exp(x)),
    ),
    belief(
        "k2 lacks its ½. Near ratio 1 it would come out as twice the KL.",
        k2(lambda x: x**2),
    ),
    belief(
        "k2 has the wrong sign: a square is never negative, and neither is k2.",
        k2(lambda x: -(x**2) / 2),
        k2(lambda x: -(x**2)),
    ),
    belief(
        "Your k2 squares the ratio or ratio − 1; k2 squares the *log*-ratio.",
        k2(lambda x: np.expm1(x) ** 2 / 2),
        k2(lambda x: np.expm1(x) ** 2),
        k2(lambda x: np.exp(2 * x) / 2),
    ),
    belief(
        "Your k2 squares the half as well: (½x)² is ¼x².",
        k2(lambda x: (x / 2) ** 2),
    ),
    belief(
        "k2 is not squared.",
        k2(lambda x: x / 2),
        k2(lambda x: -x / 2),
        k2(lambda x: abs(x) / 2),
        k2(lambda x: abs(x)),
        k2(lambda x: -x),
    ),
    belief(
        "That k3 belongs to the other direction, KL(π‖π_old). Asked is KL(π_old‖π), with samples from π_old: the ratio "
        "is π/π_old, and what is added to k1 averages to 0 under π_old.",
        k3(lambda x: np.expm1(-x) + x),
        k3(lambda x: x * np.exp(x) - np.expm1(x)),
        k3(lambda x: np.exp(-x) + x),
    ),
    belief(
        "Your k3 forgets the −1. Where nothing moved (ratio 1) it should be 0.",
        k3(lambda x: np.exp(x) - x),
    ),
    belief(
        "In k3 the logarithm has the wrong sign: it is *subtracted*, since −log ratio is k1. As you have it, k3 can be "
        "negative.",
        k3(lambda x: np.expm1(x) + x),
    ),
    belief(
        "k3 is turned around: it is never negative.",
        k3(lambda x: x - np.expm1(x)),
    ),
    belief(
        "Your k3 is ratio − 1 alone. That is only what is *added* to k1: it averages to 0, so it takes away noise "
        "without changing the mean.",
        k3(np.expm1),
        k3(lambda x: -np.expm1(x)),
    ),
    belief(
        "Your k3 is k1 or k2 again.",
        k3(lambda x: -x),
        k3(lambda x: x),
        k3(lambda x: x**2 / 2),
    ),
    belief(
        "In k3 an exponential or a logarithm is missing or there twice: the first term is the ratio itself, the last "
        "its logarithm.",
        k3(lambda x: x - 1 - np.exp(x)),
        k3(lambda x: np.expm1(x) - np.exp(x)),
        k3(lambda x: x - 1 - np.log(np.abs(x))),
        k3(lambda x: np.expm1(np.exp(x)) - np.exp(x)),
        k3(lambda x: np.expm1(x) - np.log1p(np.exp(x))),
    ),
    belief(
        "Your k3 has a factor or a term too many.",
        k3(lambda x: (np.expm1(x) - x) / 2),
        k3(lambda x: 2 * (np.expm1(x) - x)),
        k3(lambda x: np.expm1(x) - x / 2),
        k3(lambda x: np.expm1(x) - 2 * x),
        k3(lambda x: np.expm1(x) - x**2 / 2 - x),
    ),
    belief(
        "Your k3 is the beginning of its series. That is close near ratio 1, and k3 is needed elsewhere, too.",
        k3(lambda x: x**2 / 2 + x**3 / 6),
        k3(lambda x: x**2 / 2 + x**3 / 6 + x**4 / 24),
    ),
    belief(
        "k3 is cut off, or something small is added. It is what it is.",
        k3(lambda x: np.expm1(x) - x + 1e-8),
        k3(lambda x: np.expm1(x.clip(-1, 1)) - x.clip(-1, 1)),
        k3(lambda x: np.expm1(x.clip(-5, 5)) - x.clip(-5, 5)),
    ),
    belief(
        DIGITS,
        k3(lambda x: np.where(abs(x) < 1e-6, 0, np.expm1(x) - x)),
    ),
    belief(
        "Asked are three things: k1, k2 and k3 of every sample.",
        *(lambda new, old, i=i: reference(new, old)[i] for i in range(3)),
    ),
)
