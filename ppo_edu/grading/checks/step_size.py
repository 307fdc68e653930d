"""Exercise 01: a softmax policy, its exact return, the gradient of that return, and how far one may follow it."""

import numpy as np

from ppo_edu import mdp
from ppo_edu.grading.batch import OfBatch
from ppo_edu.grading.checks.step_size_beliefs import SAFE
from ppo_edu.grading.checks.step_size_gradient import GRADIENT
from ppo_edu.grading.checks.step_size_return import RETURN
from ppo_edu.grading.checks.step_size_rounding import OfGradient
from ppo_edu.grading.checks.step_size_softmax import SOFTMAX
from ppo_edu.grading.checks.step_size_worlds import exact_return, longest_safe_step, policy_gradient, small, worlds
from ppo_edu.grading.formula import Part, shown
from ppo_edu.grading.items import Item

EXERCISE = "01_step_size"
FAR = (
    "Every world with a smaller γ came out right. At γ = 0.99 a reward a hundred steps away still counts: does your "
    "loop reach that far, and is it exact enough?"
)
WORLD = ("transitions", "rewards", "start", "γ")


def tables(seed):
    """Logits that can be checked by hand, then random ones; as many states as actions never, so axes differ."""
    rng = np.random.default_rng(seed)
    by_hand = np.log([[0.5, 0.25, 0.25], [0.7, 0.2, 0.1]]) + [[0.0], [3.0]]
    return [(by_hand,), (rng.normal(0, 2, (5, 3)),), (rng.normal(0, 2, (1, 4)),)]


def huge(seed):
    """Logits whose exponentials overflow or vanish: as they are, and less the mean, median, first or last of a row."""
    high, low, top = [1000.0, 999.0, 0.0], [-1000.0, -1001.0, -1000.0], [1000.0, -1000.0, -1000.0]
    apart = np.array([[1000.0, 999.0, 998.0], [0.0, -1.0, -2.0]])  # each row is harmless by itself
    return [(np.array([high, low, top, [-1000.0, 1000.0, 999.0]]),), (np.array([[-2000.0, -2000.0]]),), (apart,)]


def policies(seed):
    """The worlds, each with a random policy."""
    return [(mdp.softmax(logits), *world) for logits, *world in worlds(seed)]


def hand_policies(seed):
    return [(mdp.softmax(logits), *world) for logits, *world in small(seed)]


def lines(seed):
    """Returns along a line: up and down, a dip and a recovery, never worse, worse at once, level with the start."""
    steps = np.array([0.5, 1.0, 2.0, 4.0, 8.0])
    shapes = ([1, 2, 3, 1, -1], [1, 3, 2, 0.5, 0.2], [1, -1, 2, 3, -2], [1, 2, 3, 4, 5], [-1, -2, 3, 4, 1])
    return [(steps, np.array(shape, dtype=float), 0.0) for shape in shapes]


def edges(seed):
    """Exactly as good as the start, a start that is not 0, random walks."""
    steps, rng = np.array([0.5, 1.0, 2.0, 4.0, 8.0]), np.random.default_rng(seed)
    level = [
        (steps, np.array([1.0, 0.5, 0.5, 0.25, 2.0]), 0.5),
        (steps, np.array([-3.0, -2.0, -2.0, -6.0, -1.0]), -4.0),
    ]
    walks = [(np.cumsum(rng.uniform(0.1, 1, 30)), rng.normal(0.1, 1, 30).cumsum() + 2, 0.0) for _ in range(6)]
    return level + walks


def about_softmax(logits):
    if abs(logits).max() < 500:
        return "Each row is a distribution of its own: exp of its logits over the sum of these in that row."
    return (
        "Ordinary logits come out right, huge ones do not. Their differences are what counts, and adding one number "
        "to a whole row changes none of them."
    )


def about_return(policy, transitions, rewards, start, gamma):
    if gamma > 0.98:
        return FAR
    if len(start) == 1:
        return "One state, which may end: the return is a geometric series of the mean reward."
    return (
        "V obeys V = r_π + γ P_π V, with everything averaged over the policy, and a loop has to run until V stands "
        "still; the return averages V over `start`."
    )


def about_gradient(logits, transitions, rewards, start, gamma):
    if gamma > 0.98:
        return FAR
    return (
        "∂J/∂z(s, a) = d(s) · π(a|s) · A(s, a): how often one is there, how often one does it, how much better than "
        "usual it is."
    )


def about_line(steps, returns, start_return):
    worse = np.flatnonzero(returns < start_return)
    if not len(worse):
        return "In the case shown no step of the list ends below `start_return`: nothing limits the step but the list."
    if worse[0] == 0:
        return "In the case shown even the first step ends below `start_return`, and so nothing beyond it can be safe."
    return (
        f"In the case shown the first step that ends below `start_return` is {shown(steps[worse[0]])}: which is "
        "the one before?"
    )


ITEMS = (
    Item(
        name="softmax_policy",
        exercise=EXERCISE,
        points=2,
        judge=OfBatch(
            mdp.softmax,
            ("logits",),
            ("policy",),
            (
                Part("random logits, row by row", 1, tables),
                Part("logits of ±1000 and beyond; inputs left as they were", 1, huge),
            ),
            SOFTMAX,
            about_softmax,
            "Only differences within a row matter, and that is what makes huge logits harmless.",
        ),
        hints=(
            "Add 1000 to all logits of one row. What should happen to the policy? And what happens to exp?",
            "Subtract from each row its own largest logit first; no probability changes.",
            "shifted = logits − (max of each ___, kept as a column); then exp over the sum along axis ___",
        ),
        answer="shifted = logits - logits.max(axis=1, keepdims=True)\n"
        "return np.exp(shifted) / np.exp(shifted).sum(axis=1, keepdims=True)",
    ),
    Item(
        name="exact_return",
        exercise=EXERCISE,
        points=3,
        judge=OfBatch(
            exact_return,
            ("policy", *WORLD),
            ("return",),
            (
                Part("one state, and two that can be followed by hand", 1, hand_policies),
                Part("a grid and random worlds, γ from 0 to 0.99; inputs left as they were", 2, policies),
            ),
            RETURN,
            about_return,
            "No episode was played: for a small world the return is a linear equation. That is how this lesson knows "
            "what a step really does.",
        ),
        hints=(
            "From state s the policy takes action a with some probability. What is then the mean reward of this step, "
            "and where does it lead on average?",
            "Two averages over actions, r_π and P_π. Then V = r_π + γ P_π V: solve it, or repeat it until it stands.",
            "V = np.linalg.solve(np.eye(S) − γ · ___, ___); return ___ @ V",
        ),
        answer='chain = np.einsum("sa,sat->st", policy, transitions)\n'
        "reward = (policy * rewards).sum(axis=1)\n"
        "values = np.linalg.solve(np.eye(len(start)) - gamma * chain, reward)\n"
        "return start @ values",
    ),
    Item(
        name="policy_gradient",
        exercise=EXERCISE,
        points=3,
        judge=OfGradient(
            policy_gradient,
            ("logits", *WORLD),
            ("gradient",),
            (
                Part("one state, and two that can be followed by hand", 1, small),
                Part("a grid and random worlds, γ from 0 to 0.99; inputs left as they were", 2, worlds),
            ),
            GRADIENT,
            about_gradient,
            "It is the slope at this point, and nothing more: how far it holds is the next question.",
        ),
        hints=(
            "Nudge one logit of one state. Which actions change their probability there, and how often is one there?",
            "Finite differences of your exact_return are an honest answer. The formula has three factors: visits, "
            "policy, advantage.",
            "d = solve(I − γ · P_π transposed, ___); Q = rewards + γ · transitions @ V; "
            "return d[:, None] * ___ * (Q − ___)",
        ),
        answer="policy = softmax_policy(logits)\n"
        'chain = np.einsum("sa,sat->st", policy, transitions)\n'
        "identity = np.eye(len(start))\n"
        "values = np.linalg.solve(identity - gamma * chain, (policy * rewards).sum(axis=1))\n"
        "visits = np.linalg.solve(identity - gamma * chain.T, start)\n"
        "advantages = rewards + gamma * transitions @ values - values[:, None]\n"
        "return visits[:, None] * policy * advantages",
    ),
    Item(
        name="longest_safe_step",
        exercise=EXERCISE,
        points=2,
        judge=OfBatch(
            longest_safe_step,
            ("steps", "returns", "start_return"),
            ("step",),
            (
                Part("up and down, a dip and a recovery, never worse, worse at once", 1, lines),
                Part("level with the start, random lines; inputs left as they were", 1, edges),
            ),
            SAFE,
            about_line,
            "The best step and the longest safe one are two numbers, and neither can be read off the gradient: it "
            "took the whole line.",
        ),
        hints=(
            "Beyond which step can you no longer say that every shorter one was fine?",
            "Look for the first step that is worse than staying. The answer is the one before it, if there is one.",
            "worse = returns ___ start_return; if none is worse …; first = index of the first True; …",
        ),
        answer="safe = 0.0\n"
        "for step, value in zip(steps, returns):\n"
        "    if value < start_return:\n"
        "        break\n"
        "    safe = step\n"
        "return safe",
    ),
)
