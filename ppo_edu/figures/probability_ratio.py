"""The figures of lesson 02: what importance weights are worth, and the surrogate beside the true return."""

import functools

import numpy as np
from matplotlib.patches import Rectangle

from ppo_edu.figures.style import (
    BLUE,
    BLUE_TINT,
    GREEN,
    GREY,
    INK,
    LINE_WIDTH,
    MUTED_TEXT,
    TEXT_TWIN,
    VERMILLION,
    direct_label,
    style_axes,
)
from ppo_edu.mdp import advantages, discounted_visits, expected_return, softmax, surrogate
from ppo_edu.ratio import probability_ratio

REWARDS = np.array([1.0, 0.4, 0.2, 0.0])
NEW = np.linspace(0.01, 0.99, 99)
BATCHES = 400
WHAT_FILLS = "blue: actions re-weighted · hatched: what the states leave"


def policy_with(first):
    """Four actions: the first has probability `first`, the others share the rest 5 : 3 : 2. [...] → [..., 4]."""
    rest = (1 - np.asarray(first))[..., None] * np.array([0.5, 0.3, 0.2])
    return np.concatenate([np.asarray(first)[..., None], rest], -1)


@functools.cache
def counts(old, samples):
    """How often each action came up in 400 batches of `samples` draws from `policy_with(old)`, [400, 4]."""
    return np.random.default_rng(0).multinomial(samples, policy_with(old), BATCHES)


def weighted(old, samples, new):
    """For each of 400 batches: the mean of ratio · reward, and ESS/N. new [P] → two arrays [400, P]."""
    logs = np.log(policy_with(new))
    ratio = probability_ratio(logs, np.broadcast_to(np.log(policy_with(old)), logs.shape))
    drawn = counts(old, samples)
    total, squares = drawn @ ratio.T, drawn @ (ratio**2).T
    return drawn @ (ratio * REWARDS).T / samples, total**2 / squares / samples


def worth_exactly(old, new):
    """ESS/N for endlessly many samples, 1 / E_old[ratio²] = 1 / Σ π² / π_old: new [P] → [P]."""
    return 1 / (policy_with(new) ** 2 / policy_with(old)).sum(-1)


def build_weights(fig):
    """Explorer A: both policies on the left; estimates above ESS/N on the right. Returns what moves."""
    fig.clear()
    bars = fig.add_axes((0.08, 0.11, 0.25, 0.72))
    top = fig.add_axes((0.42, 0.53, 0.55, 0.30))
    below = fig.add_axes((0.42, 0.11, 0.55, 0.22))
    style_axes(bars, "Two policies", "hollow: old · solid: new · ×: ratio", "action and its reward", "probability")
    style_axes(top, "What the old samples say about the new policy", "", "", "mean reward")
    style_axes(below, "How many samples they are worth", "", "new probability of action A", "ESS / N")
    bars.set(xlim=(-0.6, 3.6), ylim=(0, 1.12), xticks=range(4), yticks=[0, 0.25, 0.5, 0.75, 1])
    bars.set_xticklabels([f"{name}\n{reward:g}" for name, reward in zip("ABCD", REWARDS, strict=True)])
    ticks = [0, 0.2, 0.4, 0.6, 0.8, 1]
    top.set(xlim=(0, 1), ylim=(-0.05, 2.05), xticks=ticks, yticks=[0, 0.5, 1, 1.5, 2])
    top.set_xticklabels([])
    below.set(xlim=(0, 1), ylim=(0, 1.05), xticks=ticks, yticks=[0, 0.5, 1])
    nothing = np.zeros_like(NEW)
    hollow = {"fc": "none", "ec": GREY, "lw": 1.8, "ls": "--"}
    artists = {
        "new": [bars.add_patch(Rectangle((k - 0.32, 0), 0.64, 0.1, color=BLUE, alpha=0.8, lw=0)) for k in range(4)],
        "old": [bars.add_patch(Rectangle((k - 0.32, 0), 0.64, 0.1, **hollow)) for k in range(4)],
        "ratio": [bars.text(k, 0, "", ha="center", va="bottom", color=TEXT_TWIN[BLUE]) for k in range(4)],
        "spread": top.fill_between(NEW, nothing, nothing, color=BLUE, alpha=0.18, lw=0),
        "truth": top.plot(NEW, policy_with(NEW) @ REWARDS, color=INK, linewidth=2)[0],
        "mean": top.plot(NEW, nothing, color=BLUE, linewidth=LINE_WIDTH, linestyle=(0, (2, 1.5)))[0],
        "worth_spread": below.fill_between(NEW, nothing, nothing, color=BLUE, alpha=0.18, lw=0),
        "worth": below.plot(NEW, nothing, color=BLUE, linewidth=LINE_WIDTH, linestyle=(0, (2, 1.5)))[0],
        "exact": below.plot(NEW, nothing, color=INK, linewidth=2)[0],
        "cursor": [ax.plot([0, 0], ax.get_ylim(), color=INK, linestyle=":", linewidth=1.5)[0] for ax in (top, below)],
        "numbers": [ax.text(0, 1.06, "", transform=ax.transAxes, color=MUTED_TEXT) for ax in (top, below)],
        "words": direct_label(top, 0.02, 1.8, "dots: mean of 400 batches\nband: 90 % of them · line: the truth", BLUE),
    }
    artists["words"].set(fontsize=10.5)
    for text in (*artists["ratio"], *artists["numbers"]):
        text.set_fontsize(10.5)
    return artists


def move_weights(artists, old, new, samples):
    """Explorer A: action A goes from probability `old` to `new`, `samples` draws a batch; returns the sentence."""
    before, now = policy_with(old), policy_with(new)
    ratio = probability_ratio(np.log(now), np.log(before))
    for k in range(4):
        artists["old"][k].set_height(before[k])
        artists["new"][k].set_height(now[k])
        artists["ratio"][k].set(text=f"×{ratio[k]:.3g}", y=max(before[k], now[k]) + 0.01)
    estimates, worth = weighted(old, samples, NEW)
    for name, values in (("spread", estimates), ("worth_spread", worth)):
        artists[name].set_data(NEW, *np.percentile(values, [5, 95], axis=0))
    artists["mean"].set_ydata(estimates.mean(0))
    artists["worth"].set_ydata(worth.mean(0))
    artists["exact"].set_ydata(worth_exactly(old, NEW))
    for line in artists["cursor"]:
        line.set_xdata([new, new])
    here, worth_here = (values[:, 0] for values in weighted(old, samples, np.array([new])))
    low, high = np.percentile(here, [5, 95])
    truth, unseen = now @ REWARDS, (counts(old, samples)[:, 0] == 0).mean()
    artists["numbers"][0].set_text(f"truth {truth:.2f}, estimates {low:.2f} to {high:.2f}")
    artists["numbers"][1].set_text(
        f"measured {worth_here.mean():.2f} (dots), endless data {worth_exactly(old, new):.2f} (line)"
    )
    blind = f" In {unseen:.0%} of the batches A never came up: their ESS looks perfect." if unseen > 0.005 else ""
    return (
        f"Action A from {old:g} to {new:.2f}: ratio {ratio[0]:.3g}. True mean reward of the new policy {truth:.2f}; "
        f"90 % of the estimates lie between {low:.2f} and {high:.2f}, their mean is {here.mean():.2f}. {samples} old "
        f"samples are worth {worth_here.mean() * samples:.0f}: ESS/N = {worth_here.mean():.2f}.{blind}"
    )


def along(mdp, logits, direction, steps):
    """The policies softmax(logits + step · direction) against the one at step 0, all exact.

    → dict: steps, policies [P, S, A]; true, surrogate [P]; old (J there); visits and gap by state [P, S], where
    gap(s) = (d_π(s) − d_old(s)) Σ_a π(a|s) A_old(s, a) and Σ_s gap = true − surrogate.
    """
    old, policies = softmax(logits), softmax(logits + steps[:, None, None] * direction)
    visits, old_visits = discounted_visits(mdp, policies), discounted_visits(mdp, old)
    gain = (policies * advantages(mdp, old)).sum(-1)
    return {
        "steps": steps,
        "policies": policies,
        "true": expected_return(mdp, policies),
        "surrogate": surrogate(mdp, policies, old),
        "old": float(expected_return(mdp, old)),
        "visits": visits,
        "old_visits": old_visits,
        "gap": (visits - old_visits) * gain,
    }


def build_surrogate(fig, rows, best, line):
    """Explorer B: three curves along a line of policies, and the gap at the cursor state by state.

    rows: the drawing of the gridworld; best: the return no policy exceeds; line: from `along`, as any that will be
    moved on this figure with the same old policy. Returns what moves.
    """
    fig.clear()
    steps = line["steps"]
    ax = fig.add_axes((0.075, 0.12, 0.385, 0.70))
    style_axes(ax, "Surrogate and true return", WHAT_FILLS, "step away from the old policy", "expected return")
    ax.set(xlim=(steps[0], steps[-1]), ylim=(-1.75, 1.35), xticks=np.arange(steps[0], steps[-1] + 1, 3))
    ax.axhline(best, color=GREY, linewidth=1.2, linestyle=":")
    ax.text(steps[0] + 0.15, best + 0.03, "the most any policy can earn", color=MUTED_TEXT, fontsize=10.5)
    flat = np.zeros(len(steps))
    hatched = {"facecolor": "#FDEDE3", "edgecolor": "#F3B48C", "hatch": "//", "lw": 0}
    artists = {
        "repaired": ax.fill_between(steps, flat, flat, color=BLUE_TINT, lw=0),
        "left": ax.fill_between(steps, flat, flat, **hatched),
        "old": ax.plot(steps, flat, color=GREY, linestyle="--", linewidth=1.8)[0],
        "surrogate": ax.plot(steps, flat, color=BLUE, linewidth=LINE_WIDTH, linestyle=(0, (4, 1)))[0],
        "true": ax.plot(steps, flat, color=INK, linewidth=LINE_WIDTH)[0],
        "cursor": ax.plot([0, 0], ax.get_ylim(), color=INK, linestyle=":", linewidth=1.5)[0],
        "dots": [ax.plot([0], [0], "o", color=color, mec="white", ms=8)[0] for color in (GREY, BLUE, INK)],
        "labels": [direct_label(ax, 0, 0, "", color, fontsize=10.5, path_effects=[]) for color in (GREY, BLUE, INK)],
    }
    return artists | _build_cells(fig, rows, line["old_visits"])


def free_states(rows):
    """The states of a gridworld in which an action changes something: no wall, no end."""
    return [k for k, cell in enumerate("".join(rows)) if cell in "S."]


def _build_cells(fig, rows, old_visits):
    """The gridworld as cells; every free one has a colour, its share of the gap, its visits."""
    height, width = len(rows), len(rows[0])
    ax = fig.add_axes((0.61, 0.12, 0.38, 0.70))
    style_axes(ax, "The gap, state by state")
    ax.set(xlim=(0, width), ylim=(height, 0), xticks=[], yticks=[])
    ax.grid(False)
    ax.spines[:].set_visible(False)
    cells = {"cells": [], "visits": [], "gap": []}
    for y, x in np.ndindex(height, width):
        name = rows[y][x]
        ax.add_patch(Rectangle((x, y), 1, 1, fc="#D5D9E0" if name == "#" else "white", ec="#A9AFBA", lw=1.2))
        if name != ".":
            words = {"S": "start", "#": "wall", "X": "pit −1", "G": "goal +1"}[name]
            ax.text(x + 0.06, y + 0.2, words, fontsize=10, color=INK)
        if name in "S.":
            fill = Rectangle((x + 0.02, y + 0.02), 0.96, 0.96, color=GREEN, alpha=0, lw=0)
            cells["cells"].append(ax.add_patch(fill))
            middle = {"ha": "center", "va": "center"}
            cells["gap"].append(ax.text(x + 0.5, y + 0.47, "", fontsize=12, fontweight="bold", **middle))
            before = f"{old_visits[y * width + x]:.1f} →"
            small = {"va": "center", "fontsize": 10, "color": INK}
            ax.text(x + 0.55, y + 0.78, before, ha="right", **small)
            cells["visits"].append(ax.text(x + 0.6, y + 0.78, "", ha="left", **small))
    cells["total"] = ax.text(0, 1.035, "", transform=ax.transAxes, color=MUTED_TEXT, fontsize=10.5)
    ax.text(0, -0.07, "bold: share of the gap · small: visits, old → new", transform=ax.transAxes, fontsize=10)
    return cells


def move_surrogate(artists, line, rows, step):
    """Explorer B: `line` from `along` on the gridworld drawn by `rows`, `step` one of its steps; the sentence."""
    width, free = len(rows[0]), free_states(rows)
    steps, k = line["steps"], int(np.abs(line["steps"] - step).argmin())
    base = np.full(len(steps), line["old"])
    curves = {"old": base, "surrogate": line["surrogate"], "true": line["true"]}
    artists["repaired"].set_data(steps, base, line["surrogate"])
    artists["left"].set_data(steps, line["surrogate"], line["true"])
    for dot, (name, values) in zip(artists["dots"], curves.items(), strict=True):
        artists[name].set_ydata(values)
        dot.set_data([steps[k]], [values[k]])
    # No higher than its dots: the words over the dotted line stay free.
    lowest, highest = artists["cursor"].axes.get_ylim()[0], max(values[k] for values in curves.values())
    artists["cursor"].set_data([steps[k], steps[k]], [lowest, highest])
    _label_ends(artists["labels"], steps, curves)
    # Adding 0 after rounding turns a −0.000 into +0.000.
    promised, true = (round(line[name][k] - line["old"], 3) + 0.0 for name in ("surrogate", "true"))
    gap = line["gap"][k].round(3) + 0.0
    left = round(line["gap"][k].sum(), 3) + 0.0
    artists["total"].set_text(f"true return − surrogate = {left:+.3f}")
    for place, s in enumerate(free):
        color = GREEN if gap[s] > 0 else VERMILLION
        artists["cells"][place].set(color=color, alpha=min(0.4, 2.0 * abs(gap[s])))
        artists["gap"][place].set_text(f"{gap[s].round(2) + 0.0:+.2f}")
        artists["visits"][place].set_text(f"{line['visits'][k, s]:.1f}")
    worst = max(free, key=lambda s: abs(gap[s]))
    y, x = divmod(worst, width)
    where = f", the largest share in row {y + 1}, column {x + 1} ({gap[worst]:+.3f})" if gap[worst] else ""
    verdict = "They agree" if left == 0 else "It is too low" if left > 0 else "It is too high"
    return (
        f"Step {steps[k]:+.1f}: the surrogate promises {promised:+.3f}, the true return changes by {true:+.3f}. "
        f"{verdict}: what the states leave is {left:+.3f}{where}."
    )


def _label_ends(labels, steps, curves):
    """Name each curve at its right end, pushed apart where two would touch."""
    words = {"old": "no re-weighting", "surrogate": "surrogate", "true": "true return J"}
    ends = sorted((values[-1], name) for name, values in curves.items())
    heights = np.array([value for value, _ in ends])
    for i in (1, 2):
        heights[i] = max(heights[i], heights[i - 1] + 0.17)
    heights -= heights.mean() - np.mean([value for value, _ in ends])
    for height, (_, name) in zip(heights, ends, strict=True):
        labels[list(curves).index(name)].set(text=words[name], x=steps[-1] + 0.35, y=height)
