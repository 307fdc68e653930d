"""Exercise 06: what is believed about the number an optimizer is given, as formulas that give the same one."""

import numpy as np

from ppo_edu.clip import clipped_objective
from ppo_edu.grading.formula import belief


def of(formula):
    """A belief in terms of L^CLIP, L^VF and S per sample, and both coefficients."""

    def answer(ratio, A, V, R, S, eps, c1, c2):
        return formula(clipped_objective(ratio, A, eps), (V - R) ** 2 / 2, S, c1, c2)

    return answer


def with_surrogate(surrogate):
    """The loss with another policy term."""

    def answer(ratio, A, V, R, S, eps, c1, c2):
        return -(surrogate(ratio, A, eps) - c1 * (V - R) ** 2 / 2 + c2 * S).mean()

    return answer


def with_critic(critic):
    """The loss with another value term."""

    def answer(ratio, A, V, R, S, eps, c1, c2):
        return -(clipped_objective(ratio, A, eps) - c1 * critic(V, R, A, eps) + c2 * S).mean()

    return answer


def clip(ratio, eps):
    return np.clip(ratio, 1 - eps, 1 + eps)


def normalised(A, ddof=0):
    return (A - A.mean()) / (A.std(ddof=ddof) + 1e-8)


loss = of(lambda L, F, S, c1, c2: -(L - c1 * F + c2 * S).mean())

BELIEFS = (
    belief(
        "That is the objective. An optimizer makes its number smaller: it would look for the worst policy, and drive "
        "the critic away from its targets.",
        of(lambda L, F, S, c1, c2: (L - c1 * F + c2 * S).mean()),
    ),
    belief(
        "Only the first term was turned round. The optimizer drives the value loss up and the entropy down.",
        of(lambda L, F, S, c1, c2: (-L - c1 * F + c2 * S).mean()),
    ),
    belief(
        "The entropy has the wrong sign for a loss: the optimizer makes it smaller, and the policy makes up its mind "
        "sooner.",
        of(lambda L, F, S, c1, c2: (-L + c1 * F + c2 * S).mean()),
    ),
    belief(
        "The value loss has the wrong sign for a loss: the optimizer makes it larger.",
        of(lambda L, F, S, c1, c2: (-L - c1 * F - c2 * S).mean()),
    ),
    belief(
        "L^CLIP has the wrong sign for a loss: the optimizer would make good actions rarer.",
        of(lambda L, F, S, c1, c2: (L + c1 * F - c2 * S).mean()),
        of(lambda L, F, S, c1, c2: (L + c1 * F + c2 * S).mean()),
        of(lambda L, F, S, c1, c2: (L - c1 * F - c2 * S).mean()),
    ),
    belief(
        "You add the batch up. Then the step grows with the batch: take the mean.",
        of(lambda L, F, S, c1, c2: -(L - c1 * F + c2 * S).sum()),
        of(lambda L, F, S, c1, c2: (L - c1 * F + c2 * S).sum()),
    ),
    belief(
        "One of the terms is added up over the batch and the others averaged.",
        of(lambda L, F, S, c1, c2: -L.sum() + c1 * F.mean() - c2 * S.mean()),
        of(lambda L, F, S, c1, c2: -L.mean() + c1 * F.sum() - c2 * S.mean()),
        of(lambda L, F, S, c1, c2: -L.mean() + c1 * F.mean() - c2 * S.sum()),
    ),
    belief(
        "That is one number per sample. An optimizer needs one for the batch: the mean.",
        of(lambda L, F, S, c1, c2: -(L - c1 * F + c2 * S)),
        of(lambda L, F, S, c1, c2: L - c1 * F + c2 * S),
    ),
    belief(
        "The coefficients have changed places.",
        of(lambda L, F, S, c1, c2: -(L - c2 * F + c1 * S).mean()),
    ),
    belief(
        "A coefficient is missing.",
        of(lambda L, F, S, c1, c2: -(L - F + c2 * S).mean()),
        of(lambda L, F, S, c1, c2: -(L - c1 * F + S).mean()),
        of(lambda L, F, S, c1, c2: -(L - F + S).mean()),
    ),
    belief(
        "The ½ of the value loss is missing.",
        of(lambda L, F, S, c1, c2: -(L - c1 * 2 * F + c2 * S).mean()),
    ),
    belief(
        "A coefficient counts twice, or the ½ of the value loss does.",
        of(lambda L, F, S, c1, c2: -(L - c1 * F / 2 + c2 * S).mean()),
        of(lambda L, F, S, c1, c2: -(L - c1**2 * F + c2 * S).mean()),
        of(lambda L, F, S, c1, c2: -(L - c1 * F + c2**2 * S).mean()),
        of(lambda L, F, S, c1, c2: -(L - c1**2 * F + c2**2 * S).mean()),
    ),
    belief(
        "One of the three terms is missing.",
        of(lambda L, F, S, c1, c2: -(L - c1 * F).mean()),
        of(lambda L, F, S, c1, c2: -(L + c2 * S).mean()),
        of(lambda L, F, S, c1, c2: -(-c1 * F + c2 * S).mean()),
        of(lambda L, F, S, c1, c2: -L.mean()),
    ),
    belief(
        "Nothing is clipped: that is L^CPI.",
        with_surrogate(lambda ratio, A, eps: ratio * A),
    ),
    belief(
        "That is the clip without the min: a sample on the wrong side of the band is never pulled back.",
        with_surrogate(lambda ratio, A, eps: clip(ratio, eps) * A),
    ),
    belief(
        "You take the larger of the two policy terms. (For two *losses*, −ratio · Â and its clipped twin, it is the "
        "larger; the minus goes in before the choice.)",
        with_surrogate(lambda ratio, A, eps: np.maximum(ratio * A, clip(ratio, eps) * A)),
    ),
    belief(
        "The min compares the ratios before the advantage is multiplied in.",
        with_surrogate(lambda ratio, A, eps: np.minimum(ratio, clip(ratio, eps)) * A),
    ),
    belief(
        "You compare two means. min chooses sample by sample, and the mean comes after it.",
        with_surrogate(lambda ratio, A, eps: np.minimum((ratio * A).mean(), (clip(ratio, eps) * A).mean())),
    ),
    belief(
        "You use no ratio, or its logarithm: the policy term is the clipped objective.",
        with_surrogate(lambda ratio, A, eps: np.log(ratio) * A),
        with_surrogate(lambda ratio, A, eps: A),
    ),
    belief(
        "You normalise the advantages. That is the caller's business: here they are what they are.",
        with_surrogate(lambda ratio, A, eps: clipped_objective(ratio, normalised(A), eps)),
        with_surrogate(lambda ratio, A, eps: clipped_objective(ratio, normalised(A, 1 if len(A) > 1 else 0), eps)),
        with_surrogate(lambda ratio, A, eps: clipped_objective(ratio, A - A.mean(), eps)),
    ),
    belief(
        "You clip the value loss as well. Here it is the plain one.",
        with_critic(lambda V, R, A, eps: np.clip((V - R) ** 2 / 2, None, eps)),
        with_critic(lambda V, R, A, eps: np.clip(V - R, -eps, eps) ** 2 / 2),
    ),
    belief(
        "Your critic learns something else than V̂: not the advantages, and not V̂ with V added once more.",
        with_critic(lambda V, R, A, eps: (V - A) ** 2 / 2),
        with_critic(lambda V, R, A, eps: R**2 / 2),
        with_critic(lambda V, R, A, eps: A**2 / 2),
        with_critic(lambda V, R, A, eps: (V - (R + A)) ** 2 / 2),
    ),
    belief(
        "The mean comes before the square: errors of both signs cancel. Square sample by sample.",
        with_critic(lambda V, R, A, eps: (V - R).mean() ** 2 / 2),
        with_critic(lambda V, R, A, eps: (V.mean() - R.mean()) ** 2 / 2),
    ),
    belief(
        "The error of the critic is not squared.",
        with_critic(lambda V, R, A, eps: abs(V - R)),
        with_critic(lambda V, R, A, eps: abs(V - R) / 2),
        with_critic(lambda V, R, A, eps: V - R),
    ),
    belief(
        "A number you are given does not move: the answer is the same for every `clip_eps`, `vf_coef` or `ent_coef`.",
        *(with_surrogate(lambda ratio, A, eps, k=k: clipped_objective(ratio, A, k)) for k in (0.1, 0.2, 0.3)),
        of(lambda L, F, S, c1, c2: -(L - 0.5 * F + c2 * S).mean()),
        of(lambda L, F, S, c1, c2: -(L - c1 * F + 0.01 * S).mean()),
        of(lambda L, F, S, c1, c2: -(L - 0.5 * F + 0.01 * S).mean()),
    ),
)
