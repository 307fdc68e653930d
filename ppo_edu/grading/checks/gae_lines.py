"""Exercise 05: Problem 2 line by line, on an episode with three steps left, and what follows from it."""

from dataclasses import dataclass

from ppo_edu.algebra import Unreadable, compare
from ppo_edu.grading import runner
from ppo_edu.grading.formula import belief
from ppo_edu.grading.items import Item, Verdict
from ppo_edu.grading.report import Case, Step

SYMBOLS = ("γ", "λ", "δ0", "δ1", "δ2", "r0", "r1", "r2", "V0", "V1", "V2", "e")


@dataclass(frozen=True)
class Line:
    """One line of the derivation: any expression equal to `expected`, in the `allowed` symbols."""

    key: str
    title: str
    points: float
    expected: str
    allowed: tuple[str, ...]
    mistakes: tuple  # beliefs whose formulas are expressions
    definitions: tuple = ()  # (symbol, expression) for symbols that stand for others
    symbols: tuple[str, ...] = SYMBOLS  # of the whole derivation

    def judge(self, written):
        """(right?, what to say about it)."""
        try:
            found = compare(written, self.expected, self.symbols, self.definitions, self.allowed)
            for mistake in self.mistakes if not found.equal else ():
                if any(compare(written, formula, self.symbols, self.definitions).equal for formula in mistake.formulas):
                    return False, mistake.message
        except Unreadable as reason:
            return False, f"{self.key}: {reason}"
        # Without this, γ = 2 or a probability of 3 looks like a slip of the check.
        any_numbers = "" if found.equal else " (Equal lines are equal for any numbers, whatever the symbols stand for.)"
        return found.equal, f"{self.key}: {found.words}{any_numbers}"


LINES = (
    Line(
        "definition",
        "Â_0 from the definition, all terms written out",
        0.25,
        "δ0 + γλδ1 + (γλ)^2 δ2",
        ("γ", "λ", "δ0", "δ1", "δ2"),
        (
            belief(
                "definition: the weight of δ_l is (γλ)^l; one of the two is missing, or both.",
                "δ0 + λδ1 + λ^2 δ2",
                "δ0 + γδ1 + γ^2 δ2",
                "δ0 + δ1 + δ2",
            ),
            belief(
                "definition: γ and λ both come with every step, so both are squared at δ2.",
                "δ0 + γλδ1 + γλδ2",
                "δ0 + γλδ1 + γ^2 λδ2",
                "δ0 + γλδ1 + γλ^2 δ2",
                "δ0 + γλδ1 + 2γλδ2",
            ),
            belief(
                "definition: the sum begins with l = 0, and (γλ)⁰ is 1.",
                "γλδ0 + (γλ)^2 δ1 + (γλ)^3 δ2",
            ),
            belief(
                "definition: three steps are left, so there are three terms.",
                "δ0 + γλδ1",
                "δ0",
            ),
            belief(
                "definition: this sum has no factor 1−λ. That belongs to the mixture of n-step advantages.",
                "(1-λ)(δ0 + γλδ1 + (γλ)^2 δ2)",
                "(1-λ)(δ0 + λ(δ0 + γδ1) + λ^2 (δ0 + γδ1 + γ^2 δ2))",
            ),
            belief(
                "definition: that is the lesson's display, (γλ)^l times a whole return minus V. Each δ should come "
                "once.",
                "δ0 + γδ1 + γ^2 δ2 + γλ(δ1 + γδ2) + (γλ)^2 δ2",
            ),
        ),
    ),
    Line(
        "rest",
        "Â_0 = δ0 + γλ·X. What is X?",
        0.25,
        "δ1 + γλδ2",
        ("γ", "λ", "δ1", "δ2"),
        (
            belief("rest: the factor γλ stands outside already; it is in your X again.", "γλδ1 + (γλ)^2 δ2"),
            belief(
                "rest: one factor γλ was taken out of each term; δ2 had two of them.",
                "δ1 + δ2",
                "δ1 + (γλ)^2 δ2",
                "δ1 + λδ2",
                "δ1 + γδ2",
            ),
            belief("rest: X holds everything after δ0, down to the last step.", "δ1", "δ2", "γλδ2"),
        ),
    ),
    Line(
        "recursion",
        "the same X is Â_1, called A1: Â_0 with it, and without δ1 and δ2",
        0.5,
        "δ0 + γλA1",
        ("γ", "λ", "δ0", "A1"),
        (
            belief(
                "recursion: what was taken out is γλ, both of them.",
                "δ0 + λA1",
                "δ0 + γA1",
                "δ0 + A1",
                "δ0 + γ^2 λA1",
            ),
            belief(
                "recursion: δ0 had no factor γλ and is not weighed down by it; only what comes later is.",
                "γλ(δ0 + A1)",
                "γλδ0 + A1",
                "(1-γλ)δ0 + γλA1",
                "(1-λ)δ0 + γλA1",
                "(1-λ)δ0 + λA1",
            ),
            belief("recursion: Â_0 is more than the decayed Â_1; its own δ is missing.", "γλA1", "A1"),
            belief("recursion: a sign is turned. What comes later is added.", "δ0 - γλA1", "γλA1 - δ0"),
        ),
        (("A1", "δ1 + γλδ2"),),
    ),
    Line(
        "monte_carlo",
        "λ = 1, the episode terminates after row 2: Â_0 in rewards and values",
        0.5,
        "r0 + γr1 + γ^2 r2 - V0",
        ("γ", "r0", "r1", "r2", "V0", "V1", "V2"),
        (
            belief(
                "monte_carlo: V1 and V2 come in twice, once from each side: as +γV(s_{t+1}) of one δ and as −V(s_t) of "
                "the next. Add up both.",
                "r0 + γr1 + γ^2 r2 - V0 - V1 - V2",
                "r0 + γr1 + γ^2 r2 - V0 - γV1 - γ^2 V2",
                "r0 + γr1 + γ^2 r2 - V0 + γV1 + γ^2 V2",
                "r0 + γr1 + γ^2 r2 - V0 + V1 + V2",
                "r0 + γr1 + γ^2 r2 - V0 + γV1 - V1 + γV2 - V2",
            ),
            belief("monte_carlo: −V0 has nothing to cancel against. It stays.", "r0 + γr1 + γ^2 r2"),
            belief(
                "monte_carlo: with λ = 1 the later δs still decay, by γ.",
                "r0 + r1 + r2 - V0",
                "r0 + γV1 - V0 + r1 + γV2 - V1 + r2 - V2",
            ),
            belief(
                "monte_carlo: that asks the critic on the way. With λ = 1 all rewards count, down to the last.",
                "r0 + γV1 - V0",
                "r0 + γr1 + γ^2 V2 - V0",
            ),
            belief(
                "monte_carlo: the episode ends with row 2. Nothing follows, so there is no value to ask for after it.",
                "r0 + γr1 + γ^2 r2 + γ^2 V2 - V0",
                "r0 + γr1 + γ^2 r2 + γ^3 V2 - V0",
            ),
            belief("monte_carlo: the critic's promise is subtracted, not added.", "r0 + γr1 + γ^2 r2 + V0"),
            belief("monte_carlo: the first reward is not discounted.", "γr0 + γ^2 r1 + γ^3 r2 - V0"),
        ),
    ),
    Line(
        "critic_error",
        "V(s_1) is too high by e, and nothing else: by how much does Â_0 change?",
        0.5,
        "γe(1-λ)",
        ("γ", "λ", "e"),
        (
            belief("critic_error: V(s_1) stands in δ1 too, as −V(s_1), and δ1 is in Â_0.", "γe", "e"),
            belief("critic_error: V(s_1) stands in δ0 too, as +γV(s_1).", "-γλe", "-λe", "γλe", "λe"),
            belief("critic_error: −e is what an error in V(s_0) does. This one is in V(s_1).", "-e"),
            belief(
                "critic_error: δ0 holds it with γ, and δ1's share comes with γλ.",
                "e(1-λ)",
                "e(γ-λ)",
                "e(1-γλ)",
                "γe - γ^2 λe",
            ),
            belief(
                "critic_error: a sign is turned. Too high a V(s_1) makes δ0 too large and δ1 too small.",
                "-γe(1-λ)",
                "γe(1+λ)",
            ),
            belief("critic_error: the two cancel only for λ = 1.", "0"),
            belief("critic_error: the change grows with the error: a factor e is missing.", "γ(1-λ)", "1-λ", "γe - γλ"),
        ),
    ),
)


@dataclass(frozen=True)
class Derivation:
    """`Derivation(...)(function, seed)` gives the `Verdict` on a dict of lines."""

    lines: tuple[Line, ...]
    why: str

    @property
    def beliefs(self):
        """Of all lines."""
        return tuple(mistake for line in self.lines for mistake in line.mistakes)

    def __call__(self, function, seed):
        written = self._texts(runner.call(function)[0])
        judged = [(line, *line.judge(written[line.key])) for line in self.lines if line.key in written]
        right = {line.key for line, fine, _ in judged if fine}
        steps = (Step(x.title, x.points, x.key in right, self._case(x, written.get(x.key), right)) for x in self.lines)
        complaints = [words for _, fine, words in judged if not fine]
        if missing := [line.key for line in self.lines if line.key not in written]:
            complaints.append(f"Still to be written: {', '.join(missing)}.")
        return Verdict(tuple(steps), (complaints or [self.why])[0])

    def _texts(self, answer):
        """The lines that are written. Raises `Unusable` for what holds no lines, `NotAttempted` when there are none."""
        keys = [line.key for line in self.lines]
        if not isinstance(answer, dict) or not answer.keys() <= set(keys):
            raise runner.Unusable(f"Give a dict with the keys {', '.join(keys)}.")
        for key, text in answer.items():
            if not isinstance(text, str | None):
                kind = "number" if isinstance(text, int | float) else type(text).__name__
                raise runner.Unusable(f"{key}: write the line as text, in quotes; yours is a {kind}.")
        if not any(answer.values()):
            raise runner.NotAttempted("Write your lines in place of None, as text in quotes.")
        return {key: text for key, text in answer.items() if text}

    def _case(self, line, text, right):
        if text is None or line.key in right:
            return None
        return Case(f"{line.title}, in {', '.join(line.allowed)}", "an equal expression", text)


RECURSION_LINES = Item(
    name="recursion_lines",
    exercise="05_gae",
    points=2,
    judge=Derivation(
        LINES,
        "The first three lines are the lesson's Problem 2. The fourth says why λ = 1 needs no critic on the way, the "
        "fifth what λ does to a wrong one: its error counts with 1−λ.",
    ),
    hints=(
        "Which δ is weighed down how often? And in which two δs does V(s_1) stand?",
        "Write every sum out: three terms. Take γλ out of all but the first. For the last two lines put "
        "δ_t = r_t + γV(s_{t+1}) − V(s_t) in, and collect.",
        'definition: "δ0 + ___ δ1 + ___ δ2"; recursion: "δ0 + ___ A1"; critic_error: (its factor in δ0) + γλ · (its '
        "factor in δ1)",
    ),
    answer='definition = "δ0 + γλδ1 + (γλ)^2 δ2"\n'
    'rest = "δ1 + γλδ2"\n'
    'recursion = "δ0 + γλA1"\n'
    'monte_carlo = "r0 + γr1 + γ^2 r2 - V0"\n'
    'critic_error = "γe - γλe"',
)
