"""Recorded episodes, played: an SVG moved by a few lines of JavaScript, a GIF where scripts do not run.

Both renderers draw the same strokes, which `drawings.py` makes from a state; the browser gets finished
coordinates and knows no environment. Nothing here needs pygame, ffmpeg or a running kernel.
"""

import base64
import functools
import hashlib
import io
import json
import math
from html import escape
from pathlib import Path

import matplotlib
import numpy as np
from PIL import Image, ImageColor, ImageDraw, ImageFont

from ppo_edu.widgets.drawings import AXIS, BLUE, DRAWINGS, GRID, INK, MUTED_TEXT

COLUMNS, GAP = 3, 12  # panels in a row, pixels between them
GIF_FRAMES = 64


class Player:
    """Episodes side by side under one play button and one scrubber; end a cell with it, or `display` it.

    `episodes` maps a name to the recorded states, [T+1, obs_dim]. A shorter episode waits at its end. `captions`
    maps names to words that replace the environment's own; `fps` is in steps a second, real time unless given.
    """

    def __init__(self, episodes, env_id="CartPole-v1", fps=None, captions=None):
        if env_id not in DRAWINGS:
            raise ValueError(f"no drawing for {env_id!r}; there is one for {', '.join(DRAWINGS)}")
        self.env_id = env_id
        self.drawing = DRAWINGS[env_id]
        self.fps = self.drawing.fps if fps is None else fps
        if not 0 < self.fps < math.inf:
            raise ValueError(f"fps must be a positive number of steps a second, got {fps}")
        if not episodes:
            raise ValueError('episodes is empty; give at least one, such as {"trained": states}')
        self.episodes = {str(name): self._states(name, states) for name, states in episodes.items()}
        captions = captions or {}
        if unknown := [name for name in captions if name not in self.episodes]:
            raise ValueError(f"captions names {unknown[0]!r}; the episodes are {', '.join(self.episodes)}")
        self.captions = {
            name: str(captions.get(name) or self.drawing.words(states)) for name, states in self.episodes.items()
        }
        self.steps = max(map(len, self.episodes.values())) - 1

    def __repr__(self):
        return f"{self.env_id}. " + "; ".join(f"{name}: {words}" for name, words in self.captions.items()) + "."

    def _repr_mimebundle_(self, include=None, exclude=None):
        png = base64.b64encode(self.filmstrip).decode("ascii")
        bundle = {"text/html": self.html, "image/png": png, "text/plain": repr(self)}
        return bundle, {"image/png": {"alt": repr(self)}}

    def _states(self, name, states):
        states, width = np.asarray(states, dtype=float), self.drawing.obs_dim
        if states.ndim != 2 or states.shape[1] != width or len(states) < 2:
            wanted = f"{self.env_id} needs states [T+1, {width}] of at least one step"
            raise ValueError(f"episode {name!r} has shape {list(states.shape)}; {wanted}")
        if not np.isfinite(states).all():
            row = int(np.flatnonzero(~np.isfinite(states).all(axis=1))[0])
            raise ValueError(f"episode {name!r} has a value that is not a finite number at step {row}")
        return states

    @functools.cached_property
    def html(self):
        """The player; where scripts are taken out or do not run, its fallback pictures are what remains."""
        gif, png = (base64.b64encode(data).decode("ascii") for data in (self.gif, self.filmstrip))
        alt = escape(repr(self))
        data = json.dumps(self._data(), separators=(",", ":")).replace("<", "\\u003c")
        name = "ppo-player-" + hashlib.sha256(data.encode()).hexdigest()[:12]
        script = SCRIPT.replace("NAME", json.dumps(name)).replace("DATA", data)
        return (
            f'<div id="{name}"><picture>'
            f'<source media="(prefers-reduced-motion: reduce)" srcset="data:image/png;base64,{png}">'
            f'<img src="data:image/gif;base64,{gif}" alt="{alt}" style="max-width:100%">'
            f"</picture><script>{script}</script></div>"
        )

    def _data(self):
        frames = [[self.drawing.strokes(state) for state in states] for states in self.episodes.values()]
        panels = [
            PANEL.format(
                width=self.drawing.size[0],
                height=self.drawing.size[1],
                name=escape(name),
                words=escape(words),
                lines="".join(_svg_line(stroke) for stroke in strokes[0]),
            )
            for (name, words), strokes in zip(self.captions.items(), frames, strict=True)
        ]
        episodes = [
            {"words": words, **_moves(strokes)} for words, strokes in zip(self.captions.values(), frames, strict=True)
        ]
        width = max(400, GAP + min(len(panels), COLUMNS) * (self.drawing.size[0] + GAP))
        card = CARD.format(env_id=self.env_id, width=width, panels="".join(panels), steps=self.steps)
        return {"card": card, "fps": self.fps, "steps": self.steps, "episodes": episodes}

    @functools.cached_property
    def gif(self):
        """The episodes as an animated GIF, in real time but with most steps left out."""
        stride = math.ceil(self.steps / GIF_FRAMES)
        frames = [
            self._picture([[(name, step) for name in group] for group in _rows(self.episodes)])
            for step in (*range(0, self.steps, stride), self.steps)
        ]
        # A GIF counts in hundredths of a second, and browsers slow down what claims less than two.
        moving = max(20, round(100 * stride / self.fps) * 10)
        durations = [moving] * (len(frames) - 1) + [3000]
        return _encode(frames[0], "gif", save_all=True, append_images=frames[1:], duration=durations, loop=0)

    @functools.cached_property
    def filmstrip(self):
        """First, middle and last step of every episode, as PNG bytes."""
        lasts = {name: len(states) - 1 for name, states in self.episodes.items()}
        rows = [[(name, step) for step in (0, last // 2, last)] for name, last in lasts.items()]
        return _encode(self._picture(rows), "png")

    def _picture(self, rows):
        """Panels of `(name, step)` on a white card, in the few colours that keep a GIF small."""
        (width, height), head, gap = self.drawing.size, 44, GAP
        bold, plain = _font("DejaVuSans-Bold.ttf", 14), _font("DejaVuSans.ttf", 12)
        # Wide enough for the longest words of any step: all frames of a GIF have one size.
        lengths = [max(bold.getlength(name), plain.getlength(words)) for name, words in self.captions.items()]
        width = max(width, *map(math.ceil, lengths))
        columns = max(map(len, rows))
        card = Image.new("RGB", (columns * (width + gap) + gap, len(rows) * (head + height + gap)), "white")
        draw = ImageDraw.Draw(card)
        for y, row in enumerate(rows):
            for x, (name, step) in enumerate(row):
                states = self.episodes[name]
                last = len(states) - 1
                left, top = gap + x * (width + gap), y * (head + height + gap)
                draw.text((left, top + 8), name, INK, bold)
                words = f"step {step}" if step < last else self.captions[name]
                draw.text((left, top + 26), words, MUTED_TEXT, plain)
                card.paste(_raster(self.drawing, states[min(step, last)]), (left, top + head))
        return card.quantize(palette=_palette(), dither=Image.Dither.NONE)


def record_episode(act, env_id="CartPole-v1", seed=0, max_steps=None):
    """Play one episode and return its states, [T+1, obs_dim].

    `act` takes obs [1, obs_dim] and returns actions [1] or [1, A]. `max_steps` replaces the environment's time
    limit.
    """
    import gymnasium

    if max_steps is not None and max_steps < 1:
        raise ValueError(f"max_steps must be at least 1, got {max_steps}")
    env = gymnasium.make(env_id, max_episode_steps=max_steps)
    try:
        state, _ = env.reset(seed=seed)
        states, done = [state], False
        while not done:
            action = np.asarray(act(state[None]))
            if action.size != math.prod(env.action_space.shape):
                shape = [1, *env.action_space.shape]
                raise ValueError(f"act returned shape {list(action.shape)}; {env_id} needs {shape}")
            # [()] turns what has no axis left into a number, which is what a discrete environment takes.
            action = action.astype(env.action_space.dtype).reshape(env.action_space.shape)[()]
            state, _, terminated, truncated, _ = env.step(action)
            states.append(state)
            done = terminated or truncated
    finally:
        env.close()
    return np.array(states)


def _svg_line(stroke):
    ends = " ".join(f'{key}="{getattr(stroke, key):.1f}"' for key in ("x1", "y1", "x2", "y2"))
    return f'<line {ends} stroke="{stroke.color}" stroke-width="{stroke.width}" stroke-linecap="{stroke.cap}"/>'


def _moves(frames):
    """The coordinates that change: way from the first frame in tenths of a pixel, each different way sent once."""
    places = np.array([[stroke[2:6] for stroke in strokes] for strokes in frames]).reshape(len(frames), -1)
    ways = np.rint((places - places[0]) * 10).astype(int)
    paths, moves = {}, []
    for index in np.flatnonzero(ways.any(axis=0)).tolist():
        path = paths.setdefault(tuple(ways[:, index].tolist()), len(paths))
        moves.append([index, round(float(places[0, index]), 1), path])
    return {"last": len(frames) - 1, "moves": moves, "paths": list(paths)}


SMOOTH = 3  # drawn so many times larger, then averaged: Pillow's own lines have stairs


def _raster(drawing, state):
    image = Image.new("RGB", tuple(SMOOTH * side for side in drawing.size), "white")
    draw = ImageDraw.Draw(image)
    for stroke in drawing.strokes(state):
        x1, y1, x2, y2, radius = (SMOOTH * value for value in (*stroke[2:6], stroke.width / 2))
        draw.line((x1, y1, x2, y2), stroke.color, round(2 * radius))
        if stroke.cap == "round":
            for x, y in ((x1, y1), (x2, y2)):
                draw.ellipse((x - radius, y - radius, x + radius, y + radius), stroke.color)
    return image.reduce(SMOOTH)


def _rows(names, columns=COLUMNS):
    names = list(names)
    return [names[start : start + columns] for start in range(0, len(names), columns)]


@functools.cache
def _font(file, size):
    # matplotlib brings it: the same words on every machine, and a θ or ε in a name has a letter.
    return ImageFont.truetype(str(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / file), size)


@functools.cache
def _palette():
    """Every colour in four strengths on white: enough for smooth edges."""
    colors = [ImageColor.getrgb(color) for color in (BLUE, INK, MUTED_TEXT, AXIS, GRID)]
    mixed = [255 + share * (np.array(color) - 255) for color in colors for share in (1, 0.75, 0.5, 0.25)]
    palette = Image.new("P", (1, 1))
    palette.putpalette([255, 255, 255, *np.rint(mixed).astype(int).ravel().tolist()])
    return palette


def _encode(image, kind, **settings):
    data = io.BytesIO()
    image.save(data, kind, **settings)
    return data.getvalue()


CARD = (
    '<div role="group" aria-label="Recorded episodes of {env_id}" style="color-scheme:light;background:#fff;'
    "color:#1F2430;padding:10px 12px;width:{width}px;max-width:100%;box-sizing:border-box;"
    'font:13px/1.4 sans-serif">'
    '<div style="display:flex;flex-wrap:wrap;gap:4px 12px">{panels}</div>'
    '<div style="display:flex;align-items:center;gap:12px;margin-top:6px">'
    # JupyterLab takes arrow keys for its cells unless told otherwise.
    '<button type="button" data-lm-suppress-shortcuts="true" style="font:inherit;min-width:7em;padding:3px 8px">'
    "▶ Play</button>"
    '<input type="range" min="0" max="{steps}" step="1" value="0" aria-label="Step" '
    'data-lm-suppress-shortcuts="true" style="flex:1;min-width:80px;max-width:460px;accent-color:#0072B2">'
    '<output aria-live="off" style="min-width:8em;font-variant-numeric:tabular-nums"></output></div></div>'
)
PANEL = (
    '<figure style="margin:0;flex:0 1 {width}px;min-width:200px"><figcaption>'
    '<b style="font-size:14px">{name}</b><br><span style="color:#5B6270"></span></figcaption>'
    '<svg viewBox="0 0 {width} {height}" role="img" aria-label="{name}: {words}" '
    'style="display:block;width:100%">{lines}</svg></figure>'
)
SCRIPT = (Path(__file__).parent / "player.js").read_text(encoding="utf8")
