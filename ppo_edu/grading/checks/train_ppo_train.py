"""Exercise 07: a learner's whole PPO has to learn CartPole, in guises that no ready-made controller fits."""

import contextlib
from dataclasses import dataclass, field

import numpy as np

from ppo_edu.grading import runner
from ppo_edu.grading.checks.train_ppo_toy import call
from ppo_edu.grading.formula import belief
from ppo_edu.grading.items import Item, Verdict
from ppo_edu.grading.report import Case, Step

SEEDS, BUDGET, THRESHOLD, EPISODES = (1, 2, 3), 150_000, 400, 64
TRACED = 20_000  # steps of the first run that are taken again: some updates, so that a shuffle without a seed shows
LEARNED, UNTRAINED, COLLAPSED = 100, 22, 12  # mean returns; a fresh policy gets about 22, one constant action about 9

OVER = belief(f"Your run asks for more than the {BUDGET:,} environment steps it may take: num_envs for every `step`.")
ELSEWHERE = belief(
    "Not a single step was taken in the environments that `make_envs` gives. A policy that was written down, or "
    "learned elsewhere, has not been learned here."
)
KNOWS = belief(
    "Your policy plays plain CartPole well and the other two badly, perhaps no better than by chance. Was it written "
    "down, or learned in other environments than those it was given?"
)
CONSTANT = belief(
    "Your policy takes the same action whatever it sees. A turned sign, a step that is far too long, or advantages "
    "that are all alike do that; and so does a policy that forgot its observation."
)
WORSE = belief(
    "Your policy plays worse than by chance. A sign is turned, in the loss or in the advantages, or the policy has all "
    "but settled on one action (steps that are far too long)."
)
FRESH = belief(
    "Two of your policies play like fresh ones. Have they had a gradient at all? And is what you return the one that "
    "was trained, not a copy made before, and not one with weights of its own?"
)
SLOW = belief(
    "It learns, but it is not there yet. Is the budget used? Lesson 07's settings need just over half of it; look at "
    "the learning rate, at the number of gradient steps, at γ and λ, and at whether invalid rows are dropped."
)
UNEVEN = belief(
    "One of the runs gets there and the others are only on their way: luck. Use more of the budget, or calm the last "
    "steps down by lowering the learning rate."
)
UNSEEDED = belief(
    "It learns. But the first run, begun again with its seed, took other steps: some of its chance comes from "
    "elsewhere. Look at the first weights, the draws of actions, the shuffling and `reset`, and at generators that "
    "outlive a run."
)


@dataclass(frozen=True)
class Run:
    """What came of one training run."""

    seed: int
    name: str
    steps: int
    exceeded: bool
    score: float
    constant: bool
    trace: tuple = field(default=(), repr=False)  # what it did and saw at first

    def __str__(self):
        if self.exceeded:
            return f"seed {self.seed}, {self.name}: more than {BUDGET:,} steps"
        return f"seed {self.seed}, {self.name}: {self.score:.0f} after {self.steps:,} steps"


@dataclass(frozen=True)
class Trained:
    """`Trained(...)(function, seed)` gives the `Verdict` on a `train`."""

    why: str
    beliefs: tuple = (OVER, ELSEWHERE, KNOWS, CONSTANT, WORSE, FRESH, SLOW, UNEVEN, UNSEEDED)

    def __call__(self, function, seed):
        from ppo_edu.grading.checks.train_ppo_worlds import guises
        from ppo_edu.ppo import one_thread

        runs = []
        with one_thread():
            for guise, own_seed in zip(guises(seed), SEEDS):
                runs.append(_run(function, guise, own_seed, seed))
                if _decided(runs):
                    break
            reached, learned = (sum(run.score >= goal for run in runs) >= 2 for goal in (THRESHOLD, LEARNED))
            repeats = reached and _repeats(function, guises(seed)[0], SEEDS[0], runs[0].trace)
        said = "; ".join(map(str, runs))
        if len(runs) == 2 and all(run.steps and not run.exceeded for run in runs):
            said += "; the third was not needed"
        case = None if reached else Case(said, f"at least {THRESHOLD} in two of them", _got(runs))
        steps = (
            Step(f"it learns: a mean return of {LEARNED} or more with two of the seeds", 1.5, learned),
            Step(f"it learns CartPole: {THRESHOLD} or more with two of the seeds", 2.25, reached, case),
            Step(f"the same seed, the same run (its first {TRACED:,} steps)", 0.25, repeats),
        )
        if all(step.passed for step in steps):
            return Verdict(steps, f"{self.why}\n{said}.")
        return Verdict(steps, UNSEEDED.message if reached else _say(runs).message)


def _decided(runs):
    """Can another run change nothing any more? Then everybody is spared it."""
    if runs[-1].exceeded or not runs[-1].steps:
        return True
    reached = [sum(run.score >= goal for run in runs) for goal in (LEARNED, THRESHOLD)]
    return all(2 in (yes, len(runs) - yes) for yes in reached)


def _trained(function, guise, own_seed, account):
    """The policy, or None when it asked for more steps than the account holds."""

    def make_envs(num_envs):
        """`num_envs` CartPoles side by side."""
        return guise.make(num_envs, account)

    try:
        return call(function, make_envs, own_seed)
    except runner.Raised:
        if not account.exceeded:
            raise
        return None
    finally:
        for envs in account.made:
            envs.close()


def _repeats(function, guise, own_seed, trace):
    """Does the run that left this trace take the same steps when it is begun again?"""
    from ppo_edu.grading.checks.train_ppo_worlds import Account

    again = Account(TRACED, TRACED)
    with contextlib.suppress(runner.Raised, runner.NotAttempted):
        _trained(function, guise, own_seed, again)
    return tuple(again.trace) == trace


def _run(function, guise, own_seed, seed):
    from ppo_edu.grading.checks.train_ppo_worlds import Account, play

    account = Account(BUDGET, TRACED)
    policy = _trained(function, guise, own_seed, account)
    if account.exceeded or not account.steps:
        return Run(own_seed, guise.name, account.steps, account.exceeded, 0.0, False)
    if not callable(policy) or isinstance(policy, type):
        raise runner.Unusable(
            "Return the policy, a function of observations [N, 4]. "
            f"What you return is a {type(policy).__name__} and cannot be called."
        )
    returns, actions = play(guise, lambda obs: _actions(policy, obs), EPISODES, 10_000 + seed)
    constant = bool(np.ptp(actions) == 0)
    return Run(own_seed, guise.name, account.steps, False, float(returns.mean()), constant, tuple(account.trace))


def _actions(policy, obs):
    """What the policy does, [N]: bare, or the first of a pair as `collect` takes it."""
    try:
        answer = call(policy, obs)
    except runner.NotAttempted:  # a policy that returns None, not an exercise that is still to be done
        answer = np.nan
    answer = answer[0] if isinstance(answer, tuple) else answer
    actions = runner.numbers(answer)
    if actions.shape != (len(obs),) or not np.isin(actions, (0, 1)).all():
        held = f"shape {actions.shape}" + ("" if actions.shape != (len(obs),) else ", with entries other than 0 and 1")
        raise runner.Unusable(
            f"Your policy should answer {len(obs)} observations with {len(obs)} actions, each 0 or 1, or with the pair "
            f"(actions, logprobs) that `collect` takes. It gave {held}."
        )
    return actions.astype(int)


def _got(runs):
    return ", ".join(f"{run.score:.0f}" for run in runs)


def _say(runs):
    if any(run.exceeded for run in runs):
        return OVER
    if any(not run.steps for run in runs):
        return ELSEWHERE
    plain, *others = (run.score for run in runs)
    if plain >= THRESHOLD and others and max(others) < LEARNED:
        return KNOWS
    if sum(run.score < LEARNED for run in runs) >= 2:
        if sum(run.constant for run in runs) >= 2:
            return CONSTANT
        if sum(run.score < COLLAPSED for run in runs) >= 2:
            return WORSE
        if sum(run.score < 2 * UNTRAINED for run in runs) >= 2:
            return FRESH
    return UNEVEN if max(run.score for run in runs) >= THRESHOLD else SLOW


ANSWER = """\
generator = torch.Generator().manual_seed(seed)
agent = ActorCritic(PPOConfig(), 4, 2, generator=generator)
policy = policy_of(agent, generator)
optimizer = torch.optim.Adam(agent.parameters(), eps=1e-5)
envs = make_envs(32)
(obs, _), done = envs.reset(seed=seed), np.zeros(32, dtype=bool)
for iteration in range(40):
    optimizer.param_groups[0]["lr"] = 6e-3 * (1 - iteration / 40)
    rollout, obs, done = collect(envs, policy, obs, done, 64)
    batch = batch_of(agent, rollout, gamma=0.98, gae_lambda=0.9)
    for _ in range(4):
        for rows in minibatches(len(batch["obs"]), 4, generator):
            ppo_step(agent, optimizer, {name: column[rows] for name, column in batch.items()}, 0.2, 0.5, 0.0, 0.5)
return policy"""

TRAIN = Item(
    name="train",
    exercise="07_train_ppo",
    points=4,
    seconds=90,
    trains=True,
    judge=Trained(
        "A policy from nothing but its own play, in worlds that differ from each other in what the numbers and the "
        "actions mean. The same code learned them.",
    ),
    hints=(
        "Which objects live as long as the run, which as long as one rollout, which as long as one minibatch?",
        "Before the loop: agent, policy, optimizer, environments, reset. In it: collect, batch_of, K epochs of "
        "minibatches, a step for each. Hand obs and done from one rollout to the next.",
        "for iteration in range(___): rollout, obs, done = collect(___); batch = batch_of(___); for epoch …: for rows "
        "in minibatches(___): ppo_step(agent, optimizer, {name: column[rows] …}, ___)",
    ),
    answer=ANSWER,
)
