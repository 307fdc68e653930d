"""The look: words that can be read, pictures that come out the same, axes as the design has them."""

import io

import pytest
from PIL import Image

from ppo_edu.figures import style
from ppo_edu.figures.style import Picture, direct_label, new_figure, style_axes, to_png


def luminance(color):
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


TEXT = {style.INK, style.MUTED_TEXT, *style.TEXT_TWIN.values()}


@pytest.mark.parametrize("color", sorted(TEXT))
def test_text_stands_out_from_white_by_wcag(color):
    assert 1.05 / (luminance(color) + 0.05) >= 4.5


def test_every_mark_colour_has_a_readable_twin():
    for mark in (style.BLUE, style.VERMILLION, style.GREEN, style.PURPLE):
        assert style.TEXT_TWIN[mark] in TEXT
        _, ax = new_figure()
        assert direct_label(ax, 0, 0, "x", mark).get_color() == style.TEXT_TWIN[mark]


def test_a_figure_is_a_white_card_of_fixed_size_with_the_same_bytes_each_time():
    fig, ax = new_figure()
    ax.plot([0, 1], [0, 1])
    png = to_png(fig)
    assert png == to_png(fig)
    image = Image.open(io.BytesIO(png))
    assert image.size == (960, 450) and image.getpixel((0, 0)) == (255, 255, 255) and not image.info.get("Software")


def test_words_do_not_move_the_axes():
    fig, ax = new_figure()
    before = ax.get_position().bounds
    style_axes(ax, "title", "a subtitle", "x", "y")
    style_axes(ax, "a much longer title", "another subtitle, with numbers", "x", "y")
    to_png(fig)
    assert ax.get_position().bounds == before
    assert [t.get_text() for t in ax.texts] == ["another subtitle, with numbers"]
    assert not ax.spines["top"].get_visible() and ax.get_title(loc="left") == "a much longer title"


def test_a_picture_is_a_png_with_words():
    data, metadata = Picture(new_figure()[0], "a straight line")._repr_mimebundle_()
    assert data["text/plain"] == metadata["image/png"]["alt"] == "a straight line" and "image/png" in data


def test_too_many_axes_are_refused():
    with pytest.raises(ValueError, match="do not fit"):
        new_figure(ncols=20)
