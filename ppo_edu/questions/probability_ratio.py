"""Lesson 02: four questions of our own, each on something that is easily believed about the ratio."""

from ppo_edu.widgets.quiz import Option, Question

PROBABILITY_RATIO_QUIZ = [
    Question(
        "An action's ratio is 1 in every epoch of every update, although the policy learns. What is most likely?",
        [
            Option(
                "The learning rate is too small",
                feedback="Then the ratios would be close to 1, not equal to it, and they would spread from epoch to "
                "epoch.",
            ),
            Option(
                "The old log-probabilities are computed again, without gradient, in every epoch",
                True,
                "The policy is compared with itself: an ordinary policy gradient step on old data, and no clip ever "
                "acts.",
            ),
            Option(
                "The old log-probabilities are computed again, with gradient, in every epoch",
                feedback="The ratio would be 1 as well, but then the gradient is exactly zero and nothing is learned.",
            ),
            Option(
                "The clip holds the ratio at 1",
                feedback="The clip changes the objective, not the ratio, and its band is wider than one point.",
            ),
        ],
    ),
    Question(
        "Exact advantages, exact expectations, no sampling at all. Where do $L^{CPI}$ (summed over "
        "discounted visits, with $J(\\pi_{old})$ added) and the true return agree in an MDP with many states?",
        [
            Option(
                "Everywhere: importance sampling is exact",
                feedback="It is exact for the actions. The states are still those of the old policy.",
            ),
            Option(
                "In value, slope and curvature at $\\theta_{old}$",
                feedback="The curvature differs: the change of the states enters at second order.",
            ),
            Option(
                "In value and slope at $\\theta_{old}$",
                True,
                "Measured in section 4: equal to the accuracy of the finite differences; curvature .062 against .009.",
            ),
            Option(
                "In value only",
                feedback="The slopes agree too: that is the policy gradient theorem. It needs states weighted by "
                "discounted visits.",
            ),
        ],
    ),
    Question(
        "64 samples of the old policy give an effective sample size of 64. What follows?",
        [
            Option(
                "The two policies are the same",
                feedback="Equal weights need not be 1: where the new policy's favourite never came up, section 2 had "
                "64 equal weights of 0.1.",
            ),
            Option(
                "The estimate for the new policy is as good as 64 samples of its own",
                feedback="Not if the new policy's favourite action never came up: section 2 has such batches, with a "
                "full effective sample size and an estimate far off.",
            ),
            Option(
                "The samples have equal weights; the number does not show whether an action is missing among them",
                True,
                "The effective sample size is computed from the samples that were drawn.",
            ),
            Option(
                "The estimate has no variance",
                feedback="64 independent samples have the variance of a mean of 64.",
            ),
        ],
    ),
    Question(
        "`ratio` has shape (256,), `advantages` has shape (256, 1). What does torch make of `(ratio * advantages)."
        "mean()`?",
        [
            Option("An error about shapes", feedback="Torch broadcasts in silence; it is our formulas that refuse."),
            Option(
                "The mean of the 256 products",
                feedback="That needs equal shapes. Here every ratio meets every advantage.",
            ),
            Option(
                "The mean ratio times the mean advantage: nearly nothing to learn from, once advantages are normalised",
                True,
                "The mean of a 256 × 256 table of products factors into two means, and one of them is 0.",
            ),
            Option(
                "The right value, but slower",
                feedback="65,536 products instead of 256, and another value: a sample's advantage no longer belongs "
                "to its own ratio.",
            ),
        ],
    ),
]
