"""Figures of lesson 04 about measuring KL: its second-order form, its estimators, and conjugate gradients."""

import numpy as np

from ppo_edu.figures.style import (
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
from ppo_edu.kl import ESTIMATORS, approx_kl, categorical_kl, second_order_kl
from ppo_edu.mdp import softmax

KL_STOPS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.13, 0.25, 0.55, 1.1, 2.2)
DIRECTIONS = ("rare actions up", "rare actions down")
COLORS = dict(zip(ESTIMATORS, (PURPLE, VERMILLION, BLUE)))
HATCHES = dict(zip(ESTIMATORS, ("", "///", "...")))
DASHES = dict(zip(ESTIMATORS, ("-", "--", "-.")))


def halves():
    """Eight actions, each half as likely as the one before: p(a) ∝ 2⁻ᵃ."""
    return 0.5 ** np.arange(8) / (2 - 0.5**7)


def tilted(old_probs, direction, kl):
    """The policy q ∝ p · exp(± t · a), a = 0, 1, …, with KL(p ‖ q) = kl: t by bisection."""
    actions = np.arange(len(old_probs)) * (1 if direction == DIRECTIONS[0] else -1)
    low, high = 0.0, 20.0
    for _ in range(60):
        t = (low + high) / 2
        probs = softmax(np.log(old_probs) + t * actions)
        low, high = (t, high) if categorical_kl(np.log(probs), np.log(old_probs)) < kl else (low, t)
    return probs


def moments(probs, old_probs):
    """Exact mean and standard deviation of each estimator, every action enumerated: {name: (mean, std)}."""
    found = {}
    for name in ESTIMATORS:
        values = approx_kl(np.log(probs), np.log(old_probs), name)
        mean = (old_probs * values).sum()
        found[name] = mean, ((old_probs * (values - mean) ** 2).sum()) ** 0.5
    return found


def build_second_order(fig, old_probs):
    """Explorer A: old and new policy, and how many times the exact KL its second-order form is."""
    fig.clear()
    left, right = fig.add_axes((0.075, 0.14, 0.36, 0.66)), fig.add_axes((0.53, 0.14, 0.45, 0.66))
    style_axes(left, "The policy, before and after", xlabel="action", ylabel="probability")
    style_axes(right, "Second-order form over exact KL", xlabel="exact KL (log scale)", ylabel="times the exact KL")
    actions = np.arange(len(old_probs))
    left.bar(actions - 0.2, old_probs, 0.38, facecolor="white", edgecolor=INK, hatch="////", linewidth=1)
    left.set(xticks=actions, xticklabels=actions + 1, ylim=(0, 1.02))
    new = left.bar(actions + 0.2, old_probs, 0.38, color=BLUE)
    left.text(0.97, 0.93, "/// old", transform=left.transAxes, ha="right", color=INK)
    left.text(0.97, 0.85, "■ new", transform=left.transAxes, ha="right", color=TEXT_TWIN[BLUE])
    grid = np.geomspace(0.001, 2.2, 40)
    for direction, color, dash in zip(DIRECTIONS, (VERMILLION, PURPLE), ("-", "--")):
        policies = np.stack([tilted(old_probs, direction, kl) for kl in grid])
        right.plot(
            grid, second_order_kl(policies, old_probs[None].repeat(40, 0)) / grid, color=color, linestyle=dash, lw=3
        )
    right.axhline(1, color=GREY, linestyle=":", linewidth=1.8)
    right.set(xscale="log", yscale="log", xlim=(0.0009, 2.6), ylim=(0.15, 12))
    right.set(xticks=[0.001, 0.01, 0.1, 1], yticks=[0.2, 0.5, 1, 2, 5, 10])
    right.set_xticklabels(["0.001", "0.01", "0.1", "1"])
    right.set_yticklabels(["0.2", "0.5", "1", "2", "5", "10"])
    right.minorticks_off()
    direct_label(right, 0.0013, 5, "too large:\nrare actions become likelier", VERMILLION)
    direct_label(right, 0.0013, 0.33, "too small:\nrare actions become rarer", PURPLE)
    words = [ax.text(0, 1.03, "", transform=ax.transAxes, color=MUTED_TEXT, fontsize=10.5) for ax in (left, right)]
    return {"new": list(new), "dot": right.plot([], [], "o", color=INK, mec="white", ms=10)[0], "words": words}


def move_second_order(artists, old_probs, probs):
    """Explorer A for a new policy; returns the sentence."""
    exact = float(categorical_kl(np.log(probs), np.log(old_probs)))
    form = float(second_order_kl(probs, old_probs))
    for bar, height in zip(artists["new"], probs):
        bar.set_height(height)
    artists["dot"].set_data([exact], [form / exact])
    ratio = probs / old_probs
    artists["words"][0].set_text(f"ratios from {ratio.min():.2f} to {ratio.max():.2f}")
    artists["words"][1].set_text(f"½ Σ π_old (ratio − 1)² = {form:.4f}, exact {exact:.4f}")
    off = form / exact - 1
    verdict = "right to 10 %" if abs(off) < 0.1 else f"{abs(off):.0%} too {'large' if off > 0 else 'small'}"
    return (
        f"Exact KL {exact:.4f}, second-order form {form:.4f}, {form / exact:.3f} times as much: {verdict}. "
        f"The ratios go from {ratio.min():.2f} to {ratio.max():.2f}."
    )


def build_estimators(fig, old_probs):
    """Explorer D: each estimator's mean and spread at one KL, and the error of an average of N over all KLs."""
    fig.clear()
    left, right = fig.add_axes((0.075, 0.14, 0.33, 0.66)), fig.add_axes((0.52, 0.14, 0.42, 0.66))
    style_axes(left, "Mean and spread, in units of the KL", ylabel="estimate over exact KL")
    style_axes(right, "Typical error of an average", xlabel="exact KL (log scale)", ylabel="error over exact KL")
    left.set(xlim=(-0.6, 2.6), ylim=(-2.4, 5.6), xticks=range(3), xticklabels=ESTIMATORS)
    left.axhline(1, color=INK, linestyle=":", linewidth=1.8)
    left.axhline(0, color=GREY, linewidth=1)
    left.tick_params(axis="x", labelsize=12)
    right.set(xscale="log", yscale="log", xlim=(0.0009, 2.6), ylim=(0.01, 100))
    right.set(xticks=[0.001, 0.01, 0.1, 1], yticks=[0.01, 0.1, 1, 10, 100])
    right.set_xticklabels(["0.001", "0.01", "0.1", "1"])
    right.set_yticklabels(["0.01", "0.1", "1", "10", "100"])
    right.minorticks_off()
    artists = {"mean": [], "bar": [], "curve": [], "label": [], "number": []}
    for x, name in enumerate(ESTIMATORS):
        style = {"color": COLORS[name], "linestyle": DASHES[name], "linewidth": LINE_WIDTH}
        artists["bar"] += left.bar(x, 1, 0.5, fc="white", ec=COLORS[name], hatch=HATCHES[name], lw=1.5, alpha=0.8)
        artists["mean"] += left.plot([x - 0.33, x + 0.33], [1, 1], color=COLORS[name], linewidth=LINE_WIDTH + 1)
        artists["curve"] += right.plot([], [], **style)
        artists["label"].append(direct_label(right, 2.75, 1, name, COLORS[name], clip_on=False))
        artists["number"].append(left.text(x, 4.5, "", ha="center", color=TEXT_TWIN[COLORS[name]], fontsize=10.5))
    artists["cursor"] = right.axvline(1, color=INK, linestyle=":", linewidth=1.5)
    artists["words"] = [
        ax.text(0, 1.03, "", transform=ax.transAxes, color=MUTED_TEXT, fontsize=10.5) for ax in (left, right)
    ]
    return artists


def move_estimators(artists, table, kl, samples):
    """Explorer D: `table` maps a KL to `moments`; returns the sentence for `kl` and an average of `samples`."""
    stops = np.array(sorted(table))
    ends = {}
    for i, name in enumerate(ESTIMATORS):
        mean, std = np.array([table[stop][name] for stop in stops]).T
        error = np.hypot(mean - stops, std / samples**0.5) / stops
        artists["curve"][i].set_data(stops, error)
        ends[name] = error[-1]
        now = table[kl][name][0] / kl, table[kl][name][1] / samples**0.5 / kl
        artists["mean"][i].set_ydata([now[0]] * 2)
        artists["bar"][i].set(
            y=max(now[0] - now[1], -2.4), height=min(now[0] + now[1], 4.3) - max(now[0] - now[1], -2.4)
        )
        artists["number"][i].set_text(f"{now[0]:.2f}\n± {now[1]:.2g}")
    heights = _apart(np.log10([ends[name] for name in ESTIMATORS]), 0.28)
    for label, height in zip(artists["label"], heights):
        label.set_y(10**height)
    artists["cursor"].set_xdata([kl, kl])
    artists["words"][0].set_text("dotted: exact; box: ± one std")
    artists["words"][1].set_text(f"√(bias² + variance / N), N = {samples}")
    error = {n: np.hypot(table[kl][n][0] - kl, table[kl][n][1] / samples**0.5) / kl for n in ESTIMATORS}
    spread = ", ".join(f"{n} {table[kl][n][1]:.3g}" for n in ESTIMATORS)
    return (
        f"KL {kl:g}. Standard deviation of one sample: {spread}; bias of k2 {table[kl]['k2'][0] / kl - 1:+.0%}, "
        f"of k1 and k3 none. Smallest error for an average of {samples}: {min(error, key=error.get)}."
    )


def _apart(heights, gap):
    """The heights, moved apart from the lowest up so that labels do not touch."""
    placed = np.array(heights, dtype=float)
    order = placed.argsort()
    for below, above in zip(order, order[1:]):
        placed[above] = max(placed[above], placed[below] + gap)
    return placed


def plot_descent(ax, matrix, b, paths, title):
    """The bowl ½xᵀHx − bᵀx from above, and each method's way down: `paths` maps two names to points [K, 2]."""
    solution = np.linalg.solve(matrix, b)
    x, y = np.meshgrid(np.linspace(-0.7, 2.9, 180), np.linspace(-1.3, 0.4, 120))
    away = np.stack([x - solution[0], y - solution[1]], -1)
    height = np.einsum("...i,ij,...j", away, matrix, away)
    ax.contour(
        x, y, height, levels=solution @ matrix @ solution * np.array([0.05, 0.25, 0.6, 1]), colors=GREY, linewidths=1
    )
    style = zip((VERMILLION, BLUE), ("--", "-"), ("v", "o"), (-0.95, 0.12))
    for (name, points), (color, dash, marker, y) in zip(paths.items(), style):
        ax.plot(*np.array(points).T, color=color, linestyle=dash, marker=marker, ms=7, linewidth=2.2)
        direct_label(ax, 0.1 if y < 0 else 0.75, y, f"{name}: {len(points) - 1} steps", color)
    style_axes(ax, title, "rings: equal height; both start at (0, 0)", "x₁", "x₂")
    ax.set(aspect="equal", xlim=(-0.7, 2.9))
    ax.grid(False)


def plot_updates(ax, updates, delta, title):
    """KL of every update as a histogram per method (`updates`: name → KLs), one row each, with the wall at δ."""
    edges = np.linspace(-5, 0.2, 53)
    for row, (name, kls) in enumerate(reversed(updates.items())):
        color, hatch = ((BLUE, None), (VERMILLION, "///"), (GREEN, "..."))[len(updates) - 1 - row]
        counts, _ = np.histogram(np.log10(np.clip(kls, 1e-5, 1.5)), edges)
        tops = row + 0.72 * counts / counts.max()
        ax.stairs(tops, edges, baseline=row, fill=True, facecolor=color, edgecolor="white", hatch=hatch)
        ax.plot(np.log10(max(kls)), row + 0.06, "D", color=INK, ms=6)
        words = f"{name}: mean {np.mean(kls):.4f}, largest {max(kls):.4f}"
        direct_label(ax, -4.95, row + 0.85, words, color, fontsize=10.5)
    ax.axvline(np.log10(delta), color=INK, linestyle="--", linewidth=1.8)
    direct_label(ax, np.log10(delta) + 0.05, len(updates) + 0.12, f"δ = {delta}", INK)
    ax.set(xticks=range(-5, 1), ylim=(0, len(updates) + 0.25), yticks=[])
    ax.set_xticklabels(["≤ 0.00001", "0.0001", "0.001", "0.01", "0.1", "1"])
    style_axes(
        ax, title, "how many updates; each row is scaled to its tallest bar; ◆ the largest", "mean KL (log scale)"
    )
