"""Exercise 02: what is believed about several epochs on one batch, as formulas that give the same numbers."""

from functools import partial

import numpy as np

from ppo_edu.grading.checks.probability_ratio_softmax import normalised
from ppo_edu.grading.checks.probability_ratio_steps import (
    adam,
    after_each_step,
    each_from_the_one_before,
    every_action,
    first_gradient_repeated,
    keeping,
    no_longer_than,
    of_every_action,
    one_by_one,
    ones,
    plain,
    ratios_as,
    rescaled,
    rmsprop,
    run,
    shifting_on_the_way,
    straight_on,
    unit,
)
from ppo_edu.grading.formula import belief

BELIEFS = (
    belief(
        "Your ratios are 1 in every epoch, and every step is a plain policy-gradient step: the old log-probabilities "
        "are computed anew from the logits you are changing. They belong to the policy that collected the batch, and "
        "stay as they were.",
        lambda *inputs: (plain(*inputs)[0], ones(*inputs)),
    ),
    belief(
        "Your logits do not move. Is the step stored in them? Does a gradient reach them? Is the weight 0 where "
        "nothing has changed (ratio − 1)? Or are the old log-probabilities computed anew inside the graph? Then new "
        "and old cancel, and so do their gradients.",
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
        straight_on,
    ),
    belief(
        "Your gradients add up: the second step takes the first one's gradient along, the third both. Each step has "
        "one gradient, that of its own epoch. (In torch, `backward` adds to what is already in `.grad`.)",
        keeping(1.0),
    ),
    belief(
        "Your steps keep a share of the earlier gradients: momentum. Asked are plain steps, each along the gradient of "
        "its own epoch.",
        *map(keeping, (0.5, 0.8, 0.9, 0.95, 0.99)),
    ),
    belief(
        "Those steps are Adam's or RMSprop's: such an optimiser divides the gradient by its own recent size, so that "
        "the first step is about as long for a small gradient as for a large one. Each step is `lr` times the "
        "gradient.",
        *map(rescaled, (adam, rmsprop)),
    ),
    belief(
        "You normalise or limit the gradient: a unit vector, its signs, or a bound on its length. Each step is `lr` "
        "times the gradient, short where that is small, and long where that is large.",
        *map(rescaled, (unit, lambda: np.sign, lambda: lambda gradient: gradient / (abs(gradient).max() + 1e-8))),
        *map(rescaled, map(no_longer_than, (0.1, 0.2, 0.5))),
    ),
    belief(
        "The first of your two is a table of probabilities, between 0 and 1. Asked are the logits, where the last step "
        "ended.",
        lambda *inputs: (np.exp(every_action(run(*inputs)[0])), run(*inputs)[1]),
    ),
    belief(
        "Your ratios are right, but the first of your two holds log-probabilities, or logits that were shifted on the "
        "way. The policy is the same; asked are the logits that `lr` times the gradients lead to.",
        lambda *inputs: (every_action(run(*inputs)[0]), run(*inputs)[1]),
        lambda z, *rest: run(every_action(z), *rest),
        lambda z, *rest: run(z - z.max(), *rest),
        shifting_on_the_way,
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
        "The ratio is turned in your steps: old over new. A sample's pull grows as its action becomes likelier.",
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
        ratios_as(lambda ratios: ratios[-1:]),
        lambda *inputs: (run(*inputs)[0], run(*inputs, extra=1)[1][-1]),
        lambda *inputs: (run(*inputs)[0], run(*inputs, extra=1)[1][-1:]),
    ),
    belief(
        "The logits are right, but the ratios are upside down, old over new. The ratio is above 1 where an action "
        "became likelier.",
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
