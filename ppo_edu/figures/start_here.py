"""The figures of lesson 00: one training run, the score function, and what a baseline does."""

import math

import numpy as np

from ppo_edu.figures.style import (
    BLUE,
    GREEN,
    GREY,
    INK,
    LINE_WIDTH,
    TEXT_TWIN,
    VERMILLION,
    direct_label,
    style_axes,
)

SOLVED, BEST = 475, 500


def build_training(fig, iterations=40):
    """A run: left the return over the iterations, right 100 fresh episodes before and after; returns what moves."""
    curve, bars = fig.axes
    left = style_axes(curve, "Return while it trains", " ", "iteration", "steps the pole stays up")
    right = style_axes(bars, "100 fresh episodes", " ", "steps the pole stays up")
    curve.set(xlim=(0, iterations), ylim=(0, 540), yticks=[0, 100, 200, 300, 400, 500])
    curve.axhline(BEST, color=GREY, linestyle="--", linewidth=1.5)
    bars.set(xlim=(0, 540), ylim=(-0.6, 1.6), xticks=[0, 100, 200, 300, 400, 500], yticks=[1, 0])
    bars.set_yticklabels(["before", "after"], fontsize=11)
    bars.grid(False, axis="y")
    bars.axvline(BEST, color=GREY, linestyle="--", linewidth=1.5)
    before = bars.barh([1], [0], height=0.55, facecolor="white", edgecolor=GREY, hatch="///", linewidth=1.5)
    after = bars.barh([0], [0], height=0.55, color=BLUE)
    numbers = [bars.text(0, y, "", va="center", fontsize=12, fontweight="bold") for y in (1, 0)]
    line = curve.plot([], [], color=BLUE, linewidth=LINE_WIDTH, marker="o", ms=4, clip_on=False)
    return {"line": line, "bars": [*before, *after], "numbers": numbers, "words": [left, right]}


def move_training(artists, history, before, after, lr, eps):
    """`history` of the run, mean returns `before` and `after` it; returns the sentence."""
    returns = np.array(history.get("return", []), dtype=float)
    known = np.isfinite(returns)  # nan where no episode ended in an iteration
    artists["line"][0].set_data(np.flatnonzero(known) + 1, returns[known])
    for bar, number, value in zip(artists["bars"], artists["numbers"], (before, after), strict=True):
        bar.set_width(value)
        inside = value > 400
        number.set(text=f"{value:.0f}", x=value - 12 if inside else value + 12, ha="right" if inside else "left")
        number.set_color("white" if inside else INK)
    entropy = history["entropy"][-1] if len(returns) else math.nan
    verdict, why = judge(returns[known], after, entropy)
    artists["words"][0].set_text(f"step size {lr:g}, ε = {eps:g}")
    artists["words"][1].set_text(f"mean with sampled actions: {verdict}")
    ended = f"Stopped: {history.stopped}" if history.stopped else f"Trained in {history['seconds'][-1]:.1f} s"
    why = "What was learned until then is kept." if history.stopped else why
    return (
        f"{ended}, step size {lr:g}, ε = {eps:g}. The pole stayed up {before:.0f} steps before, now {after:.0f}: "
        f"{verdict}. {why}"
    )


def judge(returns, after, entropy):
    """What a run came to, in a few words and a sentence.

    The entropy tells a policy that decided too early from one that has hardly moved.
    """
    best = max(returns, default=after)
    if after >= SOLVED:
        return "learned", f"{BEST} is the most there is."
    if after < 200 and entropy < 0.05:
        words = "The steps were so large that the policy is now sure of a wrong answer, and tries nothing else."
        return "collapsed", words
    if best > 1.5 * after:
        return "learned and lost", f"On the way it reached {best:.0f}: later steps undid what earlier ones had learned."
    if after < 100 and entropy > 0.5:
        return "hardly learned", "The steps were so small that the policy has not got far."
    return "not there yet", "The run ended before it could do better."


def build_score(fig):
    """∇ log π for the logits of four actions: left the policy, right the push on each logit; returns what moves."""
    policy, push = fig.axes
    style_axes(policy, "The policy", "probability of each action", "action")
    words = style_axes(push, "Push on each logit", " ", "action")
    for ax in fig.axes:
        ax.set(xlim=(0.4, 4.6), xticks=[1, 2, 3, 4])
    policy.set(ylim=(0, 1.2), yticks=[0, 0.5, 1])
    push.set(ylim=(-1.2, 1.2), yticks=[-1, -0.5, 0, 0.5, 1])
    push.axhline(0, color=INK, linewidth=1.2)
    bars = [*policy.bar(range(1, 5), 0, width=0.62, color=BLUE, edgecolor=INK, linewidth=0)]
    pushes = [*push.bar(range(1, 5), 0, width=0.62, edgecolor="white", linewidth=0)]
    settings = {"ha": "center", "fontsize": 11, "fontweight": "bold"}
    above = [policy.text(x, 0, "", va="bottom", color=TEXT_TWIN[BLUE], **settings) for x in range(1, 5)]
    beside = [push.text(x, 0, "", **settings) for x in range(1, 5)]
    return {"policy": bars, "push": pushes, "above": above, "beside": beside, "words": words}


def move_score(artists, policy, push, taken):
    """`policy` π and `push` ∂log π(taken)/∂logits, both [4]; `taken` counts from 1; returns the sentence."""
    for k in range(4):
        mine, up = k + 1 == taken, push[k] > 0
        artists["policy"][k].set(height=policy[k], linewidth=2.5 if mine else 0)
        artists["above"][k].set(y=policy[k] + 0.02, text=f"{policy[k]:.2f}" + ("\ntaken" if mine else ""))
        artists["push"][k].set(height=push[k], facecolor=GREEN if up else VERMILLION, hatch=None if up else "///")
        artists["beside"][k].set(
            text=f"{push[k]:+.2f}".replace("-", "−"),
            y=push[k] + (0.03 if up else -0.03),
            va="bottom" if up else "top",
            color=TEXT_TWIN[GREEN if up else VERMILLION],
        )
    artists["words"].set_text(f"sum {abs(push.sum()):.2f}, length {np.linalg.norm(push):.2f}")
    return (
        f"Action {taken} was taken; it had probability {policy[taken - 1]:.2f}. Its logit is pushed up by "
        f"{push[taken - 1]:.2f}, each other one down by that action's own probability. {_surprise(policy[taken - 1])}"
    )


def _surprise(probability):
    if probability < 0.2:
        return "A rare action pushes hard."
    if probability > 0.8:
        return "An action that was expected anyway pushes little."
    return "The rarer the action, the harder the push."


def gradient_moments(policy, means, noise, baseline):
    """Mean and variance of (R − b) ∇log π(a) for one sample of a bandit, both [A], exactly.

    The gradient is in the logits; R has mean `means[a]` and standard deviation `noise`.
    """
    score = np.eye(len(policy)) - policy  # row a: one-hot(a) − π
    mean = (policy * (means - baseline)) @ score
    second = (policy * ((means - baseline) ** 2 + noise**2)) @ score**2
    return mean, second - mean**2


def build_baseline(fig, policy, means, noise, limits):
    """Left the variance over every baseline within `limits`, right the mean of the gradient ± 1 standard deviation."""
    parabola, gradient = fig.axes
    value = float(policy @ means)
    curve = np.linspace(*limits, 201)
    total = [gradient_moments(policy, means, noise, b)[1].sum() for b in curve]
    style_axes(parabola, "Variance of one sample", "all four logits together", "baseline b")
    words = style_axes(gradient, "The gradient of each logit", "bar: mean; whisker: ± 1 standard deviation", "action")
    parabola.set(xlim=limits, ylim=(0, 1.15 * max(total)), xticks=np.linspace(*limits, 5))
    parabola.plot(curve, total, color=BLUE, linewidth=LINE_WIDTH)
    parabola.axvline(value, color=GREY, linestyle="--", linewidth=1.5)
    direct_label(parabola, value + 0.25, 0.93 * max(total), f"V = {value:.1f},\nthe usual reward", GREY, fontsize=10.5)
    gradient.set(xlim=(0.4, 4.6), xticks=[1, 2, 3, 4], ylim=(-6.5, 6.5), yticks=[-6, -3, 0, 3, 6])
    gradient.axhline(0, color=INK, linewidth=1.2)
    means_of, _ = gradient_moments(policy, means, noise, 0)
    gradient.bar(range(1, 5), means_of, width=0.62, color=BLUE)
    whiskers = gradient.plot([], [], color=VERMILLION, linewidth=2, marker="_", ms=14, mew=2)
    point = parabola.plot([], [], "o", color=VERMILLION, mec="white", ms=11, clip_on=False)
    number = parabola.text(0, 0, "", color=TEXT_TWIN[VERMILLION], fontsize=11, fontweight="bold", va="bottom")
    return {"whiskers": whiskers, "point": point, "number": number, "words": words}


def move_baseline(artists, policy, means, noise, baseline):
    """Set the baseline; returns the sentence."""
    mean, variance = gradient_moments(policy, means, noise, baseline)
    deviation, total = np.sqrt(variance), variance.sum()
    x = np.repeat(np.arange(1, len(policy) + 1.0), 3)
    ends = np.stack([mean - deviation, mean + deviation, np.full_like(mean, math.nan)], axis=1)
    artists["whiskers"][0].set_data(x, ends.ravel())
    artists["point"][0].set_data([baseline], [total])
    artists["number"].set(text=f" {total:.1f} ", x=baseline, y=total + 4, ha="left" if baseline < 10 else "right")
    least = gradient_moments(policy, means, noise, float(policy @ means))[1].sum()
    shown = ", ".join(f"{m:+.2f}" for m in mean).replace("-", "−")
    return (
        f"b = {baseline:.1f}: variance {total:.1f}, {total / least:.1f} times that at b = V. "
        f"The mean of the gradient is ({shown}), whatever b is."
    )
