"""Exercise 01: what is believed about the exact return, as formulas that give the same numbers."""

import numpy as np

from ppo_edu.grading.checks.step_size_worlds import exact_return, parts
from ppo_edu.grading.formula import belief
from ppo_edu.mdp import softmax


def solved(chain, reward, gamma):
    return np.linalg.solve(np.eye(len(reward)) - gamma * chain, reward)


def with_chain(chain):
    """The return where `chain(policy, transitions, start)` stands in the place of P_π."""

    def formula(policy, transitions, rewards, start, gamma):
        return start @ solved(chain(policy, transitions, start), (policy * rewards).sum(1), gamma)

    return formula


def with_reward(reward):
    """The return where `reward(policy, rewards)` stands in the place of r_π."""

    def formula(policy, transitions, rewards, start, gamma):
        return start @ solved(chain_of(policy, transitions, start), reward(policy, rewards), gamma)

    return formula


def of_another(policy):
    """The return of `policy(π)`."""
    return lambda pi, *world: exact_return(policy(pi), *world)


def of_values(formula):
    """A belief about the return in terms of V, r_π, start and γ."""

    def answer(policy, transitions, rewards, start, gamma):
        _, reward, values, _, _ = parts(policy, transitions, rewards, start, gamma)
        return formula(values, reward, start, gamma)

    return answer


def swept(enough):
    """V by sweeps from 0 until `enough(count, largest change)`, averaged over the start."""

    def formula(policy, transitions, rewards, start, gamma):
        chain, reward = chain_of(policy, transitions, start), (policy * rewards).sum(1)
        values, count, change = np.zeros_like(reward), 0, np.inf
        while not enough(count, change):
            new = reward + gamma * chain @ values
            values, count, change = new, count + 1, abs(new - values).max()
        return start @ values

    return formula


def after(count):
    return swept(lambda done, change: done == count)


def below(tolerance):
    return swept(lambda done, change: change < tolerance)


def best(policy, transitions, rewards, start, gamma):
    """The return of the best policy, by Bellman's maximum."""
    values = np.zeros(len(start))
    for _ in range(3000):
        values = (rewards + gamma * transitions @ values).max(1)
    return start @ values


def chain_of(policy, transitions, start):
    return np.einsum("sa,sat->st", policy, transitions)


def rescaled(policy, transitions, start):
    chain = chain_of(policy, transitions, start)
    return chain / chain.sum(1, keepdims=True)


def rescaled_before(policy, transitions, start, kept=np.array):
    """The rows made to sum to 1 in `transitions`, before the policy averages them; `kept` is what becomes of nan."""
    return np.einsum("sa,sat->st", policy, kept(transitions / transitions.sum(-1, keepdims=True)))


def stays(policy, transitions, start):
    chain = chain_of(policy, transitions, start)
    return chain + np.diag(1 - chain.sum(1))


def restarts(policy, transitions, start):
    chain = chain_of(policy, transitions, start)
    return chain + np.outer(1 - chain.sum(1), start)


def alike(policy):
    return np.full_like(policy, 1 / policy.shape[1])


RETURN = (
    belief(
        "That is one V per state. Where an episode begins is drawn from `start`: average over it.",
        of_values(lambda V, reward, start, gamma: V),
        of_values(lambda V, reward, start, gamma: start * V),
    ),
    belief(
        "You average V over all states alike. Episodes begin as `start` says.",
        of_values(lambda V, reward, start, gamma: V.mean()),
        of_values(lambda V, reward, start, gamma: V.sum()),
    ),
    belief(
        "You take one state's V. `start` is a distribution, and here it has weight on several states.",
        of_values(lambda V, reward, start, gamma: V[0]),
        of_values(lambda V, reward, start, gamma: V[start.argmax()]),
        of_values(lambda V, reward, start, gamma: V.max()),
    ),
    belief(
        "γ is missing: a reward in k steps counts γ^k.",
        lambda policy, P, r, start, gamma: exact_return(policy, P, r, start, 1.0),
    ),
    belief(
        "γ stands at the reward. It belongs to what comes after: V = r_π + γ P_π V.",
        lambda policy, P, r, start, gamma: gamma * exact_return(policy, P, r, start, 1.0),
    ),
    belief(
        "You use a γ of your own. Each world comes with its own `gamma`.",
        *(
            lambda policy, P, r, start, gamma, own=own: exact_return(policy, P, r, start, own)
            for own in (0.5, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999)
        ),
    ),
    belief(
        "That is the reward of the first step only. What follows counts too, each step with one more γ.",
        after(1),
    ),
    belief(
        "You stop too early: with γ near 1 the rewards beyond your last sweep still count. Repeat until V no longer "
        "changes, or solve the equation.",
        *map(below, (1.0, 0.5, 0.1, 0.05, 0.01, 5e-3, 1e-3, 5e-4, 1e-4)),
        *map(after, (*range(2, 101), 120, 128, 150, 200, 250, 256, 300)),
    ),
    belief(
        "That is the return of the *best* policy: a maximum over actions. Asked is this policy's, a mean over its "
        "actions.",
        best,
    ),
    belief(
        "You follow the likeliest action of each state only. The policy takes the others too, each with its "
        "probability.",
        of_another(lambda pi: np.eye(pi.shape[1])[pi.argmax(1)]),
    ),
    belief(
        "You take a softmax of the policy. It already holds probabilities.",
        of_another(softmax),
    ),
    belief(
        "The policy is missing from where one goes: you count the transitions of all actions alike.",
        with_chain(lambda policy, P, start: P.mean(1)),
        with_chain(lambda policy, P, start: P.sum(1)),
    ),
    belief(
        "The policy is missing from the rewards: you count those of all actions alike.",
        with_reward(lambda policy, r: r.mean(1)),
        with_reward(lambda policy, r: r.sum(1)),
    ),
    belief(
        "The policy plays no part: that is the return of one that takes all actions alike.",
        of_another(alike),
    ),
    belief(
        "You take the best reward of each state. The policy takes every action with its probability.",
        with_reward(lambda policy, r: r.max(1)),
    ),
    belief(
        "You walk backwards: P_π is transposed. Its row is the state one is in, its column where one goes.",
        with_chain(lambda policy, P, start: chain_of(policy, P, start).T),
        with_chain(lambda policy, P, start: np.einsum("sa,tas->st", policy, P)),
    ),
    belief(
        "You weight by the policy of the state one lands in. An action is chosen in the state one is in.",
        with_chain(lambda policy, P, start: np.einsum("ta,sat->st", policy, P)),
    ),
    belief(
        "You make every row of the transitions sum to 1. What is missing there is the chance that the episode ends, "
        "and then nothing follows.",
        with_chain(rescaled),
        with_chain(lambda *world: np.nan_to_num(rescaled(*world))),
        with_chain(rescaled_before),
        with_chain(lambda policy, P, start: rescaled_before(policy, P, start, kept=np.nan_to_num)),
    ),
    belief(
        "You let episodes go on after their end. Where a row of `transitions` sums to less than 1, the rest leads "
        "nowhere, and nothing is earned there.",
        with_chain(stays),
        with_chain(restarts),
    ),
    belief(
        "The same reward for ever: you divide by 1 − γ, as if every step paid alike and no episode ever ended.",
        of_values(lambda V, reward, start, gamma: start @ reward / (1 - gamma)),
        of_values(lambda V, reward, start, gamma: reward.mean() / (1 - gamma)),
    ),
    belief(
        "γ comes in twice: each step counts γ², where it should count γ.",
        lambda policy, P, r, start, gamma: exact_return(policy, P, r, start, gamma**2),
    ),
    belief(
        "The policy comes in twice, in the rewards or in the transitions. One weight per action averages over them.",
        with_reward(lambda policy, r: (policy**2 * r).sum(1)),
        with_chain(lambda policy, P, start: chain_of(policy**2, P, start)),
        lambda policy, P, r, start, gamma: start @ solved(chain_of(policy**2, P, start), (policy**2 * r).sum(1), gamma),
    ),
    belief(
        "You divide the average over actions by their number: the probabilities of a state sum to 1 already.",
        with_reward(lambda policy, r: (policy * r).mean(1)),
        with_chain(lambda policy, P, start: chain_of(policy, P, start) / policy.shape[1]),
        lambda policy, P, r, start, gamma: (
            start @ solved(chain_of(policy, P, start) / policy.shape[1], (policy * r).mean(1), gamma)
        ),
    ),
    belief(
        "One γ too many: the first reward counts in full.",
        of_values(lambda V, reward, start, gamma: gamma * start @ V),
    ),
    belief(
        "That is (1 − γ) times the return. Asked is the discounted sum itself.",
        of_values(lambda V, reward, start, gamma: (1 - gamma) * start @ V),
    ),
    belief(
        "Your return begins with the second step: the first reward is lost.",
        of_values(lambda V, reward, start, gamma: start @ (V - reward)),
        lambda policy, P, r, start, gamma: start @ chain_of(policy, P, start) @ parts(policy, P, r, start, gamma)[2],
    ),
    belief(
        "The sign is wrong. V − γ P_π V is the reward: on which side does γ P_π stand, and with which sign?",
        of_values(lambda V, reward, start, gamma: -start @ V),
        lambda policy, P, r, start, gamma: start @ solved(chain_of(policy, P, start), (policy * r).sum(1), -gamma),
    ),
    belief("It is 0 in every world: V never left where it began.", lambda *world: 0.0),
)
