"""Lesson 08: name the bug of every patient, and what curves and intervals can say."""

from ppo_edu.clinic import BUGS, PATIENTS
from ppo_edu.widgets.quiz import Option, Question

FINGERPRINTS = {
    "flipped sign": "It would learn the worse of two arms: `two arms` gives a probability near 0.",
    "detached ratio": "No gradient would reach the policy: `what moved` gives 0 for it, and `two arms` one half.",
    "old log-probs recomputed": "The loss would see ratio 1 for ever: `ratios seen` gives 0 in the loss, not in truth.",
    "advantages not cut at episode ends": "A later episode's rewards would reach the first one: see `other episodes`.",
    "truncation as death": "Reward 1 for ever would look mortal: `constant reward` gives a V well below 10, above 0.",
    "minibatches never shuffled": "The same rows would come first in every epoch: `rows drawn` gives 1.",
    "targets from normalised advantages": "The critic could not learn a level: `constant reward` gives a V near 0.",
    "entropy with the wrong sign": "The bonus would be a penalty: `entropy bonus` ends far below log 2.",
}


def _naming(patient, right):
    bug = BUGS[right]
    yes = f"`{bug.experiment}` shows it. The two lines: `- {bug.right}` became `+ {bug.wrong}`."
    options = [Option(name, name == right, yes if name == right else FINGERPRINTS[name]) for name in BUGS]
    return Question(f"Which bug does {patient} have?", options)


CLINIC_QUIZ = [_naming(patient, bug) for patient, bug in PATIENTS.items()]

MATTERS_QUIZ = [
    Question(
        "A run on CartPole reaches 500, and every curve is in the band of healthy runs. What do you know?",
        [
            Option("The trainer has no bug", feedback="Three of the eight bugs of this lesson look exactly like this."),
            Option(
                "It has none of the bugs that CartPole can show",
                True,
                "And no more. Each of the others needs a task or an audit of its own.",
            ),
            Option(
                "It may have a bug, but one without consequences",
                feedback="Time limits taken for death halve the critic's value where reward never ends.",
            ),
            Option(
                "Its critic is accurate", feedback="Explained variance of healthy runs goes from below 0 to 1 here."
            ),
        ],
    ),
    Question(
        "The clip fraction is 0.3 and the zero-gradient share 0.15. What is the other half of the clipped samples?",
        [
            Option(
                "Samples outside the band on the side from which the objective pulls them back",
                True,
                "A good action that became rarer, or a bad one that became likelier, keeps its gradient.",
            ),
            Option(
                "Samples with advantage 0", feedback="Those have no gradient, so they would be counted in the 0.15."
            ),
            Option(
                "A rounding error", feedback="One counts a condition on the ratio, the other on ratio and sign of Â."
            ),
            Option("Samples inside the band", feedback="The clip fraction counts none of those."),
        ],
    ),
    Question(
        "An ablation over 10 seeds gives a difference of −5 with a 95 % interval from −28 to +24. What may you write?",
        [
            Option("The change has no effect", feedback="An effect of −20 would fit these runs as well as none."),
            Option("The change hurts a little", feedback="The runs fit a gain of 20 just as well."),
            Option(
                "Within noise: ten seeds of this task do not show a difference",
                True,
                "And the interval says how large an effect may still hide: about 28 points.",
            ),
            Option(
                "The change is safe on other tasks", feedback="This is one task; entropy matters where exploring does."
            ),
        ],
    ),
    Question(
        "A trainer counts the clip fraction in its own loss: exactly 0 in every iteration. Yet the KL between the "
        "rollout's policy and the updated one is 2. What do you look at first?",
        [
            Option(
                "Whether the ratio in the loss is made from the rollout's log-probabilities",
                True,
                "A ratio that is 1 by construction is never clipped, however far the policy goes. (Ours counts with "
                "the rollout's log-probabilities: 0.9 of the ratios are outside in the first update, and some in later "
                "ones.)",
            ),
            Option(
                "Whether the learning rate is too large", feedback="A large step would leave the band, not stay in it."
            ),
            Option("Whether the critic explains the returns", feedback="The critic is not in the ratio."),
            Option("Whether the episodes are cut too early", feedback="That shows in values, not in ratios."),
        ],
    ),
]
