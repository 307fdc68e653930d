"""Lesson 06: the lesson's question 8, three more, and the gradient of the entropy as lines to be written."""

from ppo_edu.widgets.quiz import Option, Question

VALUE_AND_ENTROPY_QUIZ = [
    Question(
        "(The lesson's question 8.) $L = L^{CLIP} - c_1 L^{VF} + c_2\\,S[\\pi]$ is maximised. The entropy $S$ is "
        "added, with a positive coefficient, to …",
        [
            Option(
                "penalise stochastic policies",
                feedback="A positive coefficient on something that is maximised rewards it. This would be $-c_2 S$.",
            ),
            Option(
                "encourage exploration, by rewarding policies with higher entropy",
                True,
                "Not because the best policy were random: what a certain policy loses is the chance to find it.",
            ),
            Option(
                "make the networks smaller and save memory",
                feedback="It is one more number computed from the logits that are there already.",
            ),
            Option(
                "stabilise the value function",
                feedback="It is made from the policy's logits; with separate networks its gradient never reaches V.",
            ),
        ],
    ),
    Question(
        "`optimizer.step()` goes *down* the gradient. Which line belongs before `loss.backward()`?",
        [
            Option(
                "`loss = total_objective(...)`: the lesson says gradient descent on $L$",
                feedback="Then every term goes the wrong way: returns fall to those of the worst policy, and the "
                "critic runs from its targets.",
            ),
            Option(
                "`loss = -total_objective(...)`",
                True,
                "The signs inside $L$ stay as in the paper, and the one minus sign is written once.",
            ),
            Option(
                "`loss = -L_clip - vf_coef * L_vf + ent_coef * S`",
                feedback="Only the first term was turned round. The critic climbs away from its targets and the bonus "
                "punishes exploration.",
            ),
            Option(
                "`loss = -L_clip + vf_coef * L_vf + ent_coef * S`",
                feedback="Two of three. Descending $+c_2 S$ makes the policy certain sooner, and the curves look "
                "healthy where little exploration is needed.",
            ),
        ],
    ),
    Question(
        "A policy gives its favourite action probability .99998. The bonus has $c_2 = .1$. What happens next?",
        [
            Option(
                "The bonus is strongest where the policy is most certain, so it comes back quickly",
                feedback="The entropy falls steeply in the *probability*. In the *logits* the slope is "
                "$-\\pi(\\log\\pi + S)$, which goes to 0 at a corner.",
            ),
            Option(
                "It depends on the optimizer: plain gradient steps hardly move it, Adam divides by the size of the "
                "gradient and can bring it back",
                True,
                "Measured in section 7: none of 200 runs with SGD, more than half of them with Adam.",
            ),
            Option(
                "Nothing can bring it back, because every gradient is exactly zero there",
                feedback="Only at probability 1. Here the bonus pushes by $10^{-6}$ to $10^{-5}$, enough for Adam.",
            ),
            Option(
                "The clip brings it back, because the ratio leaves the band",
                feedback="The clip removes gradients. It never pushes, and a policy that stands still has ratio 1.",
            ),
        ],
    ),
    Question(
        "All arms of a bandit pay the same, with a little noise. Advantages are normalised per batch. What do you see?",
        [
            Option(
                "The policy stays where it is, because there is nothing to learn",
                feedback="So it is without normalisation. With it the noise is divided by its own size.",
            ),
            Option(
                "The policy averages the noise away and stays near uniform",
                feedback="Each batch pushes some arm, and an arm that became likelier is drawn and pushed more often. "
                "The walk ends in corners.",
            ),
            Option(
                "Many runs become nearly deterministic: noise is blown up to the size of a real advantage",
                True,
                "About three runs in five in section 8, even with noise of size $10^{-8}$.",
            ),
            Option(
                "The loss becomes nan, because the standard deviation is 0",
                feedback="The noise keeps it above 0, and 1e-8 is added besides. A minibatch of one, with torch's "
                "default, is the case that gives nan.",
            ),
        ],
    ),
]

_P = ("p1", "p2", "l1", "l2", "l3")

ENTROPY_ALGEBRA = {
    "claim": "Three actions with probabilities `p1`, `p2`, `p3 = 1 - p1 - p2`; `l1`, `l2`, `l3` are their logarithms, "
    "`S` is the entropy. What does raising the first logit $z_1$ do? Any equal form is right.",
    "symbols": _P,
    "definitions": (("p3", "1 - p1 - p2"), ("S", "-(p1 l1 + p2 l2 + (1 - p1 - p2) l3)")),
    "lines": (
        (
            "The softmax: $\\partial p_1/\\partial z_1$, in `p1` only:",
            "p1 (1 - p1)",
            ("p1",),
            (
                ("p1", "That forgets the sum below the fraction, which grows with $z_1$ too."),
                ("1 - p1", "That is the derivative of $\\log p_1$; multiply by `p1`."),
            ),
        ),
        (
            "And $\\partial p_2/\\partial z_1$, in `p1` and `p2`:",
            "-p1 p2",
            ("p1", "p2"),
            (
                ("0", "The probabilities sum to 1: when the first grows, the others must shrink."),
                ("p1 p2", "When the first grows, the second shrinks: the sign is wrong."),
                ("-p1", "It shrinks in proportion to itself: a factor `p2` is missing."),
            ),
        ),
        (
            "The lesson's $+1$: the sum of $1 \\cdot \\partial p_b/\\partial z_1$ over the three actions:",
            "0",
            ("p1", "p2", "p3"),
            (
                ("1", "The probabilities sum to 1, so their sum never changes. What is its derivative?"),
                ("p1", "Add all three: the first grows by as much as the other two shrink."),
            ),
        ),
        (
            "So $\\partial S/\\partial z_1 = -\\sum_b \\log p_b\\,\\partial p_b/\\partial z_1$. "
            "With `p1`, `l1` and `S` only:",
            "-p1 (l1 + S)",
            ("p1", "l1", "S"),
            (
                ("-p1 (l1 + 1)", "The $+1$ drops out, and the other actions' part is missing: it makes `S`."),
                ("-p1 l1", "The other actions shrink when the first grows; their part makes `S`."),
                ("p1 (l1 + S)", "The sign: where `l1` is below the average $-S$, raising it raises the entropy."),
                ("-(l1 + S)", "Every term has the factor `p1`."),
            ),
        ),
    ),
}
