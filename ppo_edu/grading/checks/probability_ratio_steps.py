"""Exercise 02: ways of walking several epochs on one batch, the right one and others, as formulas.

Inputs: logits z, actions a, advantages A, the learning rate, and the number of epochs k.
"""

import numpy as np

from ppo_edu.grading.checks.probability_ratio_softmax import logprobs_of, weighed


def run(logits, actions, advantages, lr, epochs, weigh=lambda ratio: ratio, extra=0):
    """(logits after, ratio of each sample before each step) of ascent steps that weigh the samples by `weigh`."""
    old, ratios = logprobs_of(logits, actions), []
    for _ in range(epochs + extra):
        ratios.append(np.exp(logprobs_of(logits, actions) - old))
        logits = logits + lr * weighed(logits, actions, weigh(ratios[-1]) * advantages)
    return logits, np.array(ratios).reshape(-1, len(actions))


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


def straight_on(z, a, A, lr, k):
    """The first gradient in every step, with the ratios of where that leads."""
    old, gradient = logprobs_of(z, a), weighed(z, a, A)
    ratios = [np.exp(logprobs_of(z + n * lr * gradient, a) - old) for n in range(k)]
    return z + k * lr * gradient, np.array(ratios)


def keeping(share):
    """Steps along the new gradient and a share of all the earlier ones."""

    def formula(z, a, A, lr, k):
        old, ratios, kept = logprobs_of(z, a), [], 0.0
        for _ in range(k):
            ratios.append(np.exp(logprobs_of(z, a) - old))
            kept = share * kept + weighed(z, a, ratios[-1] * A)
            z = z + lr * kept
        return z, np.array(ratios)

    return formula


def rescaled(make):
    """Steps of `make()(gradient)` in the place of the gradient."""

    def formula(z, a, A, lr, k):
        old, ratios, step = logprobs_of(z, a), [], make()
        for _ in range(k):
            ratios.append(np.exp(logprobs_of(z, a) - old))
            z = z + lr * step(weighed(z, a, ratios[-1] * A))
        return z, np.array(ratios)

    return formula


def adam(first=0.9, second=0.999):
    """Adam's step for a gradient, as a function that remembers the earlier ones."""
    mean, square, count = 0.0, 0.0, 0

    def step(gradient):
        nonlocal mean, square, count
        mean, square = first * mean + (1 - first) * gradient, second * square + (1 - second) * gradient**2
        count += 1
        return mean / (1 - first**count) / (np.sqrt(square / (1 - second**count)) + 1e-8)

    return step


def rmsprop():
    """RMSprop's step, with torch's constants."""
    square = 0.0

    def step(gradient):
        nonlocal square
        square = 0.99 * square + 0.01 * gradient**2
        return gradient / (np.sqrt(square) + 1e-8)

    return step


def no_longer_than(bound):
    return lambda: lambda gradient: gradient * min(1.0, bound / (np.linalg.norm(gradient) + 1e-6))


def unit():
    return lambda gradient: gradient / (np.linalg.norm(gradient) + 1e-8)


def every_action(z):
    return logprobs_of(z, np.arange(len(z)))


def shifting_on_the_way(z, a, A, lr, k):
    """log-softmax before each step."""
    last = run(z, a, A, lr, k, extra=-1)[0]
    logits, ratios = run(z, a, A, lr, k)
    return logits - last + every_action(last), ratios


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
