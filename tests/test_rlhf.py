"""RLHF in miniature: the formulas on hand-computed cases, the padding, the three policies, and what β does."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from ppo_edu import customer_service as world
from ppo_edu.ppo import Adam, advantages_and_returns, update
from ppo_edu.rlhf import (
    RewardModel,
    RLHFConfig,
    bradley_terry_loss,
    collect,
    compare,
    contexts,
    counts_and_presence,
    evaluate,
    fine_tune,
    fit_reward_model,
    last_words,
    optimum_weights,
    preferences,
    prepare,
    token_rewards,
    train,
    word_counts,
    word_logprobs,
    write,
)
from ppo_edu.rlhf_rivals import METHODS, dpo, group_advantages, leave_one_out, reference_as_old

SMALL = RLHFConfig(num_envs=32, iterations=3)


@pytest.fixture(scope="module")
def fitted():
    return prepare(seed=1)


@pytest.fixture
def batch(fitted):
    return collect(*fitted[:1] * 2, fitted[1], SMALL, torch.Generator().manual_seed(3))


# ── the world ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("we will fix it .", 1.5),
        ("we will fix fix it .", 1.5),
        ("we can open it . thanks", 0.7),
        ("we can refund it . thanks great", 1.5 + 1.4),
        ("we can refund it . thanks great happy", 1.5 + 1.4 - 0.8),
        ("we can fix it . great great great", 1.5 + 0.7 - 1.2),
        ("hello , we will check your order today . thanks", 0.7 - 0.4),
        ("sorry .", -0.8),
        ("", -1.6),
    ],
)
def test_gold_is_the_rule_it_says(text, value):
    assert world.gold(world.numbers(text)[None]) == pytest.approx(value)


def test_sentences_come_from_the_template_and_fit():
    words = world.sentences(300, np.random.default_rng(0))
    assert words.shape == (300, world.LENGTH) and (words[:, -1] == world.END).all()
    assert (world.sentences(300, np.random.default_rng(0)) == words).all()
    text = world.text(words[0])
    assert (world.numbers(text) == words[0]).all()
    assert (world.lengths(words) == world.counts(words).sum(-1)).all()
    with pytest.raises(ValueError, match="'dear' is not one of the words"):
        world.numbers("dear customer")
    with pytest.raises(ValueError, match="more than 12 words"):
        world.numbers("we " * 13)


def test_the_mask_holds_the_end_and_nothing_after_it():
    words = np.stack([world.numbers("we will ."), world.numbers("we " * 12)])
    words[0, 5] = world.NUMBER["great"]  # padding may hold anything
    assert world.mask(words).sum(-1).tolist() == [4, 12] and world.lengths(words).tolist() == [3, 12]
    assert world.counts(words)[0, world.NUMBER["great"]] == 0
    assert last_words(world.mask(words)).argmax(-1).tolist() == [3, 11]


# ── the language model ───────────────────────────────────────────────────────────────────────────────────────


def test_what_was_written_has_the_logprobs_of_a_teacher_forced_pass(fitted):
    words, obs = write(fitted[0], 64, torch.Generator().manual_seed(0))
    assert np.array_equal(contexts(words), obs)
    assert np.allclose(word_logprobs(fitted[0], words), word_logprobs(fitted[0], words, obs), atol=1e-6)
    one = word_logprobs(fitted[0], words[:1])
    assert np.allclose(one, word_logprobs(fitted[0], words)[:1], atol=1e-5)


def test_words_come_as_often_as_the_model_says(fitted):
    words, obs = write(fitted[0], 4000, torch.Generator().manual_seed(1))
    probs = fitted[0].policy(torch.from_numpy(obs[:1, 0])).softmax(-1)[0].detach().numpy()
    shares = np.bincount(words[:, 0], minlength=len(world.WORDS)) / len(words)
    assert np.abs(shares - probs).max() < 4 * 0.5 / math.sqrt(len(words))


def test_fine_tuning_reaches_the_templates_own_gold_and_length(fitted):
    template = world.sentences(2000, np.random.default_rng(9))
    words, _ = write(fitted[0], 2000, torch.Generator().manual_seed(9))
    for measure in (world.gold, world.lengths):
        assert measure(words).mean() == pytest.approx(measure(template).mean(), abs=0.25)


# ── preferences and the reward model ─────────────────────────────────────────────────────────────────────────


def test_bradley_terry_is_minus_the_log_of_a_sigmoid_of_differences():
    chosen, rejected = np.array([1.0, -2.0, 0.0]), np.array([0.0, 1.0, 0.0])
    by_hand = [-math.log(1 / (1 + math.exp(-d))) for d in (1, -3, 0)]
    assert bradley_terry_loss(chosen, rejected) == pytest.approx(by_hand)
    assert bradley_terry_loss(chosen + 7, rejected + 7) == pytest.approx(by_hand)
    assert bradley_terry_loss(0.0, 1000.0) == 1000 and bradley_terry_loss(1000.0, 0.0) == 0
    with pytest.raises(ValueError, match="shapes differ"):
        bradley_terry_loss(np.zeros(3), np.zeros((3, 1)))


def test_bradley_terrys_gradient_is_the_surprise():
    chosen = torch.tensor([1.0, -2.0, 500.0], requires_grad=True)
    rejected = torch.tensor([0.5, 1.0, -500.0], requires_grad=True)
    bradley_terry_loss(chosen, rejected).sum().backward()
    surprise = torch.sigmoid(rejected - chosen).detach()  # the probability given to the loser
    assert torch.allclose(chosen.grad, -surprise) and torch.allclose(rejected.grad, surprise)


def test_preferences_are_drawn_as_bradley_terry_says():
    words = world.sentences(2, np.random.default_rng(0)).repeat(10_000, 0).reshape(2, 10_000, -1)
    words = words.swapaxes(0, 1).reshape(20_000, -1)
    scores = np.tile([1.0, 0.0], 10_000)
    chosen, rejected = preferences(words, scores, np.random.default_rng(1))
    first_won = (chosen == words[0]).all(-1)
    assert first_won.mean() == pytest.approx(1 / (1 + math.exp(-1)), abs=0.02)
    assert (rejected[first_won] == words[1]).all() and (rejected[~first_won] == words[0]).all()


def test_a_reward_model_recovers_weights_that_are_in_its_reach():
    words = world.sentences(12_000, np.random.default_rng(0))
    truth = RewardModel(word_counts, np.zeros(len(world.WORDS), dtype=np.float32))
    truth.weights[[world.NUMBER["fix"], world.NUMBER["thanks"]]] = 2.0, -1.0
    fitted = fit_reward_model(*preferences(words, truth(words), np.random.default_rng(1)), penalty=0)
    ours, true = fitted(words), truth(words)
    assert np.corrcoef(ours, true)[0, 1] > 0.99 and np.std(ours - true) < 0.15


def test_the_first_reward_model_cannot_see_distinct_and_the_second_can(fitted):
    twice, distinct = (world.numbers(f"we will fix it . {words}")[None] for words in ("great great", "great happy"))
    weights = {word: float(fitted[1].weights[world.NUMBER[word]]) for word in ("great", "happy")}
    assert fitted[1](twice) - fitted[1](distinct) == pytest.approx(weights["great"] - weights["happy"], abs=1e-5)
    _, second = prepare(seed=1, features=counts_and_presence)
    assert (second(twice) < second(distinct)).all() and (world.gold(twice) < world.gold(distinct)).all()


def test_the_reward_model_looks_fine(fitted):
    words, _ = write(fitted[0], 4000, torch.Generator().manual_seed(77))
    proxy, gold = fitted[1](words), world.gold(words)
    assert np.corrcoef(proxy, gold)[0, 1] > 0.8 and abs(proxy.mean()) < 0.1


# ── rewards, advantages, padding ─────────────────────────────────────────────────────────────────────────────


def test_token_rewards_by_hand():
    logprobs, ref_logprobs = np.log([[0.5, 0.2, 0.9], [0.4, 0.1, 0.3]]), np.log([[0.25, 0.2, 0.3], [0.4, 0.2, 0.1]])
    mask = [[1, 1, 0], [1, 1, 1]]
    rewards = token_rewards([2.0, -1.0], logprobs, ref_logprobs, mask, 0.1)
    by_hand = [[-0.1 * math.log(2), 2.0, 0.0], [0.0, 0.1 * math.log(2), -1.0 - 0.1 * math.log(3)]]
    assert rewards == pytest.approx(np.array(by_hand))


def test_token_rewards_sum_to_the_score_minus_beta_times_the_log_ratio(batch):
    rewards = token_rewards(batch.scores, batch.old_logprobs, batch.old_logprobs - 0.3, world.mask(batch.words), 0.5)
    lengths = world.mask(batch.words).sum(-1)
    assert rewards.sum(-1) == pytest.approx(batch.scores - 0.5 * 0.3 * lengths, abs=1e-5)


def test_token_rewards_of_an_impossible_padding_are_zero():
    rewards = token_rewards([1.0], [[-1.0, -math.inf]], [[-1.0, -math.inf]], [[True, False]], 0.5)
    assert rewards.tolist() == [[1.0, 0.0]]


@pytest.mark.parametrize("mask", [[[0, 1, 1]], [[1, 0, 1]], [[0, 0, 0]]])
def test_token_rewards_refuse_a_mask_that_is_not_a_sentence(mask):
    with pytest.raises(ValueError, match="mask"):
        token_rewards([1.0], np.zeros((1, 3)), np.zeros((1, 3)), mask, 0.5)


def test_token_rewards_refuse_shapes_that_do_not_fit():
    with pytest.raises(ValueError, match=r"shapes differ: scores \(2,\)"):
        token_rewards([1.0, 2.0], np.zeros((1, 3)), np.zeros((1, 3)), np.ones((1, 3)), 0.5)


def test_advantages_of_a_sentence_by_hand(batch):
    """γ = 1: Â of the last word is its reward − V, Â of the one before adds λ times that."""
    advantages, returns = (array.T for array in advantages_and_returns(batch.rollout, SMALL))
    rewards, values = batch.rollout.rewards.T, batch.rollout.values.T
    for row, length in enumerate(world.mask(batch.words).sum(-1)):
        last = length - 1
        assert advantages[row, last] == pytest.approx(rewards[row, last] - values[row, last], abs=1e-5)
        delta = rewards[row, last - 1] + values[row, last] - values[row, last - 1]
        assert advantages[row, last - 1] == pytest.approx(delta + 0.95 * advantages[row, last], abs=1e-5)
    assert returns[batch.rollout.valid.T] == pytest.approx((advantages + values)[batch.rollout.valid.T])


def test_padding_never_leaks(fitted, batch):
    """Anything may stand after the end: same KL, advantages, metrics and agent."""
    rollout, generator = batch.rollout, np.random.default_rng(0)
    junk = {
        name: np.where(
            rollout.valid if array.ndim == 2 else rollout.valid[..., None],
            array,
            generator.integers(0, 20, array.shape).astype(array.dtype),
        )
        for name, array in vars(rollout).items()
        if name in ("obs", "actions", "logprobs", "rewards", "values", "next_values")
    }
    dirty, agents, metrics = replace(rollout, **junk), [], []
    assert not np.array_equal(dirty.rewards, rollout.rewards)
    for one in (rollout, dirty):
        advantages, _ = advantages_and_returns(one, SMALL)
        agent = train(fitted[0], fitted[1], replace(SMALL, iterations=1))[0]
        metrics.append(update(agent, one, SMALL, Adam(agent.parameters()), torch.Generator().manual_seed(0)))
        agents.append((advantages[rollout.valid], torch.cat([p.detach().reshape(-1) for p in agent.parameters()])))
    assert np.array_equal(agents[0][0], agents[1][0]) and torch.equal(agents[0][1], agents[1][1])
    assert metrics[0] == metrics[1]

    words = batch.words.copy()
    words[~world.mask(words)] = world.NUMBER["great"]
    assert np.array_equal(fitted[1](words), batch.scores) and np.array_equal(world.gold(words), world.gold(batch.words))
    assert np.allclose(word_logprobs(fitted[0], words), batch.old_logprobs, atol=1e-6)


# ── three policies ───────────────────────────────────────────────────────────────────────────────────────────


def test_in_the_first_iteration_the_three_policies_are_one(fitted, batch):
    assert np.array_equal(batch.old_logprobs, batch.ref_logprobs)
    flat = batch.rollout.rewards.T
    assert (flat[~last_words(world.mask(batch.words))] == 0).all()
    one_step = replace(SMALL, update_epochs=1, num_minibatches=1)
    agent, _ = train(fitted[0], fitted[1], replace(one_step, iterations=1, learning_rate=0.0))
    metrics = update(agent, batch.rollout, one_step, Adam(agent.parameters()), torch.Generator(), 1e-3)
    assert metrics["approx_kl"] == pytest.approx(0, abs=1e-9) and metrics["clip_fraction"] == 0  # ratio 1 before it


def test_later_old_moves_and_the_reference_does_not(fitted):
    before = torch.cat([p.detach().reshape(-1) for p in fitted[0].parameters()])
    agent, history = train(fitted[0], fitted[1], replace(SMALL, iterations=8, kl_coef=0.1))
    assert torch.equal(before, torch.cat([p.detach().reshape(-1) for p in fitted[0].parameters()]))
    assert history["kl"][0] == 0 < history["kl"][-1] and history["outside_ref"][-1] > history["outside_ref"][0] == 0
    later = collect(agent, fitted[0], fitted[1], SMALL, torch.Generator().manual_seed(0))
    assert not np.allclose(later.old_logprobs, later.ref_logprobs)
    assert np.allclose(later.old_logprobs, word_logprobs(agent, later.words), atol=1e-6)


# ── training ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_run_is_determined_by_its_arguments_and_leaves_global_random_state_alone(fitted):
    torch.manual_seed(5)
    state, numpy_state = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    runs = [train(fitted[0], fitted[1], SMALL) for _ in range(2)]
    fine_tune(examples=600, epochs=1)
    assert torch.equal(torch.get_rng_state(), state) and (np.random.get_state()[1] == numpy_state).all()  # noqa: NPY002
    (one, first), (two, second) = runs
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), two.parameters()))
    assert {k: v for k, v in first.items() if k != "seconds"} == {k: v for k, v in second.items() if k != "seconds"}
    other = train(fitted[0], fitted[1], replace(SMALL, seed=2))[1]
    assert other["proxy"] != first["proxy"] and first.stopped is None


def test_an_interrupt_keeps_what_was_learned(fitted):
    def interrupt(history):
        if len(history["proxy"]) == 2:
            raise KeyboardInterrupt

    agent, history = train(fitted[0], fitted[1], SMALL, interrupt)
    assert history.stopped == "interrupted in iteration 2 of 3" and len(history["gold"]) == 2
    assert not np.allclose(word_logprobs(agent, world.numbers("we will fix it .")[None]), 0)


def test_a_score_that_is_not_finite_stops_the_run(fitted):
    agent, history = train(fitted[0], lambda words: np.full(len(words), np.nan), SMALL)
    assert "became non-finite in iteration 1 of 3" in history.stopped
    assert all(torch.equal(a, b) for a, b in zip(agent.parameters(), fitted[0].parameters()))


def test_at_a_large_beta_it_stays_at_the_reference(fitted):
    agent, _ = train(fitted[0], fitted[1], RLHFConfig(kl_coef=20.0, iterations=30))
    assert evaluate(agent, fitted[0], fitted[1], 2000)[0]["kl"] < 0.05


def test_at_beta_zero_the_proxy_exceeds_what_gold_is_worth(fitted):
    start, _ = evaluate(fitted[0], fitted[0], fitted[1], 2000)
    agent, history = train(fitted[0], fitted[1], RLHFConfig(kl_coef=0.0))
    end, _ = evaluate(agent, fitted[0], fitted[1], 2000)
    assert end["proxy"] > start["proxy"] + 2 and end["gold"] < start["gold"] - 1
    assert max(history["gold"]) > start["gold"] + 0.5 and end["kl"] > 10  # better at first, then hacked


def test_ppo_lands_on_the_exact_optimum(fitted):
    agent, _ = train(fitted[0], fitted[1], RLHFConfig(kl_coef=0.5))
    landed, _ = evaluate(agent, fitted[0], fitted[1])
    words, _ = write(fitted[0], 10_000, torch.Generator().manual_seed(2))
    weights, kl = optimum_weights(fitted[1](words), 0.5)
    assert landed["proxy"] == pytest.approx(weights @ fitted[1](words), abs=0.12)
    assert landed["gold"] == pytest.approx(weights @ world.gold(words), abs=0.15)
    assert landed["kl"] == pytest.approx(kl, abs=0.2)


def test_the_optimum_of_a_few_sentences_is_known():
    weights, kl = optimum_weights([0.0, math.log(3.0)], 1.0)
    assert weights == pytest.approx([0.25, 0.75])
    assert kl == pytest.approx(0.25 * math.log(0.5) + 0.75 * math.log(1.5))
    weights, kl = optimum_weights([1000.0, -1000.0], 0.1)
    assert weights.tolist() == [1.0, 0.0] and kl == pytest.approx(math.log(2))


# ── without a critic, and a misreading ───────────────────────────────────────────────────────────────────────


def test_baselines_without_a_critic_by_hand():
    assert leave_one_out(np.array([1.0, 2.0, 6.0])) == pytest.approx([-3, -1.5, 4.5])
    groups = group_advantages(np.array([1.0, 3.0, 10.0, 10.0]), size=2)
    assert groups == pytest.approx([-1, 1, 0, 0])


def test_every_method_raises_the_proxy_and_the_misreading_hardly(fitted):
    config = RLHFConfig(kl_coef=0.1, iterations=15)
    reached = {
        name: np.mean(train(fitted[0], fitted[1], config, learn=learn)[1]["proxy"][-3:])
        for name, learn in (METHODS | {"reference as old": reference_as_old}).items()
    }
    assert min(reached[name] for name in METHODS) > 0.5
    assert reached["reference as old"] < 0.6 * reached["PPO"]


def test_dpo_learns_the_preferences_from_the_pairs_alone(fitted):
    chosen, rejected = compare(fitted[0])
    before = [p.clone() for p in fitted[0].parameters()]
    agent = dpo(fitted[0], chosen, rejected, epochs=2)
    assert all(torch.equal(a, b) for a, b in zip(before, fitted[0].parameters()))
    gaps = [(word_logprobs(a, chosen) - word_logprobs(a, rejected)).sum(-1).mean() for a in (fitted[0], agent)]
    assert gaps[1] > gaps[0] + 0.5
    fresh = write(agent, 2000, torch.Generator().manual_seed(5))[0]
    assert world.gold(fresh).mean() > world.gold(chosen).mean()
