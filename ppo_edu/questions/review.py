"""Lesson 10: the lesson's eight quiz questions, each carried one step further.

Question numbers are those of the source's quiz. It skips 6 and 7, so those two are ours, and it prints no key for 8.
"""

from ppo_edu.widgets.quiz import Option, Question

REVIEW_QUIZ = [
    Question(
        "Quiz question 1 asks what the clipped objective prevents; the key says: too large a change of the policy "
        "in one update. Which measurement speaks against that?",
        [
            Option(
                "After 100 epochs with the clip 18 % of the ratios are outside the band, and the return has fallen "
                "from 435 to 290",
                True,
                "What is taken away is the incentive to push a sample further once it is beyond the band. The policy "
                "can still go there (lesson 03, ten seeds).",
            ),
            Option(
                "The clipped objective is never larger than the unclipped one",
                feedback="True, because of the min. But that is about a value; nothing follows for the policy.",
            ),
            Option(
                "At ratio 1 the clipped and the unclipped gradient are equal to the last bit",
                feedback="True, and it is why the first step is never held. It does not yet say how far a run goes.",
            ),
            Option(
                "The value loss can grow while the policy hardly moves",
                feedback="That may be; the clip is not in the value loss and was never meant to hold it.",
            ),
        ],
    ),
    Question(
        "Quiz question 2 asks what the `min` does for $\\hat A > 0$: it takes the smaller of ratio · $\\hat A$ and "
        "$(1+\\varepsilon)\\hat A$. Leave the `min` out, keep clip(ratio) · $\\hat A$, with $\\hat A = +1$ and "
        "$\\varepsilon = 0.2$. At which ratio does the gradient change?",
        [
            Option(
                "0.5",
                True,
                "The clip alone is flat there. The min picks ratio · Â, and the good action that became rarer is "
                "pulled back (lesson 03).",
            ),
            Option("1.1", feedback="Inside the band the clip does nothing, with or without the min: slope Â."),
            Option("1.5", feedback="Above the band both are flat: the min picks the clipped term there anyway."),
            Option("At none: the clip alone is enough", feedback="Then PPO could do without the min. Look below 0.8."),
        ],
    ),
    Question(
        "Quiz question 3: λ trades bias against variance. Now the critic is off by a random 0.2 in every state, and "
        "you get a hundred times as many samples of each action. Where does the best λ go?",
        [
            Option(
                "Up, towards 1",
                True,
                "Samples average the variance away and leave the bias. Measured best λ for 1, 10, 100 samples: 0.48, "
                "0.78, 0.93 (lesson 05).",
            ),
            Option(
                "Down, towards 0",
                feedback="That is where an exact critic leads. More samples of an action do not mend this one.",
            ),
            Option(
                "Nowhere: λ belongs to the task, as γ does",
                feedback="γ says what is to be estimated. λ says how, so it depends on critic and data.",
            ),
            Option(
                "To 0.95, where it always is best",
                feedback="0.95 is a habit. The best value ran from 0 to 0.99 in the table of lesson 05.",
            ),
        ],
    ),
    Question(
        "Quiz question 4: why are several epochs on one batch less dangerous with the clip than with $L^{CPI}$? "
        "After 100 epochs with the clip the gain hoped for on that batch is +0.029, mean of ten seeds. And on "
        "held-out data of the same old policy?",
        [
            Option(
                "About the same",
                feedback="Then nothing would be overfitted, and more epochs would be free. The return says otherwise.",
            ),
            Option(
                "About 0",
                True,
                "The rest is noise of the batch. Samples past their side of the band lose their gradient: that slows "
                "over-optimisation (without it +0.116 hoped for) and does not stop it.",
            ),
            Option(
                "Nothing can be said: the ratios are clipped",
                feedback="Ratios of other rows are computed as ever, and so is the mean of ratio · Â over them.",
            ),
            Option(
                "Far below 0, as much as was hoped for",
                feedback="Even without the clip it was −0.002. The damage shows in the return: 290 and 113 of 435.",
            ),
        ],
    ),
    Question(
        "Quiz question 5: RLHF adds a KL penalty against $\\pi_{ref}$ to the clip. Where does it enter the update?",
        [
            Option(
                "In the ratio, whose denominator becomes $\\pi_{ref}$",
                feedback="Then learning freezes: proxy 0.42 instead of 0.97, ten seeds (lesson 09).",
            ),
            Option(
                "In the band, which becomes $1 \\pm \\beta$",
                feedback="The band stays at ε and is drawn anew around π_old in every iteration.",
            ),
            Option(
                "In the reward of every word, $-\\beta(\\log\\pi_{old} - \\log\\pi_{ref})$",
                True,
                "With the score on the last word; GAE makes advantages of it, and the update is lesson 07's, "
                "unchanged.",
            ),
            Option(
                "In the loss of the reward model",
                feedback="That was fitted before. PPO does not train it (lesson 09).",
            ),
        ],
    ),
    Question(
        "Quiz question 6 (missing in the source, so ours): value targets are made from advantages that were "
        "normalised first. At what value does the value loss $\\frac12(V - \\hat V)^2$ come to rest?",
        [
            Option(
                "Near ½, whatever the returns are",
                True,
                "The target is V_old plus numbers of variance 1, so the loss begins at ½ in every batch. Measured "
                "0.48; the critic learns no level, and the typical agent ends at 296 of 500 (lesson 08).",
            ),
            Option(
                "Near 0, only later",
                feedback="The numbers added to V_old have variance 1 in every batch; no critic can foresee them.",
            ),
            Option(
                "It grows with the returns",
                feedback="It would, if the returns were in the targets. Normalising has taken their scale out.",
            ),
            Option(
                "The same as with right targets: scale does not matter to a critic",
                feedback="To the policy it hardly matters. V is in units of reward, and must have their scale.",
            ),
        ],
    ),
    Question(
        "Quiz question 7 (missing in the source, so ours): γ = 0.99. You raise λ from 0.9 to 1. How does GAE's "
        "horizon change?",
        [
            Option(
                "From 0.89 to 0.99 steps",
                feedback="Those are the products γλ: what is left of a weight after one step.",
            ),
            Option("From 9 to 100 steps", True, "1/(1 − γλ): 1/0.109 and 1/0.01 (lesson 05)."),
            Option(
                "From 10 steps to no limit",
                feedback="That is 1/(1 − λ). With λ = 1 it is γ that fades the weights.",
            ),
            Option(
                "From 90 to 100 steps",
                feedback="A tenth less of λ is not a tenth less of the horizon: near 1 it costs far more.",
            ),
        ],
    ),
    Question(
        "Quiz question 8: what is the entropy bonus for? (The key, which the source leaves out: it rewards entropy, so "
        "that the policy goes on exploring.) In the deceptive bandit $c_2 = 0.1$ finds the best arm in every run and "
        "earns 0.950; decayed to 0 it earns 0.994. Why more?",
        [
            Option(
                "A bonus that stays moves the optimum: the policy must go on trying bad arms",
                True,
                "It maximises reward plus c2 · entropy, which no deterministic policy does. Decayed, it pays for "
                "looking first and lets go (lesson 06).",
            ),
            Option(
                "The decayed bonus explores more",
                feedback="It explores less in total, and finds the best arm in 99 % of the runs instead of 100 %.",
            ),
            Option(
                "The decayed one penalises stochastic policies at the end",
                feedback="At 0 it penalises nothing. A negative one would.",
            ),
            Option(
                "Chance: the two numbers are within noise",
                feedback="Each is a mean over 200 runs, and nearly all of them found the best arm.",
            ),
        ],
    ),
]
