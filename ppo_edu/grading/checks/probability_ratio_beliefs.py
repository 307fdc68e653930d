"""What is often believed about the ratio and L^CPI, as formulas on tensors: log-probs a, old ones b (exercise 02)."""

from ppo_edu.grading.formula import belief

UNDERFLOW = (
    "You go through the probabilities themselves. e⁻¹⁰⁰⁰ is 0 for a computer, and 0/0 is no number, though the ratio "
    "is an ordinary one. Stay in the logarithm until the very end."
)


def ratio(a, b):
    return (a - b).exp()


LITTLE = (1e-8, 1e-10, 1e-12)  # what is added against a division by 0
THROUGH_PROBABILITIES = (
    lambda a, b: a.exp() / b.exp(),
    lambda a, b: a.exp() * (-b).exp(),
    lambda a, b: (a.exp() / b.exp()).nan_to_num(),
    *(lambda a, b, e=e: a.exp() / (b.exp() + e) for e in LITTLE),
)  # those that come to 1 at e⁻¹⁰⁰⁰, like logs that are cut off, hear from `CUT_OFF`

RATIO = (
    belief(
        UNDERFLOW,
        *THROUGH_PROBABILITIES,
    ),
    belief(
        "Upside down: that is old over new. The ratio is above 1 for an action that has become likelier.",
        lambda a, b: ratio(b, a),
        lambda a, b: b.exp() / a.exp(),
    ),
    belief(
        "That is the log-ratio: 0 where nothing changed. The ratio is 1 there.",
        lambda a, b: a - b,
        lambda a, b: b - a,
    ),
    belief(
        "You divide the logarithms. log π / log π_old is not π/π_old, nor its logarithm. What becomes of a quotient "
        "when you take its logarithm?",
        lambda a, b: a / b,
        lambda a, b: b / a,
        lambda a, b: (a / b).log(),
        lambda a, b: (a / b).exp(),
    ),
    belief(
        "Another base: these are natural logarithms, so the way back is e to the power, not 10 or 2.",
        lambda a, b: 10 ** (a - b),
        lambda a, b: 2 ** (a - b),
    ),
    belief(
        "Adding logs multiplies the probabilities. The ratio divides them.",
        lambda a, b: (a + b).exp(),
    ),
    belief(
        "That is a difference of probabilities. The ratio asks how many *times* as likely, not how much more.",
        lambda a, b: a.exp() - b.exp(),
        lambda a, b: a.exp() - b.exp() + 1,
    ),
    belief(
        "That is the relative change, ratio − 1: it is 0 where nothing changed. The ratio is 1 there.",
        lambda a, b: ratio(a, b) - 1,
    ),
    belief(
        "That is the new policy's share of both, π/(π + π_old): ½ where nothing changed. The ratio is 1 there.",
        lambda a, b: (a - b).sigmoid(),
        lambda a, b: a.exp() / (a.exp() + b.exp()),
    ),
    belief(
        "1 + the log-ratio is the ratio for small changes only; it even turns negative.",
        lambda a, b: 1 + a - b,
    ),
    belief(
        "The answer is one of the two policies alone. A ratio compares the new one with the old one.",
        lambda a, b: a,
        lambda a, b: b,
        lambda a, b: a.exp(),
        lambda a, b: b.exp(),
    ),
    belief(
        "Your ratio is 1 for every sample: the new policy is compared with itself. The old log-probabilities are an "
        "input of their own.",
        lambda a, b: ratio(a, a.detach()),
        lambda a, b: ratio(b, b),
    ),
    belief(
        "You take the size of the change only: an action that became rarer and one that became likelier look alike.",
        lambda a, b: (a - b).abs().exp(),
        lambda a, b: (-(a - b).abs()).exp(),
    ),
    belief(
        "You clip. The ratio is what it is, however far from 1; clipping belongs to the next lesson.",
        lambda a, b: ratio(a, b).clamp(0.8, 1.2),
        lambda a, b: ratio(a, b).clamp(max=10),
        lambda a, b: ratio(a, b).clamp(max=1),
        lambda a, b: (a - b).clamp(-20, 20).exp(),
        lambda a, b: (a - b).clamp(-10, 10).exp(),
        lambda a, b: (a - b).clamp(max=20).exp(),
    ),
    belief(
        "You multiply the whole batch together: that is the ratio of all the samples jointly. Here each has its own.",
        lambda a, b: (a - b).sum().exp(),
        lambda a, b: ratio(a, b).prod(),
    ),
    belief(
        "You average over the batch. Each sample keeps its own ratio.",
        lambda a, b: ratio(a, b).mean(),
        lambda a, b: (a - b).mean().exp(),
    ),
    belief(
        "Your ratios are scaled so that the batch adds up to 1 or averages 1. Each sample's ratio depends on that "
        "sample alone.",
        lambda a, b: (a - b).softmax(-1),
        lambda a, b: ratio(a, b) / ratio(a, b).mean(),
        lambda a, b: ratio(a, b) / ratio(a, b).sum(),
    ),
    belief(
        "The inputs are taken for probabilities. They are their logarithms already.",
        lambda a, b: a.log() - b.log(),
        lambda a, b: (a.log() - b.log()).exp(),
    ),
    belief(
        "The values are right, but no gradient reaches the new log-probabilities: they were detached (`.detach()`, "
        "`.item()`, `no_grad`, `torch.tensor(…)`). It is the old ones that are fixed.",
        lambda a, b: ratio(a.detach(), b),
    ),
    belief(
        "The values are right, but the slope is 1 everywhere. It should grow with the ratio; the two agree only where "
        "the ratio is 1.",
        lambda a, b: ratio(a, b).detach() + a - a.detach(),
    ),
)


def normalised(A, correction):
    return (A - A.mean()) / (A.std(correction=correction) + 1e-8)


OBJECTIVE = (
    belief(
        UNDERFLOW,
        *(lambda a, b, A, quotient=quotient: quotient(a, b) * A for quotient in THROUGH_PROBABILITIES),
    ),
    belief(
        "That is log π · Â, the surrogate of the plain policy gradient. Its slope is Â at any ratio: right where the "
        "ratio is 1, wrong as soon as the policy has moved.",
        lambda a, b, A: a * A,
    ),
    belief(
        "That is −log π · Â, the loss of the plain policy gradient. The ratio is missing, and an objective is "
        "maximised.",
        lambda a, b, A: -a * A,
    ),
    belief(
        "That is the log-ratio times Â. It is 0 where nothing has changed, and its slope is Â at any ratio: the ratio "
        "itself is missing.",
        lambda a, b, A: (a - b) * A,
    ),
    belief(
        "The sign is turned: this is a loss, to be minimised. The function is called objective: it is maximised.",
        lambda a, b, A: -ratio(a, b) * A,
    ),
    belief(
        "You average over the batch. Here each sample keeps its own value; the caller takes the mean.",
        lambda a, b, A: (ratio(a, b) * A).mean(),
    ),
    belief(
        "That is a training loss: averaged over the batch, and with its sign turned. Asked is what goes into it: one "
        "value per sample, to be maximised.",
        lambda a, b, A: -(ratio(a, b) * A).mean(),
    ),
    belief(
        "You add the batch up. Here each sample keeps its own value; the caller takes the mean.",
        lambda a, b, A: (ratio(a, b) * A).sum(),
    ),
    belief(
        "You use ratio − 1. Its slope is the same, but not its value: at ratio 1 the objective is Â, not 0.",
        lambda a, b, A: (ratio(a, b) - 1) * A,
    ),
    belief(
        "You multiply the ratio by log π or by the log-ratio as well. With the ratio detached the slope would be "
        "right; the value is not: L^CPI is ratio · Â.",
        lambda a, b, A: ratio(a, b).detach() * a * A,
        lambda a, b, A: ratio(a, b).detach() * (a - b) * A,
    ),
    belief(
        "You normalise the advantages first. That may be done, but by the caller: here they are what they are.",
        lambda a, b, A: ratio(a, b) * normalised(A, 0),
        lambda a, b, A: ratio(a, b) * normalised(A, 1),
        lambda a, b, A: ratio(a, b) * (A - A.mean()),
    ),
    belief(
        "The advantage has lost its sign (|Â|), and with it the difference between a good and a bad action.",
        lambda a, b, A: ratio(a, b) * A.abs(),
    ),
    belief(
        "Bad actions are left out: your objective is 0 wherever Â < 0. They count as much as good ones.",
        lambda a, b, A: ratio(a, b) * A.clamp(min=0),
    ),
    belief(
        "Upside down: your ratio is old over new. An action that has become likelier counts more, not less.",
        lambda a, b, A: ratio(b, a) * A,
    ),
    belief(
        "The old policy is missing: you weigh by the new probability. The batch was drawn with the old one, so likely "
        "actions are in it more often already.",
        lambda a, b, A: a.exp() * A,
    ),
    belief(
        "That is L^CLIP, the next lesson's objective. L^CPI has no clip and no min.",
        lambda a, b, A: (ratio(a, b) * A).minimum(ratio(a, b).clamp(0.8, 1.2) * A),
        lambda a, b, A: (ratio(a, b) * A).minimum(ratio(a, b).clamp(0.9, 1.1) * A),
    ),
    belief(
        "You cut the ratio off. L^CPI follows it however far it goes.",
        lambda a, b, A: ratio(a, b).clamp(0.8, 1.2) * A,
        lambda a, b, A: ratio(a, b).clamp(max=1) * A,
        lambda a, b, A: ratio(a, b).clamp(max=10) * A,
        lambda a, b, A: (a - b).clamp(-20, 20).exp() * A,
        lambda a, b, A: (a - b).clamp(max=20).exp() * A,
    ),
    belief(
        "You divide the logarithms: that is not the ratio. Your function from above gives it.",
        lambda a, b, A: a / b * A,
        lambda a, b, A: (a / b).exp() * A,
    ),
    belief(
        "That is the ratio alone. The advantage is missing, and with it whether the action was good or bad.",
        lambda a, b, A: ratio(a, b),
    ),
    belief(
        "Your value is Â for every sample, as if the ratio were always 1: it is missing, or the new policy is compared "
        "with itself. The old log-probabilities are an input of their own.",
        lambda a, b, A: A,
        lambda a, b, A: ratio(a, a.detach()) * A,
    ),
    belief(
        "All samples of your batch share one ratio, their mean. Each has a ratio of its own.",
        lambda a, b, A: ratio(a, b).mean() * A,
        lambda a, b, A: (a - b).mean().exp() * A,
    ),
    belief(
        "Your ratios are scaled so that the batch adds up to 1 or averages 1. Each sample's ratio depends on that "
        "sample alone.",
        lambda a, b, A: (a - b).softmax(-1) * A,
        lambda a, b, A: ratio(a, b) / ratio(a, b).mean() * A,
    ),
    belief(
        "You use a difference of probabilities. The ratio asks how many *times* as likely, not how much more.",
        lambda a, b, A: (a.exp() - b.exp()) * A,
    ),
    belief(
        "The ratio and the advantage are added. The ratio is a weight: it multiplies.",
        lambda a, b, A: ratio(a, b) + A,
    ),
    belief(
        "The values are right, but no gradient reaches log π: the ratio was detached (`.detach()`, `.item()`, "
        "`no_grad`, `torch.tensor(…)`). With this objective a policy learns nothing.",
        lambda a, b, A: ratio(a, b).detach() * A,
    ),
    belief(
        "The values are right, but the slope is Â whatever the ratio is, as in the plain policy gradient. It should "
        "grow with the ratio.",
        lambda a, b, A: (ratio(a, b).detach() + a - a.detach()) * A,
    ),
)
