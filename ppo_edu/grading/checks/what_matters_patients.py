"""Exercise 08: three trainers with one line changed, to be told from twelve others by the lesson's experiments."""

import functools
import inspect
from types import ModuleType
from typing import NamedTuple

from ppo_edu import ppo as sound
from ppo_edu.clinic import BUGS, Bug
from ppo_edu.experiments import EXPERIMENTS

DELTAS = BUGS["truncation as death"].right
RATIO = BUGS["detached ratio"].right
SHUFFLED = BUGS["minibatches never shuffled"].right
VALUES = "values = agent.value(obs[batch])"


class Suspect(NamedTuple):
    """A bug of the published list, and what it does, in words that do not depend on the patient."""

    bug: Bug
    does: str


def known(name, does):
    """A bug of the lesson's clinic."""
    return Suspect(BUGS[name], does)


def new(right, wrong, experiment, does):
    """A bug that the lesson's clinic does not have."""
    return Suspect(Bug(right, wrong, experiment), does)


SUSPECTS = {
    "flipped sign": known("flipped sign", "It turns the whole loss around, and so the critic flees from its targets."),
    "ratio upside down": new(
        RATIO,
        "ratio = probability_ratio(old_logprobs[batch], logprobs)",
        "two arms",
        "Raising that ratio makes a good action *rarer*, while the critic learns as ever.",
    ),
    "detached ratio": known("detached ratio", "No gradient reaches the policy, so it stays where it is."),
    "critic without a gradient": new(
        VALUES, VALUES + ".detach()", "what moved", "The critic stays where it is, and only the policy learns."
    ),
    "old log-probs recomputed": known(
        "old log-probs recomputed", "The loss sees a ratio of 1 for ever, however far the policy goes."
    ),
    "advantages not cut at episode ends": known(
        "advantages not cut at episode ends", "Rewards of later episodes reach the first ones."
    ),
    "truncation as death": known("truncation as death", "What lies behind a time limit counts nothing."),
    "future discounted twice": new(
        DELTAS, DELTAS.replace("config.gamma", "config.gamma**2"), "constant reward", "A step ahead costs γ², not γ."
    ),
    "targets from normalised advantages": known(
        "targets from normalised advantages", "The targets keep no level, so the critic can learn none."
    ),
    "entropy with the wrong sign": known("entropy with the wrong sign", "The bonus is a penalty on indecision."),
    "minibatches never shuffled": known("minibatches never shuffled", "The same rows come first in every epoch."),
    "rows drawn with replacement": new(
        SHUFFLED,
        SHUFFLED.replace("torch.randperm(n, ", "torch.randint(n, (n,), "),
        "rows drawn",
        "Some rows come twice in an epoch, and in exchange others not at all.",
    ),
    "last minibatch left out": new(
        SHUFFLED,
        SHUFFLED.replace(".tensor_split(min(count, n))", ".tensor_split(min(count, n))[:-1]"),
        "rows drawn",
        "The rows of the last of four minibatches are left out.",
    ),
}
NAMES = tuple(SUSPECTS)
"""The published list: every patient has one of these."""

QUICK = tuple(name for name in EXPERIMENTS if name != "cartpole")
PATIENTS = {"A": "ratio upside down", "B": "future discounted twice", "C": "rows drawn with replacement"}


def patient(who):
    """The module `ppo` with one line changed: "A", "B", "C", or a name of the list. Raises `KeyError` for others."""
    return _planted(PATIENTS.get(who, who))


def examine(who, experiment, seed=1):
    """Numbers of one of the lesson's experiments on a patient, by name; of the sound trainer for `None`."""
    return dict(_numbers(PATIENTS.get(who, who), experiment, seed))


@functools.cache
def _planted(name):
    source, bug = inspect.getsource(sound), SUSPECTS[name].bug
    if source.count(bug.right) != 1:
        raise ValueError(f"ppo.py holds {source.count(bug.right)} lines {bug.right!r}, and needs exactly one")
    module = ModuleType("ppo_of_a_patient")
    exec(compile(source.replace(bug.right, bug.wrong), "<ppo.py of a patient>", "exec"), module.__dict__)
    return module


@functools.cache
def _numbers(name, experiment, seed):
    return EXPERIMENTS[experiment](sound if name is None else _planted(name), seed)
