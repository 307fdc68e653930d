"""Exercise 05: what is believed about the recursion, as formulas that give the same numbers."""

import numpy as np

from ppo_edu import gae as package
from ppo_edu.grading.checks.gae_rollouts import after, backwards, before, normalised
from ppo_edu.grading.formula import belief


def with_decay(decay):
    """GAE with another decay per step in place of γλ."""
    return lambda d, done, g, lam: backwards(d, decay(g, lam) * ~done)


def with_cuts(cut):
    """GAE whose recursion is cut where `cut(done)` says."""
    return lambda d, done, g, lam: backwards(d, g * lam * ~cut(done))


def changed(change):
    """GAE, changed afterwards."""
    return lambda *inputs: change(package.gae(*inputs))


def forwards(d, done, g, lam, cut=before):
    """Â_t = δ_t + γλ Â_{t−1}."""
    advantages, open_ = np.array(d, dtype=np.float64), 1 - cut(done).astype(float)
    for t in range(1, len(d)):
        advantages[t] += g * lam * open_[t] * advantages[t - 1]
    return advantages


def end_erased(d, done, g, lam):
    """The mask taken over the whole line, δ included, and carried on."""
    advantages, carried = np.zeros(d.shape), np.zeros(d.shape[1:])
    for t in reversed(range(len(d))):
        advantages[t] = carried = (d[t] + g * lam * carried) * ~done[t]
    return advantages


def last_row_lost(d, done, g, lam):
    """Filled from the last row but one, beginning with 0 behind it."""
    head = package.gae(d[:-1], done[:-1], g, lam)
    return np.concatenate([head, 0.0 * d[-1:]])


def last_row_twice(d, done, g, lam):
    """The last δ stands in for the advantage after it as well."""
    return package.gae(np.concatenate([d, d[-1:]]), np.concatenate([done, done[-1:]]), g, lam)[:-1]


def across_environments(d, done, g, lam):
    """The recursion along the last axis."""
    return package.gae(d.T, done.T, g, lam).T


def all_in_one_line(d, done, g, lam):
    """[T, N] read as one long row of T·N steps."""
    return package.gae(d.ravel(), done.ravel(), g, lam).reshape(d.shape)


def one_step_more(d, done, g, lam):
    return d + g * lam * ~done * after(d)


def display(d, done, g, lam):
    """The lesson's "telescopes to": Σ (γλ)^l times whole Monte Carlo advantages."""
    return package.gae(package.gae(d, done, g, 1.0), done, g, lam)


def mixture(weight):
    """Σ_n weight(n, λ) A^(n), for n up to the number of rows left in the rollout."""

    def formula(d, done, g, lam):
        total = np.zeros(d.shape)
        for n in range(1, len(d) + 1):
            total[: len(d) - n + 1] += weight(n, lam) * package.n_step_advantage(d, done, g, n)[: len(d) - n + 1]
        return total

    return formula


def naive_to_the_end(d, done, g, lam):
    """The same up to the end of each episode, beyond which there is no A^(n)."""
    left = backwards(np.ones(d.shape), ~done)
    return sum(
        (1 - lam) * lam ** (n - 1) * np.where(n <= left, package.n_step_advantage(d, done, g, n), 0)
        for n in range(1, len(d) + 1)
    )


def undiscounted_back(d, done, g, lam):
    """Σ (γλ)^t δ_t from t on, never divided by (γλ)^t."""
    weights = (g * lam) ** np.arange(len(d)).reshape(-1, *[1] * (d.ndim - 1))
    return backwards(weights * d, 1.0 * ~done)


def truncated_on_the_way(d, done, g, lam):
    advantages = np.zeros_like(d)
    for t in reversed(range(len(d))):
        follow = advantages[t + 1] if t + 1 < len(d) else 0
        advantages[t] = d[t] + g * lam * ~done[t] * follow
    return advantages


RECURSION = (
    belief(
        "Your recursion runs on through the ends. Where done[t] is true, row t+1 is another episode: nothing of it "
        "belongs into row t.",
        with_cuts(lambda done: done & False),
    ),
    belief(
        "You cut one row too early: done[t+1] decides about row t. Some code stores the flags that way (the flag says "
        "that a row *begins* an episode); here done[t] says that row t was the last of its own.",
        with_cuts(lambda done: after(done).astype(bool)),
        with_cuts(lambda done: after(done, done[-1:]).astype(bool)),
        with_cuts(lambda done: np.roll(done, -1, axis=0)),
    ),
    belief(
        "You cut one row too late: done[t−1] decides about row t. done[t] says that row t was the last of its episode, "
        "so the cut lies between t and t+1.",
        with_cuts(lambda done: before(done).astype(bool)),
        with_cuts(lambda done: np.roll(done, 1, axis=0)),
    ),
    belief(
        "Your mask is turned around: it lets the recursion through at the ends and cuts it everywhere else.",
        with_cuts(lambda done: ~done),
    ),
    belief(
        "At an end you throw away δ as well. The last δ of an episode was earned in it; only what comes after is cut.",
        end_erased,
        lambda d, done, g, lam: package.gae(d, done, g, lam) * ~done,
    ),
    belief(
        "λ is not used: that decays by γ alone, which is GAE with λ = 1.",
        with_decay(lambda g, lam: g),
    ),
    belief(
        "γ is not used: it decays by λ alone. Each step back costs a γ *and* a λ.",
        with_decay(lambda g, lam: lam),
    ),
    belief(
        "Nothing decays: every later δ counts in full. Its weight is (γλ)^l.",
        with_decay(lambda g, lam: 1.0),
    ),
    belief(
        "Each step back costs one γ and one λ. In yours one of them counts more often, or is added or subtracted.",
        with_decay(lambda g, lam: g**2 * lam),
        with_decay(lambda g, lam: g * lam**2),
        with_decay(lambda g, lam: (g * lam) ** 2),
        with_decay(lambda g, lam: g**2),
        with_decay(lambda g, lam: g + lam),
        with_decay(lambda g, lam: g * (1 - lam)),
        with_decay(lambda g, lam: 1 - g * lam),
        with_decay(lambda g, lam: -g * lam),
    ),
    belief(
        "Your recursion runs forwards in time: row t gets what came *before* it. An action is judged by what follows, "
        "so begin at the last row.",
        forwards,
        lambda *inputs: forwards(*inputs, cut=lambda done: done),
        lambda *inputs: forwards(*inputs, cut=lambda done: done & False),
    ),
    belief(
        "The numbers are right but stand in reverse: you collected them from the last row to the first.",
        changed(lambda advantages: advantages[::-1]),
    ),
    belief(
        "The last row comes out as 0; the rows before it may miss its δ, too. In that row Â is δ itself.",
        last_row_lost,
        lambda d, done, g, lam: np.concatenate([package.gae(d, done, g, lam)[:-1], 0.0 * d[-1:]]),
    ),
    belief(
        "The last δ counts twice: behind the last row of the rollout nothing follows, so Â is δ itself there.",
        last_row_twice,
    ),
    belief(
        "You add the next δ and stop. What is added is γλ times the next *advantage*, which holds all later δs.",
        one_step_more,
    ),
    belief(
        "That is δ itself: GAE with λ = 0. Later TD errors count too, each with (γλ)^l.",
        lambda d, done, g, lam: d,
    ),
    belief(
        "That is the display the lesson text calls telescoping: Σ (γλ)^l times whole returns minus V. Late rewards "
        "are counted again in every term. Weigh the δs themselves.",
        display,
    ),
    belief(
        "Your mixture gives every n-step advantage the factor 1−λ, the last one too. The weights then do not sum to 1: "
        "where the rows run out, the last one takes all weight that is left.",
        mixture(lambda n, lam: (1 - lam) * lam ** (n - 1)),
        naive_to_the_end,
    ),
    belief(
        "A factor too many: the sum Σ (γλ)^l δ is GAE as it is. The 1−λ belongs to the mixture of n-step advantages, "
        "and is used up there.",
        lambda d, done, g, lam: (1 - lam) * package.gae(d, done, g, lam),
        lambda d, done, g, lam: (1 - g * lam) * package.gae(d, done, g, lam),
        lambda d, done, g, lam: g * lam * package.gae(d, done, g, lam),
    ),
    belief(
        "You run along the environments, or through all of them in one line. Time is axis 0: each column is an "
        "environment of its own.",
        across_environments,
        all_in_one_line,
        lambda d, done, g, lam: all_in_one_line(d.T, done.T, g, lam).T,
    ),
    belief(
        "One environment that ends cuts all of them, or all must end before any is cut. The flags of a row belong to "
        "its environments one by one.",
        with_cuts(lambda done: done if done.ndim == 1 else np.repeat(done.any(1, keepdims=True), done.shape[1], 1)),
        with_cuts(lambda done: done if done.ndim == 1 else np.repeat(done.all(1, keepdims=True), done.shape[1], 1)),
    ),
    belief(
        "Your weights begin at row 0 for everybody. Seen from row t, δ_t has weight 1: divide by (γλ)^t, or let the "
        "recursion do it.",
        undiscounted_back,
    ),
    belief(
        "You normalise. That may be done by the caller, but the value targets need Â as it is.",
        changed(normalised),
        changed(lambda advantages: advantages - advantages.mean()),
    ),
    belief("The sign is turned: where the δs are positive, so is Â.", changed(lambda advantages: -advantages)),
    belief(
        "Your γ or λ does not move: the answer is the same for every `gamma`, or for every `gae_lambda`.",
        with_decay(lambda g, lam: 0.99 * 0.95),
        with_decay(lambda g, lam: 0.9 * 0.8),
        with_decay(lambda g, lam: 0.99 * lam),
        with_decay(lambda g, lam: g * 0.95),
    ),
    belief(
        "With whole numbers for δ your Â loses its decimals: the array you fill holds whole numbers, as `deltas` does "
        "(`zeros_like` and `copy` keep the kind).",
        truncated_on_the_way,
    ),
)
