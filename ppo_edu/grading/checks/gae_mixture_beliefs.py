"""Exercise 05: what is believed about n-step advantages and their weights, as formulas that give the same numbers."""

import numpy as np

from ppo_edu.grading.formula import belief


def n_step(rewards, values, gamma):
    """A^(1) … A^(N) of the first row: n rewards, what the critic says then, less what it said at first."""
    powers = gamma ** np.arange(len(values))
    return np.cumsum(powers[:-1] * rewards) + powers[1:] * values[1:] - values[0]


def mixture_weights(count, lam):
    """(1−λ) λ^(n−1), and all that is left for the last."""
    weights = naive(count, lam)
    weights[-1] = lam ** (count - 1)
    return weights


def reference(rewards, values, gamma, gae_lambda):
    """The pair asked for."""
    return n_step(rewards, values, gamma), mixture_weights(len(rewards), gae_lambda)


def naive(count, lam):
    return (1 - lam) * lam ** np.arange(count)


def about_advantages(formula):
    """A belief about the first output: (rewards, values, γ, λ, n = 1 … N, Σ_{k<n} γ^k r_k)."""

    def answer(rewards, values, gamma, lam):
        n = np.arange(1, len(rewards) + 1)
        return formula(rewards, values, gamma, lam, n, np.cumsum(gamma ** (n - 1) * rewards)), None

    return answer


def about_weights(formula):
    """A belief about the second output: (N, λ, γ)."""
    return lambda rewards, values, gamma, lam: (None, formula(len(rewards), lam, gamma))


def with_last(weights, last):
    weights[-1] = last
    return weights


def with_rest(weights):
    return with_last(weights, 1 - weights[:-1].sum())


def mixed(rewards, values, gamma, lam):
    """Â of the first row."""
    return np.dot(*reference(rewards, values, gamma, lam))


def deltas(r, v, g):
    return r + g * v[1:] - v[:-1]


BELIEFS = (
    belief(
        "The two are in the wrong order: first the advantages, then their weights.",
        lambda *inputs: reference(*inputs)[::-1],
    ),
    belief(
        "That is their mixture, Â of the first row. Asked are its two parts: the advantages and the weights.",
        mixed,
    ),
    belief(
        "You have multiplied weights and advantages already, or add them up. Asked are the two, each by itself.",
        lambda *inputs: np.prod(reference(*inputs), axis=0),
        lambda *inputs: (np.prod(reference(*inputs), axis=0), None),
        lambda *inputs: (np.cumsum(np.prod(reference(*inputs), axis=0)), None),
    ),
    belief(
        "Asked are two things: `return advantages, weights`.",
        lambda *inputs: reference(*inputs)[0],
        lambda *inputs: reference(*inputs)[1],
    ),
    belief(
        "V(s_0) is not subtracted from your advantages. What came is measured against what the critic had said.",
        about_advantages(lambda r, v, g, lam, n, paid: paid + g**n * v[1:]),
    ),
    belief(
        "After n rewards you stop. The critic still has a word to say about all that comes later: γⁿ V(s_n).",
        about_advantages(lambda r, v, g, lam, n, paid: paid - v[0]),
    ),
    belief(
        "Your A^(n) has lost its last bootstrap: for n = N too the last value counts. It is 0 only if the episode "
        "terminated.",
        about_advantages(lambda r, v, g, lam, n, paid: paid + g**n * np.append(v[1:-1], 0) - v[0]),
    ),
    belief(
        "The critic's word after n steps is not discounted as it should be: it stands n steps ahead, so γⁿ.",
        about_advantages(lambda r, v, g, lam, n, paid: paid + v[1:] - v[0]),
        about_advantages(lambda r, v, g, lam, n, paid: paid + g * v[1:] - v[0]),
        about_advantages(lambda r, v, g, lam, n, paid: paid + g ** (n - 1) * v[1:] - v[0]),
        about_advantages(lambda r, v, g, lam, n, paid: paid + g ** (n + 1) * v[1:] - v[0]),
    ),
    belief(
        "Your bootstrap is a row off: after n rewards one stands in s_n, and asks the critic about that state.",
        about_advantages(lambda r, v, g, lam, n, paid: paid + g**n * v[:-1] - v[0]),
        about_advantages(lambda r, v, g, lam, n, paid: paid + g ** (n - 1) * v[:-1] - v[0]),
        about_advantages(lambda r, v, g, lam, n, paid: paid + g**n * v[-1] - v[0]),
        about_advantages(lambda r, v, g, lam, n, paid: paid + g**n * np.append(v[2:], 0) - v[0]),
        about_advantages(lambda r, v, g, lam, n, paid: paid + g**n * np.append(v[2:], v[-1]) - v[0]),
    ),
    belief(
        "You subtract the value of the state where the n steps begin anew, or end. All of them are measured against "
        "the first, V(s_0).",
        about_advantages(lambda r, v, g, lam, n, paid: paid + g**n * v[1:] - v[:-1]),
        about_advantages(lambda r, v, g, lam, n, paid: paid + g**n * v[1:] - g ** (n - 1) * v[:-1]),
        about_advantages(lambda r, v, g, lam, n, paid: paid + v[0] - g**n * v[1:]),
        about_advantages(lambda r, v, g, lam, n, paid: paid - g**n * v[1:] - v[0]),
    ),
    belief(
        "Your rewards are not discounted as they should be: the first counts in full, the next γ, then γ².",
        about_advantages(lambda r, v, g, lam, n, paid: np.cumsum(r) + g**n * v[1:] - v[0]),
        about_advantages(lambda r, v, g, lam, n, paid: g * paid + g**n * v[1:] - v[0]),
        about_advantages(lambda r, v, g, lam, n, paid: g ** (n - 1) * np.cumsum(r) + g**n * v[1:] - v[0]),
        about_advantages(lambda r, v, g, lam, n, paid: np.cumsum(r) + v[1:] - v[0]),
    ),
    belief(
        "Each of yours holds one reward only. A^(n) holds all of the first n.",
        about_advantages(lambda r, v, g, lam, n, paid: g ** (n - 1) * r + g**n * v[1:] - v[0]),
        about_advantages(lambda r, v, g, lam, n, paid: r + g**n * v[1:] - v[0]),
        about_advantages(lambda r, v, g, lam, n, paid: r + g * v[1:] - v[0]),
        about_advantages(lambda r, v, g, lam, n, paid: deltas(r, v, g)),
        about_advantages(lambda r, v, g, lam, n, paid: g ** (n - 1) * deltas(r, v, g)),
    ),
    belief(
        "Your n counts from 0: the list begins with no reward at all, or it leaves out the last step.",
        about_advantages(lambda r, v, g, lam, n, paid: np.append(0, n_step(r, v, g)[:-1])),
        about_advantages(lambda r, v, g, lam, n, paid: n_step(r, v, g)[:-1]),
        about_advantages(lambda r, v, g, lam, n, paid: np.append(0, n_step(r, v, g))),
    ),
    belief(
        "λ is in your advantages. They know γ only; λ says how they are mixed, and stands in the weights.",
        about_advantages(lambda r, v, g, lam, n, paid: n_step(r, v, g * lam)),
        about_advantages(lambda r, v, g, lam, n, paid: np.cumsum((g * lam) ** (n - 1) * deltas(r, v, g))),
    ),
    belief(
        "You sum TD errors, which is a good way. But the first should count in full, and each later one γ times as "
        "much as the one before.",
        about_advantages(lambda r, v, g, lam, n, paid: np.cumsum(deltas(r, v, g))),
        about_advantages(lambda r, v, g, lam, n, paid: np.cumsum(g**n * deltas(r, v, g))),
    ),
    belief(
        "You go through the rows: one advantage for each. Asked are the N advantages of the *first* row, of 1 to N "
        "steps.",
        about_advantages(lambda r, v, g, lam, n, paid: n_step_to_the_end(r, v, g)),
        about_advantages(lambda r, v, g, lam, n, paid: n_step_to_the_end(r, v, g * lam, g)),
    ),
    belief(
        "Your advantages stand in reverse: n = 1 comes first.",
        about_advantages(lambda r, v, g, lam, n, paid: n_step(r, v, g)[::-1]),
    ),
    belief(
        "With whole numbers coming in, your advantages lose their decimals: the array you fill holds whole numbers, "
        "as `rewards` does (`zeros_like` and `copy` keep the kind).",
        about_advantages(lambda r, v, g, lam, n, paid: n_step(r, v, g).astype(r.dtype)),
    ),
    belief(
        "Your last weight has a factor 1−λ like the others, and so they do not sum to 1 (1−λᴺ instead). Nothing "
        "follows the last one: it takes all weight that is left.",
        about_weights(lambda count, lam, g: naive(count, lam)),
    ),
    belief(
        "You stretch the weights until they sum to 1. What is missing belongs to the last one alone, since all the "
        "longer advantages of an endless mixture are that one here.",
        about_weights(lambda count, lam, g: naive(count, lam) / naive(count, lam).sum()),
        about_weights(lambda count, lam, g: lam ** np.arange(count) / (lam ** np.arange(count)).sum()),
    ),
    belief(
        "Your weights lack the factor 1−λ and sum to more than 1. Only the last one has none.",
        about_weights(lambda count, lam, g: lam ** np.arange(count)),
    ),
    belief(
        "Your weights come one λ late: they begin with λ (1−λ). The last one takes what is left, so they sum to 1 all "
        "the same. Which power of λ belongs to n = 1?",
        about_weights(lambda count, lam, g: with_rest(lam * naive(count, lam))),
    ),
    belief(
        "Your exponents are one too high: the first weight is 1−λ, with λ to the power 0.",
        about_weights(lambda count, lam, g: lam * naive(count, lam)),
        about_weights(lambda count, lam, g: with_last(lam * naive(count, lam), lam ** (count - 1))),
        about_weights(lambda count, lam, g: with_last(lam * naive(count, lam), lam**count)),
    ),
    belief(
        "Your last weight is not what the others leave over. Add those up: what is missing to 1?",
        about_weights(lambda count, lam, g: with_last(naive(count, lam), lam**count)),
        about_weights(lambda count, lam, g: with_last(naive(count, lam), 1.0)),
        about_weights(lambda count, lam, g: with_last(naive(count, lam), lam)),
        about_weights(lambda count, lam, g: with_last(naive(count, lam), 1 - lam)),
        about_weights(lambda count, lam, g: with_last(naive(count, lam), lam ** max(count - 2, 0))),
        about_weights(lambda count, lam, g: with_last(naive(count, lam), 0.0)),
        about_weights(lambda count, lam, g: naive(count, lam) + with_last(np.zeros(count), lam ** (count - 1))),
    ),
    belief(
        "γ is in your weights. It discounts rewards, inside the advantages; the weights know λ only.",
        about_weights(lambda count, lam, g: mixture_weights(count, g * lam)),
        about_weights(lambda count, lam, g: naive(count, g * lam)),
        about_weights(lambda count, lam, g: (g * lam) ** np.arange(count)),
        about_weights(lambda count, lam, g: mixture_weights(count, g)),
        about_weights(lambda count, lam, g: with_last((1 - lam) * (g * lam) ** np.arange(count), lam ** (count - 1))),
        about_weights(
            lambda count, lam, g: with_last((1 - lam) * (g * lam) ** np.arange(count), (g * lam) ** (count - 1))
        ),
    ),
    belief(
        "λ and 1−λ have changed places: with λ = 0 only the one-step advantage counts.",
        about_weights(lambda count, lam, g: mixture_weights(count, 1 - lam)),
        about_weights(lambda count, lam, g: naive(count, 1 - lam)),
    ),
    belief(
        "Your weights stand in reverse, or the left-over is at the wrong end: the fewest steps come first.",
        about_weights(lambda count, lam, g: mixture_weights(count, lam)[::-1]),
        about_weights(lambda count, lam, g: naive(count, lam) + (np.arange(count) == 0) * lam**count),
    ),
    belief(
        "All your weights are equal. Each is λ times the one before.",
        about_weights(lambda count, lam, g: np.full(count, 1 / count)),
    ),
    belief(
        "Your λ does not move: the weights are the same for every `gae_lambda`.",
        about_weights(lambda count, lam, g: mixture_weights(count, 0.95)),
        about_weights(lambda count, lam, g: mixture_weights(count, 0.8)),
    ),
    belief(
        "There is a nan: λ = 0 is allowed, and 0⁰ is 1 here. A logarithm or a division by λ is not needed.",
        about_weights(lambda count, lam, g: mixture_weights(count, lam) if lam else np.full(count, np.nan)),
        about_weights(
            lambda count, lam, g: mixture_weights(count, lam) if lam else np.append(np.nan, np.zeros(count - 1))
        ),
    ),
)


def n_step_to_the_end(rewards, values, decay, gamma=None):
    """Σ decay^l δ_{t+l} for each row t."""
    following, advantages = 0.0, []
    for delta in deltas(rewards, values, decay if gamma is None else gamma)[::-1]:
        following = delta + decay * following
        advantages.append(following)
    return np.array(advantages[::-1])
