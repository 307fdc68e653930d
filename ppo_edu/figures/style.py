"""The look of every figure: colours by role, one size, fixed margins, one way to title and label.

A colour means the same thing in every lesson. Marks use the Okabe-Ito palette, which stays apart for colour-blind
eyes; words use darker twins of the same hues, because the mark colours are too pale to read as text.
"""

import base64
import io
import struct
from html import escape

import matplotlib
from cycler import cycler
from matplotlib import patheffects
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

BLUE = "#0072B2"  # what PPO uses
VERMILLION = "#D55E00"  # clipped, or bias
GREEN = "#009E73"
PURPLE = "#CC79A7"
INK = "#1F2430"  # totals, and words about them
GREY = "#8A919E"  # unclipped; always dashed
ORANGE = "#E69F00"  # the single point meant by "best"
BLUE_TINT = "#E9F1F8"
VERMILLION_TINT = "#FDF1EA"

BLUE_TEXT = "#00639B"
VERMILLION_TEXT = "#B04A00"
GREEN_TEXT = "#00765A"
PURPLE_TEXT = "#A04A7C"
MUTED_TEXT = "#5B6270"

TEXT_TWIN = {
    BLUE: BLUE_TEXT,
    VERMILLION: VERMILLION_TEXT,
    GREEN: GREEN_TEXT,
    PURPLE: PURPLE_TEXT,
    INK: INK,
    GREY: MUTED_TEXT,
}

GRID = "#E3E6EB"
AXIS = "#A9AFBA"
LINE_WIDTH = 3.0
WIDTH, HEIGHT, DPI = 9.6, 4.5, 100  # inches, inches, dots per inch

# Inches, not fractions: a taller figure keeps the same room for the same words.
LEFT, RIGHT, TOP, BOTTOM = 0.78, 0.16, 0.82, 0.60
BETWEEN_COLUMNS, BETWEEN_ROWS = 0.78, 1.30


def _margins(ncols, nrows, width, height):
    """Margins as matplotlib wants them: fractions of the figure, and gaps as fractions of the mean axes size."""
    axes_width = (width - LEFT - RIGHT - (ncols - 1) * BETWEEN_COLUMNS) / ncols
    axes_height = (height - TOP - BOTTOM - (nrows - 1) * BETWEEN_ROWS) / nrows
    if axes_width <= 0 or axes_height <= 0:
        raise ValueError(f"{ncols} x {nrows} axes do not fit {width} x {height} inches; give a larger width or height")
    return {
        "left": LEFT / width,
        "right": 1 - RIGHT / width,
        "top": 1 - TOP / height,
        "bottom": BOTTOM / height,
        "wspace": BETWEEN_COLUMNS / axes_width,
        "hspace": BETWEEN_ROWS / axes_height,
    }


def new_figure(ncols=1, nrows=1, *, width=WIDTH, height=HEIGHT, width_ratios=None, height_ratios=None):
    """Return `(fig, axes)`: a white card with fixed margins, its own Agg canvas, and no part in pyplot.

    `axes` is one Axes, or an array of them as from `Figure.subplots`.
    """
    fig = Figure(figsize=(width, height), dpi=DPI, facecolor="white", layout="none")
    FigureCanvasAgg(fig)
    axes = fig.subplots(
        nrows,
        ncols,
        gridspec_kw=_margins(ncols, nrows, width, height),
        width_ratios=width_ratios,
        height_ratios=height_ratios,
    )
    for ax in fig.axes:
        style_axes(ax)
    return fig, axes


def style_axes(ax, title="", subtitle="", xlabel="", ylabel=""):
    """Give `ax` the course's look and words; return the subtitle's Text, so that live numbers can be set in it.

    Calling it again replaces the words.
    """
    ax.set_facecolor("white")
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set(color=AXIS, linewidth=1.2)
    ax.grid(True, axis="y", color=GRID, linewidth=0.8)
    ax.set_axisbelow(True)
    ax.tick_params(color=AXIS, labelcolor=MUTED_TEXT, labelsize=10.5)
    # A centred title would stay beside ours where matplotlib's own default was used before.
    ax.set_title("", loc="center")
    ax.set_title(title, loc="left", fontsize=13, fontweight="bold", color=INK, pad=26, y=1.0)
    ax.set_xlabel(xlabel, fontsize=11, color=INK)
    ax.set_ylabel(ylabel, fontsize=11, color=INK)

    for text in [text for text in ax.texts if text.get_gid() == "subtitle"]:
        text.remove()
    return ax.annotate(
        subtitle,
        xy=(0, 1),
        xycoords="axes fraction",
        xytext=(0, 8),
        textcoords="offset points",
        fontsize=10.5,
        color=MUTED_TEXT,
        gid="subtitle",
        annotation_clip=False,
    )


def direct_label(ax, x, y, text, color=INK, **kwargs):
    """Write `text` beside a curve at data point `(x, y)`, in the readable twin of the curve's `color`.

    Left-aligned and vertically centred unless `kwargs` (of `Axes.text`) say otherwise; returns the Text.
    """
    halo = [patheffects.withStroke(linewidth=4, foreground="white")]
    settings = {"ha": "left", "va": "center", "fontsize": 11, "path_effects": halo, **kwargs}
    return ax.text(x, y, text, color=TEXT_TWIN.get(color, color), **settings)


def encode_png(canvas, compress_level=6):
    """Return the pixels an Agg canvas holds now as PNG bytes: same pixels, same bytes (no text or time inside)."""
    image = Image.frombuffer("RGBA", canvas.get_width_height(), canvas.buffer_rgba(), "raw", "RGBA", 0, 1)
    png = io.BytesIO()
    image.convert("RGB").save(png, "png", compress_level=compress_level)
    return png.getvalue()


def to_png(fig):
    """Draw `fig` and return its PNG bytes; two calls give the same bytes."""
    fig.canvas.draw()
    return encode_png(fig.canvas)


def picture_bundle(png, alt):
    """Return the `(data, metadata)` Jupyter takes for PNG bytes described by the sentence `alt`.

    Where somebody watches there is HTML, too: JupyterLab gives a plain picture no alternative text, whatever its
    metadata say. A notebook that is run unwatched is stored without it, so that no picture is in the file twice.
    """
    encoded = base64.b64encode(png).decode("ascii")
    data = {"image/png": encoded, "text/plain": alt}
    if _watched():
        width, height = struct.unpack(">II", png[16:24])  # given, so the page does not jump while the picture changes
        data["text/html"] = (
            f'<img src="data:image/png;base64,{encoded}" alt="{escape(alt)}" width="{width}" height="{height}" '
            'style="max-width:100%;height:auto">'
        )
    return data, {"image/png": {"alt": alt}}


def _watched():
    """Whether a person runs the cell: a frontend takes input, nbclient and nbval do not."""
    from IPython import get_ipython

    return getattr(getattr(get_ipython(), "kernel", None), "_allow_stdin", False)


class Picture:
    """A figure as a cell's output: a PNG for the eye, and the sentence `alt` for everybody else."""

    def __init__(self, fig, alt):
        self.fig = fig
        self.alt = alt

    def __repr__(self):
        return self.alt

    def _repr_mimebundle_(self, include=None, exclude=None):
        return picture_bundle(to_png(self.fig), self.alt)


def show_figure(alt):
    """End a plot cell: display pyplot's current figure with the sentence `alt` for those who cannot see it.

    Say what kind of picture it is, what its axes are, and what is to be found in it.
    """
    import matplotlib.pyplot as plt
    from IPython.display import display

    fig = plt.gcf()
    display(Picture(fig, alt))
    plt.close(fig)  # Jupyter would show what is open once more, without the sentence


def use_style():
    """Give pyplot the same look; call it once, in a notebook's import cell."""
    margins = _margins(2, 2, WIDTH, HEIGHT)
    matplotlib.rcParams.update(
        {
            **{f"figure.subplot.{name}": value for name, value in margins.items()},
            "figure.figsize": (WIDTH, HEIGHT),
            "figure.dpi": DPI,
            "figure.facecolor": "white",
            "font.family": "DejaVu Sans",  # comes with matplotlib: the same words on every machine
            "text.color": INK,
            "axes.facecolor": "white",
            "axes.edgecolor": AXIS,
            "axes.linewidth": 1.2,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": True,
            "axes.grid.axis": "y",
            "axes.axisbelow": True,
            "axes.labelcolor": INK,
            "axes.labelsize": 11,
            "axes.titlecolor": INK,
            "axes.titlelocation": "left",
            "axes.titlesize": 13,
            "axes.titleweight": "bold",
            "axes.titlepad": 12,
            "axes.prop_cycle": cycler(color=[BLUE, VERMILLION, GREEN, PURPLE]),
            "grid.color": GRID,
            "grid.linewidth": 0.8,
            "lines.linewidth": LINE_WIDTH,
            "xtick.color": AXIS,
            "ytick.color": AXIS,
            "xtick.labelcolor": MUTED_TEXT,
            "ytick.labelcolor": MUTED_TEXT,
            "xtick.labelsize": 10.5,
            "ytick.labelsize": 10.5,
            "legend.frameon": False,
        }
    )
    _keep_notebook_pictures_fixed()


def _keep_notebook_pictures_fixed():
    # Jupyter crops every figure to its ink by default, so pictures would jump when a number gets longer.
    from IPython import get_ipython

    shell = get_ipython()
    if shell is not None and hasattr(shell, "kernel"):
        from matplotlib_inline.config import InlineBackend

        backend = InlineBackend.instance(parent=shell)
        backend.print_figure_kwargs = {"bbox_inches": None, "metadata": {"Software": None}}
