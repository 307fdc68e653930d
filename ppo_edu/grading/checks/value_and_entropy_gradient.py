"""Exercise 06: the gradient of the entropy in the logits, and what is believed about it."""

import numpy as np

from ppo_edu.arrays import log_softmax, xlogy
from ppo_edu.entropy import categorical_entropy, entropy_gradient
from ppo_edu.grading.checks import value_and_entropy_policies as data
from ppo_edu.grading.checks.value_and_entropy_policies import policy
from ppo_edu.grading.formula import Part, belief
from ppo_edu.grading.items import Item
from ppo_edu.grading.rollout import Fragile, OfRollout


def of(formula):
    """A belief in terms of π, π log π (0 where π is 0), log π and S, the last as a column."""

    def answer(z):
        pi, logs = policy(z), log_softmax(z)
        return formula(pi, xlogy(pi, logs), logs, categorical_entropy(z)[:, None])

    return answer


def with_entropy(total):
    """The gradient with another number in the place of S."""
    return lambda z: of(lambda pi, pilog, logs, S: -pilog - pi * total(z))(z)


def literally(softmax, logs=None, nan_to=np.nan):
    """−π (log π + S) as numpy computes it from this softmax, with nan replaced or not."""

    def answer(z):
        pi = softmax(z)
        log = np.log(pi) if logs is None else logs(z)
        return np.nan_to_num(-pi * (log - (pi * log).sum(1, keepdims=True)), nan=nan_to)

    return answer


def safe_sum(softmax, logs=None):
    """The same with a safe S, so that nan stands at the action that is never taken only."""

    def answer(z):
        pi = softmax(z)
        log = np.log(pi) if logs is None else logs(z)
        return -pi * (log - xlogy(pi, log).sum(1, keepdims=True))

    return answer


def lost_rows(lost):
    """The gradient with nan in whole rows: what autograd makes of one infinite slope in the row."""
    return lambda z: np.where(lost(z).any(1, keepdims=True), np.nan, entropy_gradient(z))


def nudged(h, both, spread=None):
    """Finite differences of the entropy with a nudge of h, to both sides or to one."""
    spread = h * (1 + both) if spread is None else spread

    def answer(z):
        steps = h * np.eye(z.shape[1])
        up, down = (categorical_entropy(z[:, None] + side * steps) for side in (1, -both))
        return np.where(np.isneginf(z), 0, (up - down) / spread)

    return answer


def unit(z):
    slopes = entropy_gradient(z)
    return slopes / np.linalg.norm(slopes, axis=1, keepdims=True)


NEVER = "At an action that is never taken your answer is nan: log π is −inf there, and 0 · −inf is nan. "
SHIFTS = *map(data.shifted_by, (np.max, np.mean)), data.shifted_by(lambda z: z.min(1, keepdims=True))

BELIEFS = (
    belief(
        NEVER + "One nan in the sum takes the whole row along. (In torch `where` does not help after the product: the "
        "gradient flows through both of its branches. Replace log π *before* you multiply.)",
        literally(policy),
        literally(policy, log_softmax),
        lost_rows(lambda z: policy(z) == 0),
        lost_rows(np.isneginf),
    ),
    belief(
        NEVER + "S is safe in yours, the factor π (log π + S) is not.",
        safe_sum(policy),
        safe_sum(policy, log_softmax),
    ),
    belief(
        "One action that is never taken silences the whole state in yours. Its own slope is 0, the others keep theirs.",
        literally(policy, nan_to=0.0),
        literally(policy, log_softmax, nan_to=0.0),
    ),
    belief(
        "exp overflows at 710 and vanishes at −745, and then inf/inf or 0/0 is nan. Shift each row first, or use "
        "log-probabilities that are safe.",
        *(way(softmax) for softmax in (data.naive, *SHIFTS) for way in (literally, safe_sum)),
        *(literally(softmax, nan_to=0.0) for softmax in (data.naive, *SHIFTS[:2])),
        literally(lambda z: np.exp(data.naive_logs(z)), data.naive_logs),
        lost_rows(lambda z: np.isnan(data.naive(z)) | (data.naive(z) == 0)),
        lost_rows(lambda z: np.isnan(data.naive(z))),
    ),
    belief(
        "Masked actions get another logit in yours, one that is not small enough: they take their share and a slope.",
        *(lambda z, value=value: entropy_gradient(np.where(np.isneginf(z), value, z)) for value in (0, -1, -5, -10)),
    ),
    belief(
        "That is the slope in the probabilities, ∂S/∂π. Logits move all probabilities of a state at once.",
        of(lambda pi, pilog, logs, S: -(logs + 1)),
        of(lambda pi, pilog, logs, S: -logs),
    ),
    belief(
        "The lesson's +1 drops out: the probabilities of a state sum to 1 whatever the logits are. And the other "
        "actions shrink when one grows, which is where S comes from.",
        of(lambda pi, pilog, logs, S: -pilog - pi),
        of(lambda pi, pilog, logs, S: pilog + pi),
    ),
    belief(
        "The +1 is still there beside S. Sum your gradient over the actions of a state: adding one number to all its "
        "logits changes nothing, so the sum should be 0.",
        of(lambda pi, pilog, logs, S: -pilog - pi * (S + 1)),
        of(lambda pi, pilog, logs, S: -pilog - pi * (S - 1)),
    ),
    belief(
        "S is missing. When one logit rises all the other probabilities shrink, and your gradient leaves that out: "
        "it does not sum to 0 over the actions.",
        of(lambda pi, pilog, logs, S: -pilog),
    ),
    belief(
        "Only the action's own probability moves in yours, ∂π_a/∂z_a = π_a (1 − π_a). The others move as well, by "
        "−π_a π_b.",
        of(lambda pi, pilog, logs, S: -(pilog + pi) * (1 - pi)),
        of(lambda pi, pilog, logs, S: -pilog * (1 - pi)),
    ),
    belief(
        "The sign is turned: your gradient makes what is likely likelier, and entropy falls.",
        of(lambda pi, pilog, logs, S: pilog + pi * S),
    ),
    belief(
        "S is missing, and the sign is turned. When one logit rises all the other probabilities shrink: that is what S "
        "stands for.",
        of(lambda pi, pilog, logs, S: pilog),
    ),
    belief(
        "log π + S, with a plus: an action is pushed down when it is likelier than average, log π > −S.",
        of(lambda pi, pilog, logs, S: -pilog + pi * S),
        of(lambda pi, pilog, logs, S: pilog - pi * S),
    ),
    belief(
        "π(a) in front is missing. Raising the logit of an action that is hardly ever taken changes little.",
        of(lambda pi, pilog, logs, S: -(logs + S)),
        of(lambda pi, pilog, logs, S: logs + S),
    ),
    belief(
        "π is in one of the two terms only: it multiplies log π and S alike.",
        of(lambda pi, pilog, logs, S: -(pilog + S)),
        of(lambda pi, pilog, logs, S: -pi * S - np.maximum(logs, -1e300)),
    ),
    belief(
        "log π is missing: −π S is only one of the two terms.",
        of(lambda pi, pilog, logs, S: -pi * S),
    ),
    belief(
        "π comes in twice.",
        of(lambda pi, pilog, logs, S: -pi * (pilog + pi * S)),
        of(lambda pi, pilog, logs, S: -pi * (pilog + S)),
        of(lambda pi, pilog, logs, S: -(1 - pi) * (pilog + pi * S)),
    ),
    belief(
        "Logits stand where probabilities or their logarithms belong.",
        lambda z: -policy(z) * (z + categorical_entropy(z)[:, None]),
        lambda z: -xlogy(policy(z), z) - policy(z) * categorical_entropy(z)[:, None],
        lambda z: -z * (np.log(z) + categorical_entropy(z)[:, None]),
    ),
    belief(
        "That is the gradient of the bonus c₂ S or of a loss −c₂ S. Here it is the gradient of S alone.",
        lambda z: 0.01 * entropy_gradient(z),
        lambda z: -0.01 * entropy_gradient(z),
        lambda z: 0.1 * entropy_gradient(z),
    ),
    belief(
        "That is the gradient of the mean over the states. Each row is asked for the gradient of its own S.",
        lambda z: entropy_gradient(z) / len(z),
        lambda z: entropy_gradient(z) / z.size,
    ),
    belief(
        "A mean over the actions slipped in: each action keeps its own slope.",
        lambda z: entropy_gradient(z) / z.shape[1],
        with_entropy(lambda z: categorical_entropy(z)[:, None] / z.shape[1]),
        with_entropy(lambda z: -log_softmax(z).mean(1, keepdims=True)),
    ),
    belief(
        "You use one S for all states, their sum or mean. Each state has its own.",
        with_entropy(lambda z: categorical_entropy(z).sum()),
        with_entropy(lambda z: categorical_entropy(z).mean()),
    ),
    belief(
        "You add up over the states: the answer has one row for each.",
        lambda z: entropy_gradient(z).sum(0),
        lambda z: entropy_gradient(z).mean(0),
        lambda z: entropy_gradient(z).mean(0, keepdims=True),
    ),
    belief(
        "The softmax or the sum runs along the states. A row is a state: axis 1.",
        lambda z: entropy_gradient(z.T).T,
        with_entropy(lambda z: -xlogy(policy(z), log_softmax(z)).sum(0)),
    ),
    belief(
        "S met the rows as a row itself, so action a got the entropy of state a. Keep it as a column.",
        with_entropy(lambda z: categorical_entropy(z)[None] if len(z) in (1, z.shape[1]) else np.nan),
    ),
    belief(
        "That is in bits, or mixes bits with nats: the natural logarithm is meant.",
        lambda z: entropy_gradient(z) / np.log(2),
        with_entropy(lambda z: categorical_entropy(z)[:, None] / np.log(2)),
        of(lambda pi, pilog, logs, S: -pilog / np.log(2) - pi * S),
    ),
    belief(
        "That is the gradient of a distance to the uniform policy, or minus that, and not of S.",
        lambda z: 1 / z.shape[1] - policy(z),
        lambda z: policy(z) - 1 / z.shape[1],
    ),
    belief(
        "Your nudge is too large: what you measure is the slope of a chord, not of the curve.",
        *(nudged(h, 0) for h in (1.0, 0.5, 0.1, 0.05, 0.01, 5e-3, 2e-3, 1e-3)),
        *(nudged(h, 1) for h in (1.0, 0.5, 0.1)),
    ),
    belief(
        "It is off by a factor of 2. Between S(z + h) and S(z − h) lie two h, between S(z + h) and S(z) only one.",
        lambda z: 2 * entropy_gradient(z),
        lambda z: entropy_gradient(z) / 2,
    ),
    belief(
        "That is a unit vector, or the sign only. The length of a gradient says how steep it is, and here it is the "
        "length that matters.",
        unit,
        lambda z: np.nan_to_num(unit(z)),
        lambda z: entropy_gradient(z) / abs(entropy_gradient(z)).max(1, keepdims=True),
        lambda z: np.sign(entropy_gradient(z)),
    ),
    belief(
        "That is S itself, or the policy. Asked is which way S changes with each logit.",
        lambda z: categorical_entropy(z),
        lambda z: np.repeat(categorical_entropy(z)[:, None], z.shape[1], 1),
        policy,
    ),
    belief(
        "It is 0 everywhere, or nearly. Is the difference divided by the nudge, and is one logit nudged at a time? "
        "Does the gradient reach the logits (`detach`, `no_grad`)?",
        lambda z: np.zeros_like(z),
    ),
    belief("You do not divide by the nudge.", *(nudged(h, both, 1) for h, both in ((1e-3, 0), (1e-3, 1), (1e-2, 1)))),
)


def explain(logits):
    """A sentence about the case."""
    if np.isneginf(logits).any():
        return "The states without masked actions come out right. Raising a logit of −inf changes nothing: slope 0."
    if abs(logits).max() > 500:
        return (
            "Ordinary logits come out right, huge ones do not. Only differences count: 1000, 999, 0 is the policy of "
            "1, 0, −999."
        )
    return (
        "Two things to test yours with: over the actions of a state it sums to 0, and at a uniform policy it is 0 "
        "everywhere."
    )


GRADIENT = Item(
    name="entropy_gradient",
    exercise="06_value_and_entropy",
    points=2,
    judge=OfRollout(
        lambda z: entropy_gradient(z) + 0.0,  # a slope of −0 reads as a riddle
        ("logits",),
        ("∂S/∂z",),
        (
            Part("Example 3 and random logits, state by state", 1.25, data.ordinary),
            Fragile("logits of ±1000", 0.25, data.huge, raised=data.OVERFLOW),
            Fragile("masked actions (−inf); inputs left as they were", 0.5, data.masked, raised=data.NO_LOGARITHM),
        ),
        BELIEFS,
        explain,
        "It vanishes at a uniform policy, where nothing is to be done, and also at a certain one, where the push would "
        "be needed most.",
        row=data.state,
    ),
    hints=(
        "How do all the probabilities of a state change when one of its logits is raised? What do these changes sum "
        "to?",
        "∂π(b)/∂z(a) = π(b) (1[a = b] − π(a)). Put that into −Σ_b (log π(b) + 1) ∂π(b)/∂z(a), and look what is left "
        "of the +1. Finite differences of your own entropy, or torch's autograd, are honest answers as well.",
        "−probs * (safe log-probabilities + ___[:, None])",
    ),
    answer="shifted = logits - logits.max(axis=1, keepdims=True)\n"
    "logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))\n"
    "probs = np.exp(logs)\n"
    "safe = np.where(probs > 0, logs, 0)\n"
    "return -probs * (safe + categorical_entropy(logits)[:, None])",
)
