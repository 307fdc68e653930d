"""Exercise 02: several epochs of gradient ascent on one batch, against the log-probabilities it was collected with."""

import numpy as np

from ppo_edu.grading.batch import OfBatch
from ppo_edu.grading.checks.probability_ratio_epochs_beliefs import BELIEFS
from ppo_edu.grading.checks.probability_ratio_gradient import batch
from ppo_edu.grading.checks.probability_ratio_steps import run
from ppo_edu.grading.formula import Part
from ppo_edu.grading.items import Item


def lesson():
    """Two actions, four samples, all by hand."""
    return np.zeros(2), np.array([0, 0, 1, 1]), np.array([2.0, -1.0, 1.0, 0.5])


def draws(seed, lr, epochs, arms=3, size=8):
    """A made-up batch, collected at the logits it begins from."""
    logits, actions, _, advantages = batch(np.random.default_rng(seed), 0, arms, size)
    return logits, actions, advantages, lr, epochs


def one_epoch(seed):
    """One step: every ratio is 1, and the step is the policy gradient's."""
    return [(*lesson(), 0.5, 1), draws(seed, 1.0, 1)]


def epochs(seed):
    """Several steps, of several sizes."""
    return [
        (*lesson(), 2.0, 3),
        draws(seed + 1, 0.5, 4),
        draws(seed + 2, 0.8, 3, arms=4),
        draws(seed + 3, 1.2, 4, 5, 11),
    ]


def alone(seed):
    """A batch of one; logits shifted together, which changes no probability."""
    logits, *rest = draws(seed + 5, 1.2, 4, arms=4)
    return [draws(seed + 4, 1.0, 3, size=1), (logits - 9.0, *rest)]


def explain(logits, actions, advantages, lr, count):
    """A sentence about the case: the first step alone, or what changes after it."""
    if count == 1:
        return (
            "One step, from where the batch was collected: every ratio is 1, and the step is `lr` times the policy "
            "gradient, the mean over the batch."
        )
    return (
        "Before the first step every ratio is 1. After it, new and old log-probabilities differ, and both the ratios "
        "and the steps follow the new ones."
    )


EPOCHS = Item(
    name="epochs_on_one_batch",
    exercise="02_probability_ratio",
    points=2,
    judge=OfBatch(
        run,
        ("logits", "actions", "Â", "lr", "epochs"),
        ("logits", "ratios"),
        (
            Part("one epoch: every ratio is 1, and the step is the policy gradient's", 0.5, one_epoch),
            Part("several epochs: the logits they end at", 0.75, epochs, entry=0),
            Part("several epochs: the ratios before each step", 0.5, epochs, entry=1),
            Part("a batch of one, shifted logits, the inputs left as they were", 0.25, alone),
        ),
        BELIEFS,
        explain,
        "The old log-probabilities were fixed when the batch was collected. Computed anew they would make every ratio "
        "1, and nothing would tell you how far the policy has gone.",
    ),
    hints=(
        "Which policy drew this batch, and when? Which of the numbers you need changes from epoch to epoch?",
        "What belongs to the collecting policy is computed before the loop. Inside: the ratio now, then one step "
        "along the gradient you have written.",
        "old_logprobs = ___; for each epoch: append ___ to the ratios, then logits = logits + lr * cpi_gradient(___)",
    ),
    answer="old_logprobs = log_softmax(logits)[actions]\n"
    "ratios = []\n"
    "for _ in range(epochs):\n"
    "    ratios.append(probability_ratio(log_softmax(logits)[actions], old_logprobs))\n"
    "    logits = logits + lr * cpi_gradient(logits, actions, old_logprobs, advantages)\n"
    "return logits, np.array(ratios)",
)
