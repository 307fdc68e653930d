"""Exercise 04: ways to write a softmax, a logarithm and a sum over the actions, safe ones and others."""

import numpy as np

from ppo_edu.arrays import log_softmax, xlogy


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


def nan_as_0_in_terms(logs, old_logs):
    return np.nan_to_num(literal_terms(logs, old_logs)).sum(-1)


def nan_left_out(logs, old_logs):
    return np.nansum(literal_terms(logs, old_logs), -1)


def nan_as_0_in_sums(logs, old_logs):
    return np.nan_to_num(literal(logs, old_logs))


TOTALS = (safely, literal, nan_as_0_in_terms, nan_left_out, nan_as_0_in_sums)


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


ROUNDING = tuple(float(number) for kind in ("f4", "f8") for number in (np.finfo(kind).eps, np.finfo(kind).tiny))
OF_PROBS = (quotient, difference, where_taken, quotient_nan_left_out, nan_to_0(quotient), nan_to_0(difference))
POWERS = (3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 16, 20, 30, 50, 100, 200, 300)
EPSILONS = (*(10.0**-power for power in POWERS), *ROUNDING)
