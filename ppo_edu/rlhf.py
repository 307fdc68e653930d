"""RLHF in miniature, top to bottom: fine-tune → compare → fit a reward model → PPO on tokens (lesson 09).

The language model is the `ActorCritic` of lesson 07: its observation is what was written so far, its action the next
word. A sentence is an episode, 128 of them are written side by side, and `ppo.update` learns from them unchanged.
Three policies: π_θ is being updated (`logprobs`), π_old wrote the batch (`old_logprobs`, new in every iteration), and
π_ref is the fine-tuned model, frozen (`ref_logprobs`).
"""

import time
from copy import deepcopy
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from ppo_edu.agent import ActorCritic, as_tensor
from ppo_edu.arrays import backend, formula, is_tensor
from ppo_edu.clip import clip_fraction
from ppo_edu.config import PPOConfig
from ppo_edu.customer_service import END, LENGTH, WORDS, counts, gold, lengths, mask, sentences
from ppo_edu.ppo import Adam, History, Rollout, keep_what_was_learned, minibatches, one_thread, update
from ppo_edu.ratio import log_ratio, probability_ratio

V = len(WORDS)


@dataclass(frozen=True)
class RLHFConfig(PPOConfig):
    """`PPOConfig` with the defaults of this lesson; its environments are sentences, its steps their words."""

    kl_coef: float = 0.5
    """β, the price of a nat of log π_old − log π_ref."""
    num_envs: int = 128
    """Sentences written in an iteration."""
    num_steps: int = LENGTH
    """Words a sentence has at most, its end included."""
    iterations: int = 60
    """How often to write a batch and learn from it."""
    learning_rate: float = 2e-3
    """Adam's step size."""
    gamma: float = 1.0
    """The score comes at the end and counts in full for every word."""
    gae_lambda: float = 0.95
    """GAE's λ."""


# ── a language model is a policy ─────────────────────────────────────────────────────────────────────────────


def context(words, t):
    """What the model sees before it writes word t: the last two words, how often each stood so far, and t.

    words [B, T] → [B, 3V + T].
    """
    seen = np.zeros((len(words), 3 * V + LENGTH), dtype=np.float32)
    rows = np.arange(len(words))
    for back in (1, 2):
        if t >= back:
            seen[rows, (back - 1) * V + words[:, t - back]] = 1
    for place in range(t):
        seen[rows, 2 * V + words[:, place]] += 1
    seen[:, 3 * V + t] = 1
    return seen


def write(agent, count, generator):
    """Let the policy write sentences word by word: words [count, T], and what it saw [count, T, O]."""
    words, ended = np.full((count, LENGTH), END), np.zeros(count, dtype=bool)
    obs = np.empty((count, LENGTH, 3 * V + LENGTH), dtype=np.float32)
    for t in range(LENGTH):
        obs[:, t] = context(words, t)
        words[:, t] = np.where(ended, END, agent.act(obs[:, t], generator))
        ended |= words[:, t] == END
    return words, obs


def contexts(words):
    """What `write` saw while it wrote `words`: [B, T] → [B, T, O]."""
    return np.stack([context(words, t) for t in range(LENGTH)], axis=1)


@torch.no_grad()
def word_logprobs(agent, words, obs=None):
    """log π(word t | words before) of sentences that are there already: [B, T] → [B, T], 0 on the padding."""
    obs = as_tensor(contexts(words) if obs is None else obs)
    logprobs = agent.logprobs_and_entropy(obs, torch.from_numpy(words))[0].numpy()
    return np.where(mask(words), logprobs, 0)


# ── 1 · supervised fine-tuning ───────────────────────────────────────────────────────────────────────────────


def fine_tune(seed=1, examples=4000, epochs=6, learning_rate=5e-3, config=RLHFConfig()):  # noqa: B008  frozen
    """SFT: maximise log π of the template's sentences; returns the agent that will be the reference."""
    generator = torch.Generator().manual_seed(seed)
    agent = ActorCritic(config, 3 * V + LENGTH, V, generator=generator)
    words = sentences(examples, np.random.default_rng(seed))
    valid = mask(words)
    obs, words = as_tensor(contexts(words)[valid]), torch.from_numpy(words[valid])
    optimizer = Adam(agent.policy.parameters())
    with one_thread():
        for epoch in range(epochs):
            for rows in minibatches(len(words), len(words) // 512, generator):
                loss = -agent.logprobs_and_entropy(obs[rows], words[rows])[0].mean()
                optimizer.step(loss, learning_rate * (1 - epoch / epochs), 1.0)
    return agent


# ── 2 · preferences and the reward model ─────────────────────────────────────────────────────────────────────


@formula("chosen_scores", "rejected_scores")
def bradley_terry_loss(chosen_scores, rejected_scores):
    """−log σ(R(chosen) − R(rejected)) per pair, to be minimised. Any shape.

    P(chosen is preferred) = σ of the difference of scores: only differences count.
    Raises `ValueError` when the shapes differ.

    >>> round(bradley_terry_loss(1.0, 0.0), 6)
    0.313262
    """
    margin = chosen_scores - rejected_scores
    if is_tensor(margin):
        return nn.functional.softplus(-margin)
    return backend(margin).logaddexp(0, -margin)


def preferences(words, scores, generator):
    """Pair sentence 2i with 2i+1 and draw who wins by Bradley–Terry of `scores`: chosen, rejected, [B/2, T] each."""
    wins = generator.random(len(words) // 2) < 1 / (1 + np.exp(scores[1::2] - scores[::2]))
    first, second = words[::2], words[1::2]
    return np.where(wins[:, None], first, second), np.where(wins[:, None], second, first)


def word_counts(words):
    """All that the first reward model sees: [B, T] → [B, V]. No count tells that two polite words are the same."""
    return counts(words)


def counts_and_presence(words):
    """What the second reward model sees: counts, whether a word stands there at all, and the length squared."""
    found, length = counts(words), lengths(words)[:, None]
    return np.concatenate([found, found > 0, (length / LENGTH) ** 2], axis=1, dtype=np.float32)


class RewardModel:
    """score(words) = w · features(words) + a constant that makes the mean 0 on the sentences it was fitted to."""

    def __init__(self, features, weights, offset=0.0):
        self.features, self.weights, self.offset = features, weights, offset

    def __call__(self, words):
        """Scores of sentences: [B, T] → [B]."""
        return self.features(words) @ self.weights - self.offset


def fit_reward_model(chosen, rejected, features=word_counts, steps=300, learning_rate=0.05, penalty=1e-3):
    """Minimise the Bradley–Terry loss, and a little w², over pairs of sentences [P, T]; returns the `RewardModel`."""
    ours, theirs = (as_tensor(features(words)) for words in (chosen, rejected))
    weights = nn.Parameter(torch.zeros(ours.shape[1]))
    optimizer = Adam([weights])
    with one_thread():
        for _ in range(steps):
            loss = bradley_terry_loss(ours @ weights, theirs @ weights).mean() + penalty * (weights**2).sum()
            optimizer.step(loss, learning_rate, np.inf)
    fitted = weights.detach().numpy().copy()
    return RewardModel(features, fitted, (features(np.concatenate([chosen, rejected])) @ fitted).mean())


def compare(reference, seed=1, pairs=1500):
    """Sentences the reference writes, judged in pairs by people who value gold: chosen, rejected, [pairs, T] each."""
    with one_thread():
        words, _ = write(reference, 2 * pairs, torch.Generator().manual_seed(seed))
    return preferences(words, gold(words), np.random.default_rng(seed))


def prepare(seed=1, features=word_counts):
    """Stages 1 and 2 from one seed: the fine-tuned reference, and a reward model fitted to its sentences."""
    reference = fine_tune(seed)
    return reference, fit_reward_model(*compare(reference, seed), features)


# ── 3 · PPO on tokens ────────────────────────────────────────────────────────────────────────────────────────


def token_rewards(scores, logprobs, ref_logprobs, mask, kl_coef):
    """r_t = −β (log π_old − log π_ref), and the sentence's score on its last word. Ziegler et al. 2019, eq. 2.

    scores [B]; logprobs of the policy that wrote the sentences, ref_logprobs and mask [B, T] → [B, T], 0 where the
    mask is. Summed over a sentence: score − β log(π_old(y)/π_ref(y)). Raises `ValueError` for shapes that do not fit.

    >>> token_rewards([2.0], [[-1.0, -0.5, 0.0]], [[-1.5, -0.5, 0.0]], [[1, 1, 0]], kl_coef=0.5)
    array([[-0.25,  2.  ,  0.  ]])
    """
    scores, logprobs, ref_logprobs = (np.asarray(a, dtype=float) for a in (scores, logprobs, ref_logprobs))
    mask = np.asarray(mask, dtype=bool)
    if not logprobs.shape == ref_logprobs.shape == mask.shape == (*scores.shape, mask.shape[-1]):
        shapes = f"scores {scores.shape}, logprobs {logprobs.shape}, ref_logprobs {ref_logprobs.shape}"
        raise ValueError(f"shapes differ: {shapes}, mask {mask.shape}")
    if not mask[:, 0].all() or (mask[:, 1:] > mask[:, :-1]).any():
        raise ValueError("mask must be True for every word up to a sentence's last, and False after it")
    rewards = np.zeros(mask.shape)
    rewards[mask] = -kl_coef * log_ratio(logprobs[mask], ref_logprobs[mask])
    return rewards + np.where(last_words(mask), scores[:, None], 0)


def last_words(mask):
    """True on the last word of every sentence: [B, T] → [B, T]."""
    return mask & ~np.pad(mask, ((0, 0), (0, 1)))[:, 1:]


@dataclass(frozen=True)
class Batch:
    """Sentences of π_old: what was written, what it scored, and the rollout that `ppo.update` takes."""

    words: np.ndarray  # [B, T]
    scores: np.ndarray  # [B] of the reward model
    old_logprobs: np.ndarray  # [B, T] of π_old, which wrote them
    ref_logprobs: np.ndarray  # [B, T] of π_ref
    rollout: Rollout  # [T, B], with the padding not `valid`


def collect(agent, reference, score, config, generator):
    """Write a batch, score it, and lay it out as episodes that end with their sentences."""
    words, obs = write(agent, config.num_envs, generator)
    valid, scores = mask(words), score(words)
    old_logprobs, ref_logprobs = word_logprobs(agent, words, obs), word_logprobs(reference, words, obs)
    rewards = token_rewards(scores, old_logprobs, ref_logprobs, valid, config.kl_coef)
    with torch.no_grad():
        values = np.where(valid, agent.value(as_tensor(obs)).numpy(), 0)
    next_values = np.pad(values, ((0, 0), (0, 1)))[:, 1:]
    last = last_words(valid)
    arrays = obs, words, old_logprobs, rewards.astype(np.float32), values, next_values, last, last & False, valid
    rollout = Rollout(*(a.swapaxes(0, 1) for a in arrays), episode_returns=rewards.sum(-1))
    return Batch(words, scores, old_logprobs, ref_logprobs, rollout)


def ppo(agent, batch, config, optimizer, generator, learning_rate):
    """Lesson 07's update, unchanged: to PPO these are episodes like any other."""
    return update(agent, batch.rollout, config, optimizer, generator, learning_rate)


def train(reference, score, config=RLHFConfig(), on_iteration=None, learn=ppo):  # noqa: B008  frozen
    """Improve a copy of `reference` towards a high `score` at the price β·KL; returns (agent, history).

    Determined by its arguments, `seconds` apart. Gold is measured and never used. `on_iteration(history)` is called
    after every iteration; Ctrl-C and a loss that is not finite keep what was learned, as in `ppo.train`.
    `learn` takes a batch and changes the agent: PPO, or one of `rlhf_rivals`.
    """
    generator = torch.Generator().manual_seed(config.seed)
    agent, reference = deepcopy(reference), deepcopy(reference)
    optimizer, history = Adam(agent.parameters()), History()
    began = time.perf_counter()
    with keep_what_was_learned(history, optimizer, config):
        for iteration in range(config.iterations):
            history.begin(optimizer)
            batch = collect(agent, reference, score, config, generator)
            metrics = learn(agent, batch, config, optimizer, generator, config.learning_rate_at(iteration))
            valid = mask(batch.words)
            ref_ratio = probability_ratio(batch.old_logprobs, batch.ref_logprobs)[valid]
            history.add(
                iteration=iteration + 1,
                proxy=float(batch.scores.mean()),
                gold=float(gold(batch.words).mean()),
                kl=float(log_ratio(batch.old_logprobs, batch.ref_logprobs).sum(-1).mean()),
                length=float(valid.sum(-1).mean()),
                outside_ref=clip_fraction(ref_ratio, config.clip_eps),
                **metrics,
                seconds=time.perf_counter() - began,
            )
            if on_iteration is not None:
                on_iteration(history)
    return agent, history


# ── what came of it ──────────────────────────────────────────────────────────────────────────────────────────


def evaluate(agent, reference, score, count=4000, seed=1_000_000):
    """Means over `count` fresh sentences: proxy, gold, kl = KL(π_θ‖π_ref) per sentence, length; and the words."""
    with one_thread():
        words, obs = write(agent, count, torch.Generator().manual_seed(seed))
        kl = log_ratio(word_logprobs(agent, words, obs), word_logprobs(reference, words, obs)).sum(-1)
    columns = dict(proxy=score(words), gold=gold(words), kl=kl, length=lengths(words))
    return {name: float(column.mean()) for name, column in columns.items()}, words


def optimum_weights(scores, kl_coef):
    """Weights ∝ exp(R/β) of sentences drawn from π_ref: sums over them are means under π* = π_ref exp(R/β)/Z.

    π* maximises E[R] − β KL(π‖π_ref) over all policies. Returns (weights [B], which sum to 1, KL(π*‖π_ref)).
    """
    tilt = np.asarray(scores) / kl_coef
    weights = np.exp(tilt - tilt.max())
    log_normaliser = np.log(weights.mean()) + tilt.max()
    weights /= weights.sum()
    return weights, float(weights @ tilt - log_normaliser)
