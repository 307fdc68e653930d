"""Exercise 09: the made-up sentences its answers are tried on. Numbers depend on the seed, lengths never do."""

import numpy as np

from ppo_edu.grading.formula import shown

FULL = (4, 4, 4)
MANY_LENGTHS = (5, 2, 6, 1, 3)
ALL_SHORT = (2, 3, 1)


def masks(lengths, columns):
    """True for the words of each sentence, False on the padding behind its end: [B, T]."""
    return np.arange(columns) < np.array(lengths)[:, None]


def sizes(rng, shape, low=0.4, high=3.0):
    """Numbers of both signs, none of them small, so that nothing that is forgotten can hide."""
    return rng.choice([-1.0, 1.0], shape) * rng.uniform(low, high, shape)


def logprobs_and_others(rng, shape, high=1.5):
    """Log-probabilities of one policy and of another that is at least 0.3 away at every word: two of `shape`."""
    logprobs = -rng.uniform(2, 5, shape)
    return logprobs, logprobs + sizes(rng, shape, 0.3, high)


def last(mask):
    """True on the last word of every sentence."""
    return mask & ~after(mask)


def after(x):
    """x[:, t+1] in column t; 0, or False, in the last."""
    return np.concatenate([x[:, 1:], np.zeros_like(x[:, :1])], axis=1)


def word_of(symbols):
    """Words for an entry [b, t] that differs: everything that is known about its sentence."""

    def words(inputs, index):
        mine = [np.asarray(x)[index[0]] + 0.0 if np.ndim(x) else x for x in inputs]
        given = ", ".join(f"{symbol} = {shown(x)}" for symbol, x in zip(symbols, mine))
        return f"sentence {index[0]}, column {index[1]}, with {given}"

    return words
