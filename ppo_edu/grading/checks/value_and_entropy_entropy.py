"""Exercise 06: the entropy of a policy, per state, and what is believed about it."""

import numpy as np

from ppo_edu.arrays import log_softmax, xlogy
from ppo_edu.entropy import categorical_entropy
from ppo_edu.grading.checks import value_and_entropy_policies as data
from ppo_edu.grading.checks.value_and_entropy_policies import policy
from ppo_edu.grading.formula import Part, belief
from ppo_edu.grading.items import Item
from ppo_edu.grading.rollout import Fragile, OfRollout

entropy = categorical_entropy


def safely(probs):
    """−Σ p log p of probabilities, where 0 adds 0."""
    return -xlogy(probs, np.log(probs)).sum(-1)


def literally(probs):
    """The same as numpy computes it: 0 · −inf is nan."""
    return -(probs * np.log(probs)).sum(-1)


def with_epsilon(probs, epsilon=1e-8):
    return -(probs * np.log(probs + epsilon)).sum(-1)


def of(probs, total):
    """A belief about the softmax, `probs`, under one way of summing, `total`."""
    return lambda z: total(probs(z))


def without_nan(total):
    return lambda probs: np.nan_to_num(total(probs))


def nan_left_out(probs):
    return -np.nansum(probs * np.log(probs), -1)


def over(probs, axis):
    """The other axis, or all."""
    return -xlogy(probs, np.log(probs)).sum(axis)


def literal_logs(z):
    logs = log_softmax(z)
    return -(np.exp(logs) * logs).sum(-1)


def naive_logs(z):
    logs = data.naive_logs(z)
    return -(np.exp(logs) * logs).sum(-1)


def of_renamed(value):
    """Masked actions get another logit, which is not small enough."""
    return lambda z: entropy(np.where(np.isneginf(z), value, z))


SUMS = (literally, safely, with_epsilon, nan_left_out, without_nan(literally), without_nan(safely))
OF_A_ROW = tuple(data.shifted_by(lambda z, f=f: f(z, axis=1, keepdims=True)) for f in (np.mean, np.median, np.min))
OF_THE_TABLE = tuple(data.shifted_by(f) for f in (np.max, np.mean, np.min))

BELIEFS = (
    belief(
        "exp overflows at 710 and vanishes at −745, and then inf/inf or 0/0 is nan. Only differences within a row "
        "count, so you may shift each row first.",
        *(of(data.naive, total) for total in SUMS),
        naive_logs,
        lambda z: np.nan_to_num(naive_logs(z)),
    ),
    belief(
        "0 · log 0 comes out as nan. An action that is never taken adds nothing to the entropy: keep its logarithm "
        "out of the product.",
        of(policy, literally),
        literal_logs,
    ),
    belief(
        "One action that is never taken makes the whole state count 0 in yours. It is only its own term that is 0.",
        of(policy, without_nan(literally)),
        lambda z: np.nan_to_num(literal_logs(z)),
    ),
    belief(
        "A shift is right, but not by this number: each row needs one of its own, by which the largest exponent of the "
        "row is never above 0.",
        *(of(shifted, total) for shifted in (*OF_THE_TABLE, OF_A_ROW[-1]) for total in SUMS),
        *(of(shifted, total) for shifted in OF_A_ROW for total in (safely, with_epsilon, nan_left_out)),
    ),
    belief(
        "You cut the logits off, or give masked ones another value. Then actions that are never taken take their "
        "share, or two huge logits look alike.",
        *(of(data.cut_at(bound), safely) for bound in (1, 2, 3, 5, 10, 20, 30, 50, 88, 100, 500, 700)),
        *(of_renamed(value) for value in (0.0, -1.0, -5.0, -10.0)),
    ),
    belief(
        "You lift every logit below some number up to it, perhaps because of the masks. Then −1000 and −1001 are the "
        "same to you, though it is their difference that counts.",
        *(lambda z, bound=bound: entropy(np.maximum(z, -bound)) for bound in (1, 5, 10, 20, 30, 50, 88, 100, 500, 700)),
    ),
    belief("The sign is turned: a logarithm of a probability is negative, an entropy never is.", lambda z: -entropy(z)),
    belief(
        "That is in bits: log to the base 2. The nat, with the natural logarithm, is the unit here.",
        lambda z: entropy(z) / np.log(2),
    ),
    belief("That is the logarithm to the base 10. Here it is the natural one.", lambda z: entropy(z) / np.log(10)),
    belief(
        "You average over the actions. π(a) in front of the logarithm is the average already, so add up.",
        lambda z: entropy(z) / z.shape[-1],
    ),
    belief(
        "You put all states together. Each state has an entropy of its own; the caller takes the mean.",
        lambda z: entropy(z).sum(),
        lambda z: entropy(z).mean(),
    ),
    belief(
        "You add along the states. A row is a state, and in each state the sum runs over its actions.",
        lambda z: over(policy(z), 0),
        lambda z: entropy(z.T),
    ),
    belief(
        "These are the terms of the sum, one per action. Add those of a state up.",
        lambda z: -xlogy(policy(z), log_softmax(z)),
    ),
    belief(
        "Logits are no log-probabilities yet: of each row the logarithm of its sum of exponentials is still to be "
        "taken off.",
        lambda z: -xlogy(policy(z), z).sum(-1),
        lambda z: -(np.exp(z) * z).sum(-1),
        lambda z: -(policy(z) * z).sum(-1),
    ),
    belief(
        "You use the logits as if they were probabilities. The policy is their softmax.",
        literally,
        safely,
        lambda z: -np.nansum(z * np.log(z), -1),
        lambda z: literally(abs(z)),
    ),
    belief(
        "The softmax is there twice: its answer was taken for logits.",
        lambda z: entropy(policy(z)),
    ),
    belief(
        "π(a) in front of the logarithm is missing, so every action counts alike.",
        lambda z: -log_softmax(z).sum(-1),
        lambda z: -log_softmax(z).mean(-1),
    ),
    belief(
        "That is the entropy in shares of its maximum log A. Here it is in nats.",
        lambda z: entropy(z) / np.log(z.shape[-1]),
    ),
    belief(
        "That is what is missing to log A, the distance from a uniform policy. A certain action should give 0.",
        lambda z: np.log(z.shape[-1]) - entropy(z),
    ),
    belief(
        "That looks at the likeliest action only. Every action adds its −π log π.",
        lambda z: -log_softmax(z).max(-1),
        lambda z: -(policy(z).max(-1) * log_softmax(z).max(-1)),
    ),
    belief(
        "That is another measure of spread (Σπ², or the exponential of S). S has a logarithm in its sum.",
        lambda z: 1 - (policy(z) ** 2).sum(-1),
        lambda z: (policy(z) ** 2).sum(-1),
        lambda z: -np.log((policy(z) ** 2).sum(-1)),
        lambda z: np.exp(entropy(z)),
        lambda z: policy(z).var(-1),
        lambda z: policy(z).std(-1),
    ),
    belief(
        "You treat each action as a coin of its own, with −(1−π) log(1−π) beside −π log π. The actions of a state "
        "share one distribution.",
        lambda z: entropy(z) - xlogy(1 - policy(z), np.log1p(-policy(z))).sum(-1),
    ),
    belief(
        "A 1 too many: −Σ π (log π + 1) is S − 1. The +1 comes from the derivative.",
        lambda z: entropy(z) - 1,
        lambda z: entropy(z) + 1,
    ),
    belief(
        "A factor too many. A coefficient such as c₂, or a ½, is the caller's.",
        lambda z: entropy(z) / 2,
        lambda z: 0.01 * entropy(z),
        lambda z: -0.01 * entropy(z),
        lambda z: 2 * entropy(z),
    ),
    belief(
        "What you add inside the logarithm, or lift small probabilities to, is too large: over many actions it adds "
        "up.",
        *(lambda z, e=e: with_epsilon(policy(z), e) for e in (0.1, 1e-2, 1e-3, 1e-4, 1e-5)),
        *(lambda z, e=e: safely(np.maximum(policy(z), e)) for e in (0.1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6)),
        *(lambda z, e=e: -(policy(z) * np.log(np.maximum(policy(z), e))).sum(-1) for e in (0.1, 1e-2, 1e-3)),
        lambda z: with_epsilon(policy(z), 1.0),
    ),
    belief(
        "That is log A, the entropy of a uniform policy, for every state.",
        lambda z: 0 * entropy(z) + np.log(z.shape[-1]),
    ),
)


def explain(logits):
    """A sentence about the case."""
    if np.isneginf(logits).any():
        return "The states without masked actions come out right. What does a term π log π tend to as π goes to 0?"
    if abs(logits).max() > 500:
        return "Ordinary logits come out right, huge ones do not. Shift each row first; no probability changes."
    if logits.size > 1000:
        return "Few actions come out right, 3,000 do not: something small is added once for every action."
    return "Two steps: log-probabilities from the logits, then the mean of −log π under π itself."


ENTROPY = Item(
    name="categorical_entropy",
    exercise="06_value_and_entropy",
    points=2,
    judge=OfRollout(
        lambda z: entropy(z) + 0.0,  # an entropy of −0 reads as a riddle
        ("logits",),
        ("S",),
        (
            Part("Example 3 and random logits, state by state", 1, data.ordinary),
            Fragile("logits of ±1000, and 3,000 actions", 0.5, data.many, raised=data.OVERFLOW),
            Fragile("masked actions (−inf); inputs left as they were", 0.5, data.many_masked, raised=data.NO_LOGARITHM),
        ),
        BELIEFS,
        explain,
        "0 for a certain action, log A for a uniform policy, and a masked action never spoils it. Its values are safe "
        "now; whether its gradient is, comes next.",
        row=data.state,
    ),
    hints=(
        "log π of a logit: what has to be taken off it, so that the probabilities sum to 1? And what may be taken off "
        "all logits of a row before exp, without changing anything?",
        "Shift each row by its own largest logit, take off the logarithm of the sum of exponentials: log π. Then "
        "average −log π under π, and replace the logarithm of a 0 before it is multiplied.",
        "logs = shifted − np.log(___); probs = exp of them; −(probs * np.where(probs > 0, ___, 0)).sum(axis=___)",
    ),
    answer="shifted = logits - logits.max(axis=1, keepdims=True)\n"
    "logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))\n"
    "probs = np.exp(logs)\n"
    "return -(probs * np.where(probs > 0, logs, 0)).sum(axis=1)",
)
