"""Lesson 10: seven questions that need two ideas at once, and five runs to find the mistake in."""

from ppo_edu.widgets.quiz import Option, Question

SUSPECTS = {
    "A": ("cartpole_clip", "no clip"),
    "B": ("cartpole_bugs", "detached ratio"),
    "C": ("cartpole_bugs", "targets from normalised advantages"),
    "D": ("cartpole_bugs", "truncation as death"),
    "E": ("cartpole_bugs", "old log-probs recomputed"),
    "sound": ("cartpole_bugs", "sound"),
}
"""Stored sweep and run behind each letter of `RUNS_QUIZ`."""

HARDER_QUIZ = [
    Question(
        "Two samples of bad actions, $\\hat A = -1$, $\\varepsilon = 0.2$: one has ratio 2.5, the other 0.5. Which of "
        "them does the clip silence?",
        [
            Option(
                "Both: both are outside the band",
                feedback="Outside the band is a place. Silent are only those that went where the objective wanted.",
            ),
            Option(
                "The one at 2.5: it is further out",
                feedback="It went the wrong way. Its value is −2.5 with slope −1: the min leaves it alone.",
            ),
            Option(
                "The one at 0.5",
                True,
                "A bad action made rare enough. The one at 2.5 is pulled back with its full slope (lesson 03).",
            ),
            Option(
                "Neither: the clip works on good actions only",
                feedback="The picture for Â < 0 is the mirrored one, flat below 1 − ε.",
            ),
        ],
    ),
    Question(
        "A token has probability 0.01 under $\\pi_{ref}$, 0.028 under $\\pi_{old}$, 0.03 under $\\pi_\\theta$; "
        "$\\hat A = +1$, $\\varepsilon = 0.2$. A colleague puts $\\pi_{ref}$ into the denominator. What happens to "
        "its gradient?",
        [
            Option(
                "Nothing, since β fixes the distance to $\\pi_{ref}$ either way",
                feedback="β stands in the reward. The ratio decides who is silent, and the ratio is another one.",
            ),
            Option(
                "It vanishes, in this iteration and in later ones with $\\hat A > 0$",
                True,
                "Ratio 3 instead of 1.07. And π_ref never moves: no later iteration begins a new band (lesson 09).",
            ),
            Option(
                "It becomes three times as large",
                feedback="Without a clip the slope in θ would grow. With Â > 0 above the band there is none.",
            ),
            Option(
                "It turns round and pulls the token back to $\\pi_{ref}$",
                feedback="A clipped sample is flat. It is the KL in the reward that pulls back.",
            ),
        ],
    ),
    Question(
        "In the first minibatch of an update every ratio is exactly 1. In the second minibatch of the same epoch the "
        "rows have not been trained on yet. What are their ratios?",
        [
            Option(
                "Exactly 1, because it is still the first epoch",
                feedback="π_old is what the policy was before the *first* step; one step has been made.",
            ),
            Option(
                "Within the band, because one step is not enough to leave it",
                feedback="That depends on its length. With rate 0.1 over 30 % were outside after one step (lesson 03).",
            ),
            Option(
                "Above 1 for good actions, below 1 for bad ones",
                feedback="Only on average. Rows share their weights, and other rows decided on this step.",
            ),
            Option(
                "Spread around 1, on either side",
                True,
                "Weights are shared, so the step moved these rows too. Nothing clipped it, since it began at ratio 1.",
            ),
        ],
    ),
    Question(
        "A wrapper reports its time limit of 50 steps as `terminated` instead of `truncated`. Reward 1 for ever, "
        "γ = 0.99, λ = 1; the critic sees no clock. What value does it learn?",
        [
            Option(
                "100, because 1/(1 − γ) is the truth",
                feedback="It would, if the last step's target held V of the state it was cut in.",
            ),
            Option(
                "39, the discounted rewards up to the limit",
                feedback="That is right for the first step of an episode. The critic sees the same state in each.",
            ),
            Option(
                "50, one for each step",
                feedback="Undiscounted, and again only seen from the first step.",
            ),
            Option(
                "22, the mean over all places of the clock",
                True,
                "21.8: from m steps before the limit it sees (1 − γᵐ)/(1 − γ). No error, no nan, and CartPole still "
                "reaches 500 (lessons 05 and 08).",
            ),
        ],
    ),
    Question(
        "Three actions, two of them were sampled. Both sampled ratios are within $1 \\pm 0.2$, so the clip fraction is "
        "0. Yet the policy's KL in this state is 0.149. How?",
        [
            Option(
                "It cannot be: ε²/2 = 0.02 is the most",
                feedback="A fair rule of thumb when *every* action's ratio is in the band. One was not looked at.",
            ),
            Option(
                "The third action has lost nine tenths of its probability",
                True,
                "From 0.1 to 0.01. Nobody sampled it, so nobody counted it; as it goes to 0 the KL has no limit "
                "(lesson 04).",
            ),
            Option(
                "The two ratios were averaged before they were clipped",
                feedback="Each is in the band by itself: 1.2 and 0.975.",
            ),
            Option(
                "The advantages were not normalised",
                feedback="The KL compares two policies. There is no advantage in it.",
            ),
        ],
    ),
    Question(
        "RLHF with the clip on, ten seeds. β = 0 pays for nothing but the score, and yet five seeds end *higher* with "
        "β = 0.1 (at most 9.3; with β = 0 at most 5.7). How can that be?",
        [
            Option(
                "With β = 0 the entropy is soon gone, and there is nothing left to compare",
                True,
                "0.05 nats a word in iteration 20: it writes one sentence. A little KL keeps variety, and with it "
                "the chance of a better blind spot. Gold is bad in both (lesson 09).",
            ),
            Option(
                "β = 0.1 is the right value, so everything gets better",
                feedback="Gold ends at 0.22, far below the 1.1 of the model it began with.",
            ),
            Option(
                "The clip holds the run with β = 0 near $\\pi_{ref}$",
                feedback="Its KL to π_ref is 33.8 nats. The clip knows π_old only.",
            ),
            Option(
                "The KL penalty is counted into the score",
                feedback="It is counted into the reward, as a cost. The score is the reward model's alone.",
            ),
        ],
    ),
    Question(
        "LunarLander, three seeds each: with standardised observations 242, 202, 230; without 178, 217, 141. What may "
        "you write?",
        [
            Option(
                "Standardising helps: 225 against 179",
                feedback="Those are the means. Without an interval nobody knows what the next three seeds would give.",
            ),
            Option(
                "It makes no difference",
                feedback="A difference of 46 would fit these numbers too. Not shown is not the same as absent.",
            ),
            Option(
                "The mean is higher with it, but the seeds overlap: three do not settle it",
                True,
                "And then: more seeds. Ten were enough in lesson 08 for differences of about 60 points.",
            ),
            Option(
                "It helps, if the outlier of 217 is left out",
                feedback="Seeds are left out for no reason that was found after seeing them.",
            ),
        ],
    ),
]

NAMED = {
    "many epochs, no clip": "The KL of single updates would be a hundred times the sound run's, and the return falls.",
    "no gradient reaches the policy": "Then KL and clip fraction are exactly 0 and the entropy stays where it began.",
    "targets from normalised advantages": "Then the value loss rests near ½ from the first iteration on.",
    "a time limit taken for death": "The run would be sound in all but the value loss, which rises again at the end.",
    "the sign of the loss": "The return would fall below its start within two iterations, and never rise.",
}


def _run(letter, right, why):
    options = [Option(name, name == right, why if name == right else words) for name, words in NAMED.items()]
    return Question(f"What is wrong with run {letter}?", options)


RUNS_QUIZ = [
    _run(
        "A",
        "many epochs, no clip",
        "Eight epochs with step size 0.01 and ε = ∞: a clip fraction of 0 beside a KL of several nats. The entropy is "
        "gone after one update, the return falls back. This pitfall of the lesson is right.",
    ),
    _run(
        "B",
        "no gradient reaches the policy",
        "The ratio was detached from the graph. The critic learns (explained variance 0.7), the policy never moved.",
    ),
    _run(
        "C",
        "targets from normalised advantages",
        "A mix-up of two good things: normalise for the policy, after the targets are made. The KL is healthy, the "
        "critic has no scale.",
    ),
    _run(
        "D",
        "a time limit taken for death",
        "The return is (nearly) sound. Once episodes reach the limit of 500, the critic is told that it kills, "
        "in states that look like any other.",
    ),
    Question(
        "Run E has four epochs, step size 0.006 and ε = 0.2 in its settings, as the sound run has. It breaks down as "
        "run A does, with a KL of several nats, but of its first update 9 in 10 ratios *are* outside the band. What is "
        "wrong?",
        [
            Option(
                "The old log-probs are computed anew for every minibatch",
                True,
                "$\\pi_\\theta$ and $\\pi_{old}$ are confused: in the loss every ratio is 1, so nothing is ever "
                "clipped. The diagnostics, made from the right ratios, show the damage.",
            ),
            Option(
                "The entropy bonus is missing",
                feedback="The sound run has none either: c2 = 0 is the default.",
            ),
            Option(
                "λ and γ are exchanged",
                feedback="That changes how far it looks ahead. Its updates would be clipped as before.",
            ),
            Option(
                "The minibatches are not shuffled",
                feedback="Ten seeds of that bug end at 500 as a rule, with a KL like the sound run's.",
            ),
        ],
    ),
    Question(
        "Which of these pitfalls of the lesson leaves *no* trace in these stored runs?",
        [
            Option(
                "Confusing $\\pi_\\theta$ with $\\pi_{old}$",
                feedback="Run E: a KL of several nats, and the return falls.",
            ),
            Option(
                "Forgetting the entropy bonus",
                True,
                "The sound run has none, and solves CartPole. Nor does a bonus of the wrong sign show: times 0 it is "
                "the same run to the bit.",
            ),
            Option(
                "Many epochs without a clip",
                feedback="Run A: a KL of several nats in its first updates.",
            ),
            Option(
                "No advantage normalisation",
                feedback="Return −61, interval −99 to −25, in the ten switches of lesson 08.",
            ),
        ],
    ),
]
