"""Training under a slider (lesson 07): a run's curve over the band of the default settings, earlier ones behind it."""

import textwrap
from itertools import pairwise

import numpy as np

from ppo_edu.figures.style import AXIS, BLUE, BLUE_TEXT, GREY, LINE_WIDTH, MUTED_TEXT, style_axes

EARLIER, SEEDS = 5, 20  # at most so many other settings, and seeds of the current one, are drawn
OUTSIDE = 1 / 8  # a run is called outside when more than this share of its iterations is
LABEL_WIDTH = 29  # characters


def band(returns):
    """Least and largest return of stored runs [S, I], one iteration early or late: two arrays [I]."""
    low, high = np.nanmin(returns, axis=0), np.nanmax(returns, axis=0)
    near = [slice(max(0, i - 1), i + 2) for i in range(len(low))]
    return np.array([low[n].min() for n in near]), np.array([high[n].max() for n in near])


def leave(returns, low, high):
    """In how many iterations a run [I] is below and above the band; nan is neither."""
    low, high = low[: len(returns)], high[: len(returns)]
    return int((returns < low).sum()), int((returns > high).sum())


def is_outside(returns, low, high):
    """Whether a run is out of the band in more than an eighth of its iterations."""
    return sum(leave(returns, low, high)) > OUTSIDE * len(returns)


def mean_curve(runs):
    """Mean over runs of different length, nan where no episode ended in any of them: [I]."""
    longest = max(len(run.returns) for run in runs)
    table = np.full((len(runs), longest), np.nan)
    for row, run in zip(table, runs):
        row[: len(run.returns)] = run.returns
    known = np.isfinite(table)
    total, count = np.where(known, table, 0).sum(0), known.sum(0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def spread(heights, gap, low, high):
    """Heights moved apart to at least `gap`, as little as that takes, between `low` and `high` where there is room."""
    placed = np.clip(np.asarray(heights, dtype=float), low, high)
    order = np.argsort(placed, kind="stable")
    for lower, upper in pairwise(order):
        placed[upper] = max(placed[upper], placed[lower] + gap)
    placed[order[-1]] = min(placed[order[-1]], high)
    for upper, lower in pairwise(order[::-1]):
        placed[lower] = min(placed[lower], placed[upper] - gap)
    return placed


def build_runs(fig, env_steps, returns):
    """The grey band of stored runs `returns` [S, I] over `env_steps` [I]; returns what moves."""
    (ax,) = fig.axes
    left, bottom, _, height = ax.get_position().bounds
    ax.set_position([left, bottom, 0.735 - left, height])  # room for the settings beside the curves
    below = f"environment steps (grey: the defaults, {len(returns)} seeds; dots: 100 fresh episodes)"
    words = style_axes(ax, "Return while it trains", " ", below, "return of the episodes that ended")
    ax.set(xlim=(0, env_steps[-1]), ylim=(0, 540), yticks=range(0, 501, 100))
    ax.set_xticks([0, 20_000, 40_000, 60_000, 80_000], ["0", "20k", "40k", "60k", "80k"])
    ax.fill_between(env_steps, *band(returns), color=GREY, alpha=0.3, linewidth=0)
    thin = {"linewidth": 1.4, "alpha": 0.5}
    outer = {"clip_on": False}
    return {
        "earlier": [ax.plot([], [], color=MUTED_TEXT, **thin)[0] for _ in range(EARLIER)],
        "seeds": [ax.plot([], [], color=BLUE, **thin)[0] for _ in range(SEEDS)],
        "line": ax.plot([], [], color=BLUE, linewidth=LINE_WIDTH, clip_on=False)[0],
        "leaders": [ax.plot([], [], color=AXIS, linewidth=1, **outer)[0] for _ in range(EARLIER + 1)],
        "dots": ax.plot([], [], "o", color=MUTED_TEXT, mec="white", ms=8, **outer),
        "dot": ax.plot([], [], "o", color=BLUE, mec="white", ms=10, **outer),
        "labels": [ax.text(0, 0, "", fontsize=9.5, va="center", linespacing=1.1, **outer) for _ in range(EARLIER + 1)],
        "words": words,
    }


def move_runs(artists, run, seeds, earlier, env_steps, stored, verdict=""):
    """`run` was made last, `seeds` are the runs with its settings, `earlier` lists of runs with others.

    `stored` [S, I] is the band; `verdict` is said about a run that stands alone. Returns the sentence.
    """
    seeds, earlier = seeds[-SEEDS:], earlier[-EARLIER:]
    alone = run.stopped or len(seeds) < 2
    current = [run] if alone else seeds
    _draw(artists["line"], env_steps, mean_curve(current))
    _draw_all(artists["seeds"], env_steps, [] if alone else [one.returns for one in seeds])
    _draw_all(artists["earlier"], env_steps, [mean_curve(group) for group in earlier])
    _label(artists, [*earlier, current], env_steps[-1])
    shown = f"{run.words}, seed {run.config.seed}" if alone else f"{run.words}, {len(seeds)} seeds (bold: their mean)"
    artists["words"].set_text(shown)
    limits = band(stored)
    if run.stopped:
        return f"{shown}: stopped, {run.stopped}. This run is not kept. Move a control and the next one starts."
    if alone:
        return f"{shown}: {_place(run.returns, *limits)} {_judged([run])} {verdict}".rstrip()
    out = sum(is_outside(one.returns, *limits) for one in seeds)
    return f"{run.words}, {len(seeds)} seeds: {len(seeds) - out} inside the band, {out} outside. {_judged(seeds)}"


def _place(returns, low, high):
    below, above = leave(returns, low, high)
    count = f"{below + above} of {len(returns)} iterations"
    if not is_outside(returns, low, high):
        return f"inside the band but for {count}." if below + above else "inside the band all the way."
    return f"outside the band in {count}, mostly {'below' if below > above else 'above'} it."


def _judged(runs):
    finals, seconds = [run.final for run in runs], sum(run.seconds for run in runs)
    words = f"{np.mean(finals):.0f}"
    if len(runs) > 1:
        words = f"mean {words} ({min(finals):.0f} to {max(finals):.0f})"
    return f"100 fresh episodes, sampled actions: {words}. Trained in {seconds:.1f} s."


def _draw(line, env_steps, returns):
    known = np.flatnonzero(np.isfinite(returns))
    line.set_data(env_steps[known], returns[known])


def _draw_all(lines, env_steps, curves):
    for k, line in enumerate(lines):
        _draw(line, env_steps, curves[k] if k < len(curves) else np.array([]))


def _label(artists, groups, right):
    """Settings and final return of each group beside the axes, the last group bold, a leader to each dot."""
    finals = [float(np.mean([run.final for run in group])) for group in groups]
    texts = [textwrap.fill(_group_words(group, final), LABEL_WIDTH) for group, final in zip(groups, finals)]
    heights = spread(finals, 23 * max(text.count("\n") + 1 for text in texts) + 4, 12, 525)
    artists["dots"][0].set_data([right] * (len(groups) - 1), finals[:-1])
    artists["dot"][0].set_data([right], finals[-1:])
    for k, (leader, label) in enumerate(zip(artists["leaders"], artists["labels"])):
        if k >= len(groups):
            leader.set_data([], [])
            label.set_text("")
            continue
        now = k == len(groups) - 1
        leader.set_data([right, 1.035 * right], [finals[k], heights[k]])
        label.set(text=texts[k], x=1.045 * right, y=heights[k])
        label.set(color=BLUE_TEXT if now else MUTED_TEXT, fontweight="bold" if now else "normal")


def _group_words(group, final):
    seeds = f" × {len(group)} seeds" if len(group) > 1 else ""
    settings = [part.replace(" ", "\u00a0") for part in f"{group[0].words}{seeds}: {final:.0f}".split(", ")]
    return ", ".join(settings)  # a line may end after a comma, not between a symbol and its number
