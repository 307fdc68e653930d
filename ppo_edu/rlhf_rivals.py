"""What else can be done with a batch of scored sentences: PPO without a critic, and one misreading (lesson 09).

Most functions take the place of `rlhf.ppo` as `rlhf.train(…, learn=…)`: same sentences, same scores, same Adam.
"""

from copy import deepcopy
from dataclasses import replace

import numpy as np
import torch

from ppo_edu.agent import as_tensor
from ppo_edu.clip import clipped_objective
from ppo_edu.customer_service import mask
from ppo_edu.kl import approx_kl
from ppo_edu.loss import normalize
from ppo_edu.ppo import Adam, minibatches, one_thread, update
from ppo_edu.ratio import log_ratio, probability_ratio
from ppo_edu.rlhf import bradley_terry_loss, contexts, ppo, word_logprobs

GROUP = 8


def reference_as_old(agent, batch, config, optimizer, generator, learning_rate):
    """PPO with π_ref literally in the ratio's denominator, as the lesson has it."""
    rollout = replace(batch.rollout, logprobs=batch.ref_logprobs.T)
    return update(agent, rollout, config, optimizer, generator, learning_rate)


def leave_one_out(returns):
    """RLOO: each sentence's return minus the mean of the others': [B] → [B]. Ahmadian et al. 2024."""
    others = (returns.sum() - returns) / (len(returns) - 1)
    return returns - others


def group_advantages(scores, size=GROUP, scaled=True):
    """GRPO: (score − mean) / std within groups of `size` answers to one prompt: [B] → [B]. Shao et al. 2024."""
    groups = scores.reshape(-1, size)
    return np.concatenate([normalize(group) if scaled else group - group.mean() for group in groups])


def rloo(agent, batch, config, optimizer, generator, learning_rate):
    """REINFORCE on whole sentences: no critic, no GAE, no ratio, no clip, one epoch; the KL is in the return."""
    returns = batch.scores - config.kl_coef * (batch.old_logprobs - batch.ref_logprobs).sum(-1)
    advantages = torch.from_numpy(leave_one_out(returns).astype(np.float32))
    obs, words, valid = _sentences(batch)
    for rows in minibatches(len(words), config.num_minibatches, generator):
        logprobs = torch.where(valid[rows], agent.logprobs_and_entropy(obs[rows], words[rows])[0], 0)
        optimizer.step(-(advantages[rows] * logprobs.sum(-1)).mean(), learning_rate, config.max_grad_norm)
    return {}


def grpo(agent, batch, config, optimizer, generator, learning_rate, estimator="k3", scaled=True):
    """PPO's clip on every word with its sentence's advantage: no critic, no GAE; the KL is a loss, k3 to π_ref.

    Not part of GRPO, but telling: another `estimator`, and advantages not `scaled` by the group's deviation.
    """
    advantages = torch.from_numpy(group_advantages(batch.scores, scaled=scaled).astype(np.float32))
    obs, words, valid = _sentences(batch)
    old_logprobs, ref_logprobs = torch.from_numpy(batch.old_logprobs), torch.from_numpy(batch.ref_logprobs)
    for _ in range(config.update_epochs):
        for rows in minibatches(len(words), config.num_minibatches, generator):
            logprobs = torch.where(valid[rows], agent.logprobs_and_entropy(obs[rows], words[rows])[0], 0)
            ratio = probability_ratio(logprobs, old_logprobs[rows])
            objective = clipped_objective(ratio, advantages[rows, None].expand_as(ratio), config.clip_eps)
            objective = objective - config.kl_coef * approx_kl(ref_logprobs[rows], logprobs, estimator)
            per_sentence = torch.where(valid[rows], objective, 0).sum(-1) / valid[rows].sum(-1)
            optimizer.step(-per_sentence.mean(), learning_rate, config.max_grad_norm)
    return {}


def dpo(reference, chosen, rejected, kl_coef=0.1, epochs=10, learning_rate=1e-3, seed=1):
    """DPO: Bradley–Terry on β log(π_θ/π_ref) of the pairs' own sentences, no reward model. Rafailov et al. 2023."""
    agent, generator = deepcopy(reference), torch.Generator().manual_seed(seed)
    words = np.concatenate([chosen, rejected])
    ref_logprobs = torch.from_numpy(word_logprobs(reference, words)).sum(-1)
    obs, words, valid = as_tensor(contexts(words)), torch.from_numpy(words), torch.from_numpy(mask(words))
    optimizer = Adam(agent.policy.parameters())
    with one_thread():
        for epoch in range(epochs):
            for rows in minibatches(len(chosen), 12, generator):
                rows = torch.cat([rows, rows + len(chosen)])
                logprobs = torch.where(valid[rows], agent.logprobs_and_entropy(obs[rows], words[rows])[0], 0).sum(-1)
                scores = kl_coef * log_ratio(logprobs, ref_logprobs[rows])
                loss = bradley_terry_loss(*scores.chunk(2)).mean()
                optimizer.step(loss, learning_rate * (1 - epoch / epochs), 1.0)
    return agent


METHODS = {"PPO": ppo, "GRPO": grpo, "RLOO": rloo}


def _sentences(batch):
    """What was seen, written and is no padding, sentence by sentence: [B, T, O], [B, T], [B, T]."""
    return (torch.from_numpy(a.swapaxes(0, 1)) for a in (batch.rollout.obs, batch.rollout.actions, batch.rollout.valid))
