"""A made-up world for RLHF: words, a template that writes to customers, the rule they care about (lesson 09).

A sentence is a row of `LENGTH` word numbers; it ends at its first `END`, or is cut after `LENGTH` words.
"""

import numpy as np

POLITE = ("thanks", "please", "great", "welcome", "happy")
SOLUTIONS = ("fix", "refund")
WORDS = (
    "<end>", "hello", "sorry", ",", "we", "i", "will", "can", "fix", "refund", "check", "open", "it", "that",
    "your", "order", "ticket", "today", "soon", ".", "!", *POLITE,
)  # fmt: skip
NUMBER = {word: number for number, word in enumerate(WORDS)}
END = NUMBER["<end>"]
LENGTH = 12

# Each place of a sentence: what may stand there, and how often. "" is nothing.
TEMPLATE = (
    {"": 0.5, "hello ,": 0.3, "sorry ,": 0.2},
    {"we": 0.6, "i": 0.4},
    {"will": 0.6, "can": 0.4},
    {"fix": 0.25, "refund": 0.15, "check": 0.35, "open": 0.25},
    {"it": 0.4, "that": 0.25, "your order": 0.2, "your ticket": 0.15},
    {"": 0.6, "today": 0.2, "soon": 0.2},
    {".": 1.0},
)
POLITE_COUNT = (0.3, 0.4, 0.25, 0.05)  # how often 0, 1, 2, 3 polite words follow, drawn with repetition
EXCLAMATION = 0.3


def sentences(count, generator):
    """`count` sentences of the template, as numbers [count, LENGTH]; those that do not fit are drawn again."""
    fitting = []
    while len(fitting) < count:
        parts = [generator.choice(list(place), count, p=list(place.values())) for place in TEMPLATE]
        polite = generator.choice(len(POLITE_COUNT), count, p=POLITE_COUNT)
        parts.append([" ".join(generator.choice(POLITE, how_many)) for how_many in polite])
        parts.append(np.where(generator.random(count) < EXCLAMATION, "!", ""))
        written = (" ".join(words).split() for words in zip(*parts, strict=True))
        fitting += [numbers(words) for words in written if len(words) < LENGTH]
    return np.stack(fitting[:count])


def numbers(words):
    """A list of words, or a text, as numbers [LENGTH], filled up with END. Raises `ValueError` for an unknown word."""
    words = words.split() if isinstance(words, str) else words
    if len(words) > LENGTH:
        raise ValueError(f"more than {LENGTH} words")
    if unknown := [word for word in words if word not in NUMBER]:
        raise ValueError(f"{unknown[0]!r} is not one of the words")
    row = np.full(LENGTH, END)
    row[: len(words)] = [NUMBER[word] for word in words]
    return row


def text(row):
    """The words of one sentence up to its end."""
    return " ".join(WORDS[number] for number in row[: lengths(row[None])[0]])


def mask(words):
    """True for every word up to the first END, that one included: [B, T] → [B, T]. The rest is padding."""
    ended = np.cumsum(words == END, axis=-1)
    return ended - (words == END) == 0


def lengths(words):
    """How many words stand before the END: [B, T] → [B]."""
    return (mask(words) & (words != END)).sum(-1)


def counts(words):
    """How often each word stands before the END: [B, T] → [B, V]; END itself is never counted."""
    found = np.zeros((len(words), len(WORDS)), dtype=np.float32)
    rows, places = np.nonzero(mask(words) & (words != END))
    np.add.at(found, (rows, words[rows, places]), 1)
    return found


def gold(words):
    """What customers really value, a rule no trainer is shown: [B, T] → [B].

    +1.5 for a solution (fix or refund), +0.7 for each of the first two distinct polite words, −0.8 for every
    further one, −0.6 for each time a polite word is repeated, −0.4 for every word over 9 or under 4.
    """
    found = counts(words)
    polite = found[:, [NUMBER[word] for word in POLITE]]
    distinct, length = (polite > 0).sum(-1), lengths(words)
    return (
        1.5 * (found[:, [NUMBER[word] for word in SOLUTIONS]] > 0).any(-1)
        + 0.7 * np.minimum(distinct, 2)
        - 0.8 * np.maximum(distinct - 2, 0)
        - 0.6 * np.maximum(polite - 1, 0).sum(-1)
        - 0.4 * (np.maximum(length - 9, 0) + np.maximum(4 - length, 0))
    )
