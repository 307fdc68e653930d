"""Lesson 01's questions: what a gradient says, and what a collapse is."""

from ppo_edu.widgets.quiz import Option, Question

STEP_SIZE_QUIZ = [
    Question(
        "You know the policy gradient at the present policy exactly. What does it tell you?",
        [
            Option(
                "How fast $J$ changes for a small step in each direction",
                True,
                "A derivative is a statement about steps near 0. In section 2 its promise was off by a fifth at a "
                "step of 2, and the peak was at 5: neither number is in the gradient.",
            ),
            Option(
                "Which way to go, and, by its length, how far",
                feedback="Its length depends on the units of the parameters. In section 3 another unit made it ten "
                "times longer for the same policy.",
            ),
            Option(
                "Where the best policy lies",
                feedback="It points uphill from here. Along it the return rose, peaked, and fell below the start.",
            ),
            Option(
                "Nothing that can be trusted, since it is only an estimate",
                feedback="An estimate is noisy, but here it was exact, and a large step failed all the same.",
            ),
        ],
    ),
    Question(
        "A run has put 99.99 % on a wrong action. The next batch is fresh, and the step size is a good one again. "
        "Why does the run not recover soon?",
        [
            Option(
                "It will: fresh data show that the action is worse",
                feedback="They would, if they held another action to compare with. A batch of 16 holds one in 0.2 % "
                "of all cases, and a batch of one action has gradient 0.",
            ),
            Option(
                "Because the environment now sends it to other states",
                feedback="That can happen too. But the bandit has one state, and its runs get stuck all the same.",
            ),
            Option(
                "The policy collects the data, and it hardly ever tries anything else; the gradient shrinks with it",
                True,
                "Both shrink like the probability of the other actions: the gradient itself, and the chance to see "
                "anything that would correct it.",
            ),
            Option(
                "Because it has found a local optimum of $J$",
                feedback="Uphill still leads away from there: the gradient points to the better action. It is a "
                "plateau, almost flat, and not a peak.",
            ),
        ],
    ),
    Question(
        "What did the clip buy in the bandit, with ten epochs on every batch?",
        [
            Option(
                "Large steps are safe now",
                feedback="At step size 30 most clipped runs got stuck. The first step of every update is not clipped.",
            ),
            Option(
                "A better final policy than any single policy-gradient step",
                feedback="At its own best step size the plain policy gradient ends as high.",
            ),
            Option(
                "A wide band of step sizes that work: small ones learn fast enough, middling ones do not collapse",
                True,
                "Ten times as wide as without the clip, measured here. A band has an end, and this one too.",
            ),
            Option(
                "Smaller gradients everywhere",
                feedback="Inside the band of ratios the gradient is exactly that of $L^{CPI}$.",
            ),
        ],
    ),
    Question(
        "TRPO bounds the mean $D_{KL}(\\pi_{old} \\| \\pi)$ of an update instead of the length of the step. Why?",
        [
            Option(
                "The KL is cheaper than the step's length",
                feedback="It is dearer: it needs the new policy's probabilities in the states of the batch.",
            ),
            Option(
                "It measures how much the *policy* changed, whatever the parameters' units",
                True,
                "The same bound gave the same policy in all three units of section 3. The same step size did not.",
            ),
            Option(
                "A policy within the bound is always better than the old one",
                feedback="The bound that TRPO uses in practice guarantees no improvement. It keeps the step where "
                "the promise is worth something.",
            ),
            Option(
                "So that no batch is needed",
                feedback="Both $L^{CPI}$ and the KL are means over a batch of the old policy.",
            ),
        ],
    ),
]
