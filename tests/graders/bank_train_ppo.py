"""Answers to exercise 07, right ones in many styles and wrong ones with a piece of the message each must get."""

import collections
import inspect
import itertools
import math
import textwrap
from dataclasses import dataclass, make_dataclass
from types import SimpleNamespace

import numpy as np
import torch
import torch.nn.functional as F
from registry import bank
from torch.distributions import Categorical

from ppo_edu import clip, entropy, loss, ratio
from ppo_edu.agent import ActorCritic
from ppo_edu.config import PPOConfig
from ppo_edu.envs import make_envs as of_the_package
from ppo_edu.gae import gae, td_errors

RIGHT, WRONG, right, wrong, _ = bank()


def edited(function, *changes):
    """The function with lines of its source replaced: what a learner gets who writes this one thing otherwise."""
    source = textwrap.dedent(inspect.getsource(function))
    source = source[source.index("def ") :]
    for old, new in changes:
        assert old in source, (function.__name__, old)
        source = source.replace(old, new)
    space = dict(globals())
    exec(compile(source, "<an answer>", "exec"), space)
    return space[function.__name__]


def in_bulk(item, function, answers):
    """Register edited versions of a right answer, given as {(name, piece): changes}."""
    for (name, piece), changes in answers.items():
        answer = edited(function, *changes)
        answer.__name__ = name
        wrong(item, piece)(answer)


NAMES = ("obs", "actions", "logprobs", "rewards", "next_obs", "terminated", "truncated", "valid")

# -- collect, right ----------------------------------------------------------------------------------------------


@right("collect")
def rows_then_columns(envs, policy, obs, done, num_steps):
    rows = []
    for _ in range(num_steps):
        actions, logprobs = policy(obs)
        next_obs, rewards, terminated, truncated, _ = envs.step(actions)
        rows.append((obs, actions, logprobs, rewards, next_obs, terminated, truncated, ~done))
        obs, done = next_obs, terminated | truncated
    return {name: np.stack(column) for name, column in zip(NAMES, zip(*rows))}, obs, done


@right("collect")
def asked_ahead(envs, policy, obs, done, num_steps):
    """The policy is asked once more than there are rows, and the last answer is thrown away."""
    rows = []
    actions, logprobs = policy(obs)
    for _ in range(num_steps):
        next_obs, rewards, terminated, truncated, _ = envs.step(actions)
        rows.append((obs, actions, logprobs, rewards, next_obs, terminated, truncated, ~done))
        obs, done = next_obs, terminated | truncated
        actions, logprobs = policy(obs)
    return {name: np.stack(column) for name, column in zip(NAMES, zip(*rows))}, obs, done


@right("collect")
def arrays_filled_row_by_row(envs, policy, obs, done, num_steps):
    T, N = num_steps, envs.num_envs
    shape = envs.single_observation_space.shape
    all_obs, next_obs = np.zeros((T, N, *shape)), np.zeros((T, N, *shape))
    actions = np.zeros((T, N, *envs.single_action_space.shape), dtype=envs.single_action_space.dtype)
    logprobs, rewards = np.zeros((T, N)), np.zeros((T, N))
    terminated, truncated, valid = (np.zeros((T, N), dtype=bool) for _ in range(3))
    for t in range(T):
        all_obs[t], valid[t] = obs, np.logical_not(done)
        actions[t], logprobs[t] = policy(obs)
        obs, rewards[t], terminated[t], truncated[t], info = envs.step(actions[t])
        next_obs[t] = obs
        done = np.logical_or(terminated[t], truncated[t])
    rollout = dict(obs=all_obs, actions=actions, logprobs=logprobs, rewards=rewards, next_obs=next_obs)
    return rollout | dict(terminated=terminated, truncated=truncated, valid=valid), obs, done


@right("collect")
def one_array_longer_by_a_row(envs, policy, obs, done, num_steps):
    T, N = num_steps, envs.num_envs
    seen = np.empty((T + 1, *obs.shape), dtype=np.float32)
    ended = np.empty((T + 1, N), dtype=bool)
    seen[0], ended[0] = obs, done
    rest = []
    for t in range(T):
        actions, logprobs = policy(seen[t])
        seen[t + 1], rewards, terminated, truncated, _ = envs.step(actions)
        ended[t + 1] = terminated | truncated
        rest.append([actions, logprobs, rewards, terminated, truncated])
    actions, logprobs, rewards, terminated, truncated = map(np.array, zip(*rest))
    rollout = dict(
        obs=seen[:-1], actions=actions, logprobs=logprobs, rewards=rewards, next_obs=seen[1:],
        terminated=terminated, truncated=truncated, valid=~ended[:-1],
    )  # fmt: skip
    return rollout, seen[-1], ended[-1]


@right("collect")
def dict_of_lists(envs, policy, obs, done, num_steps):
    rollout = {name: [] for name in NAMES}
    for _ in range(num_steps):
        rollout["obs"].append(obs)
        rollout["valid"].append(~done)
        actions, logprobs = policy(obs)
        obs, rewards, terminated, truncated, _ = envs.step(actions)
        done = terminated | truncated
        new = dict(actions=actions, logprobs=logprobs, rewards=rewards, next_obs=obs)
        for name, value in (new | dict(terminated=terminated, truncated=truncated)).items():
            rollout[name].append(value)
    return rollout, obs, done


@right("collect")
def torch_all_through(envs, policy, obs, done, num_steps):
    rows, obs, done = [], torch.as_tensor(obs), torch.as_tensor(done)
    for _ in range(num_steps):
        actions, logprobs = map(torch.as_tensor, policy(obs))
        next_obs, rewards, terminated, truncated, _ = envs.step(actions.numpy())
        new = [torch.as_tensor(x) for x in (rewards, next_obs, terminated, truncated)]
        rows.append([obs, actions, logprobs, *new, ~done])
        obs, done = new[1], new[2] | new[3]
    return {name: torch.stack(column) for name, column in zip(NAMES, zip(*rows))}, obs, done


@dataclass
class Rollout:
    obs: np.ndarray
    actions: np.ndarray
    logprobs: np.ndarray
    rewards: np.ndarray
    next_obs: np.ndarray
    terminated: np.ndarray
    truncated: np.ndarray
    valid: np.ndarray


@right("collect")
def into_a_dataclass(envs, policy, obs, done, num_steps):
    rollout, obs, done = rows_then_columns(envs, policy, obs, done, num_steps)
    return Rollout(**rollout), obs, done


@right("collect")
def into_a_namedtuple(envs, policy, obs, done, num_steps):
    rollout, obs, done = rows_then_columns(envs, policy, obs, done, num_steps)
    return collections.namedtuple("Rows", NAMES)(**rollout), obs, done


@right("collect")
def into_a_namespace_and_a_list(envs, policy, obs, done, num_steps):
    rollout, obs, done = one_array_longer_by_a_row(envs, policy, obs, done, num_steps)
    return [SimpleNamespace(**rollout), obs, done]


@right("collect")
def valid_afterwards(envs, policy, obs, done, num_steps):
    rollout, obs, last = rows_then_columns(envs, policy, obs, done & False, num_steps)
    ended = rollout["terminated"] | rollout["truncated"]
    rollout["valid"] = np.concatenate([[~done], ~ended[:-1]])
    return rollout, obs, last


@right("collect")
def flags_as_numbers(envs, policy, obs, done, num_steps):
    rollout = collections.defaultdict(list)
    done = done.astype(np.float32)
    for _ in range(num_steps):
        actions, logprobs = policy(obs)
        following, rewards, terminated, truncated, _ = envs.step(actions)
        columns = obs, actions, logprobs, rewards, following, terminated, truncated, 1 - done
        for name, value in zip(NAMES, columns):
            rollout[name].append(np.asarray(value, dtype=np.float32))
        obs, done = following, np.maximum(terminated, truncated).astype(np.float32)
    return {name: np.array(column) for name, column in rollout.items()}, obs, done


@right("collect")
def a_generator_of_rows(envs, policy, obs, done, num_steps):
    end = []

    def play(obs, done):
        for _ in range(num_steps):
            actions, logprobs = policy(obs)
            step = envs.step(actions)
            yield obs, actions, logprobs, step[1], step[0], step[2], step[3], ~done
            obs, done = step[0], step[2] + step[3]
        end.extend([obs, done])

    columns = [np.stack(column) for column in zip(*play(obs, done))]
    return dict(zip(NAMES, columns)), *end


@right("collect")
def by_recursion(envs, policy, obs, done, num_steps):
    def go(obs, done, left):
        if not left:
            return [], obs, done
        actions, logprobs = policy(obs)
        seen, rewards, terminated, truncated, _ = envs.step(actions)
        row = obs, actions, logprobs, rewards, seen, terminated, truncated, done == False  # noqa: E712  as beginners do
        rows, *end = go(seen, terminated | truncated, left - 1)
        return [row, *rows], *end

    rows, obs, done = go(obs, done, num_steps)
    return {name: [row[i] for row in rows] for i, name in enumerate(NAMES)}, obs, done


@right("collect")
def python_lists_in_the_end(envs, policy, obs, done, num_steps):
    rollout, obs, done = rows_then_columns(envs, policy, obs, done, num_steps)
    return {name: column.tolist() for name, column in rollout.items()}, obs.tolist(), done.tolist()


@right("collect")
def grown_by_concatenation(envs, policy, obs, done, num_steps):
    rollout = {}
    while not rollout or len(rollout["obs"]) < num_steps:
        actions, logprobs = policy(obs)
        seen, rewards, terminated, truncated, _ = envs.step(actions)
        row = dict(zip(NAMES, (obs, actions, logprobs, rewards, seen, terminated, truncated, ~done)))
        rollout = {k: np.concatenate([rollout[k], x[None]]) if rollout else x[None] for k, x in row.items()}
        obs, done = seen, terminated | truncated
    return rollout | {"dones": rollout["terminated"] | rollout["truncated"]}, obs, done


@right("collect")
def by_a_class_made_on_the_fly(envs, policy, obs, done, num_steps):
    rollout, obs, done = dict_of_lists(envs, policy, obs, done, num_steps)
    rows = make_dataclass("Rows", NAMES)
    return rows(**{name: np.array(column) for name, column in rollout.items()}), obs, done


# -- collect, wrong ----------------------------------------------------------------------------------------------

APPEND = "rows.append((obs, actions, logprobs, rewards, next_obs, terminated, truncated, ~done))"
STEP = "next_obs, rewards, terminated, truncated, _ = envs.step(actions)"
GO_ON = "obs, done = next_obs, terminated | truncated"
RETURN = "return {name: np.stack(column) for name, column in zip(NAMES, zip(*rows))}, obs, done"


def row(**changes):
    """`APPEND` with some of its entries replaced."""
    entries = dict(
        zip(NAMES, ("obs", "actions", "logprobs", "rewards", "next_obs", "terminated", "truncated", "~done"))
    )
    return [(APPEND, f"rows.append(({', '.join((entries | changes).values())}))")]


def at_the_end(line, answer="rollout, obs, done"):
    """A line that changes `rollout` before it is returned."""
    made = RETURN.replace("return ", "rollout = ").replace(", obs, done", "")
    return [(RETURN, f"{made}\n    {line}\n    return {answer}")]


ENDS = "ends = rollout['terminated'] | rollout['truncated']; "
MASK = ENDS + "start = rollout['valid'][:1]; "

in_bulk(
    "collect",
    rows_then_columns,
    {
        ("reset_first", "You reset the environments"): [("rows = []", "rows = []; obs, _ = envs.reset(seed=0)")],
        ("reset_at_ends", "You reset the environments"): [
            (GO_ON, GO_ON + "\n        if done.any():\n            obs, _ = envs.reset()")
        ],
        ("no_step", "never step"): [
            (STEP, "next_obs, rewards, terminated, truncated = obs, 0.0 * logprobs, done & False, done & False")
        ],
        ("one_step_more", "more or fewer"): [("range(num_steps)", "range(num_steps + 1)")],
        ("one_step_less", "more or fewer"): [("range(num_steps)", "range(max(num_steps - 1, 1))")],
        ("until_an_end", "more or fewer"): [(GO_ON, GO_ON + "\n        if done.all():\n            break")],
        ("steps_shared_by_environments", "more or fewer"): [("range(num_steps)", "range(-(-num_steps // len(obs)))")],
        ("stepped_twice", "more or fewer"): [(GO_ON, GO_ON + "\n        envs.step(actions)")],
        ("logprobs_asked_again", "more than once a row"): [(STEP, "logprobs = policy(obs)[1]\n        " + STEP)],
        ("logprobs_of_the_successor", "more than once a row"): [
            (STEP, STEP + "\n        logprobs = policy(next_obs)[1]")
        ],
        ("asked_once", "step more often than you ask"): [
            ("rows = []", "rows = []; actions, logprobs = policy(obs)"),
            ("actions, logprobs = policy(obs)\n        next", "next"),
        ],
        ("asked_for_the_shapes_first", "more than once a row"): [("rows = []", "rows = []; policy(obs)")],
        ("asked_ahead_other_actions", "other actions than the policy gave"): [
            ("rows = []", "rows = []; actions, logprobs = policy(obs)"),
            ("actions, logprobs = policy(obs)\n        next", "next"),
            (GO_ON, GO_ON + "; actions, logprobs = policy(obs)"),
            ("envs.step(actions)", "envs.step(2 - actions)"),
        ],
        ("asked_ahead_and_stored_after", "`actions`"): [
            ("rows = []", "rows = []; actions, logprobs = policy(obs)"),
            ("actions, logprobs = policy(obs)\n        next", "next"),
            (STEP, STEP + "\n        played = actions, logprobs; actions, logprobs = policy(next_obs)"),
        ],
        ("ends_left_out", "your rollout is empty"): [
            (
                APPEND,
                "if (terminated | truncated).any():\n            "
                "obs, done = next_obs, terminated | truncated\n            continue\n        " + APPEND,
            )
        ],
        ("obs_not_renewed", "about an old observation"): [(GO_ON, "done = terminated | truncated")],
        ("obs_of_the_last_row", "about an old observation"): [
            ("rows = []", "rows = []; old = obs"),
            ("= policy(obs)", "= policy(old); old = obs"),
        ],
        ("other_actions", "other actions than the policy gave"): [("envs.step(actions)", "envs.step(2 - actions)")],
        ("greedy_by_logprobs", "other actions than the policy gave"): [
            ("envs.step(actions)", "envs.step(np.full(len(obs), actions[logprobs.argmax()]))")
        ],
        ("obs_after", "what was seen *after*"): row(obs="next_obs"),
        ("obs_overwritten_first", "what was seen *after*"): [(STEP, STEP + "\n        obs = next_obs")],
        ("changed_places", "have changed places: obs"): row(obs="next_obs", next_obs="obs"),
        ("last_row_everywhere", "All rows are the same"): at_the_end(
            "rollout['obs'] = 0 * rollout['obs'] + rollout['obs'][-1]"
        ),
        ("one_reward_for_all", "All rows are the same"): at_the_end("rollout['rewards'][:] = rollout['rewards'][-1]"),
        ("next_is_now", "is obs[t] again"): row(next_obs="obs"),
        ("next_by_roll", "last row's successor"): at_the_end(
            "rollout['next_obs'] = np.roll(rollout['obs'], -1, axis=0)"
        ),
        ("next_by_shift", "last row's successor"): at_the_end(
            "rollout['next_obs'] = np.append(rollout['obs'][1:], rollout['obs'][-1:], axis=0)"
        ),
        ("next_by_shift_and_zeros", "last row's successor"): at_the_end(
            "rollout['next_obs'] = np.append(rollout['obs'][1:], 0 * rollout['obs'][-1:], axis=0)"
        ),
        ("next_one_late", "one row late"): at_the_end("rollout['next_obs'] = np.roll(rollout['next_obs'], 1, axis=0)"),
        ("nothing_at_ends", "you store nothing, or what was seen before"): [
            (APPEND, row(next_obs="np.where(np.array(terminated | truncated)[:, None], 0, next_obs)")[0][1])
        ],
        ("now_at_ends", "you store nothing, or what was seen before"): [
            (APPEND, row(next_obs="np.where(np.array(terminated | truncated)[:, None], obs, next_obs)")[0][1])
        ],
        ("the_reset_at_ends", "first observation of the next one"): at_the_end(
            ENDS
            + "n = rollout['next_obs']; rollout['next_obs'] = np.where(ends[..., None], np.append(n[1:], n[-1:], 0), n)"
        ),
        ("rewards_late", "those of a neighbouring row: rewards"): at_the_end(
            "rollout['rewards'] = np.append(0 * rollout['rewards'][:1], rollout['rewards'][:-1], axis=0)"
        ),
        ("rewards_early", "those of a neighbouring row: rewards"): at_the_end(
            "rollout['rewards'] = np.roll(rollout['rewards'], -1, axis=0)"
        ),
        ("running_return", "You add the rewards up"): [
            ("rows = []", "rows = []; total = 0.0"),
            (APPEND, "total = total * ~done + rewards\n        " + row(rewards="total")[0][1]),
        ],
        ("running_sum", "You add the rewards up"): at_the_end("rollout['rewards'] = rollout['rewards'].cumsum(0)"),
        ("last_reward_dropped", "drop the reward of the step that ended"): row(
            rewards="rewards * ~(terminated | truncated)"
        ),
        ("terminal_reward_dropped", "drop the reward of the step that ended"): row(rewards="rewards * ~terminated"),
        ("probabilities", "Those are probabilities"): row(logprobs="np.exp(logprobs)"),
        ("minus_logprobs", "sign of the log-probabilities"): row(logprobs="-logprobs"),
        ("flags_unpacked_in_the_wrong_order", "have changed places: `step`"): [
            ("rewards, terminated, truncated, _", "rewards, truncated, terminated, _")
        ],
        ("one_done_for_both", "Two flags have become one"): row(terminated="terminated | truncated"),
        ("done_as_truncated", "Two flags have become one"): row(truncated="terminated | truncated"),
        ("either_or", "both flags"): row(truncated="truncated & ~terminated"),
        ("truncated_wins", "both flags"): row(terminated="terminated & ~truncated"),
        ("begins_an_episode", "those of the row before"): row(terminated="done"),
        ("flag_late", "those of the row before"): at_the_end(
            "t = rollout['terminated']; rollout['terminated'] = np.append(t[:1] & False, t[:-1], axis=0)"
        ),
        ("truncated_late", "those of the row before"): at_the_end(
            "rollout['truncated'] = np.roll(rollout['truncated'], 1, axis=0)"
        ),
        ("last_row_invalid", "the *last* row of each episode"): row(valid="~(terminated | truncated)"),
        ("fallen_row_invalid", "the *last* row of each episode"): row(valid="~terminated"),
        ("all_valid", "You keep every row"): row(valid="done | True"),
        ("mask_turned", "is turned around"): row(valid="done"),
        ("ends_for_valid", "is True where an episode ends"): row(valid="terminated | truncated"),
        ("after_death_only", "Both kinds of end count"): [
            (APPEND, row(valid="~fresh")[0][1]),
            ("rows = []", "rows = []; fresh = done"),
            (GO_ON, GO_ON + "; fresh = terminated"),
        ],
        ("after_limits_only", "Both kinds of end count"): [
            (APPEND, row(valid="~fresh")[0][1]),
            ("rows = []", "rows = []; fresh = done"),
            (GO_ON, GO_ON + "; fresh = truncated"),
        ],
        ("done_not_used", "Row 0 may be a reset"): [("rows = []", "rows = []; done = np.zeros(len(obs), dtype=bool)")],
        ("first_row_never", "Row 0 may be a reset"): [("rows = []", "rows = []; done = np.ones(len(obs), dtype=bool)")],
        ("mask_by_roll", "Row 0 may be a reset"): at_the_end(ENDS + "rollout['valid'] = ~np.roll(ends, 1, axis=0)"),
        ("row_before", "wrong neighbour"): at_the_end(
            ENDS + "rollout['valid'] = ~np.append(ends[1:], ends[:1] & False, 0)"
        ),
        ("second_after", "wrong neighbour"): at_the_end(
            MASK + "rollout['valid'] = np.concatenate([ends[:1] | True, start, ~ends[:-2]])[: len(ends)]"
        ),
        ("end_and_reset", "wrong neighbour"): row(valid="~done & ~terminated & ~truncated"),
        ("one_for_all", "share one flag"): row(valid="np.repeat(not done.any(), len(done))"),
        ("all_for_one", "share one flag"): row(valid="np.repeat(not done.all(), len(done))"),
        ("never_again", "share one flag"): [(GO_ON, "obs, done = next_obs, done | terminated | truncated")],
        ("done_not_renewed", "renewed after every step"): [(GO_ON, "obs = next_obs")],
        ("hands_on_the_last_obs", "The observation you hand on"): at_the_end("", "rollout, rollout['obs'][-1], done"),
        ("hands_on_the_first_obs", "The observation you hand on"): at_the_end("", "rollout, rollout['obs'][0], done"),
        ("hands_on_terminated", "The `done` you hand on"): at_the_end("", "rollout, obs, terminated"),
        ("hands_on_nothing_done", "The `done` you hand on"): at_the_end("", "rollout, obs, done & False"),
        ("hands_on_any_end", "The `done` you hand on"): at_the_end(ENDS, "rollout, obs, ends.any(0)"),
        ("hands_on_valid", "The `done` you hand on"): at_the_end("", "rollout, obs, rollout['valid'][-1]"),
        ("only_valid_rows", "Keep all T rows"): at_the_end(
            "keep = rollout['valid'].all(1)", "{k: x[keep] for k, x in rollout.items()}, obs, done"
        ),
        ("flat", "Keep rows and columns apart"): at_the_end(
            "", "{k: x.reshape(-1, *x.shape[2:]) for k, x in rollout.items()}, obs, done"
        ),
        ("columns_first", "Time is axis 0"): at_the_end(
            "", "{k: x.swapaxes(0, 1) for k, x in rollout.items()}, obs, done"
        ),
        ("one_row_more", "One row too many"): at_the_end(
            "rollout['obs'] = np.append(rollout['obs'], obs[None], axis=0)"
        ),
        ("first_environment_only", "column n is environment n"): at_the_end(
            "", "{k: x[:, 0] for k, x in rollout.items()}, obs, done"
        ),
        ("no_valid", "has no valid"): at_the_end("del rollout['valid']"),
        ("a_tuple_of_arrays", "should be a dict of arrays"): at_the_end("", "tuple(rollout.values()), obs, done"),
        ("rollout_only", "Return three things"): at_the_end("", "rollout"),
        ("sums_of_logprobs", "is not yet what belongs into its rows"): row(logprobs="logprobs + logprobs.sum()"),
        ("actions_plus_one", "`actions` is not yet"): row(actions="actions + 1"),
        ("a_name_too_few", "NameError"): row(rewards="reward"),
    },
)


@wrong("collect", "in place")
def done_in_place(envs, policy, obs, done, num_steps):
    rows = []
    for _ in range(num_steps):
        actions, logprobs = policy(obs)
        next_obs, rewards, terminated, truncated, _ = envs.step(actions)
        rows.append((obs, actions, logprobs, rewards, next_obs, terminated, truncated, ~done))
        obs = next_obs
        done[:] = terminated | truncated
    return {name: np.stack(column) for name, column in zip(NAMES, zip(*rows))}, obs, done


@wrong("collect", "All rows are the same")
def one_row_object_for_all(envs, policy, obs, done, num_steps):
    current, rows = obs.copy(), []
    for _ in range(num_steps):
        actions, logprobs = policy(current)
        next_obs, rewards, terminated, truncated, _ = envs.step(actions)
        rows.append((current, actions, logprobs, rewards, next_obs, terminated, truncated, ~done))
        done = terminated | truncated
        if len(rows) < num_steps:
            current[:] = next_obs
    return {name: np.stack(column) for name, column in zip(NAMES, zip(*rows))}, next_obs, done


# -- minibatches, right ------------------------------------------------------------------------------------------


@right("minibatches")
def permuted_and_split(n, count, generator):
    order = torch.randperm(n, generator=generator)
    return order.tensor_split(min(count, n))


@right("minibatches")
def numpy_split(n, count, generator):
    return np.array_split(torch.randperm(n, generator=generator).numpy(), min(count, n))


@right("minibatches")
def every_count_th(n, count, generator):
    order = torch.randperm(n, generator=generator)
    return [order[i::count] for i in range(min(count, n))]


@right("minibatches")
def dealt_like_cards(n, count, generator):
    hands = [[] for _ in range(min(count, n))]
    for i, card in enumerate(torch.randperm(n, generator=generator).tolist()):
        hands[i % len(hands)].append(card)
    return hands


@right("minibatches")
def slices_between_edges(n, count, generator):
    order = torch.randperm(n, generator=generator)
    edges = np.linspace(0, n, min(count, n) + 1).astype(int)
    return [order[a:b] for a, b in itertools.pairwise(edges)]


@right("minibatches")
def split_by_sizes(n, count, generator):
    count = min(count, n)
    size, rest = divmod(n, count)
    return torch.randperm(n, generator=generator).split([size + 1] * rest + [size] * (count - rest))


@right("minibatches")
def a_generator_function(n, count, generator):
    order = torch.randperm(n, generator=generator)
    yield from order.tensor_split(min(count, n))


@right("minibatches")
def numpy_seeded_from_the_generator(n, count, generator):
    rng = np.random.default_rng(torch.randint(2**62, (), generator=generator).item())
    return np.array_split(rng.permutation(n), min(count, n))


@right("minibatches")
def sorted_by_random_keys(n, count, generator):
    return torch.rand(n, generator=generator, dtype=torch.float64).argsort().tensor_split(min(count, n))


@right("minibatches")
def drawn_without_replacement(n, count, generator):
    order = torch.multinomial(torch.ones(n), n, generator=generator)
    return [part.tolist() for part in order.tensor_split(min(count, n))]


@right("minibatches")
def shuffled_by_swaps(n, count, generator):
    order = list(range(n))
    for i in range(n - 1, 0, -1):
        j = int(torch.randint(i + 1, (1,), generator=generator))
        order[i], order[j] = order[j], order[i]
    count = min(count, n)
    return [tuple(order[k * n // count : (k + 1) * n // count]) for k in range(count)]


@right("minibatches")
def sorted_within_the_parts(n, count, generator):
    parts = torch.randperm(n, generator=generator).tensor_split(count)
    return [part.sort().values for part in parts if len(part)]


@right("minibatches")
def by_labels(n, count, generator):
    labels = torch.arange(n) % min(count, n)
    labels = labels[torch.randperm(n, generator=generator)]
    return [torch.nonzero(labels == k).flatten() for k in range(min(count, n))]


@right("minibatches")
def small_parts_first(n, count, generator):
    return tuple(reversed(torch.randperm(n, generator=generator).tensor_split(min(count, n))))


@right("minibatches")
def popped_from_a_deck(n, count, generator):
    deck, parts = torch.randperm(n, generator=generator).tolist(), []
    for left in range(min(count, n), 0, -1):
        parts.append([deck.pop() for _ in range(len(deck) // left)])
    return parts


# -- minibatches, wrong ------------------------------------------------------------------------------------------

in_bulk(
    "minibatches",
    permuted_and_split,
    {
        ("in_order", "in the order in which they were played"): [
            ("torch.randperm(n, generator=generator)", "torch.arange(n)")
        ],
        ("every_count_th_undrawn", "Shuffle them, and draw from the generator"): [
            (
                "return order.tensor_split(min(count, n))",
                "return [torch.arange(n)[i::count] for i in range(min(count, n))]",
            )
        ],
        ("parts_of_a_size_that_may_be_0", "number of parts is not `count`"): [
            ("tensor_split(min(count, n))", "split(n // count)")
        ],
        ("backwards", "deals the rows in the same way"): [
            ("torch.randperm(n, generator=generator)", "torch.arange(n).flip(0)")
        ],
        ("own_seed", "deals the rows in the same way"): [("generator=generator", "generator=generator.manual_seed(0)")],
        ("seed_of_the_generator", "deals the rows in the same way"): [
            (
                "torch.randperm(n, generator=generator)",
                "np.random.default_rng(generator.initial_seed()).permutation(n)",
            ),
            ("order.tensor_split(min(count, n))", "np.array_split(order, min(count, n))"),
        ],
        ("a_copy_of_the_generator", "deals the rows in the same way"): [
            ("generator=generator", "generator=generator.clone_state()")
        ],
        ("global_draws", "do not come from `generator`"): [("(n, generator=generator)", "(n)")],
        ("numpy_draws", "do not come from `generator`"): [
            ("torch.randperm(n, generator=generator)", "torch.from_numpy(np.random.default_rng().permutation(n))")
        ],
        ("with_replacement", "come twice in an epoch"): [
            ("torch.randperm(n, generator=generator)", "torch.randint(n, (n,), generator=generator)")
        ],
        ("each_part_drawn_by_itself", "come twice in an epoch"): [
            (
                "return order.tensor_split(min(count, n))",
                "sizes = [len(p) for p in order.tensor_split(min(count, n))]\n"
                "    return [torch.randperm(n, generator=generator)[:size] for size in sizes]",
            )
        ],
        ("first_row_everywhere", "come twice in an epoch"): [
            ("return order", "return [torch.cat([p, order[:1]]) for p in order"),
            ("n))", "n))]"),
        ],
        ("remainder_dropped", "Rows get lost"): [
            ("return order.", "return order[: max(n // count, 1) * min(count, n)].")
        ],
        ("last_row_lost", "Rows get lost"): [("return order.", "return order[: max(n - 1, 1)].")],
        ("last_part_lost", "Rows get lost"): [("(min(count, n))", "(min(count, n))[: -1 if n > 20 else None]")],
        ("parts_of_a_size", "number of parts is not `count`"): [
            ("tensor_split(min(count, n))", "split(max(n // count, 1))")
        ],
        ("one_part", "number of parts is not `count`"): [("order.tensor_split(min(count, n))", "[order]")],
        ("one_part_more", "number of parts is not `count`"): [("min(count, n))", "min(count + 1, n))")],
        ("single_rows", "number of parts is not `count`"): [("min(count, n))", "n)")],
        ("empty_parts", "There are empty parts"): [("min(count, n)", "count")],
        ("chunks", "sizes of the parts differ"): [
            ("order.tensor_split(min(count, n))", "order.split(-(-n // min(count, n)))")
        ],
        ("rest_to_the_last", "sizes of the parts differ"): [
            (
                "return order.tensor_split(min(count, n))",
                "size = max(n // count, 1)\n    count = min(count, n)\n"
                "    return [order[k * size : (k + 1) * size if k < count - 1 else n] for k in range(count)]",
            )
        ],
        ("blocks_in_random_order", "Neighbours stay together"): [
            (
                "return order.tensor_split(min(count, n))",
                "parts = torch.arange(n).tensor_split(min(count, n))\n"
                "    return [parts[i] for i in torch.randperm(len(parts), generator=generator)]",
            )
        ],
        ("shuffled_within_blocks", "Neighbours stay together"): [
            (
                "return order.tensor_split(min(count, n))",
                "parts = torch.arange(n).tensor_split(min(count, n))\n"
                "    return [p[torch.randperm(len(p), generator=generator)] for p in parts]",
            )
        ],
        ("rolled", "Neighbours stay together"): [
            (
                "torch.randperm(n, generator=generator)",
                "torch.arange(n).roll(int(torch.randint(n, (), generator=generator)))",
            )
        ],
        ("strides_from_a_random_start", "Neighbours stay together"): [
            (
                "return order.tensor_split(min(count, n))",
                "k = int(torch.randint(n, (), generator=generator))\n"
                "    return [torch.arange(n).roll(k)[i::count] for i in range(min(count, n))]",
            )
        ],
        ("row_0_stays", "Neighbours stay together"): [
            (
                "torch.randperm(n, generator=generator)",
                "torch.cat([torch.zeros(1).long(), 1 + torch.randperm(n - 1, generator=generator)])",
            )
        ],
        ("pairs_stay", "Neighbours stay together"): [
            (
                "return order",
                "pairs = dict.fromkeys((order // 2).tolist())\n"
                "    order = torch.cat([order[order // 2 == k] for k in pairs])\n    return order",
            )
        ],
        ("masks", "should hold row numbers"): [
            (
                "return order.tensor_split(min(count, n))",
                "return [torch.isin(torch.arange(n), p) for p in order.tensor_split(min(count, n))]",
            )
        ],
        ("counted_from_one", "should hold row numbers"): [("return order.", "return (order + 1).")],
        ("random_keys_for_rows", "should hold row numbers"): [("torch.randperm", "torch.rand")],
        ("not_split", "Give a list of parts"): [(".tensor_split(min(count, n))", "")],
        ("a_column_each", "Give a list of parts"): [("return order.", "return order[:, None].")],
        ("a_number", "Give a list of parts"): [("order.tensor_split(min(count, n))", "len(order)")],
        ("numpys_method", "AttributeError"): [("tensor_split", "array_split")],
    },
)


# -- one step, right ---------------------------------------------------------------------------------------------


@right("ppo_step")
def as_in_the_formula(agent, optimizer, batch, clip_eps, vf_coef, ent_coef, max_grad_norm):
    logs = agent.policy(batch["obs"]).log_softmax(-1)
    logprobs = logs.gather(1, batch["actions"][:, None])[:, 0]
    A = batch["advantages"]
    A = (A - A.mean()) / (A.std(correction=0) + 1e-8)
    ratio = torch.exp(logprobs - batch["old_logprobs"])
    clip_objective = torch.min(ratio * A, ratio.clamp(1 - clip_eps, 1 + clip_eps) * A).mean()
    value_loss = ((agent.critic(batch["obs"])[:, 0] - batch["returns"]) ** 2 / 2).mean()
    entropy = -(logs.exp() * logs).sum(-1).mean()
    loss = -(clip_objective - vf_coef * value_loss + ent_coef * entropy)
    optimizer.zero_grad()
    loss.backward()
    norm = torch.nn.utils.clip_grad_norm_(agent.parameters(), max_grad_norm)
    optimizer.step()
    return norm


@right("ppo_step")
def as_in_most_code(agent, optimizer, batch, clip_eps, vf_coef, ent_coef, max_grad_norm):
    dist = Categorical(logits=agent.policy(batch["obs"]))
    logratio = dist.log_prob(batch["actions"]) - batch["old_logprobs"]
    ratio = logratio.exp()
    mb_advantages = batch["advantages"]
    mb_advantages = (mb_advantages - mb_advantages.mean()) / (mb_advantages.std(unbiased=False) + 1e-8)
    pg_loss1 = -mb_advantages * ratio
    pg_loss2 = -mb_advantages * torch.clamp(ratio, 1 - clip_eps, 1 + clip_eps)
    pg_loss = torch.max(pg_loss1, pg_loss2).mean()
    v_loss = 0.5 * ((agent.critic(batch["obs"]).view(-1) - batch["returns"]) ** 2).mean()
    loss = pg_loss - ent_coef * dist.entropy().mean() + v_loss * vf_coef
    optimizer.zero_grad()
    loss.backward()
    norm = torch.nn.utils.clip_grad_norm_(agent.parameters(), max_grad_norm)
    optimizer.step()
    return norm.item()


@right("ppo_step")
def from_the_package(agent, optimizer, batch, clip_eps, vf_coef, ent_coef, max_grad_norm):
    logprobs, S = entropy.logprobs_and_entropy(agent.policy(batch["obs"]), batch["actions"])
    ratios = ratio.probability_ratio(logprobs, batch["old_logprobs"])
    L = clip.clipped_objective(ratios, loss.normalize(batch["advantages"]), clip_eps).mean()
    vf = loss.value_loss(agent.critic(batch["obs"]).squeeze(-1), batch["returns"]).mean()
    optimizer.zero_grad(set_to_none=False)
    (-loss.total_objective(L, vf, S.mean(), vf_coef, ent_coef)).backward()
    norm = torch.nn.utils.clip_grad_norm_(agent.parameters(), max_grad_norm)
    optimizer.step()
    return float(norm)


@right("ppo_step")
def with_torchs_losses(agent, optimizer, batch, clip_eps, vf_coef, ent_coef, max_grad_norm):
    agent.zero_grad()
    logits = agent.policy(batch["obs"])
    ratio = (-F.cross_entropy(logits, batch["actions"], reduction="none") - batch["old_logprobs"]).exp()
    A = batch["advantages"] - batch["advantages"].mean()
    A = A / (A.square().mean().sqrt() + 1e-8)
    L = torch.minimum(ratio * A, ratio.clip(1 - clip_eps, 1 + clip_eps) * A).mean()
    probs = logits.softmax(dim=1)
    S = torch.special.entr(probs).sum(dim=1).mean()
    objective = L - vf_coef * 0.5 * F.mse_loss(agent.critic(batch["obs"]).flatten(), batch["returns"]) + ent_coef * S
    (-objective).backward()
    norm = torch.nn.utils.clip_grad_norm_(optimizer.param_groups[0]["params"], max_norm=max_grad_norm)
    optimizer.step()
    return norm


@right("ppo_step")
def ascent_by_turning_the_gradient(agent, optimizer, batch, clip_eps, vf_coef, ent_coef, max_grad_norm):
    logs = F.log_softmax(agent.policy(batch["obs"]), dim=-1)
    rows = torch.arange(len(logs))
    ratio = (logs[rows, batch["actions"]] - batch["old_logprobs"]).exp()
    A = (batch["advantages"] - batch["advantages"].mean()) / (batch["advantages"].std(correction=0) + 1e-8)
    L = torch.where(A > 0, ratio.clamp(max=1 + clip_eps), ratio.clamp(min=1 - clip_eps)) * A
    error = agent.critic(batch["obs"]).squeeze(1) - batch["returns"]
    S = -(logs.exp() * logs).sum(-1)
    objective = (L - vf_coef * error**2 / 2 + ent_coef * S).mean()
    parameters = list(agent.parameters())
    for p, g in zip(parameters, torch.autograd.grad(objective, parameters)):
        p.grad = -g
    norm = torch.nn.utils.clip_grad_norm_(parameters, max_grad_norm)
    optimizer.step()
    return norm


@right("ppo_step")
def norm_by_hand(agent, optimizer, batch, clip_eps, vf_coef, ent_coef, max_grad_norm):
    for p in agent.parameters():
        p.grad = None
    as_in_the_formula_loss(agent, batch, clip_eps, vf_coef, ent_coef).backward()
    norm = math.sqrt(sum((p.grad**2).sum().item() for p in agent.parameters()))
    if norm > max_grad_norm:
        for p in agent.parameters():
            p.grad *= max_grad_norm / norm
    optimizer.step()
    return norm


def as_in_the_formula_loss(agent, batch, clip_eps, vf_coef, ent_coef):
    logs = agent.policy(batch["obs"]).log_softmax(-1)
    A = batch["advantages"]
    A = (A - A.mean()) / (A.std(correction=0) + 1e-8)
    ratio = (logs.gather(1, batch["actions"].unsqueeze(1)).squeeze(1) - batch["old_logprobs"]).exp()
    L = torch.min(ratio * A, ratio.clamp(1 - clip_eps, 1 + clip_eps) * A).mean()
    error = agent.critic(batch["obs"]) - batch["returns"].reshape(-1, 1)
    return -L + vf_coef * (error**2).mean() / 2 + ent_coef * (logs.exp() * logs).sum(-1).mean()


@right("ppo_step")
def row_by_row(agent, optimizer, batch, clip_eps, vf_coef, ent_coef, max_grad_norm):
    optimizer.zero_grad()
    A = batch["advantages"].numpy()
    A = (A - A.mean()) / (A.std() + 1e-8)
    total = 0
    for i in range(len(A)):
        logs = agent.policy(batch["obs"][i]).log_softmax(0)
        ratio = torch.exp(logs[batch["actions"][i]] - batch["old_logprobs"][i])
        kept = ratio * float(A[i])
        if (A[i] > 0 and ratio > 1 + clip_eps) or (A[i] < 0 and ratio < 1 - clip_eps):
            kept = torch.zeros(())
        error = agent.critic(batch["obs"][i])[0] - batch["returns"][i]
        total = total - kept + vf_coef * error**2 / 2 + ent_coef * (logs.exp() * logs).sum()
    (total / len(A)).backward()
    norm = torch.nn.utils.clip_grad_norm_(agent.parameters(), max_grad_norm)
    optimizer.step()
    return norm


@right("ppo_step")
def two_backwards(agent, optimizer, batch, clip_eps, vf_coef, ent_coef, max_grad_norm):
    optimizer.zero_grad()
    dist = Categorical(logits=agent.policy(batch["obs"]))
    A = loss.normalize(batch["advantages"])
    ratio = (dist.log_prob(batch["actions"]) - batch["old_logprobs"]).exp()
    (-clip.clipped_objective(ratio, A, clip_eps).mean() - ent_coef * dist.entropy().mean()).backward()
    error = batch["returns"] - agent.critic(batch["obs"])[:, 0]
    (vf_coef * error.pow(2).mean() / 2).backward()
    norm = torch.nn.utils.clip_grad_norm_(agent.parameters(), max_grad_norm)
    optimizer.step()
    return norm


@right("ppo_step")
def with_a_closure(agent, optimizer, batch, clip_eps, vf_coef, ent_coef, max_grad_norm):
    norms = []

    def closure():
        optimizer.zero_grad()
        value = as_in_the_formula_loss(agent, batch, clip_eps, vf_coef, ent_coef)
        value.backward()
        norms.append(torch.nn.utils.clip_grad_norm_(agent.parameters(), max_grad_norm))
        return value

    optimizer.step(closure)
    return norms[0]


@right("ppo_step")
def zeroed_before_and_after(agent, optimizer, batch, clip_eps, vf_coef, ent_coef, max_grad_norm):
    norm = norm_by_hand(agent, optimizer, dict(batch), clip_eps, vf_coef, ent_coef, max_grad_norm)
    optimizer.zero_grad()
    return np.float32(norm)


@right("ppo_step")
def probabilities_over_stored_ones(agent, optimizer, batch, clip_eps, vf_coef, ent_coef, max_grad_norm):
    obs, actions, old_logprobs, A, returns = batch.values()
    probs = agent.policy(obs).softmax(-1)
    played = (probs * F.one_hot(actions, probs.shape[1])).sum(-1)
    A = (A - A.mean()) / (A.var(correction=0) + 1e-12).sqrt()
    ratio = played / old_logprobs.exp()
    L = torch.stack([ratio * A, torch.clamp(ratio, 1 - clip_eps, 1 + clip_eps) * A]).min(0).values.mean()
    S = -(probs * probs.log()).sum() / len(obs)
    V = agent.critic(obs).T[0]
    optimizer.zero_grad()
    (vf_coef * ((V - returns) @ (V - returns)) / (2 * len(V)) - L - ent_coef * S).backward()
    norm = torch.cat([p.grad.flatten() for p in agent.parameters()]).norm()
    for p in agent.parameters():
        p.grad.mul_(min(1, max_grad_norm / norm))
    optimizer.step()
    return norm


@right("ppo_step")
def in_double_precision(agent, optimizer, batch, clip_eps, vf_coef, ent_coef, max_grad_norm):
    logs = agent.policy(batch["obs"]).double().log_softmax(-1)
    A, old, returns = (batch[k].double() for k in ("advantages", "old_logprobs", "returns"))
    A = (A - A.mean()) / (A.std(correction=0) + 1e-8)
    ratio = (logs.gather(1, batch["actions"][:, None])[:, 0] - old).exp()
    L = torch.min(ratio * A, ratio.clamp(1 - clip_eps, 1 + clip_eps) * A).mean()
    error = agent.critic(batch["obs"])[:, 0].double() - returns
    S = -(logs.exp() * logs).sum(-1).mean()
    optimizer.zero_grad()
    (-L + vf_coef * 0.5 * (error**2).mean() - ent_coef * S).backward()
    norm = torch.nn.utils.clip_grad_norm_(agent.parameters(), max_grad_norm)
    optimizer.step()
    return norm.detach().numpy()


# -- one step, wrong ---------------------------------------------------------------------------------------------

LOSS = "loss = -(clip_objective - vf_coef * value_loss + ent_coef * entropy)"
NORMALISED = "A = (A - A.mean()) / (A.std(correction=0) + 1e-8)"
RATIO = 'ratio = torch.exp(logprobs - batch["old_logprobs"])'
CLIPPED = "torch.min(ratio * A, ratio.clamp(1 - clip_eps, 1 + clip_eps) * A)"
VALUE = '((agent.critic(batch["obs"])[:, 0] - batch["returns"]) ** 2 / 2).mean()'
ENTROPY = "-(logs.exp() * logs).sum(-1).mean()"
CUT = "norm = torch.nn.utils.clip_grad_norm_(agent.parameters(), max_grad_norm)"
WHOLE = "norm = torch.nn.utils.get_total_norm([p.grad for p in agent.parameters()])"

in_bulk(
    "ppo_step",
    as_in_the_formula,
    {
        ("no_step", "Nothing moves"): [("optimizer.step()", "")],
        ("zeroed_after_backward", "Nothing moves"): [
            ("optimizer.zero_grad()", ""),
            (CUT, CUT + "\n    optimizer.zero_grad()"),
        ],
        ("descends_L", "You step down L"): [("loss = -(", "loss = (")],
        ("policy_sign", "The sign of L^CLIP is turned"): [
            (LOSS, "loss = clip_objective + vf_coef * value_loss - ent_coef * entropy")
        ],
        ("advantage_sign", "The sign of L^CLIP is turned"): [(NORMALISED, NORMALISED + "; A = -A")],
        ("value_sign", "The sign of the value loss"): [("- vf_coef", "+ vf_coef")],
        ("only_the_critic_down", "Only the critic goes the right way"): [
            (LOSS, "loss = clip_objective + vf_coef * value_loss + ent_coef * entropy")
        ],
        ("only_the_entropy_up", "Only the entropy goes the right way"): [
            (LOSS, "loss = clip_objective - vf_coef * value_loss - ent_coef * entropy")
        ],
        ("entropy_sign", "The sign of the entropy"): [("+ ent_coef", "- ent_coef")],
        ("entropy_without_minus", "The sign of the entropy"): [("-(logs.exp()", "(logs.exp()")],
        ("no_entropy", "entropy bonus is missing"): [(" + ent_coef * entropy", "")],
        ("entropy_detached", "entropy bonus is missing"): [("ent_coef * entropy", "ent_coef * entropy.item()")],
        ("ent_coef_not_used", "c₂ is not used"): [("ent_coef * entropy", "entropy")],
        ("no_value_loss", "The value loss is missing"): [(" - vf_coef * value_loss", "")],
        ("critic_detached", "The value loss is missing"): [("[:, 0] - batch[", "[:, 0].detach() - batch[")],
        ("vf_coef_not_used", "c₁ is not used"): [("vf_coef * value_loss", "value_loss")],
        ("vf_coef_a_half", "c₁ is not used"): [("** 2 / 2", "** 2"), ("vf_coef * value_loss", "value_loss")],
        ("coefficients_exchanged", "changed places"): [
            ("vf_coef * value", "ent_coef * value"),
            ("+ ent_coef", "+ vf_coef"),
        ],
        ("no_half", "without the ½"): [(" ** 2 / 2", " ** 2")],
        ("mse_loss", "without the ½"): [(VALUE, 'F.mse_loss(agent.critic(batch["obs"])[:, 0], batch["returns"])')],
        ("column_meets_row", "broadcasting pairs every row"): [("[:, 0] - batch", " - batch")],
        ("column_meets_row_twice", "broadcasting pairs every row"): [
            ("[:, 0] - batch", " - batch"),
            ("** 2 / 2", "** 2"),
        ],
        ("policy_summed", "You sum over the minibatch"): [(CLIPPED + ".mean()", CLIPPED + ".sum()")],
        ("values_summed", "You sum over the minibatch"): [("** 2 / 2).mean()", "** 2 / 2).sum()")],
        ("everything_summed", "You sum over the minibatch"): [(LOSS, LOSS + " * len(A)")],
        ("entropy_summed", "You sum over the minibatch"): [("sum(-1).mean()", "sum()")],
        ("entropy_mean_of_all", "mean of the entropy runs over actions"): [("sum(-1).mean()", "mean()")],
        ("entropy_of_the_played", "−log π of the actions taken"): [(ENTROPY, "-logprobs.mean()")],
        ("old_recomputed", "Your ratio is always 1"): [(RATIO, "ratio = torch.exp(logprobs - logprobs.detach())")],
        ("old_recomputed_under_no_grad", "Your ratio is always 1"): [
            (
                RATIO,
                "with torch.no_grad():\n        old = agent.policy(batch['obs']).log_softmax(-1)\n"
                "    ratio = torch.exp(logprobs - old.gather(1, batch['actions'][:, None])[:, 0])",
            )
        ],
        ("old_recomputed_with_gradient", "No gradient comes through the policy"): [
            (RATIO, "ratio = torch.exp(logprobs - logprobs)")
        ],
        ("ratio_detached", "No gradient comes through the policy"): [(RATIO, RATIO + ".detach()")],
        ("policy_gradient", "this is the plain policy gradient"): [(CLIPPED, "(logprobs * A)")],
        ("policy_gradient_raw", "the plain policy gradient. PPO weighs"): [
            (CLIPPED, "(logprobs * batch['advantages'])")
        ],
        ("old_over_new", "old over new"): [(RATIO, "ratio = torch.exp(batch['old_logprobs'] - logprobs)")],
        ("no_exp", "exponential is missing"): [(RATIO, "ratio = logprobs - batch['old_logprobs']")],
        ("log_for_a_ratio", "log π, or a difference of logarithms"): [(RATIO, "ratio = logprobs")],
        ("probability_for_a_ratio", "is a probability, or a difference of two"): [(RATIO, "ratio = logprobs.exp()")],
        ("difference_of_probabilities", "is a probability, or a difference of two"): [
            (RATIO, "ratio = logprobs.exp() - batch['old_logprobs'].exp()")
        ],
        ("quotient_of_logs", "quotient of log-probabilities"): [(RATIO, "ratio = logprobs / batch['old_logprobs']")],
        ("exp_of_the_quotient", "quotient of log-probabilities"): [
            (RATIO, "ratio = torch.exp(logprobs / batch['old_logprobs'])")
        ],
        ("probability_over_log", "mixes a probability with a logarithm"): [
            (RATIO, "ratio = logprobs.exp() / batch['old_logprobs']")
        ],
        ("probability_minus_log", "mixes a probability with a logarithm"): [
            (".log_softmax(-1)\n", ".softmax(-1)\n"),
            ("entropy = -(logs.exp() * logs)", "entropy = -(logs * logs.log())"),
        ],
        ("logits_for_logs", "policy answers with logits"): [(".log_softmax(-1)", "")],
        ("logits_in_the_ratio", "policy answers with logits"): [
            ("logprobs = logs.gather", "logprobs = agent.policy(batch['obs']).gather")
        ],
        ("softmax_over_rows", "softmax runs over the rows"): [("log_softmax(-1)", "log_softmax(0)")],
        ("mean_of_all_actions", "the largest or the first of all actions'"): [
            ('logs.gather(1, batch["actions"][:, None])[:, 0]', "logs.mean(-1)")
        ],
        ("likeliest_action", "Only the action that was played"): [
            ('logs.gather(1, batch["actions"][:, None])[:, 0]', "logs.max(-1).values")
        ],
        ("first_action", "Only the action that was played"): [
            ('logs.gather(1, batch["actions"][:, None])[:, 0]', "logs[:, 0]")
        ],
        ("not_clipped", "Nothing is clipped"): [(CLIPPED, "(ratio * A)")],
        ("clip_without_min", "clip without the min"): [(CLIPPED, "(ratio.clamp(1 - clip_eps, 1 + clip_eps) * A)")],
        ("max_for_min", "take the larger"): [("torch.min", "torch.max")],
        ("min_of_ratios", "min of the ratios"): [
            (CLIPPED, "(torch.min(ratio, ratio.clamp(1 - clip_eps, 1 + clip_eps)) * A)")
        ],
        ("band_around_zero", "The band is 1 ± ε"): [
            ("clamp(1 - clip_eps, 1 + clip_eps)", "clamp(-clip_eps, clip_eps)")
        ],
        ("band_fixed", "The band is 1 ± ε"): [("clamp(1 - clip_eps, 1 + clip_eps)", "clamp(0.8, 1.2)")],
        ("upper_edge_only", "The band is 1 ± ε"): [("clamp(1 - clip_eps, 1 + clip_eps)", "clamp(max=1 + clip_eps)")],
        ("lower_edge_only", "The band is 1 ± ε"): [("clamp(1 - clip_eps, 1 + clip_eps)", "clamp(min=1 - clip_eps)")],
        ("band_in_logs", "The band is 1 ± ε"): [
            (
                "ratio.clamp(1 - clip_eps, 1 + clip_eps)",
                "(logprobs - batch['old_logprobs']).clamp(-clip_eps, clip_eps).exp()",
            )
        ],
        ("raw_advantages", "advantages are used as they are"): [(NORMALISED, "")],
        ("centred_only", "but not both"): [(NORMALISED, "A = A - A.mean()")],
        ("scaled_only", "but not both"): [(NORMALISED, "A = A / (A.std(correction=0) + 1e-8)")],
        ("divided_by_variance", "by the variance"): [("A.std(", "A.var(")],
        ("sample_std", "the deviation of a sample, with n − 1"): [("correction=0", "")],
        ("sample_std_without_epsilon", "the deviation of a sample, with n − 1"): [("correction=0) + 1e-8", ")")],
        ("sample_std_but_of_one_row", "the deviation of a sample, with n − 1"): [
            (NORMALISED, "A = (A - A.mean()) / (A.std() + 1e-8) if len(A) > 1 else A - A")
        ],
        ("no_epsilon", "parameters become nan. Its advantage less their mean is 0"): [(" + 1e-8", "")],
        ("advantages_of_their_own", "advantages of your own"): [
            ('A = batch["advantages"]', "A = batch['returns'] - agent.critic(batch['obs'])[:, 0]")
        ],
        ("advantages_of_their_own_detached", "advantages of your own"): [
            ('A = batch["advantages"]', "A = (batch['returns'] - agent.critic(batch['obs'])[:, 0]).detach()")
        ],
        ("returns_for_advantages", "advantages of your own"): [('batch["advantages"]', "batch['returns']")],
        ("normalised_returns", "The critic is drawn to something else"): [
            (
                'batch["returns"])',
                "(batch['returns'] - batch['returns'].mean()) / (batch['returns'].std(correction=0) + 1e-8))",
            )
        ],
        ("critic_learns_advantages", "The critic is drawn to something else"): [
            ('- batch["returns"])', "- batch['advantages'])")
        ],
        ("critic_learns_their_sum", "The critic is drawn to something else"): [
            ('- batch["returns"])', "- batch['returns'] - batch['advantages'])")
        ],
        ("absolute_error", "not ½ of the squared error"): [(VALUE, VALUE.replace(" ** 2 / 2)", ").abs()"))],
        ("error_itself", "not ½ of the squared error"): [(VALUE, VALUE.replace(" ** 2 / 2)", ")"))],
        ("square_of_the_mean", "not ½ of the squared error"): [
            (VALUE, VALUE.replace(" ** 2 / 2).mean()", ").mean() ** 2 / 2"))
        ],
        ("root_of_the_mean", "or the root of the mean square"): [
            (VALUE, VALUE.replace(" ** 2 / 2).mean()", " ** 2).mean() ** 0.5"))
        ],
        ("not_zeroed", "gradient of an earlier step is still there"): [("optimizer.zero_grad()", "")],
        ("zeroed_after_the_step", "gradient of an earlier step is still there"): [
            ("optimizer.zero_grad()", ""),
            ("optimizer.step()", "optimizer.step(); optimizer.zero_grad()"),
        ],
        ("no_backward", "never call backward"): [("optimizer.zero_grad()", ""), ("loss.backward()", "")],
        ("not_cut", "The gradient is not cut"): [(CUT, WHOLE)],
        ("cut_too_late", "The gradient is not cut"): [(CUT + "\n    optimizer.step()", "optimizer.step()\n    " + CUT)],
        ("cut_too_early", "The gradient is not cut"): [
            ("    loss.backward()\n    " + CUT, "    " + CUT + "\n    loss.backward()\n    " + WHOLE)
        ],
        ("cut_one_network", "or only one of them"): [
            (
                CUT,
                WHOLE + "\n    torch.nn.utils.clip_grad_norm_(agent.policy.parameters(), max_grad_norm)",
            )
        ],
        ("cut_each_network", "one vector with one length"): [
            (
                CUT,
                WHOLE + "\n    for net in (agent.policy, agent.critic):\n"
                "        torch.nn.utils.clip_grad_norm_(net.parameters(), max_grad_norm)",
            )
        ],
        ("cut_each_tensor", "one vector with one length"): [
            (
                CUT,
                WHOLE + "\n    for p in agent.parameters():\n        torch.nn.utils.clip_grad_norm_(p, max_grad_norm)",
            )
        ],
        ("cut_the_policy", "one vector with one length"): [
            (CUT, WHOLE + "; " + CUT[7:].replace("agent.", "agent.policy."))
        ],
        ("cut_entries", "You cut the entries"): [
            (CUT, WHOLE + "; torch.nn.utils.clip_grad_value_(agent.parameters(), max_grad_norm)")
        ],
        ("always_to_that_length", "bring every gradient to that length"): [
            (
                CUT,
                WHOLE + "\n    if max_grad_norm < math.inf:\n"
                "        for p in agent.parameters():\n            p.grad *= max_grad_norm / norm",
            )
        ],
        ("always_to_that_length_and_to_no_other", "grow without end"): [
            (CUT, WHOLE + "\n    for p in agent.parameters():\n        p.grad *= max_grad_norm / norm")
        ],
        ("returns_nothing", "you return nothing. Asked is the length"): [("return norm", "return")],
        ("returns_nothing_and_adds_the_loss", "You step down L"): [("-(clip", "(clip"), ("return norm", "return")],
        ("cut_by_the_square", "square of the length: the root"): [
            (
                CUT,
                "norm = sum((p.grad ** 2).sum() for p in agent.parameters())\n    if norm > max_grad_norm:\n"
                "        for p in agent.parameters():\n            p.grad *= max_grad_norm / norm",
            )
        ],
        ("stepped_twice", "step twice"): [("optimizer.step()", "optimizer.step(); optimizer.step()")],
        ("norm_after", "*after* it was cut"): [("return norm", "return min(norm, max_grad_norm)")],
        ("norm_squared", "square of the length."): [("return norm", "return norm ** 2")],
        ("returns_the_loss", "is not the length of the whole gradient"): [("return norm", "return loss.detach()")],
        ("returns_both", "is not the length of the whole gradient"): [
            ("return norm", "return loss.item(), norm.item()")
        ],
        ("norm_of_the_policy", "is not the length of the whole gradient"): [
            (CUT, "norm = sum((p.grad ** 2).sum() for p in agent.policy.parameters()) ** 0.5; " + CUT[7:])
        ],
        ("batch_normalised_in_place", "changed the batch (advantages)"): [
            (NORMALISED, "A -= A.mean()\n    A /= A.std(correction=0) + 1e-8")
        ],
        ("batch_emptied", "changed the batch (returns)"): [('batch["returns"]', "batch.pop('returns')")],
        ("half_a_step_for_the_critic", "moves in the right direction, but 0.5 times as far"): [
            ("** 2 / 2", "** 2 / 4")
        ],
        ("loss_detached", "RuntimeError"): [("loss.backward()", "loss.detach().backward()")],
        ("loss_from_a_number", "element 0 of tensors does not require grad"): [
            ("loss.backward()", "torch.tensor(loss.item()).backward()")
        ],
        ("values_in_the_advantages", "The policy ends up elsewhere"): [
            ('A = batch["advantages"]', "A = batch['advantages'] - agent.critic(batch['obs'])[:, 0]")
        ],
        ("log_of_the_probabilities_plus_one", "The policy ends up elsewhere"): [
            ("ratio * A, ratio", "(ratio + 0.1) ** 2 * A, ratio")
        ],
        ("critic_regularised", "The critic ends up elsewhere"): [
            (VALUE, VALUE + " + agent.critic(batch['obs']).square().mean()")
        ],
    },
)


# -- the whole run, right ----------------------------------------------------------------------------------------

SLOW = set()  # answers that train for seconds; each of their messages is somebody's who does not


def slow(function):
    """Leave the function under it to the slow tier."""
    SLOW.add(function)
    return function


def drawn_from(agent, generator):
    """obs -> (actions, logprobs), drawn from the agent's policy."""

    def policy(obs):
        with torch.no_grad():
            logs = agent.policy(torch.as_tensor(obs)).log_softmax(-1)
        actions = torch.multinomial(logs.exp(), 1, generator=generator)
        return actions[:, 0].numpy(), logs.gather(1, actions)[:, 0].numpy()

    return policy


def batch_of(agent, rollout, gamma, gae_lambda):
    """The valid rows of a rollout as tensors."""
    with torch.no_grad():
        values, next_values = (agent.critic(torch.as_tensor(rollout[k]))[..., 0].numpy() for k in ("obs", "next_obs"))
    deltas = td_errors(rollout["rewards"], values, next_values, rollout["terminated"], gamma)
    advantages = gae(deltas, rollout["terminated"] | rollout["truncated"], gamma, gae_lambda)
    columns = {name: rollout[name] for name in ("obs", "actions")}
    columns |= {"old_logprobs": rollout["logprobs"], "advantages": advantages, "returns": advantages + values}
    return {name: torch.as_tensor(column[rollout["valid"]].copy()) for name, column in columns.items()}


@right("train")
@slow
def from_the_pieces(make_envs, seed, N=32, T=64, iterations=40, rate=6e-3, step=as_in_the_formula, **settings):
    generator = torch.Generator().manual_seed(seed)
    agent = ActorCritic(PPOConfig(), 4, 2, generator=generator)
    policy = drawn_from(agent, generator)
    optimizer = torch.optim.Adam(agent.parameters(), eps=1e-5)
    envs = make_envs(N)
    (obs, _), done = envs.reset(seed=seed), np.zeros(N, dtype=bool)
    for iteration in range(iterations):
        optimizer.param_groups[0]["lr"] = rate * (1 - iteration / iterations)
        rollout, obs, done = rows_then_columns(envs, policy, obs, done, T)
        batch = batch_of(agent, rollout, gamma=0.98, gae_lambda=0.9)
        for _ in range(4):
            for rows in permuted_and_split(len(batch["obs"]), 4, generator):
                minibatch = {name: column[rows] for name, column in batch.items()}
                step(agent, optimizer, minibatch, 0.2, 0.5, settings.get("ent_coef", 0.0), 0.5)
    return policy


@right("train")
@slow
def actions_alone_and_greedy(make_envs, seed):
    policy = from_the_pieces(make_envs, seed, N=64, T=32, rate=1e-2)
    agent = inspect.getclosurevars(policy).nonlocals["agent"]
    return lambda obs: agent.policy(torch.from_numpy(obs)).argmax(-1)


@right("train")
@slow
def other_sizes(make_envs, seed):
    return from_the_pieces(make_envs, seed, N=64, T=64, iterations=30, step=as_in_most_code)


@right("train")
@slow
def with_an_entropy_bonus(make_envs, seed):
    return from_the_pieces(make_envs, seed, ent_coef=0.01, step=from_the_package)


@right("train")
@slow
def more_of_the_budget(make_envs, seed):
    return from_the_pieces(make_envs, seed, iterations=70, rate=4e-3)


@right("train")
@slow
def global_seeds(make_envs, seed):
    torch.manual_seed(seed)
    make = torch.nn.Sequential
    layers = [(torch.nn.Linear(4, 64), torch.nn.Linear(64, 64), torch.nn.Linear(64, n)) for n in (2, 1)]
    agent = torch.nn.Module()
    agent.policy, agent.critic = (make(a, torch.nn.Tanh(), b, torch.nn.Tanh(), c) for a, b, c in layers)
    optimizer, envs = torch.optim.Adam(agent.parameters(), lr=4e-3), make_envs(32)
    policy = drawn_from(agent, None)
    (obs, _), done = envs.reset(seed=seed), np.zeros(32, dtype=bool)
    for _ in range(45):
        rollout, obs, done = arrays_filled_row_by_row(envs, policy, obs.astype(np.float32), done, 64)
        rollout |= {name: rollout[name].astype(np.float32) for name in ("obs", "next_obs", "logprobs", "rewards")}
        batch = batch_of(agent, rollout, 0.98, 0.9)
        for _ in range(4):
            for rows in torch.randperm(len(batch["obs"])).chunk(4):
                norm_by_hand(agent, optimizer, {k: x[rows] for k, x in batch.items()}, 0.2, 0.5, 0.0, 0.5)
        optimizer.param_groups[0]["lr"] *= 0.95
    return policy


@right("train")
@slow
def new_environments_for_every_rollout(make_envs, seed):
    generator = torch.Generator().manual_seed(seed)
    agent = ActorCritic(PPOConfig(), 4, 2, generator=generator)
    policy, optimizer = drawn_from(agent, generator), torch.optim.Adam(agent.parameters(), lr=6e-3)
    for iteration in range(30):
        envs = make_envs(16)
        obs, _ = envs.reset(seed=seed + 100 * iteration)
        rollout, _, _ = dict_of_lists(envs, policy, obs, np.zeros(16, dtype=bool), 256)
        rollout = {name: np.array(column) for name, column in rollout.items()}
        batch = batch_of(agent, rollout, 0.98, 0.9)
        for g in optimizer.param_groups:
            g["lr"] = 6e-3 * (1 - iteration / 30)
        for _ in range(4):
            for rows in numpy_split(len(batch["obs"]), 6, generator):
                as_in_the_formula(agent, optimizer, {k: x[rows] for k, x in batch.items()}, 0.2, 0.5, 0.0, 0.5)
    return policy


class Learner:
    """The same, as an object that is its own policy."""

    def __init__(self, envs, seed):
        self.generator = torch.Generator().manual_seed(seed)
        self.envs, self.agent = envs, ActorCritic(PPOConfig(), 4, 2, generator=self.generator)
        self.optimizer = torch.optim.Adam(self.agent.parameters(), lr=6e-3, eps=1e-5)
        self.obs, self.done = envs.reset(seed=seed)[0], np.zeros(envs.num_envs, dtype=bool)

    def __call__(self, obs):
        return drawn_from(self.agent, self.generator)(obs)

    def learn(self):
        rollout, self.obs, self.done = rows_then_columns(self.envs, self, self.obs, self.done, 64)
        batch = batch_of(self.agent, rollout, 0.98, 0.9)
        for rows in [rows for _ in range(4) for rows in every_count_th(len(batch["obs"]), 4, self.generator)]:
            minibatch = {k: x[rows] for k, x in batch.items()}
            as_in_the_formula(self.agent, self.optimizer, minibatch, 0.2, 0.5, 0.0, 0.5)


@right("train")
@slow
def an_object_that_stops_when_it_is_good(make_envs, seed):
    learner, recent = Learner(make_envs(32), seed), []
    for iteration in range(60):
        learner.optimizer.param_groups[0]["lr"] = 6e-3 * (1 - iteration / 60)
        learner.learn()
        recent = (recent + [learner.done.mean()])[-12:]
        if iteration > 40 and sum(recent) == 0:
            break
    return learner


@right("train")
@slow
def few_long_rollouts(make_envs, seed):
    return from_the_pieces(make_envs, seed, N=16, T=128, iterations=45, step=ascent_by_turning_the_gradient)


@right("train")
@slow
def lists_of_episodes_from_one_environment_each(make_envs, seed):
    """REINFORCE-like data keeping, PPO's step: single environments in a list."""
    generator = torch.Generator().manual_seed(seed)
    agent = ActorCritic(PPOConfig(), 4, 2, generator=generator)
    policy, optimizer = drawn_from(agent, generator), torch.optim.Adam(agent.parameters(), lr=6e-3, eps=1e-5)
    envs = [make_envs(8) for _ in range(4)]
    states = [(e.reset(seed=seed * 10 + i)[0], np.zeros(8, dtype=bool)) for i, e in enumerate(envs)]
    for iteration in range(40):
        optimizer.param_groups[0]["lr"] = 6e-3 * (1 - iteration / 40)
        parts = [rows_then_columns(e, policy, *state, 64) for e, state in zip(envs, states)]
        states = [state for _, *state in parts]
        rollout = {name: np.concatenate([part[0][name] for part in parts], axis=1) for name in NAMES}
        batch = batch_of(agent, rollout, 0.98, 0.9)
        for rows in [rows for _ in range(4) for rows in numpy_split(len(batch["obs"]), 4, generator)]:
            with_torchs_losses(agent, optimizer, {k: x[rows] for k, x in batch.items()}, 0.2, 0.5, 0.0, 0.5)
    return policy


@right("train")
def a_good_controller_found_by_its_own_play_only(make_envs, seed):
    """Not PPO at all: a linear policy by random search. The check judges what was learned, not how."""
    rng, steps = np.random.default_rng(seed), 0
    envs = make_envs(16)
    best, mean, spread = (-1.0, None), np.zeros(4), np.ones(4)
    while steps < 100_000:
        weights = mean + spread * rng.normal(size=(16, 4))
        obs, _ = envs.reset(seed=int(rng.integers(10_000)))
        total, playing = np.zeros(16), np.ones(16, dtype=bool)
        while playing.any():
            obs, rewards, terminated, truncated, _ = envs.step(((obs * weights).sum(1) > 0).astype(int))
            total += rewards * playing
            playing &= ~(terminated | truncated)
            steps += 16
        elite = weights[total.argsort()[-4:]]
        mean, spread = elite.mean(0), elite.std(0) + 0.2
        best = max(best, (total.max(), weights[total.argmax()].tolist()))
    return lambda obs: (obs @ mean > 0).astype(int)


# -- the whole run, wrong ----------------------------------------------------------------------------------------


@wrong("train", "begun again with its seed, took other steps")
def reset_without_the_seed(make_envs, seed):
    make_envs(4).reset()
    return a_good_controller_found_by_its_own_play_only(make_envs, seed)


ON_AND_ON = np.random.default_rng(0)


@wrong("train", "generators that outlive a run")
def a_generator_outside(make_envs, seed):
    envs = make_envs(4)
    envs.reset(seed=seed)
    for _ in range(9):
        envs.step(ON_AND_ON.integers(2, size=4))
    return a_good_controller_found_by_its_own_play_only(make_envs, seed)


@wrong("train", "begun again with its seed, took other steps")
@slow
def rows_drawn_without_the_seed(make_envs, seed):
    """The weights and the draws are seeded; only which rows of a minibatch count is not."""

    def step(agent, optimizer, batch, *settings):
        half = torch.from_numpy(ON_AND_ON.random(len(batch["obs"])) < 0.5)
        return as_in_the_formula(agent, optimizer, {name: x[half] for name, x in batch.items()}, *settings)

    return from_the_pieces(make_envs, seed, step=step)


def by_hand(obs):
    """A controller for CartPole as it is."""
    return (obs @ np.array([0.1, 0.4, 3.0, 1.2]) > 0).astype(int)


def a_few_steps(make_envs, seed, steps=3):
    envs = make_envs(4)
    envs.reset(seed=seed)
    for _ in range(steps):
        envs.step(np.zeros(4, dtype=int))


@wrong("train", "Not a single step was taken")
def written_down(make_envs, seed):
    return by_hand


@wrong("train", "Not a single step was taken")
def in_environments_of_its_own(make_envs, seed):
    return from_the_pieces(lambda n: of_the_package("CartPole-v1", n), seed, iterations=2)


@wrong("train", "no better than by chance")
def written_down_with_steps_for_show(make_envs, seed):
    a_few_steps(make_envs, seed)
    return by_hand


@wrong("train", "more than the 150,000 environment steps")
def over_budget(make_envs, seed):
    envs = make_envs(10_000)
    envs.reset(seed=seed)
    for _ in range(20):
        envs.step(np.zeros(10_000, dtype=int))
    return by_hand


@wrong("train", "more than the 150,000 environment steps")
def over_budget_and_swallowed(make_envs, seed):
    try:
        return over_budget(make_envs, seed)
    except Exception:
        return by_hand


@wrong("train", "play like fresh ones")
def untrained(make_envs, seed):
    return from_the_pieces(make_envs, seed, iterations=1, rate=0.0)


@wrong("train", "play like fresh ones")
def a_copy_made_before(make_envs, seed):
    generator = torch.Generator().manual_seed(seed)
    before = drawn_from(ActorCritic(PPOConfig(), 4, 2, generator=generator), generator)
    from_the_pieces(make_envs, seed, iterations=2)
    return before


@wrong("train", "play like fresh ones")
def ratio_without_gradient(make_envs, seed):
    def step(agent, optimizer, batch, *settings):
        return loss_of_the_critic(agent, optimizer, batch)

    return from_the_pieces(make_envs, seed, iterations=2, step=step)


def loss_of_the_critic(agent, optimizer, batch):
    optimizer.zero_grad()
    F.mse_loss(agent.value(batch["obs"]), batch["returns"]).backward()
    optimizer.step()


@wrong("train", "takes the same action whatever it sees")
def always_left(make_envs, seed):
    a_few_steps(make_envs, seed)
    return lambda obs: np.zeros(len(obs), dtype=int)


@wrong("train", "takes the same action whatever it sees")
def far_too_long_a_step(make_envs, seed):
    a_few_steps(make_envs, seed)
    agent = ActorCritic(PPOConfig(), 4, 2, generator=torch.Generator().manual_seed(seed))
    with torch.no_grad():
        agent.policy[-1].bias += torch.tensor([1000.0, 0.0])
    return drawn_from(agent, torch.Generator().manual_seed(seed))


@wrong("train", "plays worse than by chance")
@slow
def sign_turned(make_envs, seed):
    def step(agent, optimizer, batch, *settings):
        return as_in_the_formula(agent, optimizer, batch | {"advantages": -batch["advantages"]}, *settings)

    return from_the_pieces(make_envs, seed, iterations=8, step=step)


@wrong("train", "it is not there yet")
@slow
def too_short(make_envs, seed):
    return from_the_pieces(make_envs, seed, iterations=6)


@wrong("train", "the others are only on their way")
@slow
def one_lucky_run(make_envs, seed):
    return from_the_pieces(make_envs, seed, iterations=40 if seed == 1 else 6)


def noisy(act, share, seed):
    """The controller with a share of its actions drawn: as good as a short run makes it."""
    rng = np.random.default_rng(seed)
    return lambda obs: np.where(rng.random(len(obs)) < share, rng.integers(2, size=len(obs)), act(obs))


@wrong("train", "it is not there yet")
def half_good_in_both(make_envs, seed):
    a_few_steps(make_envs, seed)
    return noisy(by_hand if seed == 1 else lambda obs: 1 - by_hand(obs), 0.5, seed)


@wrong("train", "the others are only on their way")
def good_in_one_and_half_good_in_another(make_envs, seed):
    a_few_steps(make_envs, seed)
    return by_hand if seed == 1 else noisy(lambda obs: 1 - by_hand(obs), 0.5, seed)


@wrong("train", "is a tuple and cannot be called")
def policy_and_history(make_envs, seed):
    a_few_steps(make_envs, seed)
    return by_hand, {"return": [500.0]}


@wrong("train", "each 0 or 1")
def the_agent_itself(make_envs, seed):
    a_few_steps(make_envs, seed)
    return ActorCritic(PPOConfig(), 4, 2)


@wrong("train", "each 0 or 1")
def logits_for_actions(make_envs, seed):
    a_few_steps(make_envs, seed)
    return lambda obs: ActorCritic(PPOConfig(), 4, 2).policy(torch.as_tensor(obs))


@wrong("train", "with entries other than 0 and 1")
def probabilities_for_actions(make_envs, seed):
    a_few_steps(make_envs, seed)
    return lambda obs: np.full(len(obs), 0.5)


@wrong("train", "each 0 or 1")
def one_action_for_all(make_envs, seed):
    a_few_steps(make_envs, seed)
    return lambda obs: 1


@wrong("train", "TypeError")
def uses_the_packages_make_envs(make_envs, seed):
    return from_the_pieces(lambda n: make_envs("CartPole-v1", n), seed)


@wrong("train", "reset")
def never_reset(make_envs, seed):
    make_envs(4).step(np.zeros(4, dtype=int))


@wrong("train", "plays worse than by chance")
def a_controller_pushed_the_wrong_way(make_envs, seed):
    a_few_steps(make_envs, seed)
    rng = np.random.default_rng(seed)
    return lambda obs: np.where(rng.random(len(obs)) < 0.1, 1, 0)


@wrong("train", "UnboundLocalError")
def no_iterations_at_all(make_envs, seed):
    a_few_steps(make_envs, seed)
    for _ in range(0):
        policy = by_hand
    return policy
