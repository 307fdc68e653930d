"""Lesson 09: three policies, a reward model that looks fine, and what β is for."""

from ppo_edu.widgets.quiz import Option, Question

RLHF_QUIZ = [
    Question(
        "(The lesson's question 5.) In RLHF, what regularisation does PPO receive beyond the clipping?",
        [
            Option("L2 weight decay", feedback="It pulls weights towards 0; nothing in RLHF asks for that."),
            Option(
                "A penalty on the KL divergence between the policy and the reference model",
                True,
                "As a reward per word, −β(log π_old − log π_ref). It holds the drift over *all* iterations; the clip "
                "only knows the last one.",
            ),
            Option("Dropout", feedback="Then π_old could not be computed twice: the ratio would be noise."),
            Option(
                "Gradient clipping",
                feedback="It is used here as on CartPole. It limits the length of a gradient, and says nothing "
                "about where steps lead.",
            ),
        ],
    ),
    Question(
        "Which policy stands in the denominator of the ratio in the *tenth* iteration?",
        [
            Option(
                "π_ref, the fine-tuned model",
                feedback="In the first iteration the two are equal. Kept there, it clips whatever has moved away, and "
                "learning freezes.",
            ),
            Option(
                "π_old, which wrote this iteration's sentences",
                True,
                "The ratio re-weights samples, so below it stands whoever drew them.",
            ),
            Option("π_θ without its gradient", feedback="Then the ratio is 1 in every epoch, and nothing is clipped."),
            Option(
                "π*, the optimum for this β",
                feedback="No network writes with it; we only got its means by re-weighting.",
            ),
        ],
    ),
    Question(
        "What does PPO change about the reward model?",
        [
            Option(
                "Its weights, by policy gradient",
                feedback="No gradient flows into it: a score is a number that arrives with the sentence.",
            ),
            Option(
                "Nothing; but it moves the policy to sentences the model was never fitted to",
                True,
                "Its accuracy was measured on sentences of π_ref. Optimisation looks for those where it is wrong and "
                "high.",
            ),
            Option(
                "Its scale, by normalising advantages",
                feedback="That rescales advantages within a batch; the model's scores stay as they are.",
            ),
            Option(
                "Its accuracy, since it sees more sentences",
                feedback="It sees them and learns nothing: no human has compared the new ones.",
            ),
        ],
    ),
    Question(
        "With β = 0 the clip stays at ε = 0.2. What happens to the drift from π_ref?",
        [
            Option(
                "Every ratio to π_ref stays within 0.8 and 1.2",
                feedback="The clip knows π_old only, and does not even hold that ratio in the band.",
            ),
            Option(
                "It is limited to 60 steps of KL 0.02",
                feedback="Steps of one sign add up to more than their sum: after 60 it is tens of nats.",
            ),
            Option(
                "It adds up from iteration to iteration",
                True,
                "Each starts a new band around a new π_old: about 30 nats in the end. It stops where the policy is "
                "certain, not where the clip says so.",
            ),
            Option("None, since the first batch has ratio 1", feedback="Ratio 1 is where every update *starts*."),
        ],
    ),
    Question(
        "The score arrives with the last word. How do earlier words get an advantage?",
        [
            Option(
                "They do not; only the last word is trained",
                feedback="With λ = 0 and an ignorant critic that would be nearly true. GAE carries the score back.",
            ),
            Option(
                "GAE hands back δ of later words, and the critic tells what each word changed",
                True,
                "With γ = 1 nothing fades but by λ, and by what the critic had foreseen.",
            ),
            Option(
                "The score is divided equally among the words",
                feedback="No division: with λ = 1 every word gets the whole score minus V.",
            ),
            Option(
                "The reward model scores every beginning of the sentence",
                feedback="One could train such a model. This one was fitted to whole sentences.",
            ),
        ],
    ),
    Question(
        "A reward model agrees with held-out preferences as well as the noise allows, and is well calibrated. Which "
        "β is safe?",
        [
            Option("Any", feedback="This lesson's first model passed exactly these tests."),
            Option(
                "0.3, as measured",
                feedback="That was the best of eight values, judged by gold, which nobody has outside this lesson.",
            ),
            Option(
                "That cannot be read from these numbers",
                True,
                "They describe sentences of π_ref. How far one may go from there depends on what the model cannot see.",
            ),
            Option("0, since there is nothing to repair", feedback="At 0 every seed of the first model was hacked."),
        ],
    ),
]
