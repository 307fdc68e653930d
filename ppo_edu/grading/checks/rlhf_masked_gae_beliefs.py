"""Exercise 09: what is believed about GAE on sentences, as formulas that give the same numbers."""

import numpy as np

from ppo_edu import gae as package
from ppo_edu.grading.checks.rlhf_sentences import after, last
from ppo_edu.grading.formula import belief


def reference(rewards, values, mask, gamma, gae_lambda):
    """Sentence by sentence from the definition, a double sum: no recursion, and no padding to be careful about."""
    advantages = np.zeros(mask.shape)
    for sentence, length in enumerate(mask.sum(1)):
        r, V = rewards[sentence, :length], values[sentence, :length]
        ended = np.arange(length) == length - 1
        deltas = package.td_errors(r, V, np.append(V[1:], 0), ended, gamma)
        advantages[sentence, :length] = package.gae_by_definition(deltas, ended, gamma, gae_lambda)
    return advantages, np.where(mask, advantages + values, 0)


def built(
    ends=last,  # mask -> where the recursion is cut
    future=lambda mask: ~last(mask),  # mask -> where γ V(s_{t+1}) counts
    given=lambda r, V, mask: (r, V),  # what the recursion is given
    decay=lambda g, lam: g * lam,
    following=after,  # values -> those of the next word
    kept=lambda mask: mask,  # what is not set to 0 afterwards
):
    """The pair with one piece replaced; the recursion is the package's, over columns."""

    def formula(rewards, values, mask, gamma, gae_lambda):
        r, V = given(rewards, values, mask)
        deltas = r + gamma * np.where(future(mask), following(V), 0) - V
        advantages = package.gae(deltas.T, ends(mask).T, decay(gamma, gae_lambda), 1.0).T
        return np.where(kept(mask), advantages, 0), np.where(kept(mask), advantages + values, 0)

    return formula


def last_column(mask):
    return mask & False | (np.arange(mask.shape[1]) == mask.shape[1] - 1)


def nowhere(mask):
    return mask & False


def everywhere(mask):
    return mask | True


def zeroed_first(r, V, mask):
    return np.where(mask, r, 0), np.where(mask, V, 0)


def zeroed_values(r, V, mask):
    return r, np.where(mask, V, 0)


def zeroed_rewards(r, V, mask):
    return np.where(mask, r, 0), V


def leaks(future, ends):
    """Padding is read, whether or not its rewards were set to 0 before, and the answers on it afterwards."""
    return tuple(
        built(ends=ends, future=future, given=given, kept=kept)
        for given in (lambda r, V, mask: (r, V), zeroed_rewards)
        for kept in (lambda mask: mask, everywhere)
    )


def padding_cuts_too(mask):
    return last(mask) | ~mask


def advantages_on_padding(*inputs):
    return built(kept=everywhere)(*inputs)[0], reference(*inputs)[1]


def values_on_padding(rewards, values, mask, *rest):
    advantages, _ = reference(rewards, values, mask, *rest)
    return advantages, advantages + values


def along_the_sentences(rewards, values, mask, gamma, gae_lambda):
    """Time taken to be axis 0: from sentence to sentence, down each column."""
    open_ = np.concatenate([mask[1:], np.zeros_like(mask[:1])])
    following = np.concatenate([values[1:], np.zeros_like(values[:1])])
    deltas = rewards + gamma * np.where(open_, following, 0) - values
    advantages = package.gae(deltas, ~open_, gamma, gae_lambda)
    return np.where(mask, advantages, 0), np.where(mask, advantages + values, 0)


def all_end_together(which):
    """One sentence's end taken for everybody's."""

    def ends(mask):
        columns = mask.sum(1) - 1
        return np.arange(mask.shape[1]) == which(columns) + np.zeros(mask.shape)

    return built(ends=ends, future=lambda mask: ~ends(mask))


def only_targets(formula):
    """A belief about the returns: (advantages, rewards, values, mask, γ, λ) -> [B, T]."""

    def answer(rewards, values, mask, gamma, gae_lambda):
        advantages, _ = reference(rewards, values, mask, gamma, gae_lambda)
        return None, np.where(mask, formula(advantages, rewards, values, mask, gamma, gae_lambda), 0)

    return answer


def only_advantages(formula):
    """A belief about the advantages: (the right ones, rewards, values, mask, γ, λ) -> [B, T]."""

    def answer(rewards, values, mask, gamma, gae_lambda):
        advantages, _ = reference(rewards, values, mask, gamma, gae_lambda)
        return np.where(mask, formula(advantages, rewards, values, mask, gamma, gae_lambda), 0), None

    return answer


def rewards_to_go(A, r, V, mask, g, lam):
    return package.gae(np.where(mask, r, 0).T, last(mask).T, g, 1.0).T


def one_step(A, r, V, mask, g, lam):
    return r + g * np.where(last(mask), 0, after(V)) - V


def normalised(A, r, V, mask, g, lam):
    words = A[mask]
    return (A - words.mean()) / (words.std() + 1e-8)


def both_normalised(rewards, values, mask, gamma, gae_lambda):
    advantages, _ = reference(rewards, values, mask, gamma, gae_lambda)
    advantages = np.where(mask, normalised(advantages, rewards, values, mask, gamma, gae_lambda), 0)
    return advantages, np.where(mask, advantages + values, 0)


def forwards(A, r, V, mask, g, lam):
    deltas = np.where(mask, one_step(A, r, V, mask, g, lam), 0)
    return package.gae(deltas[:, ::-1].T, nowhere(mask).T, g, lam).T[:, ::-1]


def last_word_lost(rewards, values, mask, *rest):
    advantages, _ = built(given=lambda r, V, m: (np.where(last(m), 0, r), V))(rewards, values, mask, *rest)
    return advantages, np.where(mask, advantages + values, 0)


def last_delta_is_zero(rewards, values, mask, gamma, gae_lambda):
    deltas = np.where(mask & ~last(mask), one_step(None, rewards, values, mask, gamma, gae_lambda), 0)
    advantages = package.gae(deltas.T, last(mask).T, gamma, gae_lambda).T
    return np.where(mask, advantages, 0), np.where(mask, advantages + values, 0)


def truncated_on_the_way(rewards, values, mask, gamma, gae_lambda):
    """In a table that holds whole numbers, as `zeros_like` of whole numbers does."""
    advantages, later, following = np.zeros_like(values), 0 * values[:, 0], 0 * values[:, 0]
    for t in reversed(range(values.shape[1])):
        delta = rewards[:, t] + gamma * following - values[:, t]
        later = np.where(mask[:, t], delta + gamma * gae_lambda * later, 0)
        following = np.where(mask[:, t], values[:, t], 0)
        advantages[:, t] = later
    return advantages, np.where(mask, advantages + values, 0)


def swapped(*inputs):
    return reference(*inputs)[::-1]


BELIEFS = (
    belief(
        "Padding leaks into your sentences. After a sentence's last word there is no V(s_{t+1}) and no later "
        "advantage, whatever stands in the next column.",
        *leaks(lambda mask: ~last_column(mask), last_column),
        built(ends=last_column, future=lambda mask: ~last_column(mask), given=zeroed_values),
    ),
    belief(
        "Your last word still bootstraps from the critic's word about padding: γ V(s_{t+1}) has to be 0 there.",
        *leaks(lambda mask: ~last_column(mask), last),
        *leaks(lambda mask: ~last_column(mask), padding_cuts_too),
    ),
    belief(
        "Your recursion runs on through the padding: behind the last word nothing is to be carried back.",
        *leaks(lambda mask: ~last(mask), last_column),
        *leaks(lambda mask: mask & ~last(mask), last_column),
    ),
    belief(
        "On the padding your answers are not 0. There are no words there, so neither an advantage nor a target.",
        advantages_on_padding,
        values_on_padding,
        built(kept=everywhere),
        built(given=zeroed_first, kept=everywhere),
        built(ends=padding_cuts_too, future=lambda mask: mask & ~last(mask), kept=everywhere),
    ),
    belief(
        "You run down the columns, from sentence to sentence. Here a *row* is a sentence, and time is axis 1.",
        along_the_sentences,
    ),
    belief(
        "One sentence's end is taken for everybody's. Each row of `mask` ends in a column of its own.",
        all_end_together(np.max),
        all_end_together(np.min),
        all_end_together(lambda columns: columns[0]),
        all_end_together(lambda columns: columns[-1]),
    ),
    belief(
        "You cut one word too early or too late. The last True of a row is the word after which nothing comes.",
        built(ends=lambda mask: after(last(mask)), future=lambda mask: ~after(last(mask)) & ~last_column(mask)),
        built(ends=lambda mask: after(last(mask)), future=lambda mask: ~last(mask)),
        built(ends=lambda mask: after(last(mask)) | last(mask), future=lambda mask: ~(after(last(mask)) | last(mask))),
    ),
    belief(
        "Your mask is turned around: it keeps the padding and drops the words.",
        built(kept=lambda mask: ~mask),
        built(ends=lambda mask: mask, future=lambda mask: ~mask, kept=lambda mask: mask),
    ),
    belief(
        "Your last word gets no δ, or loses its reward, and with it the score is gone: it stands on just that word.",
        last_word_lost,
        last_delta_is_zero,
        built(kept=lambda mask: mask & ~last(mask)),
    ),
    belief(
        "λ is not used: that decays by γ alone.",
        built(decay=lambda g, lam: g),
    ),
    belief(
        "γ is missing in the recursion or in δ. Here it may be below 1.",
        built(decay=lambda g, lam: lam),
        lambda r, V, m, g, lam: built(decay=lambda _, k: g * k)(r, V, m, 1.0, lam),
        lambda r, V, m, g, lam: reference(r, V, m, 1.0, lam),
    ),
    belief(
        "Each step back costs one γ and one λ. In yours one of them counts more often, is taken from 1, or nothing "
        "decays.",
        built(decay=lambda g, lam: g * g * lam),
        built(decay=lambda g, lam: g * lam * lam),
        built(decay=lambda g, lam: 1.0),
        built(decay=lambda g, lam: g * (1 - lam)),
    ),
    belief(
        "That is δ: one step. Later words count as well, each with (γλ)^l.",
        only_advantages(one_step),
    ),
    belief(
        "Your recursion runs forwards: a word gets what came *before* it. Begin at the last column.",
        only_advantages(forwards),
    ),
    belief(
        "A sign of V is turned: in δ it is taken off, and added again to get the returns.",
        only_targets(lambda A, r, V, *rest: A - V),
        only_advantages(
            lambda A, r, V, mask, g, lam: (
                package.gae((one_step(A, r, V, mask, g, lam) + 2 * V).T, last(mask).T, g, lam).T
            )
        ),
    ),
    belief("The two answers have changed places: first the advantages, then the returns.", swapped),
    belief(
        "Your returns are sums of rewards (Monte Carlo). Asked are the targets Â + V, which hold the critic's part for "
        "λ < 1.",
        only_targets(rewards_to_go),
        only_targets(lambda A, r, V, *rest: r),
    ),
    belief(
        "Your returns are not Â + V: something is left out, or counted twice.",
        only_targets(lambda A, r, V, *rest: A),
        only_targets(lambda A, r, V, *rest: V),
        only_targets(lambda A, r, V, *rest: A + r),
        only_targets(lambda A, r, V, *rest: A + V + r),
        only_targets(lambda A, r, V, mask, g, lam: r + g * np.where(last(mask), 0, after(V))),
        only_targets(lambda A, r, V, *rest: A + after(V)),
    ),
    belief(
        "You normalise the advantages. That is section 4's task; the targets need Â as it is.",
        only_advantages(normalised),
        only_targets(lambda A, r, V, mask, g, lam: normalised(A, r, V, mask, g, lam) + V),
        both_normalised,
    ),
    belief(
        "V is not used, neither before nor after a word: those are sums of rewards. Without a baseline a good word in "
        "a bad sentence is blamed.",
        only_advantages(lambda A, r, V, mask, g, lam: package.gae(np.where(mask, r, 0).T, last(mask).T, g, lam).T),
        only_advantages(rewards_to_go),
    ),
    belief(
        "With whole numbers your Â loses its decimals: the table you fill holds whole numbers, as `values` does "
        "(`zeros_like` and `copy` keep the kind).",
        truncated_on_the_way,
    ),
)
