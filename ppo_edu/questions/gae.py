"""Lesson 05: the lesson's question 3 in corrected words, three more, and its Problem 2 as a proof to put in order."""

from ppo_edu.widgets.quiz import Option, Question

GAE_QUIZ = [
    Question(
        "(The lesson's question 3.) What does GAE's parameter $\\lambda$ control?",
        [
            Option("The learning rate", feedback="The step size is set apart; $\\lambda$ only shapes $\\hat{A}$."),
            Option(
                "How much the estimate trusts the critic, and with it the trade of bias against variance",
                True,
                "How much bias there is to trade depends on the critic: with $V = V^\\pi$ every $\\lambda$ has none.",
            ),
            Option(
                "The discount of rewards",
                feedback="That is $\\gamma$: it says what the goal is. $\\lambda$ changes the estimate, not the goal.",
            ),
            Option(
                "How far the ratio may go before its gradient stops", feedback="That is $\\varepsilon$ of the clip."
            ),
        ],
    ),
    Question(
        "The critic is exact, $V = V^\\pi$. Which $\\lambda$ gives the smallest error?",
        [
            Option(
                "$\\lambda = 1$, because Monte Carlo is unbiased",
                feedback="It is, but here so is every other $\\lambda$, and this one has the most variance.",
            ),
            Option(
                "$\\lambda = 0$: no bias anywhere, and the least variance",
                True,
                "The later TD errors have mean 0 then: they add noise and nothing else.",
            ),
            Option(
                "One in between, as always",
                feedback="In between is best when there is something to trade. An exact critic has no bias to trade.",
            ),
            Option(
                "All are equal, because none is biased",
                feedback="Equal in bias. In section 6 the variance at $\\lambda = 1$ is 62 times that at 0.",
            ),
        ],
    ),
    Question(
        "$\\gamma = 0.99$ and $\\lambda = 0.95$. How far ahead does GAE look?",
        [
            Option(
                "0.9405 steps",
                feedback="0.9405 is $\\gamma\\lambda$, what is left of a weight after one step. It is no length.",
            ),
            Option("About 17 steps", True, "$1/(1-\\gamma\\lambda) = 1/0.0595 = 16.8$."),
            Option("About 100 steps", feedback="That is $1/(1-\\gamma)$, the horizon at $\\lambda = 1$."),
            Option("20 steps", feedback="That is $1/(1-\\lambda)$: it leaves out $\\gamma$."),
        ],
    ),
    Question(
        "A time limit cuts an episode in row $t$; the agent was doing well. What happens in that row?",
        [
            Option(
                "Nothing is bootstrapped, and the recursion stops",
                feedback="That is right for a terminal state. Here it tells the critic that the future is worth 0.",
            ),
            Option(
                "$V$ of the true successor is bootstrapped, and the recursion stops",
                True,
                "The future still exists, so `terminated` is false; row $t+1$ is another episode, so `dones` is true.",
            ),
            Option(
                "$V$ of the true successor is bootstrapped, and the recursion goes on",
                feedback="Row $t+1$ belongs to another episode: its TD errors would leak into this one.",
            ),
            Option(
                "$V$ of the next episode's first state is bootstrapped, and the recursion stops",
                feedback="The successor is where this episode stood when it was cut, not where the next one starts.",
            ),
        ],
    ),
]

GAE_PROOF = {
    "claim": "$\\hat{A}_t = \\sum_{l \\ge 0} (\\gamma\\lambda)^l \\delta_{t+l}$ obeys "
    "$\\hat{A}_t = \\delta_t + \\gamma\\lambda\\,\\hat{A}_{t+1}$.",
    "lines": [
        "By definition $\\hat{A}_t = \\sum_{l \\ge 0} (\\gamma\\lambda)^l \\delta_{t+l}$.",
        "The term $l = 0$ is $\\delta_t$, so "
        "$\\hat{A}_t = \\delta_t + \\sum_{l \\ge 1} (\\gamma\\lambda)^l \\delta_{t+l}$.",
        "Every term that is left holds a factor $\\gamma\\lambda$: "
        "$\\hat{A}_t = \\delta_t + \\gamma\\lambda \\sum_{l \\ge 1} (\\gamma\\lambda)^{l-1} \\delta_{t+l}$.",
        "Count with $k = l - 1$: "
        "$\\hat{A}_t = \\delta_t + \\gamma\\lambda \\sum_{k \\ge 0} (\\gamma\\lambda)^k \\delta_{(t+1)+k}$.",
        "That sum is the definition for $t+1$: $\\hat{A}_t = \\delta_t + \\gamma\\lambda\\,\\hat{A}_{t+1}$.",
    ],
    "explain": [
        "It starts from what is given: the definition.",
        "It splits a sum, so the sum must stand there first.",
        "A common factor is taken out of the rest, so $\\delta_t$ must have been split off: it has no such factor.",
        "The exponent $l-1$ becomes $k$, so that exponent must have appeared.",
        "A sum can be read as $\\hat{A}_{t+1}$ only when it counts from 0.",
    ],
}

_A = ("γ", "λ", "δ0", "δ1", "δ2", "δ3")

RECURSION_ALGEBRA = {
    "claim": "An episode with four steps left: $\\delta_0, \\dots, \\delta_3$. Any equal form is right; write `γ λ δ0` "
    "or `gamma*lambda*delta0`, powers as `(γλ)^2`.",
    "symbols": _A,
    "definitions": (("A1", "δ1 + γλδ2 + (γλ)^2 δ3"),),
    "lines": (
        (
            "$\\hat{A}_0$ from the definition, all terms written out:",
            "δ0 + γλδ1 + (γλ)^2 δ2 + (γλ)^3 δ3",
            _A,
            (
                ("δ0 + λδ1 + λ^2 δ2 + λ^3 δ3", "The weight is $(\\gamma\\lambda)^l$; here only $\\lambda$ decays."),
                ("δ0 + γδ1 + γ^2 δ2 + γ^3 δ3", "That is $\\lambda = 1$; the weight is $(\\gamma\\lambda)^l$."),
                ("δ0 + γλδ1 + γλδ2 + γλδ3", "The weight grows a factor at every step: $(\\gamma\\lambda)^l$."),
                ("γλδ0 + (γλ)^2 δ1 + (γλ)^3 δ2 + (γλ)^4 δ3", "The sum begins with $l = 0$, whose weight is 1."),
            ),
        ),
        (
            "$\\hat{A}_0 = \\delta_0 + \\gamma\\lambda\\,X$. What is $X$, in the $\\delta$s?",
            "δ1 + γλδ2 + (γλ)^2 δ3",
            _A,
            (
                ("γλδ1 + (γλ)^2 δ2 + (γλ)^3 δ3", "The factor $\\gamma\\lambda$ stands outside already."),
                ("δ1 + δ2 + δ3", "Only one factor $\\gamma\\lambda$ was taken out; the later terms have more."),
                ("δ0 + γλδ1 + (γλ)^2 δ2", "These are the weights of $\\hat{A}_0$; $X$ begins one step later."),
            ),
        ),
        (
            "The same $X$ is $\\hat{A}_1$; call it `A1`. Write $\\hat{A}_0$ with it, and with no later $\\delta$:",
            "δ0 + γλA1",
            ("γ", "λ", "δ0", "A1"),
            (
                ("δ0 + λA1", "What was taken out is $\\gamma\\lambda$, not $\\lambda$."),
                ("δ0 + γA1", "What was taken out is $\\gamma\\lambda$, not $\\gamma$."),
                ("δ0 + A1", "The factor $\\gamma\\lambda$ is lost: $\\hat{A}_1$ is worth less from one step before."),
            ),
        ),
    ),
}

MIXTURE_ALGEBRA = {
    "claim": "Three steps left. `A1`, `A2`, `A3` are the 1-, 2- and 3-step advantages; the last one has no further "
    "step to wait for.",
    "symbols": ("γ", "λ", "δ0", "δ1", "δ2"),
    "definitions": (("A1", "δ0"), ("A2", "δ0 + γδ1"), ("A3", "δ0 + γδ1 + γ^2 δ2")),
    "lines": (
        (
            "The mixture of `A1`, `A2`, `A3`, the last with its special weight:",
            "(1-λ)(A1 + λA2) + λ^2 A3",
            ("γ", "λ", "A1", "A2", "A3"),
            (
                (
                    "(1-λ)(A1 + λA2 + λ^2 A3)",
                    "These weights sum to $1-\\lambda^3$. Nothing follows `A3`, so it takes all weight that is left.",
                ),
                ("A1 + λA2 + λ^2 A3", "These weights sum to more than 1: the factor $1-\\lambda$ is missing."),
            ),
        ),
        (
            "In that mixture, what multiplies $\\delta_0$?",
            "1",
            ("γ", "λ"),
            (("1-λ", "$\\delta_0$ is in all three, not in `A1` alone."),),
        ),
        (
            "And what multiplies $\\delta_2$?",
            "(γλ)^2",
            ("γ", "λ"),
            (
                ("(1-λ) γ^2 λ^2", "`A3` has the weight $\\lambda^2$, without $1-\\lambda$."),
                ("λ^2", "Inside `A3`, $\\delta_2$ is discounted by $\\gamma^2$."),
            ),
        ),
    ),
}
