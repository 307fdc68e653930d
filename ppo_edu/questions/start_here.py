"""Lesson 00: ten questions, each about one belief the course tests. Lesson 10 asks them again.

The pre-test shows no feedback; what stands here is for the second time.
"""

from ppo_edu.widgets.quiz import Option, Question

PRE_TEST = [
    Question(
        "PPO clips the probability ratio at $1 \\pm \\varepsilon$ with $\\varepsilon = 0.2$. After several gradient "
        "steps on one batch, where are its ratios?",
        [
            Option(
                "All between 0.8 and 1.2, because they are clipped",
                feedback="What is clipped is a term of the objective. The ratio itself moves on (lesson 03).",
            ),
            Option(
                "Most near 1, some beyond 0.8 or 1.2",
                True,
                "The clip takes away an incentive; shared weights and momentum carry samples out (lesson 03).",
            ),
            Option(
                "Exactly at 0.8 or at 1.2, after enough steps",
                feedback="Nothing holds a sample at the edge: there it only stops being pushed (lesson 03).",
            ),
            Option(
                "All above 1, because every update makes the actions of its batch likelier",
                feedback="Bad actions are made less likely, and the probabilities of a state add up to 1 (lesson 02).",
            ),
        ],
    ),
    Question(
        "A bad action ($\\hat{A} < 0$) has become 2.5 times as likely as before, and $\\varepsilon = 0.2$. What does "
        "this sample add to the gradient of PPO's objective?",
        [
            Option(
                "Nothing, because 2.5 lies outside the band",
                feedback="Outside the band two of four cases are silent, and this is not one of them (lesson 03).",
            ),
            Option(
                "A push that makes the action less likely",
                True,
                "It went the wrong way, so the min keeps the unclipped branch: slope $\\hat{A}$ (lesson 03).",
            ),
            Option(
                "The same push as a sample at the band's edge, 1.2, would add if clipped there",
                feedback="The clipped branch is flat: it pushes nowhere. The min does not choose it here (lesson 03).",
            ),
            Option(
                "A push that makes the action even likelier",
                feedback="With a negative advantage the slope in the ratio is never positive (lesson 03).",
            ),
        ],
    ),
    Question(
        "Instead of 4 epochs on each batch somebody makes 100, with the clip on. What do the later epochs do?",
        [
            Option(
                "Nothing: all samples are clipped by then",
                feedback="Most samples still have a gradient after 100 epochs, and the policy still moves (lesson 03).",
            ),
            Option(
                "The policy goes on improving, only more slowly",
                feedback="The objective on the batch improves; the true return falls (lesson 03).",
            ),
            Option(
                "The policy fits the noise of this batch",
                True,
                "The gain promised on the batch rises, on held-out data it stays near 0 (lesson 03).",
            ),
            Option(
                "The critic overfits, which the clip does not touch, while the policy stands still",
                feedback="It does not stand still: the clip slows the policy down and does not stop it (lesson 03).",
            ),
        ],
    ),
    Question(
        "An episode is cut by a time limit while all is going well. What is the target for its last step built from?",
        [
            Option(
                "From its reward alone: the episode is over",
                feedback="That teaches the critic that a clock is death: its values come out far too low (lesson 05).",
            ),
            Option(
                "From its reward and the value of the state it was cut in",
                True,
                "The future would have gone on; the critic's word for it stands in (lesson 05).",
            ),
            Option(
                "From its reward and the value of the first state of the next episode",
                feedback="That state belongs to another episode and tells nothing of this one (lesson 05).",
            ),
            Option(
                "From nothing; such steps must be thrown away",
                feedback="It is a real step with a real successor. Only the reset that follows is junk (lesson 05).",
            ),
        ],
    ),
    Question(
        "The critic is exactly right: $V = V^\\pi$. Which $\\lambda$ gives the most accurate advantages?",
        [
            Option(
                "$\\lambda = 1$, because a small $\\lambda$ has a large bias",
                feedback="The bias comes from the critic's error. Without error no $\\lambda$ has any (lesson 05).",
            ),
            Option(
                "About 0.95, as in most settings",
                feedback="Right for a critic that is somewhat wrong. How wrong decides (lesson 05).",
            ),
            Option(
                "$\\lambda = 0$",
                True,
                "Every $\\lambda$ is then without bias, and each further step adds noise only (lesson 05).",
            ),
            Option(
                "All are equally good, because they have the same mean",
                feedback="The same mean, yes, and very different variance (lesson 05).",
            ),
        ],
    ),
    Question(
        "The environment is an ordinary MDP that the agent sees completely. What is PPO's entropy bonus for?",
        [
            Option(
                "To end at a random policy, which beats the best deterministic one",
                feedback="In an MDP some deterministic policy is as good as any other policy (lesson 06).",
            ),
            Option(
                "To keep trying actions that look worse for now",
                True,
                "What a policy that decides early loses is exploration (lesson 06).",
            ),
            Option(
                "To bring a policy back that has already become deterministic",
                feedback="There its push is almost 0. Adam can get some of them back, plain gradient steps hardly "
                "move it; it is meant for the time before (lesson 06).",
            ),
            Option(
                "To make the ratio stay close to 1 where the clip has lost its hold",
                feedback="It pulls towards the uniform policy, not towards the old one (lesson 06).",
            ),
        ],
    ),
    Question(
        "A language model is trained by PPO from a frozen reference model $\\pi_{ref}$. What stands in the "
        "denominator of the ratio?",
        [
            Option(
                "$\\pi_{ref}$, the frozen model",
                feedback="So it is in the first iteration only. Clipped against it, learning freezes (lesson 09).",
            ),
            Option(
                "The policy that wrote this batch of answers",
                True,
                "$\\pi_{old}$, refreshed in every iteration. $\\pi_{ref}$ appears in the KL penalty only (lesson 09).",
            ),
            Option(
                "The policy before the last gradient step",
                feedback="The denominator stays put for all epochs on a batch (lesson 02).",
            ),
            Option(
                "The probability that the reward model gives to the answer",
                feedback="A reward model gives a score; it has no policy (lesson 09).",
            ),
        ],
    ),
    Question(
        "A reward model can be fooled by repeating a polite word. PPO trains on its scores with the clip on and "
        "without a KL penalty. What happens?",
        [
            Option(
                "The clip keeps the model near where it began, so little",
                feedback="The clip works within one iteration. It knows nothing of where training began (lesson 09).",
            ),
            Option(
                "The score goes on rising while the answers get worse",
                True,
                "Iteration by iteration the policy drifts to what fools the reward model (lesson 09).",
            ),
            Option(
                "The score stops rising as soon as the answers get worse",
                feedback="The reward model cannot see that they do; that is what being fooled means (lesson 09).",
            ),
            Option(
                "The reward model learns during training that repeating is bad",
                feedback="It is fitted before and stays as it is; PPO does not train it (lesson 09).",
            ),
        ],
    ),
    Question(
        "All actions of a task are equally good but for tiny noise. The advantages of each batch are scaled to "
        "standard deviation 1. What does it lead to?",
        [
            Option(
                "Nothing: scaling does not change which action is best",
                feedback="It changes how hard the noise pushes: as hard as a real difference would (lesson 06).",
            ),
            Option(
                "It steadies the training, as scaling always does",
                feedback="It helps where the scale of rewards is off. Here it is what does the harm (lesson 06).",
            ),
            Option(
                "It blows the noise up into full-size updates",
                True,
                "With equal arms, policies drift to near certainty about nothing (lesson 06).",
            ),
            Option(
                "It makes every advantage 0, so nothing is learned",
                feedback="So it is in a batch of one. Here they differ a little, and the little becomes 1 (lesson 06).",
            ),
        ],
    ),
    Question(
        "$\\gamma = 0.99$ and $\\lambda = 0.95$. How many steps ahead does a GAE advantage look, roughly?",
        [
            Option(
                "0.94, the product of the two",
                feedback="That is how much is left of the weight from one step to the next (lesson 05).",
            ),
            Option("17", True, "$1/(1 - \\gamma\\lambda) = 1/0.0595 = 16.8$ (lesson 05)."),
            Option("100", feedback="That is the horizon of $\\gamma$ alone, $1/(1 - 0.99)$ (lesson 05)."),
            Option(
                "All the way to the end of the episode, however far that is",
                feedback="The sum goes there; its weights have long faded (lesson 05).",
            ),
        ],
    ),
]
