"""Exercise 07: what is believed about collecting: about the game itself, and about what belongs into which row."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ppo_edu.grading.formula import belief

LATER = ("obs after the last row", "done after the last row")


@dataclass(frozen=True)
class Playing:
    """Something that makes it another game; `holds` looks at what environments and policy were asked."""

    message: str
    holds: Callable


def asked_wrongly(seen):
    right = seen.truth["obs"]
    return len(seen.policy.asked) == len(right) and not np.array_equal(np.array(seen.policy.asked), right)


def asked_too_often(seen):
    """One call more than there are rows is fine if it comes last: for a row that another rollout will begin with."""
    asked, more = seen.policy.asked, len(seen.policy.asked) - seen.envs.steps
    return more > 1 or more == 1 and len({obs.tobytes() for obs in asked}) < len(asked)


def other_actions(seen):
    done, said = seen.envs.executed, seen.policy.answered
    return len(said) - len(done) in (0, 1) and not np.array_equal(done, said[: len(done)])


ABOUT_PLAYING = (
    Playing(
        "You reset the environments. Their episodes are still running: `obs` and `done` say where they stand, and a "
        "rollout goes on from there. Where an episode ends they reset themselves.",
        lambda seen: seen.envs.resets > 0,
    ),
    Playing(
        "You never step the environments. Each row is one `envs.step(actions)`.",
        lambda seen: seen.envs.steps == 0,
    ),
    Playing(
        "Asked are `num_steps` rows, whether episodes end on the way or not: one `envs.step` a row, all environments "
        "in it. Yours takes more or fewer.",
        lambda seen: seen.envs.steps != len(seen.truth["rewards"]),
    ),
    Playing(
        "You ask the policy more than once a row. Each call draws anew: the log-probability that belongs to an action "
        "is the one that came with it.",
        asked_too_often,
    ),
    Playing(
        "You step more often than you ask the policy. Every row needs an action for what is seen *now*.",
        lambda seen: len(seen.policy.asked) < seen.envs.steps,
    ),
    Playing(
        "The environments get other actions than the policy gave.",
        other_actions,
    ),
    Playing(
        "The policy is asked about an old observation. After a step, go on from the one that step returned.",
        asked_wrongly,
    ),
)


def done(tr):
    return np.maximum(tr["terminated"], tr["truncated"])


def before(x, first):
    """x[t−1] in row t, `first` in row 0."""
    return np.concatenate([np.broadcast_to(first, x[:1].shape), x[:-1]])


def after(x, last):
    """x[t+1] in row t, `last` in the last row."""
    return np.concatenate([x[1:], np.broadcast_to(last, x[:1].shape)])


def at_ends(tr, x, instead):
    """x, but `instead` in the rows that end an episode."""
    ends = done(tr).astype(bool)
    return np.where(ends[..., None] if x.ndim == 3 else ends, instead, x)


def running_return(tr):
    """Reward since the episode, or the rollout, began."""
    total, rows = np.zeros(tr["rewards"].shape[1]), []
    for reward, valid in zip(tr["rewards"], tr["valid"]):
        total = total * valid + reward
        rows.append(total)
    return np.array(rows)


def only(name, formula):
    """A belief about one array."""
    return lambda tr: {name: formula(tr)}


ABOUT_ARRAYS = (
    belief(
        "obs and next_obs have changed places: obs[t] is what the policy saw, next_obs[t] what came of it.",
        lambda tr: {"obs": tr["next_obs"], "next_obs": tr["obs"]},
    ),
    belief(
        "Your obs[t] is what was seen *after* the step. Row t needs what the policy looked at when it chose: store it "
        "before you go on.",
        only("obs", lambda tr: tr["next_obs"]),
    ),
    belief(
        "All rows are the same one: you store one array again and again and change it, or only the last row is kept.",
        only("obs", lambda tr: np.broadcast_to(tr["obs"][-1], tr["obs"].shape)),
        only("next_obs", lambda tr: np.broadcast_to(tr["next_obs"][-1], tr["next_obs"].shape)),
        only("rewards", lambda tr: np.broadcast_to(tr["rewards"][-1], tr["rewards"].shape)),
    ),
    belief(
        "Your next_obs[t] is obs[t] again. It is what the step returned.",
        only("next_obs", lambda tr: tr["obs"]),
    ),
    belief(
        "The last row's successor is wrong. It is what the last step returned, and the critic will be asked about it.",
        only("next_obs", lambda tr: after(tr["obs"], tr["obs"][0])),
        only("next_obs", lambda tr: after(tr["obs"], tr["obs"][-1])),
        only("next_obs", lambda tr: after(tr["obs"], 0.0)),
    ),
    belief(
        "Your next_obs is one row late.",
        only("next_obs", lambda tr: before(tr["next_obs"], 0.0)),
        only("next_obs", lambda tr: before(tr["next_obs"], tr["obs"][0])),
        only("next_obs", lambda tr: before(tr["next_obs"], tr["next_obs"][-1])),
    ),
    belief(
        "Where an episode ends you store nothing, or what was seen before. The observation in which it ended is there, "
        "and after a time limit the critic is asked about it.",
        only("next_obs", lambda tr: at_ends(tr, tr["next_obs"], 0.0)),
        only("next_obs", lambda tr: at_ends(tr, tr["next_obs"], np.nan)),
        only("next_obs", lambda tr: at_ends(tr, tr["next_obs"], tr["obs"])),
    ),
    belief(
        "Where an episode ends you store the first observation of the next one. These environments reset one step "
        "*later*: what this step returned is the true end.",
        only("next_obs", lambda tr: at_ends(tr, tr["next_obs"], after(tr["next_obs"], tr["next_obs"][-1]))),
    ),
    belief(
        "Your rewards are those of a neighbouring row: rewards[t] is what step t paid.",
        only("rewards", lambda tr: before(tr["rewards"], 0.0)),
        only("rewards", lambda tr: before(tr["rewards"], tr["rewards"][-1])),
        only("rewards", lambda tr: after(tr["rewards"], 0.0)),
        only("rewards", lambda tr: after(tr["rewards"], tr["rewards"][0])),
    ),
    belief(
        "You add the rewards up. A row holds the reward of its own step; adding up is what GAE does, and it discounts.",
        only("rewards", running_return),
        only("rewards", lambda tr: np.cumsum(tr["rewards"], 0)),
    ),
    belief(
        "You drop the reward of the step that ended the episode. It was paid.",
        only("rewards", lambda tr: at_ends(tr, tr["rewards"], 0.0)),
        only("rewards", lambda tr: tr["rewards"] * (1 - tr["terminated"])),
    ),
    belief(
        "Those are probabilities. Store the logarithms the policy gave: their difference is what becomes the ratio.",
        only("logprobs", lambda tr: np.exp(tr["logprobs"])),
    ),
    belief(
        "The sign of the log-probabilities is turned.",
        only("logprobs", lambda tr: -tr["logprobs"]),
    ),
    belief(
        "The two flags have changed places: `step` returns terminated first, then truncated.",
        lambda tr: {"terminated": tr["truncated"], "truncated": tr["terminated"]},
    ),
    belief(
        "Two flags have become one. A time limit is not an end: `terminated` says whether there is a future to "
        "bootstrap from, so keep it and `truncated` apart.",
        only("terminated", done),
        only("truncated", done),
    ),
    belief(
        "A step may raise both flags, when the pole falls just as the clock runs out. Store each as it came.",
        only("truncated", lambda tr: tr["truncated"] * (1 - tr["terminated"])),
        only("terminated", lambda tr: tr["terminated"] * (1 - tr["truncated"])),
    ),
    belief(
        "Your flags are those of the row before, as in code that stores whether a row *begins* an episode. Here they "
        "say what row t itself led to.",
        only("terminated", lambda tr: before(tr["terminated"], 0.0)),
        only("terminated", lambda tr: before(tr["terminated"], tr["begins"])),
        only("terminated", lambda tr: before(tr["terminated"], tr["terminated"][-1])),
        only("terminated", lambda tr: before(done(tr), tr["begins"])),
        only("truncated", lambda tr: before(tr["truncated"], 0.0)),
        only("truncated", lambda tr: before(tr["truncated"], tr["truncated"][-1])),
    ),
    belief(
        "You mark the *last* row of each episode as invalid: the row in which the pole fell, the one that teaches "
        "most. The row after it is the junk: there the environment only resets, whatever the action.",
        only("valid", lambda tr: 1 - done(tr)),
        only("valid", lambda tr: 1 - tr["terminated"]),
    ),
    belief(
        "You keep every row. In the row after an end the environment only resets: it ignores the action and pays 0, so "
        "nothing may be learned from that row.",
        only("valid", lambda tr: np.ones_like(tr["valid"])),
    ),
    belief(
        "`valid` is turned around: True marks the rows to learn from.",
        only("valid", lambda tr: 1 - tr["valid"]),
        only("valid", lambda tr: before(done(tr), 0.0)),
    ),
    belief(
        "Your `valid` is True where an episode ends, and False everywhere else. True marks the rows to learn from, and "
        "most of them are.",
        only("valid", done),
    ),
    belief(
        "Both kinds of end count: after a time limit and after a true end alike the next row is no experience.",
        only("valid", lambda tr: 1 - before(tr["terminated"], tr["begins"])),
        only("valid", lambda tr: 1 - before(tr["terminated"], 0.0)),
        only("valid", lambda tr: 1 - before(tr["truncated"], tr["begins"])),
        only("valid", lambda tr: 1 - before(tr["truncated"], 0.0)),
    ),
    belief(
        "Row 0 may be a reset as well: the last rollout may have stopped right at an end. `done` tells.",
        only("valid", lambda tr: 1 - before(done(tr), 0.0)),
        only("valid", lambda tr: 1 - before(done(tr), 1.0)),
        only("valid", lambda tr: 1 - before(done(tr), done(tr)[-1])),
    ),
    belief(
        "You look at the wrong neighbour, or at one more: the row *after* an end is a reset, not the ending row, the "
        "one before it, or the second one after it.",
        only("valid", lambda tr: 1 - after(done(tr), 0.0)),
        only("valid", lambda tr: 1 - before(before(done(tr), tr["begins"]), 0.0)),
        only("valid", lambda tr: 1 - np.maximum(done(tr), before(done(tr), tr["begins"]))),
    ),
    belief(
        "All environments share one flag in yours, or all rows after an end do. Each column, and each row, has its own "
        "flag.",
        only("valid", lambda tr: np.broadcast_to(tr["valid"].min(1, keepdims=True), tr["valid"].shape)),
        only("valid", lambda tr: np.broadcast_to(tr["valid"].max(1, keepdims=True), tr["valid"].shape)),
        only("valid", lambda tr: np.minimum.accumulate(tr["valid"], 0)),
    ),
    belief(
        "Every row has the mask of the rollout's first one: `done` has to be renewed after every step.",
        only("valid", lambda tr: np.broadcast_to(1 - tr["begins"], tr["valid"].shape)),
    ),
    belief(
        "The observation you hand on is not the one the environments stand at: it is what the last step returned.",
        only(LATER[0], lambda tr: tr["obs"][-1]),
        only(LATER[0], lambda tr: tr["obs"][0]),
    ),
    belief(
        "The `done` you hand on is not that of the last row: one of its two flags is enough, and it is the last row "
        "that counts.",
        only(LATER[1], lambda tr: tr["terminated"][-1]),
        only(LATER[1], lambda tr: tr["truncated"][-1]),
        only(LATER[1], lambda tr: tr["terminated"][-1] * tr["truncated"][-1]),
        only(LATER[1], lambda tr: tr["begins"]),
        only(LATER[1], lambda tr: 0 * tr["begins"]),
        only(LATER[1], lambda tr: 1 - done(tr)[-1]),
        only(LATER[1], lambda tr: before(done(tr), tr["begins"])[-1]),
        only(LATER[1], lambda tr: done(tr).max(0)),
        only(LATER[1], lambda tr: tr["valid"][-1]),
        only(LATER[1], lambda tr: 1 - tr["valid"][-1]),
    ),
)
