"""Lesson 03: three questions of the lesson's quiz, and its Problem 1 as a proof to put in order."""

from ppo_edu.widgets.quiz import Option, Question

CLIP_QUIZ = [
    Question(
        "(The lesson's question 1.) What does PPO's clipped objective take away?",
        [
            Option(
                "Overfitting of the value function", feedback="The value loss is another term; the clip is not in it."
            ),
            Option(
                "The incentive to push a sample's probability further once it is beyond the band",
                True,
                "An incentive, not a possibility: section 5 shows samples beyond the band.",
            ),
            Option(
                "The possibility that a ratio leaves $[1-\\varepsilon, 1+\\varepsilon]$",
                feedback="This is what the lesson says, and what section 5 refutes: ratios do leave the band.",
            ),
            Option("Decay of the learning rate", feedback="The learning rate is set apart from the objective."),
        ],
    ),
    Question(
        "(Question 2.) For $\\hat{A} > 0$, what does the `min` in $L^{CLIP}$ do?",
        [
            Option("It minimises the loss", feedback="The objective is maximised; the min chooses between two terms."),
            Option(
                "It takes the smaller of ratio · $\\hat{A}$ and clip(ratio) · $\\hat{A}$, so nothing is gained beyond "
                "$1+\\varepsilon$",
                True,
                "And below $1-\\varepsilon$ it takes ratio · $\\hat{A}$, so that the sample is pulled back.",
            ),
            Option(
                "It makes the gradient zero on both sides of the band",
                feedback="That is the clip without the min. A good action below the band keeps its slope.",
            ),
            Option("It clips the advantage", feedback="The ratio is clipped; the advantage only multiplies."),
        ],
    ),
    Question(
        "(Question 4.) Several epochs on one batch: why is this less dangerous than with $L^{CPI}$?",
        [
            Option("The data does not change", feedback="That is the reason for overfitting, not against it."),
            Option(
                "Samples past their side of the band lose their gradient, which slows (not stops) over-optimisation",
                True,
                "Slows: with the clip the held-out gain stays near 0 while the hoped-for gain still rises.",
            ),
            Option("More epochs always help", feedback="Look at the return against K in section 5."),
            Option(
                "After a few epochs all samples are silent, so further epochs do nothing",
                feedback="Measured: after 100 epochs most samples are not silent, and the return has gone on falling.",
            ),
        ],
    ),
]

SILENT_PROOF = {
    "claim": "For $\\hat{A} > 0$ and ratio $> 1+\\varepsilon$ the gradient of $L^{CLIP}$ in $\\theta$ is zero.",
    "lines": [
        "Since ratio $> 1+\\varepsilon$, clip(ratio) $= 1+\\varepsilon$.",
        "Since $\\hat{A} > 0$, clip(ratio) · $\\hat{A} = (1+\\varepsilon)\\hat{A} <$ ratio · $\\hat{A}$.",
        "So the minimum is $(1+\\varepsilon)\\hat{A}$.",
        "That is a constant in $\\theta$: its gradient is zero.",
    ],
    "explain": [
        "It starts from what is given: the ratio is above the band.",
        "It compares the two terms, so the clipped one must be known first.",
        "Which of two terms is the minimum follows from comparing them.",
        "What is constant must have been found first: the minimum.",
    ],
}
