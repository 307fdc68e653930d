"""Exercise 05: what is believed about ends, time limits and value targets, as formulas that give the same numbers."""

import numpy as np

from ppo_edu import gae as package
from ppo_edu.grading.checks.gae_rollouts import after, normalised
from ppo_edu.grading.formula import belief


def reference(rewards, values, next_values, terminated, truncated, gamma, gae_lambda):
    """The pair asked for."""
    deltas = package.td_errors(rewards, values, next_values, terminated, gamma)
    advantages = package.gae_by_definition(deltas, terminated | truncated, gamma, gae_lambda)
    return advantages, advantages + values


def given_flags(flags):
    """The answer for other flags: `flags(terminated, truncated)` gives the pair (cuts the bootstrap, the recursion)."""

    def answer(r, v, n, terminated, truncated, g, lam):
        stops, cuts = flags(terminated, truncated)
        advantages = package.gae(package.td_errors(r, v, n, stops, g), cuts, g, lam)
        return advantages, advantages + v

    return answer


def next_row(following):
    """The answer with V(s_{t+1}) read from another row of `values`."""

    def answer(r, v, n, *rest):
        return reference(r, v, following(v, n), *rest)

    return answer


def only_advantages(formula):
    """A belief about the first output: (rewards, values, next_values, terminated, truncated, γ, λ)."""
    return lambda *inputs: (formula(*inputs), None)


def only_targets(formula):
    """A belief about the second output: (advantages, rewards, values, next_values, terminated, dones, γ, λ)."""

    def answer(r, v, n, terminated, truncated, g, lam):
        advantages, _ = reference(r, v, n, terminated, truncated, g, lam)
        return None, formula(advantages, r, v, n, terminated, terminated | truncated, g, lam)

    return answer


def rewards_to_go(A, r, v, n, end, done, g, lam):
    return package.gae(r, done, g, 1.0)


def with_decay(decay):
    """Advantages whose recursion decays by another factor."""

    def answer(r, v, n, terminated, truncated, g, lam):
        advantages = package.gae(package.td_errors(r, v, n, terminated, g), terminated | truncated, decay(g, lam), 1.0)
        return advantages, advantages + v

    return answer


def without_bootstrap_at_limits_but_paid(r, v, n, terminated, truncated, g, lam):
    """V of the true successor added to the reward undiscounted, and the row treated as an end."""
    advantages = package.gae(
        package.td_errors(r + n * truncated, v, n, terminated | truncated, g), terminated | truncated, g, lam
    )
    return advantages, advantages + v


def summed_flags(terminated, truncated):
    return terminated * 1.0 + truncated


def both_counted_twice(r, v, n, terminated, truncated, g, lam):
    """1 − (terminated + truncated) with numbers for flags: −1 where both are up."""
    open_ = 1 - summed_flags(terminated, truncated)
    deltas, advantages = package.td_errors(r, v, n, terminated, g), np.zeros(r.shape)
    for t in reversed(range(len(r))):
        advantages[t] = deltas[t] + g * lam * open_[t] * (advantages[t + 1] if t + 1 < len(r) else 0)
    return advantages, advantages + v


BELIEFS = (
    belief(
        "You treat the time limit as an end: γ V(s_{t+1}) is dropped where `truncated`. The clock ran out, the state "
        "did not; its future exists, and the critic speaks for it.",
        given_flags(lambda end, limit: (end | limit, end | limit)),
    ),
    belief(
        "Your recursion runs on through the time limit. The row after it begins another episode: its TD errors do not "
        "belong to this one.",
        given_flags(lambda end, limit: (end, end)),
    ),
    belief(
        "The two masks have changed places: `terminated` alone stops the bootstrap, an end of either kind cuts the "
        "recursion.",
        given_flags(lambda end, limit: (end | limit, end)),
        given_flags(lambda end, limit: (limit, end)),
    ),
    belief(
        "The wrong flag stops your bootstrap: it should be `terminated`. At a time limit the future exists.",
        given_flags(lambda end, limit: (limit, end | limit)),
    ),
    belief(
        "You bootstrap through a true end. Where `terminated`, there is no future, whatever `next_values` says.",
        given_flags(lambda end, limit: (end & False, end | limit)),
        given_flags(lambda end, limit: (end & False, end)),
    ),
    belief(
        "Only time limits cut your recursion; a true end must cut it too. Row t+1 is another episode after either.",
        given_flags(lambda end, limit: (end, limit)),
    ),
    belief(
        "Nothing cuts your recursion, or nothing but a row with both flags: an end of *either* kind does.",
        given_flags(lambda end, limit: (end, end & False)),
        given_flags(lambda end, limit: (end & False, end & False)),
        given_flags(lambda end, limit: (end | limit, end & False)),
        given_flags(lambda end, limit: (end, end & limit)),
    ),
    belief(
        "A row may have both flags up: it terminated just as the clock ran out. That is one end, and a true one; "
        "your two flags cancel or count twice there.",
        given_flags(lambda end, limit: (end, end ^ limit)),
        given_flags(lambda end, limit: (end & ~limit, end | limit)),
        given_flags(lambda end, limit: (end & ~limit, end ^ limit)),
        both_counted_twice,
    ),
    belief(
        "Your flags are turned around, or one of them is: 1 where something is kept, 0 where it is cut.",
        given_flags(lambda end, limit: (~end, end | limit)),
        given_flags(lambda end, limit: (end, ~(end | limit))),
        given_flags(lambda end, limit: (~end, ~(end | limit))),
    ),
    belief(
        "Your flags decide about the wrong row: dones[t] cuts between t and t+1.",
        given_flags(lambda end, limit: (end, after(end | limit).astype(bool))),
        given_flags(lambda end, limit: (after(end).astype(bool), after(end | limit).astype(bool))),
    ),
    belief(
        "You read V(s_{t+1}) from the next row of `values`. At a time limit that row is the first of another episode, "
        "and behind the last row there is none: `next_values` holds the true successor.",
        next_row(lambda v, n: after(v)),
        next_row(lambda v, n: after(v, v[-1:])),
        next_row(lambda v, n: after(v, n[-1:])),
        next_row(lambda v, n: np.roll(v, -1, axis=0)),
    ),
    belief(
        "At the time limit you bootstrap from V(s_t), the state before the last step. `next_values` holds the state "
        "after it.",
        lambda r, v, n, end, limit, g, lam: reference(r, v, np.where(limit, v, n), end, limit, g, lam),
    ),
    belief(
        "You add the future of a time limit to its reward without γ. It lies one step ahead.",
        without_bootstrap_at_limits_but_paid,
    ),
    belief(
        "A row that ends loses its whole advantage in yours. Only what comes after it is cut.",
        only_advantages(lambda r, v, n, end, limit, g, lam: reference(r, v, n, end, limit, g, lam)[0] * ~(end | limit)),
        only_advantages(lambda r, v, n, end, limit, g, lam: reference(r, v, n, end, limit, g, lam)[0] * ~limit),
    ),
    belief(
        "Your recursion decays by γ or by λ alone: each row back costs both.",
        with_decay(lambda g, lam: g),
        with_decay(lambda g, lam: lam),
    ),
    belief(
        "Those are TD errors. The advantages collect the later ones too.",
        with_decay(lambda g, lam: 0.0),
        only_advantages(lambda r, v, n, end, limit, g, lam: package.td_errors(r, v, n, end, g)),
    ),
    belief(
        "The advantages are normalised. Whoever wants that does it later: the targets need them as they are.",
        only_advantages(lambda *inputs: normalised(reference(*inputs)[0])),
    ),
    belief(
        "The two are in the wrong order: first the advantages, then the targets.",
        lambda *inputs: reference(*inputs)[::-1],
    ),
    belief(
        "Asked are two things: `return advantages, returns`.",
        lambda *inputs: reference(*inputs)[0],
        lambda *inputs: reference(*inputs)[1],
    ),
    belief(
        "The advantages are right, but the targets add the wrong value. Row t's advantage was measured against "
        "V(s_t); add that back.",
        only_targets(lambda A, r, v, n, end, done, g, lam: A + n),
        only_targets(lambda A, r, v, n, end, done, g, lam: A + g * n),
        only_targets(lambda A, r, v, n, end, done, g, lam: A + g * v),
        only_targets(lambda A, r, v, n, end, done, g, lam: A + g * n * ~end),
        only_targets(lambda A, r, v, n, end, done, g, lam: A + after(v)),
        only_targets(lambda A, r, v, n, end, done, g, lam: A + v * ~done),
        only_targets(lambda A, r, v, n, end, done, g, lam: A + v * ~end),
    ),
    belief(
        "The advantages are right, but the sign in the targets is turned. The critic should move *towards* what came: "
        "up where the advantage is positive.",
        only_targets(lambda A, r, v, n, end, done, g, lam: A - v),
        only_targets(lambda A, r, v, n, end, done, g, lam: v - A),
    ),
    belief(
        "The advantages are right, but your targets are sums of the rewards that were seen. Where a rollout or a time "
        "limit cuts an episode, the rest of its rewards is missing.",
        only_targets(rewards_to_go),
        only_targets(lambda A, r, v, n, end, done, g, lam: package.gae(r, done, g, lam)),
        only_targets(lambda A, r, v, n, end, done, g, lam: package.gae(r, done & False, g, 1.0)),
    ),
    belief(
        "The advantages are right, but your targets are those of one step or of λ = 1. These are λ-returns, with the "
        "same λ as the advantages.",
        only_targets(lambda A, r, v, n, end, done, g, lam: r + g * n * ~end),
        only_targets(lambda A, r, v, n, end, done, g, lam: r + g * n),
        only_targets(
            lambda A, r, v, n, end, done, g, lam: v + package.gae(package.td_errors(r, v, n, end, g), done, g, 1.0)
        ),
    ),
    belief(
        "The advantages are right, but your targets are made of normalised ones. The critic learns values in units of "
        "reward.",
        only_targets(lambda A, r, v, n, end, done, g, lam: normalised(A) + v),
        only_targets(lambda A, r, v, n, end, done, g, lam: normalised(A + v)),
    ),
    belief(
        "The advantages are right, but as targets you give one of the ingredients alone.",
        only_targets(lambda A, r, v, n, end, done, g, lam: A),
        only_targets(lambda A, r, v, n, end, done, g, lam: v),
        only_targets(lambda A, r, v, n, end, done, g, lam: n),
        only_targets(lambda A, r, v, n, end, done, g, lam: r),
    ),
    belief(
        "The advantages are right, but your targets add the reward once more. It is in the advantage already.",
        only_targets(lambda A, r, v, n, end, done, g, lam: A + v + r),
        only_targets(lambda A, r, v, n, end, done, g, lam: A + r),
        only_targets(lambda A, r, v, n, end, done, g, lam: r + g * (A + v)),
    ),
)
