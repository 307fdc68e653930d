"""Exercise 08: which bug has which patient, and which experiment shows it."""

import difflib

from ppo_edu.experiments import EXPERIMENTS, suspicious
from ppo_edu.grading import runner
from ppo_edu.grading.checks.what_matters_patients import NAMES, PATIENTS, QUICK, SUSPECTS, examine
from ppo_edu.grading.items import Item, Verdict
from ppo_edu.grading.report import Step

NAME, SHOWN = 0.75, 0.25
# Where a suspect fails the same experiment as the patient, and in the same way, another one tells them apart.
TELLS_APART = {("A", "flipped sign"): "constant reward"}


def judge(function, seed):
    """The `Verdict` on a dict from patients to (name of the bug, experiment that shows it)."""
    said = _answers(runner.call(function)[0])
    steps, complaints = [], []
    with runner.no_time_limit():
        for who in PATIENTS:
            about_name, about_experiment = _complaints(who, *said[who]) if who in said else ("", "")
            steps.append(Step(f"patient {who}: the bug", NAME, who in said and not about_name))
            steps.append(
                Step(f"patient {who}: an experiment that shows it", SHOWN, who in said and not about_experiment)
            )
            complaints += [about_name or about_experiment] * bool(about_name or about_experiment)
    if missing := [who for who in PATIENTS if who not in said]:
        complaints.append(f"Still to be named: {', '.join(missing)}.")
    return Verdict(tuple(steps), "\n".join(complaints) or _revealed())


def _answers(answer):
    """Patient -> (bug, experiment) in the spelling of the lists, for those answered."""
    if not isinstance(answer, dict) or not answer.keys() <= PATIENTS.keys():
        raise runner.Unusable(f"Give a dict with the keys {', '.join(PATIENTS)}.")
    said = {who: pair for who, pair in answer.items() if pair is not None}
    if not said:
        raise runner.NotAttempted("Write your diagnoses in place of None: the name of a bug, and an experiment.")
    for who, pair in said.items():
        if not isinstance(pair, tuple | list) or [type(x) for x in pair] != [str, str]:
            raise runner.Unusable(f'{who}: two texts are asked for, such as {who} = "{NAMES[2]}", "{QUICK[3]}".')
        said[who] = _listed(who, pair[0], NAMES, "bugs"), _listed(who, pair[1], EXPERIMENTS, "experiments")
    return said


def _listed(who, text, names, kind):
    """The name that is meant, whatever its capitals and blanks."""
    plain = " ".join(text.replace("_", " ").lower().split())
    if plain in names:
        return plain
    close = difflib.get_close_matches(plain, names, n=1)
    guess = f" Did you mean {close[0]!r}?" if close else ""
    raise runner.Unusable(f"{who}: {text!r} is not in the list of {kind}.{guess}")


def _complaints(who, name, experiment):
    """What is wrong with the name, and with the experiment; empty where nothing is."""
    about_name = "" if name == PATIENTS[who] else _not_that_one(who, name)
    if experiment == "cartpole":
        return about_name, (
            f"Patient {who}: a return on CartPole says at best that something is wrong, never what. "
            "Name a short experiment."
        )
    numbers = examine(who, experiment)
    if suspicious(numbers):
        return about_name, ""
    return about_name, (
        f"Patient {who}: `{experiment}` gives {_words(numbers)}, as a sound trainer may: no `!` stands there. "
        "Name one that it fails."
    )


def _not_that_one(who, name):
    experiment = TELLS_APART.get((who, name), SUSPECTS[name].bug.experiment)
    theirs, ours = (_words(examine(trainer, experiment)) for trainer in (name, who))
    return (
        f"Patient {who} does not have “{name}”. {SUSPECTS[name].does} In `{experiment}` a trainer with that bug gives "
        f"{theirs}; patient {who} gives {ours}."
    )


def _words(numbers):
    return ", ".join(f"{key} {value:.3g}".replace("-", "−") for key, value in numbers.items())


def _revealed():
    lines = []
    for who, name in PATIENTS.items():
        bug = SUSPECTS[name].bug
        lines.append(f"{who}: {name}.\n− {bug.right}\n+ {bug.wrong}")
    return "\n".join(lines) + (
        "\nA number that can be computed names the bug: 1/(1 − 0.81) = 5.26 is no other discount's value, and of n "
        "rows drawn n times with replacement a share of 1/e = 37 % never comes. On CartPole B and C end at 500."
    )


DIAGNOSES = Item(
    name="diagnoses",
    exercise="08_what_matters",
    points=3,
    judge=judge,
    hints=(
        "Which experiments does the patient fail, and which does it pass? Which of the bugs on the list would fail the "
        "same ones?",
        "Several bugs fail the same experiment; then the size of the number decides, or another experiment. A sign of "
        "the whole loss turns the critic, too. What would V be if the discount were another? How many of n rows are "
        "missing, as a share?",
        'A = "___", "___" with a name of NAMES and one of QUICK. For A compare `two arms` with `constant reward`; '
        "for B "
        "solve V = 1/(1 − x) for x; for C divide what is never drawn by the number of rows.",
    ),
    answer='A = "ratio upside down", "two arms"\n'
    'B = "future discounted twice", "constant reward"\n'
    'C = "rows drawn with replacement", "rows drawn"',
)
