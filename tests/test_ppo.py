"""ppo.py: invariants of a rollout and an update, probe environments, stopping, saving."""

import ast
import csv
import inspect
import math
import os
import pickle
import random
import signal
import threading
from dataclasses import fields, replace
from itertools import pairwise

import gymnasium as gym
import numpy as np
import probes
import pytest
import torch

from ppo_edu import ppo
from ppo_edu.gae import gae_by_definition
from ppo_edu.ppo import (
    ActorCritic,
    Adam,
    PPOConfig,
    advantages_and_returns,
    collect,
    evaluate,
    make_envs,
    minibatches,
    start,
    train,
    update,
)

probes.register()
SMALL = PPOConfig(num_envs=4, num_steps=32, iterations=3, num_minibatches=2)
PROBE = PPOConfig(gamma=probes.GAMMA, num_envs=8, num_steps=32, num_minibatches=4, learning_rate=1e-2)


def rollout_of(config):
    envs = make_envs(config.env_id, config.num_envs)
    generator = torch.Generator().manual_seed(config.seed)
    agent = ActorCritic.for_envs(envs, config, generator)
    rollout, state = collect(envs, agent, config, start(envs, config.seed, generator))
    return agent, rollout, envs, state


# ── a rollout ────────────────────────────────────────────────────────────────────────────────────────────────


def test_cartpole_rows_follow_cartpole_dynamics_and_only_resets_are_invalid():
    """Each valid row, replayed in the scalar environment, gives the next row."""
    _, rollout, _, state = rollout_of(replace(SMALL, num_steps=60))
    scalar = gym.make("CartPole-v1").unwrapped
    following = np.concatenate([rollout.obs[1:], state.obs[None]])
    replayed = 0
    for t, n in zip(*np.nonzero(rollout.valid), strict=True):
        scalar.reset()
        scalar.state = rollout.obs[t, n].astype(np.float64)
        scalar.steps_beyond_terminated = None
        obs, reward, terminated, _, _ = scalar.step(int(rollout.actions[t, n]))
        np.testing.assert_allclose(following[t, n], obs, atol=1e-5)
        assert (reward, terminated) == (rollout.rewards[t, n], rollout.terminated[t, n])
        replayed += 1
    resets = np.zeros_like(rollout.valid)
    resets[1:] = rollout.dones[:-1]
    np.testing.assert_array_equal(rollout.valid, ~resets)
    assert 0 < resets.sum() == rollout.valid.size - replayed


def test_a_sync_vector_environment_is_collected_by_the_same_loop():
    _, rollout, envs, _ = rollout_of(replace(SMALL, env_id="Probe/Counter-v0", num_steps=9))
    np.testing.assert_array_equal(rollout.obs[:, 0, 0], [0, 1, 2, 3, 0, 1, 2, 3, 0])
    np.testing.assert_array_equal(rollout.valid[:, 0], [1, 1, 1, 0, 1, 1, 1, 0, 1])
    np.testing.assert_array_equal(rollout.terminated[:, 0], [0, 0, 1, 0, 0, 0, 1, 0, 0])
    np.testing.assert_array_equal(rollout.episode_returns, [3.0] * 8)
    assert isinstance(envs, gym.vector.SyncVectorEnv)


def test_truncation_bootstraps_from_the_true_final_observation():
    config = replace(SMALL, env_id="Probe/ConstantReward-v0", num_steps=12)
    agent, rollout, _, _ = rollout_of(config)
    assert rollout.truncated[9].all() and not rollout.terminated.any() and not rollout.valid[10].any()
    value = agent.value(torch.zeros(1, 1)).item()
    np.testing.assert_allclose(rollout.next_values, value, rtol=1e-6)
    _, returns = advantages_and_returns(rollout, replace(config, gae_lambda=1.0, gamma=0.9))
    for t in range(10):  # rewards up to the limit, then the critic's word for the rest
        left = 10 - t
        expected = sum(0.9**k for k in range(left)) + 0.9**left * value
        np.testing.assert_allclose(returns[t], expected, rtol=1e-5)


def test_a_rollout_goes_on_where_the_last_one_stopped():
    config = replace(SMALL, env_id="Probe/Counter-v0", num_steps=3)
    agent, _, envs, state = rollout_of(config)
    second, _ = collect(envs, agent, config, state)
    assert not second.valid[0].any() and second.obs[0, 0, 0] == 3 and second.valid[1:].all()


def test_advantages_and_returns_are_the_definition():
    _, rollout, _, _ = rollout_of(replace(SMALL, num_steps=60))
    advantages, returns = advantages_and_returns(rollout, SMALL)
    deltas = rollout.rewards + 0.98 * rollout.next_values * ~rollout.terminated - rollout.values
    np.testing.assert_allclose(advantages, gae_by_definition(deltas, rollout.dones, 0.98, 0.9), atol=1e-4)
    np.testing.assert_allclose(returns, advantages + rollout.values)


# ── the agent ────────────────────────────────────────────────────────────────────────────────────────────────


def agents():
    config = PPOConfig()
    generator = torch.Generator().manual_seed(3)
    categorical = ActorCritic(config, 4, 3, None, generator)
    gaussian = ActorCritic(config, 4, 2, ([-1.0, -1.0], [1.0, 2.0]), generator)
    for agent in (categorical, gaussian):
        with torch.no_grad():
            agent.policy[-1].weight.mul_(100)
    return categorical, gaussian


def test_logprobs_and_entropy_are_those_of_torch_distributions():
    obs = torch.randn(50, 4, generator=torch.Generator().manual_seed(0))
    categorical, gaussian = agents()
    laws = {
        categorical: torch.distributions.Categorical(logits=categorical.policy(obs)),
        gaussian: torch.distributions.Independent(
            torch.distributions.Normal(gaussian.policy(obs), gaussian.log_std.exp()), 1
        ),
    }
    for agent, law in laws.items():
        actions = law.sample()
        logprobs, entropy = agent.logprobs_and_entropy(obs, actions)
        torch.testing.assert_close(logprobs, law.log_prob(actions))
        torch.testing.assert_close(entropy, law.entropy())


def test_sampled_actions_have_the_policys_frequencies():
    obs = np.tile(np.array([0.3, -1.0, 0.5, 0.2], np.float32), (40_000, 1))
    categorical, gaussian = agents()
    actions = categorical.act(obs, torch.Generator().manual_seed(0))
    probs = categorical.policy(torch.from_numpy(obs[:1])).softmax(-1).detach().numpy()[0]
    np.testing.assert_allclose(np.bincount(actions, minlength=3) / len(obs), probs, atol=0.01)
    assert (categorical.act(obs, greedy=True) == probs.argmax()).all() and 0.1 < probs.max() < 0.9
    actions = gaussian.act(obs, torch.Generator().manual_seed(0))
    mean = gaussian.policy(torch.from_numpy(obs[:1])).detach().numpy()[0]
    np.testing.assert_allclose(actions.mean(0), mean, atol=0.03)
    np.testing.assert_allclose(actions.std(0), 1, atol=0.03)
    cut = gaussian.for_env(actions)
    assert cut.min(0).tolist() == [-1, -1] and cut.max(0).tolist() == [1, 2]


@pytest.mark.parametrize("which", [0, 1])
def test_a_saved_agent_comes_back_the_same(which, tmp_path):
    agent = agents()[which]
    agent.save(tmp_path / "agent.pt")
    twin = ActorCritic.load(tmp_path / "agent.pt")
    obs = np.random.default_rng(0).normal(size=(10, 4)).astype(np.float32)
    np.testing.assert_array_equal(agent.act(obs, greedy=True), twin.act(obs, greedy=True))
    assert twin.config == agent.config
    huge = np.full((1, 2), 99.0, np.float32)
    assert which == 0 or twin.for_env(huge).tolist() == agent.for_env(huge).tolist() == [[1.0, 2.0]]
    assert (twin.bounds is None) == (agent.bounds is None)


class Bomb:
    def __reduce__(self):
        return (os.abort, ())


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
def test_loading_runs_no_code_and_names_what_is_not_an_agent(tmp_path):
    path = tmp_path / "agent.pt"
    torch.save({"config": Bomb()}, path)
    with pytest.raises(ValueError, match="is not an agent saved by this package"):
        ActorCritic.load(path)
    for content in (b"", b"hello", pickle.dumps([1])):
        path.write_bytes(content)
        with pytest.raises(ValueError, match="is not an agent"):
            ActorCritic.load(path)
    with pytest.raises(FileNotFoundError):
        ActorCritic.load(tmp_path / "missing.pt")


# ── an update ────────────────────────────────────────────────────────────────────────────────────────────────


def test_minibatches_deal_every_row_once():
    parts = list(minibatches(10, 3, torch.Generator().manual_seed(0)))
    assert [len(p) for p in parts] == [4, 3, 3]
    assert sorted(torch.cat(parts).tolist()) == list(range(10)) != torch.cat(parts).tolist()
    assert [len(p) for p in minibatches(2, 8, None)] == [1, 1] and list(minibatches(0, 8, None)) == []


def test_before_the_first_step_the_ratio_is_one_and_clipping_changes_nothing():
    agent, rollout, _, _ = rollout_of(SMALL)
    obs, actions = (torch.from_numpy(a[rollout.valid]) for a in (rollout.obs, rollout.actions))
    old, advantages = (torch.from_numpy(a[rollout.valid]) for a in (rollout.logprobs, rollout.rewards * 3 - 2.5))
    for batch in minibatches(len(obs), 4, torch.Generator().manual_seed(0)):
        logprobs, _ = agent.logprobs_and_entropy(obs[batch], actions[batch])
        ratio = ppo.probability_ratio(logprobs, old[batch])
        assert (ratio - 1).abs().max() < 1e-6  # torch sums a batch of another size in another order
        assert ppo.clip_fraction(ratio, 0.2) == 0
        clipped = ppo.clipped_objective(ratio, advantages[batch], 0.2).mean()
        unclipped = (ratio * advantages[batch]).mean()
        gradients = [torch.autograd.grad(o, agent.policy.parameters(), retain_graph=True) for o in (clipped, unclipped)]
        assert all(torch.equal(a, b) for a, b in zip(*gradients, strict=True))


def test_one_epoch_of_one_minibatch_reports_an_untouched_policy():
    config = replace(SMALL, update_epochs=1, num_minibatches=1)
    agent, rollout, _, _ = rollout_of(config)
    metrics = update(agent, rollout, config, Adam(agent.parameters()), torch.Generator())
    assert metrics["approx_kl"] == pytest.approx(0, abs=1e-9)
    assert metrics["clip_fraction"] == metrics["zero_gradient_fraction"] == 0
    assert metrics["policy_loss"] == pytest.approx(0, abs=1e-5)  # −mean of normalised advantages
    assert metrics["entropy"] == pytest.approx(math.log(2), abs=1e-3)


def test_invalid_rows_change_nothing():
    """Rubbish in the rows where an environment only reset itself leaves the update as it was."""

    def parameters_after(rubbish):
        agent, rollout, _, _ = rollout_of(replace(SMALL, num_steps=60))
        assert not rollout.valid.all()
        for name in ("obs", "logprobs", "rewards"):
            getattr(rollout, name)[~rollout.valid] = rubbish
        update(agent, rollout, SMALL, Adam(agent.parameters()), torch.Generator().manual_seed(0))
        return torch.cat([p.detach().reshape(-1) for p in agent.parameters()])

    assert torch.equal(parameters_after(0.0), parameters_after(1e6))


def test_adam_is_torchs_adam():
    def network():
        torch.manual_seed(0)
        return torch.nn.Sequential(torch.nn.Linear(3, 5), torch.nn.Tanh(), torch.nn.Linear(5, 1))

    ours, theirs = network(), network()
    flat, reference = Adam(ours.parameters()), torch.optim.Adam(theirs.parameters(), lr=0.05, eps=1e-5)
    inputs = torch.randn(20, 3)
    for _ in range(5):
        flat.step(((ours(inputs) - 1) ** 2).mean(), 0.05, max_grad_norm=0.5)
        reference.zero_grad()
        ((theirs(inputs) - 1) ** 2).mean().backward()
        torch.nn.utils.clip_grad_norm_(theirs.parameters(), 0.5)
        reference.step()
    for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-6)


def test_the_norm_that_is_reported_is_the_one_before_the_cut():
    weight = torch.nn.Parameter(torch.tensor([3.0, 4.0]))
    optimizer = Adam([weight])
    assert optimizer.step((weight**2).sum() / 2, 0.1, max_grad_norm=1.0) == pytest.approx(5.0)
    assert optimizer.grad.norm().item() == pytest.approx(1.0)


def test_a_loss_that_is_not_finite_leaves_the_parameters_alone():
    weight = torch.nn.Parameter(torch.tensor([3.0, 4.0]))
    optimizer = Adam([weight])
    with pytest.raises(FloatingPointError, match="^the loss$"):
        optimizer.step((weight * math.inf).sum(), 0.1, 1.0)
    with pytest.raises(FloatingPointError, match="^its gradient$"):
        optimizer.step((weight - weight.detach()).abs().sqrt().sum(), 0.1, 1.0)
    assert weight.tolist() == [3.0, 4.0]


# ── probes: what must be learned is known ────────────────────────────────────────────────────────────────────


def learned(name, **changes):
    agent, history = train(replace(PROBE, env_id=f"Probe/{name}-v0", **changes))
    assert history.stopped is None
    return agent


def value_at(agent, *numbers):
    return [agent.value(torch.tensor([[x]])).item() for x in numbers]


@pytest.mark.parametrize("gae_lambda", [0.0, 0.95, 1.0])
def test_reward_one_for_ever_is_worth_one_over_one_minus_gamma_whatever_the_time_limit(gae_lambda):
    agent = learned("ConstantReward", gae_lambda=gae_lambda, iterations=60, max_grad_norm=10.0)
    assert value_at(agent, 0.0)[0] == pytest.approx(1 / (1 - probes.GAMMA), rel=0.05)


def test_a_delayed_reward_is_discounted_once():
    assert value_at(learned("DelayedReward"), 0.0, 1.0) == pytest.approx([probes.GAMMA, 1.0], abs=0.05)


def test_an_action_that_matters():
    agent = learned("ActionMatters")
    assert agent.policy(torch.zeros(1, 1)).softmax(-1)[0, 1].item() > 0.95


def test_an_observation_that_matters():
    probs = learned("ObservationMatters").policy(torch.tensor([[-1.0], [1.0]])).softmax(-1)
    assert probs[0, 0].item() > 0.95 and probs[1, 1].item() > 0.95


def test_a_gaussian_policy_finds_the_best_action():
    assert learned("Target").policy(torch.zeros(1, 1)).item() == pytest.approx(0.5, abs=0.15)


def test_a_few_iterations_of_cartpole_learn():
    agent, history = train(PPOConfig(iterations=12))
    assert evaluate(agent).mean() > 4 * history["return"][0]


# ── a run ────────────────────────────────────────────────────────────────────────────────────────────────────

HISTORY = {
    "iteration", "env_steps", "return", "approx_kl", "clip_fraction", "zero_gradient_fraction", "entropy",
    "explained_variance", "policy_loss", "value_loss", "grad_norm", "learning_rate", "seconds",
}  # fmt: skip


def same(a, b):
    return {k: repr(v) for k, v in a.items() if k != "seconds"} == {k: repr(v) for k, v in b.items() if k != "seconds"}


def test_same_seed_same_history_to_the_last_bit_and_global_randomness_is_left_alone():
    torch.manual_seed(5), np.random.seed(5), random.seed(5)  # noqa: NPY002  the legacy global state is the point
    before = torch.get_rng_state().clone(), np.random.get_state()[1].copy(), random.getstate()  # noqa: NPY002
    threads = torch.get_num_threads()
    _, first = train(SMALL)
    after = torch.get_rng_state(), np.random.get_state()[1], random.getstate()  # noqa: NPY002
    assert torch.equal(before[0], after[0]) and (before[1] == after[1]).all() and before[2] == after[2]
    assert torch.get_num_threads() == threads
    torch.manual_seed(6)
    _, second = train(SMALL, on_iteration=lambda history: None)
    _, other = train(replace(SMALL, seed=2))
    assert set(first) == HISTORY and {len(v) for v in first.values()} == {3}
    assert same(first, second) and not same(first, other)


def test_learning_rate_falls_linearly_or_stays():
    assert train(SMALL)[1]["learning_rate"] == pytest.approx([6e-3, 4e-3, 2e-3])
    assert train(replace(SMALL, anneal_lr=False))[1]["learning_rate"] == [6e-3] * 3


def test_target_kl_ends_the_epochs():
    def steps(target_kl):
        config = replace(SMALL, target_kl=target_kl, learning_rate=1e-2)
        agent, rollout, _, _ = rollout_of(config)
        optimizer = Adam(agent.parameters())
        update(agent, rollout, config, optimizer, torch.Generator().manual_seed(0))
        return optimizer.steps.item()

    assert steps(None) == steps(math.inf) == 8 and steps(0.0) == 2


@pytest.mark.parametrize(
    "change", [dict(clip_value_eps=0.2), dict(normalize_advantages=False), dict(ent_coef=0.1), dict(normalize_obs=True)]
)
def test_switches_change_the_run(change):
    plain, switched = train(SMALL)[1], train(replace(SMALL, **change))[1]
    assert plain["return"][0] == switched["return"][0] and plain["value_loss"] != switched["value_loss"]


def test_the_scale_of_the_observations_is_that_of_all_valid_rows_seen_and_travels_with_the_agent(tmp_path):
    seen = []
    config = replace(SMALL, normalize_obs=True)
    agent, _ = train(config)
    state = start(envs := make_envs(config.env_id, config.num_envs), config.seed, torch.Generator().manual_seed(0))
    fresh = ActorCritic.for_envs(envs, config, torch.Generator().manual_seed(0))
    for _ in range(3):
        rollout, state = collect(envs, fresh, config, state)
        logprobs = fresh.logprobs_and_entropy(*map(torch.from_numpy, (rollout.obs, rollout.actions)))[0]
        torch.testing.assert_close(logprobs.detach(), torch.from_numpy(rollout.logprobs))
        seen.append(rollout.obs[rollout.valid])
        fresh.learn_scale(seen[-1])
    envs.close()
    rows = np.concatenate(seen)
    np.testing.assert_allclose(fresh.obs_mean, rows.mean(0), rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(fresh.obs_std, rows.std(0), rtol=1e-3, atol=1e-4)

    agent.save(tmp_path / "a.pt")
    kept = ActorCritic.load(tmp_path / "a.pt")
    assert (kept.obs_mean == agent.obs_mean).all() and (agent.obs_std != 1).all()
    assert (evaluate(kept, 5) == evaluate(agent, 5)).all()


def test_without_normalize_obs_the_networks_see_what_the_environment_shows():
    agent, _ = train(SMALL)
    obs = torch.randn(3, 4)
    agent.learn_scale(obs.numpy())
    assert (agent.obs_mean == 0).all() and agent.scaled(obs) is obs


def test_history_writes_csv(tmp_path):
    _, history = train(SMALL)
    history.to_csv(tmp_path / "history.csv")
    with open(tmp_path / "history.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert set(rows[0]) == HISTORY and [row["env_steps"] for row in rows] == ["128", "256", "384"]
    assert [float(row["approx_kl"]) for row in rows] == history["approx_kl"]


def test_an_interrupt_keeps_the_agent_and_what_was_learned():
    def interrupt(history):
        if len(history["return"]) == 2:
            signal.raise_signal(signal.SIGINT)

    agent, history = train(SMALL, interrupt)
    assert history.stopped == "interrupted in iteration 2 of 3" and len(history["return"]) == 2
    assert len(evaluate(agent, episodes=2)) == 2


def test_an_interrupt_in_the_middle_of_anything():
    timer = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    try:
        agent, history = train(PPOConfig(iterations=1000))
    finally:
        timer.cancel()
    assert "interrupted" in history.stopped and len({len(v) for v in history.values()}) <= 1
    assert all(p.isfinite().all() for p in agent.parameters())


def test_a_reward_that_is_not_a_number_stops_the_run_and_says_where():
    agent, history = train(replace(SMALL, env_id="Probe/NanReward-v0"))
    assert history.stopped == "rewards of the rollout became non-finite in iteration 2 of 3"
    assert len(history["return"]) == 1 and all(p.isfinite().all() for p in agent.parameters())


def test_a_learning_rate_beyond_reason_stops_the_run_and_returns_a_finite_agent():
    agent, history = train(replace(SMALL, learning_rate=1e30, anneal_lr=False))
    assert "became non-finite in iteration" in history.stopped
    assert all(p.isfinite().all() for p in agent.parameters())


def test_a_batch_of_resets_only_is_survived():
    _, history = train(replace(SMALL, env_id="Probe/ActionMatters-v0", num_envs=1, num_steps=1, num_minibatches=1))
    assert math.isnan(history["approx_kl"][1]) and not math.isnan(history["approx_kl"][2])


# ── evaluation ───────────────────────────────────────────────────────────────────────────────────────────────


def test_evaluate_counts_one_whole_episode_per_environment():
    for name, expected in (("ConstantReward", 10.0), ("Counter", 3.0)):
        agent = train(replace(SMALL, env_id=f"Probe/{name}-v0", iterations=1))[0]
        assert evaluate(agent, episodes=5).tolist() == [expected] * 5
    assert evaluate(agent, episodes=2, max_steps=2).tolist() == [2.0, 2.0]
    with pytest.raises(ValueError, match="episodes must be ≥ 1"):
        evaluate(agent, episodes=0)


def test_evaluation_is_reproducible_and_its_seed_matters():
    agent = train(SMALL)[0]
    assert evaluate(agent, 20).tolist() == evaluate(agent, 20).tolist() != evaluate(agent, 20, seed=7).tolist()


# ── bad input ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "changes, message",
    [
        (dict(env_id=""), "env_id must be a Gymnasium id, got ''"),
        (dict(num_envs=0), "num_envs must be a whole number ≥ 1, got 0"),
        (dict(num_steps=2.5), "num_steps must be a whole number"),
        (dict(iterations="3"), "iterations must be a whole number"),
        (dict(update_epochs=True), "update_epochs must be a whole number"),
        (dict(seed=-1), "seed must be a whole number ≥ 0"),
        (dict(num_minibatches=5000), r"num_minibatches = 5000 is more than .* 32 · 64 = 2048"),
        (dict(learning_rate=-1e-3), "learning_rate must be a finite number ≥ 0"),
        (dict(learning_rate=math.inf), "learning_rate must be a finite number ≥ 0, got inf"),
        (dict(clip_eps=math.nan), "clip_eps must be a number ≥ 0, got nan"),
        (dict(clip_eps=None), "clip_eps must be a number ≥ 0, got None"),
        (dict(target_kl="small"), "target_kl must be None or a number ≥ 0, got 'small'"),
        (dict(gamma=1.5), r"gamma must be a number in \[0, 1\], got 1.5"),
        (dict(gae_lambda="x"), r"gae_lambda must be a number in \[0, 1\]"),
        (dict(ent_coef=math.inf), "ent_coef must be a finite number"),
    ],
)
def test_settings_that_make_no_sense_are_refused_by_name(changes, message):
    with pytest.raises(ValueError, match=message):
        PPOConfig(**changes)


@pytest.mark.parametrize(
    "env_id, message",
    [
        ("Nonsense-v0", "cannot make environment 'Nonsense-v0'"),
        ("FrozenLake-v1", "observations must be a flat vector of numbers, not Discrete"),
        ("Probe/Image-v0", "observations must be a flat vector"),
        ("Probe/Dictionary-v0", "observations must be a flat vector"),
    ],
)
def test_environments_out_of_reach_are_refused_before_training(env_id, message):
    with pytest.raises(ValueError, match=message):
        train(PPOConfig(env_id=env_id), on_iteration=lambda history: pytest.fail("training began"))


def test_every_setting_has_its_sentence():
    (body,) = (n.body for n in ast.parse(inspect.getsource(PPOConfig)).body)
    explained = [
        field.target.id
        for field, note in pairwise(body)
        if isinstance(field, ast.AnnAssign) and isinstance(note, ast.Expr) and note.value.value.endswith(".")
    ]
    assert explained == [f.name for f in fields(PPOConfig)]
