"""bandit.py against torch's autograd of the objective, against a loop written for one run, and lesson 01's table."""

import math

import numpy as np
import pytest
import torch

from ppo_edu.bandit import relative_value, step_size_bandit, stuck, train
from ppo_edu.clip import clipped_objective
from ppo_edu.entropy import categorical_entropy
from ppo_edu.loss import normalize
from ppo_edu.mdp import softmax


def rng(seed=0):
    return np.random.default_rng(seed)


def by_autograd(means, rate, seed, clip_eps, epochs, ent_coef, noise, batch, iterations, start, normalized, rule):
    """The same training by torch: the objective is written down, its gradient is autograd's. One run at a time in
    the update, but all draws from one generator, since the order of draws is part of what `train` promises."""
    generator, policies = rng(seed), []
    logits = [torch.tensor(start + np.zeros(means.shape[1]), requires_grad=True) for _ in means]
    for _ in range(iterations):
        old = [z.detach().log_softmax(-1) for z in logits]
        uniform = generator.random((len(means), batch))
        chosen = [torch.searchsorted(o.exp().cumsum(-1), torch.tensor(u), right=True) for o, u in zip(old, uniform)]
        noises = torch.tensor(noise * generator.standard_normal((len(means), batch)))
        for i, z in enumerate(logits):
            rewards = torch.tensor(means[i])[chosen[i]] + noises[i]
            advantages = normalize(rewards) if normalized else rewards - rewards.mean()
            for _ in range(epochs):
                now = z.log_softmax(-1)
                ratio = (now - old[i])[chosen[i]].exp()
                value = rule(ratio, now[chosen[i]], advantages, clip_eps) + ent_coef * categorical_entropy(z[None])[0]
                (gradient,) = torch.autograd.grad(value, z)
                z.data += rate * gradient
        policies.append(np.stack([z.detach().softmax(-1).numpy() for z in logits]))
    return np.stack(policies)


def clipped(ratio, logprobs, advantages, clip_eps):
    return clipped_objective(ratio, advantages, clip_eps).mean()


def reinforce(ratio, logprobs, advantages, clip_eps):
    return (logprobs * advantages).mean()


def importance_weighted(ratio, logprobs, advantages, clip_eps):
    return (ratio * advantages).mean()


PLAIN = {"noise": 1.0, "batch": 8, "iterations": 4, "normalized": True, "ent_coef": 0.0}


@pytest.mark.parametrize(
    "rule, clip_eps, epochs, changed",
    [
        (clipped, 0.2, 5, {}),
        (clipped, 0.05, 10, {"normalized": False}),
        (clipped, 0.2, 3, {"ent_coef": 0.3, "noise": 0.1}),
        (importance_weighted, math.inf, 5, {}),
        (reinforce, 0.2, 1, {}),
        (reinforce, math.inf, 1, {"batch": 3, "normalized": False}),
    ],
)
def test_training_is_gradient_ascent_on_the_written_objective(rule, clip_eps, epochs, changed):
    settings, start = PLAIN | changed, np.array([0.5, 0.0, -0.5])
    means = rng(3).normal(size=(5, 3))
    ours = train(means, 0.7, rng(4), clip_eps=clip_eps, update_epochs=epochs, logits=start, **settings)
    expected = by_autograd(means, 0.7, 4, clip_eps, epochs, start=start, rule=rule, **settings)
    assert ours.shape == (5, 5, 3)
    np.testing.assert_allclose(ours[0], np.tile(softmax(start), (5, 1)))
    np.testing.assert_allclose(ours[1:], expected, atol=1e-10)


def test_the_clip_matters_from_the_second_epoch_on():
    means = rng(1).normal(size=(20, 4))

    def trained(epochs, clip_eps):
        return train(means, 2.0, rng(5), clip_eps=clip_eps, update_epochs=epochs, iterations=1)[-1]

    np.testing.assert_array_equal(trained(1, 0.2), trained(1, math.inf))
    assert abs(trained(5, 0.2) - trained(5, math.inf)).max() > 0.1


def test_the_entropy_bonus_alone_levels_and_may_follow_a_schedule():
    means, start = np.zeros((3, 4)), np.array([2.0, 0, 0, 0])
    settings = {"noise": 0.0, "iterations": 30, "logits": start}
    assert train(means, 1.0, rng(), ent_coef=1.0, **settings)[-1].max() < 0.3
    still = train(means, 1.0, rng(), ent_coef=0.0, **settings)
    np.testing.assert_array_equal(still, np.broadcast_to(still[0], still.shape))
    once = train(means, 1.0, rng(), ent_coef=np.eye(30)[0], **settings)
    assert once[1].max() < once[0].max() and (once[1:] == once[1]).all()


def test_a_batch_of_one_arm_moves_nothing():
    """Its advantages sum to 0, so the pushes cancel: a collapsed policy has no gradient to leave by."""
    policies = train(np.array([[0.0, 1.0]]), 10.0, rng(), logits=np.array([60.0, 0.0]), update_epochs=1, iterations=5)
    np.testing.assert_allclose(policies, np.broadcast_to(policies[0], policies.shape), atol=1e-12)


def test_means_of_the_step_size_bandit():
    means = step_size_bandit(500, rng(), arms=6)
    assert means.shape == (500, 6) and ((means == 0.3).sum(1) == 1).all()
    rest = means[means != 0.3]
    assert rest.min() >= -0.3 and rest.max() <= 0 and rest.mean() == pytest.approx(-0.15, abs=0.01)
    best = np.bincount(means.argmax(1), minlength=6) / 500
    assert abs(best - 1 / 6).max() < 0.06


def test_the_same_generator_gives_the_same_runs_and_the_means_stay():
    means = step_size_bandit(7, rng())
    before = means.copy()
    first, again = (train(means, 1.0, rng(2), clip_eps=0.2, update_epochs=3, iterations=5) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(means, before)
    assert first.shape == (6, 7, 10)
    np.testing.assert_allclose(first.sum(-1), 1)
    assert train(means.tolist(), 1.0, rng(), iterations=0).shape == (1, 7, 10)


def test_runs_may_begin_at_policies_of_their_own():
    logits = np.array([[3.0, 0.0], [0.0, 3.0]])
    start = train(np.zeros((2, 2)), 1.0, rng(), logits=logits, iterations=1)[0]
    np.testing.assert_allclose(start, softmax(logits))
    np.testing.assert_array_equal(logits, [[3.0, 0.0], [0.0, 3.0]])


@pytest.mark.parametrize("clip_eps", [-0.1, math.nan])
def test_an_impossible_clip_is_refused(clip_eps):
    with pytest.raises(ValueError, match="clip_eps must be"):
        train(np.zeros((1, 2)), 1.0, rng(), clip_eps=clip_eps)


def test_logits_and_schedules_that_do_not_fit_are_refused():
    with pytest.raises(ValueError):
        train(np.zeros((2, 3)), 1.0, rng(), logits=np.zeros(4))
    with pytest.raises(ValueError):
        train(np.zeros((2, 3)), 1.0, rng(), ent_coef=[0.1, 0.2], iterations=5)


def test_relative_value_and_stuck_by_hand():
    means = np.array([[0.5, -0.5, 0.0]] * 4)
    policies = np.array([[1, 0, 0], [0, 1, 0], [0.01, 0.02, 0.97], [0.5, 0.5, 0]], dtype=float)
    np.testing.assert_allclose(relative_value(policies, means), [1, -1, -0.01, 0])
    assert stuck(policies, means).tolist() == [False, True, True, False]
    assert stuck(policies, means, above=0.98).tolist() == [False, True, False, False]
    assert relative_value(policies[None], means).shape == stuck(policies[None], means).shape == (1, 4)


METHODS = {
    "policy gradient": {"update_epochs": 1},
    "L^CPI": {"update_epochs": 10},
    "L^CLIP": {"update_epochs": 10, "clip_eps": 0.2},
}
RATES = (0.1, 0.3, 1, 3, 10, 30)


@pytest.fixture(scope="module")
def sweep():
    """(mean value over the optimum, share stuck) of 100 runs, by method and learning rate."""
    means, results = step_size_bandit(100, rng(1)), {}
    for name, settings in METHODS.items():
        for rate in RATES:
            last = train(means, rate, rng(2), **settings)[-1]
            results[name, rate] = relative_value(last, means).mean(), stuck(last, means).mean()
    return results


def test_too_small_a_step_learns_slowly(sweep):
    assert sweep["policy gradient", 0.1][0] < 0 and sweep["policy gradient", 0.3][0] < 0.3
    assert sweep["policy gradient", 0.1][1] == 0


def test_each_method_has_a_good_step_size_and_too_large_a_one(sweep):
    best = {name: max(RATES, key=lambda rate: sweep[name, rate][0]) for name in METHODS}
    assert best["policy gradient"] == 3 and best["L^CPI"] == 0.3 and 0.3 <= best["L^CLIP"] <= 3
    for name in METHODS:
        assert sweep[name, best[name]][0] > 0.85 and sweep[name, 30][0] < 0.5 and sweep[name, 30][1] > 0.4


def test_the_best_policy_gradient_matches_the_best_clip(sweep):
    best = {name: max(sweep[name, rate][0] for rate in RATES) for name in METHODS}
    assert abs(best["policy gradient"] - best["L^CLIP"]) < 0.08


def test_the_clip_widens_the_safe_band_tenfold_and_does_not_abolish_it(sweep):
    safe = {name: [rate for rate in RATES if sweep[name, rate][0] > 0.6] for name in METHODS}
    assert safe["L^CPI"] == [0.1, 0.3] and set(safe["L^CLIP"]) >= {0.1, 0.3, 1, 3}
    assert sweep["L^CPI", 1][1] > 0.4 and sweep["L^CLIP", 1][1] < 0.05
    assert sweep["L^CLIP", 30][1] > 0.4
