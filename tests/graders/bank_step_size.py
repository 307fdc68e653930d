"""Answers to exercise 01, right ones in many styles and wrong ones with a piece of the message each must get."""

import numpy as np
import scipy.special
import scipy.stats
import torch
from registry import bank

from ppo_edu import mdp
from ppo_edu.grading.checks.step_size_worlds import exact_return, parts, policy_gradient

RIGHT, WRONG, right, wrong, in_bulk = bank()


# -- softmax, right ----------------------------------------------------------------------------------------------


@right("softmax_policy")
def by_axis(logits):
    shifted = logits - logits.max(axis=1, keepdims=True)
    return np.exp(shifted) / np.exp(shifted).sum(axis=1, keepdims=True)


@right("softmax_policy")
def of_the_package(logits):
    return mdp.softmax(logits)


@right("softmax_policy")
def of_scipy(logits):
    return scipy.special.softmax(logits, axis=-1)


@right("softmax_policy")
def log_then_exp(logits):
    return np.exp(logits - scipy.special.logsumexp(logits, axis=1, keepdims=True))


@right("softmax_policy")
def of_torch(logits):
    return torch.softmax(torch.as_tensor(logits), dim=-1)


@right("softmax_policy")
def torch_float32(logits):
    return torch.tensor(logits, dtype=torch.float32).log_softmax(1).exp()


@right("softmax_policy")
def row_by_row(logits):
    rows = []
    for row in logits:
        weights = np.exp(row - max(row))
        rows.append(weights / sum(weights))
    return np.array(rows)


@right("softmax_policy")
def nested_lists(logits):
    import math

    table = [[math.exp(z - max(row)) for z in row] for row in logits]
    return [[w / sum(row) for w in row] for row in table]


@right("softmax_policy")
def in_place_on_a_copy(logits):
    policy = np.array(logits, dtype=float)
    policy -= policy.max(1)[:, None]
    np.exp(policy, out=policy)
    policy /= policy.sum(1)[:, None]
    return policy


@right("softmax_policy")
def one_over_the_sum_of_differences(logits):
    with np.errstate(over="ignore"):
        return 1 / np.exp(logits[:, None, :] - logits[:, :, None]).sum(-1)


@right("softmax_policy")
def transposed_twice(logits):
    z = logits.T - logits.T.max(0)
    return (np.exp(z) / np.exp(z).sum(0)).T


# -- softmax, wrong ----------------------------------------------------------------------------------------------


def weights_shifted(logits, shift):
    weights = np.exp(logits - shift)
    return weights / weights.sum(1, keepdims=True)


in_bulk(
    "softmax_policy",
    {
        ("no_shift", "exp overflows"): lambda z: np.exp(z) / np.exp(z).sum(1, keepdims=True),
        ("no_shift_torch", "exp overflows"): lambda z: torch.as_tensor(z).exp() / torch.as_tensor(z).exp().sum(1, True),
        ("no_shift_nan_to_num", "exp overflows"): lambda z: np.nan_to_num(np.exp(z) / np.exp(z).sum(1, keepdims=True)),
        ("one_shift_for_all", "shift all rows by one number"): lambda z: (
            np.exp(z - z.max()) / np.exp(z - z.max()).sum(1, keepdims=True)
        ),
        ("shift_by_mean", "shift all rows by one number"): lambda z: (
            np.exp(z - z.mean()) / np.exp(z - z.mean()).sum(1, keepdims=True)
        ),
        ("columns", "columns sum to 1"): lambda z: scipy.special.softmax(z, axis=0),
        ("whole_table", "The whole table sums to 1"): lambda z: scipy.special.softmax(z),
        ("log_probabilities", "log-probabilities"): lambda z: scipy.special.log_softmax(z, axis=1),
        ("log_torch", "log-probabilities"): lambda z: torch.as_tensor(z).log_softmax(1),
        ("exp_only", "do not sum to 1"): lambda z: np.exp(z),
        ("shifted_exp_only", "do not sum to 1"): lambda z: np.exp(z - z.max(1, keepdims=True)),
        ("argmax", "picks the largest"): lambda z: np.eye(z.shape[1])[z.argmax(1)],
        ("share_of_the_sum", "Dividing logits"): lambda z: z / z.sum(1, keepdims=True),
        ("sigmoid", "sigmoid"): lambda z: scipy.special.expit(z),
        ("turned", "smallest logit"): lambda z: scipy.special.softmax(-z, axis=1),
        ("base_two", "The base is 2"): lambda z: scipy.special.softmax(z * np.log(2), axis=1),
        ("uniform", "All actions come out alike"): lambda z: np.ones_like(z) / z.shape[1],
        ("shift_by_row_mean", "may still be far above 0"): lambda z: weights_shifted(z, z.mean(1, keepdims=True)),
        ("shift_by_row_median", "may still be far above 0"): lambda z: weights_shifted(z, np.median(z, 1)[:, None]),
        ("shift_by_row_minimum_no_nan", "may still be far above 0"): lambda z: np.nan_to_num(
            weights_shifted(z, z.min(1, keepdims=True))
        ),
        ("shift_by_row_minimum", "may still be far above 0"): lambda z: weights_shifted(z, z.min(1, keepdims=True)),
        ("shift_by_first_logit", "may still be far above 0"): lambda z: weights_shifted(z, z[:, [0]]),
        ("shift_by_row_mean_no_nan", "may still be far above 0"): lambda z: np.nan_to_num(
            weights_shifted(z, z.mean(1, keepdims=True))
        ),
        ("shift_by_columns", "column by column"): lambda z: weights_shifted(z, z.max(0)),
        ("no_shift_but_epsilon", "exp overflows"): lambda z: np.exp(z) / (np.exp(z).sum(1, keepdims=True) + 1e-8),
        ("cut_at_700", "cut large logits off"): lambda z: weights_shifted(np.clip(z, -700, 700), 0),
        ("cut_at_20", "cut large logits off"): lambda z: torch.as_tensor(z).clamp(-20, 20).softmax(1),
        ("rescaled", "You rescale the logits"): lambda z: weights_shifted(z / abs(z).max(1, keepdims=True), 0),
        ("standardised", "You rescale the logits"): lambda z: weights_shifted(scipy.stats.zscore(z, axis=1), 0),
        ("summed_over_columns", "columns sum to 1"): lambda z: (
            np.exp(z - z.max(1, keepdims=True)) / np.exp(z - z.max(1, keepdims=True)).sum(0)
        ),
        ("summed_over_all", "The whole table sums to 1"): lambda z: (
            np.exp(z - z.max(1, keepdims=True)) / np.exp(z - z.max(1, keepdims=True)).sum()
        ),
        ("squares", "Dividing logits"): lambda z: z**2 / (z**2).sum(1, keepdims=True),
        ("log_of_softmax", "log-probabilities"): lambda z: np.log(scipy.special.softmax(z, axis=1)),
        ("no_keepdims", "could not be broadcast"): lambda z: np.exp(z - z.max(1)) / np.exp(z - z.max(1)).sum(1),
        ("hard_when_huge", "Ordinary logits come out right"): lambda z: (
            np.eye(z.shape[1])[z.argmax(1)] if abs(z).max() > 100 else scipy.special.softmax(z, axis=1)
        ),
        ("first_row_only", "expected shape"): lambda z: scipy.special.softmax(z[0]),
        ("temperature_two", "You rescale the logits"): lambda z: scipy.special.softmax(z / 2, axis=1),
        ("temperature_three", "distribution of its own"): lambda z: scipy.special.softmax(z / 3, axis=1),
        ("root_of_the_actions", "You rescale the logits"): lambda z: weights_shifted(
            z / np.sqrt(z.shape[1]), z.max(1, keepdims=True) / np.sqrt(z.shape[1])
        ),
        ("twice", "softmax twice"): lambda z: scipy.special.softmax(scipy.special.softmax(z, axis=1), axis=1),
        ("exp_of_softmax", "do not sum to 1"): lambda z: np.exp(scipy.special.softmax(z, axis=1)),
        ("cut_above", "cut large logits off"): lambda z: weights_shifted(np.minimum(z, 700), 0),
        ("cut_above_softmax", "cut large logits off"): lambda z: torch.as_tensor(z).clamp(max=88).softmax(1),
        ("shift_by_largest_size", "far below 0"): lambda z: weights_shifted(z, abs(z).max(1, keepdims=True)),
        ("shift_by_norm", "far below 0"): lambda z: weights_shifted(z, np.sqrt((z**2).sum(1))[:, None]),
    },
)


@wrong("softmax_policy", "changed its input")
def shifts_the_callers_table(logits):
    logits -= logits.max(1, keepdims=True)
    return np.exp(logits) / np.exp(logits).sum(1, keepdims=True)


# -- exact return, right -----------------------------------------------------------------------------------------

RIGHT["exact_return"] = [exact_return]


@right("exact_return")
def by_einsum(policy, transitions, rewards, start, gamma):
    chain = np.einsum("sa,sat->st", policy, transitions)
    values = np.linalg.solve(np.eye(len(start)) - gamma * chain, (policy * rewards).sum(1))
    return start @ values


@right("exact_return")
def sweeps_until_it_stands(policy, transitions, rewards, start, gamma):
    values = np.zeros(len(start))
    while True:
        new = (policy * (rewards + gamma * transitions @ values)).sum(1)
        if abs(new - values).max() < 1e-8:
            return start @ new
        values = new


@right("exact_return")
def many_sweeps_in_place(policy, transitions, rewards, start, gamma):
    V = np.zeros(len(start))
    for _ in range(1500):
        for s in range(len(V)):
            V[s] = sum(policy[s, a] * (rewards[s, a] + gamma * transitions[s, a] @ V) for a in range(policy.shape[1]))
    return sum(start * V)


@right("exact_return")
def by_the_inverse(policy, transitions, rewards, start, gamma):
    chain = (policy[:, :, None] * transitions).sum(1)
    return start @ np.linalg.inv(np.eye(len(start)) - gamma * chain) @ (policy * rewards).sum(1)


@right("exact_return")
def by_visits(policy, transitions, rewards, start, gamma):
    chain = (policy[:, :, None] * transitions).sum(1)
    visits = np.linalg.solve(np.eye(len(start)) - gamma * chain.T, start)
    return (visits[:, None] * policy * rewards).sum()


@right("exact_return")
def forward_in_time(policy, transitions, rewards, start, gamma):
    here, total = start.copy(), 0.0
    for t in range(3000):
        doing = here[:, None] * policy
        total += gamma**t * (doing * rewards).sum()
        here = np.einsum("sa,sat->t", doing, transitions)
    return total


@right("exact_return")
def in_torch(policy, transitions, rewards, start, gamma):
    pi, P, r, d0 = (torch.as_tensor(x, dtype=torch.float64) for x in (policy, transitions, rewards, start))
    chain = torch.einsum("sa,sat->st", pi, P)
    return d0 @ torch.linalg.solve(torch.eye(len(d0), dtype=torch.float64) - gamma * chain, (pi * r).sum(1))


@right("exact_return")
def through_q(policy, transitions, rewards, start, gamma):
    Q = np.zeros_like(rewards)
    for _ in range(3000):
        Q = rewards + gamma * transitions @ (policy * Q).sum(1)
    return float((start[:, None] * policy * Q).sum())


@right("exact_return")
def an_mdp_of_the_package(policy, transitions, rewards, start, gamma):
    chain, reward, *_ = parts(policy, transitions, rewards, start, gamma)
    return np.array([start @ np.linalg.lstsq(np.eye(len(start)) - gamma * chain, reward, rcond=None)[0]])


@right("exact_return")
def doubling(policy, transitions, rewards, start, gamma):
    chain = gamma * np.einsum("sa,sat->st", policy, transitions)
    total, power = (policy * rewards).sum(1), chain
    for _ in range(15):
        total, power = total + power @ total, power @ power
    return start @ total


@right("exact_return")
def float32_solve(policy, transitions, rewards, start, gamma):
    chain = np.einsum("sa,sat->st", policy, transitions).astype(np.float32)
    identity = np.eye(len(start), dtype=np.float32)
    return start @ np.linalg.solve(identity - np.float32(gamma) * chain, np.float32((policy * rewards).sum(1)))


# -- exact return, wrong -----------------------------------------------------------------------------------------


def value(policy, P, r, start, gamma):
    return parts(policy, P, r, start, gamma)[2]


def sweeps(count):
    def formula(policy, transitions, rewards, start, gamma):
        V = np.zeros(len(start))
        for _ in range(count):
            V = (policy * (rewards + gamma * transitions @ V)).sum(1)
        return start @ V

    return formula


def until(tolerance):
    def formula(policy, transitions, rewards, start, gamma):
        V = np.zeros(len(start))
        while True:
            before, V = V, (policy * (rewards + gamma * transitions @ V)).sum(1)
            if np.abs(V - before).max() < tolerance:
                return start @ V

    return formula


def plus(policy, P, r, start, gamma):
    chain = np.einsum("sa,sat->st", policy, P)
    return start @ np.linalg.inv(np.eye(len(start)) + gamma * chain) @ (policy * r).sum(1)


def gamma_on_the_reward(policy, P, r, start, gamma):
    V = np.zeros(len(start))
    for _ in range(5000):
        V = (policy * (gamma * r + P @ V)).sum(1)
    return start @ V


def actions_of_the_next_state(policy, P, r, start, gamma):
    chain = (P * policy.T).sum(1)
    return start @ np.linalg.solve(np.eye(len(start)) - gamma * chain, (policy * r).sum(1))


def rows_made_to_sum_to_1(policy, P, r, start, gamma):
    chain = np.einsum("sa,sat->st", policy, P)
    for row in chain:
        row /= row.sum() or 1.0
    return start @ np.linalg.solve(np.eye(len(start)) - gamma * chain, (policy * r).sum(1))


def greedy(policy, transitions, rewards, start, gamma):
    V = np.zeros(len(start))
    for _ in range(2000):
        V = np.max(rewards + gamma * transitions @ V, axis=1)
    return start @ V


def backwards(policy, transitions, rewards, start, gamma):
    chain = np.einsum("sa,sat->ts", policy, transitions)
    return start @ np.linalg.solve(np.eye(len(start)) - gamma * chain, (policy * rewards).sum(1))


def policy_only_in_the_rewards(policy, P, r, start, gamma):
    return start @ np.linalg.solve(np.eye(len(start)) - gamma * P.mean(1), (policy * r).sum(1))


def policy_only_in_the_transitions(policy, P, r, start, gamma):
    chain = np.einsum("sa,sat->st", policy, P)
    return start @ np.linalg.solve(np.eye(len(start)) - gamma * chain, r.mean(1))


def no_policy(policy, P, r, start, gamma):
    return exact_return(np.full_like(policy, 1 / policy.shape[1]), P, r, start, gamma)


def changes_the_rewards(policy, transitions, rewards, start, gamma):
    rewards *= policy
    chain = np.einsum("sa,sat->st", policy, transitions)
    return start @ np.linalg.solve(np.eye(len(start)) - gamma * chain, rewards.sum(1))


def played(policy, transitions, rewards, start, gamma, dice=None):
    dice, total = dice or np.random.default_rng(0), 0.0
    for _ in range(40):
        s, discount = dice.choice(len(start), p=start), 1.0
        for _ in range(60):
            a = dice.choice(policy.shape[1], p=policy[s])
            total, discount = total + discount * rewards[s, a], discount * gamma
            go = transitions[s, a]
            if not go.any() or dice.random() > go.sum():
                break
            s = dice.choice(len(go), p=go / go.sum())
    return total / 40


in_bulk(
    "exact_return",
    {
        ("values_not_averaged", "one V per state"): value,
        ("mean_over_states", "all states alike"): lambda *w: value(*w).mean(),
        ("sum_over_states", "all states alike"): lambda *w: value(*w).sum(),
        ("value_of_state_0", "one state's V"): lambda *w: value(*w)[0],
        ("value_of_the_likeliest_start", "one state's V"): lambda *w: value(*w)[w[3].argmax()],
        ("best_state", "one state's V"): lambda *w: value(*w).max(),
        ("no_gamma", "γ is missing"): lambda pi, P, r, start, gamma: exact_return(pi, P, r, start, 1.0),
        ("first_step_only", "first step only"): lambda pi, P, r, start, gamma: start @ (pi * r).sum(1),
        ("ten_sweeps", "stop too early"): sweeps(10),
        ("hundred_sweeps", "stop too early"): sweeps(100),
        ("seventy_sweeps", "stop too early"): sweeps(70),
        ("fifteen_sweeps", "stop too early"): sweeps(15),
        ("stops_at_a_hundredth", "stop too early"): until(1e-2),
        ("stops_at_a_thousandth", "stop too early"): until(1e-3),
        ("hundred_and_ten_sweeps", "a reward a hundred steps away"): sweeps(110),
        ("greedy", "*best* policy"): greedy,
        ("policy_only_in_the_rewards", "from where one goes"): policy_only_in_the_rewards,
        ("policy_only_in_the_transitions", "from the rewards"): policy_only_in_the_transitions,
        ("no_policy", "plays no part"): no_policy,
        ("backwards", "You walk backwards"): backwards,
        ("one_gamma_too_many", "One γ too many"): lambda *w: w[4] * exact_return(*w),
        ("per_step", "(1 − γ) times"): lambda *w: (1 - w[4]) * exact_return(*w),
        ("first_reward_lost", "first reward is lost"): lambda *w: w[3] @ (value(*w) - (w[0] * w[2]).sum(1)),
        ("minus", "The sign is wrong"): lambda *w: -exact_return(*w),
        ("plus_gamma_chain", "The sign is wrong"): plus,
        ("first_reward_lost_by_a_step", "first reward is lost"): lambda *w: w[3] @ parts(*w)[0] @ value(*w),
        ("weighted_not_summed", "one V per state"): lambda *w: w[3] * value(*w),
        ("start_ignored", "all states alike"): lambda pi, P, r, start, gamma: exact_return(
            pi, P, r, np.ones(len(start)) / len(start), gamma
        ),
        ("gamma_on_the_reward", "γ stands at the reward"): gamma_on_the_reward,
        ("gamma_of_the_lesson", "a γ of your own"): lambda pi, P, r, start, gamma: exact_return(pi, P, r, start, 0.99),
        ("likeliest_action", "likeliest action"): lambda pi, *w: exact_return((pi == pi.max(1)[:, None]) * 1.0, *w),
        ("softmax_again", "already holds probabilities"): lambda pi, *w: exact_return(mdp.softmax(pi), *w),
        ("rewards_summed", "from the rewards"): lambda pi, P, r, start, gamma: (
            start @ np.linalg.solve(np.eye(len(start)) - gamma * np.einsum("sa,sat->st", pi, P), r.sum(1))
        ),
        ("best_reward", "best reward of each state"): lambda pi, P, r, start, gamma: (
            start @ np.linalg.solve(np.eye(len(start)) - gamma * np.einsum("sa,sat->st", pi, P), r.max(1))
        ),
        ("actions_of_the_next_state", "the state one lands in"): actions_of_the_next_state,
        ("backwards_per_action", "You walk backwards"): lambda pi, P, *w: exact_return(pi, P.transpose(2, 1, 0), *w),
        ("rows_made_to_sum_to_1", "every row of the transitions sum to 1"): rows_made_to_sum_to_1,
        ("transitions_made_to_sum_to_1", "every row of the transitions sum to 1"): lambda pi, P, *w: exact_return(
            pi, P / P.sum(-1, keepdims=True).clip(1e-9), *w
        ),
        ("transitions_made_to_sum_to_1_nan", "every row of the transitions sum to 1"): lambda pi, P, *w: exact_return(
            pi, P / P.sum(-1, keepdims=True), *w
        ),
        ("ended_and_begins_anew", "after their end"): lambda pi, P, r, start, gamma: exact_return(
            pi, P + (1 - P.sum(2, keepdims=True)) * start, r, start, gamma
        ),
        ("policy_twice_in_the_rewards", "The policy comes in twice"): lambda pi, P, r, *w: exact_return(
            pi, P, pi * r, *w
        ),
        ("policy_twice", "The policy comes in twice"): lambda pi, *w: exact_return(pi**2, *w),
        ("mean_over_actions", "divide the average over actions"): lambda pi, *w: exact_return(pi / pi.shape[1], *w),
        ("mean_of_weighted_rewards", "divide the average over actions"): lambda pi, P, r, *w: exact_return(
            pi, P, r / pi.shape[1], *w
        ),
        ("rows_rescaled_nan", "every row of the transitions sum to 1"): lambda pi, P, r, start, gamma: exact_return(
            pi, np.einsum("sa,sat->st", pi, P)[:, None] / np.einsum("sa,sat->s", pi, P)[:, None, None], r, start, gamma
        ),
        ("ended_but_stays", "after their end"): lambda pi, P, r, start, gamma: exact_return(
            pi, P + np.eye(len(P))[:, None] * (1 - P.sum(2, keepdims=True)), r, start, gamma
        ),
        ("nobody_ever_leaves", "as if every step paid alike"): lambda pi, P, r, start, gamma: (
            start @ (pi * r).sum(1) / (1 - gamma)
        ),
        ("gamma_squared", "γ comes in twice"): lambda pi, P, r, start, gamma: exact_return(pi, P, r, start, gamma**2),
        ("zero", "0 in every world"): lambda *w: 0.0,
        ("changes_the_rewards", "changed its input (rewards)"): changes_the_rewards,
        ("played_not_solved", "geometric series"): played,
        ("played_anew", "Two calls"): lambda *w: played(*w, dice=np.random.default_rng()),
    },
)

# -- policy gradient, right --------------------------------------------------------------------------------------

RIGHT["policy_gradient"] = [policy_gradient]


@right("policy_gradient")
def three_factors(logits, transitions, rewards, start, gamma):
    policy = scipy.special.softmax(logits, axis=1)
    _, _, V, Q, d = parts(policy, transitions, rewards, start, gamma)
    return d[:, None] * policy * (Q - V[:, None])


def differences(h, both, J=exact_return):
    def answer(logits, *world):
        gradient = np.zeros_like(logits)
        for where in np.ndindex(logits.shape):
            nudge = np.zeros_like(logits)
            nudge[where] = h
            above, below = J(mdp.softmax(logits + nudge), *world), J(mdp.softmax(logits - nudge * both), *world)
            gradient[where] = (above - below) / (h * (1 + both))
        return gradient

    return answer


for name, answer in (
    ("central", differences(1e-4, 1)),
    ("one_sided", differences(1e-6, 0)),
    ("one_sided_by_a_thousandth", differences(1e-3, 0)),
    ("wide", differences(1e-2, 1)),
):
    answer.__name__ = name
    right("policy_gradient")(answer)


@right("policy_gradient")
def autograd(logits, transitions, rewards, start, gamma):
    z = torch.as_tensor(logits, dtype=torch.float64).clone().requires_grad_()
    P, r, d0 = (torch.as_tensor(x, dtype=torch.float64) for x in (transitions, rewards, start))
    pi = z.softmax(1)
    chain = torch.einsum("sa,sat->st", pi, P)
    J = d0 @ torch.linalg.solve(torch.eye(len(d0), dtype=torch.float64) - gamma * chain, (pi * r).sum(1))
    return torch.autograd.grad(J, z)[0]


@right("policy_gradient")
def through_the_jacobian(logits, transitions, rewards, start, gamma):
    """Q in the probabilities, then each state's softmax Jacobian."""
    policy = mdp.softmax(logits)
    *_, Q, d = parts(policy, transitions, rewards, start, gamma)
    rows = [d[s] * (np.diag(p) - np.outer(p, p)) @ Q[s] for s, p in enumerate(policy)]
    return np.array(rows)


@right("policy_gradient")
def sum_of_scores(logits, transitions, rewards, start, gamma):
    """Σ d π Q (one-hot − π): Q will do, because the score averages to zero."""
    policy = mdp.softmax(logits)
    *_, Q, d = parts(policy, transitions, rewards, start, gamma)
    gradient = np.zeros_like(policy)
    for s in range(policy.shape[0]):
        for a in range(policy.shape[1]):
            gradient[s] += d[s] * policy[s, a] * Q[s, a] * (np.eye(policy.shape[1])[a] - policy[s])
    return gradient


@right("policy_gradient")
def forward_visits(logits, transitions, rewards, start, gamma):
    policy = mdp.softmax(logits)
    chain, _, V, Q, _ = parts(policy, transitions, rewards, start, gamma)
    d, now = np.zeros_like(start), start
    for t in range(3000):
        d, now = d + gamma**t * now, now @ chain
    return d.reshape(-1, 1) * policy * (Q - V.reshape(-1, 1))


@right("policy_gradient")
def nested_list(logits, transitions, rewards, start, gamma):
    return policy_gradient(logits, transitions, rewards, start, gamma).tolist()


@right("policy_gradient")
def float32(logits, transitions, rewards, start, gamma):
    return policy_gradient(logits, transitions, rewards, start, gamma).astype(np.float32)


@right("policy_gradient")
def minus_the_average_of_q(logits, transitions, rewards, start, gamma):
    policy = mdp.softmax(logits)
    *_, Q, d = parts(policy, transitions, rewards, start, gamma)
    weighted = d[:, None] * policy * Q
    return weighted - policy * weighted.sum(1, keepdims=True)


# -- policy gradient, wrong --------------------------------------------------------------------------------------


def out_of(formula):
    def answer(logits, transitions, rewards, start, gamma):
        policy = mdp.softmax(logits)
        _, _, V, Q, d = parts(policy, transitions, rewards, start, gamma)
        return formula(policy, Q - V[:, None], Q, V[:, None], d[:, None], start[:, None], gamma)

    return answer


def undiscounted(logits, transitions, rewards, start, gamma):
    policy = mdp.softmax(logits)
    _, _, V, Q, _ = parts(policy, transitions, rewards, start, gamma)
    chain = np.einsum("sa,sat->st", policy, 0.999999 * transitions)
    d = np.linalg.solve(np.eye(len(start)) - chain.T, start)
    return d[:, None] * policy * (Q - V[:, None])


def this_step(logits, transitions, rewards, start, gamma):
    policy = mdp.softmax(logits)
    *_, d = parts(policy, transitions, rewards, start, gamma)
    return d[:, None] * policy * (rewards - (policy * rewards).sum(1)[:, None])


def nudges_the_probabilities(logits, transitions, rewards, start, gamma):
    policy = mdp.softmax(logits)
    slope = np.zeros_like(policy)
    for s in range(policy.shape[0]):
        for a in range(policy.shape[1]):
            up = policy.copy()
            up[s, a] += 1e-6
            rise = exact_return(up, transitions, rewards, start, gamma)
            slope[s, a] = (rise - exact_return(policy, transitions, rewards, start, gamma)) / 1e-6
    return slope


def visits_in(steps):
    def answer(logits, transitions, rewards, start, gamma):
        policy = mdp.softmax(logits)
        chain, _, V, Q, _ = parts(policy, transitions, rewards, start, gamma)
        d = sum(gamma**t * start @ np.linalg.matrix_power(chain, t) for t in range(steps))
        return d[:, None] * policy * (Q - V[:, None])

    return answer


def visits_of_the_inverse(logits, transitions, rewards, start, gamma):
    policy = mdp.softmax(logits)
    chain, _, V, Q, _ = parts(policy, transitions, rewards, start, gamma)
    d = np.linalg.inv(np.eye(len(start)) - gamma * chain).sum(0)
    return d[:, None] * policy * (Q - V[:, None])


def visits_backwards(logits, transitions, rewards, start, gamma):
    policy = mdp.softmax(logits)
    chain, _, V, Q, _ = parts(policy, transitions, rewards, start, gamma)
    d = np.linalg.solve(np.eye(len(start)) - gamma * chain, start)
    return d[:, None] * policy * (Q - V[:, None])


def values_backwards(logits, transitions, rewards, start, gamma):
    policy = mdp.softmax(logits)
    chain, mean, _, _, d = parts(policy, transitions, rewards, start, gamma)
    V = np.linalg.inv(np.eye(len(start)) - gamma * chain).T @ mean
    return d[:, None] * policy * (rewards + gamma * np.dot(transitions, V) - V[:, None])


def successors(formula):
    """The advantage where `formula(P, π, V)` stands in the place of P V."""

    def answer(logits, transitions, rewards, start, gamma):
        policy = mdp.softmax(logits)
        _, _, V, _, d = parts(policy, transitions, rewards, start, gamma)
        return d[:, None] * policy * (rewards + gamma * formula(transitions, policy, V) - V[:, None])

    return answer


def nudges_all_states(logits, *world):
    slopes = []
    for a in range(logits.shape[1]):
        up, down = logits.copy(), logits.copy()
        up[:, a] += 1e-4
        down[:, a] -= 1e-4
        slopes.append((exact_return(mdp.softmax(up), *world) - exact_return(mdp.softmax(down), *world)) / 2e-4)
    return np.tile(slopes, (len(logits), 1))


def nudges_a_row(logits, *world):
    slopes = []
    for s in range(len(logits)):
        up = logits.copy()
        up[s] += 1e-4
        slopes.append((exact_return(mdp.softmax(up), *world) - exact_return(mdp.softmax(logits), *world)) / 1e-4)
    return np.tile(np.array(slopes)[:, None], (1, logits.shape[1]))


def advantage_of(formula):
    def answer(logits, transitions, rewards, start, gamma):
        policy = mdp.softmax(logits)
        _, _, V, _, d = parts(policy, transitions, rewards, start, gamma)
        return d[:, None] * policy * formula(rewards, transitions @ V, V[:, None], gamma)

    return answer


def logits_for_probabilities(logits, transitions, rewards, start, gamma):
    _, _, V, Q, d = parts(logits, transitions, rewards, start, gamma)
    return d.reshape(-1, 1) * logits * (Q - V.reshape(-1, 1))


def changes_the_logits(logits, transitions, rewards, start, gamma):
    logits -= logits.max(1, keepdims=True)
    return policy_gradient(logits, transitions, rewards, start, gamma)


def spoils_by_nudging(logits, transitions, rewards, start, gamma):
    gradient = np.zeros_like(logits)
    for where in np.ndindex(logits.shape):
        before = exact_return(mdp.softmax(logits), transitions, rewards, start, gamma)
        logits[where] += 1e-5
        gradient[where] = (exact_return(mdp.softmax(logits), transitions, rewards, start, gamma) - before) / 1e-5
    return gradient


in_bulk(
    "policy_gradient",
    {
        ("downhill", "sign is turned"): out_of(lambda pi, A, Q, V, d, s0, g: -d * pi * A),
        ("no_visits", "visits are missing"): out_of(lambda pi, A, Q, V, d, s0, g: pi * A),
        ("start_for_visits", "Only the first step"): out_of(lambda pi, A, Q, V, d, s0, g: s0 * pi * A),
        ("no_policy", "π(a|s) is missing"): out_of(lambda pi, A, Q, V, d, s0, g: d * A),
        ("q_for_advantage", "Q stands where"): out_of(lambda pi, A, Q, V, d, s0, g: d * pi * Q),
        ("in_the_probabilities", "slope in the probabilities"): out_of(lambda pi, A, Q, V, d, s0, g: d * Q),
        ("visits_sum_to_1", "normalised"): out_of(lambda pi, A, Q, V, d, s0, g: d / d.sum() * pi * A),
        ("one_minus_gamma", "normalised"): out_of(lambda pi, A, Q, V, d, s0, g: (1 - g) * d * pi * A),
        ("mean_over_states", "normalised"): out_of(lambda pi, A, Q, V, d, s0, g: d * pi * A / len(d)),
        ("undiscounted_visits", "not discounted"): undiscounted,
        ("this_step_only", "Your advantage comes to r − r_π"): this_step,
        ("successors_averaged_by_the_policy", "Your advantage comes to r − r_π"): successors(
            lambda P, pi, V: (np.einsum("sa,sat->st", pi, P) @ V)[:, None]
        ),
        ("successors_weighed_after", "Your advantage comes to r − r_π"): successors(
            lambda P, pi, V: (pi * (P @ V)).sum(axis=1, keepdims=True)
        ),
        ("successors_averaged", "averaged over all actions alike"): successors(
            lambda P, pi, V: (P.mean(axis=1) @ V)[:, None]
        ),
        ("successors_summed", "averaged over all actions alike"): successors(
            lambda P, pi, V: (P.sum(axis=1) @ V)[:, None]
        ),
        ("own_value_for_the_next", "γ stands before the value of the state one is in"): successors(
            lambda P, pi, V: V[:, None]
        ),
        ("gamma_at_the_own_value", "γ stands before the value of the state one is in"): advantage_of(
            lambda r, PV, V, g: r + PV - g * V
        ),
        ("log_policy_factor", "log π is in your formula"): out_of(lambda pi, A, Q, V, d, s0, g: d * np.log(pi) * A),
        ("towards_the_best", "You push towards the best action"): out_of(
            lambda pi, A, Q, V, d, s0, g: d * (np.eye(A.shape[1])[A.argmax(1)] - pi)
        ),
        ("good_actions_only", "the actions that are worse than usual"): out_of(
            lambda pi, A, Q, V, d, s0, g: d * pi * A.clip(min=0)
        ),
        ("one_action_in_all_states", "the same in every state"): nudges_all_states,
        ("a_whole_row_at_once", "It is 0 everywhere"): nudges_a_row,
        ("tangent_probabilities", "slope in the probabilities"): out_of(
            lambda pi, A, Q, V, d, s0, g: d * (Q - Q.mean(axis=1, keepdims=True))
        ),
        ("hardly_a_nudge", "rounding decides"): differences(1e-12, 0),
        ("hardly_a_nudge_to_both_sides", "rounding decides"): differences(1e-13, 1),
        ("hardly_a_nudge_by_the_inverse", "rounding decides"): differences(1e-13, 0, J=by_the_inverse),
        ("nudge_of_a_single_digit", "rounding decides"): differences(1e-15, 1),
        ("advantage_only", "one of three factors"): out_of(lambda pi, A, Q, V, d, s0, g: A),
        ("policy_twice", "π comes in twice"): out_of(lambda pi, A, Q, V, d, s0, g: d * pi**2 * A),
        ("own_score_only", "π comes in twice"): out_of(lambda pi, A, Q, V, d, s0, g: d * pi * (1 - pi) * A),
        ("own_score_with_q", "π comes in twice"): out_of(lambda pi, A, Q, V, d, s0, g: d * pi * (1 - pi) * Q),
        ("value_for_advantage", "V stands where"): out_of(lambda pi, A, Q, V, d, s0, g: d * pi * V),
        ("unit_length", "unit vector"): out_of(lambda pi, A, Q, V, d, s0, g: d * pi * A / np.linalg.norm(d * pi * A)),
        ("signs", "unit vector"): out_of(lambda pi, A, Q, V, d, s0, g: np.sign(d * pi * A)),
        ("flat", "It is 0 everywhere"): out_of(lambda pi, A, Q, V, d, s0, g: 0 * A),
        ("divided_by_2h", "factor of 2"): lambda *w: differences(1e-5, 0)(*w) / 2,
        ("divided_by_h", "factor of 2"): lambda *w: differences(1e-4, 1)(*w) * 2,
        ("not_divided", "It is 0 everywhere"): lambda *w: differences(1e-6, 1)(*w) * 2e-6,
        ("chord", "slope of a chord"): differences(0.1, 0),
        ("long_chord", "slope of a chord"): differences(1.0, 1),
        ("nudges_the_probabilities", "slope in the probabilities"): nudges_the_probabilities,
        ("visits_of_two_steps", "visits stop too early"): visits_in(2),
        ("visits_of_twenty_steps", "visits stop too early"): visits_in(20),
        ("visits_of_hundred_steps", "visits stop too early"): visits_in(100),
        ("visits_of_170_steps", "a reward a hundred steps away"): visits_in(170),
        ("visits_from_everywhere", "do not begin at `start`"): lambda z, P, r, s0, g: out_of(
            lambda pi, A, Q, V, d, _, g: d * pi * A
        )(z, P, r, np.full(len(s0), 1 / len(s0)), g),
        ("visits_of_the_inverse", "do not begin at `start`"): visits_of_the_inverse,
        ("visits_backwards", "visits run backwards"): visits_backwards,
        ("first_visit_lost", "first step is missing"): out_of(lambda pi, A, Q, V, d, s0, g: (d - s0) * pi * A),
        ("late_visits", "first step is missing"): out_of(lambda pi, A, Q, V, d, s0, g: g * d * pi * A),
        ("uniform_policy_factor", "π(a|s) is missing"): out_of(lambda pi, A, Q, V, d, s0, g: d * A / A.shape[1]),
        ("q_and_no_visits", "Q stands where"): out_of(lambda pi, A, Q, V, d, s0, g: pi * Q),
        ("plain_mean_of_q", "something else than V(s)"): out_of(
            lambda pi, A, Q, V, d, s0, g: d * pi * (Q - Q.mean(1, keepdims=True))
        ),
        ("best_of_q", "something else than V(s)"): out_of(
            lambda pi, A, Q, V, d, s0, g: d * pi * (Q - Q.max(1, keepdims=True))
        ),
        ("minus_j", "something else than V(s)"): out_of(lambda pi, A, Q, V, d, s0, g: d * pi * (Q - (s0 * V).sum())),
        ("centred_by_plain_mean", "something else than V(s)"): out_of(
            lambda pi, A, Q, V, d, s0, g: d * pi * Q - (d * pi * Q).mean(1, keepdims=True)
        ),
        ("no_gamma_in_the_advantage", "A sum of three terms"): advantage_of(lambda r, PV, V, g: r + PV - V),
        ("no_reward_in_the_advantage", "A sum of three terms"): advantage_of(lambda r, PV, V, g: g * PV - V),
        ("no_future_in_the_advantage", "A sum of three terms"): advantage_of(lambda r, PV, V, g: r - V),
        ("logits_for_probabilities", "as if they were probabilities"): logits_for_probabilities,
        ("values_backwards", "V itself is wrong"): values_backwards,
        ("advantages_normalised", "as is done with a batch"): out_of(
            lambda pi, A, Q, V, d, s0, g: d * pi * (A - A.mean()) / (A.std() + 1e-8)
        ),
        ("advantages_over_their_spread", "as is done with a batch"): out_of(
            lambda pi, A, Q, V, d, s0, g: d * pi * A / (A.std() + 1e-8)
        ),
        ("largest_is_1", "unit vector"): out_of(lambda pi, A, Q, V, d, s0, g: d * pi * A / abs(d * pi * A).max()),
        ("squared_visits", "how often one is there"): out_of(lambda pi, A, Q, V, d, s0, g: d**2 * pi * A),
        ("transposed", "expected shape"): out_of(lambda pi, A, Q, V, d, s0, g: (d * pi * A).T),
        ("summed_over_states", "expected shape"): out_of(lambda pi, A, Q, V, d, s0, g: (d * pi * A).sum(0)),
        ("discount_twice", "γ comes in twice"): lambda z, P, r, s0, g: policy_gradient(z, P, r, s0, g**2),
        ("changes_the_logits", "changed its input (logits)"): changes_the_logits,
        ("spoils_by_nudging", "changed its input (logits)"): spoils_by_nudging,
    },
)

# -- longest safe step, right ------------------------------------------------------------------------------------


@right("longest_safe_step")
def loop_with_break(steps, returns, start_return):
    safe = 0.0
    for step, value in zip(steps, returns):
        if value < start_return:
            break
        safe = step
    return safe


@right("longest_safe_step")
def first_true(steps, returns, start_return):
    worse = np.asarray(returns) < start_return
    k = worse.argmax() if worse.any() else len(steps)
    return float(steps[k - 1]) if k > 0 else 0.0


@right("longest_safe_step")
def with_a_zero_in_front(steps, returns, start_return):
    fine = np.cumprod(np.r_[True, np.asarray(returns) >= start_return]).astype(bool)
    return np.r_[0.0, steps][fine][-1]


@right("longest_safe_step")
def running_minimum(steps, returns, start_return):
    fine = np.minimum.accumulate(returns) >= start_return
    return max(steps[fine], default=0)


@right("longest_safe_step")
def while_loop(steps, returns, start_return):
    k = 0
    while k < len(steps) and returns[k] >= start_return:
        k += 1
    return 0 if k == 0 else steps[k - 1]


@right("longest_safe_step")
def by_all(steps, returns, start_return):
    return max([s for i, s in enumerate(steps) if all(r >= start_return for r in returns[: i + 1])] + [0.0])


@right("longest_safe_step")
def by_itertools(steps, returns, start_return):
    import itertools

    pairs = itertools.takewhile(lambda pair: pair[1] >= start_return, zip(steps, returns))
    return max((step for step, _ in pairs), default=0.0)


@right("longest_safe_step")
def in_torch(steps, returns, start_return):  # noqa: F811 - each item has its own
    fine = (torch.as_tensor(returns) >= start_return).long().cumprod(0)
    return (torch.as_tensor(steps) * fine).max()


@right("longest_safe_step")
def by_next(steps, returns, start_return):
    first = next((i for i, r in enumerate(returns) if r < start_return), len(steps))
    return [0.0, *steps][first]


@right("longest_safe_step")
def recursion(steps, returns, start_return):
    if len(steps) == 0 or returns[0] < start_return:
        return 0.0
    return max(steps[0], recursion(steps[1:], returns[1:], start_return))


@right("longest_safe_step")
def sorted_again(steps, returns, start_return):
    order = np.argsort(steps)
    gains = (np.asarray(returns) - start_return)[order]
    below = np.flatnonzero(gains < 0)
    return np.float32(np.r_[0.0, np.asarray(steps)[order]][below[0] if below.size else -1])


# -- longest safe step, wrong ------------------------------------------------------------------------------------


def last_fine(steps, returns, J):
    fine = [s for s, r in zip(steps, returns) if r >= J]
    return fine[-1] if fine else 0.0


def first_worse(otherwise):
    return lambda steps, returns, J: next((s for s, r in zip(steps, returns) if r < J), otherwise(steps))


def until_it_falls(steps, returns, J):
    safe, before = 0.0, J
    for step, value in zip(steps, returns):
        if value < before:
            break
        safe, before = step, value
    return safe


def strict(steps, returns, J):
    safe = 0.0
    for step, value in zip(steps, returns):
        if value <= J:
            break
        safe = step
    return safe


def index_before(steps, returns, J):
    worse = np.asarray(returns) < J
    return steps[worse.argmax() - 1]


def at_least_the_first(steps, returns, J):
    return max(loop_with_break(steps, returns, J), steps[0])


def its_return(steps, returns, J):
    worse = [i for i, r in enumerate(returns) if r < J]
    return returns[max(worse[0] - 1, 0)] if worse else returns[-1]


def before_the_last_worse(steps, returns, J):
    for i in reversed(range(len(steps))):
        if returns[i] < J:
            return steps[i - 1] if i else 0.0
    return steps[-1]


def bisection(steps, returns, J):
    low, high = -1, len(steps)
    while high - low > 1:
        middle = (low + high) // 2
        if returns[middle] < J:
            high = middle
        else:
            low = middle
    return 0.0 if low < 0 else steps[low]


def forgets_that_none_may_be_worse(steps, returns, J):
    k = np.argmax(returns < J)
    return steps[k - 1] if k > 0 else 0.0


def interpolates(steps, returns, J):
    x, y = [0.0], [J]
    for step, value in zip(steps, returns):
        if value < J:
            return x[-1] + (step - x[-1]) * (J - y[-1]) / (value - y[-1])
        x.append(step), y.append(value)
    return x[-1]


def halfway(steps, returns, J):
    safe = 0.0
    for step, value in zip(steps, returns):
        if value < J:
            return (safe + step) / 2
        safe = step
    return safe


def sorts_in_place(steps, returns, J):
    answer = loop_with_break(steps, returns, J)
    returns.sort()
    return answer


in_bulk(
    "longest_safe_step",
    {
        ("best_step", "That is the best step"): lambda steps, returns, J: steps[np.argmax(returns)],
        ("last_fine", "look past a dip"): last_fine,
        ("largest_fine", "look past a dip"): lambda steps, returns, J: max(
            (s for s, r in zip(steps, returns) if r >= J), default=0
        ),
        ("first_worse", "first step that does harm; the one before"): first_worse(lambda steps: steps[-1]),
        ("until_it_falls", "begins to fall"): until_it_falls,
        ("strict", "exactly as good"): strict,
        ("index_before", "index −1"): index_before,
        ("at_least_the_first", "no step of the list is safe"): at_least_the_first,
        ("position", "a position in the list"): lambda steps, returns, J: next(
            (i - 1 for i, r in enumerate(returns) if r < J), len(steps) - 1
        ),
        ("how_many", "a position in the list"): lambda steps, returns, J: next(
            (i for i, r in enumerate(returns) if r < J), len(steps)
        ),
        ("its_return", "That is a return"): its_return,
        ("best_return", "That is a return"): lambda steps, returns, J: max(returns),
        ("against_zero", "compare with 0"): lambda steps, returns, J: loop_with_break(steps, returns, 0.0),
        ("against_the_first", "compare with the first step"): lambda steps, returns, J: loop_with_break(
            steps, returns, returns[0]
        ),
        ("none_is_worse_zero", "the longest in the list is safe"): lambda steps, returns, J: (
            loop_with_break(steps, returns, J) if min(returns) < J else 0.0
        ),
        ("longest", "always answer with the last"): lambda steps, returns, J: steps[-1],
        ("nothing_is_safe", "which is the one before"): lambda steps, returns, J: 0.0,
        ("first_worse_or_0", "first step that does harm; the one before"): first_worse(lambda steps: 0.0),
        ("before_the_last_worse", "the *last* step that does harm"): before_the_last_worse,
        ("bisection", "You halve the list"): bisection,
        ("sorted_search", "You halve the list"): lambda steps, returns, J: np.r_[0.0, steps][
            len(returns) - np.searchsorted(returns[::-1], J)
        ],
        ("one_step_early", "one step too early"): lambda steps, returns, J: (
            loop_with_break(np.r_[0.0, steps][:-1], returns, J) if min(returns) < J else steps[-1]
        ),
        ("peak", "begins to fall"): lambda steps, returns, J: next(
            (steps[i] for i in range(len(steps) - 1) if returns[i + 1] < returns[i]), steps[-1]
        ),
        ("minus_one_when_none", "no step of the list is safe"): lambda steps, returns, J: (
            loop_with_break(steps, returns, J) if returns[0] >= J else -1
        ),
        ("nan_when_none", "no step of the list is safe"): lambda steps, returns, J: (
            loop_with_break(steps, returns, J) if returns[0] >= J else float("nan")
        ),
        ("count_fine", "a position in the list, or a count"): lambda steps, returns, J: sum(r >= J for r in returns),
        ("quotient", "by a quotient"): lambda steps, returns, J: loop_with_break(steps, returns / J, 1.0),
        ("turned", "comparison is turned"): lambda steps, returns, J: loop_with_break(steps, -returns, -J),
        ("infinite_when_none_is_worse", "the longest in the list is safe"): lambda steps, returns, J: (
            loop_with_break(steps, returns, J) if min(returns) < J else np.inf
        ),
        ("forgets_that_none_may_be_worse", "the longest in the list is safe"): forgets_that_none_may_be_worse,
        ("interpolates", "where the line crosses"): interpolates,
        ("halfway", "where the line crosses"): halfway,
        ("closest", "closest to `start_return`"): lambda steps, returns, J: min(zip(abs(returns - J), steps))[1],
        ("lowest_fine", "ends lowest without doing harm"): lambda steps, returns, J: min(
            ((r, s) for s, r in zip(steps, returns) if r >= J), default=(0, 0)
        )[1],
        ("mean_so_far", "average the returns up to each step"): lambda steps, returns, J: loop_with_break(
            steps, [np.mean(returns[: k + 1]) for k in range(len(returns))], J
        ),
        ("worst", "look for the worst step"): lambda steps, returns, J: steps[np.argmin(returns)],
        ("shortest", "the shortest step"): lambda steps, returns, J: next(
            (s for s, r in zip(steps, returns) if not r < J), 0
        ),
        ("all_safe_steps", "expected one number"): lambda steps, returns, J: np.asarray(steps)[
            np.asarray(returns) >= J
        ],
        ("sorts_in_place", "changed its input (returns)"): sorts_in_place,
    },
)
