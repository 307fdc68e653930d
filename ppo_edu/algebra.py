"""Is the line a learner wrote equal to the one that is meant? Sums, products, quotients, whole powers of known symbols.

What is written is never run as Python: a parser of its own knows numbers, the given symbols and + − · / ^ ( ), and
nothing else. Two expressions are compared on 25 seeded points in exact fractions, then by SymPy's `expand`.
"""

import operator
import random
import re
from fractions import Fraction
from typing import NamedTuple

LONGEST, DEEPEST, HIGHEST_POWER, HEAVIEST, MOST_TERMS, POINTS = 300, 30, 12, 60, 2000, 25
OPERATIONS = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "^": operator.pow}
WORDS = {"gamma": "γ", "lambda": "λ", "delta": "δ", "\\": ""}
SPELLINGS = WORDS | {"**": "^", "−": "-", "–": "-", "·": "*", "×": "*", "⋅": "*", "[": "(", "]": ")"}
SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
INDEX = re.compile(r"(?<=[^\W\d_])_(?:\{([0-9]+)\}|([0-9]+))")  # δ_0 and δ_{0} are δ0
NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")
STRANGER = re.compile(r"[A-Za-z]+(?:_?[A-Za-z0-9]+)?|[^\W\d_](?:[0-9]+|_[A-Za-z0-9]+)?")  # a whole word or symbol
PRIMES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37)


class Unreadable(ValueError):
    """The line is no expression in the given symbols; the message says why, in words for the learner."""


class Comparison(NamedTuple):
    """`equal`, and a sentence that says how it is known: proved, agreed on so many points, or a counter-example."""

    equal: bool
    words: str


def compare(text, expected, symbols, definitions=(), allowed=None):
    """Compare what is written in `text` with the expression `expected`, both in `symbols`.

    `definitions`: (symbol, expression) pairs for further symbols that stand for others. `allowed`: which symbols `text`
    may use, when not all. Raises `Unreadable` when `text` cannot be read.

    >>> compare("γλ(b + γλ c)", "γλ b + (γλ)² c", symbols="γλbc").words
    'Equal: proved by expanding both.'
    >>> compare("γ b + λ c", "γλ b + (γλ)² c", symbols="γλbc").words
    'Not equal: with γ = 2, λ = 3, b = 5, c = 7 yours is 31, it should be 282.'
    """
    known = [*symbols, *(name for name, _ in definitions)]
    mine, theirs = parse(text, allowed or known), parse(expected, known)
    meanings = [(name, parse(value, known)) for name, value in definitions]
    compared = 0
    for point in points(symbols):
        for name, tree in meanings:
            point[name] = evaluate(tree, point)
        try:
            left, right = evaluate(mine, point), evaluate(theirs, point)
        except ZeroDivisionError:
            continue
        compared += 1
        if left != right:
            shown = ", ".join(f"{name} = {value}" for name, value in point.items() if name in used(mine) | used(theirs))
            where = f"with {shown} yours" if shown else "yours"
            words = f"Not equal: {where} is {left}, it should be {right}."
            return Comparison(False, words.replace("-", "−"))
    if not compared:
        raise Unreadable("That divides by zero, whatever the symbols are.")
    if same_expansion(mine, theirs, symbols, meanings):
        return Comparison(True, "Equal: proved by expanding both.")
    return Comparison(True, f"Agreed on {compared} points; too long to be proved here.")


def parse(text, symbols):
    """The expression as a tree: a `Fraction`, a symbol, or (operation, left, right). `2γδ` means 2·γ·δ.

    Raises `Unreadable` for everything that is no such expression, or too large a one.
    """
    if not isinstance(text, str) or not text.strip():
        raise Unreadable("Nothing is written here yet.")
    if len(text) > LONGEST:
        raise Unreadable(f"That is longer than {LONGEST} characters; shorter will do.")
    reader = Reader(tokens(text, symbols))
    tree = reader.sum()
    if reader.ahead is not None:
        raise Unreadable(f"A {reader.ahead!r} too many.")
    if weight(tree) > HEAVIEST:
        raise Unreadable("That has too many factors to be compared.")
    return tree


def tokens(text, symbols):
    """Numbers as `Fraction`, symbols and signs as strings, one spelling for each sign."""
    if "=" in text:
        raise Unreadable("Write the right-hand side alone, without an =.")
    for written, sign in SPELLINGS.items():
        text = text.replace(written, sign)
    text = INDEX.sub(lambda found: found[1] or found[2], text.translate(SUBSCRIPTS))
    text = re.sub("[⁰¹²³⁴⁵⁶⁷⁸⁹]+", lambda found: "^" + found[0].translate(SUPERSCRIPTS), text)
    found, at = [], 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        name = max((s for s in symbols if text.startswith(s, at)), key=len, default=None)
        number = NUMBER.match(text, at)
        if not name and not number and text[at] not in "+-*/^()":
            there_are = f"There are {', '.join(symbols)}, numbers and + − · / ^ ( )."
            stranger = STRANGER.match(text, at)
            raise Unreadable(f"{stranger[0] if stranger else text[at]!r} is not known here. {there_are}")
        piece = name or (number and number[0]) or text[at]
        found.append(Fraction(piece) if number and not name else piece)
        at += len(piece)
    if found.count("(") > DEEPEST:
        raise Unreadable(f"More than {DEEPEST} brackets; fewer will do.")
    return found


class Reader:
    """Recursive descent: sum → product → signed → power → number, symbol or bracket."""

    def __init__(self, tokens):
        self.tokens = tokens

    @property
    def ahead(self):
        return self.tokens[0] if self.tokens else None

    def next(self):
        return self.tokens.pop(0)

    def sum(self):
        tree = self.product()
        while self.ahead in ("+", "-"):
            tree = (self.next(), tree, self.product())
        return tree

    def product(self):
        tree = self.signed()
        while self.ahead is not None and self.ahead not in ("+", "-", ")", "^"):
            tree = (self.next() if self.ahead in ("*", "/") else "*", tree, self.signed())
        return tree

    def signed(self):
        signs = 0
        while self.ahead in ("+", "-"):
            signs += self.next() == "-"
        tree = self.power()
        return ("*", Fraction(-1), tree) if signs % 2 else tree

    def power(self):
        tree = self.atom()
        if self.ahead != "^":
            return tree
        self.next()
        exponent = self.atom()
        if not isinstance(exponent, Fraction) or exponent.denominator != 1 or exponent > HIGHEST_POWER:
            raise Unreadable(f"A power must be a whole number up to {HIGHEST_POWER}, written out.")
        return ("^", tree, exponent)

    def atom(self):
        if self.ahead is None or self.ahead in (")", "*", "/", "^", "+", "-"):
            where = "at the end" if self.ahead is None else f"before {self.ahead!r}"
            raise Unreadable(f"Something is missing {where}.")
        if self.ahead != "(":
            return self.next()
        self.next()
        tree = self.sum()
        if self.ahead != ")":
            raise Unreadable("A bracket was opened and not closed.")
        self.next()
        return tree


def evaluate(tree, values):
    """The tree's value for `values` of its symbols: fractions, or whatever else knows the operations."""
    if isinstance(tree, Fraction):
        return tree
    if isinstance(tree, str):
        return values[tree]
    sign, left, right = tree
    right = int(right) if sign == "^" else evaluate(right, values)
    return OPERATIONS[sign](evaluate(left, values), right)


def points(symbols):
    """25 seeded points. The first has small primes, good to read and no two of them alike."""
    yield dict(zip(symbols, map(Fraction, PRIMES)))
    draw = random.Random(0)
    for _ in range(POINTS - 1):
        yield {name: Fraction(draw.choice([-1, 1]) * draw.randint(1, 99), draw.randint(1, 9)) for name in symbols}


def same_expansion(mine, theirs, symbols, meanings):
    """Whether SymPy's expansion leaves nothing of the difference; False, too, where expanding would take long."""
    if any(terms(tree) > MOST_TERMS for tree in (mine, theirs)):
        return False
    import sympy

    values = {name: sympy.Symbol(name) for name in symbols}
    for name, tree in meanings:
        values[name] = evaluate(tree, values)
    difference = evaluate(mine, values) - evaluate(theirs, values)
    return sympy.expand(sympy.fraction(sympy.together(difference))[0]) == 0


def used(tree):
    """The symbols in a tree."""
    if isinstance(tree, tuple):
        return used(tree[1]) | used(tree[2])
    return {tree} if isinstance(tree, str) else set()


def weight(tree):
    """An upper bound on the degree, numbers counted as symbols: what bounds the size of its values."""
    if not isinstance(tree, tuple):
        return 1
    sign, left, right = tree
    if sign == "^":
        return weight(left) * int(right)
    return max(weight(left), weight(right)) if sign in "+-" else weight(left) + weight(right)


def terms(tree):
    """An upper bound on the number of terms after expanding."""
    if not isinstance(tree, tuple):
        return 1
    sign, left, right = tree
    if sign == "^":
        return terms(left) ** int(right)
    return terms(left) + terms(right) if sign in "+-" else terms(left) * terms(right)
