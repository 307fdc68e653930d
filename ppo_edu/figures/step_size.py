"""The figures of lesson 01: the return along a gradient, many bandit runs, and the plateau they get stuck on."""

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.colors import LinearSegmentedColormap

from ppo_edu.bandit import relative_value, stuck
from ppo_edu.figures.style import (
    AXIS,
    BLUE,
    GREEN,
    GREY,
    INK,
    LINE_WIDTH,
    MUTED_TEXT,
    PURPLE,
    TEXT_TWIN,
    VERMILLION,
    direct_label,
    style_axes,
)

ARROWS = np.array([[0, 1], [1, 0], [0, -1], [-1, 0]])  # up, right, down, left, as in `ppo_edu.mdp.gridworld`
TRUSTED = 0.2  # the linear model counts as good while it is off by less than this share of the gain it promises


def trusted_until(steps, J, slope):
    """The last step before the linear model's error exceeds a fifth of the gain it promises."""
    wrong = np.abs(J - J[0] - slope * steps) > TRUSTED * slope * steps + 1e-12
    return steps[wrong.argmax() - 1] if wrong.any() else steps[-1]


def build_step(fig, steps, rows, best):
    """Explorer A: the return along the gradient beside the grid with the policy's arrows; returns what moves.

    rows: the grid's drawing, without walls; best: the return of its best policy.
    """
    fig.clear()
    ax = fig.add_axes((0.085, 0.135, 0.47, 0.665))
    grid = fig.add_axes((0.62, 0.135, 0.36, 0.665))
    style_axes(ax, "The return along the gradient", xlabel="step size", ylabel="expected return J")
    ax.set(xlim=(0, steps[-1]), ylim=(-0.45, 1.05))
    ax.axhline(best, color=MUTED_TEXT, linewidth=1, linestyle=":")
    height, width = len(rows), len(rows[0])
    title = "Where the new policy goes"
    words = style_axes(grid, title, xlabel="darker: more visits; longer: more probable")
    grid.set(xlim=(-0.5, width - 0.5), ylim=(height - 0.5, -0.5), xticks=[], yticks=[])
    grid.grid(False)
    grid.spines[:].set_visible(False)
    free = [(y, x) for y in range(height) for x in range(width) if rows[y][x] != "G"]
    marks = [
        grid.text(x - 0.46, y - 0.32, {"S": "start", "G": "goal +1"}[cell], color=INK, fontsize=10)
        for (y, x), cell in np.ndenumerate([list(row) for row in rows])
        if cell in "SG"
    ]
    lines = [grid.axvline(edge - 0.5, color=AXIS, linewidth=0.8) for edge in range(width + 1)]
    lines += [grid.axhline(edge - 0.5, color=AXIS, linewidth=0.8) for edge in range(height + 1)]
    centres = np.repeat(np.array(free)[:, ::-1], 4, axis=0)
    zero = np.zeros(len(centres))
    tints = LinearSegmentedColormap.from_list("visits", ["white", "#7DB3DC"])
    thin = {"width": 0.008, "headwidth": 3.2, "headlength": 3, "headaxislength": 3, "minlength": 0}
    return {
        "cells": grid.imshow(np.zeros((height, width)), cmap=tints, vmin=0, vmax=6, aspect="auto"),
        "marks": marks + lines,
        "arrows": grid.quiver(*centres.T, zero, zero, color=INK, angles="xy", scale_units="xy", scale=2.2, **thin),
        "trusted": ax.axvspan(0, 1, color=BLUE, alpha=0.09, lw=0),
        "trusted_words": ax.text(0, -0.43, "", color=TEXT_TWIN[BLUE], va="bottom", fontsize=10),
        "nothing": ax.plot([0, steps[-1]], [0, 0], color=VERMILLION, linewidth=1.2, linestyle="-.")[0],
        "nothing_words": ax.text(0.14 * steps[-1], 0, "", color=TEXT_TWIN[VERMILLION], va="top"),
        "linear": ax.plot([], [], color=GREY, linewidth=1.8, linestyle="--")[0],
        "J": ax.plot([], [], color=BLUE, linewidth=LINE_WIDTH)[0],
        "gap": ax.plot([], [], color=VERMILLION, linewidth=1.4)[0],
        "best_words": direct_label(
            ax, steps[-1], best + 0.05, "the best policy of this grid", GREY, ha="right", fontsize=10
        ),
        "promised": ax.plot([], [], "o", color="white", mec=MUTED_TEXT, mew=1.8, ms=8)[0],
        "found": ax.plot([], [], "o", color=BLUE, mec="white", ms=9)[0],
        "numbers": ax.annotate(
            "", (0, 1), xycoords="axes fraction", xytext=(0, 8), textcoords="offset points", color=MUTED_TEXT
        ),
        "policy": words,
    }


def move_step(artists, steps, J, slope, policy, visits, step):
    """Explorer A at `step`: J [steps] along the line, its slope at 0, the policy [4] and visits [S] there."""
    promised, found = J[0] + slope * step, np.interp(step, steps, J)
    good, peak = trusted_until(steps, J, slope), steps[J.argmax()]
    artists["J"].set_data(steps, J)
    artists["linear"].set_data(steps, J[0] + slope * steps)
    artists["gap"].set_data([step, step], [found, promised])
    artists["promised"].set_data([step], [promised])
    artists["found"].set_data([step], [found])
    artists["trusted"].set_width(good)
    artists["trusted_words"].set(text=f" good to a fifth until {good:.1f}", x=0)
    artists["nothing"].set_ydata([J[0], J[0]])
    artists["nothing_words"].set(text="not moving at all", y=J[0] - 0.02)
    artists["numbers"].set_text(f"slope at 0: {slope:.2f};  dashed: the linear model;  line: the true J")
    free = artists["arrows"].N // 4
    artists["arrows"].set_UVC(*np.tile(policy[:, None] * ARROWS * [1, -1], (free, 1)).T)
    artists["cells"].set_data(np.reshape(visits, artists["cells"].get_array().shape))
    names = ", ".join(f"{name} {p:.2f}" for name, p in zip(("up", "right", "down", "left"), policy))
    artists["policy"].set_text(names)
    verdict = "worse than not moving" if found < J[0] - 1e-9 else "a gain" if step else "where we are"
    promise = f"the linear model promises J = {promised:.2f}, measured {found:.2f}, {verdict}"
    return f"Step {step:.1f}: {promise}. The promise is good to a fifth until {good:.1f}; J peaks at {peak:.1f}."


def plot_three(ax, steps, one_row, own_rows, noisy):
    """J over step size, log scale: shared numbers, own numbers, own numbers with noisy gradients [R, steps]."""
    low, high = np.percentile(noisy, [10, 90], axis=0)
    ax.fill_between(steps, low, high, color=VERMILLION, alpha=0.18, lw=0)
    ax.plot(steps, noisy.mean(0), color=VERMILLION, linestyle="-.")
    ax.plot(steps, own_rows, color=BLUE)
    ax.plot(steps, one_row, color=INK, linestyle="--")
    ax.axhline(own_rows[0], color=GREY, linewidth=1)
    ax.text(steps[0] * 1.1, own_rows[0] - 0.02, "the start", color=MUTED_TEXT, va="top")
    ax.set(xscale="log", xlim=(steps[0], steps[-1]), ylim=(-0.5, 0.8))
    direct_label(ax, 250, 0.755, "own numbers per cell, exact", BLUE)
    direct_label(ax, 110, 0.30, f"own numbers, 4 episodes\n(mean and 10–90 % of {len(noisy)})", VERMILLION)
    direct_label(ax, 40, -0.33, "four shared numbers, exact", INK)


METHODS = {  # name: (colour, line style, marker, the marker in words)
    "policy gradient": (GREEN, ":", "s", "■"),
    "L^CPI": (GREY, "--", "v", "▼"),
    "L^CLIP": (BLUE, "-", "o", "●"),
}


def plot_sweep(axes, rates, values, lost, xlabel, titles):
    """Left the mean value of many runs and its 95 % interval, right the share of stuck runs and its interval.

    values: by method, relative values [rates, runs]; lost: by method, bools [rates, runs].
    """
    for name, runs in values.items():
        color, style, marker, _ = METHODS[name]
        look = {"color": color, "linestyle": style, "marker": marker, "ms": 6, "mec": "white"}
        mean, half = runs.mean(1), 1.96 * runs.std(1) / np.sqrt(runs.shape[1])
        axes[0].plot(rates, mean, **look)
        axes[0].fill_between(rates, mean - half, mean + half, color=color, alpha=0.2, lw=0)
        low, high = wilson(lost[name].sum(1), lost[name].shape[1])
        axes[1].plot(rates, lost[name].mean(1), **look)
        axes[1].fill_between(rates, low, high, color=color, alpha=0.2, lw=0)
    runs = next(iter(values.values())).shape[1]
    subtitle = f"mean of {runs} runs, band: 95 % interval"
    style_axes(axes[0], titles[0], subtitle, xlabel, "value over the best arm's")
    style_axes(axes[1], titles[1], subtitle, xlabel, "")
    axes[1].yaxis.set_major_formatter("{x:.0%}")
    for ax in axes:
        ax.set_xscale("log")
    axes[0].set_ylim(-0.6, 1.08)
    axes[1].set_ylim(-0.02, 1.0)


def label_sweep(axes, *places):
    """Name the methods: on each axes, label → data point; a label begins with its method's name."""
    for ax, labels in zip(axes, places):
        for label, point in labels.items():
            color, *_, sign = METHODS[label.split(",")[0]]
            direct_label(ax, *point, f"{sign} {label}", color, fontsize=10.5)


def wilson(count, of, z=1.96):
    """Wilson's 95 % interval of a share, (low, high): unlike mean ± error it is not empty at 0 of 100."""
    share = count / of
    middle = (share + z**2 / (2 * of)) / (1 + z**2 / of)
    half = z / (1 + z**2 / of) * np.sqrt(share * (1 - share) / of + z**2 / (4 * of**2))
    return middle - half, middle + half


DRAWN = 20  # runs drawn as lines: more of them are a carpet
ENDS = ("on the best arm", "undecided", "stuck on a wrong arm")


def build_runs(fig, iterations):
    """Explorer B: the runs' values over time, and how the runs end; returns what moves."""
    fig.clear()
    ax = fig.add_axes((0.085, 0.135, 0.55, 0.665))
    ends = fig.add_axes((0.70, 0.135, 0.28, 0.665))
    style_axes(ax, "Single runs, and the mean", xlabel="iteration", ylabel="value over the best arm's")
    ax.set(xlim=(0, iterations), ylim=(-1.05, 1.05))
    style_axes(ends, "How the runs end")
    ends.set(xlim=(0, 1.18), ylim=(2.6, -0.6), yticks=[], xticks=[0, 0.5, 1])
    ends.xaxis.set_major_formatter("{x:.0%}")
    ends.grid(False)
    colors = (BLUE, GREY, VERMILLION)
    for row, (name, color) in enumerate(zip(ENDS, colors)):
        ends.text(0, row - 0.42, name, color=TEXT_TWIN[color], fontsize=11)
    bars = ends.barh(range(3), [0.5] * 3, height=0.5, color=colors, hatch=None)
    bars[2].set_hatch("//")
    groups = [LineCollection([], colors=color, linewidths=1.0, alpha=0.5) for color in colors]
    for group in groups:
        ax.add_collection(group, autolim=False)
    return {
        "runs": groups,
        "mean": ax.plot([], [], color=INK, linewidth=LINE_WIDTH)[0],
        "bars": list(bars),
        "shares": [ends.text(0, row, "", va="center", color=INK, fontsize=11) for row in range(3)],
        "setting": ax.annotate(
            "", (0, 1), xycoords="axes fraction", xytext=(0, 8), textcoords="offset points", color=MUTED_TEXT
        ),
    }


def move_runs(artists, policies, means, setting):
    """Explorer B for policies [iterations + 1, runs, arms] trained on `means`; `setting` is said in words."""
    values, last = relative_value(policies, means), policies[-1]
    wrong = stuck(last, means)
    solved = ~wrong & (last.max(-1) > 0.95)
    iterations = np.arange(len(values))
    for group, which in zip(artists["runs"], (solved, ~wrong & ~solved, wrong)):
        group.set_segments([np.column_stack([iterations, run]) for run in values[:, :DRAWN][:, which[:DRAWN]].T])
    artists["mean"].set_data(iterations, values.mean(1))
    shares = [solved.mean(), 1 - solved.mean() - wrong.mean(), wrong.mean()]
    for bar, words, share in zip(artists["bars"], artists["shares"], shares):
        bar.set_width(share)
        words.set(text=f" {share:.0%}", x=share)
    artists["setting"].set_text(f"{setting}; {min(DRAWN, len(last))} of {len(last)} runs, black: the mean of all")
    return (
        f"{setting}: {shares[0]:.0%} of {values.shape[1]} runs end with over 95 % on the best arm, {shares[2]:.0%} "
        f"with over 95 % on a wrong one, {shares[1]:.0%} undecided. Mean value over the best arm's: "
        f"{values[-1].mean():+.2f}."
    )


def gradient_norm(policies, means):
    """‖∂J/∂z‖ with ∂J/∂z(a) = π(a)(mean(a) − J), exact: policies [..., runs, arms] → [..., runs]."""
    J = (policies * means).sum(-1, keepdims=True)
    return np.linalg.norm(policies * (means - J), axis=-1)


def plot_plateau(ax, lead, norm, others):
    """Over the lead of one logit: the exact gradient's norm, and the chance that a batch holds any other arm."""
    ax.plot(lead, norm, color=INK)
    ax.plot(lead, others, color=PURPLE, linestyle="--")
    ax.set(yscale="log", xlim=(0, lead[-1]), ylim=(norm.min() / 3, 4))
    beside, below = len(lead) * 9 // 20, len(lead) * 2 // 5
    direct_label(ax, lead[beside] + 0.4, others[beside] * 1.6, "a batch holds another arm", PURPLE)
    direct_label(ax, lead[below] - 0.4, norm[below] / 1.6, "gradient norm", INK, ha="right")


def plot_norms(ax, norms, groups):
    """Median gradient norm over iterations, middle half shaded: norms [iterations + 1, runs], groups: name → runs."""
    looks = ((BLUE, "-", 0.62, 4), (VERMILLION, "--", 0.05, 0.04))
    for (name, which), (color, style, along, times) in zip(groups.items(), looks):
        low, middle, high = np.maximum(np.percentile(norms[:, which], [25, 50, 75], axis=1), 1e-12)
        ax.fill_between(np.arange(len(norms)), low, high, color=color, alpha=0.18, lw=0)
        ax.plot(middle, color=color, linestyle=style)
        at = int(along * len(norms))
        direct_label(ax, at, middle[at] * times, name, color)
    ax.set(yscale="log", xlim=(0, len(norms) - 1))
