"""Answers to exercise 04, right ones in many styles and wrong ones with a piece of the message each must get."""

import itertools
import math
import random

import numpy as np
import scipy.special
import torch
from registry import bank

from ppo_edu import kl as package
from ppo_edu import trpo

RIGHT, WRONG, right, wrong, in_bulk = bank()


# -- the exact KL, right -----------------------------------------------------------------------------------------


@right("categorical_kl")
def shift_then_where(logits, old_logits):
    def log_probs(z):
        shifted = z - z.max(axis=1, keepdims=True)
        return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))

    logs, old_logs = log_probs(logits), log_probs(old_logits)
    old_probs = np.exp(old_logs)
    return np.where(old_probs > 0, old_probs * (old_logs - logs), 0).sum(axis=1)


@right("categorical_kl")
def scipy_log_softmax(logits, old_logits):
    logs, old_logs = (scipy.special.log_softmax(z, axis=-1) for z in (logits, old_logits))
    return np.nansum(np.exp(old_logs) * (old_logs - logs), axis=-1)


@right("categorical_kl")
def scipy_logsumexp(logits, old_logits):
    logs = logits - scipy.special.logsumexp(logits, axis=1)[:, None]
    old_logs = old_logits - scipy.special.logsumexp(old_logits, axis=1)[:, None]
    terms = np.exp(old_logs) * (old_logs - logs)
    terms[np.isnan(terms)] = 0.0
    return terms.sum(1)


@right("categorical_kl")
def torch_log_softmax(logits, old_logits):
    z, old = (torch.as_tensor(x) for x in (logits, old_logits))
    logs, old_logs = z.log_softmax(-1), old.log_softmax(-1)
    terms = old_logs.exp() * (old_logs - logs)
    return terms.masked_fill(old_logs.exp() == 0, 0.0).sum(-1)


@right("categorical_kl")
def torch_functional(logits, old_logits):
    logs = torch.nn.functional.log_softmax(torch.as_tensor(logits), dim=1)
    old_logs = torch.nn.functional.log_softmax(torch.as_tensor(old_logits), dim=1)
    terms = torch.where(torch.isneginf(old_logs), torch.zeros_like(logs), old_logs.exp() * (old_logs - logs))
    return terms.sum(dim=1)


@right("categorical_kl")
def torch_only_tensors(logits, old_logits):
    old_logs = old_logits - old_logits.logsumexp(-1, keepdim=True)
    logs = logits - logits.logsumexp(-1, keepdim=True)
    return (old_logs.exp() * (old_logs - logs)).nansum(-1)


@right("categorical_kl")
def single_precision(logits, old_logits):
    z, old = (torch.tensor(np.asarray(x), dtype=torch.float32).log_softmax(1) for x in (logits, old_logits))
    return (old.exp() * (old - z)).nansum(1)


@right("categorical_kl")
def pure_python(logits, old_logits):
    def log_probs(row):
        top = max(row)
        total = math.log(sum(math.exp(x - top) for x in row))
        return [x - top - total for x in row]

    answer = []
    for row, old_row in zip(logits, old_logits):
        total = 0.0
        for new, old in zip(log_probs(list(row)), log_probs(list(old_row))):
            if math.exp(old) > 0:
                total += math.exp(old) * (old - new)
        answer.append(total)
    return answer


@right("categorical_kl")
def by_masks(logits, old_logits):
    answer = np.zeros(len(logits))
    for s in range(len(logits)):
        taken = ~np.isneginf(old_logits[s])
        old = old_logits[s][taken] - old_logits[s].max()
        old = old - np.log(np.exp(old).sum())
        new = logits[s] - logits[s].max()
        new = (new - np.log(np.exp(new).sum()))[taken]
        answer[s] = np.exp(old) @ (old - new)
    return answer


@right("categorical_kl")
def row_by_row(logits, old_logits):
    return [package.categorical_kl(z, old) for z, old in zip(logits, old_logits)]


@right("categorical_kl")
def cross_entropy_less_entropy(logits, old_logits):
    logs, old_logs = (scipy.special.log_softmax(z, axis=1) for z in (logits, old_logits))
    old_probs = np.exp(old_logs)
    possible = old_probs > 0
    cross = -np.where(possible, old_probs * logs, 0).sum(1)
    entropy = scipy.special.entr(old_probs).sum(1)
    return cross - entropy


@right("categorical_kl")
def bregman(logits, old_logits):
    """log Z − log Z_old + π_old · (z_old − z)."""
    weights = scipy.special.softmax(old_logits, axis=1)
    apart = np.where(weights > 0, weights * (old_logits - logits), 0).sum(1)
    return scipy.special.logsumexp(logits, axis=1) - scipy.special.logsumexp(old_logits, axis=1) + apart


@right("categorical_kl")
def logaddexp_and_einsum(logits, old_logits):
    logs = logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
    old_logs = old_logits - np.logaddexp.reduce(old_logits, axis=1, keepdims=True)
    weights = np.exp(old_logs)
    apart = np.where(weights == 0, 0, old_logs - logs)
    return np.einsum("ba,ba->b", weights, apart)


@right("categorical_kl")
def in_place_on_copies(logits, old_logits):
    logs, old_logs = np.array(logits), np.array(old_logits)
    for z in (logs, old_logs):
        z -= z.max(axis=1, keepdims=True)
        z -= np.log(np.exp(z).sum(axis=1, keepdims=True))
    old_probs = np.exp(old_logs)
    old_logs -= logs
    old_logs[old_probs == 0] = 0
    old_logs *= old_probs
    return old_logs.sum(1)


@right("categorical_kl")
def torch_kl_div(logits, old_logits):
    logs, old_logs = (torch.as_tensor(z).log_softmax(-1) for z in (logits, old_logits))
    terms = torch.nn.functional.kl_div(logs, old_logs, log_target=True, reduction="none")
    return terms.nan_to_num(nan=0.0, posinf=math.inf).sum(-1)


@right("categorical_kl")
def package_kl(logits, old_logits):
    return package.categorical_kl(logits, old_logits)


# -- the exact KL, wrong -----------------------------------------------------------------------------------------


def log_probs(z):
    return scipy.special.log_softmax(z, axis=1)


def probs(z):
    return scipy.special.softmax(z, axis=1)


def naive(z):
    return np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)


def add_up(weights, apart):
    return np.where(weights > 0, weights * apart, 0).sum(axis=1)


def safe(z, old):
    return add_up(probs(old), log_probs(old) - log_probs(z))


def replaced(value):
    def answer(logits, old_logits):
        z, old = (np.where(np.isneginf(x), value, x) for x in (logits, old_logits))
        return safe(z, old)

    return answer


def torch_distributions_of_probs(logits, old_logits):
    new, old = (torch.distributions.Categorical(probs=torch.as_tensor(z).softmax(1)) for z in (logits, old_logits))
    return torch.distributions.kl_divergence(old, new)


def torch_distributions(logits, old_logits):
    new, old = (torch.distributions.Categorical(logits=torch.as_tensor(z)) for z in (logits, old_logits))
    return torch.distributions.kl_divergence(old, new)


in_bulk(
    "categorical_kl",
    {
        ("swapped", "changed places"): lambda z, old: safe(old, z),
        ("swapped_literally", "changed places"): lambda z, old: (
            np.exp(log_probs(z)) * (log_probs(z) - log_probs(old))
        ).sum(1),
        ("swapped_naive", "changed places"): lambda z, old: (naive(z) * np.log(naive(z) / naive(old))).sum(1),
        ("swapped_by_scipy", "changed places"): lambda z, old: scipy.special.rel_entr(probs(z), probs(old)).sum(1),
        ("jeffreys", "both directions together"): lambda z, old: safe(z, old) + safe(old, z),
        ("mean_of_both", "both directions together"): lambda z, old: (safe(z, old) + safe(old, z)) / 2,
        ("no_shift", "exp overflows at 710"): lambda z, old: (naive(old) * np.log(naive(old) / naive(z))).sum(1),
        ("no_shift_by_scipy", "exp overflows at 710"): lambda z, old: scipy.special.rel_entr(naive(old), naive(z)).sum(
            1
        ),
        ("no_shift_padded", "exp overflows at 710"): lambda z, old: (
            naive(old) * np.log((naive(old) + 1e-10) / (naive(z) + 1e-10))
        ).sum(1),
        ("shift_of_the_table", "not by this number"): lambda z, old: np.nansum(
            np.exp(table_logs(old)) * (table_logs(old) - table_logs(z)), axis=1
        ),
        ("shift_by_the_mean", "not by this number"): lambda z, old: np.nansum(
            np.exp(mean_logs(old)) * (mean_logs(old) - mean_logs(z)), axis=1
        ),
        ("log_of_softmax", "0 for the machine"): lambda z, old: (
            probs(old) * (np.log(probs(old)) - np.log(probs(z)))
        ).sum(1),
        ("scipy_rel_entr", "0 for the machine"): lambda z, old: scipy.special.rel_entr(probs(old), probs(z)).sum(1),
        ("scipy_entropy", "0 for the machine"): lambda z, old: scipy.stats.entropy(probs(old), probs(z), axis=1),
        ("torch_softmax_log", "0 for the machine"): lambda z, old: (
            torch.xlogy(p := torch.as_tensor(old).softmax(1), p) - torch.xlogy(p, torch.as_tensor(z).softmax(1))
        ).sum(1),
        ("torch_kl_divergence", "0 for the machine"): torch_distributions,
        ("torch_kl_divergence_of_probs", "0 for the machine"): torch_distributions_of_probs,
        ("cut_at_float_eps", "something small inside the logarithm"): lambda z, old: (
            probs(old) * np.log(np.clip(probs(old), 2.0**-52, 1) / np.clip(probs(z), 2.0**-52, 1))
        ).sum(1),
        ("padded_with_nearly_nothing", "something small inside the logarithm"): lambda z, old: (
            probs(old) * (np.log(probs(old) + 1e-300) - np.log(probs(z) + 1e-300))
        ).sum(1),
        ("padded", "something small inside the logarithm"): lambda z, old: (
            probs(old) * np.log((probs(old) + 1e-8) / (probs(z) + 1e-8))
        ).sum(1),
        ("padded_below", "something small inside the logarithm"): lambda z, old: add_up(
            probs(old), np.log(probs(old)) - np.log(probs(z) + 1e-12)
        ),
        ("cut_below", "something small inside the logarithm"): lambda z, old: (
            probs(old) * np.log(np.clip(probs(old), 1e-10, 1) / np.clip(probs(z), 1e-10, 1))
        ).sum(1),
        ("nan_of_masks", "comes out as nan"): lambda z, old: (
            np.exp(log_probs(old)) * (log_probs(old) - log_probs(z))
        ).sum(1),
        ("nan_of_masks_torch", "comes out as nan"): lambda z, old: (
            (o := torch.as_tensor(old).log_softmax(-1)).exp() * (o - torch.as_tensor(z).log_softmax(-1))
        ).sum(-1),
        ("kl_div_as_it_is", "comes out as nan"): lambda z, old: torch.nn.functional.kl_div(
            torch.as_tensor(z).log_softmax(1), torch.as_tensor(old).log_softmax(1), log_target=True, reduction="none"
        ).sum(1),
        ("states_zeroed", "whole state count 0"): lambda z, old: np.nan_to_num(
            (np.exp(log_probs(old)) * (log_probs(old) - log_probs(z))).sum(1), posinf=np.inf
        ),
        ("states_zeroed_too_large", "whole state count 0"): lambda z, old: np.nan_to_num(
            (np.exp(log_probs(old)) * (log_probs(old) - log_probs(z))).sum(1)
        ),
        ("terms_zeroed", "KL is infinite"): lambda z, old: np.nan_to_num(
            np.exp(log_probs(old)) * (log_probs(old) - log_probs(z))
        ).sum(1),
        ("common_actions", "KL is infinite"): lambda z, old: np.where(
            np.isfinite(z) & np.isfinite(old), probs(old) * (log_probs(old) - log_probs(z)), 0
        ).sum(1),
        ("masked_at_1e9", "KL is infinite"): replaced(-1e9),
        ("masked_at_1e8", "KL is infinite"): replaced(-1e8),
        ("masked_at_float_min", "KL is infinite"): replaced(float(np.finfo(np.float32).min)),
        ("masked_at_10", "takes its share"): replaced(-10.0),
        ("masked_at_0", "takes its share"): replaced(0.0),
        ("logits_cut", "cut the logits off"): lambda z, old: safe(np.clip(z, -50, 50), np.clip(old, -50, 50)),
        ("both_possible", "whose *new* probability is 0"): lambda z, old: np.where(
            (probs(old) > 0) & (probs(z) > 0), probs(old) * (log_probs(old) - log_probs(z)), 0
        ).sum(1),
        ("both_possible_by_quotient", "whose *new* probability is 0"): lambda z, old: np.sum(
            probs(old) * np.log(probs(old) / probs(z)), axis=1, where=(probs(old) > 0) & (probs(z) > 0)
        ),
        ("new_possible", "whose *new* probability is 0"): lambda z, old: np.where(
            np.isfinite(z), probs(old) * (log_probs(old) - log_probs(z)), 0
        ).sum(1),
        ("no_shift_where_taken", "exp overflows at 710"): lambda z, old: np.where(
            naive(old) > 0, naive(old) * np.log(naive(old) / naive(z)), 0
        ).sum(1),
        ("no_shift_both_possible", "exp overflows at 710"): lambda z, old: np.where(
            (naive(old) > 0) & (naive(z) > 0), naive(old) * np.log(naive(old) / naive(z)), 0
        ).sum(1),
        ("no_shift_of_logs", "exp overflows at 710"): lambda z, old: add_up(
            np.exp(naive_logs(old)), naive_logs(old) - naive_logs(z)
        ),
        ("shift_of_the_table_where_taken", "not by this number"): lambda z, old: add_up(
            np.exp(table_logs(old)), table_logs(old) - table_logs(z)
        ),
        ("kl_div_of_probs", "comes out as nan"): lambda z, old: torch.nn.functional.kl_div(
            torch.as_tensor(z).log_softmax(1), torch.as_tensor(old).softmax(1), reduction="none"
        ).sum(1),
        ("kl_div_without_log", "wants a logarithm first"): lambda z, old: torch.nn.functional.kl_div(
            torch.as_tensor(z).softmax(1), torch.as_tensor(old).softmax(1), reduction="none"
        ).sum(1),
        ("infinite_for_any_mask", "of the whole state infinite"): lambda z, old: np.where(
            np.isneginf(z).any(1), np.inf, safe(z, old)
        ),
        ("infinity_is_large", "KL is infinite"): lambda z, old: np.minimum(safe(z, old), 1e10),
        ("infinity_is_nan", "KL is infinite"): lambda z, old: np.where(np.isinf(safe(z, old)), np.nan, safe(z, old)),
        ("logits_cut_at_700", "cut the logits off"): lambda z, old: add_up(
            naive(old.clip(-700, 700)), np.log(naive(old.clip(-700, 700)) / naive(z.clip(-700, 700)))
        ),
        ("sign", "sign is turned"): lambda z, old: -safe(z, old),
        ("new_in_front", "in place of π_old"): lambda z, old: (
            np.exp(log_probs(z)) * (log_probs(old) - log_probs(z))
        ).sum(1),
        ("bits", "in bits"): lambda z, old: add_up(probs(old), (log_probs(old) - log_probs(z)) / np.log(2)),
        ("base_10", "base 10"): lambda z, old: safe(z, old) / np.log(10),
        ("mean_of_states", "all states together"): lambda z, old: safe(z, old).mean(),
        ("sum_of_states", "all states together"): lambda z, old: safe(z, old).sum(),
        ("batchmean", "all states together"): lambda z, old: np.float64(safe(z, old).sum() / len(z)),
        ("softmax_over_states", "along the wrong axis"): lambda z, old: add_up(
            scipy.special.softmax(old, axis=0),
            np.log(scipy.special.softmax(old, axis=0)) - np.log(scipy.special.softmax(z, axis=0)),
        ),
        ("softmax_of_the_table", "along the wrong axis"): lambda z, old: add_up(
            scipy.special.softmax(old), np.log(scipy.special.softmax(old)) - np.log(scipy.special.softmax(z))
        ),
        ("sum_over_states", "add along the states"): lambda z, old: np.where(
            probs(old) > 0, probs(old) * (log_probs(old) - log_probs(z)), 0
        ).sum(0),
        ("terms", "terms of the sum"): lambda z, old: np.where(
            probs(old) > 0, probs(old) * (log_probs(old) - log_probs(z)), 0
        ),
        ("mean_over_actions", "average over the actions"): lambda z, old: safe(z, old) / z.shape[1],
        ("unweighted", "every action counts alike"): lambda z, old: (log_probs(old) - log_probs(z)).sum(1),
        ("unweighted_mean", "every action counts alike"): lambda z, old: (log_probs(old) - log_probs(z)).mean(1),
        ("logits_as_logs", "Logits are no log-probabilities yet"): lambda z, old: (probs(old) * (old - z)).sum(1),
        ("new_logits_as_logs", "Logits are no log-probabilities yet"): lambda z, old: (
            probs(old) * (log_probs(old) - z)
        ).sum(1),
        ("logits_as_probs", "as if they were probabilities"): lambda z, old: (old * np.log(old / z)).sum(1),
        ("softmax_twice", "softmax is there twice"): lambda z, old: safe(probs(z), probs(old)),
        ("cross_entropy", "cross-entropy"): lambda z, old: add_up(probs(old), -log_probs(z)),
        ("entropy_of_new", "That is an entropy, or a difference of two"): lambda z, old: add_up(
            probs(z), -log_probs(z)
        ),
        ("entropies_apart", "That is an entropy, or a difference of two"): lambda z, old: (
            add_up(probs(z), -log_probs(z)) - add_up(probs(old), -log_probs(old))
        ),
        ("second_order", "second-order form"): lambda z, old: add_up(
            probs(old), (np.exp(log_probs(z) - log_probs(old)) - 1) ** 2 / 2
        ),
        ("chi_square", "second-order form"): lambda z, old: ((probs(z) - probs(old)) ** 2 / probs(old)).sum(1),
        ("half_square_of_logs", "second-order form"): lambda z, old: add_up(
            probs(old), (log_probs(z) - log_probs(old)) ** 2 / 2
        ),
        ("total_variation", "another distance"): lambda z, old: abs(probs(z) - probs(old)).sum(1) / 2,
        ("squared_difference", "another distance"): lambda z, old: ((probs(z) - probs(old)) ** 2).sum(1),
        ("absolute_terms", "lose their sign"): lambda z, old: add_up(probs(old), abs(log_probs(old) - log_probs(z))),
        ("positive_terms", "lose their sign"): lambda z, old: add_up(
            probs(old), np.maximum(log_probs(old) - log_probs(z), 0)
        ),
        ("likeliest_only", "one action, the likeliest"): lambda z, old: np.array(
            [(o - n)[o.argmax()] for n, o in zip(log_probs(z), log_probs(old))]
        ),
        ("mean_ratio", "The logarithm is missing"): lambda z, old: add_up(
            probs(old), np.exp(log_probs(z) - log_probs(old))
        ),
        ("mean_ratio_less_1", "The logarithm is missing"): lambda z, old: (probs(z) - probs(old)).sum(1),
        ("ratio_upside_down", "Σ π_old²/π"): lambda z, old: (probs(old) ** 2 / probs(z)).sum(1),
        ("estimated_by_k3", "You take the ratio itself"): lambda z, old: (
            probs(old) * (np.exp(log_probs(z) - log_probs(old)) - 1 - (log_probs(z) - log_probs(old)))
        ).sum(1),
        ("overlap_of_roots", "made of the probabilities themselves or of their roots"): lambda z, old: (
            1 - np.sqrt(probs(z) * probs(old)).sum(1)
        ),
        ("half", "factor, a root"): lambda z, old: safe(z, old) / 2,
        ("root", "factor, a root"): lambda z, old: np.sqrt(safe(z, old)),
        ("column", "shape"): lambda z, old: safe(z, old)[:, None],
        ("constant", "Two steps"): lambda z, old: np.full(len(z), 0.02),
    },
)


def table_logs(z):
    shifted = z - z.max()
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def naive_logs(z):
    return z - np.log(np.exp(z).sum(axis=1, keepdims=True))


def mean_logs(z):
    shifted = z - z.mean(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


@wrong("categorical_kl", "nothing needs to be drawn")
def drawn(logits, old_logits):
    answer = []
    for new, old, weights in zip(log_probs(logits), log_probs(old_logits), probs(old_logits)):
        actions = random.choices(range(len(new)), weights, k=1000)
        answer.append(np.mean(old[actions] - new[actions]))
    return answer


@wrong("categorical_kl", "The sum over the actions is exact")
def drawn_with_a_seed(logits, old_logits):
    generator, answer = random.Random(0), []
    for new, old, weights in zip(log_probs(logits), log_probs(old_logits), probs(old_logits)):
        actions = generator.choices(range(len(new)), weights, k=1000)
        answer.append(np.mean(old[actions] - new[actions]))
    return answer


@wrong("categorical_kl", "changed its input (logits, old_logits)")
def in_place(logits, old_logits):
    for z in (logits, old_logits):
        z -= z.max(axis=1, keepdims=True)
        z -= np.log(np.exp(z).sum(axis=1, keepdims=True))
    return add_up(np.exp(old_logits), old_logits - logits)


@wrong("categorical_kl", "math range error")
def math_exp(logits, old_logits):
    def law(row):
        powers = [math.exp(z) for z in row]
        return [p / sum(powers) for p in powers]

    pairs = zip(map(law, logits), map(law, old_logits))
    return [sum(q * math.log(q / p) for p, q in zip(new, old)) for new, old in pairs]


@wrong("categorical_kl", "0 has no logarithm")
def math_log(logits, old_logits):
    def law(row):
        powers = [math.exp(max(z - max(row), -600)) if z > -math.inf else 0.0 for z in row]
        return [p / sum(powers) for p in powers]

    def logs(row):
        return max(row) + math.log(sum(math.exp(z - max(row)) for z in row))

    answer = []
    for new, old in zip(logits, old_logits):
        if all(z > -math.inf for z in [*new, *old]):
            answer.append(pure_python([new], [old])[0])
        else:
            answer.append(sum(q * math.log(q / p) for p, q in zip(law(new), law(old))))
    return answer


# -- the estimators, right ---------------------------------------------------------------------------------------


@right("kl_estimators")
def three_lines(logprobs, old_logprobs):
    x = logprobs - old_logprobs
    return -x, x**2 / 2, np.expm1(x) - x


@right("kl_estimators")
def in_torch(logprobs, old_logprobs):
    x = torch.as_tensor(logprobs) - torch.as_tensor(old_logprobs)
    return -x, x.square() / 2, x.expm1() - x


@right("kl_estimators")
def torch_special(logprobs, old_logprobs):
    x = logprobs.sub(old_logprobs)
    return x.neg(), x.pow(2).mul(0.5), torch.special.expm1(x).sub(x)


@right("kl_estimators")
def stacked(logprobs, old_logprobs):
    x = np.asarray(logprobs) - np.asarray(old_logprobs)
    return np.stack([-x, 0.5 * x * x, np.expm1(x) - x])


@right("kl_estimators")
def by_lists(logprobs, old_logprobs):
    k1, k2, k3 = [], [], []
    for new, old in zip(logprobs, old_logprobs):
        x = float(new) - float(old)
        k1.append(-x)
        k2.append(x * x / 2)
        k3.append(math.expm1(x) - x)
    return [k1, k2, k3]


@right("kl_estimators")
def sample_by_sample(logprobs, old_logprobs):
    rows = [(o - n, (n - o) ** 2 / 2, math.expm1(n - o) - (n - o)) for n, o in zip(logprobs, old_logprobs)]
    return tuple(map(list, zip(*rows)))


@right("kl_estimators")
def logarithm_of_the_rounded_ratio(logprobs, old_logprobs):
    """r − 1 is exact, and log r belongs to the very r that was rounded: no digit is lost."""
    x = logprobs - old_logprobs
    r = np.exp(x)
    return -x, x**2 / 2, (r - 1) - np.log(r)


@right("kl_estimators")
def log1p_of_the_change(logprobs, old_logprobs):
    x = logprobs - old_logprobs
    change = np.expm1(x)
    return -x, x**2 / 2, change - np.log1p(change)


@right("kl_estimators")
def series_near_zero(logprobs, old_logprobs):
    x = np.asarray(logprobs) - np.asarray(old_logprobs)
    series = x**2 / 2 * (1 + x / 3)
    return -x, x**2 / 2, np.where(abs(x) < 1e-4, series, np.exp(x) - 1 - x)


@right("kl_estimators")
def second_order_where_tiny(logprobs, old_logprobs):
    x = logprobs - old_logprobs
    k2 = 0.5 * x**2
    k3 = np.exp(x) - 1 - x
    k3[abs(x) < 1e-5] = k2[abs(x) < 1e-5]
    return -x, k2, k3


@right("kl_estimators")
def hyperbolic_sine(logprobs, old_logprobs):
    x = logprobs - old_logprobs
    return old_logprobs - logprobs, x * x / 2, 2 * np.exp(x / 2) * np.sinh(x / 2) - x


@right("kl_estimators")
def in_place_on_a_copy(logprobs, old_logprobs):
    x = np.array(logprobs, dtype=np.float64)
    x -= old_logprobs
    k3 = np.expm1(x)
    k3 -= x
    return np.negative(x), np.square(x) / 2, k3


@right("kl_estimators")
def long_double(logprobs, old_logprobs):
    x = np.longdouble(logprobs) - np.longdouble(old_logprobs)
    return -x, x**2 / 2, np.expm1(x) - x


@right("kl_estimators")
def of_the_package(logprobs, old_logprobs):
    return tuple(package.approx_kl(logprobs, old_logprobs, name) for name in ("k1", "k2", "k3"))


@right("kl_estimators")
def vectorised(logprobs, old_logprobs):
    one = np.vectorize(lambda x: (-x, x * x / 2, math.expm1(x) - x), otypes=[float] * 3)
    return one(np.subtract(logprobs, old_logprobs))


# -- the estimators, wrong ---------------------------------------------------------------------------------------


def with_x(change):
    """All three made of another x."""

    def answer(logprobs, old_logprobs):
        x = change(logprobs, old_logprobs)
        return -x, x**2 / 2, np.expm1(x) - x

    return answer


def but(k1=None, k2=None, k3=None):
    """The right three with some replaced by a formula of x."""

    def answer(logprobs, old_logprobs):
        x = logprobs - old_logprobs
        formulas = (k1, lambda x: -x), (k2, lambda x: x**2 / 2), (k3, lambda x: np.expm1(x) - x)
        return tuple((mine or usual)(x) for mine, usual in formulas)

    return answer


def these(pick):
    return lambda logprobs, old_logprobs: pick(*three_lines(logprobs, old_logprobs))


in_bulk(
    "kl_estimators",
    {
        ("x_turned", "changed places"): with_x(lambda new, old: old - new),
        ("quotient", "*difference* of logarithms"): with_x(lambda new, old: new / old),
        ("log_of_quotient", "*difference* of logarithms"): with_x(lambda new, old: np.log(new / old)),
        ("as_probabilities", "treat the inputs as probabilities"): with_x(lambda new, old: np.log(new) - np.log(old)),
        ("ratio_for_x", "leave log space"): with_x(lambda new, old: np.exp(new - old)),
        ("difference_of_probabilities", "leave log space"): with_x(lambda new, old: np.exp(new) - np.exp(old)),
        ("weighted", "each counts once"): lambda new, old: tuple(np.exp(old) * k for k in three_lines(new, old)),
        ("reweighted", "each counts once"): lambda new, old: tuple(
            np.exp(new - old) * k for k in three_lines(new, old)
        ),
        ("k1_weighted", "each counts once"): lambda new, old: (np.exp(old) * (old - new), *three_lines(new, old)[1:]),
        ("k1_of_probabilities", "difference of probabilities"): lambda new, old: (
            np.exp(old) - np.exp(new),
            *three_lines(new, old)[1:],
        ),
        ("k3_twice_x", "k3 has a factor"): but(k3=lambda x: np.expm1(x) - 2 * x),
        ("means", "average or add up"): these(lambda *ks: tuple(k.mean() for k in ks)),
        ("sums", "average or add up"): these(lambda *ks: tuple(k.sum() for k in ks)),
        ("k1_sign", "k1 has the wrong sign"): but(k1=lambda x: x),
        ("k1_absolute", "k1 loses its sign"): but(k1=abs),
        ("k1_positive", "k1 loses its sign"): but(k1=lambda x: np.maximum(-x, 0)),
        ("k1_ratio", "k1 is made of the ratio itself"): but(k1=lambda x: np.exp(x)),
        ("k1_ratio_less_1", "k1 is made of the ratio itself"): but(k1=lambda x: 1 - np.exp(x)),
        ("k1_half", "k1 has a factor"): but(k1=lambda x: -x / 2),
        ("k1_times_ratio", "k1 has a factor"): but(k1=lambda x: -x * np.exp(x)),
        ("k2_no_half", "k2 lacks its ½"): but(k2=lambda x: x**2),
        ("k2_sign", "k2 has the wrong sign"): but(k2=lambda x: -(x**2) / 2),
        ("k2_of_ratio", "k2 squares the ratio or ratio − 1"): but(k2=lambda x: (np.exp(x) - 1) ** 2 / 2),
        ("k2_quarter", "squares the half as well"): but(k2=lambda x: (0.5 * x) ** 2),
        ("k2_not_squared", "k2 is not squared"): but(k2=lambda x: x / 2),
        ("k2_absolute", "k2 is not squared"): but(k2=lambda x: abs(x) / 2),
        ("k3_other_direction", "belongs to the other direction"): but(k3=lambda x: np.expm1(-x) + x),
        ("k3_other_direction_exp", "belongs to the other direction"): but(k3=lambda x: np.exp(-x) - 1 + x),
        ("k3_other_kl", "belongs to the other direction"): but(k3=lambda x: np.exp(x) * x - np.expm1(x)),
        ("k3_no_1", "forgets the −1"): but(k3=lambda x: np.exp(x) - x),
        ("k3_added", "logarithm has the wrong sign"): but(k3=lambda x: np.expm1(x) + x),
        ("k3_negative", "k3 is turned around"): but(k3=lambda x: x - np.expm1(x)),
        ("k3_control_only", "ratio − 1 alone"): but(k3=lambda x: np.expm1(x)),
        ("k3_is_k1", "k1 or k2 again"): but(k3=lambda x: -x),
        ("k3_is_k2", "k1 or k2 again"): but(k3=lambda x: x**2 / 2),
        ("k3_log_missing", "there twice"): but(k3=lambda x: np.expm1(x) - np.exp(x)),
        ("k3_exp_missing", "there twice"): but(k3=lambda x: x - 1 - np.exp(x)),
        ("k3_half", "k3 has a factor or a term too many"): but(k3=lambda x: (np.expm1(x) - x) / 2),
        ("k3_series", "beginning of its series"): but(k3=lambda x: x**2 / 2 + x**3 / 6),
        ("k3_cut_off", "k3 is cut off"): but(k3=lambda x: np.expm1(np.clip(x, -1, 1)) - np.clip(x, -1, 1)),
        ("k3_zeroed", "no right digits left"): but(k3=lambda x: np.where(abs(x) < 1e-6, 0, np.expm1(x) - x)),
        ("k3_padded", "something small is added"): but(k3=lambda x: np.expm1(x) - x + 1e-8),
        ("k3_without_digits", "no right digits left"): but(k3=lambda x: (np.exp(x) - 1) - x),
        ("k3_without_digits_ratio_first", "no right digits left"): but(k3=lambda x: np.exp(x) - 1 - x),
        ("k3_without_digits_x_first", "no right digits left"): but(k3=lambda x: -x - 1 + np.exp(x)),
        ("k3_without_digits_log", "no right digits left"): but(k3=lambda x: np.exp(x) - np.log(np.exp(x)) - 1),
        ("k3_without_digits_torch", "no right digits left"): but(k3=lambda x: (t := torch.as_tensor(x)).exp() - 1 - t),
        ("float32", "no right digits left"): lambda new, old: three_lines(np.float32(new), np.float32(old)),
        ("k3_nonnegative_at_any_price", "no right digits left"): but(k3=lambda x: np.maximum(np.exp(x) - 1 - x, 0)),
        ("order", "in another order"): these(lambda k1, k2, k3: (k3, k2, k1)),
        ("order_of_two", "in another order"): these(lambda k1, k2, k3: (k1, k3, k2)),
        ("only_k3", "Asked are three things"): these(lambda k1, k2, k3: k3),
        ("only_two", "Asked are 3 things"): these(lambda k1, k2, k3: (k1, k3)),
        ("wrong_everywhere", "With x = log π − log π_old"): with_x(lambda new, old: 0.3 * (new - old)),
    },
)


@wrong("kl_estimators", "changed its input (logprobs)")
def subtracted_in_place(logprobs, old_logprobs):
    logprobs -= old_logprobs
    return -logprobs, logprobs**2 / 2, np.expm1(logprobs) - logprobs


@wrong("kl_estimators", "each sample keeps its own")
def one_number_each(logprobs, old_logprobs):
    x = torch.as_tensor(logprobs) - torch.as_tensor(old_logprobs)
    return (-x).mean().item(), (x**2 / 2).mean().item(), (x.expm1() - x).mean().item()


# -- the counter-example, right ----------------------------------------------------------------------------------


@right("counter_example")
def of_the_lesson(least_kl):
    d = 0.1 * math.exp(-(least_kl + 0.2) / 0.1)
    return [0.5, 0.4, 0.1], [0.6, 0.4 - d, d]


@right("counter_example")
def spread_evenly(least_kl):
    old_probs = np.array([0.5, 0.4, 0.1])
    d = 0.1 * np.exp(-(least_kl + 0.2) / 0.1)
    return old_probs, np.array([0.5, 0.4, 0.0]) * (1 - d) / 0.9 + np.array([0, 0, d])


@right("counter_example")
def one_pair_for_all(least_kl):
    return (0.5, 0.4, 0.1), (0.58, 0.42, 1e-100)


@right("counter_example")
def barely_rare(least_kl):
    """The unsampled action starts from the most that the two others can take."""
    q = 1 / 6
    d = q * math.exp(-(least_kl + 0.2) / q)
    return [(1 - q) / 2, (1 - q) / 2, q], [(1 - d) / 2, (1 - d) / 2, d]


@right("counter_example")
def very_rare(least_kl):
    return np.array([0.79, 0.2, 0.01]), np.array([0.795, 0.205, 0.01 * np.exp(-100 * (least_kl + 0.1))])


@right("counter_example")
def ratios_first(least_kl):
    old, ratio = np.array([0.5, 0.4, 0.1]), np.array([1.1, 1.125, 1e-90])
    return old, old * ratio


@right("counter_example")
def in_torch_float32(least_kl):
    old = torch.tensor([0.45, 0.4, 0.15])
    d = 0.15 * torch.exp(torch.tensor(-(least_kl + 0.3) / 0.15))
    return old, torch.stack([0.53 + 0 * d, 0.47 - d, d])


@right("counter_example")
def one_table(least_kl):
    d = 0.1 * np.exp(-10 * (least_kl + 0.2))
    return np.array([[0.5, 0.4, 0.1], [0.55, 0.45 - d, d]])


@right("counter_example")
def by_softmax(least_kl):
    logits = np.array([np.log(0.5), np.log(0.4), np.log(0.1)])
    moved = logits - np.array([0, 0, 10 * least_kl + 3])
    return scipy.special.softmax(logits), scipy.special.softmax(moved)


@right("counter_example")
def by_search(least_kl):
    old, d = np.array([0.5, 0.4, 0.1]), 0.1
    while True:
        probs = np.array([0.55, 0.45 - d, d])
        if (old * np.log(old / probs)).sum() > least_kl:
            return old, probs
        d /= 2


@right("counter_example")
def by_halving_ratios(least_kl):
    old = [0.5, 0.4, 0.1]
    for k in itertools.count(1):
        d = 0.1 * 0.5**k
        new = [0.5 + (0.1 - d) / 2, 0.4 + (0.1 - d) / 2, d]
        if sum(p * math.log(p / q) for p, q in zip(old, new)) > least_kl:
            return old, new


@right("counter_example")
def at_random(least_kl):
    """Another pair at every call is fair: each has the properties."""
    d = 1e-60 * random.random() + 1e-70
    return [0.5, 0.4, 0.1], [0.55, 0.45 - d, d]


@right("counter_example")
def one_sampled_action_on_the_lower_edge(least_kl):
    d = 0.04 * math.exp(-25 * (least_kl + 0.2))
    return [0.7, 0.26, 0.04], [1 - 0.8 * 0.26 - d, 0.8 * 0.26, d]


@right("counter_example")
def a_dict_is_not_needed(least_kl):
    pairs = {0.1: 0.001, 0.5: 1e-5}
    d = pairs.get(least_kl, 1e-200)
    return [0.5, 0.4, 0.1], [0.55, 0.45 - d, d]


# -- the counter-example, wrong ----------------------------------------------------------------------------------


def pair(old, new):
    return lambda least_kl: (old, new)


def small(least_kl, share=0.1):
    return share * math.exp(-(least_kl + 0.2) / share)


in_bulk(
    "counter_example",
    {
        ("of_the_docstring", "action 1 has ratio 0.75"): pair([0.5, 0.4, 0.1], [0.6, 0.3, 0.1]),
        ("all_in_the_band", "All three ratios are in the band"): pair([0.5, 0.4, 0.1], [0.6, 0.32, 0.08]),
        ("half_up_half_down", "All three ratios are in the band"): pair([0.5, 0.25, 0.25], [0.6, 0.2, 0.2]),
        ("equal", "The two policies are equal"): pair([0.5, 0.4, 0.1], [0.5, 0.4, 0.1]),
        ("zero", "exactly 0"): pair([0.5, 0.4, 0.1], [0.55, 0.45, 0.0]),
        ("zero_before", "π_old has a probability that is exactly 0"): pair([0.5, 0.5, 0.0], [0.45, 0.45, 0.1]),
        ("zero_by_underflow", "exactly 0"): pair([0.5, 0.4, 0.1], [0.55, 0.45, 1e-400]),
        ("not_normalised", "π sums to 0.91"): pair([0.5, 0.4, 0.1], [0.5, 0.4, 0.01]),
        ("old_not_normalised", "π_old sums to 1.1"): pair([0.5, 0.5, 0.1], [0.55, 0.45 - 1e-9, 1e-9]),
        ("percent", "sums to 100"): pair([50, 40, 10], [55, 45 - 1e-9, 1e-9]),
        ("negative", "negative entry"): pair([0.5, 0.4, 0.1], [0.6, 0.45, -0.05]),
        ("logs", "look like log-probabilities"): lambda kl: tuple(map(np.log, of_the_lesson(kl))),
        ("logits", "negative entry"): pair([0.0, 0.0, -2.0], [0.0, 0.0, -50.0]),
        ("nan", "a nan or an infinity in π"): pair([0.5, 0.4, 0.1], [0.5, 0.4, math.nan]),
        ("exchanged", "changed places"): lambda kl: of_the_lesson(kl)[::-1],
        ("swapped_on_the_edge", "changed places"): pair([0.6, 0.4 - 1e-60, 1e-60], [0.5, 0.4, 0.1]),
        ("another_unsampled", "not those of the sampled actions"): lambda kl: (
            [0.1, 0.4, 0.5],
            [small(kl), 0.45 - small(kl), 0.55],
        ),
        ("the_middle_unsampled", "not those of the sampled actions"): lambda kl: (
            [0.5, 0.1, 0.4],
            [0.55, small(kl), 0.45 - small(kl)],
        ),
        ("difference_in_the_band", "Upside down"): pair([0.5, 0.4, 0.1], [0.5, 0.5 - 1e-80, 1e-80]),
        ("difference_of_a_fifth", "not about the difference"): pair([0.5, 0.4, 0.1], [0.69, 0.31 - 1e-80, 1e-80]),
        ("outside", "the clip would see that"): pair([0.5, 0.4, 0.1], [0.1, 0.9 - 1e-80, 1e-80]),
        ("outside_far", "the clip would see that"): pair([0.5, 0.3, 0.2], [0.99, 0.01 - 1e-80, 1e-80]),
        ("too_common", "too much to disappear"): pair([0.3, 0.3, 0.4], [0.36, 0.36, 0.28]),
        ("too_common_still", "too much to disappear"): pair([0.4, 0.3, 0.3], [0.48, 0.36, 0.16]),
        ("not_rare_enough", "not rare enough yet"): pair([0.5, 0.4, 0.1], [0.55, 0.40, 0.05]),
        ("nearly", "not rare enough yet"): pair([0.5, 0.4, 0.1], [0.6, 0.37, 0.03]),
        ("enough_in_bits", "In bits"): pair([0.5, 0.4, 0.1], [0.6, 0.38, 0.02]),
        ("for_a_tenth_only", "for more it is not yet"): pair([0.5, 0.4, 0.1], [0.6, 0.39, 0.01]),
        ("for_a_half_only", "for more it is not yet"): pair([0.5, 0.4, 0.1], [0.6, 0.4 - 1e-4, 1e-4]),
        ("likelier_for_a_tenth", "In the other direction"): pair([0.5, 0.5 - 1e-9, 1e-9], [0.4, 0.4, 0.2]),
        ("likelier", "In yours the unsampled action becomes likelier"): pair([0.45, 0.45, 0.1], [0.38, 0.38, 0.24]),
        ("likelier_and_little", "In yours the unsampled action becomes likelier"): pair(
            [0.45, 0.45, 0.1], [0.42, 0.42, 0.16]
        ),
        ("kl_too_small_by_a_factor", "All three ratios are in the band"): lambda kl: (
            [0.5, 0.4, 0.1],
            [0.55, 0.45 - 0.1 * math.exp(-kl), 0.1 * math.exp(-kl)],
        ),
        ("bits_asked_for", "In bits"): lambda kl: (
            [0.5, 0.4, 0.1],
            [0.55, 0.45 - 0.1 * 2 ** (-10 * (kl + 0.2)), 0.1 * 2 ** (-10 * (kl + 0.2))],
        ),
        ("two_actions", "three probabilities each"): pair([0.5, 0.5], [0.6, 0.4]),
        ("four_actions", "three probabilities each"): pair([0.4, 0.4, 0.1, 0.1], [0.4, 0.4, 0.1999, 1e-4]),
        ("new_only", "three probabilities each"): lambda kl: of_the_lesson(kl)[1],
        ("a_number", "three probabilities each"): lambda kl: 0.01,
        ("with_the_kl", "different shapes"): lambda kl: (*of_the_lesson(kl), 0.149),
        ("a_dict", "three probabilities each"): lambda kl: {"old": [0.5, 0.4, 0.1], "new": [0.6, 0.39, 0.01]},
        ("without_an_argument", "the arguments its docstring names"): lambda: of_the_lesson(5.0),
    },
)


# -- adaptive β, right -------------------------------------------------------------------------------------------


@right("adaptive_kl_coef")
def two_ifs(kl_coef, kl, target_kl):
    if kl > 1.5 * target_kl:
        return 2 * kl_coef
    if kl < target_kl / 1.5:
        return kl_coef / 2
    return kl_coef


@right("adaptive_kl_coef")
def elif_chain(kl_coef, kl, target_kl):
    if kl < target_kl / 1.5:
        kl_coef = kl_coef / 2
    elif kl > target_kl * 1.5:
        kl_coef = kl_coef * 2
    return kl_coef


@right("adaptive_kl_coef")
def conditional_expression(kl_coef, kl, target_kl):
    return kl_coef * (2 if kl > 1.5 * target_kl else 0.5 if 1.5 * kl < target_kl else 1)


@right("adaptive_kl_coef")
def quotient_of_kls(kl_coef, kl, target_kl):
    share = kl / target_kl
    if share > 1.5:
        return kl_coef * 2.0
    return kl_coef * 0.5 if share * 1.5 < 1 else kl_coef


@right("adaptive_kl_coef")
def powers_of_two(kl_coef, kl, target_kl):
    return kl_coef * 2.0 ** (int(kl > 1.5 * target_kl) - int(kl < target_kl / 1.5))


@right("adaptive_kl_coef")
def numpy_select(kl_coef, kl, target_kl):
    return np.select([kl > 1.5 * target_kl, kl < target_kl / 1.5], [2 * kl_coef, kl_coef / 2], kl_coef)


@right("adaptive_kl_coef")
def numpy_where(kl_coef, kl, target_kl):
    return np.where(kl > 1.5 * target_kl, 2 * kl_coef, np.where(kl < target_kl / 1.5, kl_coef / 2, kl_coef))


@right("adaptive_kl_coef")
def torch_where(kl_coef, kl, target_kl):
    beta, kl = torch.tensor(float(kl_coef), dtype=torch.float64), torch.tensor(float(kl), dtype=torch.float64)
    beta = torch.where(kl > 1.5 * target_kl, 2 * beta, beta)
    return torch.where(kl < target_kl / 1.5, beta / 2, beta)


@right("adaptive_kl_coef")
def matched(kl_coef, kl, target_kl):
    match (kl > 1.5 * target_kl, kl * 1.5 < target_kl):
        case (True, False):
            return kl_coef + kl_coef
        case (False, True):
            return kl_coef - kl_coef / 2
        case _:
            return kl_coef


@right("adaptive_kl_coef")
def two_plain_ifs_in_a_row(kl_coef, kl, target_kl):
    beta = kl_coef
    if kl > 1.5 * target_kl:
        beta *= 2
    if kl < target_kl / 1.5:
        beta /= 2
    return beta


@right("adaptive_kl_coef")
def middle_first(kl_coef, kl, target_kl):
    if target_kl / 1.5 <= kl <= 1.5 * target_kl:
        return kl_coef
    return 2 * kl_coef if kl > target_kl else 0.5 * kl_coef


@right("adaptive_kl_coef")
def from_a_table(kl_coef, kl, target_kl):
    side = (kl > 1.5 * target_kl) - (kl < target_kl / 1.5)
    return {-1: kl_coef / 2, 0: kl_coef, 1: kl_coef * 2}[side]


@right("adaptive_kl_coef")
def as_array(kl_coef, kl, target_kl):
    return np.array([package.adaptive_kl_coef(kl_coef, kl, target_kl)])


# -- adaptive β, wrong -------------------------------------------------------------------------------------------


def ruled(low, high, down=lambda b: b / 2, up=lambda b: 2 * b, keep=lambda b: b):
    def answer(kl_coef, kl, target_kl):
        if kl > high(target_kl):
            return up(kl_coef)
        return down(kl_coef) if kl < low(target_kl) else keep(kl_coef)

    return answer


def low(t):
    return t / 1.5


def high(t):
    return 1.5 * t


in_bulk(
    "adaptive_kl_coef",
    {
        ("turned", "moves the wrong way"): ruled(low, high, lambda b: 2 * b, lambda b: b / 2),
        ("swapped_kl_and_target", "moves the wrong way"): lambda b, k, t: two_ifs(b, t, k),
        ("no_middle", "Your middle is missing, or is too narrow"): ruled(lambda t: t, lambda t: t),
        ("else_halves", "Your middle is missing, or is too narrow"): lambda b, k, t: 2 * b if k > 1.5 * t else b / 2,
        ("else_doubles", "Your middle is missing, or is too narrow"): lambda b, k, t: b / 2 if k < t / 1.5 else 2 * b,
        ("low_forgets_the_factor", "Your middle is missing, or is too narrow"): ruled(lambda t: t, high),
        ("only_up", "only ever rises"): lambda b, k, t: 2 * b if k > 1.5 * t else b,
        ("only_down", "only ever falls"): lambda b, k, t: b / 2 if k < t / 1.5 else b,
        ("factor_of_thresholds", "by the factor 1.5"): ruled(low, high, lambda b: b / 1.5, lambda b: 1.5 * b),
        ("uneven", "another factor, a power or a difference"): ruled(low, high, up=lambda b: 1.5 * b),
        ("added", "another factor, a power or a difference"): ruled(low, high, lambda b: b - 2, lambda b: b + 2),
        ("four", "another factor, a power or a difference"): ruled(low, high, lambda b: b / 4, lambda b: 4 * b),
        ("squared", "another factor, a power or a difference"): ruled(low, high, up=lambda b: b**2),
        ("threshold_two", "use 2 as the threshold"): ruled(lambda t: t / 2, lambda t: 2 * t),
        ("numbers_swapped", "use 2 as the threshold"): ruled(
            lambda t: t / 2, lambda t: 2 * t, lambda b: b / 1.5, lambda b: 1.5 * b
        ),
        ("low_at_half", "lower threshold"): ruled(lambda t: 0.5 * t, high),
        ("within_half_of_it", "lower threshold"): lambda b, k, t: (
            b if abs(k - t) <= t / 2 else 2 * b if k > t else b / 2
        ),
        ("distance", "upper threshold"): ruled(lambda t: t - 1.5, lambda t: t + 1.5),
        ("high_distance", "upper threshold"): ruled(low, lambda t: t + 1.5),
        ("high_at_two", "upper threshold"): ruled(low, lambda t: 2 * t),
        ("on_the_edge", "Exactly on a threshold"): lambda b, k, t: (
            2 * b if k >= 1.5 * t else b / 2 if 1.5 * k <= t else b
        ),
        ("on_the_upper_edge", "Exactly on a threshold"): lambda b, k, t: (
            2 * b if k >= 1.5 * t else b / 2 if k < t / 1.5 else b
        ),
        ("proportional", "how far the KL is from the target"): lambda b, k, t: b * k / t,
        ("proportional_outside", "how far the KL is from the target"): lambda b, k, t: (
            b if t / 1.5 <= k <= 1.5 * t else b * k / t
        ),
        ("target_moves", "but not β"): lambda b, k, t: two_ifs(t, k, t),
        ("penalty", "but not β"): lambda b, k, t: two_ifs(b, k, t) * k,
        ("factor_alone", "That is the factor"): lambda b, k, t: two_ifs(1.0, k, t),
        ("zero_between", "comes back as another number"): ruled(low, high, keep=lambda b: 0.0),
        ("one_between", "comes back as another number"): ruled(low, high, keep=lambda b: 1.0),
        ("never", "never moves"): lambda b, k, t: b,
        ("whole_numbers", "rounds down"): ruled(low, high, lambda b: b // 2),
        ("int_of_it", "rounds down"): ruled(low, high, lambda b: b // 2 if isinstance(b, int) else b / 2),
        ("bounded_above", "between two limits"): lambda b, k, t: min(two_ifs(b, k, t), 100.0),
        ("bounded_below", "between two limits"): lambda b, k, t: max(two_ifs(b, k, t), 0.1) if b else b,
        ("small_floor", "between two limits"): lambda b, k, t: max(two_ifs(b, k, t), 0.01) if b else b,
        ("smaller_floor", "between two limits"): lambda b, k, t: max(two_ifs(b, k, t), 1e-3) if b else b,
        ("bounded", "between two limits"): lambda b, k, t: np.clip(two_ifs(b, k, t), 1e-3, 1e3),
        ("never_zero", "between two limits"): lambda b, k, t: two_ifs(max(b, 0.01), k, t),
        ("bounded_in_its_own_way", "should be halved"): lambda b, k, t: max(two_ifs(b, k, t), 0.7) if b else b,
        ("doubled_on_both_sides", "same way on both sides"): ruled(low, high, down=lambda b: 2 * b),
        ("halved_on_both_sides", "same way on both sides"): ruled(low, high, up=lambda b: b / 2),
        ("far_from_the_target", "same way on both sides"): lambda b, k, t: 2 * b if abs(k - t) > t / 2 else b,
        ("three", "another factor, a power or a difference"): ruled(low, high, lambda b: b / 3, lambda b: 3 * b),
        ("low_distance", "lower threshold"): ruled(lambda t: t - 1.5, high),
        ("shifted_by_the_distance", "how far the KL is from the target"): lambda b, k, t: b + (k - t),
        ("root_of_the_quotient", "how far the KL is from the target"): lambda b, k, t: b * (k / t) ** 0.5,
    },
)


# -- conjugate gradient, right -----------------------------------------------------------------------------------


@right("conjugate_gradient")
def as_in_the_exercise(matvec, b, iterations=10, tol=1e-10):
    x, r, d = 0 * b, b, b
    for _ in range(iterations):
        if r @ r <= tol**2 * (b @ b):
            break
        p = matvec(d)
        a = r @ r / (d @ p)
        x, left = x + a * d, r - a * p
        d, r = left + left @ left / (r @ r) * d, left
    return x


@right("conjugate_gradient")
def in_place_on_copies_of_b(matvec, b, iterations=10, tol=1e-10):
    x, r, d = np.zeros_like(b), b.copy(), b.copy()
    square = r.dot(r)
    limit = tol**2 * square
    for _ in range(iterations):
        if square <= limit:
            return x
        p = matvec(d)
        a = square / d.dot(p)
        x += a * d
        r -= a * p
        square, before = r.dot(r), square
        d *= square / before
        d += r
    return x


@right("conjugate_gradient")
def while_loop(matvec, b, iterations=10, tol=1e-10):
    x, r, d, k = 0 * b, b, b, 0
    while k < iterations and np.linalg.norm(r) > tol * np.linalg.norm(b):
        p = matvec(d)
        a = (r @ r) / (d @ p)
        x = x + a * d
        new = r - a * p
        d = new + (new @ new) / (r @ r) * d
        r, k = new, k + 1
    return x


@right("conjugate_gradient")
def in_torch_only(matvec, b, iterations=10, tol=1e-10):
    x, r, d = torch.zeros_like(b), b.clone(), b.clone()
    for _ in range(iterations):
        if r.norm() <= tol * b.norm():
            break
        p = matvec(d)
        square = torch.dot(r, r)
        a = square / torch.dot(d, p)
        x.add_(a * d)
        r.sub_(a * p)
        d = r + torch.dot(r, r) / square * d
    return x


@right("conjugate_gradient")
def lists_of_numbers(matvec, b, iterations=10, tol=1e-10):
    def dot(u, v):
        return sum(x * y for x, y in zip(u, v))

    b = [float(entry) for entry in b]
    x, r, d = [0.0] * len(b), b[:], b[:]
    for _ in range(iterations):
        if math.sqrt(dot(r, r)) <= tol * math.sqrt(dot(b, b)):
            break
        p = matvec(d)
        square = dot(r, r)
        a = square / dot(d, p)
        x = [xi + a * di for xi, di in zip(x, d)]
        r = [ri - a * pi for ri, pi in zip(r, p)]
        share = dot(r, r) / square
        d = [ri + share * di for ri, di in zip(r, d)]
    return x


@right("conjugate_gradient")
def residual_from_a_product_at_the_start(matvec, b, iterations=10, tol=1e-10):
    """b − H x with x = 0 costs one product more, which is fair."""
    x = np.zeros(len(b))
    r = b - matvec(x)
    d, square, first = r.copy(), r @ r, np.linalg.norm(b)
    for _ in range(iterations):
        if np.sqrt(square) <= tol * first:
            break
        p = matvec(d)
        a = square / (p @ d)
        x, r = x + a * d, r - a * p
        square, before = r @ r, square
        d = r + square / before * d
    return x


@right("conjugate_gradient")
def conjugate_by_projection(matvec, b, iterations=10, tol=1e-10):
    """The share of the old direction that makes the new one conjugate, −rᵀHd / dᵀHd, is the same number."""
    x, r, d = 0 * b, b, b
    for _ in range(iterations):
        if not np.linalg.norm(r) > tol * np.linalg.norm(b):
            break
        p = matvec(d)
        a = r @ d / (d @ p)
        x, r = x + a * d, r - a * p
        d = r - r @ p / (d @ p) * d
    return x


@right("conjugate_gradient")
def polak_ribiere(matvec, b, iterations=10, tol=1e-10):
    """On a parabola the residuals are orthogonal, and this is the same."""
    x, r, d = 0 * b, b, b
    for _ in range(iterations):
        if np.linalg.norm(r) <= tol * np.linalg.norm(b):
            break
        p = matvec(d)
        a = (r @ r) / (d @ p)
        x, new = x + a * d, r - a * p
        d = new + new @ (new - r) / (r @ r) * d
        r = new
    return x


@right("conjugate_gradient")
def recursive(matvec, b, iterations=10, tol=1e-10):
    limit = tol * np.linalg.norm(b)

    def onwards(x, r, d, left):
        if left == 0 or np.linalg.norm(r) <= limit:
            return x
        p = matvec(d)
        a = r @ r / (d @ p)
        new = r - a * p
        return onwards(x + a * d, new, new + new @ new / (r @ r) * d, left - 1)

    return onwards(0 * b, b, b, iterations)


@right("conjugate_gradient")
def krylov_by_least_energy(matvec, b, iterations=10, tol=1e-10):
    """The lowest point of the parabola over span(b, Hb, H²b, …), for every number of iterations."""
    x, left, basis, images = 0.0 * b, b, [], []
    for _ in range(iterations):
        if np.linalg.norm(left) <= tol * np.linalg.norm(b):
            break
        v = left - sum((u * (u @ left) for u in basis), 0 * b)
        v = v - sum((u * (u @ v) for u in basis), 0 * b)
        basis.append(v / np.linalg.norm(v))
        images.append(matvec(basis[-1]))
        V, HV = np.array(basis), np.array(images)
        shares = np.linalg.solve(V @ HV.T, V @ b)
        x, left = shares @ V, b - shares @ HV
    return x


@right("conjugate_gradient")
def minimising_against_all_earlier_directions(matvec, b, iterations=10, tol=1e-10):
    x, r, directions = np.zeros(b.shape), np.array(b), []
    for _ in range(iterations):
        if np.sum(r**2) <= tol**2 * np.sum(b**2):
            break
        d = r - sum((old * (image @ r) / (image @ old) for old, image in directions), 0 * r)
        image = matvec(d)
        a = np.sum(r * d) / np.sum(d * image)
        x, r = x + a * d, r - a * image
        directions.append((d, image))
    return x


@right("conjugate_gradient")
def of_the_package_trpo(matvec, b, iterations=10, tol=1e-10):
    return trpo.conjugate_gradient(matvec, b, iterations, tol)


@right("conjugate_gradient")
def single_precision_scalars(matvec, b, iterations=10, tol=1e-10):
    x, r, d = b * 0.0, b * 1.0, b * 1.0
    limit = max(tol, 1e-7) * np.sqrt(np.einsum("i,i", b, b))
    for _ in range(iterations):
        square = np.einsum("i,i", r, r)
        if np.sqrt(square) <= limit:
            break
        p = matvec(d)
        a = square / np.einsum("i,i", d, p)
        x, r = x + a * d, r - a * p
        d = r + np.einsum("i,i", r, r) / square * d
    return x


# -- conjugate gradient, wrong -----------------------------------------------------------------------------------


def iterated(length=None, mix=None, stop=None, steps=None, result=None, follow=None, onwards=None, begin=None):
    """Conjugate gradient with something replaced; r, d, p = Hd are the vectors, m the share of d that is kept."""
    length = length or (lambda r, d, p: r @ r / (d @ p))
    mix = mix or (lambda new, r, p, d: new @ new / (r @ r))
    stop = stop or (lambda r, b, tol: np.linalg.norm(r) <= tol * np.linalg.norm(b))
    follow = follow or (lambda r, a, p, d: r - a * p)
    onwards = onwards or (lambda new, m, d, r: new + m * d)

    def answer(matvec, b, iterations=10, tol=1e-10):
        x, r, d = begin(b) if begin else (np.zeros(len(b)), b, b)
        for _ in range(steps(iterations) if steps else iterations):
            if stop(r, b, tol):
                break
            p = matvec(d)
            a = length(r, d, p)
            x = x + a * d
            new = follow(r, a, p, d)
            d, r = onwards(new, mix(new, r, p, d), d, r), new
        return result(x, r, d) if result else x

    return answer


in_bulk(
    "conjugate_gradient",
    {
        ("steepest", "steepest descent"): iterated(mix=lambda new, r, p, d: 0),
        ("steepest_without_end", "steepest descent"): iterated(mix=lambda *_: 0, stop=lambda *_: False),
        ("fixed_length", "Your steps all have one length"): iterated(length=lambda r, d, p: 0.1),
        ("gradient_descent", "Your steps all have one length"): iterated(length=lambda r, d, p: 0.1, mix=lambda *_: 0),
        ("no_curvature", "wrong pair of vectors"): iterated(length=lambda r, d, p: r @ r / (d @ d)),
        ("length_inverted", "turned upside down, or has a factor"): iterated(length=lambda r, d, p: d @ p / (r @ r)),
        ("length_halved", "turned upside down, or has a factor"): iterated(length=lambda r, d, p: r @ r / (2 * d @ p)),
        ("length_of_norm", "turned upside down, or has a factor"): iterated(
            length=lambda r, d, p: np.linalg.norm(r) / (d @ p)
        ),
        ("minimal_residual_mixed", "wrong pair of vectors"): iterated(length=lambda r, d, p: r @ p / (p @ p)),
        ("length_of_d", "wrong pair of vectors"): iterated(length=lambda r, d, p: d @ d / (d @ p)),
        ("length_over_p", "wrong pair of vectors"): iterated(length=lambda r, d, p: r @ r / (p @ p)),
        ("share_inverted", "kept is turned upside down"): iterated(mix=lambda new, r, p, d: r @ r / (new @ new)),
        ("share_of_norms", "a quotient of *squares*"): iterated(
            mix=lambda new, r, p, d: np.linalg.norm(new) / np.linalg.norm(r)
        ),
        ("share_negative", "a quotient of *squares*"): iterated(mix=lambda new, r, p, d: -(new @ new) / (r @ r)),
        ("all_kept", "keep all of the direction"): iterated(mix=lambda *_: 1),
        ("momentum", "keep all of the direction"): iterated(mix=lambda *_: 0.9),
        ("old_residual", "made of the *old* residual"): iterated(onwards=lambda new, m, d, r: r + m * d),
        ("direction_forgets", "forgets the residual"): iterated(onwards=lambda new, m, d, r: m * d),
        ("direction_never_changes", "forgets the residual"): iterated(onwards=lambda new, m, d, r: d),
        ("direction_downwards", "forgets the residual"): iterated(onwards=lambda new, m, d, r: m * d - new),
        ("share_on_the_residual", "forgets the residual"): iterated(onwards=lambda new, m, d, r: d + m * new),
        ("residual_grows", "The residual goes the wrong way"): iterated(follow=lambda r, a, p, d: r + a * p),
        ("residual_stays", "never brought up to date"): iterated(follow=lambda r, a, p, d: r),
        ("residual_by_the_product", "never brought up to date"): iterated(follow=lambda r, a, p, d: r - p),
        ("residual_by_the_step", "never brought up to date"): iterated(follow=lambda r, a, p, d: r - a * d),
        ("share_of_the_direction", "a quotient of *squares*"): iterated(mix=lambda new, r, p, d: new @ new / (d @ d)),
        ("fixed_length_without_end", "Your steps all have one length"): iterated(
            length=lambda r, d, p: 0.1, mix=lambda *_: 0, stop=lambda *_: False
        ),
        ("less_than_tol", "for less than `tol`"): iterated(
            stop=lambda r, b, tol: np.linalg.norm(r) < tol * np.linalg.norm(b)
        ),
        ("begins_at_b", "You begin somewhere else"): iterated(begin=lambda b: (b, b, b)),
        ("begins_at_1", "You begin somewhere else"): iterated(begin=lambda b: (np.ones(len(b)), b, b)),
        ("one_more", "one iteration too many"): iterated(steps=lambda k: k + 1),
        ("one_less", "one iteration too many"): iterated(steps=lambda k: max(0, k - 1)),
        ("ten_always", "number of iterations is not used"): iterated(steps=lambda k: 10),
        ("to_the_end_always", "number of iterations is not used"): iterated(steps=lambda k: 100),
        ("no_tol", "`tol` is not used"): iterated(stop=lambda *_: False),
        ("tol_built_in", "`tol` is not used"): iterated(stop=lambda r, b, tol: r @ r < 1e-10),
        ("tol_absolute", "Your test is not relative"): iterated(stop=lambda r, b, tol: np.linalg.norm(r) <= tol),
        ("tol_on_the_square", "Your test is not relative"): iterated(stop=lambda r, b, tol: r @ r <= tol),
        ("tol_relative_square", "compares a square with a length"): iterated(
            stop=lambda r, b, tol: r @ r <= tol * (b @ b)
        ),
        ("gives_the_residual", "Asked is x"): iterated(result=lambda x, r, d: r),
        ("gives_the_direction", "Asked is x"): iterated(result=lambda x, r, d: d),
        ("sign_of_x", "sign of x is turned"): iterated(result=lambda x, r, d: -x),
        ("product", "where the inverse is asked"): lambda matvec, b, iterations, tol: matvec(b),
        ("b_itself", "where the inverse is asked"): lambda matvec, b, iterations, tol: b,
        ("one_number", "shape"): iterated(result=lambda x, r, d: x @ r),
    },
)


@wrong("conjugate_gradient", "You begin somewhere else")
def begins_at_b_with_its_residual(matvec, b, iterations=10, tol=1e-10):
    r = b - matvec(b)
    return iterated(begin=lambda _: (b, r, r))(matvec, b, iterations, tol)


def columns(matvec, b):
    return np.array([matvec(row) for row in np.eye(len(b))]).T


@wrong("conjugate_gradient", "That is the exact solution")
def solved_at_once(matvec, b, iterations=10, tol=1e-10):
    return np.linalg.solve(columns(matvec, b), b)


@wrong("conjugate_gradient", "That is the exact solution")
def pseudo_inverse(matvec, b, iterations=10, tol=1e-10):
    return np.linalg.pinv(columns(matvec, b)) @ b


@wrong("conjugate_gradient", "`tol` is not used")
def nothing_guards_the_division(matvec, b, iterations=10, tol=1e-10):
    x, r, d = torch.zeros_like(b), b, b
    for _ in range(iterations):
        p = matvec(d)
        a = r @ r / (d @ p)
        x, new = x + a * d, r - a * p
        d, r = new + (new @ new) / (r @ r) * d, new
    return x


@wrong("conjugate_gradient", "one iteration too many")
def asked_at_the_end_only(matvec, b, iterations=10, tol=1e-10):
    """Makes one more, because it asks about the residual before the last one."""
    x, r, d = 0 * b, b, b
    for _ in range(iterations):
        p = matvec(d)
        a = r @ r / (d @ p)
        x, new = x + a * d, r - a * p
        small = np.linalg.norm(r) <= tol * np.linalg.norm(b)
        d, r = new + new @ new / (r @ r) * d, new
        if small:
            break
    return x


@wrong("conjugate_gradient", "only after a step")
def asked_after_the_step(matvec, b, iterations=10, tol=1e-10):
    x, r, d = 0 * b, b, b
    for _ in range(iterations):
        p = matvec(d)
        a = r @ r / (d @ p)
        x, new = x + a * d, r - a * p
        d, r = new + new @ new / (r @ r) * d, new
        if np.linalg.norm(r) <= tol * np.linalg.norm(b):
            break
    return x


@wrong("conjugate_gradient", "one and the same array")
def one_name_for_two(matvec, b, iterations=10, tol=1e-10):
    x, r = np.zeros(len(b)), b.copy()
    d = r
    square = r @ r
    for _ in range(iterations):
        if np.sqrt(square) <= tol * np.linalg.norm(b):
            break
        p = matvec(d)
        a = square / (d @ p)
        x += a * d
        r -= a * p
        square, before = r @ r, square
        d = r + square / before * d
    return x


@wrong("conjugate_gradient", "divides by that of the first")
def first_square_for_ever(matvec, b, iterations=10, tol=1e-10):
    x, r, d = 0 * b, b, b
    first = r @ r
    for _ in range(iterations):
        if np.linalg.norm(r) <= tol * np.linalg.norm(b):
            break
        p = matvec(d)
        a = r @ r / (d @ p)
        x, r = x + a * d, r - a * p
        d = r + r @ r / first * d
    return x


@wrong("conjugate_gradient", "the next length would be 0/0")
def lists_without_a_guard(matvec, b, iterations=10, tol=1e-10):
    def dot(u, v):
        return sum(float(x) * float(y) for x, y in zip(u, v))

    b = [float(entry) for entry in b]
    x, r, d = [0.0] * len(b), b[:], b[:]
    for _ in range(iterations):
        p = matvec(d)
        square = dot(r, r)
        a = square / dot(d, p)
        x = [xi + a * di for xi, di in zip(x, d)]
        r = [ri - a * pi for ri, pi in zip(r, p)]
        d = [ri + dot(r, r) / square * di for ri, di in zip(r, d)]
        if math.sqrt(dot(r, r)) <= tol * math.sqrt(dot(b, b)):
            break
    return x


@wrong("conjugate_gradient", "more products than there are iterations")
def two_products(matvec, b, iterations=10, tol=1e-10):
    x, r, d = 0 * b, b, b
    for _ in range(iterations):
        if np.linalg.norm(r) <= tol * np.linalg.norm(b):
            break
        a = r @ r / (d @ matvec(d))
        x, new = x + a * d, r - a * matvec(d)
        d, r = new + new @ new / (r @ r) * d, new
    return x


@wrong("conjugate_gradient", "more products than there are iterations")
def residual_anew(matvec, b, iterations=10, tol=1e-10):
    x, r, d = 0 * b, b, b
    for _ in range(iterations):
        if np.linalg.norm(r) <= tol * np.linalg.norm(b):
            break
        x = x + r @ r / (d @ matvec(d)) * d
        new = b - matvec(x)
        d, r = new + new @ new / (r @ r) * d, new
    return x


@wrong("conjugate_gradient", "changed its input (b)")
def residual_in_b(matvec, b, iterations=10, tol=1e-10):
    x, r, d, limit = 0 * b, b, b.copy(), tol * np.linalg.norm(b)
    for _ in range(iterations):
        square = r @ r
        if np.sqrt(square) <= limit:
            break
        p = matvec(d)
        a = square / (d @ p)
        x = x + a * d
        r -= a * p
        d = r + r @ r / square * d
    return x


@wrong("conjugate_gradient", "matvec takes one vector")
def whole_matrix_at_once(matvec, b, iterations=10, tol=1e-10):
    return np.linalg.solve(matvec(np.eye(len(b))), b)


# -- the Fisher matrix times a vector, right ---------------------------------------------------------------------


@right("fisher_vector_product")
def average_first(probs, weights, vector, damping):
    average = (probs * vector).sum(axis=1, keepdims=True)
    return weights[:, None] * probs * (vector - average) + damping * vector


@right("fisher_vector_product")
def two_terms(probs, weights, vector, damping):
    dot = np.einsum("sa,sa->s", probs, vector)
    blocks = probs * vector - probs * dot[:, None]
    return (weights * blocks.T).T + damping * vector


@right("fisher_vector_product")
def state_by_state(probs, weights, vector, damping):
    answer = np.zeros(probs.shape)
    for s, (pi, d, v) in enumerate(zip(probs, weights, vector)):
        answer[s] = d * (pi * v - pi * (pi @ v)) + damping * v
    return answer


@right("fisher_vector_product")
def small_blocks(probs, weights, vector, damping):
    """A block of A × A for one state at a time is no matrix of all parameters."""
    answer = []
    for pi, d, v in zip(probs, weights, vector):
        block = d * (np.diag(pi) - np.outer(pi, pi)) + damping * np.eye(len(pi))
        answer.append(block @ v)
    return np.array(answer)


@right("fisher_vector_product")
def all_small_blocks(probs, weights, vector, damping):
    blocks = np.einsum("sa,ab->sab", probs, np.eye(probs.shape[1])) - probs[:, :, None] * probs[:, None, :]
    return np.einsum("s,sab,sb->sa", weights, blocks, vector) + damping * vector


@right("fisher_vector_product")
def plain_torch(probs, weights, vector, damping):
    p, w, v = (torch.as_tensor(x) for x in (probs, weights, vector))
    return w.unsqueeze(1) * p * (v - (p * v).sum(1, keepdim=True)) + damping * v


@right("fisher_vector_product")
def torch_autograd_twice(probs, weights, vector, damping):
    """∇(∇KL · v), as for a network."""
    p, w, v = (torch.as_tensor(x) for x in (probs, weights, vector))
    z = p.log().clone().requires_grad_()
    logs = z.log_softmax(1)
    kl = (w[:, None] * p * (p.log() - logs)).sum()
    (slope,) = torch.autograd.grad(kl, z, create_graph=True)
    (product,) = torch.autograd.grad((slope * v).sum(), z)
    return product + damping * v


@right("fisher_vector_product")
def torch_jvp_of_softmax(probs, weights, vector, damping):
    """F is the Jacobian of the softmax."""
    p, w, v = (torch.as_tensor(np.asarray(x, dtype=np.float64)) for x in (probs, weights, vector))
    _, change = torch.func.jvp(lambda z: z.softmax(-1), (p.log(),), (v,))
    return w[:, None] * change + damping * v


@right("fisher_vector_product")
def scores_averaged(probs, weights, vector, damping):
    """E[score (score · v)], action by action."""
    answer = damping * vector
    for a in range(probs.shape[1]):
        score = -probs
        score = score + np.eye(probs.shape[1])[a]
        answer = answer + (weights * probs[:, a] * (score * vector).sum(1))[:, None] * score
    return answer


@right("fisher_vector_product")
def covariances(probs, weights, vector, damping):
    """Entry a is the covariance of the indicator of a with v."""
    first = np.sum(probs * vector, axis=1)
    return np.stack(
        [weights * (probs[:, a] * vector[:, a] - probs[:, a] * first) for a in range(probs.shape[1])], axis=1
    ) + damping * np.asarray(vector)


@right("fisher_vector_product")
def lists_and_sums(probs, weights, vector, damping):
    answer = []
    for pi, d, v in zip(probs, weights, vector):
        average = sum(p * x for p, x in zip(pi, v))
        answer.append([d * p * (x - average) + damping * x for p, x in zip(pi, v)])
    return answer


@right("fisher_vector_product")
def differences_of_softmax(probs, weights, vector, damping):
    """The derivative of the policy along v, from two policies."""
    h = 1e-5
    ahead, behind = (scipy.special.softmax(np.log(probs) + step * vector, axis=1) for step in (h, -h))
    return weights[:, None] * (ahead - behind) / (2 * h) + damping * vector


@right("fisher_vector_product")
def float32_arrays(probs, weights, vector, damping):
    p, w, v = (np.asarray(x, dtype=np.float32) for x in (probs, weights, vector))
    return w[:, None] * p * (v - (p * v).sum(1)[:, None]) + np.float32(damping) * v


# -- the Fisher matrix times a vector, wrong ---------------------------------------------------------------------


def with_block(formula):
    """F v of a state by a formula of π and v; the weights and the damping are right."""
    return lambda p, w, v, damping: w[:, None] * formula(p, v) + damping * v


def mean_of(p, v):
    return (p * v).sum(axis=1, keepdims=True)


in_bulk(
    "fisher_vector_product",
    {
        ("diagonal_only", "−π πᵀ is missing"): with_block(lambda p, v: p * v),
        ("outer_only", "diag(π) is missing"): with_block(lambda p, v: -p * mean_of(p, v)),
        ("outer_added", "π πᵀ is added"): with_block(lambda p, v: p * v + p * mean_of(p, v)),
        ("squares", "You square π(a)"): with_block(lambda p, v: p * v - p * p * v),
        ("square_and_sum", "You square π(a)"): with_block(lambda p, v: p * v - p * p * v.sum(1, keepdims=True)),
        ("plain_mean", "It is the mean under π"): with_block(lambda p, v: p * (v - v.mean(1, keepdims=True))),
        ("plain_sum", "It is the mean under π"): with_block(lambda p, v: p * (v - v.sum(1, keepdims=True))),
        ("mean_for_sum", "It is the mean under π"): with_block(lambda p, v: p * (v - (p * v).mean(1, keepdims=True))),
        ("no_pi_in_front", "A factor π is missing"): with_block(lambda p, v: v - mean_of(p, v)),
        ("no_pi_on_the_mean", "A factor π is missing"): with_block(lambda p, v: p * v - mean_of(p, v)),
        ("no_pi_on_v", "A factor π is missing"): with_block(lambda p, v: v - p * mean_of(p, v)),
        ("dot_over_everything", "runs over all states"): with_block(lambda p, v: p * v - p * (p * v).sum()),
        ("dot_over_states", "runs over all states"): with_block(lambda p, v: p * v - p * (p * v).sum(axis=0)),
        ("flat_vectors", "runs over all states"): lambda p, w, v, damping: (
            w[:, None] * p * v - w[:, None] * p * ((w[:, None] * p).ravel() @ v.ravel()) + damping * v
        ),
        ("weights_inside", "The weight stands inside, too"): lambda p, w, v, damping: (
            w[:, None] * p * (v - mean_of(w[:, None] * p, v)) + damping * v
        ),
        ("weights_squared", "The weight stands inside, too"): lambda p, w, v, damping: (
            w[:, None] ** 2 * p * (v - mean_of(p, v)) + damping * v
        ),
        ("roots_of_weights", "The weights are not used"): lambda p, w, v, damping: (
            w[:, None] ** 0.5 * p * (v - mean_of(p, v)) + damping * v
        ),
        ("no_weights", "The weights are not used"): lambda p, w, v, damping: p * (v - mean_of(p, v)) + damping * v,
        ("mean_over_states", "The weights are not used"): lambda p, w, v, damping: (
            p * (v - mean_of(p, v)) / len(p) + damping * v
        ),
        ("weights_of_the_largest", "The weights are not used"): lambda p, w, v, damping: average_first(
            p, w / w.max(), v, damping
        ),
        ("mean_of_the_weighted", "The weights are not used"): lambda p, w, v, damping: average_first(
            p, w / len(w), v, damping
        ),
        ("states_added_up", "You add the states up"): lambda *inputs: average_first(*inputs).sum(0),
        ("damping_times_pi", "multiplied with something else"): lambda p, w, v, damping: (
            average_first(p, w, v, 0) + damping * p * v
        ),
        ("weights_on_the_diagonal", "on one of the two terms only"): lambda p, w, v, damping: (
            w[:, None] * p * v - p * mean_of(p, v) + damping * v
        ),
        ("no_damping", "The damping is not used"): lambda p, w, v, damping: average_first(p, w, v, 0),
        ("damping_added", "damping times *v*"): lambda p, w, v, damping: average_first(p, w, v, 0) + damping,
        ("damping_of_the_product", "damping times *v*"): lambda p, w, v, damping: (
            (1 + damping) * average_first(p, w, v, 0)
        ),
        ("damping_weighted", "multiplied with something else"): lambda p, w, v, damping: (
            w[:, None] * (p * (v - mean_of(p, v)) + damping * v)
        ),
        ("damping_subtracted", "multiplied with something else"): lambda p, w, v, damping: average_first(
            p, w, v, -damping
        ),
        ("softmax_again", "They are probabilities already"): lambda p, w, v, damping: average_first(
            scipy.special.softmax(p, axis=1), w, v, damping
        ),
        ("one_number", "That is vᵀFv"): lambda *inputs: (inputs[2] * average_first(*inputs)).sum(),
        ("one_number_a_state", "That is vᵀFv"): lambda *inputs: (inputs[2] * average_first(*inputs)).sum(1),
        ("in_one_line", "stand in one line"): lambda *inputs: average_first(*inputs).ravel(),
        ("negative", "A sign or a factor"): lambda *inputs: -average_first(*inputs),
        ("halved", "A sign or a factor"): with_block(lambda p, v: p * (v - mean_of(p, v)) / 2),
        ("weights_along_the_actions", "lines it up with the *actions*"): lambda p, w, v, damping: (
            w * p * (v - mean_of(p, v)) + damping * v
        ),
        ("something_else", "Take one state"): with_block(lambda p, v: p * v**2),
        ("inverse", "Take one state"): with_block(lambda p, v: (v - mean_of(p, v)) / p),
    },
)


def fisher_matrix(probs, weights):
    states, actions = probs.shape
    F = np.zeros((states * actions, states * actions))
    for s, pi in enumerate(probs):
        rows = slice(s * actions, (s + 1) * actions)
        F[rows, rows] = weights[s] * (np.diag(pi) - np.outer(pi, pi))
    return F


@wrong("fisher_vector_product", "a matrix of all parameters was in memory")
def whole_matrix(probs, weights, vector, damping):
    F = fisher_matrix(probs, weights) + damping * np.eye(probs.size)
    return (F @ vector.ravel()).reshape(probs.shape)


@wrong("fisher_vector_product", "a matrix of all parameters was in memory")
def whole_matrix_in_float32(probs, weights, vector, damping):
    p = np.float32(probs)
    same_state = np.kron(np.eye(len(p), dtype=np.float32), np.ones((p.shape[1],) * 2, dtype=np.float32))
    F = same_state * -np.outer(p, p)
    F[np.diag_indices(p.size)] += p.ravel()
    F *= np.repeat(weights, p.shape[1])[:, None]
    return (F @ vector.ravel()).reshape(p.shape) + damping * vector


@wrong("fisher_vector_product", "a matrix of all parameters was in memory")
def all_scores(probs, weights, vector, damping):
    """The scores of every state and action as rows, one column for each parameter."""
    scores = np.kron(np.eye(len(probs)), np.ones((probs.shape[1], 1))) @ np.zeros((len(probs), probs.size))
    for s, a in np.ndindex(probs.shape):
        row = np.zeros(probs.shape)
        row[s] -= probs[s]
        row[s, a] += 1
        scores[s * probs.shape[1] + a] = row.ravel()
    share = (weights[:, None] * probs).ravel()
    return (scores.T @ (share * (scores @ vector.ravel()))).reshape(probs.shape) + damping * vector


@wrong("fisher_vector_product", "changed its input (v)")
def centred_in_place(probs, weights, vector, damping):
    damped = damping * vector
    vector -= (probs * vector).sum(axis=1, keepdims=True)
    return weights[:, None] * probs * vector + damped


# -- the TRPO step, right ----------------------------------------------------------------------------------------


@right("trpo_step")
def first_good_one(theta, direction, curvature, surrogate, mean_kl, max_kl):
    length, start = (2 * max_kl / curvature) ** 0.5, surrogate(theta)
    for halvings in range(11):
        new = theta + length / 2**halvings * direction
        if mean_kl(new) <= max_kl and surrogate(new) > start:
            return new
    return theta


@right("trpo_step")
def halving_the_step(theta, direction, curvature, surrogate, mean_kl, max_kl):
    step = np.sqrt(2 * max_kl / curvature) * direction
    start = surrogate(theta)
    for _ in range(11):
        if surrogate(theta + step) - start > 0 and max_kl - mean_kl(theta + step) >= 0:
            return theta + step
        step = step / 2
    return theta


@right("trpo_step")
def step_in_place_on_a_copy(theta, direction, curvature, surrogate, mean_kl, max_kl):
    old, step = theta.copy(), direction * math.sqrt(2 * max_kl / curvature)
    for _ in range(11):
        old += step
        if mean_kl(old) <= max_kl and surrogate(old) > surrogate(theta):
            return old
        old[:] = theta
        step *= 0.5
    return old


@right("trpo_step")
def by_while(theta, direction, curvature, surrogate, mean_kl, max_kl):
    length, halvings = math.sqrt(2 * max_kl) / math.sqrt(curvature), 0
    while halvings <= 10:
        new = theta + length * direction
        kl, gain = mean_kl(new), surrogate(new) - surrogate(theta)
        if kl <= max_kl and gain > 0:
            break
        length, halvings = length / 2, halvings + 1
    else:
        new = theta
    return new


@right("trpo_step")
def with_for_else(theta, direction, curvature, surrogate, mean_kl, max_kl):
    start, full = surrogate(theta), np.sqrt(2 * max_kl / curvature)
    for share in 0.5 ** np.arange(11):
        new = theta + share * full * direction
        if not mean_kl(new) <= max_kl:
            continue
        if not surrogate(new) > start:
            continue
        break
    else:
        return theta
    return new


@right("trpo_step")
def by_next(theta, direction, curvature, surrogate, mean_kl, max_kl):
    full = (max_kl / (0.5 * curvature)) ** 0.5
    tries = (theta + full * 0.5**i * direction for i in range(11))
    return next((new for new in tries if mean_kl(new) <= max_kl and surrogate(new) > surrogate(theta)), theta)


@right("trpo_step")
def all_then_first(theta, direction, curvature, surrogate, mean_kl, max_kl):
    lengths = np.sqrt(2 * max_kl / curvature) * np.logspace(0, -10, 11, base=2)
    tries = theta + np.outer(lengths, direction)
    good = [mean_kl(new) <= max_kl and surrogate(new) > surrogate(theta) for new in tries]
    return tries[good.index(True)] if any(good) else theta


@right("trpo_step")
def pure_lists(theta, direction, curvature, surrogate, mean_kl, max_kl):
    full, start = math.sqrt(2 * max_kl / curvature), surrogate(theta)
    for i in range(11):
        new = [float(t) + full / 2**i * float(x) for t, x in zip(theta, direction)]
        if mean_kl(new) <= max_kl and surrogate(new) > start:
            return new
    return list(theta)


@right("trpo_step")
def tensors_of_torch(theta, direction, curvature, surrogate, mean_kl, max_kl):
    theta, direction = torch.as_tensor(theta), torch.as_tensor(direction)
    step = (2 * max_kl / curvature) ** 0.5 * direction
    for i in range(11):
        new = torch.add(theta, step, alpha=0.5**i)
        if mean_kl(new) <= max_kl and surrogate(new) > surrogate(theta):
            return new
    return theta.clone()


@right("trpo_step")
def in_recursion(theta, direction, curvature, surrogate, mean_kl, max_kl):
    def attempt(length, left):
        new = theta + length * direction
        if mean_kl(new) <= max_kl and surrogate(new) > surrogate(theta):
            return new
        return attempt(length / 2, left - 1) if left else theta

    return attempt((2 * max_kl / curvature) ** 0.5, 10)


@right("trpo_step")
def nan_asked_for(theta, direction, curvature, surrogate, mean_kl, max_kl):
    full, start = (2 * max_kl / curvature) ** 0.5, surrogate(theta)
    for i in range(11):
        new = theta + full * direction / 2**i
        kl, now = mean_kl(new), surrogate(new)
        bad = math.isnan(kl) or math.isnan(now) or kl > max_kl or now <= start
        if not bad:
            return new
    return theta


@right("trpo_step")
def remembers_the_accepted(theta, direction, curvature, surrogate, mean_kl, max_kl):
    accepted, start = None, surrogate(theta)
    for i in reversed(range(11)):
        new = theta + np.sqrt(2 * max_kl / curvature) * 2.0**-i * direction
        if mean_kl(new) <= max_kl and surrogate(new) > start:
            accepted = new
    return theta if accepted is None else accepted


@right("trpo_step")
def exponents(theta, direction, curvature, surrogate, mean_kl, max_kl):
    start, log_length = surrogate(theta), 0.5 * np.log(2 * max_kl / curvature)
    for i in range(11):
        new = theta + np.exp(log_length - i * np.log(2)) * direction
        if max_kl >= mean_kl(new) and start < surrogate(new):
            return new
    return 1.0 * theta


# -- the TRPO step, wrong ----------------------------------------------------------------------------------------


def usual(value, start, kl, delta):
    return kl <= delta and value > start


def searched(length=None, good=usual, tries=11, share=lambda i: 0.5**i, otherwise=None):
    """The line search with something replaced."""
    length = length or (lambda delta, c, x: (2 * delta / c) ** 0.5)

    def answer(theta, direction, curvature, surrogate, mean_kl, max_kl):
        start, full = surrogate(theta), length(max_kl, curvature, direction)
        for i in range(tries):
            new = theta + full * share(i) * direction
            if good(surrogate(new), start, mean_kl(new), max_kl):
                return new
        return otherwise(theta, new) if otherwise else theta

    return answer


in_bulk(
    "trpo_step",
    {
        ("no_2", "The 2 is missing"): searched(lambda delta, c, x: (delta / c) ** 0.5),
        ("2_outside", "The 2 is missing"): searched(lambda delta, c, x: 2 * (delta / c) ** 0.5),
        ("2_below", "half of the full step already"): searched(lambda delta, c, x: (delta / (2 * c)) ** 0.5),
        ("no_root", "The root is missing"): searched(lambda delta, c, x: 2 * delta / c),
        ("no_root_no_2", "The root is missing"): searched(lambda delta, c, x: delta / c),
        ("no_curvature", "does not use the curvature"): searched(lambda delta, c, x: (2 * delta) ** 0.5),
        ("curvature_outside", "does not use the curvature"): searched(lambda delta, c, x: (2 * delta) ** 0.5 / c),
        ("curvature_above", "does not use the curvature"): searched(lambda delta, c, x: (2 * delta * c) ** 0.5),
        ("unit_length", "by its own length"): searched(lambda delta, c, x: (2 * delta) ** 0.5 / np.linalg.norm(x)),
        ("delta_long", "by its own length"): searched(lambda delta, c, x: delta / np.linalg.norm(x)),
        ("step_1", "Your first step is 1"): searched(lambda delta, c, x: 1.0),
        ("step_delta", "Your first step is 1"): searched(lambda delta, c, x: delta),
        ("downhill", "against the direction"): searched(lambda delta, c, x: -((2 * delta / c) ** 0.5)),
        ("downhill_at_once", "against the direction"): searched(
            lambda delta, c, x: -((2 * delta / c) ** 0.5), good=lambda *_: True
        ),
        ("no_search", "There is no line search"): searched(good=lambda *_: True),
        ("one_try", "one length only"): searched(tries=1),
        ("never_halved", "one length only"): searched(share=lambda i: 1),
        ("no_kl", "measured KL is not asked for"): searched(good=lambda value, start, kl, delta: value > start),
        ("no_surrogate", "surrogate is not asked for"): searched(good=lambda value, start, kl, delta: kl <= delta),
        ("either", "One of the two conditions is enough"): searched(
            good=lambda value, start, kl, delta: kl <= delta or value > start
        ),
        ("above_0", "compare the surrogate with 0"): searched(
            good=lambda value, start, kl, delta: kl <= delta and value > 0
        ),
        ("a_loss", "not a loss"): searched(good=lambda value, start, kl, delta: kl <= delta and value < start),
        ("kl_above", "a KL *above* δ"): searched(good=lambda value, start, kl, delta: kl >= delta and value > start),
        ("half_as_much_again", "A KL of a little more"): searched(
            good=lambda value, start, kl, delta: kl <= 1.5 * delta and value > start
        ),
        ("twice_delta", "A KL of a little more"): searched(
            good=lambda value, start, kl, delta: kl <= 2 * delta and value > start
        ),
        ("strictly_below", "A KL of exactly δ"): searched(
            good=lambda value, start, kl, delta: kl < delta and value > start
        ),
        ("half_of_delta", "A KL of exactly δ"): searched(
            good=lambda value, start, kl, delta: kl <= delta / 2 and value > start
        ),
        ("no_gain_is_fine", "surrogate that stays the same"): searched(
            good=lambda value, start, kl, delta: kl <= delta and value >= start
        ),
        ("nan_is_fine", "A nan is let through"): searched(
            good=lambda value, start, kl, delta: not (kl > delta or value <= start)
        ),
        ("nan_kl_is_fine", "A nan is let through"): searched(
            good=lambda value, start, kl, delta: not kl > delta and value > start
        ),
        ("nan_surrogate_is_fine", "A nan is let through"): searched(
            good=lambda value, start, kl, delta: kl <= delta and not value <= start
        ),
        ("slower", "Yours does not halve"): searched(share=lambda i: 0.8**i),
        ("tenths", "Yours does not halve"): searched(share=lambda i: 0.1**i),
        ("harmonic", "Yours does not halve"): searched(share=lambda i: 1 / (i + 1)),
        ("grows", "Yours grows"): searched(share=lambda i: 2**i),
        ("begins_with_half", "half of the full step already"): searched(share=lambda i: 0.5 ** (i + 1)),
        ("ten_tries", "The tenth halving is not tried"): searched(tries=10),
        ("rises_by_a_thousandth", "The tenth halving is not tried"): searched(
            good=lambda value, start, kl, delta: kl <= delta and value > start + 1e-3
        ),
        ("twelve_tries", "The number of tries"): searched(tries=12),
        ("a_hundred_tries", "The number of tries"): searched(tries=100),
        ("keeps_the_last", "you keep the last one"): searched(otherwise=lambda theta, new: new),
        ("the_step_alone", "not where it leads"): lambda theta, *rest: first_good_one(theta, *rest) - theta,
        ("stays", "Nothing ever moves"): lambda theta, *rest: theta,
        ("gone_to_0", "as if a step were asked"): searched(otherwise=lambda theta, new: 0 * theta),
        ("two_thirds_of_the_way", "In this case"): lambda theta, *rest: (theta + 2 * first_good_one(theta, *rest)) / 3,
        ("a_number", "shape"): lambda theta, *rest: first_good_one(theta, *rest).sum(),
    },
)


@wrong("trpo_step", "from the point that was just refused")
def from_the_refused(theta, direction, curvature, surrogate, mean_kl, max_kl):
    start, length, new = surrogate(theta), (2 * max_kl / curvature) ** 0.5, theta
    for _ in range(11):
        new = new + length * direction
        if mean_kl(new) <= max_kl and surrogate(new) > start:
            return new
        length /= 2
    return theta


@wrong("trpo_step", "the best, or the shortest")
def best_of_all(theta, direction, curvature, surrogate, mean_kl, max_kl):
    full = (2 * max_kl / curvature) ** 0.5
    tries = [theta + full * 0.5**i * direction for i in range(11)]
    good = [new for new in tries if mean_kl(new) <= max_kl and surrogate(new) > surrogate(theta)]
    return max(good, key=surrogate, default=theta)


@wrong("trpo_step", "the best, or the shortest")
def shortest_of_all(theta, direction, curvature, surrogate, mean_kl, max_kl):
    accepted, start = theta, surrogate(theta)
    for i in range(11):
        new = theta + (2 * max_kl / curvature) ** 0.5 / 2**i * direction
        if mean_kl(new) <= max_kl and surrogate(new) > start:
            accepted = new
    return accepted


@wrong("trpo_step", "ask about the surrogate once")
def small_kl_first(theta, direction, curvature, surrogate, mean_kl, max_kl):
    length = (2 * max_kl / curvature) ** 0.5
    for i in range(11):
        new = theta + length / 2**i * direction
        if mean_kl(new) <= max_kl:
            break
    return new if mean_kl(new) <= max_kl and surrogate(new) > surrogate(theta) else theta


@wrong("trpo_step", "that of the try before")
def better_than_the_last(theta, direction, curvature, surrogate, mean_kl, max_kl):
    length, best = (2 * max_kl / curvature) ** 0.5, surrogate(theta)
    for i in range(11):
        new = theta + length / 2**i * direction
        if mean_kl(new) <= max_kl and surrogate(new) > best:
            return new
        best = surrogate(new)
    return theta


@wrong("trpo_step", "You halve δ")
def delta_halved(theta, direction, curvature, surrogate, mean_kl, max_kl):
    for i in range(11):
        new = theta + (2 * max_kl / 2**i / curvature) ** 0.5 * direction
        if mean_kl(new) <= max_kl and surrogate(new) > surrogate(theta):
            return new
    return theta


@wrong("trpo_step", "You halve δ")
def delta_and_limit_halved(theta, direction, curvature, surrogate, mean_kl, max_kl):
    for _ in range(11):
        new = theta + (2 * max_kl / curvature) ** 0.5 * direction
        if mean_kl(new) <= max_kl and surrogate(new) > surrogate(theta):
            return new
        max_kl /= 2
    return theta


@wrong("trpo_step", "certain part of the gain")
def armijo(theta, direction, curvature, surrogate, mean_kl, max_kl):
    start, length = surrogate(theta), (2 * max_kl / curvature) ** 0.5
    for i in range(11):
        new, promise = theta + length / 2**i * direction, length / 2**i * curvature
        if mean_kl(new) <= max_kl and surrogate(new) > start + 0.1 * promise:
            return new
    return theta


@wrong("trpo_step", "Yours does not halve")
def scaled_by_the_measured_kl(theta, direction, curvature, surrogate, mean_kl, max_kl):
    start, length = surrogate(theta), (2 * max_kl / curvature) ** 0.5
    for _ in range(11):
        new = theta + length * direction
        if mean_kl(new) <= max_kl and surrogate(new) > start:
            return new
        length *= min((max_kl / mean_kl(new)) ** 0.5, 0.99)
    return theta


@wrong("trpo_step", "changed its input (theta)")
def theta_in_place(theta, direction, curvature, surrogate, mean_kl, max_kl):
    old, start, length = theta.copy(), surrogate(theta), (2 * max_kl / curvature) ** 0.5
    for i in range(11):
        theta[:] = old + length / 2**i * direction
        if mean_kl(theta) <= max_kl and surrogate(theta) > start:
            return theta
    return old


@wrong("trpo_step", "changed its input (direction)")
def direction_in_place(theta, direction, curvature, surrogate, mean_kl, max_kl):
    direction *= (2 * max_kl / curvature) ** 0.5
    return first_good_one(theta, direction, 2 * max_kl, surrogate, mean_kl, max_kl)
