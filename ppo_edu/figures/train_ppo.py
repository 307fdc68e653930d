"""The figures of lesson 07: a trajectory, the ratios after an update, each of its minibatches, learning curves."""

import math
from typing import NamedTuple

import numpy as np

from ppo_edu.clip import clip_fraction, gradient_is_zero, zero_gradient_fraction
from ppo_edu.figures.style import (
    BLUE,
    GREY,
    INK,
    LINE_WIDTH,
    TEXT_TWIN,
    VERMILLION,
    VERMILLION_TINT,
    direct_label,
    style_axes,
)


def plot_trajectory(ax, deltas, advantages, dones):
    """TD errors as bars, advantages as a line that breaks at the ends of episodes. All [T]."""
    steps = np.arange(len(deltas))
    ax.bar(steps, deltas, width=0.8, color=GREY, alpha=0.55)
    direct_label(ax, 1, 0.5, "TD errors δ", INK)
    direct_label(ax, 1, 1.06 * max(advantages[:10]), "advantages Â", BLUE, va="bottom")
    ends = np.flatnonzero(dones)
    for first, last in zip(np.append(0, ends + 1), np.append(ends + 1, len(deltas)), strict=True):
        ax.plot(steps[first:last], advantages[first:last], color=BLUE)
    for end in ends:
        ax.axvline(end + 0.5, color=VERMILLION, linestyle="--", linewidth=1.2)
    ax.set_xlim(-1, len(deltas))
    ax.margins(y=0.12)


def plot_ratios(ax, ratio, clip_eps, bins=60, limits=(0.5, 1.6)):
    """Histogram of the probability ratio: the band blue, what has left it vermillion and hatched. [B]."""
    edges = np.linspace(*limits, bins + 1)
    counts, _ = np.histogram(np.clip(ratio, *limits), edges)
    middles = (edges[1:] + edges[:-1]) / 2
    inside = np.abs(middles - 1) <= clip_eps
    width = edges[1] - edges[0]
    ax.bar(middles[inside], counts[inside], width, color=BLUE, alpha=0.85)
    ax.bar(middles[~inside], counts[~inside], width, color=VERMILLION, alpha=0.85, hatch="///", edgecolor="white")
    for edge in (1 - clip_eps, 1 + clip_eps):
        ax.axvline(edge, color=INK, linestyle=":", linewidth=1.2)
    ax.set_yscale("symlog", linthresh=1)  # a few samples far out matter; on a plain axis nobody sees them
    ax.set_ylim(0, 10 ** math.ceil(math.log10(counts.max() + 1)))
    ax.set_xticks([limits[0], 1 - clip_eps, 1, 1 + clip_eps, limits[1]])
    ax.set_xticklabels([f"{limits[0]:g}", "1−ε", "1", "1+ε", f"{limits[1]:g}"])
    ax.set_yticks([0, 10, 100, 1000], ["0", "10", "100", "1000"])
    ax.minorticks_off()


def plot_outside(ax, outside, steps_per_epoch):
    """Share of the batch whose ratio is outside the band, after each gradient step; epochs divided by dashes."""
    steps = np.arange(1, len(outside) + 1)
    ax.fill_between(steps, outside, color=VERMILLION, alpha=0.18, linewidth=0)
    ax.plot(steps, outside, color=VERMILLION)
    for step in steps[steps_per_epoch - 1 : -1 : steps_per_epoch]:
        ax.axvline(step + 0.5, color=GREY, linestyle="--", linewidth=1)
    ax.set_xlim(1, len(outside))
    ax.set_ylim(0, max(0.1, 1.15 * max(outside)))
    ax.yaxis.set_major_formatter("{x:.0%}")


class Step(NamedTuple):
    """One minibatch as the update met it, and what its step did."""

    ratio: np.ndarray  # [B]
    advantages: np.ndarray  # [B] normalised
    clip_objective: float  # L^CLIP
    value_loss: float  # L^VF
    entropy: float  # S
    objective: float  # L
    objective_after: float  # L on the same rows after the step
    grad_norm: float  # before it was cut


FORMULA = (  # place in the figure, what stands above, what stands below
    (0.12, "$L$", "objective"),
    (0.21, "$=$", None),
    (0.31, r"$L^{\mathrm{CLIP}}$", "clip_objective"),
    (0.41, "$-$", None),
    (0.48, "$c_1$", "vf_coef"),
    (0.54, r"$\cdot$", None),
    (0.62, r"$L^{\mathrm{VF}}$", "value_loss"),
    (0.71, "$+$", None),
    (0.78, "$c_2$", "ent_coef"),
    (0.84, r"$\cdot$", None),
    (0.91, "$S$", "entropy"),
)


def build_steps(fig, steps, clip_eps, steps_per_epoch):
    """The minibatches of one update: the objective in numbers, every sample, and who is outside; returns what moves."""
    cloud, shares = fig.axes
    for ax in fig.axes:
        left, bottom, width, height = ax.get_position().bounds
        ax.set_position([left, bottom, width, height - 0.17])  # room for the formula
    _draw_silence(cloud, steps, clip_eps)
    _draw_shares(shares, steps, clip_eps, steps_per_epoch)
    numbers = {}
    for x, symbol, name in FORMULA:
        fig.text(x, 0.925, symbol, ha="center", fontsize=17, color=INK)
        if name:
            numbers[name] = fig.text(x, 0.855, "", ha="center", fontsize=13, fontweight="bold", color=TEXT_TWIN[BLUE])
    dots = {"linestyle": "", "ms": 4.5}
    return {
        "numbers": list(numbers.values()),
        "learning": cloud.plot([], [], "o", color=BLUE, alpha=0.6, **dots),
        "pulled": cloud.plot([], [], "D", color=INK, **dots),
        "silent": cloud.plot([], [], "o", mfc="white", mec=VERMILLION, mew=1.3, **dots),
        "cursor": shares.axvline(1, color=INK, linewidth=1.5),
        "marks": shares.plot([], [], "o", color=VERMILLION, mec="white", ms=10, clip_on=False),
    }


def _draw_silence(ax, steps, clip_eps):
    """Ratio against advantage: the two corners without a gradient tinted, all four outside the band named."""
    low, high = (f([f(step.ratio) for step in steps]) for f in (np.min, np.max))
    reach = max(1 - low, high - 1, 2 * clip_eps) * 1.05
    height = max(np.abs(step.advantages).max() for step in steps) * 1.5
    shapes = "hollow: silent; diamonds: pulled back"
    style_axes(ax, "Every sample of this minibatch", shapes, "probability ratio", "advantage, normalised")
    ax.set(xlim=(1 - reach, 1 + reach), ylim=(-height, height))
    ax.set_xticks([1 - clip_eps, 1, 1 + clip_eps], ["1−ε", "1", "1+ε"])
    for edge, side in ((1 + clip_eps, 1), (1 - clip_eps, -1)):
        ax.fill_between([edge, 1 + side * reach], 0, side * height, color=VERMILLION_TINT, linewidth=0)
        ax.axvline(edge, color=INK, linestyle=":", linewidth=1.2)
    ax.axhline(0, color=INK, linewidth=1)
    for x, y, words, color in (
        (0.99, 0.985, "good, likelier:\nsilent", VERMILLION),
        (0.01, 0.985, "good, rarer:\npulled back", INK),
        (0.01, 0.015, "bad, rarer:\nsilent", VERMILLION),
        (0.99, 0.015, "bad, likelier:\npulled back", INK),
    ):
        place = {"ha": "right" if x > 0.5 else "left", "va": "top" if y > 0.5 else "bottom", "fontsize": 9.5}
        direct_label(ax, x, y, words, color, transform=ax.transAxes, **place)


def _draw_shares(ax, steps, clip_eps, steps_per_epoch):
    """Of each minibatch as it was met: the share outside the band, and the share without a gradient."""
    at = np.arange(1, len(steps) + 1)
    outside = np.array([clip_fraction(step.ratio, clip_eps) for step in steps])
    silent = np.array([zero_gradient_fraction(step.ratio, step.advantages, clip_eps) for step in steps])
    style_axes(ax, "All minibatches of this update", "dash-dot: without a gradient; dashed: a new epoch", "minibatch")
    ax.plot(at, outside, color=VERMILLION, linewidth=LINE_WIDTH)
    ax.plot(at, silent, color=INK, linewidth=1.8, linestyle="-.")
    top = max(0.1, 1.25 * outside.max())
    ax.set(xlim=(0.5, len(steps) + 0.5), ylim=(0, top), xticks=at[:: max(1, steps_per_epoch)])
    ax.yaxis.set_major_formatter("{x:.0%}")
    peak = int(outside.argmax())
    direct_label(ax, at[peak], outside[peak] + 0.05 * top, "outside the band", VERMILLION, ha="center", va="bottom")
    for step in at[steps_per_epoch - 1 : -1 : steps_per_epoch]:
        ax.axvline(step + 0.5, color=GREY, linestyle="--", linewidth=1)


def move_steps(artists, steps, number, clip_eps, vf_coef, ent_coef, steps_per_epoch, max_grad_norm):
    """Show minibatch `number`, counted from 1; returns the sentence."""
    step = steps[number - 1]
    values = [getattr(step, name, None) for _, _, name in FORMULA if name]
    shown = [f"{value:+.4f}".replace("-", "−") for value in values if value is not None]
    for text, value in zip(artists["numbers"], [*shown[:2], f"{vf_coef:g}", shown[2], f"{ent_coef:g}", shown[3]]):
        text.set_text(value)
    out = np.abs(step.ratio - 1) > clip_eps
    silent = np.asarray(gradient_is_zero(step.ratio, step.advantages, clip_eps))
    for name, rows in (("learning", ~out & ~silent), ("pulled", out & ~silent), ("silent", silent)):
        artists[name][0].set_data(step.ratio[rows], step.advantages[rows])
    fraction = clip_fraction(step.ratio, clip_eps)
    artists["cursor"].set_xdata([number, number])
    artists["marks"][0].set_data([number], [fraction])
    epoch, part = divmod(number - 1, steps_per_epoch)
    change = step.objective_after - step.objective
    cut = f", cut to {max_grad_norm:g}" if step.grad_norm > max_grad_norm else ""
    return (
        f"Epoch {epoch + 1}, minibatch {part + 1} of {steps_per_epoch}, {len(step.ratio)} samples: ratios "
        f"{step.ratio.min():.2f} to {step.ratio.max():.2f}; {fraction:.1%} outside the band, {silent.mean():.1%} "
        f"without a gradient. The step {'raises' if change > 0 else 'lowers'} L on these samples by {abs(change):.4f}; "
        f"its gradient has length {step.grad_norm:.2f}{cut}."
    )


def plot_learning_curves(ax, env_steps, returns, color=BLUE, label="", label_at=(0, 0)):
    """One faint line per seed, their mean bold, the middle half shaded; `returns` [S, I], nan where unknown.

    `label` is written at data point `label_at`.
    """
    for line in returns:
        ax.plot(env_steps, line, color=color, linewidth=0.8, alpha=0.35)
    mean = np.nanmean(returns, axis=0)
    low, high = np.nanpercentile(returns, [25, 75], axis=0)
    ax.fill_between(env_steps, low, high, color=color, alpha=0.18, linewidth=0)
    ax.plot(env_steps, mean, color=color)
    direct_label(ax, *label_at, label, color, fontweight="bold")
    ax.set_ylim(0, 560)
    ax.set_yticks(range(0, 501, 100))
    ax.set_xlim(0, env_steps[-1])
    ax.set_xticks([0, 25_000, 50_000, 75_000], ["0", "25k", "50k", "75k"])
