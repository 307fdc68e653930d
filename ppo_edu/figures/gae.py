"""The figures of lesson 05: GAE's weights, its bias and variance against λ, and what a time limit teaches a critic."""

import numpy as np
from matplotlib.patches import Rectangle

from ppo_edu.figures.style import (
    BLUE,
    BLUE_TINT,
    GREY,
    INK,
    LINE_WIDTH,
    MUTED_TEXT,
    ORANGE,
    TEXT_TWIN,
    VERMILLION,
    VERMILLION_TINT,
    direct_label,
    style_axes,
)
from ppo_edu.gae import effective_horizon

LAGS = np.arange(121)
MOST_STEPS = 20
TOP = 0.04
# Closer together near 1, where the variance climbs.
LAMBDAS = 1 - np.linspace(1, 0, 41) ** 1.5


def mixture_weights(gae_lambda, steps):
    """Weights of A^(1) … A^(steps) with `steps` rows left: (1−λ)λ^(n−1), for the last λ^(steps−1); their sum is 1."""
    weights = (1 - gae_lambda) * gae_lambda ** np.arange(steps)
    weights[-1] = gae_lambda ** (steps - 1)
    return weights


def build_weights(fig):
    """Left: the weight of δ by its distance. Right: the weight of each n-step advantage. Returns what moves."""
    fig.clear()
    lags = fig.add_axes((0.085, 0.14, 0.44, 0.66))
    steps = fig.add_axes((0.605, 0.14, 0.375, 0.66))
    style_axes(lags, "Weight of the TD error l steps ahead", "", "steps ahead l", "weight")
    style_axes(steps, "Weight of the n-step advantage", "", "n")
    lags.set(xlim=(0, LAGS[-1]), ylim=(0, 1.04))
    steps.set(xlim=(0.4, MOST_STEPS + 0.6), ylim=(0, 1.04), xticks=[1, 5, 10, 15, 20])
    artists = {
        "gamma": lags.plot([], [], color=GREY, linestyle="--", linewidth=1.8)[0],
        "weight": lags.plot([], [], color=BLUE, linewidth=LINE_WIDTH)[0],
        "foot": lags.plot([], [], color=BLUE, linestyle=":", linewidth=1.6)[0],
        "far": lags.plot([], [], "o", color="white", mec=GREY, mew=2, ms=9)[0],
        "ring": lags.plot([], [], "o", color="white", mec=BLUE, mew=2.4, ms=10)[0],
        "bars": [
            steps.add_patch(Rectangle((n - 0.4, 0), 0.8, 0, fc=BLUE, alpha=0.85, lw=0)) for n in range(1, MOST_STEPS)
        ],
        "last": steps.add_patch(Rectangle((0, 0), 0.8, 0, fc="white", ec=BLUE, hatch="////", lw=1.4)),
    }
    above = {"fontsize": 10.5, "va": "bottom"}
    artists["words"] = [
        lags.text(0, 1.03, "", transform=lags.transAxes, color=TEXT_TWIN[BLUE], **above),
        lags.text(1, 1.03, "", transform=lags.transAxes, color=MUTED_TEXT, ha="right", **above),
        steps.text(0, 1.03, "", transform=steps.transAxes, color=TEXT_TWIN[BLUE], **above),
    ]
    return artists


def move_weights(artists, gamma, gae_lambda, steps):
    """The weights for γ, λ and `steps` rows left; returns the sentence."""
    decay, horizon, far = gamma * gae_lambda, effective_horizon(gamma, gae_lambda), effective_horizon(gamma, 1)
    artists["weight"].set_data(LAGS, decay**LAGS)
    artists["gamma"].set_data(LAGS, gamma**LAGS)
    # At the two rings, and where there is no decay, the curve is read off between whole steps.
    ring = decay**horizon if np.isfinite(horizon) else 1.0
    artists["ring"].set_data([horizon], [ring])
    artists["foot"].set_data([horizon, horizon], [0, ring])
    artists["far"].set_data([far], [gamma**far if np.isfinite(far) else 1.0])
    weights = mixture_weights(gae_lambda, steps)
    for n, bar in enumerate(artists["bars"], 1):
        bar.set(height=weights[n - 1] if n < steps else 0)
    artists["last"].set(x=steps - 0.4, height=weights[-1])
    lags, alone, mixture = artists["words"]
    lags.set_text(f"solid (γλ)ˡ: {_steps(horizon, 1)}")
    alone.set_text(f"dashed γˡ: {_steps(far)}")
    mixture.set_text(f"N = {steps} left; hatched: the last, λᴺ⁻¹ = {weights[-1]:.2f}")
    where = "the ring marks it" if horizon <= LAGS[-1] else "beyond the picture"
    return (
        f"γλ = {decay:.4f} a step: horizon {_steps(horizon, 1)}, {where}; γ alone: {_steps(far)}. With N = {steps} "
        f"step{'s' * (steps > 1)} left the weights of the n-step advantages sum to {weights.sum():.2f}; with a (1−λ) "
        f"at the last one too they would sum to {1 - gae_lambda**steps:.2f}."
    )


def _steps(horizon, digits=0):
    return f"{horizon:.{digits}f} steps" if np.isfinite(horizon) else "∞ steps"


def build_tradeoff(fig):
    """Bias², variance and their sum over λ, on one fixed linear scale; returns what moves."""
    fig.clear()
    ax = fig.add_axes((0.085, 0.17, 0.895, 0.61))
    style_axes(ax, "Squared error of the advantage, exactly", "", "λ", "squared error")
    ax.set(xlim=(0, 1), ylim=(0, TOP), xticks=[0, 0.25, 0.5, 0.75, 1], yticks=np.linspace(0, TOP, 5))
    ax.xaxis.labelpad = -9
    ax.set_xticklabels(["0\nTD error", "0.25", "0.5", "0.75", "1\nMonte Carlo"])
    for label, side in zip(ax.get_xticklabels()[:: len(ax.get_xticklabels()) - 1], ("left", "right")):
        label.set_ha(side)
    nothing = np.zeros(2)
    artists = {
        "bias_area": ax.fill_between([0, 1], nothing, nothing, color=VERMILLION_TINT, lw=0),
        "noise_area": ax.fill_between([0, 1], nothing, nothing, color=BLUE_TINT, lw=0),
        "raw": ax.plot([], [], color=VERMILLION, linewidth=2, linestyle=":")[0],
        "action": ax.plot([], [], color=VERMILLION, linewidth=2.2)[0],
        "noise": ax.plot([], [], color=BLUE, linewidth=2.2, linestyle="--")[0],
        "total": ax.plot([], [], color=INK, linewidth=LINE_WIDTH)[0],
        "foot": ax.plot([], [], color=INK, linewidth=1.4, linestyle=":")[0],
        "best": ax.plot([], [], "D", color=ORANGE, mec=INK, mew=1.2, ms=9, clip_on=False, zorder=5)[0],
        "best_words": direct_label(ax, 0, 0, "", fontweight="bold", ha="center", va="bottom"),
    }
    place = {"transform": ax.transAxes, "fontsize": 10.5}
    artists["names"] = [
        ax.text(0, 1.03, "", color=INK, fontweight="bold", **place),
        ax.text(0.305, 1.03, "solid: action-dependent bias²", color=TEXT_TWIN[VERMILLION], **place),
        ax.text(0.6, 1.03, "dotted: raw bias²", color=TEXT_TWIN[VERMILLION], **place),
        ax.text(1, 1.03, "", color=TEXT_TWIN[BLUE], ha="right", **place),
    ]
    return artists


def move_tradeoff(artists, curves, samples, critic, raw):
    """Curves `raw`, `action`, `variance` over LAMBDAS, for the mean of `samples` samples; `critic` is named in words.

    With `raw` the sum uses the raw bias, else its action-dependent part. Returns the sentence.
    """
    bias, noise = curves["raw" if raw else "action"], curves["variance"] / samples
    total = bias + noise
    at = int(np.argmin(total))
    artists["bias_area"].set_data(LAMBDAS, 0, bias)
    artists["noise_area"].set_data(LAMBDAS, bias, total)
    for name, values in (("raw", curves["raw"]), ("action", curves["action"]), ("noise", noise), ("total", total)):
        artists[name].set_data(LAMBDAS, values)
    x, y = LAMBDAS[at], min(total[at], TOP)
    artists["best"].set_data([x], [y])
    artists["foot"].set_data([x, x], [0, y])
    # Beside the ends and under the top there is no room for centred words.
    off = " ↑" if total[at] > TOP else ""
    artists["best_words"].set(text=f"best λ = {x:.2f}{off}", x=np.clip(x, 0.08, 0.92), y=min(y + 0.0018, 0.9 * TOP))
    sum_words, _, raw_words, noise_words = artists["names"]
    sum_words.set_text(f"thick: MSE = {'dotted' if raw else 'solid'} + dashed")
    noise_words.set_text(f"dashed: variance/{samples}")
    for artist in (artists["raw"], raw_words):
        artist.set_visible(raw)
    said = (
        f"{critic}, N = {samples}. MSE with the {'raw' if raw else 'action-dependent'} bias²: {total[0]:.5f} at λ = 0, "
        f"{total[-1]:.5f} at λ = 1, least at λ = {x:.2f}: {total[at]:.5f} = bias² {bias[at]:.5f} + variance/N "
        f"{noise[at]:.5f}."
    )
    above = " Where the thick line leaves the picture, MSE is larger." if (total > TOP).any() else ""
    return said + f" Raw bias² goes from {curves['raw'][0]:.5f} to {curves['raw'][-1]:.5f}." * raw + above


def plot_time_limits(ax, limits, learned, title, truth):
    """What a critic settles on by time limit: `learned` maps words to values [limits], `truth` is the right one."""
    style_axes(ax, title, f"the truth is {truth:g} whatever the time limit", "time limit (log scale)", "value")
    ax.set(xscale="log", xlim=(limits[0], limits[-1]), ylim=(0, 1.12 * truth), xticks=[10, 20, 50, 100, 200, 500])
    ax.set_xticklabels(["10", "20", "50", "100", "200", "500"])
    ax.minorticks_off()
    looks = (
        {"color": BLUE, "at": 0.1, "va": "bottom"},
        {"color": VERMILLION, "at": 0.55, "va": "bottom", "ha": "right"},
        {"color": VERMILLION, "at": 0.55, "va": "top", "linestyle": "--"},
    )
    for (words, values), look in zip(learned.items(), looks):
        ax.plot(limits, values, color=look["color"], linestyle=look.get("linestyle", "-"))
        at = int(look["at"] * len(limits))
        # A little aside, so that the line does not run through its words.
        x, y = limits[at], values[at] + (2.5 if look["va"] == "bottom" else -2.5)
        direct_label(ax, x, y, words, look["color"], va=look["va"], ha=look.get("ha", "left"))
