"""The first figures of lesson 06: the loss of one prediction of the critic, and the push of the entropy bonus."""

import numpy as np
from matplotlib.patches import Rectangle

from ppo_edu.entropy import categorical_entropy, entropy_gradient
from ppo_edu.figures.style import (
    BLUE,
    GREY,
    INK,
    LINE_WIDTH,
    MUTED_TEXT,
    VERMILLION,
    direct_label,
    style_axes,
)
from ppo_edu.loss import clipped_value_loss, value_loss
from ppo_edu.mdp import softmax

VALUES = np.linspace(-2, 6, 801)
SHARPNESS = np.linspace(0, 5, 101)


def value_slope(values, old_value, target, eps):
    """d/dV of the clipped value loss: V − V̂ where the plain part is the larger, else 0. values [P] → [P]."""
    near = old_value + np.clip(values - old_value, -eps, eps)
    plain = np.abs(values - target) >= np.abs(near - target)
    return np.where(plain, values - target, 0.0)


def build_critic(fig):
    """Explorer A: the loss of one prediction V, plain and clipped, and its slope below; returns what moves."""
    fig.clear()
    top, below = fig.add_axes((0.085, 0.45, 0.89, 0.41)), fig.add_axes((0.085, 0.12, 0.89, 0.20))
    style_axes(top, "The loss of one prediction", "", "", "loss")
    style_axes(below, xlabel="the critic's prediction V", ylabel="slope")
    ticks = np.arange(-2, 7)
    top.set(xlim=(-2, 6), ylim=(0, 8.5), xticks=ticks, yticks=[0, 2, 4, 6, 8])
    below.set(xlim=(-2, 6), ylim=(-6, 6), xticks=ticks, yticks=[-4, 0, 4])
    top.set_xticklabels([])
    flat = {"fc": "#FDEDE3", "ec": "#F3B48C", "hatch": "//", "lw": 0}
    return {
        "flat": [ax.add_patch(Rectangle((0, -9), 1, 18, **flat)) for ax in (top, below)],
        "plain": top.plot(VALUES, VALUES, color=GREY, linestyle="--", linewidth=1.8)[0],
        "clipped": top.plot(VALUES, VALUES, color=BLUE, linewidth=LINE_WIDTH)[0],
        "plain_slope": below.plot(VALUES, VALUES, color=GREY, linestyle="--", linewidth=1.8)[0],
        "slope": below.plot(VALUES, VALUES, color=BLUE, linewidth=2.4)[0],
        "marks": [top.plot([0, 0], [0, 8.5], color=INK, linestyle=":", linewidth=1.5)[0] for _ in range(2)],
        "dots": [ax.plot([0], [0], "o", color=INK, mec="white", ms=10)[0] for ax in (top, below)],
        "none": direct_label(top, 0, 7.7, "slope 0", VERMILLION, ha="center", fontweight="bold"),
        "words": _subtitle(top),
        "names": [direct_label(top, 0, 0, "", ha="left", fontsize=10.5) for _ in range(2)],
    }


def move_critic(artists, value, old_value, target, eps):
    """Explorer A: V = `value`, V_old and V̂ as given, value clipping with ε = `eps`; returns the sentence."""
    old_values, targets = np.full_like(VALUES, old_value), np.full_like(VALUES, target)
    slopes = value_slope(VALUES, old_value, target, eps)
    artists["plain"].set_ydata(value_loss(VALUES, targets))
    artists["clipped"].set_ydata(clipped_value_loss(VALUES, old_values, targets, eps))
    artists["plain_slope"].set_ydata(VALUES - target)
    artists["slope"].set_ydata(slopes)
    # The flat part begins where V has gone ε towards the target and ends as far beyond the target.
    sign = np.sign(target - old_value)
    first = old_value + sign * eps
    is_flat = (target - first) * sign > 0
    left, right = sorted((first, 2 * target - first))
    for patch in artists["flat"]:
        patch.set(x=left, width=right - left, visible=bool(is_flat))
    edges = max(left, -2), min(right, 6)
    artists["none"].set(x=0.7 * edges[0] + 0.3 * edges[1], visible=bool(is_flat and edges[1] - edges[0] > 1))
    for mark, label, x, words, y in zip(
        artists["marks"], artists["names"], (old_value, target), ("V_old", "target"), (6.4, 5.4), strict=True
    ):
        mark.set_xdata([x, x])
        label.set(x=x + 0.06, y=y, text=words)
    loss = clipped_value_loss(value, old_value, target, eps)
    slope = float(value_slope(np.array([value]), old_value, target, eps)[0])
    artists["dots"][0].set_data([value], [loss])
    artists["dots"][1].set_data([value], [slope])
    artists["words"].set_text(
        f"dashed: ½(V − V̂)²   solid: clipped, ε = {eps:.2f}   "
        f"dot: V = {value:.2f}, loss {loss:.2f}, slope {_signed(slope)}"
    )
    went = (value - old_value) * sign
    if slope == 0 and value != target:
        verdict = f"V has gone {went:.2f} in the target's direction, more than ε: it gets no gradient"
    elif went < 0:
        verdict = "V has gone away from the target: it is pulled back as without the clip"
    else:
        verdict = "the clip changes nothing here"
    return (
        f"V_old {old_value:.2f}, target {target:.2f}, V {value:.2f}. Slope without clipping {_signed(value - target)}, "
        f"with ε = {eps:.2f} it is {_signed(slope)}: {verdict}."
    )


def _signed(number):
    return f"{number:+.2f}" if round(number, 2) else "0"


def build_entropy(fig):
    """Explorer B: four probabilities with the bonus's push on each, and entropy and push as the policy sharpens."""
    fig.clear()
    left, right = fig.add_axes((0.075, 0.14, 0.41, 0.68)), fig.add_axes((0.60, 0.14, 0.37, 0.68))
    style_axes(left, "The policy, and the push on its logits", "", "action", "probability")
    style_axes(right, "The same logits, flatter or sharper", "", "all logits times …", "nats")
    left.set(xlim=(-0.6, 3.6), ylim=(0, 1.3), xticks=range(4), yticks=[0, 0.25, 0.5, 0.75, 1])
    left.set_xticklabels(["1", "2", "3", "4"])
    left.axhline(0.25, color=GREY, linestyle="--", linewidth=1.5)
    right.set(xlim=(0, 5), ylim=(0, 1.75), xticks=range(6), yticks=[0, 0.5, 1, np.log(4)])
    right.set_yticklabels(["0", "0.5", "1", "log 4"])
    for y, words, color in ((1.66, "solid: entropy S", INK), (1.52, "dashed: length of ∂S/∂z", VERMILLION)):
        direct_label(right, 4.9, y, words, color, ha="right", fontsize=10.5)
    arrow = {"arrowstyle": "-|>", "lw": 3, "shrinkA": 0, "shrinkB": 0, "mutation_scale": 16}
    return {
        "probs": list(left.bar(range(4), [0.25] * 4, 0.5, color=BLUE, alpha=0.75)),
        "arrows": [
            left.annotate("", xy=(k, 1), xytext=(k, 0), arrowprops=arrow | {"color": VERMILLION}) for k in range(4)
        ],
        "numbers": [left.text(k, 1.2, "", ha="center", fontsize=10.5, color=INK) for k in range(4)],
        "entropy": right.plot(SHARPNESS, SHARPNESS, color=INK, linewidth=LINE_WIDTH)[0],
        "push": right.plot(SHARPNESS, SHARPNESS, color=VERMILLION, linewidth=LINE_WIDTH, linestyle=(0, (4, 1)))[0],
        "cursor": right.plot([1, 1], [0, 1.75], color=INK, linestyle=":", linewidth=1.5)[0],
        "words": [_subtitle(ax) for ax in (left, right)],
    }


def move_entropy(artists, logits, ent_coef):
    """Explorer B for `logits` [4] and c2 = `ent_coef`; returns the sentence."""
    logits = np.asarray(logits, dtype=float)
    probs, entropy, push = softmax(logits), float(categorical_entropy(logits)), entropy_gradient(logits)
    for k in range(4):
        artists["probs"][k].set_height(probs[k])
        # Bars stop at 1; an arrow of ∂S/∂z = ±0.5 is half as long as a bar of probability 1.
        arrow = artists["arrows"][k]
        arrow.set_position((k, probs[k]))
        arrow.xy = (k, probs[k] + push[k])
        arrow.set_visible(bool(abs(push[k]) > 0.01))
        artists["numbers"][k].set_text(f"{ent_coef * push[k] + 0.0:+.5f}".replace("-0.00000", "+0.00000"))
    several = SHARPNESS[:, None] * logits
    lengths = np.linalg.norm(entropy_gradient(several), axis=-1)
    artists["entropy"].set_ydata(categorical_entropy(several))
    artists["push"].set_ydata(lengths)
    length = float(np.linalg.norm(push))
    artists["words"][0].set_text(f"bar: π · arrow: ∂S/∂z · number: c₂ ∂S/∂z, c₂ = {ent_coef:g}")
    artists["words"][1].set_text(f"at 1: S = {entropy:.3f}, length of ∂S/∂z {length:.3f}")
    said = ", ".join(f"{p:.3f}" for p in probs)
    if length < 0.005:
        why = "uniform over the actions that are left"
        if entropy > 1.3:
            why = "uniform, nothing left to gain"
        elif entropy < 0.1:
            why = "nearly certain, so every push is tiny"
        verdict = f"The push is almost nothing: the policy is {why}."
    else:
        down = int(push.argmin())
        verdict = (
            f"The bonus lowers what is likely, logit {down + 1} most ({push[down]:+.3f}), and lifts what is rarer."
        )
    return f"π = ({said}): S = {entropy:.3f} of at most {np.log(4):.3f} nats. {verdict}"


def _subtitle(ax):
    return ax.text(0, 1.03, "", transform=ax.transAxes, color=MUTED_TEXT, fontsize=10.5)
