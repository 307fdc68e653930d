"""Exercise 03: the proof of L^CLIP ≤ L^CPI, with equality inside the band, put in order."""

from ppo_edu.grading import runner
from ppo_edu.grading.items import Item, Verdict
from ppo_edu.grading.report import Step

# What each line rests on. Two threads, which may be woven together in 15 ways.
NEEDS = {"b": "", "e": "b", "c": "", "f": "c", "a": "f", "g": "a"}
CLAIMS = {"L^CLIP ≤ L^CPI": "be", "equality inside the band": "cfag"}
# The lines that are false, and the case that shows it.
FALSE = {
    "d": "Line d is false: with ratio 2.5 and Â = −2 the clipped product is −2.4, and that is more than −5. This is "
    "why a min is needed.",
    "h": "Line h is false: with ratio 0.5 and Â = 2 both sides are 1.0. Outside the band, on the far side, L^CLIP "
    "and L^CPI are equal too.",
}


def judge(function, seed):
    """The `Verdict` on `proof_order`: every order in which each line follows what it rests on is right."""
    letters = _letters(runner.call(function)[0])
    problem = _wrong_lines(letters)
    misplaced = None if problem else _misplaced(letters)
    steps = (
        Step("the true lines, each once, and none of the false ones", 1, not problem),
        Step("every line after the one it rests on", 1, not problem and not misplaced),
    )
    why = (
        "Nothing was assumed about the sign of Â: L^CLIP is a lower bound for every sample. Equality holds inside the "
        "band, and outside it on the far side."
    )
    return Verdict(steps, problem or misplaced or why)


def _letters(answer):
    if not isinstance(answer, str | list | tuple) or not all(isinstance(part, str) for part in answer):
        raise runner.Unusable('Give the letters in order, such as "abc" or ["a", "b", "c"].')
    return [letter for letter in "".join(answer).lower() if letter.isalnum()]


def _wrong_lines(letters):
    known = NEEDS.keys() | FALSE.keys()
    if unknown := [letter for letter in letters if letter not in known]:
        return f"There is no line {unknown[0]}; the lines are {', '.join(sorted(known))}."
    if twice := [letter for letter in letters if letters.count(letter) > 1]:
        return f"Line {twice[0]} stands there twice."
    if false := [letter for letter in letters if letter in FALSE]:
        return FALSE[false[0]]
    missing = {claim: sum(letter not in letters for letter in lines) for claim, lines in CLAIMS.items()}
    said = [f"{count} of the lines that prove {claim}" for claim, count in missing.items() if count]
    return f"Something is missing: {', and '.join(said)}." if said else None


def _misplaced(letters):
    for letter, rests_on in NEEDS.items():
        if rests_on and letters.index(letter) < letters.index(rests_on):
            return f"Line {letter} comes before the line it rests on. Read it alone: what does it take for granted?"
    return None


PROOF = Item(
    name="proof_order",
    exercise="03_clipped_objective",
    points=2,
    judge=judge,
    hints=(
        "Two claims are to be proved. Which lines belong to which? And which two lines does the six-case table refute?",
        "First claim: a fact about any two numbers, then these two. Second claim: what the clip does inside the band.",
        "b → ___ proves the first claim, c → ___ → ___ → ___ the second. Two letters are left over.",
    ),
    answer='order = "be"\norder += "cfag"',
)
