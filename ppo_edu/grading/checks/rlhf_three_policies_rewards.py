"""Exercise 09: what is believed about the KL reward of the table with three policies."""

import numpy as np

from ppo_edu.grading.checks.rlhf_three_policies_beliefs import in_reward, only
from ppo_edu.grading.formula import belief

REWARD_BELIEFS = (
    belief(
        "Your KL reward is made with π_θ. It is a number, fixed when the batch was written: π_old against π_ref.",
        *in_reward(lambda new, old, ref: np.log(new / ref)),
        only(3, kl=lambda new, old, ref: np.log(new / ref), reward=lambda kl, beta: -kl),
    ),
    belief(
        "Your KL reward compares π_θ with π_old. That is the ratio's business; β measures the distance to π_ref.",
        *in_reward(lambda new, old, ref: np.log(new / old)),
    ),
    belief(
        "The sign of your KL reward is turned: a word that π_old writes more often than π_ref pays.",
        only(3, kl=lambda new, old, ref: np.log(ref / old)),
    ),
    belief(
        "β is missing in your KL reward, or divides it.",
        only(3, reward=lambda kl, beta: -kl),
        only(3, reward=lambda kl, beta: kl),
        only(3, reward=lambda kl, beta: -kl / beta),
    ),
    belief(
        "Your KL reward has no difference of logarithms in it: probabilities are compared by their own difference or "
        "quotient, or a quotient of logarithms is taken.",
        *in_reward(
            lambda new, old, ref: old - ref,
            lambda new, old, ref: old / ref,
            lambda new, old, ref: ref / old,
            lambda new, old, ref: new - ref,
            lambda new, old, ref: new / ref,
            lambda new, old, ref: np.log(old) / np.log(ref),
        ),
    ),
    belief(
        "Your KL reward is weighed by a probability. That is done by writing: likely words are written more often.",
        *in_reward(
            lambda new, old, ref: old * np.log(old / ref),
            lambda new, old, ref: new * np.log(old / ref),
            lambda new, old, ref: new * np.log(new / ref),
            lambda new, old, ref: ref * np.log(ref / old),
        ),
    ),
    belief(
        "That is another estimate of the KL (k2, k3, |difference|, what is above 0). Section 2 charges the plain "
        "difference of logarithms, of either sign.",
        *in_reward(
            lambda new, old, ref: np.log(old / ref) ** 2 / 2,
            lambda new, old, ref: np.log(old / ref) ** 2,
            lambda new, old, ref: ref / old - 1 - np.log(ref / old),
            lambda new, old, ref: old / ref - 1 - np.log(old / ref),
            lambda new, old, ref: ref / new - 1 - np.log(ref / new),
            lambda new, old, ref: np.abs(np.log(old / ref)),
            lambda new, old, ref: np.maximum(np.log(old / ref), 0),
        ),
    ),
    belief(
        "Your KL reward has another base than e.",
        *in_reward(lambda new, old, ref: np.log2(old / ref), lambda new, old, ref: np.log10(old / ref)),
    ),
    belief(
        "Your KL reward has Â or the ratio in it. It is −β(…) of section 2 and nothing else.",
        lambda new, old, ref, A, eps, beta: (None, None, None, A - beta * np.log(old / ref)),
        lambda new, old, ref, A, eps, beta: (None, None, None, -beta * np.log(old / ref) * A),
        lambda new, old, ref, A, eps, beta: (None, None, None, -beta * np.log(old / ref) * new / old),
    ),
    belief(
        "Your whole table is 0: none of its columns is made yet.",
        lambda new, *_: (0 * new, 0 * new, 0 * new, 0 * new),
    ),
    belief(
        "Your KL reward is 0 for every word: it is not in your table yet.",
        lambda new, old, ref, A, eps, beta: (None, None, None, 0 * new),
    ),
    belief(
        "Your KL reward is the same for every word, a mean or a sum. Each word pays its own share.",
        lambda new, old, ref, A, eps, beta: (None, None, None, 0 * new - beta * np.log(old / ref).mean()),
        lambda new, old, ref, A, eps, beta: (None, None, None, 0 * new - beta * np.log(old / ref).sum()),
    ),
)
