"""The figures of lesson 08: a run's eight curves, a patient's numbers, ratios, rivals and switches compared."""

import numpy as np

from ppo_edu.clip import gradient_is_zero
from ppo_edu.diagnostics import bootstrap_interval, interquartile_mean
from ppo_edu.figures.style import (
    BLUE,
    GREY,
    INK,
    MUTED_TEXT,
    PURPLE,
    TEXT_TWIN,
    VERMILLION,
    direct_label,
    style_axes,
)

PANELS = {
    "return": ("mean return", (0, 520), "linear"),
    "approx_kl": ("approx. KL", (1e-5, 20), "log"),
    "clip_fraction": ("clip fraction", (-0.02, 1), "linear"),
    "zero_gradient_fraction": ("zero-gradient share", (-0.02, 1), "linear"),
    "entropy": ("entropy", (-0.02, 0.72), "linear"),
    "explained_variance": ("explained variance", (-1.1, 1.05), "linear"),
    "value_loss": ("value loss", (1e-4, 1e4), "log"),
    "grad_norm": ("gradient norm", (1e-2, 1e3), "log"),
}


def build_curves(fig, healthy):
    """Eight panels with the band of sound runs in grey; `healthy` maps each metric to [S, I]."""
    fig.clear()
    lines, marks = [], []
    for i, (metric, (title, limits, scale)) in enumerate(PANELS.items()):
        ax = fig.add_axes((0.055 + 0.242 * (i % 4), 0.555 - 0.465 * (i // 4), 0.19, 0.29))
        style_axes(ax, xlabel="iteration" if i > 3 else "")
        ax.set_title(title, loc="left", fontsize=11, fontweight="bold", color=INK, pad=19)
        low, high = band(healthy[metric])
        x = np.arange(1, len(low) + 1)
        ax.fill_between(x, low.clip(*limits), high.clip(*limits), color=GREY, alpha=0.4, linewidth=0)
        ax.set(yscale=scale, ylim=limits, xlim=(1, len(low)))
        ax.tick_params(labelsize=9)
        ax.minorticks_off()
        lines += ax.plot([], [], color=BLUE, linewidth=2.2)
        marks.append(ax.text(0, 1.04, "", transform=ax.transAxes, fontsize=9.5, color=INK))
    return {"lines": lines, "marks": marks, "words": fig.text(0.055, 0.96, "", fontsize=12, color=INK)}


def band(runs):
    """The least and largest value of S runs in every iteration, with half a spread of room: [S, I] → [I], [I]."""
    unknown = np.isnan(runs)
    low, high = np.where(unknown, np.inf, runs).min(0), np.where(unknown, -np.inf, runs).max(0)
    low, high = (np.where(unknown.all(0), np.nan, edge) for edge in (low, high))
    return low - (high - low) / 2, high + (high - low) / 2


def shares_outside(healthy, run):
    """For each metric, the share of a run's known values outside the band of the healthy runs."""
    shares = {}
    for metric in PANELS:
        values, (low, high) = np.asarray(run[metric]), band(healthy[metric])
        known = ~np.isnan(values)
        shares[metric] = float(((values < low) | (values > high))[known].mean()) if known.any() else 0.0
    return shares


def move_curves(artists, healthy, run, name, signs):
    """Show one run, a mapping of metrics to [I], over the band; `signs` are the doctor's. Returns the sentence."""
    shares = shares_outside(healthy, run)
    for metric, line, mark in zip(PANELS, artists["lines"], artists["marks"]):
        values, share = np.asarray(run[metric]), shares[metric]
        line.set_data(np.arange(1, len(values) + 1), values.clip(*PANELS[metric][1]))
        line.set(color=VERMILLION if share > 0.25 else BLUE, linestyle="--" if share > 0.25 else "-")
        mark.set(text=f"{share:.0%} of it outside", color=TEXT_TWIN[VERMILLION] if share > 0.25 else MUTED_TEXT)
    outside = [PANELS[metric][0] for metric, share in shares.items() if share > 0.25]
    artists["words"].set_text(f"{name}, over the range of {len(healthy['return'])} sound runs, widened by half (grey)")
    where = "no curve more than a quarter outside the band"
    if outside:
        where = f"more than a quarter outside the band in {', '.join(outside)}"
    doctor = "; ".join(signs) if signs else "no suspicious sign"
    return f"{name}: {where}. The doctor says: {doctor}."


def build_numbers(fig):
    """Room for the numbers of one experiment: a line each, with the range of the sound trainer in grey."""
    fig.clear()
    ax = fig.add_axes((0.05, 0.06, 0.92, 0.7))
    ax.set(xlim=(0, 1), ylim=(-0.6, 1.75))
    ax.axis("off")
    rows = {"dots": [], "names": [], "values": [], "ranges": []}
    for y in (1, 0):
        ax.plot([0.02, 0.98], [y, y], color=GREY, linewidth=1)
        ax.fill_between([0.36, 0.64], y - 0.13, y + 0.13, color=GREY, alpha=0.4, linewidth=0)
        rows["names"].append(ax.text(0.02, y + 0.34, "", fontsize=12, color=INK, fontweight="bold"))
        rows["values"].append(ax.text(0.5, y + 0.2, "", fontsize=12, ha="center", fontweight="bold"))
        rows["ranges"].append(ax.text(0.5, y - 0.36, "", fontsize=10.5, ha="center", color=MUTED_TEXT))
        rows["dots"] += ax.plot([], [], "D", markersize=12, markeredgecolor="white")
    title = fig.text(0.05, 0.91, "", fontsize=13, fontweight="bold", color=INK)
    return {**rows, "words": [title, fig.text(0.05, 0.84, "", fontsize=10.5, color=MUTED_TEXT)]}


def move_numbers(artists, title, question, numbers, sound):
    """Place an experiment's `numbers` beside the ranges `sound`, both by name. Returns the sentence."""
    said = []
    for i in range(2):
        row = [artists[kind][i] for kind in ("dots", "names", "values", "ranges")]
        for artist in row:
            artist.set_visible(i < len(numbers))
        if i >= len(numbers):
            continue
        dot, name, value, limits = row
        key, number = list(numbers.items())[i]
        low, high = sound[key]
        fine = low <= number <= high
        x = 0.5 if low == high == number else 0.36 + 0.28 * (number - low) / ((high - low) or 1)
        x = min(max(x, 0.04), 0.96)  # the edge of the picture stands for everything beyond it
        dot.set_data([x], [1 - i])
        dot.set(color=BLUE if fine else VERMILLION, marker="D" if fine else "X")
        name.set_text(key)
        value.set(text=f"{number:.3g}", x=x, color=TEXT_TWIN[BLUE if fine else VERMILLION])
        limits.set_text(f"a sound trainer: {low:g}" + (f" to {high:g}" if high > low else ""))
        expected = f"{low:g}" + (f" to {high:g}" if high > low else "")
        said.append(f"{key} {number:.3g}, " + ("as in" if fine else f"not the {expected} of") + " a sound trainer")
    artists["words"][0].set_text(title)
    artists["words"][1].set_text(question)
    return f"{title}: {'; '.join(said)}."


def plot_ratios(ax, ratio, advantages, clip_eps):
    """Histogram of log₂ ratio: inside the band, outside with a gradient, outside and silent. Both [B]."""
    ratio, advantages = np.asarray(ratio), np.asarray(advantages)
    outside = (ratio > 1 + clip_eps) | (ratio < 1 - clip_eps)
    silent = gradient_is_zero(ratio, advantages, clip_eps)
    edges = np.linspace(-1.5, 1.5, 49)
    groups = [np.log2(ratio[which]).clip(-1.5, 1.5) for which in (~outside, outside & silent, outside & ~silent)]
    colors, hatches = (BLUE, VERMILLION, PURPLE), (None, "///", "...")
    _, _, bars = ax.hist(groups, edges, stacked=True, color=colors, edgecolor="white", linewidth=0.4)
    for bar, hatch in zip(bars, hatches):
        for patch in bar:
            patch.set_hatch(hatch)
    for edge in np.log2([1 - clip_eps, 1 + clip_eps]):
        ax.axvline(edge, color=INK, linestyle=":", linewidth=1.5)
    ax.set(xlim=(-1.5, 1.5), xticks=[-1, *np.log2([1 - clip_eps, 1 + clip_eps]), 1])
    ax.set_xticklabels(["½", "1−ε", "1+ε", "2"])
    labels = "■ inside", "/// outside, silent", "... outside, still pulled"
    for y, words, color, group in zip((0.93, 0.84, 0.75), labels, colors, groups):
        share = f"{words}: {len(group) / len(ratio):.1%}"
        ax.text(0.02, y, share, transform=ax.transAxes, color=TEXT_TWIN[color], fontsize=11)


def build_rivals(fig, returns, kls):
    """Clip in blue beside another method: returns and the KL of every update; both map methods to [S, I]."""
    fig.clear()
    left, right = fig.add_axes((0.075, 0.14, 0.42, 0.66)), fig.add_axes((0.605, 0.14, 0.36, 0.66))
    style_axes(left, "Return", "", "iteration", "mean return")
    style_axes(right, "KL of every update, sorted", "", "share of the updates that moved less", "mean KL (log scale)")
    left.set(xlim=(1, next(iter(returns.values())).shape[1]), ylim=(0, 540))
    right.set(yscale="log", ylim=(1e-5, 3000), xlim=(0, 1), yticks=[1e-4, 1e-3, 1e-2, 0.1, 1, 10])
    right.set_yticklabels(["0.0001", "0.001", "0.01", "0.1", "1", "10"])
    right.xaxis.set_major_formatter("{x:.0%}")
    right.minorticks_off()
    artists = {"lines": [], "areas": [], "sorted": [], "labels": []}
    for color, dash, hatch in ((BLUE, "-", None), (VERMILLION, "--", "///")):
        artists["lines"] += left.plot([], [], color=color, linestyle=dash)
        artists["areas"].append(left.fill_between([1, 2], [0, 0], color=color, alpha=0.2, hatch=hatch, linewidth=0))
        artists["sorted"] += right.plot([], [], color=color, linestyle=dash)
    artists["labels"] = [direct_label(right, 0.03, y, "", c) for y, c in ((800, BLUE), (180, VERMILLION))]
    artists["words"] = [
        ax.text(0, 1.03, "", transform=ax.transAxes, color=MUTED_TEXT, fontsize=10.5) for ax in (left, right)
    ]
    move_rivals(artists, returns, kls, "clip", next(name for name in returns if name != "clip"))
    return artists


def move_rivals(artists, returns, kls, one, other):
    """Compare two methods; returns the sentence."""
    words, scores = [], []
    for i, method in enumerate((one, other)):
        curves, kl = returns[method], np.sort(kls[method].ravel())
        x = np.arange(1, curves.shape[1] + 1)
        low, middle, high = np.nanpercentile(filled(curves), [25, 50, 75], axis=0)
        artists["lines"][i].set_data(x, middle)
        artists["areas"][i].set_verts([np.r_[np.c_[x, low], np.c_[x, high][::-1]]])
        artists["sorted"][i].set_data(np.linspace(0, 1, len(kl)), kl.clip(1e-5, None))
        artists["labels"][i].set_text(f"{('——', '- - ')[i]} {method}: mean {kl.mean():.3g}, largest {kl.max():.2g}")
        scores.append(np.nanmean(curves, 1))
        words.append(f"{method} {interquartile_mean(scores[-1]):.0f}")
    low, high = bootstrap_interval(scores[1], scores[0])
    verdict = "within noise" if low <= 0 <= high else "outside the noise"
    artists["words"][0].set_text(f"{len(scores[0])} seeds, median and middle half")
    artists["words"][1].set_text(f"{len(kl)} updates each")
    return (
        f"Mean return over the whole run, interquartile mean: {', '.join(words)}; difference {low:.0f} to {high:.0f} "
        f"(95 %), {verdict}. Largest KL of one update: {one} {kls[one].max():.2g}, {other} {kls[other].max():.2g}."
    )


def filled(curves):
    """Where no episode ended, the last return known: [S, I] → [S, I]."""
    result = np.array(curves, dtype=float)
    for i in range(1, result.shape[1]):
        result[:, i] = np.where(np.isnan(result[:, i]), result[:, i - 1], result[:, i])
    return result


def differences(curves, base="default"):
    """Mean return over a run, each switch minus `base`: name → (difference of interquartile means, low, high)."""
    scores = {name: np.nanmean(runs, 1) for name, runs in curves.items()}
    middle = {name: float(interquartile_mean(runs)) for name, runs in scores.items()}
    return {
        name: (middle[name] - middle[base], *bootstrap_interval(scores[name], scores[base]))
        for name in curves
        if name != base
    }


def build_switches(fig, curves):
    """Left one switch's curves over the default's, right the differences of all; `curves` maps names to [S, I]."""
    fig.clear()
    left, right = fig.add_axes((0.075, 0.14, 0.37, 0.66)), fig.add_axes((0.70, 0.14, 0.28, 0.66))
    style_axes(left, "One switch changed", "", "iteration", "mean return")
    style_axes(right, "All ten against default", "95 % intervals; ≈ within noise, ✗ not", "difference in mean return")
    low, middle, high = np.nanpercentile(filled(curves["default"]), [25, 50, 75], axis=0)
    x = np.arange(1, len(middle) + 1)
    left.fill_between(x, low, high, color=GREY, alpha=0.4, linewidth=0)
    left.plot(x, middle, color=GREY, linestyle="--")
    left.set(xlim=(1, len(x)), ylim=(0, 540))
    found = dict(sorted(differences(curves).items(), key=lambda item: -item[1][0]))
    right.axvline(0, color=INK, linestyle=":", linewidth=1.5)
    right.grid(False)
    for y, (_, (difference, low, high)) in enumerate(reversed(found.items())):
        noise = low <= 0 <= high
        color = GREY if noise else VERMILLION
        right.plot([low, high], [y, y], color=color, linewidth=2.5)
        right.plot(difference, y, "o" if noise else "X", color=color, markersize=8)
    names = [f"{name} {'≈' if d[1] <= 0 <= d[2] else '✗'}" for name, d in reversed(found.items())]
    right.set(yticks=range(len(found)), yticklabels=names, ylim=(-0.7, len(found) - 0.3))
    area = left.fill_between(x, low, low, color=BLUE, alpha=0.25, linewidth=0)
    return {
        "line": left.plot([], [], color=BLUE)[0],
        "area": area,
        "ring": right.plot([], [], "o", ms=17, mfc="none", mec=BLUE, mew=2.5)[0],
        "words": left.text(0, 1.03, "", transform=left.transAxes, color=MUTED_TEXT, fontsize=10.5),
        "labels": [direct_label(left, len(x) - 1, 40, "", BLUE, ha="right")],
    }


def move_switches(artists, curves, name):
    """Show one switch; returns the sentence."""
    low, middle, high = np.nanpercentile(filled(curves[name]), [25, 50, 75], axis=0)
    x = np.arange(1, len(middle) + 1)
    artists["line"].set_data(x, middle)
    artists["area"].set_verts([np.r_[np.c_[x, low], np.c_[x, high][::-1]]])
    found = differences(curves)
    order = sorted(found, key=lambda key: found[key][0])
    artists["ring"].set_data([found[name][0]], [order.index(name)])
    artists["words"].set_text(f"{len(curves[name])} seeds, median and middle half; dashed: default")
    artists["labels"][0].set_text(name)
    difference, low, high = found[name]
    verdict = "within noise: nothing was shown" if low <= 0 <= high else "outside the noise"
    return (
        f"{name}: {difference:+.0f} points of mean return over the run, interval {low:+.0f} to {high:+.0f}, {verdict}."
    )
