"""Exercise 09: what is believed about the loss of one RLHF update, as losses in torch with one piece replaced."""

from ppo_edu.grading.formula import belief
from ppo_edu.loss import total_objective


def over_words(x, mask):
    """The mean over all words, whatever sentence they stand in."""
    return (x * mask).sum() / mask.sum()


def whitened(A, among, guard=1e-8, correction=0):
    """A less the mean, over the deviation, of the entries where `among` is true."""
    chosen = A[among]
    return (A - chosen.mean()) / (chosen.std(correction=correction) + guard)


def pessimistic(ratio, A, eps):
    return (ratio * A).minimum(ratio.clamp(1 - eps, 1 + eps) * A)


def built(
    advantages=lambda A, mask: whitened(A, mask),
    ratio=lambda new, old: (new - old).exp(),
    spread=lambda ratio, mask: ratio,  # over the words of a sentence
    objective=pessimistic,
    critic=lambda V, R: (V - R) ** 2 / 2,
    target=lambda R, A, mask: R,
    mean=over_words,
    critic_mean=None,
    total=lambda L, vf, c1: -total_objective(L, vf, 0.0, c1, 0.0),
):
    """The loss with some pieces replaced."""

    def loss(new, old, V, A, R, mask, eps, c1):
        surrogate = objective(spread(ratio(new, old), mask), advantages(A, mask), eps)
        return total(mean(surrogate, mask), (critic_mean or mean)(critic(V, target(R, A, mask)), mask), c1)

    return loss


reference = built()


def over_everything(x, mask):
    return x.mean()


def zeroed_but_counted(x, mask):
    return (x * mask).mean()


def sentence_by_sentence(x, mask):
    return ((x * mask).sum(1) / mask.sum(1)).mean()


def summed(x, mask):
    return (x * mask).sum()


def per_sentence_sum(x, mask):
    return (x * mask).sum() / len(x)


def on_the_padding(x, mask):
    return (x * ~mask).sum() / (~mask).sum().clamp(min=1)


def of_the_last_words(x, mask):
    import torch

    return x[torch.arange(len(x)), mask.sum(1) - 1].mean()


def everywhere(A, mask):
    return whitened(A, mask | True)


def each_sentence(A, mask):
    mean = (A * mask).sum(1, keepdim=True) / mask.sum(1, keepdim=True)
    spread = (((A - mean) ** 2 * mask).sum(1, keepdim=True) / mask.sum(1, keepdim=True)).sqrt()
    return (A - mean) / (spread + 1e-8)


def zeros_counted(A, mask):
    """Padding set to 0 and then counted among the advantages."""
    return whitened(A * mask, mask | True)


def clip_alone(ratio, A, eps):
    return ratio.clamp(1 - eps, 1 + eps) * A


def of_the_sentence(ratio, mask):
    """The product over a sentence, for each of its words."""
    return (ratio.log() * mask).sum(1, keepdim=True).exp().expand(ratio.shape)


def geometric_mean(ratio, mask):
    return (of_the_sentence(ratio, mask).log() / mask.sum(1, keepdim=True)).exp()


ZERO_OVER_ZERO = "0/0: all advantages may be equal, and then their deviation is 0. Add 1e-8 to it."

BELIEFS = (
    belief(
        "Your advantages are normalised over the padding too: its numbers are in the mean or the deviation. Only "
        "*words* have advantages.",
        *(built(advantages=f, mean=m) for f in (everywhere, zeros_counted) for m in (over_words, over_everything)),
        built(advantages=everywhere, mean=zeroed_but_counted),
        built(advantages=lambda A, mask: whitened(A, mask | True, correction=1)),
    ),
    belief(
        "Your means run over all B · T places: padding is counted as if it were words.",
        built(mean=over_everything),
        built(mean=over_words, critic_mean=over_everything),
        built(mean=over_everything, critic_mean=over_words),
    ),
    belief(
        "You set the padding to 0 and then count it: the sum is right, and it is divided by B · T. A batch with more "
        "padding would learn more slowly.",
        built(mean=zeroed_but_counted),
        built(critic_mean=zeroed_but_counted),
        built(mean=zeroed_but_counted, critic_mean=over_words),
    ),
    belief(
        "You average within each sentence first, so a word of a short sentence counts more. Here every *word* counts "
        "the same.",
        built(mean=sentence_by_sentence),
        built(critic_mean=sentence_by_sentence),
        built(mean=sentence_by_sentence, critic_mean=over_words),
    ),
    belief(
        "You add up: the loss grows with the number of words or sentences. A mean over words does not.",
        built(mean=summed),
        built(critic_mean=summed),
        built(mean=summed, critic_mean=over_words),
        built(mean=per_sentence_sum),
    ),
    belief(
        "Your mask is turned around: the padding is learned from, and the words are not.",
        built(mean=on_the_padding),
        built(advantages=lambda A, mask: whitened(A, ~mask), mean=on_the_padding),
    ),
    belief(
        "Only the last word of each sentence is in your loss. All of them have an advantage: GAE has carried it back.",
        built(mean=of_the_last_words),
    ),
    belief(
        "The advantages are not normalised.",
        built(advantages=lambda A, mask: A),
    ),
    belief(
        "Of the advantages only the mean is taken off, or only the deviation divides. It needs both.",
        built(advantages=lambda A, mask: A - A[mask].mean()),
        built(advantages=lambda A, mask: A / (A[mask].std(correction=0) + 1e-8)),
        built(advantages=lambda A, mask: A / (A[mask].std() + 1e-8)),
    ),
    belief(
        "You divide by n − 1, torch's default. The population's deviation (`correction=0`) divides by n, and a batch "
        "of one word has no other.",
        built(advantages=lambda A, mask: whitened(A, mask, correction=1)),
    ),
    belief(
        ZERO_OVER_ZERO,
        built(advantages=lambda A, mask: whitened(A, mask, guard=0.0)),
    ),
    belief(
        "You divide by the variance. The deviation is its root.",
        built(advantages=lambda A, mask: (A - A[mask].mean()) / (A[mask].var(correction=0) + 1e-8)),
        built(advantages=lambda A, mask: (A - A[mask].mean()) / (A[mask].var() + 1e-8)),
    ),
    belief(
        "You normalise sentence by sentence. Then every sentence has good and bad words in balance, and a good "
        "sentence is no better than a bad one.",
        built(advantages=each_sentence),
    ),
    belief(
        "You return what is to be *maximised*, with every sign turned. An optimizer makes its number smaller.",
        built(total=lambda L, vf, c1: L - c1 * vf),
    ),
    belief(
        "The value loss is subtracted: the critic would run away from its targets.",
        built(total=lambda L, vf, c1: -L - c1 * vf),
    ),
    belief(
        "L^CLIP is added: the optimizer would make it smaller, and good words rarer.",
        built(total=lambda L, vf, c1: L + c1 * vf),
    ),
    belief(
        "c₁ is missing, counts twice, or weighs the wrong term.",
        built(total=lambda L, vf, c1: -L + vf),
        built(total=lambda L, vf, c1: -c1 * L + vf),
        built(total=lambda L, vf, c1: c1 * (-L + vf)),
        built(total=lambda L, vf, c1: -(1 - c1) * L + c1 * vf),
        built(total=lambda L, vf, c1: -L + c1**2 * vf),
    ),
    belief("The value loss is missing.", built(total=lambda L, vf, c1: -L)),
    belief(
        "The critic learns and nobody else: L^CLIP is missing, or its ratio is made of one policy only.",
        built(total=lambda L, vf, c1: c1 * vf),
        built(ratio=lambda new, old: (new - new).exp()),
    ),
    belief(
        "Your ratio stands upside down: π_θ is on top.",
        built(ratio=lambda new, old: (old - new).exp()),
    ),
    belief(
        "That is the log-ratio. Its exp is the ratio.",
        built(ratio=lambda new, old: new - old),
    ),
    belief(
        "You divide the logarithms. log π_θ / log π_old is not the ratio, nor its logarithm.",
        built(ratio=lambda new, old: new / old),
        built(ratio=lambda new, old: (new / old).exp()),
        built(ratio=lambda new, old: old / new),
    ),
    belief(
        "Your ratio is one for the whole sentence. Here each *word* has a ratio, and is clipped, by itself.",
        built(spread=of_the_sentence),
        built(spread=geometric_mean),
        built(spread=lambda ratio, mask: ((ratio * mask).sum(1) / mask.sum(1))[:, None].expand(ratio.shape)),
    ),
    belief(
        "Your ratio is 1 whatever the policy does: π_old was made anew from π_θ. It is `old_logprobs`, written down "
        "when the batch was.",
        built(ratio=lambda new, old: (new - new.detach()).exp()),
    ),
    belief(
        "There is no ratio in your loss: that is the policy gradient of REINFORCE, right for the first step only.",
        built(ratio=lambda new, old: new, objective=lambda logp, A, eps: logp * A),
    ),
    belief(
        "Nothing is clipped.",
        built(objective=lambda r, A, eps: r * A),
    ),
    belief(
        "That is the clip without the min: a bad word that became likelier is left in peace.",
        built(objective=clip_alone),
    ),
    belief(
        "You take the larger of the two. The min makes it pessimistic. (Whoever writes losses takes the max of two "
        "*losses*, −ratio · Â.)",
        built(objective=lambda r, A, eps: (r * A).maximum(clip_alone(r, A, eps))),
    ),
    belief(
        "The min is taken of the ratios, before Â comes in. With Â < 0 that picks the other one.",
        built(objective=lambda r, A, eps: r.minimum(r.clamp(1 - eps, 1 + eps)) * A),
        built(objective=lambda r, A, eps: r.clamp(max=1 + eps) * A),
    ),
    belief(
        "Your band has one edge only, or is not 1 ± ε: below 1 − ε a bad word has become rare enough, above 1 + ε a "
        "good one likely enough.",
        built(objective=lambda r, A, eps: (r * A).minimum(r.clamp(max=1 + eps) * A)),
        built(objective=lambda r, A, eps: (r * A).minimum(r.clamp(min=1 - eps) * A)),
        built(objective=lambda r, A, eps: (r * A).minimum(r.clamp(1 / (1 + eps), 1 + eps) * A)),
    ),
    belief(
        "You clip something else than the ratio: its logarithm, or the product, to ±ε.",
        built(
            ratio=lambda new, old: new - old,
            objective=lambda x, A, eps: (x.exp() * A).minimum(x.clamp(-eps, eps).exp() * A),
        ),
        built(objective=lambda r, A, eps: (r * A).minimum(r.clamp(-eps, eps) * A)),
        built(objective=lambda r, A, eps: (r * A).clamp(1 - eps, 1 + eps)),
        built(objective=lambda r, A, eps: (r * A).minimum((r * A).clamp(1 - eps, 1 + eps))),
    ),
    belief(
        "The ½ of the value loss is missing, or stands there twice.",
        built(critic=lambda V, R: (V - R) ** 2),
        built(critic=lambda V, R: (V - R) ** 2 / 4),
    ),
    belief(
        "Your value loss is not ½ (V − V̂)²: |V − V̂|, the difference itself, or V alone.",
        built(critic=lambda V, R: (V - R).abs()),
        built(critic=lambda V, R: (V - R).abs() / 2),
        *(built(critic=lambda V, R, k=k: (V - R) * k) for k in (-1, -0.5, 0.5, 1)),
        built(critic=lambda V, R: V**2 / 2),
    ),
    belief(
        "Your critic is trained towards the advantages, or towards normalised returns. An advantage is what was *more* "
        "than V; the target is V̂ as it is.",
        built(target=lambda R, A, mask: A),
        built(target=lambda R, A, mask: whitened(A, mask)),
        built(target=lambda R, A, mask: whitened(R, mask)),
        built(target=lambda R, A, mask: whitened(R, mask, guard=0.0)),
        built(target=lambda R, A, mask: whitened(R, mask, guard=0.0).where(mask, 0.0)),  # the words are taken out first
    ),
    belief(
        "The value is right, but no gradient reaches `logprobs`: the ratio was detached. The critic learns and the "
        "language model does not.",
        built(ratio=lambda new, old: (new - old).exp().detach()),
    ),
    belief(
        "The value is right, but no gradient reaches `values`: the language model learns and the critic does not.",
        built(critic=lambda V, R: (V.detach() - R) ** 2 / 2),
    ),
    belief(
        "The value is right, but no gradient comes out (`.item()`, `float()`, `no_grad`, numpy, a new `torch.tensor`): "
        "the optimizer has nothing to follow.",
        built(ratio=lambda new, old: (new - old).exp().detach(), critic=lambda V, R: (V.detach() - R) ** 2 / 2),
    ),
)
