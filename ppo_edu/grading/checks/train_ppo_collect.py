"""Exercise 07: judges a rollout, first by what was asked of environments and policy, then array by array."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from ppo_edu.grading import runner
from ppo_edu.grading.checks import train_ppo_toy as toy
from ppo_edu.grading.checks.train_ppo_collect_beliefs import ABOUT_ARRAYS, ABOUT_PLAYING
from ppo_edu.grading.formula import shown
from ppo_edu.grading.items import Item, Verdict
from ppo_edu.grading.report import Case, Step

AFTER = ("obs after the last row", "done after the last row")
NAMES = (*toy.FIELDS, *AFTER)


@dataclass(frozen=True)
class Probe:
    """A rollout of `num_steps` rows that begins after `before` others."""

    ends: tuple[str, ...]
    before: int
    num_steps: int


@dataclass(frozen=True)
class Stage:
    """One step of the check."""

    title: str
    points: float
    probes: tuple[Probe, ...]


STAGES = (
    Stage(
        "no episode ends: row t is transition t, in all arrays",
        1,
        (Probe(toy.NO_ENDS, 0, 6), Probe(toy.NO_ENDS[:2], 3, 4)),
    ),
    Stage(
        "episodes end in both ways: the flags, the true successors, the rows that only reset",
        1,
        (Probe(toy.SOME_ENDS, 0, 13), Probe(toy.ALL_AT_ONCE, 0, 6)),
    ),
    Stage(
        "a rollout goes on where the last one stopped, T = 1, N = 1; inputs left as they were",
        1,
        (
            Probe(toy.SOME_ENDS, 3, 8),
            Probe(toy.SOME_ENDS, 1, 1),
            Probe(("--T----",), 3, 5),
            Probe(toy.ALL_AT_ONCE, 2, 3),
        ),
    ),
)


@dataclass(frozen=True)
class Seen:
    """What a function did on one probe, and what was right."""

    envs: toy.ToyEnvs
    policy: toy.ToyPolicy
    truth: dict  # NAMES, and `begins`: the `done` handed in
    answer: dict  # NAMES
    damaged: bool

    def wrong(self):
        """The names of the arrays that differ, in the order of `NAMES`."""
        return [name for name in NAMES if not alike(self.answer[name], self.truth[name])]


def alike(x, y):
    return x.shape == y.shape and np.allclose(x, y, rtol=1e-4, atol=1e-5, equal_nan=True)


def watch(function, probe, seed):
    """`Seen` of the function on a probe. Raises `Unusable` for an answer that is no rollout."""
    fields, obs, done = toy.rollout(*toy.began(probe.ends, probe.before, seed), probe.num_steps)
    truth = {name: np.asarray(x, dtype=np.float64) for name, x in zip(NAMES, (*fields.values(), obs, done))}
    envs, policy, obs, done = toy.began(probe.ends, probe.before, seed)
    truth["begins"] = np.asarray(done, dtype=np.float64)
    given = obs.copy(), done.copy()
    answer = _read(toy.call(function, envs, policy, *given, probe.num_steps))
    damaged = not (np.array_equal(given[0], obs) and np.array_equal(given[1], done))
    return Seen(envs, policy, truth, answer, damaged)


def _read(result):
    if not isinstance(result, tuple | list) or len(result) != 3:
        raise runner.Unusable("Return three things: the rollout, and `obs` and `done` for whoever collects next.")
    fields, obs, done = result
    entries = fields if isinstance(fields, Mapping) else getattr(fields, "__dict__", None)
    if entries is None and hasattr(fields, "_asdict"):
        entries = fields._asdict()
    if not isinstance(entries, Mapping):
        raise runner.Unusable(f"The rollout should be a dict of arrays; yours is a {type(fields).__name__}.")
    if not entries:
        raise runner.Unusable(
            "In one case your rollout is empty. Keep all T rows; `valid` says which of them are no experience."
        )
    if missing := [name for name in toy.FIELDS if name not in entries]:
        raise runner.Unusable(f"The rollout has no {', '.join(missing)}.")
    return {name: runner.numbers(x) for name, x in zip(NAMES, (*(entries[name] for name in toy.FIELDS), obs, done))}


@dataclass(frozen=True)
class Collected:
    """`Collected(...)(function, seed)` gives the `Verdict` on a `collect`."""

    why: str
    beliefs: tuple = (*ABOUT_PLAYING, *ABOUT_ARRAYS)

    def __call__(self, function, seed):
        runs = [(stage, watch(function, probe, seed)) for stage in STAGES for probe in stage.probes]
        steps = []
        for stage in STAGES:
            mine = [seen for owner, seen in runs if owner is stage]
            wrong = next((seen for seen in mine if _spoilt(seen) or seen.wrong()), None)
            case = _case(wrong) if wrong and not _spoilt(wrong) else None
            damaged = stage is STAGES[-1] and any(seen.damaged for _, seen in runs)
            steps.append(Step(stage.title, stage.points, wrong is None and not damaged, case))
        if all(step.passed for step in steps):
            return Verdict(tuple(steps), self.why)
        return Verdict(tuple(steps), _say([seen for _, seen in runs]))


def _spoilt(seen):
    """Was the game itself another one?"""
    return any(belief.holds(seen) for belief in ABOUT_PLAYING)


def _say(runs):
    for belief in ABOUT_PLAYING:
        if any(belief.holds(seen) for seen in runs):
            return belief.message
    if any(seen.damaged for seen in runs):
        return "Your function changed `obs` or `done` in place; its caller still needs them. Work on a copy."
    first = next(seen for seen in runs if seen.wrong())
    if shapes := _about_shapes(first):
        return shapes
    for belief in ABOUT_ARRAYS:
        if any(_believed(formula, runs) for formula in belief.formulas):
            return belief.message
    name = first.wrong()[0]
    return f"`{name}` is not yet what belongs into its rows. Row t is one transition: what was seen, done, got."


def _believed(formula: Callable, runs):
    """Does this formula, from the right arrays, give the learner's where it speaks, and not the right ones?"""
    differs = False
    for seen in runs:
        theirs = {name: np.asarray(x, dtype=np.float64) for name, x in formula(seen.truth).items()}
        if not all(alike(seen.answer[name], x) for name, x in theirs.items()):
            return False
        differs |= any(not alike(seen.truth[name], x) for name, x in theirs.items())
    return differs


def _about_shapes(seen):
    """What a wrong shape usually means; nothing where the shapes are right."""
    for name in NAMES:
        mine, right = seen.answer[name], seen.truth[name]
        if mine.shape == right.shape:
            continue
        said = f"`{name}` is of shape {mine.shape}, expected {right.shape}. "
        T, N = seen.truth["rewards"].shape
        if name not in AFTER and mine.shape[:2] == (N, T) != (T, N):
            return said + "Time is axis 0: one row per step, one column per environment."
        if mine.ndim and mine.shape[0] == T * N and name not in AFTER:
            return said + "Keep rows and columns apart: GAE runs along each column. Flattening comes later."
        if mine.ndim and mine.shape[0] == T + 1 and name not in AFTER:
            return said + "One row too many: what comes after the last row is returned beside the rollout."
        if mine.ndim and mine.shape[0] < T and name not in AFTER:
            return said + "Keep all T rows; `valid` says which of them are no experience."
        return said + "Row t is transition t, column n is environment n."
    return None


def _case(seen):
    """The first entry that differs."""
    name = seen.wrong()[0]
    right, mine = seen.truth[name], seen.answer[name]
    if mine.shape != right.shape:
        return Case(name, f"shape {right.shape}", f"shape {mine.shape}")
    index = tuple(np.argwhere(~np.isclose(mine, right, rtol=1e-4, atol=1e-5))[0])
    flag = name in ("terminated", "truncated", "valid", AFTER[1])
    words = (lambda x: str(bool(x))) if flag else shown
    if name in AFTER:
        return Case(f"{name}, environment {index[0]}", words(right[index]), words(mine[index]))
    t, n = index[:2]
    if name in ("obs", "next_obs"):
        return Case(f"{name}[{t}, {n}]", shown(right[t, n]), shown(mine[t, n]))
    ended = [kind for kind in ("terminated", "truncated") if seen.truth[kind][t, n]]
    state = ", ".join(ended) if seen.truth["valid"][t, n] else "the row after an end"
    return Case(f"{name}[{t}, {n}] ({state or 'in the middle of an episode'})", words(right[t, n]), words(mine[t, n]))


ANSWER = """\
rows = []
for _ in range(num_steps):
    actions, logprobs = policy(obs)
    next_obs, rewards, terminated, truncated, _ = envs.step(actions)
    rows.append((obs, actions, logprobs, rewards, next_obs, terminated, truncated, ~done))
    obs, done = next_obs, terminated | truncated
names = ("obs", "actions", "logprobs", "rewards", "next_obs", "terminated", "truncated", "valid")
rollout = {name: np.stack(column) for name, column in zip(names, zip(*rows))}
return rollout, obs, done"""

COLLECT = Item(
    name="collect",
    exercise="07_train_ppo",
    points=3,
    judge=Collected(
        "Row t is transition t everywhere, the true successor stands in it even where an episode was cut, and the rows "
        "that are no experience are marked. Everything PPO learns from is in these eight arrays.",
    ),
    hints=(
        "What has to be carried from one turn of the loop to the next, and what is known only after the step?",
        "Ask the policy, step, write one row down, go on from what the step returned. A row is no experience if the "
        "row before it ended an episode, and for row 0 `done` says whether it did.",
        "for each step: policy(___), envs.step(___), append (obs, …, ~done); then obs, done = ___, ___. At the end "
        "np.stack every column.",
    ),
    answer=ANSWER,
)
