"""Exercise 01: the worlds its answers are tried in, and the reference answers."""

import numpy as np

from ppo_edu import mdp


def small(seed):
    """(logits, transitions, rewards, start, γ): two bandits that may end after a pull, two states with an exit, and the
    two states of the exercise, of which one may end.
    """
    bandit = np.log([[0.5, 0.3, 0.2]]), np.full((1, 3, 1), 0.9), np.array([[1.0, 2.0, -1.0]]), np.ones(1), 0.9
    ending = np.log([[0.6, 0.4]]), np.array([[[0.0], [0.5]]]), np.array([[2.0, 1.0]]), np.ones(1), 0.8
    transitions = np.zeros((3, 2, 3))
    transitions[0, 0, 1] = transitions[0, 1, 0] = transitions[1, 1, 2] = 1
    transitions[1, 0] = 0.5, 0.0, 0.5
    two = np.log([[0.7, 0.3], [0.4, 0.6], [0.5, 0.5]]), transitions, np.array([[1.0, 0.0], [0.0, 3.0], [0.0, 0.0]])
    stays = transitions[:2, :, :2].copy()
    stays[1, 1, 1] = 1
    own = two[0][:2], stays, two[2][:2]
    return [bandit, ending, (*two, np.array([0.75, 0.25, 0.0]), 0.5), (*own, np.array([0.75, 0.25]), 0.5)]


def worlds(seed):
    """Random worlds with an exit and an uneven start, a grid, a loop; γ rises from 0 to 0.99, the small ones first."""
    rng = np.random.default_rng(seed)
    grid = mdp.gridworld(("S..", "..G"), gamma=0.95)
    made = [(grid.transitions, (grid.transitions * grid.rewards).sum(-1), grid.start, grid.gamma)]
    for gamma in (0.0, 0.9, 0.99):
        world = mdp.garnet(5, 3, 2, gamma, rng)
        transitions = np.pad(0.99 * world.transitions, ((0, 1), (0, 0), (0, 1)))
        transitions[:-1, :, -1] += 0.01  # a small way out, so that a forgotten γ gives a number, not an error
        start = rng.dirichlet(np.ones(6) * 0.7)
        made.append((transitions, np.pad(world.rewards[:, :, 0], ((0, 1), (0, 0))), start, gamma))
    made += [loop(gamma) for gamma in (0.9, 0.99)]
    made.sort(key=lambda world: (world[-1], len(world[0])))
    return [(rng.normal(0, 1, rewards.shape), transitions, rewards, *rest) for transitions, rewards, *rest in made]


def loop(gamma):
    """One state that nearly always leads back to itself: what is seen of a loop that stops early fits on a line."""
    return np.full((1, 2, 1), 0.99), np.array([[2.0, 1.0]]), np.ones(1), gamma


def parts(policy, transitions, rewards, start, gamma):
    """P_π, r_π, V, Q and the discounted visits d."""
    chain, reward = np.einsum("sa,sat->st", policy, transitions), (policy * rewards).sum(1)
    identity = np.eye(len(start))
    values = np.linalg.solve(identity - gamma * chain, reward)
    visits = np.linalg.solve(identity - gamma * chain.T, start)
    return chain, reward, values, rewards + gamma * transitions @ values, visits


def exact_return(policy, transitions, rewards, start, gamma):
    """J = Σ start(s) V(s)."""
    return start @ parts(policy, transitions, rewards, start, gamma)[2]


def policy_gradient(logits, transitions, rewards, start, gamma):
    """∂J/∂z = d π A."""
    policy = mdp.softmax(logits)
    _, _, values, q, visits = parts(policy, transitions, rewards, start, gamma)
    return visits[:, None] * policy * (q - values[:, None])


def longest_safe_step(steps, returns, start_return):
    """The last step before the first that is worse than staying; 0 when that is the first one."""
    worse = np.flatnonzero(returns < start_return)
    safe = worse[0] if len(worse) else len(steps)
    return steps[safe - 1] if safe else 0.0
