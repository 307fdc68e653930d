"""The figures of lesson 03: the clipped objective and its slope, and what K epochs do to one batch."""

import numpy as np
from matplotlib.patches import Rectangle

from ppo_edu.clip import clipped_objective, clipped_objective_slope
from ppo_edu.figures.style import BLUE, GREY, INK, LINE_WIDTH, MUTED_TEXT, TEXT_TWIN, VERMILLION, style_axes

RATIO = np.linspace(0, 2, 401)
VARIANTS = ("no clip", "clip without min", "min (PPO)", "max")


def objective(variant, ratio, sign, clip_eps):
    """What a sample of advantage `sign` is worth per unit |Â|, by variant; only "min (PPO)" is L^CLIP."""
    clipped = np.clip(ratio, 1 - clip_eps, 1 + clip_eps) * sign
    return {
        "no clip": ratio * sign,
        "clip without min": clipped,
        "min (PPO)": clipped_objective(ratio, sign, clip_eps),
        "max": np.maximum(ratio * sign, clipped),
    }[variant]


def slope(variant, ratio, sign, clip_eps):
    """The slope of `objective` in the ratio: the factor that is left of the sample's gradient."""
    inside = (ratio >= 1 - clip_eps) & (ratio <= 1 + clip_eps)
    ppo = clipped_objective_slope(ratio, sign, clip_eps)
    return {
        "no clip": np.full_like(ratio, sign),
        "clip without min": np.where(inside, sign, 0.0),
        "min (PPO)": ppo,
        "max": np.where(inside | (ppo == 0), sign, 0.0),
    }[variant]


def build_clip(fig):
    """Explorer A: two panels per unit |Â|, one for each sign, and the slope under each; returns what moves."""
    fig.clear()
    parts = (
        "band",
        "flat",
        "none",
        "unclipped",
        "curve",
        "still",
        "slope",
        "alive",
        "silent",
        "lower",
        "upper",
        "count",
    )
    artists = {name: [] for name in parts}
    for column, sign in enumerate((1, -1)):
        left = 0.085 + 0.49 * column
        ax = fig.add_axes((left, 0.40, 0.40, 0.44))
        below = fig.add_axes((left, 0.13, 0.40, 0.15))
        title = r"Good action: $\hat{A} > 0$" if sign > 0 else r"Bad action: $\hat{A} < 0$"
        style_axes(ax, title, ylabel="objective per unit |Â|" if sign > 0 else "")
        style_axes(below, xlabel="probability ratio", ylabel="slope" if sign > 0 else "")
        ticks = np.array([0, 0.5, 1, 1.5, 2])
        ax.set(xlim=(0, 2), ylim=(-0.05, 2.05) if sign > 0 else (-2.05, 0.05), xticks=ticks, yticks=sign * ticks)
        below.set(xlim=(0, 2), ylim=(-1.4, 1.4), xticks=ticks, yticks=[-1, 0, 1])
        ax.set_xticklabels([])
        low, high = ax.get_ylim()
        artists["band"].append(ax.add_patch(Rectangle((0.8, low), 0.4, high - low, color=BLUE, alpha=0.09, lw=0)))
        flats = [Rectangle((0, low), 0.1, high - low, fc="#FDEDE3", ec="#F3B48C", hatch="//", lw=0) for _ in range(2)]
        artists["flat"] += [ax.add_patch(flat) for flat in flats]
        for _ in range(2):
            words = ax.text(1, low + 0.16 * (high - low), "slope 0", ha="center", color=TEXT_TWIN[VERMILLION])
            words.set(fontsize=11.5, fontweight="bold")
            artists["none"].append(words)
        artists["unclipped"] += ax.plot([0, 2], [0, 2 * sign], color=GREY, linestyle="--", linewidth=1.8)
        artists["curve"] += ax.plot([], [], color=BLUE, linewidth=LINE_WIDTH)
        artists["still"] += ax.plot([], [], color=VERMILLION, linewidth=LINE_WIDTH)
        artists["slope"] += below.plot([], [], color=INK, linewidth=2.2)
        marker = "o" if sign > 0 else "v"
        artists["alive"] += ax.plot([], [], marker, color=BLUE, mec="white", ms=7)
        artists["silent"] += ax.plot([], [], marker, color="white", mec=VERMILLION, mew=1.6, ms=7)
        for name in ("lower", "upper"):
            artists[name].append(
                below.text(1, 1.62, "", ha="center", va="bottom", color=TEXT_TWIN[BLUE], fontsize=10.5)
            )
        words = ax.text(0, 1.03, "", transform=ax.transAxes, color=MUTED_TEXT, fontsize=10.5)
        artists["count"].append(words)
    return artists


def move_clip(artists, ratio, advantages, eps, variant):
    """Explorer A for the batch (`ratio`, `advantages`); returns the sentence."""
    counts = []
    for column, sign in enumerate((1, -1)):
        mine = ratio[np.sign(advantages) == sign]
        silent = slope(variant, mine, sign, eps) == 0
        values, slopes = objective(variant, RATIO, sign, eps), slope(variant, RATIO, sign, eps)
        artists["curve"][column].set_data(RATIO, np.where(slopes == 0, np.nan, values))
        artists["still"][column].set_data(RATIO, np.where(slopes == 0, values, np.nan))
        artists["slope"][column].set_data(RATIO, slopes)
        for name, which in (("alive", ~silent), ("silent", silent)):
            artists[name][column].set_data(mine[which], objective(variant, mine[which], sign, eps))
        artists["band"][column].set(x=1 - eps, width=2 * eps)
        ends = ((0, 1 - eps), (1 + eps, 2))
        pair = slice(2 * column, 2 * column + 2)
        for flat, words, (first, last) in zip(artists["flat"][pair], artists["none"][pair], ends, strict=True):
            silent_here = bool(slope(variant, np.array([(first + last) / 2]), sign, eps)[0] == 0)
            flat.set(x=first, width=last - first, visible=silent_here)
            words.set(x=(first + last) / 2, visible=silent_here)
        for name, text, x in (("lower", "1−ε", 1 - eps), ("upper", "1+ε", 1 + eps)):
            artists[name][column].set(text=text, x=x)
        counts.append((len(mine), int(silent.sum())))
        artists["count"][column].set_text(
            f"{len(mine) - silent.sum()} of {len(mine)} samples have a gradient, {silent.sum()} are silent"
        )
    (good, good_silent), (bad, bad_silent) = counts
    return (
        f"{variant}, ε = {eps:.2f}, band {1 - eps:.2f} to {1 + eps:.2f}. Without a gradient: {good_silent} of {good} "
        f"good actions and {bad_silent} of {bad} bad ones. {CONSEQUENCE[variant]}"
    )


CONSEQUENCE = {
    "no clip": "Every sample pulls, however far it has gone: nothing says stop.",
    "clip without min": "Outside the band both sides are silent: what went the wrong way is never pulled back.",
    "min (PPO)": "Silent is only what went too far the way it was pushed; what went the other way is pulled back.",
    "max": "The wrong way round: what went too far keeps its pull, what went the wrong way loses it.",
}


def build_epochs(fig, epochs, edges, highest):
    """Explorer B: above, both surrogates over the epochs; below, where the ratios are; returns what moves."""
    fig.clear()
    top = fig.add_axes((0.085, 0.56, 0.89, 0.31))
    bottom = fig.add_axes((0.085, 0.11, 0.89, 0.28))
    style_axes(
        top, "What the step hopes for, and what independent data says", "", "epochs K on the same batch", "surrogate"
    )
    style_axes(bottom, "Where the ratios are", "", "probability ratio (log scale)", "samples")
    top.set(xscale="log", xlim=(1, 100), ylim=(-0.25 * highest, 1.08 * highest), xticks=[1, 2, 4, 10, 30, 100])
    top.set_xticklabels(["1", "2", "4", "10", "30", "100"])
    top.minorticks_off()
    top.axhline(0, color=GREY, linewidth=1)
    ratios = [0.25, 0.5, 0.8, 1, 1.2, 2, 4]
    bottom.set(xlim=(edges[0], edges[-1]), ylim=(0, 0.42), xticks=np.log2(ratios), yticks=[0, 0.1, 0.2, 0.3, 0.4])
    bottom.set_xticklabels(["¼", "½", "1−ε", "1", "1+ε", "2", "4"])
    bottom.yaxis.set_major_formatter("{x:.0%}")
    nothing, flat = np.zeros(len(edges) - 1), np.zeros(len(epochs))
    artists = {
        "train_band": top.fill_between(epochs, flat, flat, color=BLUE, alpha=0.15, lw=0),
        "held_band": top.fill_between(epochs, flat, flat, color=VERMILLION, alpha=0.15, lw=0),
        "train": top.plot(epochs, flat, color=BLUE, linewidth=LINE_WIDTH)[0],
        "held": top.plot(epochs, flat, color=VERMILLION, linewidth=LINE_WIDTH, linestyle="--")[0],
        "cursor": top.plot([1, 1], top.get_ylim(), color=INK, linestyle=":", linewidth=1.5)[0],
        "inside": bottom.stairs(nothing, edges, fill=True, color=BLUE, alpha=0.8),
        "outside": bottom.stairs(nothing, edges, fill=True, facecolor="white", edgecolor=BLUE, hatch="////"),
        "silent": bottom.stairs(nothing, edges, fill=True, facecolor="#FDEDE3", edgecolor=VERMILLION, hatch="...."),
    }
    place = {"transform": top.transAxes, "ha": "right", "fontweight": "bold", "fontsize": 10.5}
    artists["words"] = [
        top.text(0.995, 1.06, "solid: the batch it learns from", color=TEXT_TWIN[BLUE], **place),
        top.text(0.995, 0.04, "dashed: held out", color=TEXT_TWIN[VERMILLION], **place),
        *(
            bottom.text(x, 1.06, text, color=color, transform=bottom.transAxes, fontsize=10.5)
            for x, text, color in (
                (0.30, "■ inside the band", TEXT_TWIN[BLUE]),
                (0.50, "/// outside, with a gradient", TEXT_TWIN[BLUE]),
                (0.77, "... outside, silent", TEXT_TWIN[VERMILLION]),
            )
        ),
    ]
    return artists


def move_epochs(artists, curves, counts, edges, epochs, K):
    """Explorer B: `curves` maps a metric to [S, E] over seeds, `counts` [3, bins]; returns the sentence."""
    for name, metric in (("train", "surrogate"), ("held", "held_out")):
        artists[name].set_ydata(curves[metric].mean(0))
        artists[f"{name}_band"].set_data(epochs, *np.percentile(curves[metric], [25, 75], axis=0))
    artists["cursor"].set_xdata([K, K])
    inside, outside, silent = counts / counts.sum()
    artists["inside"].set_data(inside, edges, baseline=0)
    artists["outside"].set_data(inside + outside, edges, baseline=inside)
    artists["silent"].set_data(inside + outside + silent, edges, baseline=inside + outside)
    at = list(epochs).index(K)
    now = {name: values[:, at] for name, values in curves.items()}
    low, high = now["return"].min(), now["return"].max()
    return (
        f"After {K} epoch{'s' * (K > 1)}, mean of {len(now['kl'])} seeds: KL {now['kl'].mean():.3f}; outside the band "
        f"{now['outside'].mean():.0%}, silent {now['silent'].mean():.0%}; hoped-for gain "
        f"{now['surrogate'].mean():+.3f}, on held-out data {now['held_out'].mean():+.3f}; true return "
        f"{now['start'].mean():.0f} → {now['return'].mean():.0f} ({low:.0f} to {high:.0f})."
    )
