"""The figures of lesson 09: a reward model that looks fine, and what becomes of it under optimisation."""

import textwrap

import numpy as np

from ppo_edu.figures.style import BLUE, GREEN, GREY, INK, MUTED_TEXT, ORANGE, TEXT_TWIN, direct_label, style_axes

PROXY, GOLD = BLUE, GREEN
MARKS = {"proxy": ("o", PROXY), "gold": ("s", GOLD)}
LIMITS = (-4, 10)


# ── the reward model looks fine ──────────────────────────────────────────────────────────────────────────────


def plot_calibration(ax, predicted, happened, bins=8):
    """How often the first of a pair was preferred, against what the model said, in equally filled bins. → errors.

    predicted: [P] probabilities; happened: [P] 0 or 1. Returns the distance from the diagonal in each bin.
    """
    order = np.argsort(predicted)
    said, was = (np.array([part.mean() for part in np.array_split(x[order], bins)]) for x in (predicted, happened))
    error = 2 * np.sqrt(was * (1 - was) / (len(predicted) / bins))
    ax.plot([0, 1], [0, 1], color=GREY, linestyle="--", linewidth=2)
    ax.errorbar(said, was, error, fmt="o", color=PROXY, markersize=8, linewidth=2)
    direct_label(ax, 0.97, 0.86, "as said", GREY, ha="right")
    ax.set(xlim=(0, 1), ylim=(0, 1))
    return was - said


def plot_scores(ax, proxy, gold, extra=()):
    """Gold against proxy, one dot a sentence; `extra` are (words, proxy, gold) of sentences to point at."""
    jitter = np.random.default_rng(0).uniform(-0.05, 0.05, len(gold))
    ax.plot(proxy, gold + jitter, "o", color=GREY, markersize=3, alpha=0.35, markeredgewidth=0)
    for words, x, y in extra:
        ax.plot(x, y, "D", color=ORANGE, markersize=9, markeredgecolor=INK)
        direct_label(ax, x - 0.12, y - 0.05, words, INK, ha="right", fontsize=9.5)


# ── β ────────────────────────────────────────────────────────────────────────────────────────────────────────


def build_goodhart(fig):
    """Scores against √KL, every β at its place, and room for sentences."""
    fig.clear()
    ax = fig.add_axes((0.075, 0.135, 0.53, 0.68))
    style_axes(ax, "What β buys", "", "√KL(π‖π_ref), KL in nats", "score per sentence")
    ax.set(xlim=(-0.25, 9), ylim=LIMITS)
    ax.axhline(0, color=GREY, linewidth=1)
    artists = {"dots": [], "lines": [], "rings": [], "names": []}
    for name, (mark, color) in MARKS.items():
        artists["dots"] += ax.plot([], [], mark, color=color, markersize=4, alpha=0.35, markeredgewidth=0)
        artists["lines"] += ax.plot([], [], mark + "-", color=color, markersize=7, linewidth=2)
        artists["rings"] += ax.plot([], [], "o", ms=17, mfc="none", mec=INK, mew=2)
        artists["names"].append(direct_label(ax, 0, 0, name, color, fontweight="bold"))
    artists["betas"] = [direct_label(ax, 0, 0, "", INK, ha="center", fontsize=9.5) for _ in range(8)]
    artists["start"] = ax.axhline(0, color=GOLD, linestyle=":", linewidth=2)
    artists["subtitle"] = ax.text(0, 1.03, "", transform=ax.transAxes, color=MUTED_TEXT, fontsize=10.5)
    return artists | build_sentences(fig, 0.66)


def move_goodhart(artists, runs, beta, sentences):
    """Show a reward model's runs and highlight one β; returns the sentence.

    `runs` maps "kl_coef" to the β [B], largest KL last, and "proxy", "gold", "kl", "sft_gold" to [S, B].
    """
    betas, root = runs["kl_coef"], np.sqrt(np.maximum(runs["kl"], 0))
    chosen, x = list(betas).index(beta), root.mean(0)
    for i, name in enumerate(MARKS):
        artists["dots"][i].set_data(root.ravel(), runs[name].ravel())
        artists["lines"][i].set_data(x, runs[name].mean(0))
        artists["rings"][i].set_data([x[chosen]], [runs[name].mean(0)[chosen]])
        artists["names"][i].set_position((x[-1] + 0.3, runs[name].mean(0)[-1]))
    height = np.maximum(runs["gold"].mean(0), runs["proxy"].mean(0))
    for place, text in enumerate(artists["betas"]):
        near = np.abs(x - x[place]) < 0.6
        lift = 0.6 + 0.6 * (place % 2)  # neighbours are too near for one line
        text.set(text=f"{betas[place]:g}", position=(x[place], height[near].max() + lift))
    start = runs["sft_gold"].mean()
    artists["start"].set_ydata([start, start])
    artists["subtitle"].set_text(f"numbers: β; lines join means of {len(root)} seeds; dotted: gold of SFT")
    say(artists, f"Written at β = {beta:g} (seed 1)", sentences)
    best = betas[runs["gold"].mean(0).argmax()]
    return f"β = {beta:g}: {spread(runs, chosen)}. The best mean gold is at β = {best:g}; SFT has {start:.2f}."


def spread(runs, place):
    """Mean and range over the seeds in words."""
    words = []
    for name, unit in (("proxy", ""), ("gold", ""), ("kl", " nats")):
        column = runs[name][:, place]
        title = "KL" if name == "kl" else name
        words.append(f"{title} {column.mean():.2f} ({column.min():.2f} to {column.max():.2f}){unit}")
    return ", ".join(words)


# ── over time ────────────────────────────────────────────────────────────────────────────────────────────────


def build_time(fig):
    """Proxy and gold over the iterations, a cursor, and room for sentences."""
    fig.clear()
    ax = fig.add_axes((0.075, 0.135, 0.53, 0.68))
    style_axes(ax, "From iteration to iteration", "", "iteration (log scale)", "score per sentence")
    ax.set(xscale="log", xlim=(0.95, 100), ylim=LIMITS, xticks=[1, 2, 3, 5, 10, 20, 40, 60])
    ax.set_xticklabels([1, 2, 3, 5, 10, 20, 40, 60])
    ax.minorticks_off()
    ax.axhline(0, color=GREY, linewidth=1)
    artists = {"seeds": [], "lines": [], "dots": [], "names": []}
    for name, (mark, color) in MARKS.items():
        artists["seeds"] += [ax.plot([], [], color=color, linewidth=0.8, alpha=0.45)[0] for _ in range(10)]
        artists["lines"] += ax.plot([], [], color=color, linestyle="-" if name == "proxy" else "--")
        artists["dots"] += ax.plot([], [], mark, color=color, markersize=11, markeredgecolor=INK)
        artists["names"].append(direct_label(ax, 67, 0, name, color, fontweight="bold"))
    artists["cursor"] = ax.axvline(1, color=INK, linestyle=":", linewidth=1.5)
    artists["subtitle"] = ax.text(0, 1.03, "", transform=ax.transAxes, color=MUTED_TEXT, fontsize=10.5)
    return artists | build_sentences(fig, 0.66)


def move_time(artists, runs, beta, iteration, sentences):
    """Put the cursor at an iteration of the runs with one β, "proxy", "gold", "kl" [S, I]; returns the sentence."""
    x, count = np.arange(1, runs["gold"].shape[1] + 1), len(runs["gold"])
    middle = {name: np.median(runs[name], 0) for name in ("proxy", "gold", "kl")}
    for i, name in enumerate(MARKS):
        for line, values in zip(artists["seeds"][count * i : count * (i + 1)], runs[name]):
            line.set_data(x, values)
        artists["lines"][i].set_data(x, middle[name])
        artists["dots"][i].set_data([iteration], [middle[name][iteration - 1]])
        artists["names"][i].set_y(middle[name][-1])
    artists["cursor"].set_xdata([iteration, iteration])
    artists["subtitle"].set_text(f"β = {beta:g}; thin: {count} seeds, thick: their median")
    say(artists, f"Written in iteration {iteration} (seed 1)", sentences)
    now = {name: values[iteration - 1] for name, values in middle.items()}
    peak = middle["gold"].argmax() + 1
    return (
        f"β = {beta:g}, iteration {iteration}: median proxy {now['proxy']:.2f}, gold {now['gold']:.2f}, "
        f"KL {now['kl']:.1f} nats. Gold is highest in iteration {peak} ({middle['gold'].max():.2f})."
    )


# ── sentences beside a figure ────────────────────────────────────────────────────────────────────────────────


def build_sentences(fig, x):
    """Four sentences with their scores, under a heading."""
    heading = fig.text(x, 0.9, "", fontsize=12, fontweight="bold", color=INK)
    marks = [fig.text(x, 0.83 - 0.2 * i, "", fontsize=10, va="top", color=TEXT_TWIN[GOLD]) for i in range(4)]
    said = [fig.text(x, 0.78 - 0.2 * i, "", fontsize=10.5, color=INK, va="top", linespacing=1.35) for i in range(4)]
    return {"heading": heading, "said": said, "marks": marks}


def say(artists, heading, sentences):
    """Write `sentences`, (words, proxy, gold) each, beside the figure."""
    artists["heading"].set_text(heading)
    for i, (said, mark) in enumerate(zip(artists["said"], artists["marks"])):
        words, proxy, gold = sentences[i] if i < len(sentences) else ("", None, None)
        said.set_text("\n".join(textwrap.wrap(f"“{words}”", 40)) if proxy is not None else "")
        mark.set_text("" if proxy is None else f"proxy {proxy:+.2f}, gold {gold:+.2f}")


# ── the exact optimum, best of n ─────────────────────────────────────────────────────────────────────────────


def plot_optimum(ax, runs, name):
    """PPO's mean `name` and its range against √KL, and the exact optimum's: hollow with under 100 effective samples."""
    x, y = np.sqrt(np.maximum(runs["kl"], 0)).mean(0), runs[name]
    low, middle, high = y.min(0), y.mean(0), y.max(0)
    ax.errorbar(x, middle, [middle - low, high - middle], color=MARKS[name][1], marker="o", markersize=9, linewidth=2)
    direct_label(ax, 0.9, np.interp(0.9, x, middle) + 0.35, f"PPO’s {name}", MARKS[name][1], ha="right")
    x, y = np.sqrt(runs["optimum_kl"]).mean(0), runs[f"optimum_{name}"].mean(0)
    few = np.median(runs["effective_samples"], 0) < 100
    ax.plot(x, y, "--", color=INK, linewidth=1.5)
    for face, rows in ((INK, ~few), ("white", few)):
        ax.plot(x[rows], y[rows], "D", color=INK, markerfacecolor=face, markersize=6)
    direct_label(ax, 3.25, np.nanmin(y[few]) - 0.5, "exact optimum", INK, ha="right")
    ax.set(xlim=(0, 3.3), ylim=(0, 3.4))


def plot_best_of(ax, sizes, proxy, gold, best_gold):
    """Best-of-n against √KL = √(log n − (n−1)/n): mean over seeds and their range; `best_gold` is that of RL."""
    x = np.sqrt(np.log(sizes) - (np.array(sizes) - 1) / sizes)
    for name, values, lift in (("proxy", proxy, -0.3), ("gold", gold, 0.3)):
        mark, color = MARKS[name]
        ax.fill_between(x, values.min(0), values.max(0), color=color, alpha=0.2, linewidth=0)
        ax.plot(x, values.mean(0), mark + "-", color=color, markersize=8)
        direct_label(ax, x[2], values.mean(0)[2] + lift, name, color, fontweight="bold")
    for place, size in zip(x, sizes):
        direct_label(ax, place, -0.25, f"{size}", INK, ha="center", fontsize=9.5)
    ax.axhline(best_gold, color=GOLD, linestyle=":", linewidth=2)
    direct_label(ax, -0.05, best_gold + 0.13, "gold of PPO at its best β", GOLD, fontsize=9.5)
    ax.set(xlim=(-0.1, x[-1] + 0.1), ylim=(-0.4, max(2.6, gold.max() + 0.2)))
