"""The figures of lesson 07: a trajectory, the ratios after an update, learning curves."""

import math

import numpy as np

from ppo_edu.figures.style import BLUE, GREY, INK, VERMILLION, direct_label


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
