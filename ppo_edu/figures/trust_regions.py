"""Figures of lesson 04 about regions: the counter-example, the simplex, and what clip and penalty pull with."""

import numpy as np
from matplotlib.patches import Polygon, Rectangle

from ppo_edu.clip import clipped_objective_slope
from ppo_edu.figures.style import (
    BLUE,
    BLUE_TINT,
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
from ppo_edu.kl import categorical_kl
from ppo_edu.mdp import softmax

OLD = np.array([0.5, 0.4, 0.1])
D_STOPS = (0.1, 0.08, 0.06, 0.04, 0.02, 0.01, 0.005, 0.002, 0.001, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8)
D_GRID = np.geomspace(0.1, 1e-8, 81)
CORNERS = np.array([[0.0, 0.0], [1.0, 0.0], [0.5, 3**0.5 / 2]])
SAMPLED = {"1, 2 and 3": (0, 1, 2), "1 and 2": (0, 1), "1 and 3": (0, 2), "1 only": (0,)}


def kl(probs, old_probs=OLD):
    """KL(π_old ‖ π) of probabilities [..., A]."""
    with np.errstate(divide="ignore"):
        return categorical_kl(np.log(probs), np.broadcast_to(np.log(old_probs), np.shape(probs)))


def largest_kl(eps):
    """sup KL(π_old ‖ π) when every action's ratio is within 1 ± ε: −½ log(1 − ε²)."""
    return -0.5 * np.log1p(-(eps**2))


def build_counter(fig):
    """Explorer B: three actions, two of them sampled; KL against the probability d that is left to the third."""
    fig.clear()
    left, right = fig.add_axes((0.075, 0.14, 0.40, 0.66)), fig.add_axes((0.57, 0.14, 0.41, 0.66))
    style_axes(left, "Three actions, two of them sampled", ylabel="probability")
    style_axes(right, "KL, as action 3 disappears", xlabel="new probability d of action 3", ylabel="KL")
    left.bar(np.arange(3) - 0.2, OLD, 0.36, facecolor="white", edgecolor=INK, hatch="////", linewidth=1)
    left.set(ylim=(0, 0.88), xlim=(-0.5, 2.5), xticks=range(3), yticks=[0, 0.2, 0.4, 0.6])
    left.set_xticklabels(["1: sampled", "2: sampled", "3: not sampled"])
    for x in (0, 1):
        left.add_patch(Rectangle((x + 0.01, 0.8 * OLD[x]), 0.38, 0.4 * OLD[x], fc=BLUE_TINT, ec=BLUE, ls=":", lw=1.5))
    left.text(2.48, 0.81, "/// old      ■ new      dotted: 1 ± ε", ha="right", color=MUTED_TEXT, fontsize=10.5)
    right.set(xscale="log", xlim=(0.15, 5e-9), ylim=(-0.06, 1.75), xticks=[0.1, 1e-2, 1e-4, 1e-6, 1e-8])
    right.set_xticklabels(["0.1", "0.01", "0.0001", "10⁻⁶", "10⁻⁸"])
    right.minorticks_off()
    right.axhline(largest_kl(0.2), color=BLUE, linewidth=1.8)
    right.axhline(0.1, color=GREY, linestyle="--", linewidth=1.8)
    direct_label(right, 6e-9, 0.155, "dashed: 0.1", GREY, ha="right", fontsize=10.5)
    direct_label(right, 6e-9, 0.26, "0.0204: every ratio in the band", BLUE, ha="right", fontsize=10.5)
    return {
        "new": list(left.bar(np.arange(3) + 0.2, OLD, 0.3, color=BLUE)),
        "ratio": [left.text(x + 0.2, 0, "", ha="center", va="bottom", fontsize=10.5) for x in range(3)],
        "curve": right.plot(D_GRID, D_GRID, color=VERMILLION, linewidth=LINE_WIDTH)[0],
        "dot": right.plot([], [], "o", color=INK, mec="white", ms=10)[0],
        "words": [
            ax.text(0, 1.03, "", transform=ax.transAxes, color=MUTED_TEXT, fontsize=10.5) for ax in (left, right)
        ],
    }


def move_counter(artists, first, d, eps=0.2):
    """Explorer B for π = (first, 1 − first − d, d); returns the sentence."""
    probs = np.array([first, 1 - first - d, d])
    ratio, value = probs / OLD, float(kl(probs))
    inside = np.abs(ratio - 1) <= eps + 1e-9
    for x in range(3):
        artists["new"][x].set_height(probs[x])
        words = f"{ratio[x]:.3g}" + ("" if x == 2 else " in" if inside[x] else " OUT")
        color = TEXT_TWIN[BLUE if inside[x] or x == 2 else VERMILLION]
        artists["ratio"][x].set(text=words, y=max(probs[x], OLD[x] * (1 + eps) * (x < 2)) + 0.01, color=color)
    others = np.stack([np.full_like(D_GRID, first), 1 - first - D_GRID, D_GRID], -1)
    artists["curve"].set_ydata(kl(others))
    artists["dot"].set_data([d], [value])
    artists["words"][0].set_text(f"new ({probs[0]:.3f}, {probs[1]:.3f}, {d:.3g}); over the bars: ratios")
    artists["words"][1].set_text(f"KL {value:.3f} at d = {d:.3g}")
    both = inside[:2].all()
    where = "both sampled ratios are in the band" if both else "a sampled ratio is outside the band"
    verdict = "That is a counter-example." if both and value > 0.1 else "Not a counter-example yet."
    return (
        f"Ratios {ratio[0]:.3f} and {ratio[1]:.3f}: {where}. Action 3, not sampled, has ratio {ratio[2]:.3g}. "
        f"KL {value:.3f}, {'above' if value > 0.1 else 'not above'} 0.1. {verdict}"
    )


def band_polygon(sampled, eps, old_probs=OLD):
    """Corners [K, 3] of the policies whose ratio is within 1 ± ε for the `sampled` actions."""
    corners = np.eye(3)
    for a in sampled:
        for sign, limit in ((1, 1 + eps), (-1, 1 - eps)):
            corners = _cut(corners, sign * (limit * old_probs[a] - corners[:, a]))
    return corners


def _cut(corners, room):
    """The part of a convex polygon where `room`, given at its corners and linear between, is not negative."""
    kept = []
    for i in range(len(corners)):
        j = (i + 1) % len(corners)
        if room[i] >= 0:
            kept.append(corners[i])
        if (room[i] < 0) != (room[j] < 0):
            kept.append(corners[i] + room[i] / (room[i] - room[j]) * (corners[j] - corners[i]))
    return np.array(kept)


def kl_ball(delta, old_probs=OLD, directions=180):
    """The edge of {π : KL(π_old ‖ π) ≤ δ} on the simplex, [directions, 3], by bisection along rays."""
    angle = np.linspace(0, 2 * np.pi, directions, endpoint=False)[:, None]
    rays = np.cos(angle) * np.array([1, -1, 0]) + np.sin(angle) * np.array([1, 1, -2]) / 3**0.5
    with np.errstate(divide="ignore"):
        high = np.where(rays < 0, -old_probs / rays, np.inf).min(-1)
    low = np.zeros_like(high)
    for _ in range(45):
        middle = (low + high) / 2
        inside = kl(np.maximum(old_probs + middle[:, None] * rays, 0), old_probs) <= delta
        low, high = np.where(inside, middle, low), np.where(inside, high, middle)
    return old_probs + low[:, None] * rays


def build_simplex(fig):
    """Explorer C: KL ball and band on the triangle of three-action policies, and the largest KL each allows."""
    fig.clear()
    left, right = fig.add_axes((0.01, 0.02, 0.50, 0.81)), fig.add_axes((0.59, 0.25, 0.38, 0.58))
    style_axes(left, "All policies over three actions")
    style_axes(right, "Largest KL in each region", xlabel="KL (log scale)")
    left.set(xlim=(-0.09, 1.09), ylim=(-0.09, 1.0), aspect="equal", anchor="N", xticks=[], yticks=[])
    left.spines[:].set_visible(False)
    left.add_patch(Polygon(CORNERS, fc="none", ec=INK, lw=1.5))
    for words, x, y in (("action 1", 0, -0.05), ("action 2", 1, -0.05), ("action 3", 0.5, 0.91)):
        left.text(x, y, words, ha="center", va="center", fontsize=11)
    band = Polygon(CORNERS, fc="none", ec=VERMILLION, hatch="///", lw=1.8, ls="--")
    ball = Polygon(CORNERS, fc=BLUE, ec=BLUE, alpha=0.45, lw=1.8)
    right.set(xscale="log", xlim=(5e-4, 20), ylim=(-0.6, 2.7), yticks=[], xticks=[0.001, 0.01, 0.1, 1, 10])
    right.set_xticklabels(["0.001", "0.01", "0.1", "1", "10"])
    right.minorticks_off()
    right.grid(True, axis="x", color="#E3E6EB")
    bars = [
        *right.barh(2, 1, 0.42, left=5e-4, color=BLUE, alpha=0.6),
        *right.barh(1, 1, 0.42, left=5e-4, fc="white", ec=GREEN, hatch="..."),
        *right.barh(0, 1, 0.42, left=5e-4, fc="white", ec=VERMILLION, hatch="///"),
    ]
    return {
        "band": left.add_patch(band),
        "ball": left.add_patch(ball),
        "dot": [
            left.plot(*(OLD @ CORNERS), "o", color=INK, mec="white", ms=8)[0],
            left.plot([], [], "D", color=ORANGE, mec=INK, ms=8)[0],
        ],
        "bars": bars,
        "labels": [
            right.text(6e-4, y + 0.33, "", color=TEXT_TWIN[c], fontsize=10.5)
            for y, c in zip((2, 1, 0), (BLUE, GREEN, VERMILLION))
        ],
        "words": [left.text(0, 1.03, "", transform=left.transAxes, color=MUTED_TEXT, fontsize=10.5)],
    }


def move_simplex(artists, delta, eps, sampled):
    """Explorer C for a KL ball of size δ and a band of half-width ε on the `sampled` actions; the sentence."""
    corners = band_polygon(SAMPLED[sampled], eps)
    everything = band_polygon((0, 1, 2), eps)
    far = kl(corners)
    worst = corners[far.argmax()]
    limits = delta, float(kl(everything).max()), float(far.max())
    artists["band"].set_xy(corners @ CORNERS)
    artists["ball"].set_xy(kl_ball(delta) @ CORNERS)
    artists["dot"][1].set_data(*(worst @ CORNERS)[:, None])
    names = "KL ball, δ", "all three ratios in the band", f"only sampled ratios in it: {sampled}"
    for bar, words, name, value in zip(artists["bars"], artists["labels"], names, limits):
        bar.set_width(min(value, 20) - 5e-4)
        words.set_text(f"{name}: {value:.4f}" if np.isfinite(value) else f"{name}: no limit")
    artists["words"][0].set_text("● π_old    ■ KL ball    /// band on sampled    ◆ farthest")
    if np.isinf(limits[2]):
        lost = " and ".join(str(a + 1) for a in np.flatnonzero(worst == 0) if OLD[a] > 0)
        tail = f"holds policies where action {lost} has died out: its KL has no limit"
    else:
        tail = f"allows KL up to {limits[2]:.4f}, at ({', '.join(f'{x:.3f}' for x in worst)})"
    return (
        f"KL ball δ = {delta:g}. All ratios within 1 ± {eps:.2f}: KL at most {limits[1]:.4f}. "
        f"Sampled actions {sampled}: the band {tail}."
    )


def forces(policy, old_policy, advantages, weights, clip_eps, kl_coef):
    """Gradients in the logits, [..., S, A] each, of L^CPI, L^CLIP and L^CPI − β·KL, all at the same `policy`.

    weights: how much each state counts, [..., S]. Every action of every state is enumerated.
    """
    ratio, weights = policy / old_policy, weights[..., None]

    def in_logits(slope):
        pull = weights * policy * slope
        return pull - policy * pull.sum(-1, keepdims=True)

    plain = in_logits(advantages)
    clipped = in_logits(clipped_objective_slope(ratio, advantages, clip_eps))
    return plain, clipped, plain + kl_coef * weights * (old_policy - policy)


def build_forces(fig):
    """Explorer E: per sample, the slope in its ratio; for a whole MDP, the pull along a path away from π_old."""
    fig.clear()
    left, right = fig.add_axes((0.075, 0.14, 0.37, 0.66)), fig.add_axes((0.55, 0.14, 0.43, 0.66))
    style_axes(left, "One good sample", xlabel="probability ratio", ylabel="slope per unit Â")
    style_axes(right, "A whole MDP", xlabel="distance along the natural gradient", ylabel="pull along the path")
    left.set(xlim=(0.4, 2), ylim=(-1.6, 3.2), xticks=[0.5, 1, 1.5, 2])
    right.set(xlim=(-0.5, 1), ylim=(-0.7, 1.6), xticks=[-0.5, 0, 0.5, 1], yticks=[-0.5, 0, 0.5, 1, 1.5])
    artists = {"words": []}
    for ax in (left, right):
        ax.axhline(0, color=INK, linewidth=1.2)
        ax.axvline(1 if ax is left else 0, color=GREY, linewidth=1, linestyle=":")
        artists["words"].append(ax.text(0, 1.03, "", transform=ax.transAxes, color=MUTED_TEXT, fontsize=10.5))
    left.text(1.02, -1.5, "π_old", color=MUTED_TEXT)
    right.text(0.015, -0.66, "π_old", color=MUTED_TEXT)
    for name, ax in (("sample", left), ("pull", right)):
        artists[name] = [
            ax.plot([], [], color=GREY, linestyle="--", linewidth=1.8)[0],
            ax.plot([], [], color=BLUE, linewidth=LINE_WIDTH)[0],
            ax.plot([], [], color=GREEN, linestyle="-.", linewidth=LINE_WIDTH)[0],
        ]
    for y, words, color in ((0.93, "-- L^CPI", GREY), (0.85, "— clip", BLUE), (0.77, "-· KL penalty", GREEN)):
        right.text(0.98, y, words, transform=right.transAxes, ha="right", color=TEXT_TWIN[color], fontsize=11)
    artists["cursor"] = right.axvline(0, color=INK, linestyle=":", linewidth=1.5)
    return artists


def move_forces(artists, old_logits, advantages, weights, distance, eps, beta):
    """Explorer E: policies softmax(old_logits + distance · Â); pulls are relative to L^CPI's at π_old."""
    ratio = np.linspace(0.4, 2, 801)
    one = np.ones_like(ratio), clipped_objective_slope(ratio, 1.0, eps), 1 - beta * (1 - 1 / ratio)
    for line, slope in zip(artists["sample"], one):
        line.set_data(ratio, slope)
    old_policy = softmax(old_logits)
    path = np.append(np.linspace(-0.5, 1, 151), distance)
    policies = softmax(old_logits + path[:, None, None] * advantages)
    pulls = np.array(
        [
            [(force * advantages).sum() for force in forces(policy, old_policy, advantages, weights, eps, beta)]
            for policy in policies
        ]
    ).T
    pulls /= (weights[:, None] * old_policy * advantages**2).sum()
    for line, pull in zip(artists["pull"], pulls):
        line.set_data(path[:-1], pull[:-1])
    artists["cursor"].set_xdata([distance, distance])
    now, moved = pulls[:, -1], policies[-1] / old_policy
    outside = (np.abs(moved - 1) > eps).sum()
    artists["words"][0].set_text(f"ε = {eps:.2f}, β = {beta:g}")
    artists["words"][1].set_text(f"L^CPI {now[0]:.2f}, clip {now[1]:.2f}, penalty {now[2]:.2f}")
    clip_words = "the same as L^CPI" if now[0] == now[1] else f"{now[1] / now[0]:.0%} of L^CPI"
    return (
        f"Distance {distance:.2f}: {outside} of {moved.size} ratios outside the band. Pull of L^CPI {now[0]:.2f}; of "
        f"the clip {now[1]:.2f}, {clip_words}; with the penalty {now[2]:.2f}, "
        f"{'against' if now[2] < 0 else 'along'} the path."
    )
