"""Reading what a learner writes: equal forms are equal, everything hostile or silly is answered in words, at once."""

import random
import time

import pytest
import sympy

from ppo_edu.algebra import Unreadable, compare, parse

EXPECTED, SYMBOLS = "γλ b + (γλ)² c", "γλbc"


@pytest.mark.parametrize(
    "text",
    [
        "γλ(b + γλ c)",
        "γ λ b + γ²λ² c",
        "gamma*lambda*b + (gamma*lambda)**2*c",
        "\\gamma\\lambda (b + \\gamma \\lambda c)",
        "γ·λ·[b+γ×λ·c]",
        "gamma * lambda b + (γλ)² * c",
        "- -γλb −(−c γ^2 λ^2)",
        "2γλb/2 + c(γλ)^2 + 0.5 - 1/2",
        "(γ^3 λ b + γ^4 λ^2 c) / γ^2",
    ],
)
def test_an_equal_expression_in_any_form_is_proved(text):
    assert compare(text, EXPECTED, SYMBOLS) == (True, "Equal: proved by expanding both.")


def test_an_unequal_one_gets_numbers_that_show_it():
    assert compare("γλ b + γλ c", EXPECTED, SYMBOLS).words == (
        "Not equal: with γ = 2, λ = 3, b = 5, c = 7 yours is 72, it should be 282."
    )
    assert compare("-3", "4", SYMBOLS).words == "Not equal: yours is −3, it should be 4."
    assert compare("3", "4", SYMBOLS).words == "Not equal: yours is 3, it should be 4."


def test_what_is_too_long_to_expand_is_not_called_proved():
    assert compare("γλ b + γ²λ² c + 0(γ+λ+b+c+1)^12", EXPECTED, SYMBOLS) == (
        True,
        "Agreed on 25 points; too long to be proved here.",
    )


def test_symbols_can_stand_for_others_and_be_the_only_ones_allowed():
    meanings, allowed = [("A1", "b + γλ c")], ("γ", "λ", "A1")
    assert compare("γλ A1", EXPECTED, SYMBOLS, meanings, allowed).equal
    assert not compare("γ A1", EXPECTED, SYMBOLS, meanings, allowed).equal
    with pytest.raises(Unreadable, match="'b' is not known here. There are γ, λ, A1"):
        compare("γλ(b + γλ c)", EXPECTED, SYMBOLS, meanings, allowed)


@pytest.mark.parametrize("text", ["δ0 + δ1", "δ_0 + δ_1", "δ₀ + δ₁", "\\delta_{0} + \\delta_{1}", "delta_0 + delta1"])
def test_an_index_is_read_however_it_is_written(text):
    assert compare(text, "δ0 + δ1", ("δ0", "δ1")).equal


@pytest.mark.parametrize(
    "text, name", [("δ2", "δ2"), ("δ_2", "δ2"), ("δ0 Σδ_l", "Σ"), ("log p", "log"), ("V12", "V12")]
)
def test_what_is_not_known_is_named_as_a_whole(text, name):
    with pytest.raises(Unreadable, match=f"{name!r} is not known here. There are δ0, δ1, numbers"):
        compare(text, "δ0", ("δ0", "δ1"))


@pytest.mark.parametrize(
    "text, said",
    [
        ("", "Nothing is written"),
        (None, "Nothing is written"),
        ("__import__('os').system('true')", "'_' is not known"),
        ("b.real", "'.' is not known"),
        ("b()", "Something is missing"),
        ("b(c)d", "'d' is not known"),
        ("9**9**9**9", "A '^' too many"),
        ("((9^12)^12)^12", "too many factors"),
        ("b^99", "up to 12"),
        ("b^-1", "Something is missing"),
        ("b^c", "up to 12"),
        ("b^0.5", "up to 12"),
        ("lambda: 0", "':' is not known"),
        ("b = c", "right-hand side alone"),
        ("= b", "right-hand side alone"),
        ("b +", "missing at the end"),
        ("(b + c", "opened and not closed"),
        ("b + c)", "A ')' too many"),
        ("1/0", "divides by zero"),
        ("b/(c - c)", "divides by zero"),
        ("b" * 301, "longer than 300"),
        ("(" * 150 + "b" + ")" * 149, "brackets"),
        ("b" * 200, "too many factors"),
        ("1e9", "'e9' is not known"),
        ("b_x", "'_' is not known"),
        ("2_3", "'_' is not known"),
        ("b\x00c", "is not known"),
        ("[b for b in c]", "'for' is not known"),
    ],
)
def test_hostile_and_silly_lines_are_answered_in_words_and_at_once(text, said):
    start = time.process_time()
    with pytest.raises(Unreadable) as caught:
        compare(text, EXPECTED, SYMBOLS)
    assert said in str(caught.value)
    assert time.process_time() - start < 1


def test_random_expressions_mean_what_sympy_reads_in_them():
    draw = random.Random(1)

    def expression(depth):
        if depth == 0:
            return draw.choice(["b", "c", "γ", "2", "0.5"])
        left, right = expression(depth - 1), expression(depth - 1)
        return draw.choice([f"({left}+{right})", f"{left}*{right}", f"({left}-{right})", f"({left})**2", f"-{left}"])

    names = {name: sympy.Symbol(name) for name in "γλbc"}
    for _ in range(60):
        text = expression(3)
        theirs = sympy.sympify(text, locals=names, rational=True)
        mine = sympy.sympify(flat(parse(text, SYMBOLS)), locals=names, rational=True)
        assert sympy.expand(mine - theirs) == 0, text


def flat(tree):
    """A tree in brackets, for sympy to read."""
    if not isinstance(tree, tuple):
        return f"({tree})"
    sign, left, right = tree
    return f"({flat(left)}{'**' if sign == '^' else sign}{flat(right)})"
