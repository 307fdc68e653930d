"""The figure of lesson 10: six diagnostics of a run without a name, beside a sound one."""

import numpy as np

from ppo_edu.figures.style import BLUE, GREY, INK, MUTED_TEXT, TEXT_TWIN, style_axes

PANELS = {
    "return": ("mean return", (0, 520), "linear"),
    "approx_kl": ("approx. KL", (1e-5, 30), "log"),
    "clip_fraction": ("clip fraction", (-0.02, 1.02), "linear"),
    "entropy": ("entropy", (-0.02, 0.72), "linear"),
    "explained_variance": ("explained variance", (-1.1, 1.05), "linear"),
    "value_loss": ("value loss", (1e-4, 1e4), "log"),
}


def build_run(fig):
    """Six empty panels, each with room for a sound run (dashed, grey) and another one (blue)."""
    fig.clear()
    runs, sound, notes = [], [], []
    for i, (title, limits, scale) in enumerate(PANELS.values()):
        ax = fig.add_axes((0.06 + 0.325 * (i % 3), 0.545 - 0.44 * (i // 3), 0.265, 0.29))
        style_axes(ax, xlabel="iteration" if i > 2 else "")
        ax.set_title(title, loc="left", fontsize=11.5, fontweight="bold", color=INK, pad=8)
        ax.set(yscale=scale, ylim=limits, xlim=(1, 40))
        ax.tick_params(labelsize=9.5)
        ax.minorticks_off()
        sound += ax.plot([], [], color=GREY, linestyle="--", linewidth=2)
        runs += ax.plot([], [], color=BLUE, linewidth=2.2)
        notes.append(ax.text(0.97, 0.86, "", transform=ax.transAxes, ha="right", fontsize=10, color=TEXT_TWIN[BLUE]))
    name = fig.text(0.06, 0.945, "", fontsize=12.5, color=TEXT_TWIN[BLUE], fontweight="bold")
    fig.text(0.985, 0.945, "- - -  a sound run, same seed", fontsize=11, color=MUTED_TEXT, ha="right")
    return {"runs": runs, "sound": sound, "notes": notes, "name": name}


def move_run(artists, run, sound, name):
    """Show one run over a sound one; both map metrics to [I], and a metric the run lacks is said to be missing.

    Values beyond a panel's limits are drawn at its edge; the sentence has them as they are.
    """
    for metric, line, other, note in zip(PANELS, artists["runs"], artists["sound"], artists["notes"]):
        limits = PANELS[metric][1]
        x = np.arange(1, len(sound[metric]) + 1)
        other.set_data(x, np.clip(sound[metric], *limits))
        values = run.get(metric, np.full(len(x), np.nan))
        line.set_data(np.arange(1, len(values) + 1), np.clip(values, *limits))
        edge = f"{name}: 0 throughout" if metric in run and PANELS[metric][2] == "log" and not np.any(values) else ""
        note.set_text(edge if metric in run else f"{name}: not stored")
    artists["name"].set_text(f"——  {name}")
    return f"{name}, in brackets the sound run: {'; '.join(facts(run, sound))}."


def facts(run, sound):
    """A few numbers of a run, each with that of the sound run behind it; no judgement."""
    numbers = {
        "highest return": lambda of: f"{np.nanmax(of['return']):.0f}",
        "last return": lambda of: f"{of['return'][~np.isnan(of['return'])][-1]:.0f}",
        "largest KL": lambda of: f"{np.max(of['approx_kl']):.2g}",
        "largest clip fraction": lambda of: f"{np.max(of['clip_fraction']):.0%}",
        "entropy in iteration 10": lambda of: f"{of['entropy'][9]:.2f}",
        "highest explained variance": lambda of: f"{np.nanmax(of['explained_variance']):.2f}",
        "last value loss": lambda of: f"{of['value_loss'][-1]:.2g}" if "value_loss" in of else "not stored",
    }
    return [f"{what} {number(run)} ({number(sound)})" for what, number in numbers.items()]
