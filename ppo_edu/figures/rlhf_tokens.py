"""The figures of lesson 09 that look at single words: the token table, and Problem 5 with three policies."""

import numpy as np

from ppo_edu.clip import clipped_objective_slope, gradient_is_zero
from ppo_edu.figures.style import BLUE, GREY, INK, MUTED_TEXT, PURPLE, TEXT_TWIN, VERMILLION, style_axes
from ppo_edu.ratio import probability_ratio

ROWS = {
    "old_logprobs": "log π_old",
    "ref_logprobs": "log π_ref",
    "gap": "their difference",
    "rewards": "reward",
    "values": "V",
    "advantages": "Â",
    "ratio": "π_θ / π_old",
}
LENGTH = 12


def build_tokens(fig):
    """A table with a column for each of at most twelve words."""
    fig.clear()
    ax = fig.add_axes((0.02, 0.03, 0.96, 0.8))
    ax.set(xlim=(-1.9, LENGTH), ylim=(-len(ROWS) - 0.6, 0.9))
    ax.axis("off")
    for y, title in enumerate(ROWS.values(), start=1):
        ax.text(-1.9, -y, title, fontsize=10.5, color=INK, va="center")
        ax.axhline(-y + 0.5, color="#E3E6EB", linewidth=0.8)
    words = [ax.text(t + 0.5, 0, "", fontsize=9.5, ha="center", va="center") for t in range(LENGTH)]
    cells = [
        ax.text(t + 0.5, -y, "", fontsize=10, ha="center", va="center", color=INK)
        for y in range(1, len(ROWS) + 1)
        for t in range(LENGTH)
    ]
    title = fig.text(0.02, 0.93, "One sentence, word by word", fontsize=13, fontweight="bold", color=INK)
    return {"words": words, "cells": cells, "title": title, "subtitle": fig.text(0.02, 0.865, "", color=MUTED_TEXT)}


def move_tokens(artists, words, table, score, kl_coef, clip_eps):
    """Fill in a sentence: `table` maps the keys of ROWS but "gap" to [L]. Returns the sentence that reads it."""
    table = dict(table) | {"gap": table["old_logprobs"] - table["ref_logprobs"]}
    silent = gradient_is_zero(table["ratio"], table["advantages"], clip_eps)
    for t in range(LENGTH):
        artists["words"][t].set_text(words[t] if t < len(words) else "")
        for y, key in enumerate(ROWS):
            cell = artists["cells"][y * LENGTH + t]
            cell.set(text=f"{table[key][t]:.2f}" if t < len(words) else "", color=INK, fontweight="normal")
            if t < len(words) and key == "ratio" and silent[t]:
                cell.set(text=f"{table[key][t]:.2f} ✗", color=TEXT_TWIN[VERMILLION], fontweight="bold")
            if t < len(words) and key == "rewards":
                cell.set(color=TEXT_TWIN[BLUE], fontweight="bold" if t == len(words) - 1 else "normal")
    log_ratio = float(table["gap"].sum())
    artists["subtitle"].set_text(f"β = {kl_coef:g}, score {score:+.2f}; ✗: outside the band and silent")
    return (
        f"Score {score:+.2f}, log π_old(y)/π_ref(y) = {log_ratio:+.2f}, so the rewards sum to {score:+.2f} − "
        f"{kl_coef:g}·({log_ratio:+.2f}) = {table['rewards'].sum():+.2f}. "
        f"{int(silent.sum())} of {len(words)} words are silent."
    )


def build_three(fig):
    """Three probabilities of one token on a log axis, the band around π_old, and what each pair of them decides."""
    fig.clear()
    ax = fig.add_axes((0.21, 0.17, 0.76, 0.5))
    style_axes(ax, xlabel="probability of the token (log scale)")
    ax.set(xscale="log", xlim=(0.004, 0.08), ylim=(-0.7, 2.6), yticks=[2, 1, 0])
    ax.set_yticklabels(["π_ref (frozen)", "π_old (wrote the batch)", "π_θ (being updated)"])
    ax.set_xticks([0.005, 0.01, 0.02, 0.03, 0.05], ["0.005", "0.01", "0.02", "0.03", "0.05"])
    ax.minorticks_off()
    ax.grid(False)
    ax.tick_params(axis="y", labelcolor=INK)
    words = [fig.text(0.03, 0.92, "", fontsize=13, fontweight="bold", color=INK)]
    words += [fig.text(0.03, y, "", fontsize=10.5) for y in (0.845, 0.775)]
    words[1].set_color(TEXT_TWIN[BLUE])
    words[2].set_color(TEXT_TWIN[PURPLE])
    return {
        "band": ax.axvspan(0.01, 0.02, ymax=0.62, color=BLUE, alpha=0.15, linewidth=0),
        "gap": ax.plot([], [], color=PURPLE, linestyle=":", linewidth=2)[0],
        "dots": [
            ax.plot([], [], m, color=c, ms=14, mec="white")[0] for m, c in (("D", PURPLE), ("s", GREY), ("o", BLUE))
        ],
        "push": [ax.plot([], [], color=BLUE)[0], ax.plot([], [], color=BLUE, marker=">", ms=11)[0]],
        "words": words,
    }


def move_three(artists, ref, old, new, advantage, clip_eps=0.2):
    """Place π_ref, π_old, π_θ of one token; `advantage` is +1 or −1. Returns the sentence."""
    ratio, log_gap = probability_ratio(np.log(new), np.log(old)), float(np.log(old / ref))
    sign = int(np.sign(clipped_objective_slope(ratio, float(advantage), clip_eps)))
    for dot, place, y in zip(artists["dots"], (ref, old, new), (2, 1, 0)):
        dot.set_data([place], [y])
    artists["gap"].set_data([ref, ref, old, old], [2, 1.5, 1.5, 1])
    artists["band"].set_x(old * (1 - clip_eps))
    artists["band"].set_width(2 * old * clip_eps)
    line, head = artists["push"]
    tip = new * 1.25**sign
    line.set_data([new, tip] if sign else [], [-0.42, -0.42] if sign else [])
    head.set_data([tip] if sign else [], [-0.42] if sign else [])
    head.set_marker(">" if sign > 0 else "<")
    force = {0: "not at all: the sample is silent", 1: "up, with slope Â", -1: "down, with slope Â"}[sign]
    side = "> 0" if advantage > 0 else "< 0"
    artists["words"][0].set_text(f"Â {side}, ratio π_θ/π_old = {ratio:.3f}, band {1 - clip_eps:g} to {1 + clip_eps:g}")
    artists["words"][1].set_text(f"π_θ against π_old decides the clip. L^CLIP pushes this token {force}.")
    artists["words"][2].set_text(
        f"π_old against π_ref decides the KL term of its reward: −β · log(π_old/π_ref) = −β · ({log_gap:+.2f}). "
        "It is in Â already."
    )
    return (
        f"π_ref {ref:g}, π_old {old:g}, π_θ {new:g}: the ratio is {ratio:.3f}, while π_θ/π_ref is {new / ref:.2f}. "
        f"L^CLIP pushes the token {force}. The KL term of its reward is −β · ({log_gap:+.2f})."
    )
