"""K epochs on a frozen batch: what is frozen stays frozen, what is measured is what it says."""

import math

import numpy as np
import pytest
import torch

from ppo_edu.overfit import epochs_on, frozen_batch, histogram, measure


@pytest.fixture(scope="module")
def frozen():
    return frozen_batch(seed=1, iterations=2)


def test_the_batches_are_of_the_agent_and_differ(frozen):
    agent, batch, held_out = frozen
    assert 240 <= len(batch.obs) <= 256 and 3500 <= len(held_out.obs) <= 4096
    for part in (batch, held_out):
        assert (part.ratio(agent) - 1).abs().max() < 1e-5
        assert abs(part.advantages.mean()) < 1e-5 and abs(part.advantages.std() - 1) < 1e-2


def test_nothing_has_been_gained_or_moved_before_the_first_step(frozen):
    agent, batch, held_out = frozen
    now = measure(agent, batch, held_out)
    assert now["surrogate"] == pytest.approx(0, abs=1e-6) and now["kl"] == pytest.approx(0, abs=1e-6)
    assert now["outside"] == 0 and now["silent"] <= 0.01


def test_the_agent_handed_over_stays_as_it_is_and_the_run_is_reproducible(frozen):
    agent, batch, held_out = frozen
    before = [p.clone() for p in agent.parameters()]
    runs = [[m for _, _, m in epochs_on(agent, batch, held_out, 3e-3, 0.2, 3)] for _ in range(2)]
    assert runs[0] == runs[1] and len(runs[0]) == 3
    assert all(torch.equal(a, b) for a, b in zip(before, agent.parameters()))


def test_without_the_clip_the_same_epochs_go_further(frozen):
    agent, batch, held_out = frozen
    last = {}
    for eps in (0.2, math.inf):
        *_, (_, _, last[eps]) = epochs_on(agent, batch, held_out, 3e-3, eps, 20)
    assert last[math.inf]["kl"] > 3 * last[0.2]["kl"] > 0
    assert last[math.inf]["surrogate"] > last[0.2]["surrogate"] > 0


def test_every_sample_is_in_one_bin_of_one_of_three_kinds():
    ratio, advantages = np.array([1.0, 1.5, 1.5, 0.5, 0.5, 99.0]), np.array([1, 1, -1, 1, -1, 1.0])
    counts = histogram(ratio, advantages, 0.2, np.linspace(-2, 2, 9))
    assert counts.sum() == 6 and counts.sum(axis=1).tolist() == [1, 2, 3]
