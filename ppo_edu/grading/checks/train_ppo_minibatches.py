"""Exercise 07: judges how the rows of a batch are dealt into minibatches, by what holds for every good shuffle."""

from dataclasses import dataclass

import numpy as np

from ppo_edu.grading import runner
from ppo_edu.grading.checks.train_ppo_toy import call
from ppo_edu.grading.formula import belief, shown
from ppo_edu.grading.items import Item, Verdict
from ppo_edu.grading.report import Case, Step

# (n, count): even, uneven, one part, as many parts as rows, more parts than rows, one row.
SIZES = ((12, 4), (10, 4), (11, 3), (2047, 4), (7, 1), (5, 5), (3, 8), (1, 4))
DRAWS, DEALT, PARTS = 200, 12, 3

NOT_SHUFFLED = belief(
    "The rows come in the order in which they were played. Neighbours in time are nearly the same sample, so such a "
    "minibatch speaks for a stretch of play and not for the batch."
)
IN_BLOCKS = belief(
    "Neighbours stay together, or rows keep to certain parts: only the parts, the rows within a part, or the beginning "
    "are drawn. Every row must be as likely to meet any other."
)
TWICE = belief(
    "Some rows come twice in an epoch. Deal the rows out, each of them once; drawing with replacement even leaves some "
    "out."
)
LOST = belief("Rows get lost: where n is not divisible, the remainder belongs into the parts too.")
NOT_ROWS = belief(
    "A part should hold row numbers, from 0 to n−1, to index the arrays of a batch with. Yours holds something else."
)
NESTED = belief(
    "Give a list of parts, each with row numbers of its own. Yours is one row of numbers, or nested deeper."
)
TOO_MANY = belief(
    "The number of parts is not `count`. With parts of n // count rows the remainder becomes a part of its own, and so "
    "a gradient step of its own, from very few rows."
)
EMPTY = belief(
    "There are empty parts. The mean over no rows is nan, and one such step ruins all weights; with fewer rows than "
    "parts, give as many parts as there are rows."
)
UNEVEN = belief("The sizes of the parts differ by more than one row, so rows in small parts count more than others.")
SAME_AGAIN = belief(
    "The next epoch deals the rows in the same way. Shuffle them, and draw from the generator you are given: do not "
    "seed it, nor copy it."
)
NOT_THE_GENERATOR = belief(
    "Your draws do not come from `generator`: with generators of the same seed they differ, so no run can be repeated."
)

BELIEFS = (
    NESTED, NOT_ROWS, EMPTY, TWICE, LOST, TOO_MANY, UNEVEN, NOT_SHUFFLED,
    SAME_AGAIN, NOT_THE_GENERATOR, IN_BLOCKS,
)  # fmt: skip


def read(result):
    """A list of arrays of row numbers, or the belief that stands in its way."""
    try:
        parts = [np.asarray(runner.numbers(part)) for part in result]
    except TypeError:
        raise runner.Unusable("Give a list of parts, each with its row numbers.") from None
    if not parts:
        raise runner.Unusable("Your list has no parts in it.")
    return NESTED if any(part.ndim != 1 for part in parts) else parts


def flaw(n, count, parts):
    """The belief that a single dealing gives away, or None."""
    if not isinstance(parts, list):
        return parts
    rows = np.concatenate(parts) if parts else np.zeros(0)
    if not np.isin(rows, np.arange(n)).all() or len(rows) > len(np.unique(rows)) and set(rows) <= {0, 1} and n > 2:
        return NOT_ROWS
    if any(part.size == 0 for part in parts):
        return EMPTY
    if len(np.unique(rows)) < len(rows):
        return TWICE
    if len(rows) < n:
        return LOST
    if len(parts) != min(count, n):
        return TOO_MANY
    sizes = [part.size for part in parts]
    return UNEVEN if max(sizes) - min(sizes) > 1 else None


@dataclass(frozen=True)
class Dealt:
    """`Dealt(...)(function, seed)` gives the `Verdict` on a `minibatches`."""

    why: str
    beliefs: tuple = BELIEFS

    def __call__(self, function, seed):
        import torch

        def generator(of):
            return torch.Generator().manual_seed(of)

        def deal(n, count, source):
            return read(call(function, n, count, source))

        titles = (
            "every row in exactly one part; `count` parts, none empty, sizes at most one apart",
            "another order every epoch, the same with a generator of the same seed",
            "every row as likely to meet any other",
        )
        # One after the other: what an error at a later size comes from may be plain at an earlier one.
        dealt = ((n, count, deal(n, count, generator(seed))) for n, count in SIZES)
        wrong = next((entry for entry in dealt if flaw(*entry)), None)
        found = [flaw(*wrong) if wrong else None, *self._order(deal, generator, seed)]
        points = (1, 0.5, 0.5)
        steps = tuple(
            Step(title, worth, problem is None, _case(*wrong) if i == 0 and wrong else None)
            for i, (title, worth, problem) in enumerate(zip(titles, points, found))
        )
        messages = [problem.message for problem in found if problem]
        return Verdict(steps, (messages or [self.why])[0])

    def _order(self, deal, generator, seed):
        """What is wrong with the order: from epoch to epoch, and over many of them."""
        source = generator(seed)
        first, *later = (deal(60, 4, source) for _ in range(6))
        again = deal(60, 4, generator(seed))
        if unusable := flaw(60, 4, first) in (NESTED, NOT_ROWS) and flaw(60, 4, first):
            return unusable, unusable
        if all(_equal(first, other) for other in later):
            rows = np.concatenate(first)
            return (NOT_SHUFFLED if np.array_equal(rows, np.sort(rows)) else SAME_AGAIN,) * 2
        if not _equal(first, again):
            return NOT_THE_GENERATOR, None
        draws = [deal(DEALT, PARTS, source) for _ in range(DRAWS)]
        return None, None if _uniform(draws) else IN_BLOCKS


def _equal(left, right):
    return len(left) == len(right) and all(np.array_equal(x, y) for x, y in zip(left, right))


def _uniform(draws):
    """Does every row meet every other, and come into every part, as often as chance would have it (six sigma)?"""
    together, place = np.zeros((DEALT, DEALT)), np.zeros((DEALT, PARTS))
    for parts in draws:
        for k, part in enumerate(parts[:PARTS] if isinstance(parts, list) else []):
            rows = part[np.isin(part, range(DEALT))].astype(int)
            together[np.ix_(rows, rows)] += 1
            place[rows, k] += 1
    pairs = together[~np.eye(DEALT, dtype=bool)]
    return all(
        (abs(seen - DRAWS * p) < 6 * np.sqrt(DRAWS * p * (1 - p))).all()
        for seen, p in ((pairs, (DEALT / PARTS - 1) / (DEALT - 1)), (place, 1 / PARTS))
    )


def _case(n, count, parts):
    wanted = f"{min(count, n)} part{'s' if min(count, n) > 1 else ''} of {n // min(count, n)}"
    wanted += f" or {n // min(count, n) + 1}" if n % min(count, n) else ""
    got = shown([part.size for part in parts]) + " rows" if isinstance(parts, list) else "something else"
    return Case(f"n = {n}, count = {count}", f"{wanted} rows, each row once", f"parts of {got}")


MINIBATCHES = Item(
    name="minibatches",
    exercise="07_train_ppo",
    points=2,
    judge=Dealt(
        "Each row moves the weights exactly once an epoch, in other company every time, and the generator makes the "
        "whole run repeatable.",
    ),
    hints=(
        "How do you deal a pack of cards to four players when 52 does not divide?",
        "Shuffle all row numbers once, then cut the row of them into parts of nearly equal size. Some function cuts "
        "into a *number* of parts, another one into parts of a given size.",
        "order = torch.randperm(___, generator=___); return order.tensor_split(___)",
    ),
    answer="order = torch.randperm(n, generator=generator)\nreturn order.tensor_split(min(count, n))",
)
