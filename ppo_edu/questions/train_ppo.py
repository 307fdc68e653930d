"""Lesson 07: the lesson's algorithm beside the lines of ppo.py that do it, and the quiz."""

from ppo_edu.widgets.quiz import Option, Question

# What the lesson says, the function of ppo.py and the line in it that does this, and a remark.
ALGORITHM = (
    (
        "Initialise policy $\\pi_\\theta$ and value function $V_\\phi$",
        "train",
        "agent = ActorCritic.for_envs(envs, config, generator)",
        "two networks that share nothing",
    ),
    ("For $k = 1, 2, \\dots$", "train", "for iteration in range(config.iterations):", 'its "Repeat" is this loop too'),
    (
        "Collect $N$ timesteps under $\\pi_\\text{old}$ (set $\\theta_\\text{old} \\leftarrow \\theta$)",
        "train",
        "rollout, state = collect(envs, agent, config, state)",
        "here $N$ counts environments, with $T$ steps in each. No network is copied: $\\pi_\\text{old}$ is its stored "
        "log-probabilities",
    ),
    (
        "Compute $\\hat A_1, \\dots, \\hat A_T$ using GAE",
        "advantages_and_returns",
        "advantages = gae(deltas, rollout.dones, config.gamma, config.gae_lambda)",
        "per environment, cut where an episode ends",
    ),
    (
        "Compute $\\hat V_t = \\hat A_t + V_\\text{old}(s_t)$",
        "advantages_and_returns",
        "return advantages, advantages + rollout.values",
        "with the advantages as they are, before they are normalised",
    ),
    ("For $K$ epochs", "update", "for _ in range(config.update_epochs):", "the batch stays the same"),
    (
        "Shuffle into minibatches; for each of them",
        "update",
        "for batch in minibatches(len(obs), config.num_minibatches, generator):",
        "shuffled anew in every epoch",
    ),
    (
        "Compute $r_t(\\theta)$ …",
        "update",
        "ratio = probability_ratio(logprobs, old_logprobs[batch])",
        "`old_logprobs` from the rollout, never computed again",
    ),
    (
        "… and $L^\\text{CLIP}(\\theta)$",
        "update",
        "clip_objective = clipped_objective(ratio, advantages[batch], config.clip_eps).mean()",
        "to be maximised",
    ),
    (
        "Compute $L^\\text{VF} = \\frac{1}{2}(V_\\phi(s_t) - \\hat V_t)^2$",
        "update",
        "vf_loss = value_loss(values, returns[batch]).mean()",
        "to be minimised",
    ),
    (
        "Total **loss**: $L = L^\\text{CLIP} - c_1 L^\\text{VF} + c_2 S$",
        "update",
        "loss = -total_objective(clip_objective, vf_loss, entropy, config.vf_coef, config.ent_coef)",
        "**corrected:** $L$ is an objective; the loss is $-L$, and here it gets its minus sign",
    ),
    (
        "Update $\\theta, \\phi$ via gradient **descent**",
        "update",
        "grad_norm = optimizer.step(loss, learning_rate, config.max_grad_norm)",
        "**corrected:** descent on $-L$, which is *ascent* on $L$; the gradient is cut to a length first",
    ),
)

TRAIN_PPO_QUIZ = [
    Question(
        "In the course of one update $L = L^{CLIP} - c_1 L^{VF} + c_2 S$ rises from −2.1 to −1.4. What has happened?",
        [
            Option(
                "The policy has become better by a third",
                feedback="$L^{CLIP}$ is a small part of this sum, and even its own value says little about progress.",
            ),
            Option(
                "Hardly anything but this: the critic is closer to its targets",
                True,
                "The value loss made up over 90 % of $|L|$ in every minibatch of section 6. Watch the parts.",
            ),
            Option("Something is wrong: a loss has to fall", feedback="$L$ is ascended. The loss, $-L$, has fallen."),
            Option(
                "The policy explores more",
                feedback="Even with $c_2 = 0.01$ the bonus is at most $0.01 \\log 2 = 0.007$ for two actions.",
            ),
        ],
    ),
    Question(
        "$L^{CLIP}$ is 0.00 before the first step of every update. What follows?",
        [
            Option(
                "Nothing is left to learn",
                feedback="A value says nothing about a slope: the gradient there is the whole policy gradient.",
            ),
            Option(
                "Nothing: every ratio is 1 and the advantages have mean 0, so it is 0 in good and bad runs alike",
                True,
                "Which is why the policy loss is a poor curve to watch.",
            ),
            Option("All samples are clipped", feedback="At ratio 1 none is: the band begins there on both sides."),
            Option(
                "The critic is perfect",
                feedback="Normalised advantages have mean 0 whatever the critic says.",
            ),
        ],
    ),
    Question(
        "A run with other settings stays inside the grey band. What may you say?",
        [
            Option(
                "These settings are as good as the defaults",
                feedback="One seed, one task. Nine of ten default runs stay inside; so may a slightly worse setting.",
            ),
            Option(
                "On this task and with this seed it cannot be told from the defaults",
                True,
                "More seeds narrow it down; another task may decide otherwise.",
            ),
            Option(
                "The settings do not matter on CartPole",
                feedback="Some do: $\\lambda = 0$, or a step size of 0.03 without the clip, leave the band at once.",
            ),
            Option(
                "The run ended at 500",
                feedback="The band is about the curve. The end is measured apart, on 100 fresh episodes.",
            ),
        ],
    ),
    Question(
        "After 8 of 40 iterations the greedy policy scores 490, the sampled one 315. Which number do you report?",
        [
            Option(
                "490: the agent will be used greedily",
                feedback="Then say so, as a second number. A method is judged by the policy it trains.",
            ),
            Option("The mean of both", feedback="It belongs to no policy."),
            Option(
                "315: PPO's objective and its data are about the sampled policy",
                True,
                "And the greedy score beside it, if it will be used that way.",
            ),
            Option(
                "The last training return",
                feedback="It mixes several policies, and it counts the episodes that ended, which are the short ones.",
            ),
        ],
    ),
]
