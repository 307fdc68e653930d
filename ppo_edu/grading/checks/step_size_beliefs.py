"""Exercise 01: what is believed by those who answer otherwise, as formulas that give the same numbers."""

import numpy as np

from ppo_edu.grading.checks.step_size_worlds import longest_safe_step, parts
from ppo_edu.grading.formula import belief
from ppo_edu.mdp import softmax


def repeated(count):
    """V after `count` sweeps of V ← r_π + γ P_π V from 0, averaged over the start."""

    def formula(policy, transitions, rewards, start, gamma):
        chain, reward, *_ = parts(policy, transitions, rewards, start, gamma)
        values = np.zeros_like(reward)
        for _ in range(count):
            values = reward + gamma * chain @ values
        return start @ values

    return formula


def best(policy, transitions, rewards, start, gamma):
    """The return of the best policy."""
    values = np.zeros(len(start))
    for _ in range(3000):
        values = (rewards + gamma * transitions @ values).max(1)
    return start @ values


def solved(chain, reward, gamma):
    return np.linalg.solve(np.eye(len(reward)) - gamma * chain, reward)


def of_return(formula):
    """A belief about the return, in terms of (P_π, r_π, V, Q, d) and start, γ."""
    return lambda policy, transitions, rewards, start, gamma: formula(
        *parts(policy, transitions, rewards, start, gamma), start, gamma
    )


def of_gradient(formula):
    """A belief about the gradient, in terms of π, A, Q, V, d, start and γ."""

    def answer(logits, transitions, rewards, start, gamma):
        policy = softmax(logits)
        _, _, values, q, visits = parts(policy, transitions, rewards, start, gamma)
        return formula(policy, q - values[:, None], q, values, visits[:, None], start[:, None], gamma)

    return answer


def undiscounted_visits(logits, transitions, rewards, start, gamma):
    policy = softmax(logits)
    _, _, values, q, _ = parts(policy, transitions, rewards, start, gamma)
    *_, visits = parts(policy, 0.999999 * transitions, rewards, start, 1.0)
    return visits[:, None] * policy * (q - values[:, None])


def immediate(logits, transitions, rewards, start, gamma):
    policy = softmax(logits)
    *_, visits = parts(policy, transitions, rewards, start, gamma)
    return visits[:, None] * policy * (rewards - (policy * rewards).sum(1, keepdims=True))


def first_worse(steps, returns, start_return):
    return np.flatnonzero(returns < start_return)


def when_worse(formula, otherwise=lambda steps: steps[-1]):
    """`formula(steps, returns, k)` with k the first worse step, `otherwise` where there is none."""

    def answer(steps, returns, start_return):
        worse = first_worse(steps, returns, start_return)
        return formula(steps, returns, worse[0]) if len(worse) else otherwise(steps)

    return answer


def before_first_drop(steps, returns, start_return):
    drops = np.flatnonzero(np.diff(np.r_[start_return, returns]) < 0)
    return steps[-1] if not len(drops) else steps[drops[0] - 1] if drops[0] else 0.0


def strictly(steps, returns, start_return):
    worse = np.flatnonzero(returns <= start_return)
    return steps[-1] if not len(worse) else steps[worse[0] - 1] if worse[0] else 0.0


def ignoring_dips(steps, returns, start_return):
    fine = np.flatnonzero(returns >= start_return)
    return steps[fine[-1]] if len(fine) else 0.0


SOFTMAX = (
    belief(
        "exp overflows at 710 and vanishes at −745, and then inf/inf or 0/0 is nan. Only differences within a row "
        "count, so you may shift each row first.",
        lambda z: np.exp(z) / np.exp(z).sum(1, keepdims=True),
        lambda z: np.nan_to_num(np.exp(z) / np.exp(z).sum(1, keepdims=True)),
    ),
    belief(
        "You shift all rows by one number, the largest of the whole table. A row far below it vanishes altogether: "
        "each row needs its own.",
        lambda z: np.exp(z - z.max()) / np.exp(z - z.max()).sum(1, keepdims=True),
        lambda z: np.exp(z - z.mean()) / np.exp(z - z.mean()).sum(1, keepdims=True),
    ),
    belief(
        "Your columns sum to 1, your rows do not. A row is a state, and in each state the actions share 1.",
        lambda z: softmax(z.T).T,
    ),
    belief(
        "The whole table sums to 1. Each state needs a distribution of its own.",
        lambda z: softmax(z.ravel()).reshape(z.shape),
    ),
    belief(
        "These are log-probabilities: none is above 0. Asked are the probabilities.",
        lambda z: (
            np.where(np.isfinite(z), z - z.max(1, keepdims=True), z)
            - np.log(np.exp(z - z.max(1, keepdims=True)).sum(1, keepdims=True))
        ),
    ),
    belief(
        "The rows do not sum to 1: these are weights, not yet probabilities.",
        lambda z: np.exp(z),
        lambda z: np.exp(z - z.max(1, keepdims=True)),
    ),
    belief(
        "That picks the largest logit and drops the rest. A softmax gives every action a share.",
        lambda z: (z == z.max(1, keepdims=True)).astype(float),
        lambda z: np.eye(z.shape[1])[z.argmax(1)],
    ),
    belief(
        "Dividing logits by their sum is no softmax: logits may be negative, and only their differences mean "
        "something.",
        lambda z: z / z.sum(1, keepdims=True),
        lambda z: abs(z) / abs(z).sum(1, keepdims=True),
    ),
    belief(
        "That is a sigmoid of each logit on its own. A softmax makes the actions of a state compete.",
        lambda z: 1 / (1 + np.exp(-z)),
    ),
    belief("The sign of the exponent is turned: your policy prefers the smallest logit.", lambda z: softmax(-z)),
    belief("The base is 2, not e. Then a logit is a power of two.", lambda z: softmax(z * np.log(2))),
    belief(
        "All actions come out alike: your answer does not depend on the logits.",
        lambda z: np.full(z.shape, 1 / z.shape[1]),
    ),
)

RETURN = (
    belief(
        "That is one V per state. Where an episode begins is drawn from `start`: average over it.",
        of_return(lambda chain, reward, V, Q, d, start, gamma: V),
    ),
    belief(
        "You average V over all states alike. Episodes begin as `start` says.",
        of_return(lambda chain, reward, V, Q, d, start, gamma: V.mean()),
        of_return(lambda chain, reward, V, Q, d, start, gamma: V.sum()),
    ),
    belief(
        "You take one state's V. `start` is a distribution, and here it has weight on several states.",
        of_return(lambda chain, reward, V, Q, d, start, gamma: V[0]),
        of_return(lambda chain, reward, V, Q, d, start, gamma: V[start.argmax()]),
        of_return(lambda chain, reward, V, Q, d, start, gamma: V.max()),
    ),
    belief(
        "γ is missing: a reward in k steps counts γ^k.",
        lambda policy, P, r, start, gamma: start @ solved(np.einsum("sa,sat->st", policy, P), (policy * r).sum(1), 1.0),
    ),
    belief(
        "That is the reward of the first step only. What follows counts too, each step with one more γ.",
        repeated(1),
    ),
    belief(
        "You stop too early: with γ near 1 the rewards beyond your last sweep still count. Repeat until V no longer "
        "changes, or solve the equation.",
        *map(repeated, (2, 3, 5, 10, 20, 30, 50, 100, 200)),
    ),
    belief(
        "That is the return of the *best* policy: a maximum over actions. Asked is this policy's, a mean over its "
        "actions.",
        best,
    ),
    belief(
        "The policy is missing from where one goes: you average the transitions over all actions alike.",
        lambda policy, P, r, start, gamma: start @ solved(P.mean(1), (policy * r).sum(1), gamma),
    ),
    belief(
        "The policy is missing from the rewards: you average them over all actions alike.",
        lambda policy, P, r, start, gamma: start @ solved(np.einsum("sa,sat->st", policy, P), r.mean(1), gamma),
    ),
    belief(
        "The policy plays no part: that is the return of one that takes all actions alike.",
        lambda policy, P, r, start, gamma: start @ solved(P.mean(1), r.mean(1), gamma),
    ),
    belief(
        "You walk backwards: P_π is transposed. Its row is the state one is in, its column where one goes.",
        lambda policy, P, r, start, gamma: (
            start @ solved(np.einsum("sa,sat->st", policy, P).T, (policy * r).sum(1), gamma)
        ),
    ),
    belief(
        "One γ too many: the first reward counts in full.",
        of_return(lambda chain, reward, V, Q, d, start, gamma: gamma * start @ V),
    ),
    belief(
        "That is (1 − γ) times the return, the mean reward per step. Asked is the discounted sum.",
        of_return(lambda chain, reward, V, Q, d, start, gamma: (1 - gamma) * start @ V),
    ),
    belief(
        "Your return begins with the second step: the first reward is lost.",
        of_return(lambda chain, reward, V, Q, d, start, gamma: start @ (V - reward)),
    ),
)

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
        "π(a|s) is missing. Raising the logit of an action hardly ever taken changes little.",
        of_gradient(lambda pi, A, Q, V, d, start, gamma: d * A),
    ),
    belief(
        "Q stands where the advantage belongs. A logit that rises takes from the other actions, and V is what they "
        "are worth.",
        of_gradient(lambda pi, A, Q, V, d, start, gamma: d * pi * Q),
    ),
    belief(
        "That is the slope in the probabilities. Logits move all probabilities of a state at once.",
        of_gradient(lambda pi, A, Q, V, d, start, gamma: d * Q),
    ),
    belief(
        "Your visits are normalised: they sum to 1, or carry a factor 1 − γ. Then the direction is right and the "
        "length is not; a nudge of a logit shows it.",
        of_gradient(lambda pi, A, Q, V, d, start, gamma: d / d.sum() * pi * A),
        of_gradient(lambda pi, A, Q, V, d, start, gamma: (1 - gamma) * d * pi * A),
        of_gradient(lambda pi, A, Q, V, d, start, gamma: d * pi * A / len(d)),
    ),
    belief(
        "The visits are not discounted: being there in k steps counts γ^k.",
        undiscounted_visits,
    ),
    belief(
        "You compare rewards of this one step. An action is also worth where it leads: Q = r + γ P V.",
        immediate,
    ),
    belief(
        "That is the advantage, and it is only one of three factors.",
        of_gradient(lambda pi, A, Q, V, d, start, gamma: A),
    ),
    belief(
        "π comes in twice. Once is enough: the average over actions is taken by π, and the score brings no second.",
        of_gradient(lambda pi, A, Q, V, d, start, gamma: d * pi**2 * A),
        of_gradient(lambda pi, A, Q, V, d, start, gamma: d * pi * (1 - pi) * A),
        of_gradient(lambda pi, A, Q, V, d, start, gamma: d * pi * (1 - pi) * Q),
    ),
    belief(
        "V stands where the advantage belongs: it is the same for every action of a state, so it prefers none.",
        of_gradient(lambda pi, A, Q, V, d, start, gamma: d * pi * V[:, None]),
    ),
    belief(
        "That is a unit vector, or the sign only. The length of a gradient says how steep it is.",
        of_gradient(lambda pi, A, Q, V, d, start, gamma: d * pi * A / np.linalg.norm(d * pi * A)),
        of_gradient(lambda pi, A, Q, V, d, start, gamma: np.sign(d * pi * A)),
    ),
)

SAFE = (
    belief(
        "That is the best step. Beyond it the return falls, but a step is safe as long as it is no worse than staying.",
        lambda steps, returns, J: steps[returns.argmax()],
    ),
    belief(
        "You take the last step that is no worse, and look past a dip before it. A step in the dip is not safe, so "
        "nothing beyond it is.",
        ignoring_dips,
    ),
    belief(
        "That is the first step that does harm; the one before it is the longest safe one.",
        when_worse(lambda steps, returns, k: steps[k]),
    ),
    belief(
        "You stop where the return begins to fall. Falling is not yet worse than where it started.",
        before_first_drop,
    ),
    belief(
        "A step that is exactly as good as staying does no harm: it is safe.",
        strictly,
    ),
    belief(
        "When the very first step does harm there is none before it, and index −1 is the *last* one. Then the answer "
        "is 0.",
        when_worse(lambda steps, returns, k: steps[k - 1]),
    ),
    belief(
        "When the very first step does harm, no step of the list is safe: the answer is 0.",
        when_worse(lambda steps, returns, k: steps[max(k - 1, 0)]),
    ),
    belief(
        "That is a position in the list. Asked is the step that stands there.",
        when_worse(lambda steps, returns, k: k - 1, lambda steps: len(steps) - 1),
        when_worse(lambda steps, returns, k: k, len),
    ),
    belief(
        "That is a return. Asked is the step that earns it.",
        lambda steps, returns, J: returns[np.isclose(steps, longest_safe_step(steps, returns, J)).argmax()],
        lambda steps, returns, J: returns.max(),
    ),
    belief(
        "You compare with 0. The start has a return of its own, J(θ).",
        lambda steps, returns, J: when_worse(lambda s, r, k: s[k - 1] if k else 0.0)(steps, returns, 0.0),
    ),
    belief(
        "You compare with the first step's return. Where it started is J(θ).",
        lambda steps, returns, J: when_worse(lambda s, r, k: s[k - 1] if k else 0.0)(steps, returns, returns[0]),
    ),
    belief(
        "When no step does harm, the longest in the list is safe.",
        when_worse(lambda steps, returns, k: steps[k - 1] if k else 0.0, lambda steps: 0.0),
    ),
)
