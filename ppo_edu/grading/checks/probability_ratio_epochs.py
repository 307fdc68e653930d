"""Exercise 02: several epochs of gradient ascent on one batch, against the log-probabilities it was collected with."""

from functools import partial

import numpy as np

from ppo_edu.grading.batch import OfBatch
from ppo_edu.grading.checks.probability_ratio_gradient import batch, logprobs_of, normalised, weighed
from ppo_edu.grading.formula import Part, belief
from ppo_edu.grading.items import Item


def run(logits, actions, advantages, lr, epochs, weigh=lambda ratio: ratio, extra=0):
    """(logits after, ratio of each sample before each step) of ascent steps that weigh the samples by `weigh`."""
    old, ratios = logprobs_of(logits, actions), []
    for _ in range(epochs + extra):
        ratios.append(np.exp(logprobs_of(logits, actions) - old))
        logits = logits + lr * weighed(logits, actions, weigh(ratios[-1]) * advantages)
    return logits, np.array(ratios).reshape(-1, len(actions))


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


def ones(z, a, A, lr, k):
    return np.ones((k, len(a)))


def plain(z, a, A, lr, k):
    return run(z, a, A, lr, k, weigh=np.ones_like)


def each_from_the_one_before(z, a, A, lr, k):
    """The old log-probabilities trail one epoch behind."""
    old, ratios = logprobs_of(z, a), []
    for _ in range(k):
        now = logprobs_of(z, a)
        ratios.append(np.exp(now - old))
        z, old = z + lr * weighed(z, a, ratios[-1] * A), now
    return z, np.array(ratios)


def first_gradient_repeated(z, a, A, lr, k):
    return z + k * lr * weighed(z, a, A), ones(z, a, A, lr, k)


def one_by_one(z, a, A, lr, k):
    """A step after each sample."""
    old, ratios = logprobs_of(z, a), []
    for _ in range(k):
        ratios.append(np.exp(logprobs_of(z, a) - old))
        for i in range(len(a)):
            pull = np.exp(logprobs_of(z, a)[i] - old[i]) * A[i]
            z = z + lr * weighed(z, a[i : i + 1], np.array([pull]))
    return z, np.array(ratios)


def ratios_as(change):
    """The right logits, with the ratios changed."""

    def formula(*inputs):
        logits, ratios = run(*inputs)
        return logits, change(ratios)

    return formula


def after_each_step(z, a, A, lr, k):
    return run(z, a, A, lr, k)[0], run(z, a, A, lr, k, extra=1)[1][1:]


def of_every_action(z, a, A, lr, k):
    steps = [run(z, a, A, lr, n)[0] for n in range(k)]
    every = np.arange(len(z))
    return run(z, a, A, lr, k)[0], [np.exp(logprobs_of(x, every) - logprobs_of(z, every)) for x in steps]


BELIEFS = (
    belief(
        "Your ratios are 1 in every epoch, and every step is a plain policy-gradient step: the old log-probabilities "
        "are computed anew from the logits you are changing. They belong to the policy that collected the batch, and "
        "stay as they were.",
        lambda *inputs: (plain(*inputs)[0], ones(*inputs)),
    ),
    belief(
        "Your logits do not move. Either no gradient reaches them, or the old log-probabilities are computed anew "
        "inside the graph: new and old then cancel, and so do their gradients.",
        lambda z, *rest: (z, ones(z, *rest)),
    ),
    belief(
        "Your steps leave the ratio out: from the second epoch on they are plain policy-gradient steps, though the "
        "ratios you report are no longer 1.",
        plain,
    ),
    belief(
        "Your old policy trails one epoch behind the new one. There is one old policy for the whole batch: the one "
        "that collected it.",
        each_from_the_one_before,
    ),
    belief(
        "Every step repeats the first one. The logits have moved after it, and with them the ratios and the gradient.",
        first_gradient_repeated,
        lambda *inputs: (first_gradient_repeated(*inputs)[0], run(*inputs)[1]),
    ),
    belief(
        "You walk downhill. L^CPI is maximised: gradient *ascent*.",
        lambda z, a, A, lr, k: run(z, a, A, -lr, k),
    ),
    belief(
        "Your steps are as long as the batch is large: they follow the sum. Asked are steps on the mean.",
        lambda z, a, A, lr, k: run(z, a, A, lr * len(a), k),
    ),
    belief(
        "You divide the steps by the number of actions or of epochs. Each is `lr` times the gradient of the mean over "
        "the batch.",
        lambda z, a, A, lr, k: run(z, a, A, lr / len(z), k),
        lambda z, a, A, lr, k: run(z, a, A, lr / k, k),
    ),
    belief(
        "The learning rate is not used.",
        lambda z, a, A, lr, k: run(z, a, A, 1.0, k),
    ),
    belief(
        "The number of steps is wrong: `epochs` of them, no more and no fewer.",
        lambda z, a, A, lr, k: run(z, a, A, lr, 1),
        lambda z, a, A, lr, k: run(z, a, A, lr, k, extra=1),
        lambda z, a, A, lr, k: run(z, a, A, lr, k, extra=-1),
        lambda z, a, A, lr, k: (run(z, a, A, lr, k, extra=-1)[0], run(z, a, A, lr, k)[1]),
        lambda z, a, A, lr, k: (run(z, a, A, lr, k, extra=1)[0], run(z, a, A, lr, k)[1]),
    ),
    belief(
        "You step after every sample. Asked is one step per epoch, on the mean over the whole batch.",
        one_by_one,
    ),
    belief(
        "You clip. These epochs are on L^CPI as it is; watch what the ratios do without a clip.",
        partial(run, weigh=lambda ratio: np.clip(ratio, 0.8, 1.2)),
        lambda z, a, A, lr, k: run(z, a, A, lr, k, weigh=lambda r: r * ~((A > 0) & (r > 1.2) | (A < 0) & (r < 0.8))),
    ),
    belief(
        "You normalise the advantages. That may be done, but by the caller: here they are what they are.",
        lambda z, a, A, lr, k: run(z, a, normalised(A, 0), lr, k),
        lambda z, a, A, lr, k: run(z, a, normalised(A, 1), lr, k),
    ),
    belief(
        "Your steps go the wrong way about the ratio: old over new, where it should be new over old.",
        partial(run, weigh=lambda ratio: 1 / ratio),
        lambda *inputs: (run(*inputs, weigh=lambda ratio: 1 / ratio)[0], 1 / run(*inputs, weigh=lambda r: 1 / r)[1]),
    ),
    belief(
        "The logits are right, but your ratios are those *after* each step. Before the first step nothing has changed: "
        "the first row is all 1.",
        after_each_step,
    ),
    belief(
        "The logits are right, but there is a row of ratios too many: one per epoch, taken before its step.",
        lambda z, a, A, lr, k: (run(z, a, A, lr, k)[0], run(z, a, A, lr, k, extra=1)[1]),
    ),
    belief(
        "The logits are right, but there is one row of ratios. Asked is one row per epoch.",
        ratios_as(lambda ratios: ratios[-1]),
        lambda *inputs: (run(*inputs)[0], run(*inputs, extra=1)[1][-1]),
    ),
    belief(
        "The logits are right, but the ratios are upside down: new over old, above 1 where an action became likelier.",
        ratios_as(lambda ratios: 1 / ratios),
    ),
    belief(
        "The logits are right, but those are log-ratios: 0 where nothing changed. The ratio is 1 there.",
        ratios_as(np.log),
    ),
    belief(
        "The logits are right, but your ratios are averaged. Asked is one per sample, for each epoch.",
        ratios_as(lambda ratios: ratios.mean(1)),
    ),
    belief(
        "The logits are right, and rows and columns of the ratios are exchanged: one row per epoch, one column per "
        "sample.",
        ratios_as(np.transpose),
    ),
    belief(
        "The logits are right, but there is a ratio for every action of the policy. Asked are those of the samples.",
        of_every_action,
    ),
    belief(
        "The logits are right, but the ratios you report are all 1. They were before the first step only.",
        lambda *inputs: (run(*inputs)[0], ones(*inputs)),
    ),
    belief(
        "The two are in the wrong order: first the logits, then the ratios.",
        lambda *inputs: run(*inputs)[::-1],
    ),
    belief(
        "Asked are two things: `return logits, ratios`.",
        lambda *inputs: run(*inputs)[0],
        lambda *inputs: run(*inputs)[1],
    ),
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
        lambda *inputs: (
            "Before the first step every ratio is 1. After it, new and old log-probabilities differ, and "
            "both the ratios and the steps follow the new ones."
        ),
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
