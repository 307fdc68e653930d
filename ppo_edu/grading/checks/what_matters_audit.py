"""Exercise 08: an experiment of one's own. It is tried on sound and broken functions, and on what it did with them."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from ppo_edu.gae import gae, td_errors
from ppo_edu.grading import runner
from ppo_edu.grading.items import Item, Verdict
from ppo_edu.grading.report import Case, Step

KEPT = 40  # calls of one function that are remembered


def alive(end, limit):
    return ~end


def same_episode(end, limit):
    return ~(end | limit)


def advantages_and_returns(
    rewards, values, next_values, terminated, truncated, gamma, gae_lambda, *, bootstrap=alive, goes_on=same_episode
):
    """The pair of `ppo.advantages_and_returns`, with masks that may be wrong ones."""
    end, limit = (np.asarray(x).astype(bool) for x in (terminated, truncated))
    rewards, values, next_values = (np.asarray(x, dtype=np.float64) for x in (rewards, values, next_values))
    deltas = td_errors(rewards, values, next_values, ~bootstrap(end, limit), gamma)
    advantages = gae(deltas, ~goes_on(end, limit), gamma, gae_lambda)
    return advantages, advantages + values


def flipped(*inputs, **masks):
    return tuple(-x for x in advantages_and_returns(*inputs, **masks))


def no_value(rewards, values, *rest):
    advantages, _ = advantages_and_returns(rewards, 0 * np.asarray(values, dtype=np.float64), *rest)
    return advantages, advantages


def other_decay(change):
    """γ and λ replaced by change(γ, λ)."""
    return lambda *inputs: advantages_and_returns(*inputs[:5], *change(*inputs[5:]))


def single_precision(*inputs):
    return tuple(x.astype(np.float32) for x in advantages_and_returns(*inputs))


@dataclass(frozen=True)
class Suspect:
    """A function to be judged: does it take a limit for death, do episodes leak, and what is it, in words."""

    words: str
    function: Callable
    death: bool = False
    leak: bool = False


def masked(words, death=False, leak=False, function=advantages_and_returns, **masks):
    return Suspect(words, partial(function, **masks), death, leak)


def dead_at_limits(end, limit):
    return ~(end | limit)


def never(end, limit):
    return ~(end & False)


def only_ends_cut(end, limit):
    return ~end


def only_limits_cut(end, limit):
    return ~limit


SOUND = (masked("a sound function"), Suspect("a sound function in single precision", single_precision))
DEATH = (
    masked("a function that takes a time limit for death", death=True, bootstrap=dead_at_limits),
    masked(
        "a function with the sign turned that takes a limit for death",
        death=True,
        function=flipped,
        bootstrap=dead_at_limits,
    ),
)
LEAKS = (
    masked("a function whose sum runs through ends of both kinds", leak=True, goes_on=never),
    masked("a function whose sum runs on through time limits", leak=True, goes_on=only_ends_cut),
    masked("a function whose sum runs on through true ends", leak=True, goes_on=only_limits_cut),
    masked("a function with the sign turned whose episodes leak", leak=True, function=flipped, goes_on=never),
)
BOTH = (
    masked("a function with both bugs", True, True, bootstrap=dead_at_limits, goes_on=never),
    masked("a function with both bugs", True, True, bootstrap=dead_at_limits, goes_on=only_limits_cut),
)
OTHERS = (
    masked("a function that bootstraps through true ends", bootstrap=never),
    Suspect("a function with the sign turned", flipped),
    Suspect("a function that subtracts no V(s_t)", no_value),
    Suspect("a function that discounts twice", other_decay(lambda gamma, lam: (gamma**2, lam))),
    Suspect("a function that forgets λ", other_decay(lambda gamma, lam: (gamma, 1.0))),
)


def watched(function, calls):
    """The function under a plain name, which puts what it was asked into the list."""

    def suspect(rewards, values, next_values, terminated, truncated, gamma, gae_lambda):
        inputs = rewards, values, next_values, terminated, truncated, gamma, gae_lambda
        answer = function(*inputs)
        if len(calls) < KEPT:
            rows = np.broadcast_arrays(*(np.asarray(x, dtype=np.float64) for x in inputs[:5]))
            calls.append((*(x.copy() for x in rows), gamma, gae_lambda))
        return answer

    return suspect


def judge(function, seed):
    """The `Verdict` on an audit: (takes a limit for death?, do episodes leak?) of a function it may call."""
    suspects = [*SOUND, *DEATH, *LEAKS, *BOTH, *OTHERS]
    said, calls = {}, []
    for suspect in suspects:
        asked = []
        said[suspect] = _pair(runner.call(function, watched(suspect.function, asked))[0])
        calls += asked
    plain = suspects[: -len(OTHERS)]
    death = next((x for x in plain if said[x][0] != x.death), None)
    leak = next((x for x in plain if said[x][1] != x.leak), None)
    other = next((x for x in OTHERS if any(said[x])), None)
    steps = (
        Step("a time limit taken for death: found, and no sound function accused", 0.75, not death, _case(death, said)),
        Step("episodes that leak: through limits, through true ends, through both", 0.75, not leak, _case(leak, said)),
        Step("other bugs are not mistaken for these", 0.5, not other and not (death and leak), _case(other, said)),
    )
    if not (death or leak or other):
        return Verdict(steps, WHY)
    return Verdict(steps, _say(said, plain, calls, death, leak, other))


def _pair(answer):
    entries = list(answer) if isinstance(answer, list | tuple | np.ndarray) else []
    if len(entries) != 2 or not all(np.ndim(x) == 0 and x in (0, 1) for x in entries if not isinstance(x, str)):
        raise runner.Unusable("Asked are two answers, True or False: (limit_is_death, episodes_leak).")
    if any(isinstance(x, str) for x in entries):
        raise runner.Unusable("True or False, not text: (limit_is_death, episodes_leak).")
    return tuple(bool(x) for x in entries)


def _case(suspect, said):
    if suspect is None:
        return None
    return Case(suspect.words, str((suspect.death, suspect.leak)), str(said[suspect]))


# -- what the experiment lacked -----------------------------------------------------------------------------------


def _say(said, plain, calls, death, leak, other):
    if not calls:
        return "Your audit never calls the function that it judges."
    if all(said[x] == (x.leak, x.death) for x in plain):
        return "The two answers are in the wrong order: first the limit, then the leak."
    if all(said[x][0] != x.death for x in plain):
        return "Your first answer is turned around: True is asked for where the limit *is* taken for death."
    if all(said[x][1] != x.leak for x in plain):
        return "Your second answer is turned around: True is asked for where the episodes do leak."
    accused = next((x for x in (death, leak, other) if x and (said[x][0] > x.death or said[x][1] > x.leak)), None)
    if accused and any(np.isnan(x).any() for call in calls for x in call):
        return "There is a nan in your experiment. 0 times nan is nan, so it passes every mask; use numbers."
    if accused and accused not in SOUND and accused is (death or leak or other):
        return _about_others(accused, said)
    return _about_death(death, said, calls) if death else _about_leak(leak, said, calls)


def _limits(call):
    """Rows that were cut by a limit and did not terminate."""
    return (call[4] > 0) & ~(call[3] > 0)


def _about_death(suspect, said, calls):
    if said[suspect][0]:
        return (
            f"Your audit accuses {suspect.words} of taking a limit for death. Behind a true end, or with γ = 0, the "
            "future rightly does not count. Take a row that only the clock has cut, change the value behind *that* "
            "row, and look at its advantage alone."
        )
    cut = [call for call in calls if _limits(call).any()]
    if not cut:
        both = any(((call[4] > 0) & (call[3] > 0)).any() for call in calls)
        return (
            "Your rows have both flags up. Such an episode is over, and its future is rightly dropped."
            if both
            else "No row of your experiment is cut by a time limit, so a function that takes one for death does "
            "nothing wrong there."
        )
    if all(call[5] == 0 for call in cut):
        return "With γ = 0 nobody counts on the future, and dropping it changes nothing."
    if all((call[2][_limits(call)] == 0).all() for call in cut):
        return "Behind the limit V(s_{t+1}) is 0 in your experiment. Dropping a 0 changes nothing: make it count."
    if suspect in BOTH:
        return (
            "Your audit acquits a function that takes a limit for death and leaks as well: something else that you "
            "changed reached the row you looked at. Change one entry only."
        )
    return (
        "Your experiment has a row cut by a limit with a future that counts, and yet acquits a function that drops it. "
        "Which number must move when that future is worth more? Change it, and compare."
    )


def _about_leak(suspect, said, calls):
    if said[suspect][1]:
        return (
            f"Your audit accuses {suspect.words} of a leak. Rows of the later episode move with their own rewards, and "
            "so do earlier rows of the same episode; compare rows of the first episode only."
        )
    ends = np.concatenate([_ends_in_the_middle(call) for call in calls], axis=1).any(axis=1)
    if not ends.any():
        return "After no end of your experiment comes another row: without a later episode nothing can leak."
    if all(call[5] * call[6] == 0 for call in calls):
        return "With γλ = 0 no row hears of the next one: no leak could be seen."
    if not ends.all():
        kind = "true end" if ends[1] else "time limit"
        return (
            f"Your experiment has no {kind} in its middle. {suspect.words.capitalize()} is acquitted: a leak may be "
            "open at one kind of end and closed at the other, so try both."
        )
    return (
        f"Your audit acquits {suspect.words}. Change the rewards of a later episode and nothing else, and look at "
        "the advantages of the one before: once across a true end, once across a time limit."
    )


def _ends_in_the_middle(call):
    """[2, rows]: is row t, with a row after it, a true end; is it a limit?"""
    if not np.ndim(call[3]):
        return np.zeros((2, 1), dtype=bool)
    return np.stack([(call[3][:-1] > 0).ravel(), _limits(call)[:-1].ravel()])


def _about_others(suspect, said):
    which = "one that takes a limit for death" if said[suspect][0] > suspect.death else "one that leaks"
    return (
        f"Your audit takes {suspect.words} for {which}, too. It compares with a number that another bug moves as well. "
        "Compare the function with itself: change the one input in question, and see whether the answer moves."
    )


WHY = (
    "One input changed, everything else the same, and the function compared with itself: that is why no other bug was "
    "taken for these two. The audit knows nothing of networks, tasks or seeds, and takes a millisecond."
)

AUDIT = Item(
    name="audit",
    exercise="08_what_matters",
    points=2,
    judge=judge,
    hints=(
        "Which one input must an advantage depend on if all is well? On which must it not?",
        "Call the function twice. Between the calls change one thing: the value behind a limit; the rewards of a later "
        "episode. Then compare one advantage of the first episode. Ends come in two kinds.",
        "before = advantages_and_returns(…)[0]; change next_values[___] and call again: dead if ___ is equal; change "
        "rewards[___:] and call again: leaks if ___ differs, for an end of either kind.",
    ),
    answer="ones, cut, nowhere = np.ones(4), np.arange(4) == 1, np.arange(4) < 0\n"
    "limit, end = (nowhere, cut), (cut, nowhere)\n"
    "later = ones + (np.arange(4) > 1)\n"
    "\n"
    "def first_row(rewards, next_values, flags):\n"
    "    return advantages_and_returns(rewards, ones, next_values, *flags, 0.9, 0.8)[0][0]\n"
    "\n"
    "limit_is_death = first_row(ones, ones, limit) == first_row(ones, ones + cut, limit)\n"
    "return limit_is_death, any(first_row(ones, ones, x) != first_row(later, ones, x) for x in (limit, end))",
)
