"""Training, watched while it runs: curves and a progress bar that cost the training almost nothing."""

import math
import time
from typing import NamedTuple

from ppo_edu.figures.style import (
    AXIS,
    BLUE,
    GREEN,
    INK,
    LINE_WIDTH,
    MUTED_TEXT,
    PURPLE,
    VERMILLION,
    encode_png,
    new_figure,
    picture_bundle,
    style_axes,
)

SECONDS_BETWEEN_DRAWS = 0.5
CPU_SHARE = 0.05


class Panel(NamedTuple):
    """One curve: a metric of the history, its words, and the limits of its axis (`None`: they follow the data)."""

    metric: str
    title: str
    limits: tuple[float, float] | None
    color: str
    digits: int


PANELS = (
    Panel("return", "mean return", (0, 500), BLUE, 0),
    Panel("approx_kl", "approx. KL", (0, 0.03), PURPLE, 4),
    Panel("clip_fraction", "clip fraction", (0, 0.5), VERMILLION, 3),
    Panel("entropy", "entropy", None, GREEN, 3),
    Panel("explained_variance", "explained variance", (-1, 1), INK, 2),
)


class LiveDashboard:
    """Curves of a training run; pass it as `train(config, on_iteration=dashboard)`, then call `finish(history)`.

    The first panel is drawn large, up to four more small. It redraws at most twice a second and within 5 % of the
    training's CPU time. Values outside a panel's limits sit on its edge as triangles.
    """

    def __init__(self, total_iterations, panels=PANELS, clock=time.monotonic, cpu_clock=time.process_time):
        if not 1 <= len(panels) <= 5:
            raise ValueError(f"panels has {len(panels)} entries; give one large panel and at most four small ones")
        self.total_iterations = total_iterations
        self.panels = tuple(panels)
        self.draws = 0
        self._clock, self._cpu_clock = clock, cpu_clock
        self._build()
        # The first drawing is slow (fonts, ticks). Done here, it is not charged to the training, and the second
        # one, which only moves artists, tells what a redraw will cost.
        self._draw_background()
        before = self._cpu_clock()
        self._render()
        self._redraw_cost = self._cpu_clock() - before
        self._begin()

    def __call__(self, history):
        """Redraw if time and the CPU budget allow, and always after the last iteration."""
        count = len(history["iteration"])
        if count < self._seen:
            self._begin()
        self._seen = count
        if self._training_since is None:
            self._training_since = self._cpu_clock()
        if count >= self.total_iterations:
            self.finish(history)
        elif self._may_draw():
            self._draw(history)

    def finish(self, history):
        """Draw the last state, whatever it costs; does nothing where it is drawn already."""
        count = len(history["iteration"])
        if count and count != self._finished:
            self._finished = count
            self._draw(history)

    def _begin(self):
        self._seen = 0
        self._finished = None
        self._handle = None
        self._last_draw = -math.inf
        self._training_since = None
        self._spent = 0.0
        self.text = "no iteration finished yet"

    def _may_draw(self):
        if self._clock() - self._last_draw < SECONDS_BETWEEN_DRAWS:
            return False
        training = self._cpu_clock() - self._training_since - self._spent
        return self._spent + self._redraw_cost <= CPU_SHARE * training

    def _draw(self, history):
        before = self._cpu_clock()
        self._move_artists(history)
        bundle, metadata = picture_bundle(self._render(), self.text)
        self._show(bundle, metadata)
        self._redraw_cost = self._cpu_clock() - before
        self._spent += self._redraw_cost
        self._last_draw = self._clock()
        self.draws += 1

    def _show(self, bundle, metadata):
        from IPython import get_ipython

        # Only a notebook can replace a picture; a terminal would print the sentence again at every redraw.
        if getattr(get_ipython(), "kernel", None) is None:
            return
        if self._handle is None:
            from IPython.display import display

            self._handle = display(bundle, metadata=metadata, raw=True, display_id=True)
        else:
            self._handle.update(bundle, metadata=metadata, raw=True)

    def _build(self):
        self.fig, spare = new_figure()
        spare.remove()
        large = self.fig.add_axes((0.075, 0.13, 0.37, 0.56))
        small = [self.fig.add_axes((x, y, 0.19, 0.22)) for y in (0.47, 0.13) for x in (0.53, 0.795)]
        self.axes = [large, *small][: len(self.panels)]
        self.lines, self.outside, self.values = [], [], []
        for ax, panel in zip(self.axes, self.panels, strict=True):
            style_axes(ax)
            main = ax is large
            ax.set_title(panel.title, loc="left", fontsize=13 if main else 9.5, pad=8)
            ax.tick_params(labelsize=10.5 if main else 9)
            ax.locator_params(axis="y", nbins=5 if main else 3)
            ax.set_xlim(0, max(self.total_iterations, 1))
            ax.set_ylim(*(panel.limits or (0, 1)))
            if main:
                ax.set_xlabel("iteration", fontsize=11)
            else:
                ax.locator_params(axis="x", nbins=4, integer=True)
            moving = {"color": panel.color, "animated": True, "clip_on": False}
            width = LINE_WIDTH if main else 1.8
            self.lines += ax.plot([], [], lw=width, marker="o", ms=5 if main else 4, **moving)
            self.outside += ax.plot([], [], ls="none", marker="^", ms=7, **moving)
            value = ax.text(1, 1.03, "", transform=ax.transAxes, ha="right", va="bottom", animated=True)
            value.set(fontsize=11 if main else 9.5, color=MUTED_TEXT)
            self.values.append(value)
        self._build_progress()
        # What moves, in drawing order; everything else is in the background, drawn once.
        self._moving = [*self.lines, *self.outside, *self.values, self.words, self.bar]

    def _build_progress(self):
        self.words = self.fig.text(0.075, 0.91, "", fontsize=12, color=INK, animated=True)
        bar = self.fig.add_axes((0.075, 0.855, 0.91, 0.022), xlim=(0, 1), ylim=(0, 1), xticks=[], yticks=[])
        bar.spines[:].set_color(AXIS)
        (self.bar,) = bar.plot([0, 0], [0.5, 0.5], color=BLUE, lw=7, solid_capstyle="butt", animated=True)

    def _draw_background(self):
        self.fig.canvas.draw()
        self._background = self.fig.canvas.copy_from_bbox(self.fig.bbox)

    def _render(self):
        canvas = self.fig.canvas
        canvas.restore_region(self._background)
        for artist in self._moving:
            (artist.axes or self.fig).draw_artist(artist)
        return encode_png(canvas, compress_level=1)

    def _move_artists(self, history):
        rescaled = [
            self._move_panel(*parts, history[parts[0].metric])
            for parts in zip(self.panels, self.axes, self.lines, self.outside, self.values, strict=True)
        ]
        count = len(history["iteration"])
        self.bar.set_xdata([0, min(count / self.total_iterations, 1)])
        self.text = self._sentence(history, count)
        self.words.set_text(self._progress(history, count))
        if any(rescaled):
            self._draw_background()

    def _move_panel(self, panel, ax, line, outside, value, series):
        """Set one panel's artists; return whether its axis had to change."""
        points = [(i, y) for i, y in enumerate(series, start=1) if not math.isnan(y)]
        rescaled = panel.limits is None and self._fit(ax, [y for _, y in points if math.isfinite(y)])
        low, high = ax.get_ylim()
        x = [i for i, _ in points]
        y = [min(max(y, low), high) for _, y in points]
        line.set_data(x, y)
        line.set_markevery([len(x) - 1] if x else [])
        beyond = [k for k, (_, value) in enumerate(points) if not low <= value <= high]
        outside.set_data([x[k] for k in beyond], [y[k] for k in beyond])
        value.set_text(f"{series[-1]:.{panel.digits}f}" if series else "")
        return rescaled

    @staticmethod
    def _fit(ax, values):
        """Widen the axis of `ax` to hold `values`, generously, so that it seldom has to happen again."""
        low, high = ax.get_ylim()
        if not values or (low <= min(values) and max(values) <= high):
            return False
        low, high = min(low, *values), max(high, *values)
        room = 0.2 * (high - low)
        ax.set_ylim(low - room if low < 0 else low, high + room)
        return True

    def _progress(self, history, count):
        """The line over the bar: how far, how long, how well."""
        words = [f"iteration {count} of {self.total_iterations}"]
        if "env_steps" in history:
            words.append(f"{history['env_steps'][-1]:,} steps")
        if "seconds" in history:
            words.append(f"{history['seconds'][-1]:.1f} s")
        return " · ".join(words)

    def _sentence(self, history, count):
        """What the picture shows, for those who cannot see it."""
        values = [f"{p.title} {history[p.metric][-1]:.{p.digits}f}" for p in self.panels if history[p.metric]]
        return f"{self._progress(history, count)}: {', '.join(values)}"
