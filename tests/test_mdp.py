"""mdp.py against enumeration of every trajectory, Bellman backups, sampling and finite differences."""

import itertools

import numpy as np
import pytest

from ppo_edu.mdp import (
    MDP,
    action_values,
    advantages,
    chain,
    discounted_visits,
    draw,
    expected_return,
    garnet,
    gridworld,
    policy_gradient,
    sample,
    softmax,
    state_values,
    surrogate,
)


def rng(seed=0):
    return np.random.default_rng(seed)


def layered(gamma=0.9):
    """Two states in each of three layers, two actions, then the end: every trajectory has three steps or fewer.

    State 2k + i is state i of layer k, state 6 the end; from anywhere the end may come early.
    """
    generator = rng(7)
    transitions, rewards = np.zeros((7, 2, 7)), np.zeros((7, 2, 7))
    for s, a in np.ndindex(6, 2):
        after = [2 * (s // 2) + 2, 2 * (s // 2) + 3, 6] if s < 4 else [6]
        transitions[s, a, after] = generator.dirichlet(np.ones(len(after)))
        rewards[s, a, after] = generator.normal(size=len(after))
    return MDP(transitions, rewards, np.array([0.3, 0.7, 0, 0, 0, 0, 0]), gamma)


def trajectories(mdp, policy, steps=3):
    """(probability, states, actions, rewards) of every trajectory, one product of probabilities each."""
    states, actions = mdp.transitions.shape[:2]
    for path in itertools.product(range(states), repeat=steps + 1):
        for choice in itertools.product(range(actions), repeat=steps):
            probability, rewards, length = mdp.start[path[0]], [], 0
            for now, act, after in zip(path, choice, path[1:]):
                if now == states - 1:
                    # One of the continuations after the end stands for all of them.
                    probability *= act == 0 and after == now
                else:
                    probability *= policy[now, act] * mdp.transitions[now, act, after]
                    rewards.append(mdp.rewards[now, act, after])
                    length += 1
                if probability == 0:
                    break
            if probability > 0:
                yield probability, path[: length + 1], choice[:length], rewards


@pytest.fixture(scope="module")
def enumerated():
    mdp = layered()
    policy = softmax(rng(1).normal(size=(7, 2)))
    return mdp, policy, list(trajectories(mdp, policy))


WORLDS = {
    "layered": layered(),
    "chain": chain(5),
    "gridworld": gridworld(),
    "garnet": garnet(6, 3, 2, 0.9, rng(3)),
    "undiscounted": layered(gamma=1.0),
}


def world_and_logits(name, seed=0, leading=()):
    mdp = WORLDS[name]
    return mdp, rng(seed).normal(size=(*leading, *mdp.transitions.shape[:2]))


def test_the_enumeration_is_complete(enumerated):
    _, _, every = enumerated
    assert sum(p for p, *_ in every) == pytest.approx(1)
    assert {len(actions) for _, _, actions, _ in every} == {1, 2, 3}


def test_expected_return_is_the_mean_over_every_trajectory(enumerated):
    mdp, policy, every = enumerated
    mean = sum(p * sum(mdp.gamma**t * r for t, r in enumerate(rewards)) for p, _, _, rewards in every)
    assert expected_return(mdp, policy) == pytest.approx(mean, abs=1e-12)


def test_visits_count_every_trajectory(enumerated):
    mdp, policy, every = enumerated
    counts = np.zeros(7)
    for p, states, _, _ in every:
        for t, s in enumerate(states):
            counts[s] += p * mdp.gamma**t
    np.testing.assert_allclose(discounted_visits(mdp, policy)[:6], counts[:6], atol=1e-12)


def test_action_values_are_the_mean_of_what_followed(enumerated):
    """Q(s, a) = E[return from t | s_t = s, a_t = a], averaged over every trajectory that passes."""
    mdp, policy, every = enumerated
    total, weight = np.zeros((7, 2)), np.zeros((7, 2))
    for p, states, actions, rewards in every:
        for t, (s, a) in enumerate(zip(states, actions)):
            total[s, a] += p * sum(mdp.gamma**k * r for k, r in enumerate(rewards[t:]))
            weight[s, a] += p
    np.testing.assert_allclose(action_values(mdp, policy)[:6], total[:6] / weight[:6], atol=1e-12)
    usual = (policy * total / np.maximum(weight, 1e-300)).sum(1)
    np.testing.assert_allclose(state_values(mdp, policy)[:6], usual[:6], atol=1e-12)


def test_policy_gradient_is_the_score_times_the_return(enumerated):
    """E[return · Σ_t ∂ log π(a_t|s_t)], with no advantage and no visits: the likelihood-ratio form."""
    mdp, policy, every = enumerated
    expected = np.zeros((7, 2))
    for p, states, actions, rewards in every:
        score = np.zeros((7, 2))
        for s, a in zip(states, actions):
            score[s] += np.eye(2)[a] - policy[s]
        expected += p * score * sum(mdp.gamma**t * r for t, r in enumerate(rewards))
    np.testing.assert_allclose(policy_gradient(mdp, np.log(policy)), expected, atol=1e-12)


@pytest.mark.parametrize("name", WORLDS)
def test_values_are_what_backups_settle_on(name):
    mdp, logits = world_and_logits(name)
    policy, V = softmax(logits), np.zeros(len(mdp.start))
    for _ in range(5000):
        Q = [
            [mdp.transitions[s, a] @ (mdp.rewards[s, a] + mdp.gamma * V) for a in range(policy.shape[1])]
            for s in range(len(V))
        ]
        previous, V = V, (policy * Q).sum(1)
        if abs(V - previous).max() < 1e-13:
            break
    np.testing.assert_allclose(state_values(mdp, policy), V, atol=1e-10)
    np.testing.assert_allclose(action_values(mdp, policy), Q, atol=1e-10)
    np.testing.assert_allclose(advantages(mdp, policy), Q - V[:, None], atol=1e-10)
    assert expected_return(mdp, policy) == pytest.approx(V @ mdp.start, abs=1e-10)


@pytest.mark.parametrize("name", WORLDS)
def test_a_terminal_state_is_worth_nothing_and_advantages_average_to_zero(name):
    mdp, logits = world_and_logits(name)
    policy = softmax(logits)
    assert (state_values(mdp, policy)[mdp.terminal] == 0).all()
    assert (policy_gradient(mdp, logits)[mdp.terminal] == 0).all()
    np.testing.assert_allclose((policy * advantages(mdp, policy)).sum(1), 0, atol=1e-12)


@pytest.mark.parametrize("name", WORLDS)
def test_visits_pushed_forward_step_by_step(name):
    mdp, logits = world_and_logits(name)
    policy, here, visits = softmax(logits), mdp.start.copy(), np.zeros(len(mdp.start))
    for t in range(4000):
        visits += mdp.gamma**t * here
        here = sum(here[s] * policy[s, a] * mdp.transitions[s, a] for s, a in np.ndindex(policy.shape))
    np.testing.assert_allclose(discounted_visits(mdp, policy), visits, atol=1e-9)
    if not mdp.terminal.any():
        assert visits.sum() == pytest.approx(1 / (1 - mdp.gamma))
    gained = (visits[:, None] * policy * (mdp.transitions * mdp.rewards).sum(-1)).sum()
    assert gained == pytest.approx(expected_return(mdp, policy), abs=1e-9)


@pytest.mark.parametrize("name", WORLDS)
@pytest.mark.parametrize("leading", [(), (3,), (2, 2)])
def test_policy_gradient_is_the_finite_difference_of_the_return(name, leading):
    mdp, logits = world_and_logits(name, leading=leading)
    gradient, h = policy_gradient(mdp, logits), 1e-5
    assert gradient.shape == logits.shape
    for s, a in np.ndindex(logits.shape[-2:]):
        up, down = logits.copy(), logits.copy()
        up[..., s, a] += h
        down[..., s, a] -= h
        rise = (expected_return(mdp, softmax(up)) - expected_return(mdp, softmax(down))) / (2 * h)
        np.testing.assert_allclose(gradient[..., s, a], rise, atol=2e-8)


def test_leading_axes_are_policies_side_by_side():
    mdp, logits = world_and_logits("gridworld", leading=(2, 3))
    policies, old = softmax(logits), softmax(world_and_logits("gridworld", seed=9)[1])
    functions = [state_values, action_values, advantages, expected_return, discounted_visits]
    for function in [*functions, lambda mdp, policy: surrogate(mdp, policy, old)]:
        together = function(mdp, policies)
        for i in np.ndindex(2, 3):
            np.testing.assert_allclose(together[i], function(mdp, policies[i]), atol=1e-12)


@pytest.mark.parametrize("name", WORLDS)
def test_the_surrogate_has_the_returns_value_and_slope_at_the_old_policy_and_nothing_more(name):
    mdp, logits = world_and_logits(name)
    old, direction = softmax(logits), rng(5).normal(size=logits.shape)
    assert surrogate(mdp, old, old) == pytest.approx(expected_return(mdp, old), abs=1e-12)
    line = softmax(logits + np.array([-1e-4, 0, 1e-4])[:, None, None] * direction)
    J, L = expected_return(mdp, line), surrogate(mdp, line, old)
    assert (L[2] - L[0]) / 2e-4 == pytest.approx((J[2] - J[0]) / 2e-4, abs=1e-6)
    far = softmax(logits + 3 * direction)
    assert abs(surrogate(mdp, far, old) - expected_return(mdp, far)) > 1e-3


def test_the_surrogate_weights_old_trajectories_one_action_at_a_time(enumerated):
    """J(old) + E_old[Σ_t γ^t ratio_t A(s_t, a_t)], over every trajectory of the old policy."""
    mdp, old, every = enumerated
    new, A = softmax(rng(2).normal(size=(7, 2))), advantages(mdp, old)
    gain = sum(
        p * sum(mdp.gamma**t * new[s, a] / old[s, a] * A[s, a] for t, (s, a) in enumerate(zip(states, actions)))
        for p, states, actions, _ in every
    )
    assert surrogate(mdp, new, old) == pytest.approx(expected_return(mdp, old) + gain, abs=1e-12)


def test_with_one_decision_the_surrogate_is_the_return():
    mdp = MDP(np.eye(4)[[3, 3, 3, 3]][None].repeat(4, 0) * np.array([1, 0, 0, 0])[:, None, None],
              rng(0).normal(size=(4, 4, 4)), np.eye(4)[0], 1.0)  # fmt: skip
    old, new = softmax(rng(1).normal(size=(2, 4, 4)))
    assert surrogate(mdp, new, old) == pytest.approx(expected_return(mdp, new), abs=1e-12)


@pytest.mark.parametrize("name", ["layered", "chain", "gridworld"])
def test_sampled_returns_average_to_the_exact_return(name):
    mdp, logits = world_and_logits(name, seed=4)
    policy, steps, episodes = softmax(logits), 400, 4000
    states, actions, rewards = sample(mdp, policy, episodes, steps, rng(8))
    assert states.shape == (steps + 1, episodes) and actions.shape == rewards.shape == (steps, episodes)
    returns = mdp.gamma ** np.arange(steps) @ rewards
    exact = expected_return(mdp, policy)
    assert abs(returns.mean() - exact) < 4 * returns.std() / np.sqrt(episodes) + 1e-3
    counts = np.stack([(states[:-1] == s).mean(1) for s in range(len(mdp.start))], axis=1)
    visits = (mdp.gamma ** np.arange(steps)[:, None] * counts).sum(0)
    alive = ~mdp.terminal
    np.testing.assert_allclose(visits[alive], discounted_visits(mdp, policy)[alive], atol=0.12)


def test_sampled_steps_follow_the_world_and_stop_at_the_end():
    mdp = gridworld()
    states, actions, rewards = sample(mdp, softmax(np.zeros((12, 4))), 300, 60, rng(2))
    now, after = states[:-1], states[1:]
    over = mdp.terminal[now]
    assert (mdp.transitions[now, actions, after][~over] > 0).all()
    assert (rewards[~over] == mdp.rewards[now, actions, after][~over]).all()
    assert over.any() and (after[over] == now[over]).all() and (rewards[over] == 0).all()
    assert (states[0] == 0).all()


def test_draws_have_the_given_frequencies_and_never_take_the_impossible():
    probabilities = np.array([0.0, 0.5, 0.0, 0.2, 0.3, 0.0])
    counts = np.bincount(draw(np.broadcast_to(probabilities, (20_000, 6)), rng(1)), minlength=6)
    assert (counts[probabilities == 0] == 0).all()
    np.testing.assert_allclose(counts / 20_000, probabilities, atol=0.015)


def test_a_draw_of_exactly_zero_does_not_take_an_impossible_first_action():
    class Zero:
        def random(self, shape):
            return np.zeros(shape)

    assert draw(np.array([[0.0, 0.4, 0.6], [0.1, 0.9, 0.0]]), Zero()).tolist() == [1, 0]


def test_softmax_is_safe_for_huge_logits_and_has_probabilities_in_rows():
    assert softmax([1000.0, 0.0, -1000.0]).tolist() == [1, 0, 0]
    assert softmax([[0.0, -np.inf], [0.0, 0.0]]).tolist() == [[1, 0], [0.5, 0.5]]
    z = rng().normal(size=(3, 4))
    np.testing.assert_allclose(softmax(z), np.exp(z) / np.exp(z).sum(1)[:, None])


def test_the_gamblers_ruin():
    """A fair walk: the chance of the right end from state i of n is i/(n+1), so V = 2i/(n+1) − 1."""
    mdp = chain(states=9, slip=0.5, gamma=1.0)
    V = state_values(mdp, np.full((11, 2), 0.5))
    np.testing.assert_allclose(V[1:-1], 2 * np.arange(1, 10) / 10 - 1, atol=1e-12)
    assert mdp.start[5] == 1 and mdp.terminal.nonzero()[0].tolist() == [0, 10]


def test_a_chain_without_slip_walks_straight():
    mdp, right = chain(states=5, slip=0, gamma=0.9), np.tile([0.0, 1.0], (7, 1))
    np.testing.assert_allclose(state_values(mdp, right)[1:-1], 0.9 ** np.arange(4, -1, -1))
    assert state_values(mdp, 1 - right)[1] == -1


def test_the_grid_is_its_drawing():
    mdp = gridworld(slip=0)
    assert mdp.terminal.nonzero()[0].tolist() == [7, 11] and mdp.start[0] == 1

    def follow(s, a):
        return int(mdp.transitions[s, a].argmax())

    assert [follow(0, a) for a in range(4)] == [0, 1, 4, 0]  # the corner: up and left stay
    assert follow(1, 2) == 1 and follow(4, 1) == 4  # the wall stays outside
    assert follow(3, 2) == 7 and mdp.rewards[3, 2, 7] == pytest.approx(-1.02)
    assert follow(10, 1) == 11 and mdp.rewards[10, 1, 11] == pytest.approx(0.98)
    path = np.zeros((12, 4))
    path[[0, 4], 2] = path[[8, 9, 10], 1] = 1
    path[path.sum(1) == 0] = 0.25
    expected = sum(-0.02 * 0.95**t for t in range(5)) + 0.95**4
    assert expected_return(mdp, path) == pytest.approx(expected)


def test_slip_mixes_in_every_direction():
    straight, slippery = gridworld(slip=0).transitions, gridworld(slip=0.4).transitions
    for a in range(4):
        np.testing.assert_allclose(slippery[8, a], 0.6 * straight[8, a] + 0.1 * straight[8].sum(0))


def test_a_garnet_branches_as_asked_and_is_the_same_for_the_same_seed():
    mdp = garnet(7, 3, 2, 0.9, rng(1))
    assert ((mdp.transitions > 0).sum(-1) == 2).all() and not mdp.terminal.any()
    assert (mdp.rewards == mdp.rewards[:, :, :1]).all()
    np.testing.assert_array_equal(mdp.transitions, garnet(7, 3, 2, 0.9, rng(1)).transitions)


GOOD = {"transitions": np.ones((1, 2, 1)), "rewards": np.zeros((1, 2, 1)), "start": np.ones(1), "gamma": 0.9}


@pytest.mark.parametrize(
    "wrong, message",
    [
        ({"gamma": 1.5}, "gamma must lie in"),
        ({"rewards": np.zeros((1, 2))}, r"rewards must have shape \(1, 2, 1\), got \(1, 2\)"),
        ({"transitions": np.ones((1, 2))}, "transitions must have shape"),
        ({"transitions": np.ones(3)}, "transitions must have shape"),
        ({"start": np.ones(2) / 2}, "start must be a distribution over 1 states"),
        ({"start": np.array([0.5])}, "start must be a distribution"),
        ({"transitions": np.full((1, 2, 1), 0.5)}, "must sum to 1"),
        ({"transitions": np.array([[[1.0], [0.0]]])}, "must sum to 1"),
    ],
)
def test_what_is_no_mdp_is_refused(wrong, message):
    MDP(**GOOD)
    with pytest.raises(ValueError, match=message):
        MDP(**GOOD | wrong)


def test_negative_probabilities_are_refused():
    transitions = np.array([[[1.5, -0.5]], [[0.0, 1.0]]])
    with pytest.raises(ValueError, match="must sum to 1"):
        MDP(transitions, np.zeros((2, 1, 2)), np.array([1.0, 0.0]), 0.9)
    with pytest.raises(ValueError, match="start must be a distribution"):
        MDP(np.ones((2, 1, 2)) / 2, np.zeros((2, 1, 2)), np.array([1.5, -0.5]), 0.9)


@pytest.mark.parametrize(
    "build, message",
    [
        (lambda: gridworld(("S.", "...")), "equally long"),
        (lambda: gridworld(("..", ".G")), "hold an S"),
        (lambda: gridworld(slip=1.1), "slip must lie in"),
        (lambda: chain(slip=-0.1), "slip must lie in"),
        (lambda: chain(gamma=2), "gamma must lie in"),
    ],
)
def test_what_is_no_world_is_refused(build, message):
    with pytest.raises(ValueError, match=message):
        build()
