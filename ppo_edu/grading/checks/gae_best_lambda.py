"""Exercise 05: the error of GAE for every λ, from its exact bias and variance, and the λ where it is least."""

import numpy as np

from ppo_edu.grading.checks.gae_rollouts import sizes
from ppo_edu.grading.formula import Part, belief, shown
from ppo_edu.grading.items import Item
from ppo_edu.grading.rollout import OfRollout

SYMBOLS = ("means", "variances", "true_advantages", "gae_lambdas", "samples")


def apart(bias, axis=-1):
    """What is left of a bias after its mean along an axis is taken off."""
    return bias - bias.mean(axis, keepdims=True)


def errors_of(means, variances, true, lambdas, samples):
    """Mean over states and actions of (action-dependent bias)² + variance / N, for every λ."""
    return (apart(means - true) ** 2 + variances / samples).mean((1, 2))


def reference(means, variances, true, lambdas, samples):
    """The pair asked for."""
    return with_best(errors_of)(means, variances, true, lambdas, samples)


def with_best(errors):
    """(the λ with the least of these errors, the errors)."""

    def answer(means, variances, true, lambdas, samples):
        found = errors(means, variances, true, lambdas, samples)
        return lambdas[np.argmin(found)], found

    return answer


def tables(rng, shape, samples, offset=1.0, wrong=0.3):
    """Made-up moments: a bias that falls with λ, an offset of each state that rises, a variance that rises."""
    count, states, actions = shape
    lambdas = np.sort(rng.uniform(0, 1, count))
    true, off = sizes(rng, (states, actions)), offset * sizes(rng, (states, 1))
    error, spread = wrong * sizes(rng, (states, actions)), rng.uniform(0.5, 3, (states, actions))
    lam = lambdas[:, None, None]
    return true + (1 - lam) * error - lam * off, spread * (0.1 + 2 * lam**2), true, lambdas, samples


def by_hand():
    """One state, two actions, three λs: the errors are 1.01, 0.35 and 0.4 for N = 10."""
    means = np.array([[[3.0, -1.0]], [[2.5, -0.5]], [[2.5, 0.5]]])
    variances = np.array([[[0.1, 0.1]], [[1.0, 1.0]], [[4.0, 4.0]]])
    return means, variances, np.array([[1.0, -1.0]]), np.array([0.0, 0.5, 1.0]), 10


def ordinary(seed):
    """By hand, then critics of several kinds."""
    rng = np.random.default_rng(seed)
    cases = ((6, 4, 3), 1, 0.5, 0.6), ((9, 5, 2), 10, 1.0, 0.5), ((11, 3, 4), 100, 0.2, 0.3)
    return [by_hand(), *(tables(rng, *case) for case in cases)]


def borders(seed):
    """An exact critic, a constant offset that is large, one λ, one state, λs from high to low."""
    rng = np.random.default_rng(seed + 1)
    exact, offset = tables(rng, (5, 4, 2), 5, 0.0, 0.0), tables(rng, (7, 3, 2), 20, 3.0, 0.4)
    means, variances, true, lambdas, samples = tables(rng, (6, 2, 3), 8)
    down = np.arange(6)[::-1]
    falling = means[down], variances[down], true, lambdas[down], samples
    return [exact, offset, tables(rng, (1, 2, 3), 3), tables(rng, (8, 1, 2), 30), falling]


def only_errors(formula):
    """A belief about the errors, whatever λ it leads to."""
    return lambda *inputs: (None, formula(*inputs))


def mean(x):
    return x.mean((1, 2))


BELIEFS = (
    belief(
        "You count the bias as it is. What all actions of a state have in common tells none of them apart: take the "
        "mean over the *actions* off first.",
        with_best(lambda m, v, A, lams, n: mean((m - A) ** 2 + v / n)),
    ),
    belief(
        "The mean you take off runs over the states, or over the whole table. Actions of one state are compared with "
        "each other: axis −1.",
        with_best(lambda m, v, A, lams, n: mean(apart(m - A, 1) ** 2 + v / n)),
        with_best(lambda m, v, A, lams, n: mean(apart(m - A, 0) ** 2 + v / n)),
        with_best(lambda m, v, A, lams, n: mean(apart(m - A, (1, 2)) ** 2 + v / n)),
        with_best(lambda m, v, A, lams, n: mean((m - A - (m - A).mean()) ** 2 + v / n)),
    ),
    belief(
        "The bias is not squared. Errors of both signs cancel in a mean, and variance is in squares as well.",
        with_best(lambda m, v, A, lams, n: mean(abs(apart(m - A)) + v / n)),
        with_best(lambda m, v, A, lams, n: mean(m - A + v / n)),
        with_best(lambda m, v, A, lams, n: mean(abs(m - A) + v / n)),
    ),
    belief(
        "You average the bias first and square then. Errors of both signs cancel on the way; square entry by entry.",
        with_best(lambda m, v, A, lams, n: mean(m - A) ** 2 + mean(v / n)),
        with_best(lambda m, v, A, lams, n: ((m - A).mean(-1) ** 2).mean(-1) + mean(v / n)),
    ),
    belief(
        "The true advantages are not used: bias is the mean of Â *less* the truth.",
        with_best(lambda m, v, A, lams, n: mean(apart(m) ** 2 + v / n)),
        with_best(lambda m, v, A, lams, n: mean(m**2 + v / n)),
    ),
    belief(
        "You take the mean over the actions off the estimate or off the truth alone. It is the bias whose common part "
        "is not counted here.",
        with_best(lambda m, v, A, lams, n: mean((apart(m) - A) ** 2 + v / n)),
        with_best(lambda m, v, A, lams, n: mean((m - apart(A)) ** 2 + v / n)),
    ),
    belief(
        "N is not used: averaging N samples divides the variance by N.",
        with_best(lambda m, v, A, lams, n: mean(apart(m - A) ** 2 + v)),
        with_best(lambda m, v, A, lams, n: mean(apart(m - A) ** 2 + v / 10)),
    ),
    belief(
        "Variance falls as 1/N. It is the standard deviation that falls as 1/√N, and nothing grows with N.",
        with_best(lambda m, v, A, lams, n: mean(apart(m - A) ** 2 + v / np.sqrt(n))),
        with_best(lambda m, v, A, lams, n: mean(apart(m - A) ** 2 + v * n)),
        with_best(lambda m, v, A, lams, n: mean(apart(m - A) ** 2 + v / n**2)),
        with_best(lambda m, v, A, lams, n: mean(apart(m - A) ** 2 + v / (n - 1 + (n == 1)))),
    ),
    belief(
        "More samples take away noise, never bias: only the variance is divided by N.",
        with_best(lambda m, v, A, lams, n: mean(apart(m - A) ** 2 + v) / n),
        with_best(lambda m, v, A, lams, n: mean(apart(m - A) ** 2 / n + v)),
        with_best(lambda m, v, A, lams, n: mean((apart(m - A) / n) ** 2 + v / n)),
    ),
    belief(
        "Those are standard deviations, or squares of variances. A variance is a square already, and bias² is added to "
        "it as it is.",
        with_best(lambda m, v, A, lams, n: mean(apart(m - A) ** 2 + np.sqrt(v / n))),
        with_best(lambda m, v, A, lams, n: mean(apart(m - A) ** 2 + np.sqrt(v) / n)),
        with_best(lambda m, v, A, lams, n: mean(apart(m - A) ** 2 + (v / n) ** 2)),
        with_best(lambda m, v, A, lams, n: mean(apart(m - A) ** 2 + v**2 / n)),
    ),
    belief(
        "That is half of the error: the variance over N counts too.",
        with_best(lambda m, v, A, lams, n: mean(apart(m - A) ** 2)),
    ),
    belief(
        "Only the variance is in your errors. The bias is left out, or its signs have cancelled in a mean before "
        "anything was squared.",
        with_best(lambda m, v, A, lams, n: mean(v / n)),
        with_best(lambda m, v, A, lams, n: mean(v)),
    ),
    belief(
        "You subtract the variance. Both add to the error.",
        with_best(lambda m, v, A, lams, n: mean(apart(m - A) ** 2 - v / n)),
    ),
    belief(
        "You add the states or actions up. Asked is their mean, so that the error of one (s, a) comes out.",
        with_best(lambda m, v, A, lams, n: (apart(m - A) ** 2 + v / n).sum((1, 2))),
        with_best(lambda m, v, A, lams, n: (apart(m - A) ** 2 + v / n).sum(-1).mean(-1)),
        with_best(lambda m, v, A, lams, n: (apart(m - A) ** 2 + v / n).sum(1).mean(-1)),
    ),
    belief(
        "That is the root of the error. Asked is the mean square itself.",
        with_best(lambda *inputs: np.sqrt(errors_of(*inputs))),
    ),
    belief(
        "You take the worst entry of the table, not the mean over it.",
        with_best(lambda m, v, A, lams, n: (apart(m - A) ** 2 + v / n).max((1, 2))),
    ),
    belief(
        "The errors are right, but you give the *place* of the best λ in the list. Asked is λ itself.",
        lambda *inputs: (np.argmin(errors_of(*inputs)), errors_of(*inputs)),
    ),
    belief(
        "The errors are right, but your λ is the worst: where the error is largest.",
        lambda *inputs: (inputs[3][np.argmax(errors_of(*inputs))], errors_of(*inputs)),
    ),
    belief(
        "The errors are right, but in place of λ you give the least error. Asked is where it is reached.",
        lambda *inputs: (errors_of(*inputs).min(), errors_of(*inputs)),
    ),
    belief(
        "The errors are right, but your λ is not where they are least. It is read off all of them, not off bias or "
        "variance alone, nor off an end of the list.",
        lambda *inputs: (inputs[3][0], errors_of(*inputs)),
        lambda *inputs: (inputs[3][-1], errors_of(*inputs)),
        lambda *inputs: (inputs[3].min(), errors_of(*inputs)),
        lambda *inputs: (inputs[3].max(), errors_of(*inputs)),
        lambda m, v, A, lams, n: (lams[np.argmin(mean(v))], errors_of(m, v, A, lams, n)),
        lambda m, v, A, lams, n: (lams[np.argmin(mean(apart(m - A) ** 2))], errors_of(m, v, A, lams, n)),
        lambda *inputs: (np.sort(inputs[3])[np.argmin(errors_of(*inputs))], errors_of(*inputs)),
    ),
    belief(
        "There is an error for every state or action, or for every entry. Asked is one for each λ: their mean.",
        only_errors(lambda m, v, A, lams, n: apart(m - A) ** 2 + v / n),
        only_errors(lambda m, v, A, lams, n: (apart(m - A) ** 2 + v / n).mean(-1)),
        only_errors(lambda m, v, A, lams, n: (apart(m - A) ** 2 + v / n).mean(1)),
        only_errors(lambda m, v, A, lams, n: (apart(m - A) ** 2 + v / n).mean(0)),
    ),
    belief(
        "The two are in the wrong order: first the best λ, then the errors.",
        lambda *inputs: reference(*inputs)[::-1],
    ),
    belief(
        "Asked are two things: `return gae_lambda, errors`.",
        lambda *inputs: reference(*inputs)[0],
        lambda *inputs: reference(*inputs)[1],
    ),
)


def row(inputs, index):
    """Words for the λ that differs."""
    means, variances, true, lambdas, samples = inputs
    if not index:
        return f"gae_lambdas = {shown(lambdas)}, N = {samples}, tables of shape {means.shape}"
    i = index[0]
    said = f"λ = {shown(lambdas[i])}, N = {samples}"
    if true.size > 4:
        return f"{said}, tables of shape {means.shape}"
    shares = zip(("means", "variances", "true advantages"), (means[i], variances[i], true))
    return f"{said}, " + ", ".join(f"{name} {shown(share)}" for name, share in shares)


BEST_LAMBDA = Item(
    name="best_lambda",
    exercise="05_gae",
    points=2,
    judge=OfRollout(
        reference,
        SYMBOLS,
        ("λ", "errors"),
        (
            Part("the errors", 1, ordinary, entry=1),
            Part("the best λ", 0.5, ordinary, entry=0),
            Part("exact critics, large offsets, one λ, λs from high to low; inputs left as they were", 0.5, borders),
        ),
        BELIEFS,
        lambda *inputs: (
            "Bias is the mean of Â less the truth. Take off what all actions of a state share, square, add "
            "the noise that N samples leave, average over states and actions."
        ),
        "The better the critic and the fewer the samples, the smaller the best λ; an offset that all actions share "
        "did not move it.",
        row=row,
    ),
    hints=(
        "Suppose Â is too high by the same amount for all actions of a state. Can that make a worse one look better? "
        "And what do N samples do to noise, what to bias?",
        "Three tables of the same shape: bias, bias without its mean over the actions, its square plus variance / N. "
        "Then one number per λ.",
        "bias = means − ___; bias = bias − bias.mean(axis=___, keepdims=True); errors = (___ + ___).mean(axis=(1, 2)); "
        "return gae_lambdas[___], errors",
    ),
    answer="bias = means - true_advantages\n"
    "bias = bias - bias.mean(axis=-1, keepdims=True)\n"
    "errors = (bias**2 + variances / samples).mean(axis=(1, 2))\n"
    "return gae_lambdas[np.argmin(errors)], errors",
)
