"""bias_variance.py against enumeration of every trajectory, Monte Carlo, and the critic's error followed by hand."""

import math
from dataclasses import replace

import numpy as np
import pytest

from ppo_edu.bias_variance import KINDS, critic_errors, error_curves, gae_moments
from ppo_edu.gae import gae, td_errors
from ppo_edu.mdp import advantages, chain, garnet, sample, softmax, state_values

LAMBDAS = [0.0, 0.3, 0.9, 1.0]


def rng(seed=0):
    return np.random.default_rng(seed)


def small(gamma=0.9):
    """A chain with three states between its ends, an uneven policy, and two wrong critics."""
    mdp = chain(3, slip=0.2, gamma=gamma)
    policy = softmax(rng(1).normal(size=(5, 2)))
    return mdp, policy, rng(2).normal(size=(2, 5)) * ~mdp.terminal


def outcomes(mdp, policy, values, state, action, steps):
    """(probability, deltas) of everything that can follow in `steps` rows, one branch at a time."""
    for after in np.flatnonzero(mdp.transitions[state, action]):
        chance = mdp.transitions[state, action, after]
        delta = mdp.rewards[state, action, after] + mdp.gamma * values[after] - values[state]
        if steps == 1 or mdp.terminal[after]:
            yield chance, [delta]
            continue
        for choice, likely in enumerate(policy[after]):
            for p, deltas in outcomes(mdp, policy, values, after, choice, steps - 1):
                yield chance * likely * p, [delta, *deltas]


@pytest.mark.parametrize("steps", [1, 2, 5])
def test_a_cut_rollout_is_its_enumeration(steps):
    mdp, policy, errors = small()
    mean, variance = gae_moments(mdp, policy, errors, LAMBDAS, steps)
    for k, s, a in np.ndindex(2, 5, 2):
        if mdp.terminal[s]:
            continue
        every = list(outcomes(mdp, policy, state_values(mdp, policy) + errors[k], s, a, steps))
        assert sum(p for p, _ in every) == pytest.approx(1)
        for at, gae_lambda in enumerate(LAMBDAS):
            sums = [gae(d, np.zeros(len(d)), mdp.gamma, gae_lambda)[0] for _, d in every]
            first = sum(p * x for (p, _), x in zip(every, sums))
            assert mean[k, at, s, a] == pytest.approx(first, abs=1e-12)
            spread = sum(p * (x - first) ** 2 for (p, _), x in zip(every, sums))
            assert variance[k, at, s, a] == pytest.approx(spread, abs=1e-12)


def test_whole_episodes_are_what_long_rollouts_settle_on():
    for gamma in (0.9, 1.0):
        mdp, policy, errors = small(gamma)
        whole, long = (gae_moments(mdp, policy, errors, LAMBDAS, steps) for steps in (math.inf, 600))
        np.testing.assert_allclose(whole, long, atol=1e-10)


def test_an_endless_world_too():
    mdp = garnet(5, 3, 2, 0.8, rng(4))
    policy = softmax(rng(5).normal(size=(5, 3)))
    errors = rng(6).normal(size=(2, 5))
    np.testing.assert_allclose(
        gae_moments(mdp, policy, errors, LAMBDAS), gae_moments(mdp, policy, errors, LAMBDAS, 300), atol=1e-10
    )


def test_monte_carlo_agrees():
    mdp, policy, errors = small()
    mdp, values = replace(mdp, start=np.eye(5)[1]), state_values(mdp, policy) + errors[0]
    states, actions, rewards = sample(mdp, policy, 40_000, 60, rng(3))
    over = mdp.terminal[states[1:]]
    deltas = td_errors(rewards, values[states[:-1]], values[states[1:]], over, mdp.gamma)
    mean, variance = (moments[0, :, 1] for moments in gae_moments(mdp, policy, errors, LAMBDAS))
    for at, gae_lambda in enumerate(LAMBDAS):
        estimates = gae(deltas, over, mdp.gamma, gae_lambda)[0]
        for a in (0, 1):
            mine = estimates[actions[0] == a]
            assert mine.mean() == pytest.approx(mean[at, a], abs=4.5 * math.sqrt(variance[at, a] / len(mine)))
            assert mine.var() == pytest.approx(variance[at, a], rel=0.06)


@pytest.mark.parametrize("steps", [1, 20, math.inf])
def test_an_exact_critic_has_no_bias_at_any_lambda(steps):
    mdp = chain()
    policy = np.full((21, 2), 0.5)
    mean, _ = gae_moments(mdp, policy, critic_errors(mdp, policy, "exact", 0.3), np.linspace(0, 1, 41), steps)
    assert np.abs(mean - advantages(mdp, policy)).max() < 1e-12


def test_the_bias_is_the_critics_error_here_and_the_errors_to_come():
    """E[Â] − A = −e(s) + γ(1−λ) Σ_l (γλ)^l E[e(s_{t+l+1})]: the walk is followed one step after the other."""
    mdp, policy, errors = small()
    follow = np.einsum("sa,sat->st", policy, mdp.transitions)
    mean, _ = gae_moments(mdp, policy, errors, LAMBDAS)
    for at, gae_lambda in enumerate(LAMBDAS):
        where, to_come = mdp.transitions, 0
        for lag in range(400):
            to_come = to_come + (mdp.gamma * gae_lambda) ** lag * where @ errors[1]
            where = where @ follow
        expected = -errors[1][:, None] + mdp.gamma * (1 - gae_lambda) * to_come
        np.testing.assert_allclose((mean[1, at] - advantages(mdp, policy))[1:4], expected[1:4], atol=1e-12)


def test_a_constant_offset_raises_the_raw_bias_and_lowers_what_tells_actions_apart():
    mdp, policy = chain(), np.full((21, 2), 0.5)
    curves = error_curves(mdp, policy, critic_errors(mdp, policy, "constant", 0.2), np.linspace(0, 1, 41))
    assert (np.diff(curves["raw"]) > 0).all() and (np.diff(curves["action"]) < 0).all()
    assert curves["raw"][-1] == pytest.approx(0.04) and curves["action"][-1] == pytest.approx(0, abs=1e-12)


def test_the_white_design_gives_the_average_over_draws():
    mdp, policy, _ = small()
    design = critic_errors(mdp, policy, "white", 0.3)
    assert design.shape == (4, 5) and not design[:, [0, 4]].any()
    np.testing.assert_allclose(design.mean(0), 0, atol=1e-12)
    np.testing.assert_allclose(design[:, 1:4].T @ design[:, 1:4] / 4, 0.09 * np.eye(3), atol=1e-12)
    draws = 0.3 * rng(8).normal(size=(40_000, 5)) * ~mdp.terminal
    exact, drawn = (error_curves(mdp, policy, errors, LAMBDAS) for errors in (design, draws))
    for name in exact:
        np.testing.assert_allclose(exact[name], drawn[name], rtol=0.03, atol=1e-12)


@pytest.mark.parametrize("kind", ["white", "smooth", "constant"])
def test_the_size_is_the_root_mean_square_error(kind):
    mdp, policy = chain(), np.full((21, 2), 0.5)
    errors = critic_errors(mdp, policy, kind, 0.3)[:, 1:-1]
    assert np.sqrt(np.mean(errors**2)) == pytest.approx(0.3)


def test_the_zero_critic_is_zero():
    mdp, policy, _ = small()
    np.testing.assert_allclose(critic_errors(mdp, policy, "zero critic", 0.3)[0], -state_values(mdp, policy))


@pytest.mark.parametrize("err, expected", [(0.1, (26, 61, 85)), (0.2, (48, 78, 93)), (0.4, (72, 89, 97))])
def test_the_best_lambda_grows_with_the_error_and_with_the_samples(err, expected):
    """The numbers of lesson 05, averaged over all draws; one draw gives others near them."""
    mdp, policy = chain(), np.full((21, 2), 0.5)
    curves = error_curves(mdp, policy, critic_errors(mdp, policy, "white", err), np.linspace(0, 1, 101))
    assert tuple(np.argmin(curves["action"] + curves["variance"] / n) for n in (1, 10, 100)) == expected


def test_wrong_arguments_are_refused_by_name():
    mdp, policy, errors = small()
    with pytest.raises(ValueError, match=r"gae_lambdas must lie in \[0, 1\], got \[1.1\]"):
        gae_moments(mdp, policy, errors, [1.1])
    with pytest.raises(ValueError, match="steps must be ≥ 1"):
        gae_moments(mdp, policy, errors, [0.5], 0)
    with pytest.raises(ValueError, match="kind must be one of .*, got 'red'"):
        critic_errors(mdp, policy, "red", 0.1)
    assert all(critic_errors(mdp, policy, kind, 0.1).shape[1] == 5 for kind in KINDS)
