"""Exercise 04: what is believed about the KL of two policies, as formulas that give the same numbers."""

import numpy as np

from ppo_edu.arrays import log_softmax, xlogy
from ppo_edu.grading.checks.trust_regions_kl_ways import (
    EPSILONS,
    OF_PROBS,
    TOTALS,
    along,
    both_possible,
    difference,
    entropy,
    floored,
    infinite_where,
    jensen_shannon,
    literal,
    literal_terms,
    log_renamed,
    naive,
    naive_logs,
    nan_as_0_in_sums,
    nan_as_0_in_terms,
    padded,
    probs,
    quotient,
    quotient_nan_left_out,
    quotient_where_taken,
    renamed,
    safe_terms,
    shifted_by,
    where_both,
    where_taken,
    within,
)
from ppo_edu.grading.formula import belief
from ppo_edu.kl import categorical_kl as kl


def after(logs, total):
    """A belief about log-probabilities, under one way of adding up."""
    return lambda z, old: total(logs(z), logs(old))


def ratios(z, old):
    return np.exp(log_softmax(z) - log_softmax(old))


def at_likeliest(z, old, of=1):
    """−log ratio of the action that the old policy (of = 1) or the new one takes most often."""
    rows = np.arange(len(z)), (z, old)[of].argmax(-1)
    return log_softmax(old)[rows] - log_softmax(z)[rows]


OF_THE_TABLE = (lambda z: z.max(), lambda z: z.mean(), lambda z: z.min())
OF_A_ROW = tuple(lambda z, f=f: f(z, axis=-1, keepdims=True) for f in (np.mean, np.median, np.min))

BELIEFS = (
    belief(
        "The two policies have changed places: that is KL(π‖π_old). Here the *old* policy draws the actions, and its "
        "log-probability stands first.",
        *(lambda z, old, f=f: f(log_softmax(old), log_softmax(z)) for f in TOTALS),
        *(lambda z, old, f=f: f(probs(old), probs(z)) for f in OF_PROBS),
    ),
    belief(
        "You put both directions together. KL is not symmetric, and asked is one of the two: KL(π_old‖π).",
        lambda z, old: kl(z, old) + kl(old, z),
        lambda z, old: (kl(z, old) + kl(old, z)) / 2,
        lambda z, old: np.maximum(kl(z, old), kl(old, z)),
        jensen_shannon,
    ),
    belief(
        "exp overflows at 710 and vanishes at −745. Then a softmax is inf/inf or 0/0, and what comes of it is nan, or "
        "a 0 where the nan was left out. Only differences within a row count, so you may shift each row first.",
        lambda z, old: where_both(naive(z), naive(old)),
        *(lambda z, old, f=f: f(naive(z), naive(old)) for f in OF_PROBS),
        *(after(naive_logs, f) for f in TOTALS),
        *(lambda z, old, e=e: padded(e)(naive(z), naive(old)) for e in EPSILONS),
    ),
    belief(
        "You take the ratio itself: exp of a difference of 2000 is inf, and inf · 0 is nan. The sum needs no "
        "exponential but π_old.",
        lambda z, old: (probs(old) * (ratios(z, old) - 1 - (log_softmax(z) - log_softmax(old)))).sum(-1),
    ),
    belief(
        "A shift is right, but not by this number: each row needs one of its own, its largest logit, so that the "
        "largest exponent of the row is 0.",
        *(after(shifted_by(shift), f) for shift in (*OF_THE_TABLE, *OF_A_ROW) for f in TOTALS),
    ),
    belief(
        "A probability of e^−2000 is a 0 for the machine, and then its logarithm is −inf. Compute log π straight from "
        "the logits, without ever taking the logarithm of a probability.",
        *(lambda z, old, f=f: f(probs(z), probs(old)) for f in OF_PROBS),
        lambda z, old: np.where(probs(z) == 0, np.inf, safe_terms(log_softmax(z), log_softmax(old))).sum(-1),
        lambda z, old: np.where(
            probs(old) == 0, 0, np.where(probs(z) == 0, np.inf, safe_terms(log_softmax(z), log_softmax(old)))
        ).sum(-1),
    ),
    belief(
        "You leave out every action whose *new* probability is 0, or too small to be told from 0. They make a KL "
        "large: π_old takes them, and π hardly ever, or never. Whose zeros add nothing?",
        lambda z, old: where_both(probs(z), probs(old)),
        lambda z, old: np.where(probs(z) > 0, literal_terms(log_softmax(z), log_softmax(old)), 0).sum(-1),
        lambda z, old: np.where(np.isneginf(z), 0, literal_terms(log_softmax(z), log_softmax(old))).sum(-1),
        lambda z, old: np.where(probs(z) > 0, probs(old) * np.log(probs(old) / probs(z)), 0).sum(-1),
    ),
    belief(
        "You add something small inside the logarithm, or keep probabilities above it. Where π is smaller than that, "
        "the KL stops growing.",
        *(lambda z, old, e=e, f=f: f(e)(probs(z), probs(old)) for e in EPSILONS for f in (padded, floored)),
        *(lambda z, old, e=e: difference(probs(z) + e, probs(old)) for e in EPSILONS),
    ),
    belief(
        "0 · log 0, or −inf less −inf, comes out as nan. An action that the old policy never takes adds nothing: keep "
        "its logarithms out of the product.",
        after(log_softmax, literal),
        lambda z, old: (xlogy(probs(old), log_softmax(old)) - probs(old) * log_softmax(z)).sum(-1),
    ),
    belief(
        "A masked action makes the KL of the whole state infinite in yours. Ask first who takes it: π_old, or nobody.",
        infinite_where(lambda z, old: np.isneginf(z)),
        infinite_where(lambda z, old: np.isneginf(old)),
        infinite_where(lambda z, old: np.isneginf(z) | np.isneginf(old)),
    ),
    belief(
        "One action that is never taken makes the whole state count 0 in yours. It is only its own term that is 0.",
        after(log_softmax, nan_as_0_in_sums),
        lambda z, old: np.nan_to_num(literal(log_softmax(z), log_softmax(old)), posinf=np.inf),
    ),
    belief(
        "Where π rules out an action that π_old takes, KL is infinite: that batch could not have come from π. In yours "
        "that action is left out, or something else stands for the infinity: a large number, or nan.",
        both_possible,
        after(log_softmax, nan_as_0_in_terms),
        lambda z, old: np.nan_to_num(kl(z, old)),
        lambda z, old: np.nan_to_num(kl(z, old), posinf=0.0),
        lambda z, old: np.where(np.isinf(kl(z, old)), np.nan, kl(z, old)),
        *(lambda z, old, e=e: np.minimum(kl(z, old), 10.0**e) for e in range(4, 13)),
        *(f(-(10.0**e)) for e in range(4, 31) for f in (renamed, log_renamed)),
        *(renamed(float(np.finfo(kind).min)) for kind in (np.float32, np.float16)),
    ),
    belief(
        "You cut the logits off, or give masked ones a value that is not small at all. Then an action that is never "
        "taken takes its share.",
        *map(within, (1, 2, 3, 5, 10, 20, 30, 50, 88, 100, 500, 700)),
        *map(renamed, (0.0, -1.0, -5.0, -10.0, -20.0, -50.0, -100.0)),
        *(lambda z, old, x=x: kl(z, np.maximum(old, x)) for x in (-10.0, -20.0, -30.0, -50.0, -100.0)),
        *(lambda z, old, b=b: quotient_where_taken(naive(z.clip(-b, b)), naive(old.clip(-b, b))) for b in (500, 700)),
    ),
    belief(
        "The sign is turned: a KL is never negative.",
        lambda z, old: -kl(z, old),
    ),
    belief(
        "You average over π in place of π_old: the new policy's probabilities stand in front of the difference of "
        "logarithms. The batch was drawn by the old policy.",
        lambda z, old: (probs(z) * (log_softmax(old) - log_softmax(z))).sum(-1),
    ),
    belief(
        "That is in bits: log to the base 2. The nat, with the natural logarithm, is the unit here.",
        lambda z, old: kl(z, old) / np.log(2),
    ),
    belief(
        "That is the logarithm to the base 10. Here it is the natural one.",
        lambda z, old: kl(z, old) / np.log(10),
    ),
    belief(
        "You put all states together. Each state has a KL of its own; the caller takes the mean.",
        lambda z, old: kl(z, old).mean(),
        lambda z, old: kl(z, old).sum(),
        lambda z, old: kl(z, old).max(),
        lambda z, old: kl(z, old).sum() / z.size,
        lambda z, old: kl(z.ravel(), old.ravel()),
    ),
    belief(
        "Your softmax runs along the wrong axis, or over the whole table. A row is a state, and the probabilities of "
        "one row sum to 1.",
        along(0),
        along((0, 1)),
    ),
    belief(
        "You add along the states. In each state the sum runs over its actions: the last axis.",
        lambda z, old: safe_terms(log_softmax(z), log_softmax(old)).sum(0),
        lambda z, old: kl(z.T, old.T),
    ),
    belief(
        "These are the terms of the sum, one per action. Add those of a state up.",
        lambda z, old: safe_terms(log_softmax(z), log_softmax(old)),
    ),
    belief(
        "You average over the actions. π_old(a) in front of the logarithm is the average already, so add up.",
        lambda z, old: kl(z, old) / z.shape[-1],
    ),
    belief(
        "π_old(a) in front of the logarithm is missing, so every action counts alike, however rarely it is taken.",
        lambda z, old: (log_softmax(old) - log_softmax(z)).sum(-1),
        lambda z, old: (log_softmax(old) - log_softmax(z)).mean(-1),
    ),
    belief(
        "Logits are no log-probabilities yet: of each row, in both tables, the logarithm of its sum of exponentials is "
        "still to be taken off.",
        lambda z, old: (probs(old) * (old - z)).sum(-1),
        lambda z, old: (np.exp(old) * (old - z)).sum(-1),
        lambda z, old: (probs(old) * (log_softmax(old) - z)).sum(-1),
        lambda z, old: (probs(old) * (old - log_softmax(z))).sum(-1),
        lambda z, old: literal(log_softmax(z), old),
        lambda z, old: literal(z, log_softmax(old)),
    ),
    belief(
        "You use the logits as if they were probabilities. A policy is the softmax of its logits.",
        quotient,
        difference,
        lambda z, old: quotient_nan_left_out(z, old),
        lambda z, old: where_taken(z, old),
    ),
    belief(
        "A probability stands where its logarithm belongs; `kl_div` of torch wants a logarithm first.",
        lambda z, old: (xlogy(probs(old), log_softmax(old)) - probs(old) * probs(z)).sum(-1),
        lambda z, old: (probs(old) * (probs(old) - probs(z))).sum(-1),
    ),
    belief(
        "The softmax is there twice: its answer was taken for logits.",
        lambda z, old: kl(probs(z), probs(old)),
    ),
    belief(
        "That is the cross-entropy −Σ π_old log π. The entropy of the old policy is still in it; equal policies should "
        "give 0.",
        lambda z, old: kl(z, old) + entropy(old),
    ),
    belief(
        "That is an entropy, or a difference of two. A KL averages the logarithms of *both* policies under π_old.",
        lambda z, old: entropy(z),
        lambda z, old: entropy(old),
        lambda z, old: -entropy(old),
        lambda z, old: entropy(z) - entropy(old),
        lambda z, old: entropy(old) - entropy(z),
        lambda z, old: np.log(z.shape[-1]) - entropy(z),
    ),
    belief(
        "That is a second-order form, of ratio − 1 or of the log-ratio squared. It is close for small changes only; "
        "asked is the KL itself.",
        lambda z, old: (probs(old) * (ratios(z, old) - 1) ** 2).sum(-1) / 2,
        lambda z, old: (probs(old) * (ratios(z, old) - 1) ** 2).sum(-1),
        lambda z, old: ((probs(z) - probs(old)) ** 2 / probs(old)).sum(-1) / 2,
        lambda z, old: ((probs(z) - probs(old)) ** 2 / probs(old)).sum(-1),
        lambda z, old: (probs(old) * np.log(ratios(z, old)) ** 2).sum(-1) / 2,
        lambda z, old: (probs(old) * np.log(ratios(z, old)) ** 2).sum(-1),
    ),
    belief(
        "That is another distance between two policies, made of the probabilities themselves or of their roots. KL "
        "averages a difference of logarithms.",
        lambda z, old: abs(probs(z) - probs(old)).sum(-1),
        lambda z, old: abs(probs(z) - probs(old)).sum(-1) / 2,
        lambda z, old: abs(probs(z) - probs(old)).max(-1),
        lambda z, old: ((probs(z) - probs(old)) ** 2).sum(-1),
        lambda z, old: ((probs(z) - probs(old)) ** 2).mean(-1),
        lambda z, old: np.sqrt(((probs(z) - probs(old)) ** 2).sum(-1)),
        lambda z, old: -np.log(np.sqrt(probs(z) * probs(old)).sum(-1)),
        lambda z, old: 1 - np.sqrt(probs(z) * probs(old)).sum(-1),
    ),
    belief(
        "The terms lose their sign before they are added. Some are negative, and must be: only the whole sum is never "
        "below 0.",
        lambda z, old: abs(safe_terms(log_softmax(z), log_softmax(old))).sum(-1),
        lambda z, old: np.maximum(safe_terms(log_softmax(z), log_softmax(old)), 0).sum(-1),
    ),
    belief(
        "That looks at one action, the likeliest. The KL averages over all of them, each as often as π_old takes it.",
        at_likeliest,
        lambda z, old: at_likeliest(z, old, of=0),
        lambda z, old: abs(at_likeliest(z, old)),
    ),
    belief(
        "The logarithm is missing: Σ π_old · ratio is 1 whatever the policies are, and ratio − 1 averages to 0.",
        lambda z, old: (probs(old) * ratios(z, old)).sum(-1),
        lambda z, old: (probs(old) * (ratios(z, old) - 1)).sum(-1),
        lambda z, old: (probs(old) * (1 - ratios(z, old))).sum(-1),
    ),
    belief(
        "That is Σ π_old²/π: the ratio is upside down, and its logarithm is missing.",
        lambda z, old: (probs(old) / ratios(z, old)).sum(-1),
    ),
    belief(
        "A factor, a root or an exponential too many: what is asked is the sum as it stands.",
        lambda z, old: kl(z, old) / 2,
        lambda z, old: 2 * kl(z, old),
        lambda z, old: np.sqrt(kl(z, old)),
        lambda z, old: np.exp(kl(z, old)),
        lambda z, old: kl(z, old) / np.log(z.shape[-1]),
    ),
)
