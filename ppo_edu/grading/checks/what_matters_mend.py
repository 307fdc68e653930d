"""Exercise 08: a broken loss, mended. Each bug is judged where the others cannot be seen."""

import copy
import functools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ppo_edu.arrays import is_tensor
from ppo_edu.config import PPOConfig
from ppo_edu.grading import runner
from ppo_edu.grading.checks import what_matters_mend_beliefs as beliefs
from ppo_edu.grading.checks.what_matters_losses import loss_with, observed, steps_of
from ppo_edu.grading.formula import shown
from ppo_edu.grading.items import Item, Verdict
from ppo_edu.grading.report import Case, Step

TOLERANCE = dict(rtol=1e-3, atol=1e-5)
SAID = {"loss": "the loss", "logits": "∂loss/∂logits", "values": "∂loss/∂values"}
PLAIN = dict(gamma=0.9, gae_lambda=0.8, clip_eps=0.2, vf_coef=0.0, ent_coef=0.0)


@dataclass(frozen=True)
class Place:
    """One of the things that may be wrong: probes that show it alone, and which of the three numbers to look at."""

    title: str
    points: float
    probes: Callable  # seed -> list of (words, inputs)
    looks_at: tuple[str, ...]
    beliefs: tuple
    otherwise: str


def probe(words, seed, ends, config=(), **moved):
    """(words for the case, the four inputs)."""
    return words, (*steps_of(seed, ends, **moved), PPOConfig(**PLAIN | dict(config)))


def limit_at_the_end(seed):
    words = "{} steps, the last one cut by a time limit"
    return [
        probe(words.format("five"), seed, "----L"),
        probe(words.format("nine"), seed + 1, "--T--T--L", dict(gamma=0.8, gae_lambda=0.95)),
        probe("six steps, the last one terminated", seed + 2, "-----T"),
    ]


def limit_in_the_middle(seed):
    words = "{} steps, cut by time limits behind which nothing is to be had"
    return [
        probe(words.format("nine"), seed + 10, "--L---T--", behind_limits=0.0),
        probe(words.format("eight"), seed + 11, "L-LT-L-T", dict(gamma=0.8, gae_lambda=0.95), behind_limits=0.0),
        probe("seven steps, two of them terminated", seed + 12, "-T--T--"),
    ]


def critic_moved(seed):
    words = "{} steps, a critic that has learned since, c₁ = 0"
    return [
        probe(words.format("six"), seed + 20, "-----T", critic_moved=1.0),
        probe(words.format("seven"), seed + 21, "--T----", dict(gamma=0.8), critic_moved=2.0),
    ]


def level_of_targets(seed):
    words = "{} steps, the critic as in the rollout, c₁ = {}"
    return [
        probe(words.format("six", 0.5), seed + 30, "-----T", dict(vf_coef=0.5)),
        probe(words.format("seven", 2), seed + 31, "--T----", dict(vf_coef=2.0, gae_lambda=0.5)),
    ]


def later_epoch(seed):
    words = "{} steps, a policy that has moved since the rollout"
    return [
        probe(words.format("eight"), seed + 40, "-----T--", policy_moved=0.3),
        probe(words.format("nine"), seed + 41, "--T------", dict(clip_eps=0.1), policy_moved=1.0),
    ]


def bonus(seed):
    words = "{} steps, c₁ = 0, c₂ = {}"
    return [
        probe(words.format("six", 0.5), seed + 50, "-----T", dict(ent_coef=0.5)),
        probe(words.format("five", 2), seed + 51, "-T---", dict(ent_coef=2.0)),
    ]


def everything(seed):
    config = dict(gamma=0.85, gae_lambda=0.7, clip_eps=0.15, vf_coef=0.7, ent_coef=0.3)
    moved = dict(critic_moved=0.7, policy_moved=0.5)
    return [
        probe("nine steps with all that there is", seed + 60, "--L---T--", config, **moved),
        probe("twelve steps with ends of all kinds", seed + 61, "T--LL-TB--L-", config, **moved),
        probe("one step", seed + 62, "L", config, **moved),
    ]


PLACES = (
    Place(
        "an episode cut by a time limit: the last step",
        0.4,
        limit_at_the_end,
        ("logits",),
        beliefs.BOOTSTRAP,
        "The advantage of the last step of an episode: what it has to count of V(s_{t+1}) depends on how it ended.",
    ),
    Place(
        "an episode that begins in the middle of the rollout",
        0.4,
        limit_in_the_middle,
        ("logits",),
        beliefs.CUT,
        "Advantages are added up from the back. Where does another episode begin?",
    ),
    Place(
        "a critic that has learned since the rollout",
        0.4,
        critic_moved,
        ("logits",),
        beliefs.PROMISED,
        "c₁ is 0 here, so nothing may depend on what the critic says now.",
    ),
    Place(
        "the targets that the critic learns",
        0.4,
        level_of_targets,
        ("loss",),
        beliefs.TARGETS,
        "The value loss is ½(V − V̂)², averaged. What is V̂ made of?",
    ),
    Place(
        "a policy that has moved since the rollout",
        0.4,
        later_epoch,
        ("loss", "logits"),
        beliefs.RATIO,
        "After the first step of an update, π is not π_old any more. The loss must see how far it went.",
    ),
    Place(
        "a large entropy bonus", 0.4, bonus, ("loss", "logits"), beliefs.BONUS, "L = L^CLIP − c₁ L^VF + c₂ S is raised."
    ),
    Place(
        "all of it at once; inputs left as they were",
        0.6,
        everything,
        tuple(SAID),
        beliefs.WHOLE,
        "Each piece is right where it stands alone, and the whole is not. Compare with the broken loss: what did you "
        "change that was right?",
    ),
)


RIGHT = loss_with()


@functools.cache
def probes_of(place, seed):
    return place.probes(seed)


@functools.cache
def known(formula, place, seed, i):
    """What is observed of a right or wrong formula on a probe."""
    return runner.quietly(observed, formula, *probes_of(place, seed)[i][1])


class Mended:
    """`Mended()(function, seed)` gives the `Verdict` on a loss (logits, values, rollout, config)."""

    beliefs = tuple(dict.fromkeys(belief for place in PLACES for belief in (*place.beliefs, *beliefs.ANYWHERE)))

    def __call__(self, function, seed):
        asked = {place: [_ask(function, inputs) for _, inputs in probes_of(place, seed)] for place in PLACES}
        answers = {place: [answer for answer, _ in found] for place, found in asked.items()}
        damaged = any(changed for found in asked.values() for _, changed in found)
        with runner.no_time_limit():
            wrong = {place: _difference(place, seed, answers[place]) for place in PLACES}
            spoilt = {PLACES[-1]} if damaged else set()
            steps = tuple(Step(p.title, p.points, not wrong[p] and p not in spoilt, wrong[p]) for p in PLACES)
            if all(step.passed for step in steps):
                return Verdict(steps, WHY)
            return Verdict(steps, DAMAGED if damaged else _say([p for p in PLACES if wrong[p]], seed, answers))


def _ask(function, inputs):
    """(what is observed of the learner's loss, whether it changed an input)."""
    result, changed = runner.call(function, *inputs)
    if is_tensor(result) and result.numel() != 1:
        raise runner.Unusable(f"A loss is one number; yours has shape {tuple(result.shape)}. Where is the mean?")
    if not is_tensor(result):
        raise runner.Unusable("The loss should be a torch tensor, so that `backward` finds the way back from it.")
    try:
        answer = runner.quietly(observed, function, *copy.deepcopy(inputs))
    except Exception as error:
        said = f"{type(error).__name__}: {error}"
        raise runner.Raised(f"{said} It came when the slope of your loss was asked for, as `backward` does.") from error
    if answer is None:
        raise runner.Unusable("No gradient goes through your loss: everything in it is detached.")
    if not np.allclose(answer["loss"], result.detach(), equal_nan=True, rtol=0, atol=0):
        raise runner.Unusable("Two calls with the same inputs gave two answers: this is not yet a function.")
    return answer | {"loss": answer["loss"].reshape(())}, bool(changed)


def _difference(place, seed, answers):
    """The first `Case` in which a number looked at differs, or None."""
    for i, theirs in enumerate(answers):
        mine = known(RIGHT, place, seed, i)
        for name in place.looks_at:
            wrong = ~np.isclose(mine[name], theirs[name], **TOLERANCE)
            if wrong.any():
                row = tuple(np.argwhere(wrong)[0])[:1]
                where = SAID[name] + (f" in row {row[0]}" if row else "")
                words, _ = probes_of(place, seed)[i]
                return Case(words, f"{where}: {shown(mine[name][row])}", shown(theirs[name][row]))
    return None


def _say(failing, seed, answers):
    """The belief that gives everything the learner's loss does; else one that does so in a place that fails."""

    def gives(formula, place, names):
        found = ((known(formula, place, seed, i), answer) for i, answer in enumerate(answers[place]))
        return all(np.allclose(left[name], right[name], **TOLERANCE) for left, right in found for name in names)

    for held in Mended.beliefs:
        if any(all(gives(formula, place, SAID) for place in PLACES) for formula in held.formulas):
            return held.message
    for place in failing:
        for held in (*place.beliefs, *beliefs.ANYWHERE):
            if any(gives(formula, place, place.looks_at) for formula in held.formulas):
                return held.message
    if not all(np.isfinite(x).all() for answer in answers[failing[0]] for x in answer.values()):
        return "There is a nan or an infinity in your loss or its slope: something was divided by 0, or ran away."
    return EVERYWHERE if len(failing) > 4 else failing[0].otherwise


EVERYWHERE = (
    "Something that nearly every place needs is not as it was in the broken loss, where it was right: rewards, γ, λ, "
    "normalising, the sum from the back; or the ratio is still none. Compare with it line by line."
)
DAMAGED = "Your function changed its inputs in place; every later minibatch still needs them."
WHY = (
    "Six bugs, and no one of them raises an error. Each shows in a place of its own: at a time limit, after one, when "
    "the critic has moved, when the policy has moved, in the level of the targets, in the entropy."
)

MEND = Item(
    name="mended_loss",
    exercise="08_what_matters",
    points=3,
    judge=Mended(),
    hints=(
        "For each line: which of the lesson's experiments would tell you that it is wrong? Which row, which epoch, "
        "which setting would that take?",
        "Ask of every quantity whether it belongs to the rollout or to now. The rollout's stay fixed over all epochs, "
        "and no gradient goes into them. Then the two flags: which one ends the future, which one the episode?",
        "future = … * ~___[t]; delta = … − ___[t]; following = delta + … * ~___[t] * following; returns before or "
        "after normalising; ratio of ___ to ___; and the sign of each of the three terms.",
    ),
    answer="dones = rollout.terminated | rollout.truncated\n"
    "advantages, following = torch.zeros_like(rollout.rewards), 0.0\n"
    "for t in reversed(range(len(dones))):\n"
    "    future = config.gamma * rollout.next_values[t] * ~rollout.terminated[t]\n"
    "    delta = rollout.rewards[t] + future - rollout.values[t]\n"
    "    advantages[t] = following = delta + config.gamma * config.gae_lambda * ~dones[t] * following\n"
    "logprobs, entropy = logprobs_and_entropy(logits, rollout.actions)\n"
    "ratio = probability_ratio(logprobs, rollout.logprobs)\n"
    "objective = clipped_objective(ratio, normalize(advantages), config.clip_eps).mean()\n"
    "vf_loss = value_loss(values, advantages + rollout.values).mean()\n"
    "return -(objective - config.vf_coef * vf_loss + config.ent_coef * entropy.mean())",
)
