"""Lesson 04: what the band says about the KL, what clip and penalty pull with, and how to estimate a KL."""

from ppo_edu.widgets.quiz import Option, Question

TRUST_QUIZ = [
    Question(
        "In one state every *sampled* action has a ratio within $1 \\pm 0.2$. What do you know about the KL of the "
        "whole policy there?",
        [
            Option(
                "It is at most 0.02",
                feedback="That is the second-order rule of thumb, for every action inside the band and not just the "
                "sampled ones.",
            ),
            Option(
                "It is at most 0.0204",
                feedback="$-\\frac{1}{2}\\log(1-\\varepsilon^2)$ bounds it when *every* action is inside the band. "
                "Here only some were looked at.",
            ),
            Option(
                "Nothing: it may be as large as you like",
                True,
                "An action that was not sampled may die out, and its term π_old · log(π_old/π) grows without end.",
            ),
            Option(
                "It is at least 0.02",
                feedback="A band limits from above or not at all; with nothing moved all ratios are 1 and the KL is 0.",
            ),
        ],
    ),
    Question(
        "A good action's ratio has gone to 1.5, with $\\varepsilon = 0.2$. What does *this sample* contribute to the "
        "gradient of $L^{CLIP}$?",
        [
            Option(
                "A pull back towards ratio 1.2",
                feedback="A strong penalty would pull back, towards 1. The clipped objective is flat out there, and "
                "flat ground pulls nothing.",
            ),
            Option("Nothing", True, "Its force is removed. What else moves this ratio, it does not oppose."),
            Option(
                "A weaker push to go on",
                feedback="There is no in-between: the slope in the ratio is Â inside and 0 beyond.",
            ),
            Option(
                "The same push as inside the band",
                feedback="So it is for L^CPI, and for a good action *below* the band.",
            ),
        ],
    ),
    Question(
        "When is $\\frac{1}{2}\\sum \\pi_{old}(\\text{ratio}-1)^2$ *smaller* than the KL it stands for?",
        [
            Option("Never: squares overstate", feedback="In the counter-example it is a third of the exact KL."),
            Option(
                "When the update is small",
                feedback="Then both agree; the error that is left can have either sign.",
            ),
            Option(
                "When probability leaves actions, so that a few ratios fall far below the others",
                True,
                "A ratio cannot fall below 0, so its square stays under 1, while −log of it has no limit.",
            ),
            Option(
                "When a rare action becomes much likelier",
                feedback="That is the other case: a ratio of 10 counts 81/2 in the square and only a logarithm in "
                "the KL.",
            ),
        ],
    ),
    Question(
        "You log the KL of each update from actions drawn by π_old, at values near 0.01, no ratio above 2. Why do "
        "many people log k3 and not k1?",
        [
            Option("k1 is biased", feedback="Its mean is exactly the KL. The trouble is its spread."),
            Option(
                "k3 has the smaller standard deviation at every KL",
                feedback="Not at every KL: with rare actions becoming likelier, k3's spread overtakes k1's.",
            ),
            Option(
                "Both are right on average, and with no ratio large the spread of k3 is far smaller",
                True,
                "About a tenth at KL 0.005 here. And it is never negative, sample by sample.",
            ),
            Option("k3 needs no π_old", feedback="All three are functions of the same log-ratio."),
        ],
    ),
]
