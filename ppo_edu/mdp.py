"""Small worlds whose returns are exact: values, visits and policy gradients by linear solves (lessons 01, 02, 04, 05).

A policy is an array of probabilities [..., S, A]; leading axes are policies side by side, so that a whole line of
policies costs one call. A terminal state is one whose transition rows are all zero: nothing follows, its value is 0.
"""

from dataclasses import dataclass

import numpy as np

from ppo_edu.arrays import log_softmax, require_fraction


@dataclass(frozen=True)
class MDP:
    """A finite Markov decision process.

    transitions: P(s'|s, a), [S, A, S]; a row of a terminal state is all zero, every other row sums to 1.
    rewards: r(s, a, s'), [S, A, S]. start: distribution of the first state, [S]. gamma: discount in [0, 1]; with
    gamma 1 every policy that is asked about must reach a terminal state.
    Raises `ValueError` for shapes that do not fit or rows that are no distributions.
    """

    transitions: np.ndarray
    rewards: np.ndarray
    start: np.ndarray
    gamma: float

    def __post_init__(self):
        require_fraction(gamma=self.gamma)
        shape = self.transitions.shape
        if len(shape) != 3 or shape[0] != shape[2]:
            raise ValueError(f"transitions must have shape [S, A, S], got {shape}")
        if self.rewards.shape != shape:
            raise ValueError(f"rewards must have shape {shape}, got {self.rewards.shape}")
        if self.start.shape != shape[:1] or (self.start < 0).any() or not np.isclose(self.start.sum(), 1):
            raise ValueError(f"start must be a distribution over {shape[0]} states, got {self.start}")
        sums = self.transitions.sum(-1)
        if (self.transitions < 0).any() or not (np.isclose(sums, 1) | (self.terminal[:, None] & (sums == 0))).all():
            raise ValueError("transitions must sum to 1 over the next state, or be all zero in a terminal state")

    @property
    def terminal(self):
        """Which states end the episode, bool [S]."""
        return ~self.transitions.any(axis=(1, 2))


def softmax(logits):
    """π(a|s) = exp z / Σ exp z over the last axis: [..., A] → [..., A], safe for huge logits."""
    return np.exp(log_softmax(np.asarray(logits, dtype=np.float64)))


def state_values(mdp, policy):
    """V^π = (I − γ P_π)⁻¹ r_π, exactly: policy [..., S, A] → [..., S]."""
    chain, reward = _under(mdp, policy)
    identity = np.eye(chain.shape[-1])
    return np.linalg.solve(identity - mdp.gamma * chain, reward[..., None])[..., 0]


def action_values(mdp, policy):
    """Q^π(s, a) = Σ_s' P(s'|s, a) (r + γ V^π(s')): policy [..., S, A] → [..., S, A]."""
    return _rewards(mdp) + mdp.gamma * np.einsum("sat,...t->...sa", mdp.transitions, state_values(mdp, policy))


def advantages(mdp, policy):
    """A^π = Q^π − V^π: how much better than usual each action is, [..., S, A]. Σ_a π(a|s) A(s, a) = 0."""
    return action_values(mdp, policy) - state_values(mdp, policy)[..., None]


def expected_return(mdp, policy):
    """J(π) = E[Σ γ^t r_t] = Σ_s start(s) V^π(s): policy [..., S, A] → [...]."""
    return state_values(mdp, policy) @ mdp.start


def discounted_visits(mdp, policy):
    """d(s) = Σ_t γ^t Pr(s_t = s), unnormalised: [..., S]. Where no episode ends, they sum to 1/(1 − γ).

    J(π) = Σ_s d(s) Σ_a π(a|s) E[r|s, a].
    """
    chain, _ = _under(mdp, policy)
    identity = np.eye(chain.shape[-1])
    start = np.broadcast_to(mdp.start, chain.shape[:-1])
    return np.linalg.solve(identity - mdp.gamma * np.swapaxes(chain, -1, -2), start[..., None])[..., 0]


def policy_gradient(mdp, logits):
    """∂J/∂z(s, a) = d(s) π(a|s) A^π(s, a) for softmax logits z, [..., S, A]: the policy gradient theorem, exact."""
    policy = softmax(logits)
    return discounted_visits(mdp, policy)[..., None] * policy * advantages(mdp, policy)


def surrogate(mdp, policy, old_policy):
    """J(π_old) + Σ_s d_old(s) Σ_a π_old(a|s) · ratio · A_old(s, a), exact. TRPO paper eq. 3.

    That is L^CPI, summed over discounted visits instead of averaged, with J(π_old) added.
    Actions are re-weighted to the new policy, states are not. policy [..., S, A], old_policy [S, A] → [...].
    """
    gain = policy * (discounted_visits(mdp, old_policy)[:, None] * advantages(mdp, old_policy))
    return expected_return(mdp, old_policy) + gain.sum((-1, -2))


def sample(mdp, policy, episodes, steps, generator):
    """Trajectories of `policy` [S, A]: states [steps + 1, episodes], actions and rewards [steps, episodes].

    An episode that reached a terminal state stays there with reward 0; `mdp.terminal[states]` tells.
    """
    states = np.zeros((steps + 1, episodes), dtype=int)
    actions, rewards = np.zeros((steps, episodes), dtype=int), np.zeros((steps, episodes))
    states[0] = draw(np.broadcast_to(mdp.start, (episodes, len(mdp.start))), generator)
    terminal = mdp.terminal
    for t in range(steps):
        now, over = states[t], terminal[states[t]]
        actions[t] = draw(policy[now], generator)
        follow = draw(mdp.transitions[now, actions[t]], generator)
        states[t + 1] = np.where(over, now, follow)
        rewards[t] = np.where(over, 0, mdp.rewards[now, actions[t], states[t + 1]])
    return states, actions, rewards


def draw(probabilities, generator):
    """One index per row of probabilities [..., A] → [...], by the inverse of the cumulative distribution."""
    cumulative = probabilities.cumsum(-1)
    threshold = generator.random(probabilities.shape[:-1]) * cumulative[..., -1]
    return (cumulative[..., :-1] <= threshold[..., None]).sum(-1)


def chain(states=19, slip=0.1, gamma=0.99):
    """A walk in a row: actions left and right, the other way with probability `slip`; −1 off the left end, +1 off
    the right. States 0 and states + 1 are terminal, the walk starts in the middle."""
    require_fraction(slip=slip)
    transitions, rewards = np.zeros((2, states + 2, 2, states + 2))
    for s in range(1, states + 1):
        transitions[s, 0, [s - 1, s + 1]] = 1 - slip, slip
        transitions[s, 1, [s - 1, s + 1]] = slip, 1 - slip
    rewards[:, :, 0], rewards[:, :, -1] = -1, 1
    start = np.eye(states + 2)[(states + 1) // 2]
    return MDP(transitions, rewards, start, gamma)


def gridworld(rows=("S...", ".#.X", "...G"), slip=0.1, gamma=0.95, step=-0.02):
    """A grid from its drawing: S start, G goal (+1), X pit (−1), # wall, . free; G and X are terminal.

    Actions up, right, down, left; with probability `slip` a random one is taken instead. A wall or an edge leaves
    the state as it was; each step costs `step`. State k is cell (k // width, k % width). Raises `ValueError`
    unless the rows are equally long and there is a start.
    """
    require_fraction(slip=slip)
    if len({len(row) for row in rows}) != 1 or "S" not in "".join(rows):
        raise ValueError(f"rows must be equally long and hold an S, got {rows}")
    height, width, cells = len(rows), len(rows[0]), "".join(rows)
    transitions, rewards = np.zeros((2, len(cells), 4, len(cells)))
    for s in range(len(cells)):
        if cells[s] in "GX":
            continue
        for a, (down, right) in enumerate(((-1, 0), (0, 1), (1, 0), (0, -1))):
            y, x = s // width + down, s % width + right
            inside = 0 <= y < height and 0 <= x < width and rows[y][x] != "#"
            transitions[s, a, y * width + x if inside else s] += 1
    transitions = (1 - slip) * transitions + slip * transitions.mean(1, keepdims=True)
    rewards += step + np.array([{"G": 1.0, "X": -1.0}.get(cell, 0.0) for cell in cells])
    start = np.array([cell == "S" for cell in cells], dtype=float)
    return MDP(transitions, rewards, start / start.sum(), gamma)


def garnet(states, actions, branching, gamma, generator):
    """A random MDP: from each (s, a) to `branching` states with random probabilities, rewards standard normal in s
    and a; no terminal state, uniform start. The Garnet problems of Archibald et al. (1995)."""
    transitions = np.zeros((states, actions, states))
    for s, a in np.ndindex(states, actions):
        successors = generator.choice(states, branching, replace=False)
        transitions[s, a, successors] = generator.dirichlet(np.ones(branching))
    rewards = np.repeat(generator.standard_normal((states, actions, 1)), states, axis=2)
    return MDP(transitions, rewards, np.full(states, 1 / states), gamma)


def _rewards(mdp):
    """E[r|s, a], [S, A]."""
    return (mdp.transitions * mdp.rewards).sum(-1)


def _under(mdp, policy):
    """What the policy makes of the MDP: P_π(s'|s) [..., S, S] and r_π(s) [..., S]."""
    return np.einsum("...sa,sat->...st", policy, mdp.transitions), (policy * _rewards(mdp)).sum(-1)
