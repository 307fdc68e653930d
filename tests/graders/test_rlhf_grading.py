"""Exercise 09's solutions against the package and their own docstrings, and what its probes have to hold."""

import contextlib
import io

import bank_rlhf as bank
import mutants
import numpy as np
import pytest
import torch

from ppo_edu import rlhf
from ppo_edu.grading.checks import rlhf_loss, rlhf_masked_gae, rlhf_three_policies, rlhf_token_rewards
from ppo_edu.grading.checks.rlhf import ITEMS
from ppo_edu.grading.items import everything, grade
from ppo_edu.grading.submission import read_master, read_submission
from ppo_edu.ppo import advantages_and_returns


@pytest.fixture(scope="module")
def solved():
    """The functions of the solution notebook."""
    master = read_master(mutants.ROOT / "exercises" / "09_rlhf.ipynb")
    scope = {"__name__": "__main__"}
    exec("import numpy as np\nimport torch", scope)
    for source in read_submission(mutants.ROOT / "solutions" / "09_rlhf.ipynb", master).sources:
        with contextlib.redirect_stdout(io.StringIO()):
            exec(compile(source, "solution", "exec"), scope)
    return scope


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.name)
def test_points_add_up_and_hints_keep_the_answer_back(item):
    steps = grade(item, bank.RIGHT[item.name][0]).steps
    assert sum(step.points for step in steps) == pytest.approx(item.points) and all(step.points > 0 for step in steps)
    lines = [line.strip() for line in item.answer.splitlines() if line]
    assert not any(line in hint for line in lines for hint in item.hints)


def test_the_exercise_is_worth_eleven_points_and_the_course_a_hundred():
    assert sum(item.points for item in ITEMS) == 11
    assert sum(item.points for item in everything().values()) == 100


def test_the_worked_numbers_of_the_docstrings(solved):
    assert round(solved["bradley_terry_loss"](1.2, 0.4), 6) == 0.371101
    assert solved["bradley_terry_loss"](0.0, 1000.0) == 1000
    assert np.allclose(solved["token_rewards"](*rlhf_token_rewards.BY_HAND), [[-0.25, 2, 0]])
    advantages, returns = solved["masked_gae"](*rlhf_masked_gae.BY_HAND)
    assert advantages.tolist() == [[0.75, 1, 0]] and returns.tolist() == [[1.25, 2, 0]]
    by_hand = [torch.tensor(x) if np.ndim(x) else x for x in rlhf_loss.by_hand()]
    assert round(solved["rlhf_loss"](*by_hand).item(), 4) == 0.525
    word = (np.array([x]) for x in (0.03, 0.028, 0.01, 1.0))
    table = [round(column.item(), 6) for column in solved["three_policies"](*word, 0.2, 0.5)]
    assert table == [1.071429, 1.071429, 1, -0.514810]


def test_the_solutions_make_of_a_batch_what_the_trainer_makes_of_it(solved):
    """Rewards, advantages and targets of the lesson's own sentences, by the exercise and by lesson 07's code."""
    config = rlhf.RLHFConfig(num_envs=16, gamma=0.95, gae_lambda=0.7)
    agent, reference = (rlhf.fine_tune(seed, examples=200, epochs=1) for seed in (1, 2))
    batch = rlhf.collect(agent, reference, lambda words: rlhf.lengths(words) - 5.0, config, torch.Generator())
    valid, values = batch.rollout.valid.T, batch.rollout.values.T
    rewards = solved["token_rewards"](batch.scores, batch.old_logprobs, batch.ref_logprobs, valid, config.kl_coef)
    assert np.allclose(rewards, batch.rollout.rewards.T, atol=1e-5) and not valid.all()
    noise = np.random.default_rng(0).normal(size=values.shape)
    advantages, returns = solved["masked_gae"](rewards, np.where(valid, values, noise), valid, 0.95, 0.7)
    expected = advantages_and_returns(batch.rollout, config)
    for ours, theirs in zip((advantages, returns), expected):
        assert np.allclose(ours[valid], theirs.T[valid], atol=1e-5) and not ours[~valid].any()


def test_every_draw_has_words_of_all_kinds_and_none_near_an_edge():
    for seed in range(20):
        for new, old, _, A, _, mask, eps, _ in rlhf_loss.full_rows(seed) + rlhf_loss.with_padding(seed)[1:]:
            ratio = np.exp(new - old)[mask]
            good = A[mask] > A[mask].mean()
            assert np.abs(np.abs(ratio - 1) - eps).min() > 0.01
            for kind in (ratio < 1 - eps, abs(ratio - 1) < eps, ratio > 1 + eps):
                assert (kind & good).any() and (kind & ~good).any()
        new, old, _, _, _, mask, eps, _ = rlhf_loss.edges(seed)[-1]
        assert eps == 0 and np.abs(np.exp(new - old)[mask] - 1).min() > 1e-5
        for new, old, ref, A, eps, _ in rlhf_three_policies.made_up(seed):
            assert np.abs(np.abs(new / old - 1) - eps).min() > 0.01 and np.abs(np.log(old / ref)).max() > 0.3
            assert (A != 0).all()


def test_what_a_seed_changes_is_numbers_and_never_lengths():
    for module in (rlhf_token_rewards, rlhf_masked_gae):
        one, two = ([*module.with_padding(seed), *module.borders(seed)] for seed in (1, 2))
        masks = [[next(x for x in inputs if np.asarray(x).dtype == bool) for inputs in probes] for probes in (one, two)]
        assert all(np.array_equal(*pair) for pair in zip(*masks))
        assert not np.allclose(one[1][0], two[1][0])
