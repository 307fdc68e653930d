"""Further figures of lesson 06: the objective on the simplex, the deceptive bandit, corners, the reward's scale."""

import numpy as np
from matplotlib.patches import Polygon

from ppo_edu.figures.style import (
    BLUE,
    GREEN,
    GREY,
    INK,
    LINE_WIDTH,
    MUTED_TEXT,
    ORANGE,
    TEXT_TWIN,
    VERMILLION,
    direct_label,
    style_axes,
)
from ppo_edu.mdp import softmax

REWARDS = np.array([1.0, 0.7, 0.0])
CORNERS = np.array([[0.5, 3**0.5 / 2], [0.0, 0.0], [1.0, 0.0]])  # best above, decoy left, worst right
GRID = np.array([(i, j, 12 - i - j) for i in range(13) for j in range(13 - i)]) / 12 * 0.97 + 0.01
STEPS = 400


def ascent(logits, ent_coef, steps=STEPS):
    """Gradient ascent with step 1 on E[R] + c2·S, exactly, for the three rewards: the policies [steps + 1, 3]."""
    policies = [softmax(logits)]
    for _ in range(steps):
        logits = logits + logit_gradient(policies[-1], ent_coef)
        policies.append(softmax(logits))
    return np.stack(policies)


def logit_gradient(policies, ent_coef):
    """∂(E[R] + c2·S)/∂z of policies [..., 3]: the policy gradient of the rewards R − c2·log π."""
    rewards = REWARDS - ent_coef * np.log(policies)
    return policies * (rewards - (policies * rewards).sum(-1, keepdims=True))


def build_simplex(fig):
    """Explorer C: where the objective pushes every policy over three actions; returns what moves."""
    fig.clear()
    left, right = fig.add_axes((0.01, 0.03, 0.53, 0.80)), fig.add_axes((0.63, 0.14, 0.35, 0.68))
    style_axes(left, "Where one step moves a policy")
    style_axes(right, f"The path, {STEPS} exact steps", "", "step", "probability")
    left.set(xlim=(-0.16, 1.16), ylim=(-0.10, 0.98), aspect="equal", anchor="N", xticks=[], yticks=[])
    left.spines[:].set_visible(False)
    left.grid(False)
    left.add_patch(Polygon(CORNERS, fc="none", ec=INK, lw=1.5))
    for words, x, y in (("best arm, 1.0", 0.5, 0.92), ("decoy, 0.7", 0, -0.06), ("0.0", 1, -0.06)):
        left.text(x, y, words, ha="center", va="center", fontsize=11)
    right.set(xlim=(0, STEPS), ylim=(0, 1.05), xticks=[0, 100, 200, 300, 400], yticks=[0, 0.25, 0.5, 0.75, 1])
    times = np.arange(STEPS + 1)
    at = GRID @ CORNERS
    settings = {"angles": "xy", "scale_units": "xy", "scale": 0.7, "width": 0.006, "color": GREY, "zorder": 2}
    return {
        "arrows": left.quiver(*at.T, *np.zeros_like(at).T, **settings),
        "path": left.plot([], [], color=BLUE, linewidth=LINE_WIDTH)[0],
        "start": left.plot([], [], "o", color="white", mec=BLUE, mew=2, ms=9)[0],
        "end": left.plot([], [], "o", color=BLUE, mec="white", ms=10)[0],
        "best": left.plot([], [], "D", color=ORANGE, mec=INK, ms=10)[0],
        "lines": [
            right.plot(times, times, color=color, linewidth=LINE_WIDTH, linestyle=style)[0]
            for color, style in ((BLUE, "-"), (VERMILLION, (0, (4, 1))), (GREY, ":"))
        ],
        "labels": [
            direct_label(right, 0.97 * STEPS, 0, words, color, ha="right", fontsize=10.5)
            for words, color in (("solid: best", BLUE), ("dashed: decoy", VERMILLION), ("dotted: rest", GREY))
        ],
        "words": [_subtitle(ax) for ax in (left, right)],
    }


def move_simplex(artists, ent_coef, start):
    """Explorer C: c2 = `ent_coef`, the path begins with the decoy at probability `start`; returns the sentence."""
    # A small change of logits g changes π by (diag π − π πᵀ) g.
    push = logit_gradient(GRID, ent_coef)
    change = GRID * (push - (GRID * push).sum(-1, keepdims=True))
    artists["arrows"].set_UVC(*(change @ CORNERS).T)
    rest = 1 - start
    policies = ascent(np.log([0.2 * rest, start, 0.8 * rest]), ent_coef)
    optimum = softmax(REWARDS / ent_coef) if ent_coef else np.array([1.0, 0, 0])
    artists["path"].set_data(*(policies @ CORNERS).T)
    for name, policy in (("start", policies[0]), ("end", policies[-1]), ("best", optimum)):
        artists[name].set_data(*(policy @ CORNERS)[:, None])
    _place_key(artists["labels"], policies[-1])
    for line, probabilities in zip(artists["lines"], policies.T, strict=True):
        line.set_ydata(probabilities)
    worth = optimum @ REWARDS
    artists["words"][0].set_text(f"c₂ = {ent_coef:g} · ◆ optimum with the bonus, reward {worth:.3f}")
    artists["words"][1].set_text(f"○ → ●: reward {policies[0] @ REWARDS:.3f} → {policies[-1] @ REWARDS:.3f}")
    half = np.flatnonzero(policies[:, 0] > 0.5)
    when = f"passes one half after {half[0]} steps" if len(half) else f"has not reached one half after {STEPS} steps"
    moved = "with certainty" if ent_coef == 0 else f"with probability {optimum[0]:.3f}"
    return (
        f"c2 = {ent_coef:g}: the objective's optimum plays the best arm {moved} and earns {worth:.3f} of 1. From a "
        f"policy with the decoy at {start:g}, the best arm {when}; it ends at {policies[-1, 0]:.3f}."
    )


def _subtitle(ax):
    return ax.text(0, 1.03, "", transform=ax.transAxes, color=MUTED_TEXT, fontsize=10.5)


def _place_key(labels, ends):
    """Put the three labels, one above the other, where the lines leave the most room at their ends."""
    levels = np.sort([0, *ends, 1])
    widest = np.diff(levels).argmax()
    middle = levels[widest : widest + 2].mean()
    for label, above in zip(labels, (0.08, 0, -0.08), strict=True):
        label.set_y(middle + above)


def build_deceptive(fig, stops, values, iterations):
    """Explorer D: value against c2, constant and decayed, and what the runs do; returns what moves.

    stops: the values of c2; values: by schedule ("constant", "decayed to 0") the value of every run [stops, runs];
    iterations: how many the runs have.
    """
    fig.clear()
    left, right = fig.add_axes((0.075, 0.14, 0.41, 0.68)), fig.add_axes((0.58, 0.14, 0.40, 0.68))
    style_axes(left, "What the runs earn in the end", "", "entropy bonus c₂", "share of the best arm's reward")
    style_axes(right, "What the runs play", "", "iteration", "probability, mean of the runs")
    places = np.arange(len(stops))
    left.set(xlim=(-0.4, len(stops) - 0.6), ylim=(0.35, 1.08), xticks=places, yticks=[0.4, 0.6, 0.7, 0.8, 1.0])
    left.set_xticklabels([f"{stop:g}" for stop in stops])
    left.axhline(0.7, color=GREY, linestyle=":", linewidth=1.5)
    direct_label(left, -0.25, 0.672, "the decoy's 0.7", GREY, fontsize=10.5)
    styles = {"constant": (BLUE, "-", -1.55, 0.5), "decayed to 0": (GREEN, (0, (4, 1)), -0.85, 1.045)}
    for name, (color, style, x, y) in styles.items():
        mean, error = values[name].mean(1), values[name].std(1) / np.sqrt(values[name].shape[1])
        left.fill_between(places, mean - 1.96 * error, mean + 1.96 * error, color=color, alpha=0.2, lw=0)
        left.plot(places, mean, color=color, linewidth=LINE_WIDTH, linestyle=style)
        words = f"{'solid' if style == '-' else 'dashed'}: {name}"
        direct_label(left, len(stops) + x, y, words, color, ha="right", fontsize=10.5)
    right.set(xlim=(0, iterations), ylim=(0, 1.08), yticks=[0, 0.25, 0.5, 0.75, 1])
    lines = ((BLUE, "-"), (VERMILLION, (0, (4, 1))), (GREY, ":"))
    return {
        "cursor": left.plot([0, 0], left.get_ylim(), color=INK, linestyle=":", linewidth=1.5)[0],
        "dot": left.plot([0], [0], "o", color=INK, mec="white", ms=10)[0],
        "lines": [right.plot([], [], color=color, linewidth=LINE_WIDTH, linestyle=style)[0] for color, style in lines],
        "labels": [
            direct_label(right, 0.98 * iterations, 0, words, color, ha="right", fontsize=10.5)
            for words, color in (("solid: best", BLUE), ("dashed: decoy", VERMILLION), ("dotted: the other 8", GREY))
        ],
        "words": [_subtitle(ax) for ax in (left, right)],
    }


def move_deceptive(artists, stops, values, course, ends, ent_coef, schedule):
    """Explorer D: c2 = `ent_coef`, one of `stops`; returns the sentence.

    course, ends: by (c2, schedule) the mean probability of best, decoy and rest along the runs [I + 1, 3], and of
    every run in the end [runs, 3].
    """
    place, lines, last = stops.index(ent_coef), course[ent_coef, schedule], ends[ent_coef, schedule]
    worth = values[schedule][place]
    artists["cursor"].set_xdata([place, place])
    artists["dot"].set_data([place], [worth.mean()])
    for line, probabilities in zip(artists["lines"], lines.T, strict=True):
        line.set_data(np.arange(len(lines)), probabilities)
    _place_key(artists["labels"], lines[-1])
    found, stuck = (last[:, 0] > 0.5).mean(), (last[:, 1] > 0.5).mean()
    artists["words"][0].set_text(f"c₂ = {ent_coef:g}, {schedule}: {worth.mean():.3f} (band: 95 % interval)")
    artists["words"][1].set_text(f"best > ½ in {found:.0%} of {len(last)} runs, decoy > ½ in {stuck:.0%}")
    undecided = 1 - found - stuck
    open_ends = f" {undecided:.0%} prefer nothing by more than half." if undecided > 0.005 else ""
    return (
        f"c2 = {ent_coef:g}, {schedule}, {len(last)} runs: {found:.0%} end with the best arm above one half, "
        f"{stuck:.0%} with the decoy.{open_ends} Mean reward {worth.mean():.3f} of the best arm's."
    )


def plot_corner(ax, away, places, title):
    """1 − π(decoy) of every run by step, [steps, runs] by name: medians and quartiles, each named at its place."""
    style_axes(ax, title, "line: median of the runs, band: their quartiles", "step", "1 − π(decoy), log scale")
    ax.set(yscale="log", ylim=(3e-6, 3), yticks=[1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1])
    ax.set_yticklabels(["10⁻⁵", "10⁻⁴", "0.001", "0.01", "0.1", "1"])
    ax.minorticks_off()
    styles = ((GREY, ":"), (VERMILLION, (0, (4, 1))), (BLUE, "-"))
    for (name, runs), place, (color, style) in zip(away.items(), places, styles, strict=True):
        steps = np.arange(len(runs))
        ax.fill_between(steps, *np.percentile(runs, [25, 75], axis=1), color=color, alpha=0.15, lw=0)
        ax.plot(steps, np.median(runs, axis=1), color=color, linestyle=style, linewidth=LINE_WIDTH)
        direct_label(ax, *place, name, color, fontsize=10.5)
    ax.set_xlim(0, steps[-1])


def plot_scale(ax, scales, curves, labels, title, subtitle, ylabel):
    """One curve a way of scaling advantages over the reward's scale; `labels`: words and place by name."""
    style_axes(ax, title, subtitle, "scale of the reward", ylabel)
    ax.set(xscale="log", xlim=(scales[0], scales[-1]), ylim=(-0.03, 1.08), yticks=[0, 0.25, 0.5, 0.75, 1])
    ax.minorticks_off()
    styles = {"normalised": (BLUE, "-", "o"), "raw": (GREY, "--", "s")}
    for name, (color, style, marker) in styles.items():
        ax.plot(scales, curves[name], color=color, linestyle=style, marker=marker, ms=5, linewidth=LINE_WIDTH)
        words, x, y = labels[name]
        ax.text(x, y, words, color=TEXT_TWIN[color], fontsize=10.5, fontweight="bold")
