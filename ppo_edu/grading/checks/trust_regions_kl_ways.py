"""Exercise 04: ways to write a softmax, a logarithm and a sum over the actions, safe ones and others."""

import numpy as np

from ppo_edu.arrays import log_softmax, xlogy
from ppo_edu.kl import categorical_kl as kl


def probs(z):
    return np.exp(log_softmax(z))


def naive(z):
    """The softmax as it is printed, without a shift."""
    return np.exp(z) / np.exp(z).sum(-1, keepdims=True)


def naive_logs(z):
    return z - np.log(np.exp(z).sum(-1, keepdims=True))


def shifted_by(shift):
    """Log-probabilities with `shift(z)` taken off before exp, whatever comes of it."""
    return lambda z: naive_logs(z - shift(z))


def entropy(z):
    return -xlogy(probs(z), log_softmax(z)).sum(-1)


# -- ways to add up the terms, from log-probabilities (l, o) ... -------------------------------------------------------


def literal_terms(logs, old_logs):
    return np.exp(old_logs) * (old_logs - logs)


def safe_terms(logs, old_logs):
    weights = np.exp(old_logs)
    return xlogy(weights, old_logs) - xlogy(weights, logs)


def literal(logs, old_logs):
    return literal_terms(logs, old_logs).sum(-1)


def safely(logs, old_logs):
    return safe_terms(logs, old_logs).sum(-1)


def where_weighted(logs, old_logs):
    return np.where(np.exp(old_logs) > 0, literal_terms(logs, old_logs), 0).sum(-1)


def nan_as_0_in_terms(logs, old_logs):
    return np.nan_to_num(literal_terms(logs, old_logs)).sum(-1)


def nan_left_out(logs, old_logs):
    return np.nansum(literal_terms(logs, old_logs), -1)


def nan_as_0_in_sums(logs, old_logs):
    return np.nan_to_num(literal(logs, old_logs))


TOTALS = (safely, literal, where_weighted, nan_as_0_in_terms, nan_left_out, nan_as_0_in_sums)


# -- ... and from probabilities (p, q) -------------------------------------------------------------------------------


def quotient(p, q):
    return (q * np.log(q / p)).sum(-1)


def difference(p, q):
    return (q * (np.log(q) - np.log(p))).sum(-1)


def where_taken(p, q):
    return xlogy(q, np.log(q)).sum(-1) - xlogy(q, np.log(p)).sum(-1)


def quotient_nan_left_out(p, q):
    return np.nansum(q * np.log(q / p), -1)


def nan_to_0(total):
    return lambda p, q: np.nan_to_num(total(p, q))


def padded(epsilon):
    return lambda p, q: (q * np.log((q + epsilon) / (p + epsilon))).sum(-1)


def floored(epsilon):
    return lambda p, q: (q * np.log(q.clip(epsilon, 1) / p.clip(epsilon, 1))).sum(-1)


def quotient_where_taken(p, q):
    return np.where(q > 0, q * np.log(q / p), 0).sum(-1)


def where_both(p, q):
    return np.where((p > 0) & (q > 0), q * np.log(q / p), 0).sum(-1)


ROUNDING = tuple(float(number) for kind in ("f4", "f8") for number in (np.finfo(kind).eps, np.finfo(kind).tiny))
OF_PROBS = (
    *(quotient, difference, where_taken, quotient_where_taken),
    *(quotient_nan_left_out, nan_to_0(quotient), nan_to_0(difference)),
)
POWERS = (3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 16, 20, 30, 50, 100, 200, 300)
EPSILONS = (*(10.0**-power for power in POWERS), *ROUNDING)


# -- other policies, other measures ----------------------------------------------------------------------------------


def renamed(value):
    """Masked actions get another logit."""
    return lambda z, old: kl(*(np.where(np.isneginf(x), value, x) for x in (z, old)))


def log_renamed(value):
    """Masked actions get another log-probability."""
    return lambda z, old: literal(*(np.maximum(log_softmax(x), value) for x in (z, old)))


def within(bound):
    return lambda z, old: kl(z.clip(-bound, bound), old.clip(-bound, bound))


def both_possible(z, old):
    return np.where(np.isneginf(z) | np.isneginf(old), 0, safe_terms(log_softmax(z), log_softmax(old))).sum(-1)


def along(axis):
    """Softmax over another axis."""

    def answer(z, old):
        p, q = (np.exp(x - x.max(axis, keepdims=True)) for x in (z, old))
        return where_taken(p / p.sum(axis, keepdims=True), q / q.sum(axis, keepdims=True))

    return answer


def jensen_shannon(z, old):
    p, q = probs(z), probs(old)
    middle = np.log((p + q) / 2)
    return (xlogy(p, log_softmax(z)) - xlogy(p, middle) + xlogy(q, log_softmax(old)) - xlogy(q, middle)).sum(-1) / 2


def infinite_where(masked):
    """One action of a kind, and the KL of the state is infinite."""
    return lambda z, old: np.where(masked(z, old).any(-1), np.inf, kl(z, old))
