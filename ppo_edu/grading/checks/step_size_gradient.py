"""Exercise 01: what is believed about the policy gradient, as formulas that give the same numbers."""

import numpy as np

from ppo_edu.grading.checks.step_size_return import solved
from ppo_edu.grading.checks.step_size_worlds import exact_return, parts, policy_gradient
from ppo_edu.grading.formula import belief
from ppo_edu.mdp import softmax


def of_gradient(formula):
    """A belief about the gradient, in terms of π, A, Q, V, d (columns where they are per state), start and γ."""

    def answer(logits, transitions, rewards, start, gamma):
        policy = softmax(logits)
        _, _, values, q, visits = parts(policy, transitions, rewards, start, gamma)
        return formula(policy, q - values[:, None], q, values[:, None], visits[:, None], start[:, None], gamma)

    return answer


def with_visits(visits):
    """The gradient where `visits(P_π, start, γ)` stands in the place of d."""

    def answer(logits, transitions, rewards, start, gamma):
        policy = softmax(logits)
        chain, _, values, q, _ = parts(policy, transitions, rewards, start, gamma)
        return visits(chain, start, gamma)[:, None] * policy * (q - values[:, None])

    return answer


def with_advantage(advantage):
    """The gradient where `advantage(r, P V, V, r_π, γ)` stands in the place of A."""

    def answer(logits, transitions, rewards, start, gamma):
        policy = softmax(logits)
        _, reward, values, _, visits = parts(policy, transitions, rewards, start, gamma)
        guess = advantage(rewards, transitions @ values, values[:, None], reward[:, None], gamma)
        return visits[:, None] * policy * guess

    return answer


def visits_of(steps):
    """The discounted visits of so many steps."""

    def visits(chain, start, gamma):
        total, now = np.zeros_like(start), start
        for _ in range(steps):
            total, now = total + now, gamma * now @ chain
        return total

    return visits


def nudged(h, both):
    """Finite differences of the exact return with a nudge of h, to both sides or to one."""

    def answer(logits, *world):
        def after(where, size):
            moved = logits.copy()
            moved[where] += size
            return exact_return(softmax(moved), *world)

        slopes = [(after(at, h) - after(at, -h * both)) / (h * (1 + both)) for at in np.ndindex(logits.shape)]
        return np.reshape(slopes, logits.shape)

    return answer


def backwards(logits, transitions, rewards, start, gamma):
    policy = softmax(logits)
    chain, reward, _, _, visits = parts(policy, transitions, rewards, start, gamma)
    values = solved(chain.T, reward, gamma)
    return visits[:, None] * policy * (rewards + gamma * transitions @ values - values[:, None])


def logits_as_policy(logits, *world):
    *_, values, q, visits = parts(logits, *world)
    return visits[:, None] * logits * (q - values[:, None])


def normalised(advantages, ddof):
    return (advantages - advantages.mean()) / (advantages.std(ddof=ddof) + 1e-8)


GRADIENT = (
    belief(
        "The sign is turned: along your gradient the return falls.",
        of_gradient(lambda pi, A, Q, V, d, start, gamma: -d * pi * A),
    ),
    belief(
        "The visits are missing: all states push alike, however rarely one is there.",
        of_gradient(lambda pi, A, Q, V, d, start, gamma: pi * A),
    ),
    belief(
        "Only the first step is counted: `start` stands where all discounted visits belong.",
        of_gradient(lambda pi, A, Q, V, d, start, gamma: start * pi * A),
    ),
    belief(
        "Your visits stop too early: with γ near 1 one is still on the way long after your last step.",
        *map(with_visits, map(visits_of, (*range(2, 51), 60, 80, 100, 120, 150, 200, 250, 300))),
    ),
    belief(
        "Your visits do not begin at `start`: they come out as if an episode began in every state alike.",
        with_visits(lambda chain, start, gamma: solved(chain.T, np.full_like(start, 1 / len(start)), gamma)),
        with_visits(lambda chain, start, gamma: solved(chain.T, np.ones_like(start), gamma)),
    ),
    belief(
        "Your visits run backwards. V looks along P_π, to where one goes; visits gather where one comes from.",
        with_visits(lambda chain, start, gamma: solved(chain, start, gamma)),
    ),
    belief(
        "The first step is missing from the visits, or carries a γ: being there at once counts in full.",
        of_gradient(lambda pi, A, Q, V, d, start, gamma: (d - start) * pi * A),
        of_gradient(lambda pi, A, Q, V, d, start, gamma: gamma * d * pi * A),
    ),
    belief(
        "π(a|s) is missing. Raising the logit of an action hardly ever taken changes little.",
        of_gradient(lambda pi, A, Q, V, d, start, gamma: d * A),
        of_gradient(lambda pi, A, Q, V, d, start, gamma: d * A / pi.shape[1]),
    ),
    belief(
        "Q stands where the advantage belongs. A logit that rises takes from all actions of its state in proportion to "
        "π, and V is what they are worth on average.",
        of_gradient(lambda pi, A, Q, V, d, start, gamma: d * pi * Q),
        of_gradient(lambda pi, A, Q, V, d, start, gamma: start * pi * Q),
        of_gradient(lambda pi, A, Q, V, d, start, gamma: pi * Q),
    ),
    belief(
        "You subtract something else than V(s), or not from Q. From Q goes the mean of this state over the actions of "
        "this policy: not over all actions alike, not the best one, not J.",
        of_gradient(lambda pi, A, Q, V, d, start, gamma: d * pi * (Q - Q.mean(1, keepdims=True))),
        of_gradient(lambda pi, A, Q, V, d, start, gamma: d * pi * (Q - Q.max(1, keepdims=True))),
        of_gradient(lambda pi, A, Q, V, d, start, gamma: d * pi * (Q - (start * V).sum())),
        of_gradient(lambda pi, A, Q, V, d, start, gamma: d * pi * (Q - V.mean())),
        of_gradient(lambda pi, A, Q, V, d, start, gamma: d * pi * Q - (d * pi * Q).mean(1, keepdims=True)),
    ),
    belief(
        "A sum of three terms makes the advantage: the reward, γ times the value of where one lands, minus the value "
        "of where one is. One is missing in yours, or lacks its γ.",
        with_advantage(lambda r, after, V, reward, gamma: r + after - V),
        with_advantage(lambda r, after, V, reward, gamma: gamma * after - V),
        with_advantage(lambda r, after, V, reward, gamma: r - V),
        with_advantage(lambda r, after, V, reward, gamma: r - reward + gamma * after),
    ),
    belief(
        "That is the slope in the probabilities. Logits move all probabilities of a state at once.",
        of_gradient(lambda pi, A, Q, V, d, start, gamma: d * Q),
        of_gradient(lambda pi, A, Q, V, d, start, gamma: d * (Q - Q.mean(1, keepdims=True))),
    ),
    belief(
        "You use the logits as if they were probabilities. The policy is their softmax.",
        logits_as_policy,
    ),
    belief(
        "Your visits are normalised: they sum to 1, carry a factor 1 − γ, or are divided by the number of states. "
        "Then the direction is right and the length is not; a nudge of a logit shows it.",
        of_gradient(lambda pi, A, Q, V, d, start, gamma: d / d.sum() * pi * A),
        of_gradient(lambda pi, A, Q, V, d, start, gamma: (1 - gamma) * d * pi * A),
        of_gradient(lambda pi, A, Q, V, d, start, gamma: d * pi * A / len(d)),
    ),
    belief(
        "The visits are not discounted: being there in k steps counts γ^k.",
        # A hair of discount, so that a world without an exit gives a number, not an error.
        with_visits(lambda chain, start, gamma: solved(chain.T, start, 0.999999)),
    ),
    belief(
        "Your advantage comes to r − r_π: in what follows, all actions of a state count alike, or it is left out. "
        "With γ (P_π V)(s) it is averaged over the policy already. An action is also worth where *it* leads.",
        with_advantage(lambda r, after, V, reward, gamma: r - reward),
    ),
    belief(
        "What follows is averaged over all actions alike, in every state. An action is worth where it leads itself, "
        "and that needs P(s'|s, a), with its own a.",
        with_advantage(lambda r, after, V, reward, gamma: r + gamma * after.mean(1, keepdims=True) - V),
        with_advantage(lambda r, after, V, reward, gamma: r + gamma * after.sum(1, keepdims=True) - V),
    ),
    belief(
        "In your advantage γ stands before the value of the state one is in, where that of the state one lands in "
        "belongs.",
        with_advantage(lambda r, after, V, reward, gamma: r + gamma * V - V),
        with_advantage(lambda r, after, V, reward, gamma: r + after - gamma * V),
    ),
    belief(
        "log π is in your formula. It is the *slope* of log π that comes into a policy gradient, and here it has been "
        "averaged over the actions already.",
        of_gradient(lambda pi, A, Q, V, d, start, gamma: d * np.log(pi) * A),
        of_gradient(lambda pi, A, Q, V, d, start, gamma: d * pi * np.log(pi) * A),
    ),
    belief(
        "You push towards the best action of each state. A gradient weighs every action by how much better it is.",
        of_gradient(lambda pi, A, Q, V, d, start, gamma: d * (np.eye(pi.shape[1])[Q.argmax(1)] - pi)),
        of_gradient(lambda pi, A, Q, V, d, start, gamma: d * pi * (A.max(1, keepdims=True) == A)),
    ),
    belief(
        "You leave out the actions that are worse than usual. They must become rarer, and each row must sum to 0.",
        of_gradient(lambda pi, A, Q, V, d, start, gamma: d * pi * np.maximum(A, 0)),
    ),
    belief(
        "Your gradient is the same in every state: an action's logit is moved in all states at once, or the states "
        "are added up. Each state has a row of its own.",
        lambda *inputs: np.broadcast_to(policy_gradient(*inputs).sum(0), inputs[0].shape),
    ),
    belief(
        "γ comes in twice: each step counts γ², where it should count γ.",
        lambda logits, P, r, start, gamma: policy_gradient(logits, P, r, start, gamma**2),
    ),
    belief(
        "That is the advantage, and it is only one of three factors.",
        of_gradient(lambda pi, A, Q, V, d, start, gamma: A),
    ),
    belief(
        "π comes in twice. A logit moves all probabilities of its state, not its own alone, and what the sum over all "
        "of them leaves has one π.",
        of_gradient(lambda pi, A, Q, V, d, start, gamma: d * pi**2 * A),
        of_gradient(lambda pi, A, Q, V, d, start, gamma: d * pi * (1 - pi) * A),
        of_gradient(lambda pi, A, Q, V, d, start, gamma: d * pi * (1 - pi) * Q),
    ),
    belief(
        "V stands where the advantage belongs: it is the same for every action of a state, so it prefers none.",
        of_gradient(lambda pi, A, Q, V, d, start, gamma: d * pi * V),
    ),
    belief(
        "V itself is wrong: P_π is transposed in it. Does your exact_return pass its check?",
        backwards,
    ),
    belief(
        "You normalise the advantages, as is done with a batch. The slope has no such freedom: a nudge shows its "
        "length.",
        of_gradient(lambda pi, A, Q, V, d, start, gamma: d * pi * normalised(A, 0)),
        of_gradient(lambda pi, A, Q, V, d, start, gamma: d * pi * normalised(A, 1)),
        of_gradient(lambda pi, A, Q, V, d, start, gamma: d * pi * A / (A.std() + 1e-8)),
    ),
    belief(
        "That is a unit vector, or the sign only. The length of a gradient says how steep it is.",
        of_gradient(lambda pi, A, Q, V, d, start, gamma: d * pi * A / np.linalg.norm(d * pi * A)),
        of_gradient(lambda pi, A, Q, V, d, start, gamma: d * pi * A / abs(d * pi * A).max()),
        of_gradient(lambda pi, A, Q, V, d, start, gamma: np.sign(d * pi * A)),
    ),
    belief(
        "It is off by a factor of 2. Between J(z + h) and J(z − h) lie two h, between J(z + h) and J(z) only one.",
        lambda *inputs: 2 * policy_gradient(*inputs),
        lambda *inputs: policy_gradient(*inputs) / 2,
    ),
    belief(
        "Your nudge is too large: what you measure is the slope of a chord, not of the curve.",
        *(nudged(h, 0) for h in (1.0, 0.5, 0.1, 0.05, 0.01)),
        *(nudged(h, 1) for h in (1.0, 0.5)),
    ),
    belief(
        "It is 0 everywhere. Does J see the nudged logits, and is the difference divided by the nudge? (And a nudge of "
        "a whole row changes no probability: one logit at a time.)",
        lambda logits, *world: np.zeros_like(logits),
    ),
)
