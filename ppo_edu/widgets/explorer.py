"""Sliders over a figure: what moves is redrawn over a stored background, so a step costs milliseconds.

A lesson hands over two functions and its controls; this module knows no formula.
"""

import base64
import functools
import threading
import time
import traceback
from html import escape

import ipywidgets as widgets

from ppo_edu.figures.style import encode_png, new_figure, picture_bundle
from ppo_edu.widgets.main_thread import in_main_thread

# ipywidgets gives a slider's handle no name for a screen reader; this lends it the words that stand beside it.
# And Lab takes the up and down keys for itself, to go from cell to cell, even from inside a list or a slider.
# And the head of a fold-out is no button: the Tab key passes it by.
NAMES = """<script>
for (const wait of [0, 300, 2000]) setTimeout(() => {
  for (const handle of document.querySelectorAll(".noUi-handle:not([aria-label])")) {
    const words = handle.closest(".widget-inline-hbox")?.querySelector(".widget-label")?.textContent.trim();
    if (words) handle.setAttribute("aria-label", words);
  }
  for (const head of document.querySelectorAll(".jupyter-widget-Collapse-header:not([role])")) {
    const inside = head.nextElementSibling;
    const say = () => head.setAttribute("aria-expanded", !inside.classList.contains("lm-mod-hidden"));
    new MutationObserver(say).observe(inside, {attributeFilter: ["class"]});
    say();
    head.setAttribute("role", "button");
    head.ariaLabel = head.textContent;  // without its arrow, a letter of a symbol font
    head.tabIndex = 0;
    head.dataset.lmSuppressShortcuts = "true";
    head.onkeydown = event => { if ([" ", "Enter"].includes(event.key)) { event.preventDefault(); head.click(); } };
  }
  for (const control of document.querySelectorAll(".jupyter-widgets select, .noUi-handle"))
    control.setAttribute("data-lm-suppress-shortcuts", "true");
}, wait);
</script>"""
# Labels, readouts and options stand there in full; the arrow of a list is white where the page is dark.
STYLE = """<style>
.widget-inline-hbox.widget-slider .widget-label { width: auto; min-width: var(--jp-widgets-inline-label-width); }
.widget-inline-hbox.widget-slider .widget-readout { flex-shrink: 0; }
.jupyter-widgets.widget-dropdown { width: auto; min-width: var(--jp-widgets-inline-width); max-width: 100%; }
[data-jp-theme-light="false"] { --jp-widgets-dropdown-arrow: url("data:image/svg+xml,%3Csvg \
xmlns='http://www.w3.org/2000/svg' viewBox='0 0 18 18'%3E%3Cpath d='M5 7l4 4 4-4' fill='none' stroke='white'/%3E\
%3C/svg%3E"); }
</style>"""

# While the kernel is at other work the browser sends one value of a control and keeps the newest back until that one
# is answered. A click is not kept back, and JupyterLab may bring it to another thread: "Start over" overtakes what was
# moved before it, and that comes straight after it.
JUST_NOW, LEFT_OVER = 0.2, 0.5  # seconds: faster than a hand goes from a control to a button, and back


class Explorer:
    """A figure, its controls, and a sentence that says what the figure shows.

    `build(fig)` draws what stays and returns the moving artists by name; `update(artists, **values)` moves them
    for the controls' values and returns the sentence. `controls` maps names to ipywidgets. In a notebook the
    controls are live; a saved notebook, and a fresh kernel, show the picture and the sentence. `more` are controls
    in a fold-out. `buttons` maps words to functions that take the controls' values and return the stops of a walk:
    for each, the controls' new values by name. `forget` is called when the learner starts over, for an update that
    remembers. `figure` is passed to `new_figure`.

    An exception in `update`, an interrupt too, appears in the sentence's place and the controls stay alive. With
    `slow=True`, for an update of over 50 ms, a slider computes when it is let go, and ■ reaches the update.
    """

    def __init__(self, build, update, controls, more=None, alt="", slow=False, buttons=None, forget=None, **figure):
        self.controls = controls | (more or {})
        self._more = list(more or ())
        self.buttons = buttons or {}
        self._forget = forget
        self._placing = None  # the thread that moves controls from code
        self._alone = threading.RLock()
        self._last_touch = self._put_back_until = float("-inf")
        self.alt = alt
        self.slow = slow
        self._update = update
        self.fig, _ = new_figure(**figure)
        self.artists = build(self.fig)
        self._moving = [a for group in self.artists.values() for a in (group if isinstance(group, list) else [group])]
        for artist in self._moving:
            artist.set_animated(True)
        self._draw_background()
        for control in self.controls.values():
            if slow and hasattr(control, "continuous_update"):
                control.continuous_update = False
            control.observe(lambda change: self._touched(), names="value")
        self._initial = {name: control.value for name, control in self.controls.items()}
        self.refresh()

    @property
    def values(self):
        """The controls' values by name."""
        return {name: control.value for name, control in self.controls.items()}

    def set(self, **values):
        """Move controls from code and draw once, after the last; returns the sentence."""
        before = self.values
        self._place(values)
        if self.values != before:
            self._moved()
        return self.readout

    def press(self, button):
        """Press one of the `buttons` from code; returns the sentence."""
        for stop in self.buttons[button](self.values):
            self._place(stop)
            self._moved()
        return self.readout

    def _place(self, values):
        self._placing = threading.get_ident()
        try:
            for name, value in values.items():
                self.controls[name].value = value
        finally:
            self._placing = None

    def reset(self):
        """Put every control back where it was in the beginning."""
        if self._forget is None:
            self.set(**self._initial)
        else:
            self._forget()
            self._place(self._initial)
            self._moved()

    def refresh(self):
        """Move the artists, redraw them over the background, say what there is to see."""
        self._drawn = self.values
        try:
            self.readout = self._update(self.artists, **self._drawn)
            self.error = None
        except KeyboardInterrupt:
            self.error, self.readout = None, "Stopped. Move a control and it starts again."
        except Exception as error:  # a learner's own function may be under the slider
            self.error = error
            where = traceback.extract_tb(error.__traceback__)[-1]
            self.readout = f"{type(error).__name__}: {error} (line {where.lineno}: {where.line})"
        self.png = self._render()
        if self.slow:
            Explorer._slow_ended = time.monotonic()
        if "view" in self.__dict__:
            self._show()

    _slow_ended = float("-inf")  # of any explorer: what the browser asked for meanwhile is answered after it

    def _touched(self):
        if self._placing != threading.get_ident():
            self._do(self._follow)

    def _follow(self):
        left_over = time.monotonic() < self._put_back_until
        if left_over:
            self._place(self._initial)
        if not left_over or self._drawn != self.values:
            self.refresh()
        else:
            self._show()  # there is nothing to compute
        self._last_touch = time.monotonic()

    def _start_over(self):
        waited = time.monotonic() - max(self._last_touch, self._slow_ended) < JUST_NOW
        self.reset()
        self._show()
        if waited:
            self._put_back_until = time.monotonic() + LEFT_OVER

    def _moved(self):
        self._do(self.refresh)

    def _do(self, function):
        """One thing after the other, whatever thread asks for it: a figure is drawn by one at a time."""
        if self.slow:
            if "view" in self.__dict__:
                self._say("Computing; ■ stops it.")
            in_main_thread(function)
        else:
            with self._alone:
                function()

    def redraw(self):
        """Draw the background anew: for an update that changed more than the moving artists."""
        self._draw_background()
        self.refresh()

    def _draw_background(self):
        self.fig.canvas.draw()
        self._background = self.fig.canvas.copy_from_bbox(self.fig.bbox)

    def _render(self):
        canvas = self.fig.canvas
        canvas.restore_region(self._background)
        for artist in self._moving:
            if artist.get_visible():
                (artist.axes or self.fig).draw_artist(artist)
        return encode_png(canvas, compress_level=1)

    @functools.cached_property
    def view(self):
        """The widgets: controls in a row that wraps, the picture, the sentence, a button to start over."""
        self._picture = widgets.HTML()
        self._words = widgets.HTML()
        buttons = [_button(words, lambda _, words=words: self._do(lambda: self.press(words))) for words in self.buttons]
        buttons.append(_button("Start over", lambda _: self._do(self._start_over), tooltip="put every control back"))
        self._show()
        rows = [_row([c for name, c in self.controls.items() if name not in self._more] + buttons)]
        if self._more:
            fold_out = widgets.Accordion([_row([self.controls[name] for name in self._more])], titles=("more",))
            rows.append(fold_out)
        return widgets.VBox([*rows, self._picture, self._words, _script(NAMES + STYLE)])

    def _show(self):
        width, height = self.fig.canvas.get_width_height()
        source = "data:image/png;base64," + base64.b64encode(self.png).decode("ascii")
        # Width and height are given, so the page does not jump while the picture changes.
        self._picture.value = (
            f'<img src="{source}" alt="{escape(self.alt or self.readout)}" width="{width}" height="{height}" '
            'style="max-width:100%;height:auto;display:block">'
        )
        self._say(self.readout, "#B04A00" if self.error else "inherit")

    def _say(self, words, color="inherit"):
        self._words.value = (
            f'<div role="status" aria-live="polite" style="color:{color};min-height:3em;line-height:1.5">'
            f"{escape(words)}</div>"
        )

    def __repr__(self):
        return f"{self.alt} {self.readout}".strip()

    def _repr_mimebundle_(self, include=None, exclude=None):
        data, metadata = picture_bundle(self.png, repr(self))
        return self.view._repr_mimebundle_() | data, metadata


def _button(words, on_click, **settings):
    button = widgets.Button(description=words, layout={"width": "auto"}, **settings)
    button.on_click(on_click)
    return button


def _script(html):
    output = {"output_type": "display_data", "data": {"text/html": html}, "metadata": {}}
    return widgets.Output(outputs=(output,), layout={"display": "none"})


def _row(controls):
    return widgets.Box(controls, layout={"flex_flow": "row wrap", "align_items": "center"})


def sweep(explorer, steps=7):
    """Move each control of an explorer over its range, the others where they began; returns the sentences.

    Raises the first error an update had; `ValueError` when a control never changes the picture.
    """
    ranges = {name: positions(control, steps) for name, control in explorer.controls.items()}
    sentences = {}
    for name, stops in ranges.items():
        pictures = set()
        for stop in stops:
            sentences[name, stop] = explorer.set(**{name: stop})
            if explorer.error:
                raise explorer.error
            pictures.add(explorer.png)
        if len(pictures) == 1 and len(stops) > 1:
            raise ValueError(f"{name} never changes the picture")
        explorer.reset()
    return sentences


def positions(control, steps):
    """Some values of a control, its ends among them."""
    if hasattr(control, "options"):
        return [option[1] if isinstance(option, tuple) else option for option in control.options]
    if isinstance(control.value, bool):
        return [False, True]
    low, high = control.min, control.max
    stops = [low + (high - low) * i / (steps - 1) for i in range(steps)]
    return [type(control.value)(stop) for stop in stops]
