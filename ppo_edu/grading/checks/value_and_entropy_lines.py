"""Exercise 06: the gradient of the entropy line by line, and two things that follow from it."""

from ppo_edu.grading.checks.gae_lines import Derivation, Line
from ppo_edu.grading.formula import belief
from ppo_edu.grading.items import Item
from ppo_edu.questions.value_and_entropy import ENTROPY_ALGEBRA

SYMBOLS = ENTROPY_ALGEBRA["symbols"]
THIRD_AND_ENTROPY = ENTROPY_ALGEBRA["definitions"]


def line(key, title, points, expected, allowed, *mistakes, definitions=THIRD_AND_ENTROPY):
    """A line in the symbols of this derivation; each mistake is (what to say, *expressions)."""
    beliefs = tuple(belief(f"{key}: {words}", *formulas) for words, *formulas in mistakes)
    return Line(key, title, points, expected, allowed, beliefs, definitions, SYMBOLS)


LINES = (
    line(
        "own",
        "∂p1/∂z1",
        0.2,
        "p1 (1 - p1)",
        ("p1",),
        ("the sum below the fraction grows with z1, too. That takes a p1² away.", "p1"),
        ("that is the derivative of log p1. With the chain rule a factor p1 comes in.", "1 - p1"),
        ("a higher logit makes its own action likelier: the sign is turned.", "-p1 (1 - p1)", "-p1^2"),
        ("by the product rule two terms are left, and one of them is p1 itself.", "p1^2", "(1 - p1)^2", "1"),
        ("a + where the quotient rule has a −.", "p1 (1 + p1)"),
    ),
    line(
        "other",
        "∂p2/∂z1",
        0.2,
        "-p1 p2",
        ("p1", "p2"),
        ("the probabilities sum to 1. When the first grows, the others cannot stand still.", "0"),
        ("when the first grows, the second shrinks: the sign is turned.", "p1 p2"),
        ("it shrinks in proportion to itself *and* to p1.", "-p1", "-p2", "p1", "p2"),
        (
            "that is the first one's own derivative, or the second one's. Here z1 moves and p2 is asked.",
            "p1 (1 - p1)",
            "p2 (1 - p2)",
        ),
        (
            "the 1 in p (1 − p) belongs to an action's own logit. z1 is not in exp(z2); only the sum below the "
            "fraction moves.",
            "p2 (1 - p1)",
            "p1 (1 - p2)",
            "-p2 (1 - p1)",
        ),
        ("what the first gains is lost by *two* others. This would be the loss of both.", "-p1 (1 - p1)"),
    ),
    line(
        "plus_one",
        "what the +1 adds: −Σ_b 1 · ∂p_b/∂z1",
        0.2,
        "0",
        ("p1", "p2", "p3"),
        ("that is the sum of the probabilities. How does it change with z1?", "1", "-1"),
        (
            "these are the terms of one or two actions. Add all three.",
            "-p1 (1 - p1)",
            "p1 (1 - p1)",
            "p1 p2",
            "-p1 (1 - p1) + p1 p2",
            "p1 p2 + p1 p3",
            "p1",
            "-p1",
        ),
    ),
    line(
        "gradient",
        "∂S/∂z1",
        0.2,
        "-p1 (l1 + S)",
        ("p1", "l1", "S"),
        ("the +1 should drop out, and the other actions' part is missing: it makes S.", "-p1 (l1 + 1)"),
        ("the other actions shrink when the first grows. Their part makes S.", "-p1 l1", "-p1 l1 (1 - p1)"),
        ("the sign is turned: an action rarer than average is lifted.", "p1 (l1 + S)", "p1 l1"),
        ("every term has the factor p1.", "-(l1 + S)", "-p1 l1 - S", "-l1 - p1 S"),
        ("log p and S stand side by side with the same sign. Σ p log p is −S.", "-p1 (l1 - S)", "p1 (l1 - S)"),
        ("the +1 is still there.", "-p1 (l1 + 1 + S)", "-p1 (l1 + S - 1)"),
    ),
    line(
        "two_actions",
        "only two actions, p2 = 1 − p1: ∂S/∂z1",
        0.2,
        "p1 (1 - p1) (l2 - l1)",
        ("p1", "l1", "l2"),
        (
            "the sign is turned: where the first is likelier, l1 > l2, it is pushed down.",
            "p1 (1 - p1) (l1 - l2)",
            "-p1 (1 - p1) (l2 - l1)",
        ),
        (
            "a factor is missing. Put S = −(p1 l1 + (1 − p1) l2) in and collect.",
            "p1 (l2 - l1)",
            "(1 - p1) (l2 - l1)",
            "l2 - l1",
        ),
        ("a factor is missing, and the sign is turned.", "l1 - l2"),
        ("that leaves S out.", "-p1 l1"),
        ("the logarithms are gone: how much likelier one action is than the other counts too.", "p1 (1 - p1)"),
        ("S has a minus in front of each of its two terms.", "-p1 (l1 + p1 l1 + (1 - p1) l2)"),
        ("that is S itself.", "-p1 l1 - (1 - p1) l2"),
        ("only the difference of l1 and l2 counts.", "-p1 (1 - p1) l1", "p1 (1 - p1) l2"),
        definitions=(),
    ),
)

ENTROPY_LINES = Item(
    name="entropy_lines",
    exercise="06_value_and_entropy",
    points=1,
    judge=Derivation(
        LINES,
        "This is where the lesson stopped at +1. The last line shows both ends: it is 0 at p1 = ½, where l1 = l2, and "
        "goes to 0 at p1 = 0 and 1, where a factor beats the logarithm.",
    ),
    hints=(
        "The three probabilities sum to 1 whatever the logits are. What does that say about the sum of their "
        "derivatives?",
        "Quotient rule on exp(z1) / (exp(z1) + exp(z2) + exp(z3)); the same for exp(z2) over the sum. Then "
        "∂S/∂z1 = −Σ_b (l_b + 1) ∂p_b/∂z1.",
        'own: "p1 (1 - ___)"; gradient: "-p1 (___ + ___)"; two_actions: put S in and take out p1 (1 − p1)',
    ),
    answer='own = "p1 (1 - p1)"\n'
    'other = "-p1 p2"\n'
    'plus_one = "0"\n'
    'gradient = "-p1 (l1 + S)"\n'
    'two_actions = "p1 (1 - p1)(l2 - l1)"',
)
