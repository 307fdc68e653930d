"""How an environment is drawn: from a state to a list of strokes, in pixels with y downwards."""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

# The figures' colours, repeated: what is drawn here stays white in a dark theme too, as the figures do.
BLUE, INK, MUTED_TEXT, AXIS, GRID = "#0072B2", "#1F2430", "#5B6270", "#A9AFBA", "#E3E6EB"


class Stroke(NamedTuple):
    """A straight line, the one shape there is: flat-ended and wide it is a box, of no length and round a dot."""

    color: str
    width: float
    x1: float
    y1: float
    x2: float
    y2: float
    cap: str = "round"


class Drawing(NamedTuple):
    """How an environment is drawn, in pixels with y downwards, and how the end of its episode is put in words."""

    strokes: Callable  # state -> list of Stroke: always as many, in the same colours and widths
    words: Callable  # states [T+1, obs_dim] -> str
    obs_dim: int
    size: tuple[int, int]
    fps: int  # steps a second of the simulated world


CART_LIMIT, POLE_LIMIT = 2.4, math.radians(12)  # beyond these gymnasium ends the episode
CART_SCALE = 56  # pixels a metre


def cartpole(state):
    """The cart on its track, and in grey what ends the episode: the track's ends and a lean of 12 degrees."""
    middle, axle, length = 160, 76, 1.0 * CART_SCALE
    x = middle + CART_SCALE * state[0]
    edge = CART_SCALE * CART_LIMIT

    def pole(color, width, angle):
        return Stroke(color, width, x, axle, x + length * math.sin(angle), axle - length * math.cos(angle))

    return [
        Stroke(AXIS, 2, middle - edge, 94, middle + edge, 94),
        Stroke(AXIS, 2, middle - edge, 86, middle - edge, 94),
        Stroke(AXIS, 2, middle + edge, 86, middle + edge, 94),
        pole(AXIS, 1.5, -POLE_LIMIT),
        pole(AXIS, 1.5, POLE_LIMIT),
        Stroke(INK, 19, x - 20, 83, x + 20, 83, "butt"),
        pole(BLUE, 6, state[2]),
        Stroke(GRID, 4, x, axle, x, axle),
    ]


def cartpole_words(states):
    x, _, angle, _ = states[-1]
    end = "fell" if abs(angle) > POLE_LIMIT else "left the track" if abs(x) > CART_LIMIT else "still up"
    return f"{end} after {_steps(states)}"


def pendulum(state):
    """The rod and its bob; gymnasium's θ is 0 when upright and grows to the left."""
    pivot, length = (120, 92), 74
    tip = pivot[0] - length * state[1], pivot[1] - length * state[0]
    return [
        Stroke(AXIS, 1.5, *pivot, pivot[0], pivot[1] - length),
        Stroke(BLUE, 9, *pivot, *tip),
        Stroke(INK, 22, *tip, *tip),
        Stroke(GRID, 5, *pivot, *pivot),
    ]


def pendulum_words(states):
    upright = np.count_nonzero(states[1:, 0] > math.cos(POLE_LIMIT))
    return f"upright (±12°) for {upright} of {_steps(states)}"


def _steps(states):
    return f"{len(states) - 1} step{'' if len(states) == 2 else 's'}"


DRAWINGS = {
    "CartPole-v1": Drawing(cartpole, cartpole_words, obs_dim=4, size=(320, 104), fps=50),
    "Pendulum-v1": Drawing(pendulum, pendulum_words, obs_dim=3, size=(240, 184), fps=20),
}
