"""Exercise 09: what is believed about δ on sentences, and about where the recursion runs, beside the padding."""

import numpy as np

from ppo_edu import gae as package
from ppo_edu.grading.checks.rlhf_masked_gae_beliefs import one_step, reference
from ppo_edu.grading.checks.rlhf_sentences import after, last
from ppo_edu.grading.formula import belief


def carried(deltas, mask, gamma, gae_lambda):
    return np.where(mask, package.gae(deltas.T, last(mask).T, gamma, gae_lambda).T, 0)


def of_deltas(deltas):
    """GAE as it should be, on another δ: (rewards, values, mask, γ, λ) -> [B, T]."""

    def formula(rewards, values, mask, gamma, gae_lambda):
        advantages = carried(deltas(rewards, values, mask, gamma, gae_lambda), mask, gamma, gae_lambda)
        return advantages, np.where(mask, advantages + values, 0)

    return formula


def on_words(advantages_of):
    """A pair from advantages that are right in nothing but their padding."""

    def formula(rewards, values, mask, gamma, gae_lambda):
        advantages = np.where(mask, advantages_of(rewards, values, mask, gamma, gae_lambda), 0)
        return advantages, np.where(mask, advantages + values, 0)

    return formula


def followed_by(following):
    """δ with another V(s_{t+1}): (values, mask) -> [B, T]."""
    return of_deltas(lambda r, V, mask, g, lam: r + g * following(V, mask) - V)


def own_at_the_end(V, mask):
    return np.where(last(mask), V, after(V))


def own_in_the_last_column(V, mask):
    return np.concatenate([V[:, 1:], V[:, -1:]], axis=1)


def own_in_full_rows(V, mask):
    return np.where(after(mask), after(V), 0) + np.where(last(mask) & mask[:, -1:], V, 0)


def the_first_again(V, mask):
    return np.roll(V, -1, axis=1)


def words_only(following):
    return lambda V, mask: following(np.where(mask, V, 0), mask)


def down_the_columns(rewards, values, mask, gamma, gae_lambda):
    """δ along the words, and the sum over later δ from sentence to sentence."""
    deltas = one_step(None, rewards, values, mask, gamma, gae_lambda)
    return package.gae(np.where(mask, deltas, 0), ~mask, gamma, gae_lambda)


def one_long_sentence(first_word_follows):
    """All words in one row: the next sentence's advantage flows into the last word of this one."""

    def formula(rewards, values, mask, gamma, gae_lambda):
        V = values[mask]
        following = np.append(V[1:], 0) if first_word_follows else np.where(last(mask), 0, after(values))[mask]
        deltas = rewards[mask] + gamma * following - V
        advantages = np.zeros(mask.shape)
        advantages[mask] = package.gae(deltas, deltas != deltas, gamma, gae_lambda)
        return advantages

    return formula


def one_long_table(rewards, values, mask, gamma, gae_lambda):
    """The same over the flattened table, its padding set to 0."""
    deltas = np.where(mask, one_step(None, rewards, values, mask, gamma, gae_lambda), 0).ravel()
    return package.gae(deltas, np.zeros(deltas.shape, bool), gamma, gae_lambda).reshape(mask.shape)


def back_to_front(rewards, values, mask, gamma, gae_lambda):
    return reference(rewards, values, mask, gamma, gae_lambda)[0][:, ::-1]


def weighted_steps(rewards, values, mask, gamma, gae_lambda):
    return (1 - gae_lambda) * reference(rewards, values, mask, gamma, gae_lambda)[0]


def last_step_not_carried(rewards, values, mask, gamma, gae_lambda):
    """The recursion is cut at the word before the last one, too."""
    deltas = np.where(mask, one_step(None, rewards, values, mask, gamma, gae_lambda), 0)
    return package.gae(deltas.T, (last(mask) | after(last(mask))).T, gamma, gae_lambda).T


def flag_on_the_padding(given):
    """`dones = ~mask`: the last word itself carries no flag, the padding behind it does."""

    def formula(rewards, values, mask, gamma, gae_lambda):
        r, V = given(rewards, mask), given(values, mask)
        deltas = r + gamma * np.where(mask, after(V), 0) - V
        return package.gae(deltas.T, (~mask).T, gamma, gae_lambda).T

    return formula


def nan_behind(rewards, values, mask, *rest):
    return tuple(np.where(mask, x, np.nan) for x in reference(rewards, values, mask, *rest))


def nan_behind_one(which):
    def formula(rewards, values, mask, *rest):
        pair = reference(rewards, values, mask, *rest)
        return tuple(np.where(mask, x, np.nan) if i == which else x for i, x in enumerate(pair))

    return formula


def without_decimals(*inputs):
    return tuple(np.trunc(x) for x in reference(*inputs))


def next_value_added(rewards, values, mask, *rest):
    advantages, _ = reference(rewards, values, mask, *rest)
    return None, np.where(mask, advantages + np.where(after(mask), after(values), 0), 0)


MORE_BELIEFS = (
    belief(
        "Your last word bootstraps from a value of its own: V(s_t) stands where V(s_{t+1}) would. After the last word "
        "there is no state, and the critic has nothing to say.",
        followed_by(own_at_the_end),
        followed_by(own_in_the_last_column),
        followed_by(own_in_full_rows),
    ),
    belief(
        "Behind your last column the first one comes again (`np.roll`, an index that wraps round): the last word "
        "bootstraps from where its sentence began.",
        followed_by(the_first_again),
        followed_by(words_only(the_first_again)),
    ),
    belief(
        "γ V(s_{t+1}) is missing in your δ: between two words the critic's next value counts.",
        of_deltas(lambda r, V, mask, g, lam: r - V),
    ),
    belief(
        "Your δ takes the same value twice, V(s_t) where V(s_{t+1}) is asked for.",
        followed_by(lambda V, mask: V),
        followed_by(lambda V, mask: np.where(last(mask), 0, V)),
    ),
    belief(
        "V(s_t) is not taken off in your δ. Without it every word of a good sentence looks good.",
        of_deltas(lambda r, V, mask, g, lam: r + g * np.where(last(mask), 0, after(V))),
    ),
    belief(
        "At its last word your sentence forgets what the critic expected: that δ is the reward alone, and V(s_t) is "
        "not taken off.",
        of_deltas(lambda r, V, mask, g, lam: one_step(None, r, V, mask, g, lam) + np.where(last(mask), V, 0)),
    ),
    belief(
        "Your δ, or Â, has its sign turned: what came is compared with what the critic expected, and more than "
        "expected is good.",
        of_deltas(lambda *inputs: -one_step(None, *inputs)),
        lambda *inputs: (-reference(*inputs)[0], None),
    ),
    belief(
        "1 − λ belongs to the mixture of n-step advantages. In the recursion there is none: δ counts in full.",
        on_words(weighted_steps),
    ),
    belief(
        "Your advantages come out back to front: the last word's stands in the first column.",
        on_words(back_to_front),
        lambda *inputs: tuple(x[:, ::-1] for x in reference(*inputs)),
        lambda *inputs: (reference(*inputs)[0][:, ::-1], None),
    ),
    belief(
        "Your δ looks along the sentence, and your sum over later δ goes from sentence to sentence. Here a *row* is a "
        "sentence, and time is axis 1 in both.",
        on_words(down_the_columns),
    ),
    belief(
        "You string the sentences together: the next one's advantage flows into the last word of this one. They are "
        "episodes of their own.",
        on_words(one_long_sentence(False)),
        on_words(one_long_sentence(True)),
        on_words(one_long_table),
    ),
    belief(
        "Your recursion is cut at the last word but one as well: the last word's δ reaches nobody, and with it the "
        "score.",
        on_words(last_step_not_carried),
    ),
    belief(
        "Your flag for the end stands on the padding, one column behind the last word. It is the last *word* after "
        "which nothing comes.",
        on_words(flag_on_the_padding(lambda x, mask: x)),
        on_words(flag_on_the_padding(lambda x, mask: np.where(mask, x, 0))),
    ),
    belief(
        "On the padding you leave a nan. There are no words there: both answers are the number 0.",
        nan_behind,
        nan_behind_one(0),
        nan_behind_one(1),
    ),
    belief(
        "Your answers have lost their decimals: the table that you fill, or the kind you turn it into, holds whole "
        "numbers.",
        without_decimals,
    ),
    belief(
        "Both of your answers are 0 everywhere: no word is in them yet.",
        lambda rewards, *_: (0 * rewards, 0 * rewards),
    ),
    belief(
        "Your returns are Â(s_t) + V(s_{t+1}). Both belong to the same word.",
        next_value_added,
    ),
)
