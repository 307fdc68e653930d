"""Eight bugs, planted on purpose in a copy of the trainer (lesson 08).

A bug is one line of `ppo.py` and the line that replaces it: the diff *is* the patch, and `ppo.py` itself stays clean.
"""

import functools
import inspect
from types import ModuleType
from typing import NamedTuple

from ppo_edu import ppo as sound
from ppo_edu.experiments import EXPERIMENTS


class Bug(NamedTuple):
    """A line of `ppo.py`, what stands there in the broken copy, and the experiment that exposes it."""

    right: str
    wrong: str
    experiment: str


BUGS = {
    "flipped sign": Bug(
        "loss = -total_objective(clip_objective, vf_loss, entropy, config.vf_coef, config.ent_coef)",
        "loss = total_objective(clip_objective, vf_loss, entropy, config.vf_coef, config.ent_coef)",
        "two arms",
    ),
    "detached ratio": Bug(
        "ratio = probability_ratio(logprobs, old_logprobs[batch])",
        "ratio = probability_ratio(logprobs.detach(), old_logprobs[batch])",
        "what moved",
    ),
    "old log-probs recomputed": Bug(
        "ratio = probability_ratio(logprobs, old_logprobs[batch])",
        "ratio = probability_ratio(logprobs, logprobs.detach())",
        "ratios seen",
    ),
    "advantages not cut at episode ends": Bug(
        "advantages = gae(deltas, rollout.dones, config.gamma, config.gae_lambda)",
        "advantages = gae(deltas, np.zeros_like(rollout.dones), config.gamma, config.gae_lambda)",
        "other episodes",
    ),
    "truncation as death": Bug(
        "deltas = td_errors(rollout.rewards, rollout.values, rollout.next_values, rollout.terminated, config.gamma)",
        "deltas = td_errors(rollout.rewards, rollout.values, rollout.next_values, rollout.dones, config.gamma)",
        "constant reward",
    ),
    "minibatches never shuffled": Bug(
        "return torch.randperm(n, generator=generator).tensor_split(min(count, n)) if n else ()",
        "return torch.arange(n).tensor_split(min(count, n)) if n else ()",
        "rows drawn",
    ),
    "targets from normalised advantages": Bug(
        "return advantages, advantages + rollout.values",
        "return advantages, normalize(advantages) + rollout.values",
        "constant reward",
    ),
    "entropy with the wrong sign": Bug(
        "loss = -total_objective(clip_objective, vf_loss, entropy, config.vf_coef, config.ent_coef)",
        "loss = -total_objective(clip_objective, vf_loss, entropy, config.vf_coef, -config.ent_coef)",
        "entropy bonus",
    ),
}


@functools.cache
def planted(name):
    """A copy of the module `ppo` with one bug of `BUGS` in it; the trainer itself stays as it is."""
    source, bug = inspect.getsource(sound), BUGS[name]
    if source.count(bug.right) != 1:
        raise ValueError(f"{name}: ppo.py holds {source.count(bug.right)} lines {bug.right!r}, and needs exactly one")
    module = ModuleType("ppo_with_a_bug")
    exec(compile(source.replace(bug.right, bug.wrong), f"<ppo.py with {name}>", "exec"), module.__dict__)
    return module


def diff(name):
    """The two lines a bug stands for, as `diff` writes them."""
    return f"- {BUGS[name].right}\n+ {BUGS[name].wrong}"


PATIENTS = {f"patient {i}": name for i, name in enumerate(sorted(BUGS, key=lambda name: name[::-1]), 1)}
"""The bugs under other names, for those who want to find them out."""


@functools.cache
def examine(patient, experiment, seed=1):
    """Numbers of an experiment on a patient, a bug by its name, or the sound trainer (`None`)."""
    ppo = sound if patient is None else planted(PATIENTS.get(patient, patient))
    return EXPERIMENTS[experiment](ppo, seed)
