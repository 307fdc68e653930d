"""Answers to exercise 09's loss of one update, right ones in many styles and wrong ones with their messages."""

import numpy as np
import torch
from registry import bank
from torch.nn import functional

from ppo_edu import clip, loss

RIGHT, WRONG, right, wrong, in_bulk = bank()
ITEM = "rlhf_loss"


# -- right -------------------------------------------------------------------------------------------------------


@right(ITEM)
def words_taken_out(logprobs, old_logprobs, values, advantages, returns, mask, clip_eps, vf_coef):
    A = advantages[mask]
    A = (A - A.mean()) / (A.std(correction=0) + 1e-8)
    ratio = torch.exp(logprobs[mask] - old_logprobs[mask])
    clip_objective = torch.min(ratio * A, ratio.clamp(1 - clip_eps, 1 + clip_eps) * A)
    value_loss = (values[mask] - returns[mask]) ** 2 / 2
    return -(clip_objective.mean() - vf_coef * value_loss.mean())


@right(ITEM)
def mask_as_weights(logprobs, old_logprobs, values, advantages, returns, mask, clip_eps, vf_coef):
    weights = mask.double()
    n = weights.sum()

    def mean(x):
        return (x * weights).sum() / n

    mu = mean(advantages)
    A = (advantages - mu) / (mean((advantages - mu) ** 2).sqrt() + 1e-8)
    ratio = (logprobs - old_logprobs).exp()
    clipped = ratio.clamp(1 - clip_eps, 1 + clip_eps)
    return -mean(torch.minimum(ratio * A, clipped * A)) + vf_coef * mean(0.5 * (values - returns).pow(2))


@right(ITEM)
def the_larger_of_two_losses(logprobs, old_logprobs, values, advantages, returns, mask, clip_eps, vf_coef):
    """The way CleanRL writes it."""
    lp, old, v, adv, ret = (x[mask] for x in (logprobs, old_logprobs, values, advantages, returns))
    adv = (adv - adv.mean()) / (adv.std(unbiased=False) + 1e-8)
    logratio = lp - old
    ratio = logratio.exp()
    pg_loss = torch.max(-adv * ratio, -adv * torch.clamp(ratio, 1 - clip_eps, 1 + clip_eps)).mean()
    return pg_loss + vf_coef * 0.5 * ((v - ret) ** 2).mean()


@right(ITEM)
def with_the_packages_functions(logprobs, old_logprobs, values, advantages, returns, mask, clip_eps, vf_coef):
    A = loss.normalize(advantages[mask])
    ratio = (logprobs - old_logprobs)[mask].exp()
    L = clip.clipped_objective(ratio, A, clip_eps).mean()
    return -loss.total_objective(L, loss.value_loss(values, returns)[mask].mean(), 0.0, vf_coef, 0.0)


@right(ITEM)
def masked_select(logprobs, old_logprobs, values, advantages, returns, mask, clip_eps, vf_coef):
    lp, old, v, adv, ret = (torch.masked_select(x, mask) for x in (logprobs, old_logprobs, values, advantages, returns))
    std, mean = torch.std_mean(adv, correction=0)
    adv = (adv - mean) / (std + 1e-8)
    ratio = torch.exp(lp - old)
    objective = torch.where(adv > 0, torch.clamp(ratio, max=1 + clip_eps), torch.clamp(ratio, min=1 - clip_eps)) * adv
    return vf_coef * functional.mse_loss(v, ret) / 2 - objective.mean()


@right(ITEM)
def word_by_word(logprobs, old_logprobs, values, advantages, returns, mask, clip_eps, vf_coef):
    places = [tuple(place) for place in mask.nonzero().tolist()]
    n = len(places)
    mean = sum(advantages[p] for p in places) / n
    std = (sum((advantages[p] - mean) ** 2 for p in places) / n) ** 0.5
    total = 0.0
    for p in places:
        A = (advantages[p] - mean) / (std + 1e-8)
        ratio = torch.exp(logprobs[p] - old_logprobs[p])
        held = min(max(ratio.item(), 1 - clip_eps), 1 + clip_eps)
        objective = ratio * A if ratio.item() * A <= held * A else held * A
        total = total - objective + vf_coef * (values[p] - returns[p]) ** 2 / 2
    return total / n


@right(ITEM)
def float32(logprobs, old_logprobs, values, advantages, returns, mask, clip_eps, vf_coef):
    given = (x.float() for x in (logprobs, old_logprobs, values, advantages, returns))
    return words_taken_out(*given, mask, clip_eps, vf_coef)


@right(ITEM)
def where_with_safe_numbers(logprobs, old_logprobs, values, advantages, returns, mask, clip_eps, vf_coef):
    logratio = torch.where(mask, logprobs - old_logprobs, 0.0)
    A = torch.where(mask, advantages, 0.0)
    mean = A.sum() / mask.sum()
    A = torch.where(mask, A - mean, 0.0)
    A = A / ((A**2).sum().div(mask.sum()).sqrt() + 1e-8)
    ratio = logratio.exp()
    L = torch.minimum(ratio * A, ratio.clip(1 - clip_eps, 1 + clip_eps) * A).sum() / mask.sum()
    return -L + vf_coef * torch.where(mask, (values - returns) ** 2, 0.0).sum() / mask.sum() / 2


@right(ITEM)
def sentence_by_sentence_but_words_count(logprobs, old_logprobs, values, advantages, returns, mask, clip_eps, vf_coef):
    words = int(mask.sum())
    every = torch.cat([a[m] for a, m in zip(advantages, mask)])
    loss = torch.zeros((), dtype=values.dtype)
    for lp, old, v, a, ret, m in zip(logprobs, old_logprobs, values, advantages, returns, mask):
        a = (a[m] - every.mean()) / (every.std(correction=0) + 1e-8)
        ratio = (lp[m] - old[m]).exp()
        loss = loss - torch.min(ratio * a, ratio.clamp(1 - clip_eps, 1 + clip_eps) * a).sum() / words
        loss = loss + vf_coef * ((v[m] - ret[m]) ** 2).sum() / 2 / words
    return loss


@right(ITEM)
def one_number_in_a_list(logprobs, old_logprobs, values, advantages, returns, mask, clip_eps, vf_coef):
    """Shape (1,): one number all the same."""
    return words_taken_out(logprobs, old_logprobs, values, advantages, returns, mask, clip_eps, vf_coef).reshape(1)


@right(ITEM)
def gate_of_a_word(logprobs, old_logprobs, values, advantages, returns, mask, clip_eps, vf_coef):
    """Another subgradient on the very edge, which is as right as the clamp's."""
    A = normal(advantages, mask)[mask]
    ratio, edge = (logprobs - old_logprobs)[mask].exp(), 1 + clip_eps * A.sign()
    L = torch.where(A >= 0, torch.minimum(ratio, edge), torch.maximum(ratio, edge)) * A
    return vf_coef * ((values - returns)[mask] ** 2).mean() / 2 - L.mean()


@right(ITEM)
def nan_mean(logprobs, old_logprobs, values, advantages, returns, mask, clip_eps, vf_coef):
    A = advantages.masked_fill(~mask, torch.nan)
    A = A - A.nanmean()
    A = (A / ((A**2).nanmean().sqrt() + 1e-8)).nan_to_num(0)
    ratio = (logprobs - old_logprobs).exp()
    L = torch.min(ratio * A, ratio.clamp(1 - clip_eps, 1 + clip_eps) * A) * mask
    error = ((values - returns) ** 2 / 2) * mask
    return (vf_coef * error - L).sum() / mask.sum()


# -- wrong -------------------------------------------------------------------------------------------------------


def words_mean(x, mask):
    return (x * mask).sum() / mask.sum()


def normal(A, mask):
    return (A - A[mask].mean()) / (A[mask].std(correction=0) + 1e-8)


def pessimistic(r, A, eps):
    return torch.min(r * A, r.clamp(1 - eps, 1 + eps) * A)


def update(norm=normal, ratio=None, L=pessimistic, critic=None, mean=words_mean, vmean=None, total=None):
    """An answer with one piece replaced."""

    def answer(lp, old, V, A, R, mask, eps, c1):
        r = (lp - old).exp() if ratio is None else ratio(lp, old)
        error = (V - R) ** 2 / 2 if critic is None else critic(V, R)
        objective, vf = mean(L(r, norm(A, mask), eps), mask), (vmean or mean)(error, mask)
        return -objective + c1 * vf if total is None else total(objective, vf, c1)

    return answer


def per_sentence(x, mask):
    return ((x * mask).sum(1) / mask.sum(1)).mean()


def every_place(x, mask):
    return x.mean()


def padded_with_zeros(x, mask):
    return (x * mask).mean()


def of_the_padding(x, mask):
    return x[~mask].sum() / (~mask).sum().clamp(min=1)


def by_sentence(A, mask):
    rows = []
    for a, m in zip(A, mask):
        rows.append((a - a[m].mean()) / (a[m].std(correction=0) + 1e-8))
    return torch.stack(rows)


@wrong(ITEM, "no gradient comes out")
def in_numpy(lp, old, V, A, R, mask, eps, c1):
    lp, old, V, A, R, mask = (np.asarray(x) for x in (lp, old, V, A, R, mask))
    A = (A[mask] - A[mask].mean()) / (A[mask].std() + 1e-8)
    r = np.exp(lp[mask] - old[mask])
    L = np.minimum(r * A, np.clip(r, 1 - eps, 1 + eps) * A).mean()
    return -L + c1 * ((V - R)[mask] ** 2).mean() / 2


@wrong(ITEM, "no gradient comes out")
def item(*inputs):
    return words_taken_out(*inputs).item()


@wrong(ITEM, "no gradient comes out")
def no_grad(*inputs):
    with torch.no_grad():
        return words_taken_out(*inputs)


@wrong(ITEM, "no gradient comes out")
def a_new_tensor(*inputs):
    return torch.tensor(float(words_taken_out(*inputs)))


@wrong(ITEM, "no gradient reaches `logprobs`")
def ratio_without_a_gradient(lp, *rest):
    return words_taken_out(lp.detach(), *rest)


@wrong(ITEM, "no gradient reaches `values`")
def values_without_a_gradient(lp, old, V, *rest):
    return words_taken_out(lp, old, V.detach(), *rest)


@wrong(ITEM, "asked is one number")
def per_word(lp, old, V, A, R, mask, eps, c1):
    r = (lp - old).exp()
    return (-pessimistic(r, normal(A, mask), eps) + c1 * (V - R) ** 2 / 2) * mask


@wrong(ITEM, "asked is one number")
def two_losses(lp, old, V, A, R, mask, eps, c1):
    L = words_mean(pessimistic((lp - old).exp(), normal(A, mask), eps), mask)
    return -L, c1 * words_mean((V - R) ** 2 / 2, mask)


@wrong(ITEM, "changed its input")
def in_place(lp, old, V, A, R, mask, eps, c1):
    A -= A[mask].mean()
    A /= A[mask].std(correction=0) + 1e-8
    return update(norm=lambda A, mask: A)(lp, old, V, A, R, mask, eps, c1)


@wrong(ITEM, "Only the last word")
def last_words(lp, old, V, A, R, mask, eps, c1):
    rows, columns = torch.arange(len(mask)), mask.sum(1) - 1
    r = (lp - old).exp()
    L = pessimistic(r, normal(A, mask), eps)[rows, columns].mean()
    return -L + c1 * ((V - R) ** 2 / 2)[rows, columns].mean()


@wrong(ITEM, "nan or infinite")
def nan_by_a_log(lp, old, V, A, R, mask, eps, c1):
    return words_taken_out(torch.log(lp), old, V, A, R, mask, eps, c1)


@wrong(ITEM, "RuntimeError")
def columns_that_do_not_fit(lp, old, V, A, R, mask, eps, c1):
    return (lp[:, 1:] - old).mean()


@wrong(ITEM, "no weight can change")
def something_else(*inputs):
    return words_taken_out(*inputs) + 0.1


@wrong(ITEM, "the critic's half")
def huber(lp, old, V, A, R, mask, eps, c1):
    return update(critic=lambda V, R: functional.smooth_l1_loss(V, R, reduction="none"))(
        lp, old, V, A, R, mask, eps, c1
    )


@wrong(ITEM, "one for the whole sentence")
def sentences_have_ratios(lp, old, V, A, R, mask, eps, c1):
    def ratio(lp, old):
        return torch.where(mask, lp - old, 0.0).sum(1, keepdim=True).exp().expand_as(lp)

    return update(ratio=ratio)(lp, old, V, A, R, mask, eps, c1)


@wrong(ITEM, "one for the whole sentence")
def sentences_have_mean_ratios(lp, old, V, A, R, mask, eps, c1):
    def ratio(lp, old):
        return (torch.where(mask, lp - old, 0.0).sum(1) / mask.sum(1)).exp()[:, None].expand_as(lp)

    return update(ratio=ratio)(lp, old, V, A, R, mask, eps, c1)


@wrong(ITEM, "towards the advantages")
def critic_of_advantages(lp, old, V, A, R, mask, eps, c1):
    return words_taken_out(lp, old, V, A, A, mask, eps, c1)


@wrong(ITEM, "towards normalised returns")
def critic_of_normalised_returns(lp, old, V, A, R, mask, eps, c1):
    return words_taken_out(lp, old, V, A, normal(R, mask), mask, eps, c1)


@wrong(ITEM, "towards normalised returns")
def critic_of_normalised_returns_unguarded(lp, old, V, A, R, mask, eps, c1):
    chosen = R[mask]
    return words_taken_out(lp, old, V, A, (R - chosen.mean()) / chosen.std(correction=0), mask, eps, c1)


@wrong(ITEM, "0/0")
def nothing_to_divide_by(lp, old, V, A, R, mask, eps, c1):
    """As torch's `where` hides it: the padding's gradients stay 0, the words' are nan."""
    normal = torch.where(mask, (A - A[mask].mean()) / A[mask].std(correction=0), 0.0)
    return update(norm=lambda *_: normal)(lp, old, V, A, R, mask, eps, c1)


@wrong(ITEM, "Follow one word")
def entropy_added(lp, old, V, A, R, mask, eps, c1):
    return words_taken_out(lp, old, V, A, R, mask, eps, c1) + 0.01 * (lp[mask].exp() * lp[mask]).mean()


@wrong(ITEM, "something behind the last words counts")
def padding_in_the_critic_of_full_columns(lp, old, V, A, R, mask, eps, c1):
    """Whole columns are kept as long as any sentence has a word there."""
    used = mask.any(0)
    vf = ((V - R) ** 2 / 2)[:, used].mean()
    L = pessimistic((lp - old).exp(), normal(A, mask), eps)[:, used & mask.all(0)].sum() / mask.sum()
    return -L + c1 * vf


@wrong(ITEM, "learning follows the gradient")
def gradient_of_another_ratio(lp, old, V, A, R, mask, eps, c1):
    """The right value, but the clip lets every gradient through."""
    r = (lp - old).exp()
    L = pessimistic(r, normal(A, mask), eps)
    L = L.detach() + (r - r.detach()) * normal(A, mask)
    return -words_mean(L, mask) + c1 * words_mean((V - R) ** 2 / 2, mask)


in_bulk(
    ITEM,
    {
        ("padding_in_the_mean", "normalised over the padding"): update(
            lambda A, mask: (A - A.mean()) / (A.std(correction=0) + 1e-8)
        ),
        ("padding_everywhere", "normalised over the padding"): update(
            lambda A, mask: (A - A.mean()) / (A.std(correction=0) + 1e-8), mean=every_place
        ),
        ("zeros_in_the_mean", "normalised over the padding"): update(
            lambda A, mask: (A * mask - (A * mask).mean()) / ((A * mask).std(correction=0) + 1e-8)
        ),
        ("torch_default_over_all", "normalised over the padding"): update(
            lambda A, mask: (A - A.mean()) / (A.std() + 1e-8)
        ),
        ("no_mask_in_the_means", "counted as if it were words"): update(mean=every_place),
        ("no_mask_in_the_critic", "counted as if it were words"): update(vmean=every_place),
        ("zeros_counted", "set the padding to 0 and then count it"): update(mean=padded_with_zeros),
        ("zeros_counted_in_the_critic", "set the padding to 0 and then count it"): update(vmean=padded_with_zeros),
        ("sentence_means", "within each sentence first"): update(mean=per_sentence),
        ("sentence_means_of_the_policy", "within each sentence first"): update(mean=per_sentence, vmean=words_mean),
        ("sum", "You add up"): update(mean=lambda x, mask: (x * mask).sum()),
        ("sum_over_sentences", "You add up"): update(mean=lambda x, mask: (x * mask).sum(1).mean()),
        ("mask_turned", "mask is turned around"): update(
            mean=lambda x, mask: x[~mask].sum() / (~mask).sum().clamp(min=1)
        ),
        ("raw", "not normalised"): update(lambda A, mask: A),
        ("mean_only", "only the mean is taken off"): update(lambda A, mask: A - A[mask].mean()),
        ("std_only", "only the deviation divides"): update(lambda A, mask: A / (A[mask].std(correction=0) + 1e-8)),
        ("torch_default", "torch's default"): update(lambda A, mask: (A - A[mask].mean()) / (A[mask].std() + 1e-8)),
        ("no_guard", "0/0"): update(lambda A, mask: (A - A[mask].mean()) / A[mask].std(correction=0)),
        ("variance", "divide by the variance"): update(
            lambda A, mask: (A - A[mask].mean()) / (A[mask].var(correction=0) + 1e-8)
        ),
        ("normalised_by_sentence", "sentence by sentence"): update(by_sentence),
        ("objective", "to be *maximised*"): update(total=lambda L, vf, c1: L - c1 * vf),
        ("critic_sign", "value loss is subtracted"): update(total=lambda L, vf, c1: -(L + c1 * vf)),
        ("policy_sign", "L^CLIP is added"): update(total=lambda L, vf, c1: L + c1 * vf),
        ("no_c1", "c₁ is missing"): update(total=lambda L, vf, c1: -L + vf),
        ("c1_on_the_policy", "weighs the wrong term"): update(total=lambda L, vf, c1: -c1 * L + vf),
        ("no_critic", "value loss is missing"): update(total=lambda L, vf, c1: -L),
        ("no_policy", "critic learns and nobody else"): update(total=lambda L, vf, c1: c1 * vf),
        ("new_minus_new", "critic learns and nobody else"): update(ratio=lambda lp, old: (lp - lp).exp()),
        ("upside_down", "upside down"): update(ratio=lambda lp, old: (old - lp).exp()),
        ("log_ratio", "That is the log-ratio"): update(ratio=lambda lp, old: lp - old),
        ("quotient_of_logs", "You divide the logarithms"): update(ratio=lambda lp, old: lp / old),
        ("old_recomputed", "made anew from π_θ"): update(ratio=lambda lp, old: (lp - lp.detach()).exp()),
        ("reinforce", "no ratio in your loss"): update(ratio=lambda lp, old: lp, L=lambda lp, A, eps: lp * A),
        ("unclipped", "Nothing is clipped"): update(L=lambda r, A, eps: r * A),
        ("clip_only", "clip without the min"): update(L=lambda r, A, eps: r.clamp(1 - eps, 1 + eps) * A),
        ("maximum", "larger of the two"): update(L=lambda r, A, eps: torch.max(r * A, r.clamp(1 - eps, 1 + eps) * A)),
        ("min_of_ratios", "min is taken of the ratios"): update(
            L=lambda r, A, eps: torch.min(r, r.clamp(1 - eps, 1 + eps)) * A
        ),
        ("log_clipped", "clip something else"): update(
            ratio=lambda lp, old: lp - old, L=lambda x, A, eps: torch.min(x.exp() * A, x.clamp(-eps, eps).exp() * A)
        ),
        ("band_around_0", "clip something else"): update(L=lambda r, A, eps: torch.min(r * A, r.clamp(-eps, eps) * A)),
        ("product_clipped", "clip something else"): update(L=lambda r, A, eps: (r * A).clamp(1 - eps, 1 + eps)),
        ("no_half", "½ of the value loss"): update(critic=lambda V, R: (V - R) ** 2),
        ("a_quarter", "½ of the value loss"): update(critic=lambda V, R: (V - R) ** 2 / 4),
        ("upper_edge_only", "has one edge only"): update(
            L=lambda r, A, eps: torch.min(r * A, r.clamp(max=1 + eps) * A)
        ),
        ("lower_edge_only", "has one edge only"): update(
            L=lambda r, A, eps: torch.min(r * A, r.clamp(min=1 - eps) * A)
        ),
        ("c1_twice", "counts twice"): update(total=lambda L, vf, c1: -L + c1 * c1 * vf),
        ("not_squared", "not ½ (V − V̂)²"): update(critic=lambda V, R: (V - R) / 2),
        ("absolute_error", "not ½ (V − V̂)²"): update(critic=lambda V, R: (V - R).abs()),
        ("zero", "nobody else"): lambda lp, old, V, A, R, mask, eps, c1: c1 * words_mean((V - R) ** 2 / 2, mask),
    },
)
