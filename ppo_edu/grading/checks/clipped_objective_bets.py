"""Exercise 03: predictions about K epochs on one batch, made first, then measured live."""

import functools

from ppo_edu.grading import runner
from ppo_edu.grading.formula import shown
from ppo_edu.grading.items import Item, Verdict, note
from ppo_edu.grading.report import Step

# Question -> its choices. The words are the learner's vocabulary; the exercise lists them too.
CHOICES = {
    "outside": ("none", "some", "nearly all"),
    "silent": ("all", "not all"),
    "training": ("rises", "stays", "falls"),
    "held_out": ("rises as much", "rises much less or falls"),
}


WHY = "The clip silences samples; it does not hold their ratios, and a gain on the batch need not be a gain elsewhere."
BATCHES = 4
# Functions without arguments that take seconds: who grades a class calls them once for all.
SLOW_FACTS = ("measured",)


@functools.cache
def measured(first_seed=1000):
    """Question -> (the choice that came true, the number behind it); about 3 seconds, once per process.

    Four batches of 256 samples of one CartPole agent, 100 clipped epochs on each (ε = 0.2, learning rate 0.003),
    and 4096 held-out samples of the same agent; means over the four.
    """
    import numpy as np

    from ppo_edu.overfit import epochs_on, frozen_batch, sample

    agent, _, held_out = frozen_batch(seed=1)
    rows = []
    for seed in range(first_seed, first_seed + BATCHES):
        batch = sample(agent, num_envs=2, seed=seed)
        *_, (_, _, last) = epochs_on(agent, batch, held_out, learning_rate=3e-3, clip_eps=0.2, epochs=100)
        rows.append([last[name] for name in ("outside", "silent", "surrogate", "held_out")])
    outside, silent, training, held = np.mean(rows, axis=0).round(3)
    return {
        "outside": (
            "none" if outside < 0.01 else "some" if outside < 0.9 else "nearly all",
            f"{outside:.0%} of the samples are outside 1 ± 0.2",
        ),
        "silent": (
            "all" if silent > 0.99 * outside else "not all",
            f"{silent / max(outside, 1e-9):.0%} of those outside have no gradient",
        ),
        "training": (
            "rises" if training > 0.003 else "falls" if training < -0.003 else "stays",
            f"a gain of {shown(training)} on the batch learned from",
        ),
        "held_out": (
            "rises much less or falls" if held < training / 2 else "rises as much",
            f"a gain of {shown(held)} on samples never learned from",
        ),
    }


def judge(function, seed):
    """The `Verdict` on `k_epochs`: the point is for committing to predictions; the message tells what was measured."""
    said = runner.call(function)[0]
    if problem := _problem(said):
        return Verdict((Step("a prediction for every question", 1, False),), problem)
    with runner.no_time_limit():
        truth = measured()
    came_true = [said[question].strip().lower() == truth[question][0] for question in CHOICES]
    words = [f"you said “{said[question]}”, measured “{truth[question][0]}”" for question in CHOICES]
    for question, line in zip(CHOICES, words):
        asked = f"After 100 clipped epochs, {question}:"
        note("prediction", "03_clipped_objective", question, question=asked, words=line)
    lines = [f"{question}: {line} ({truth[question][1]})." for question, line in zip(CHOICES, words)]
    ending = f"{sum(came_true)} of {len(CHOICES)} came true. The point is for committing before looking."
    return Verdict((Step("a prediction for every question", 1, True),), "\n".join([*lines, ending, WHY]))


def _problem(said):
    if not isinstance(said, dict):
        return f"Return a dict with the keys {', '.join(CHOICES)}; yours is of type {type(said).__name__}."
    for question, choices in CHOICES.items():
        if question not in said:
            return f"There is no prediction for {question!r}: choose one of {_listed(choices)}."
        if said[question] is None:
            return f"The prediction for {question!r} is still None: choose one of {_listed(choices)}."
        if not isinstance(said[question], str) or said[question].strip().lower() not in choices:
            return f"{said[question]!r} is none of the choices for {question!r}: {_listed(choices)}."
    if extra := sorted(str(key) for key in said.keys() - CHOICES.keys()):
        return f"{extra[0]!r} is not one of the questions: {', '.join(CHOICES)}."
    return None


def _listed(choices):
    return ", ".join(repr(choice) for choice in choices)


K_EPOCHS = Item(
    name="k_epochs",
    exercise="03_clipped_objective",
    points=1,
    judge=judge,
    hints=(
        "Before the first step every ratio is 1. What can the clip do during that step?",
        "Samples share the network's weights: a silent sample is still moved by the others.",
        'Any four choices earn the point, such as {"outside": ___, "silent": ___, "training": ___, "held_out": ___}.',
    ),
    answer='outside, silent = "some", "not all"\ntraining, held_out = "rises", "rises much less or falls"',
)
