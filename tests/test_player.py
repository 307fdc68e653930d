"""The player shows where the agent was: known angles, the browser's sums redone, gymnasium stepped by hand."""

import io
import json
import math
import subprocess
import sys
from html.parser import HTMLParser

import gymnasium
import numpy as np
import pytest
from PIL import Image

from ppo_edu.widgets.player import BLUE, DRAWINGS, Player, record_episode


def waves(steps):
    """A made-up episode on which every frame differs."""
    t = np.arange(steps + 1)
    return np.stack([2 * np.sin(t / 40), 0 * t, 0.2 * np.sin(t / 9), 0 * t], axis=1)


def balance(obs):
    return (obs @ [0.1, 0.3, 4, 1] > 0).astype(int)


@pytest.fixture(scope="module")
def player():
    fallen = waves(23)
    fallen[-1, 2] = -0.25
    return Player({"untrained": fallen, "trained": waves(500)})


def pole(state):
    (stroke,) = [stroke for stroke in DRAWINGS["CartPole-v1"].strokes(state) if stroke.color == BLUE]
    return np.array([stroke.x1, stroke.y1]), np.array([stroke.x2, stroke.y2])


@pytest.mark.parametrize(
    ("angle", "direction"),
    [(0, (0, -1)), (math.pi / 2, (1, 0)), (-math.pi / 2, (-1, 0)), (math.pi / 6, (0.5, -(0.75**0.5)))],
)
def test_pole_points_where_its_angle_says(angle, direction):
    axle, tip = pole([0.7, 0, angle, 0])
    length = np.linalg.norm(tip - axle)
    np.testing.assert_allclose((tip - axle) / length, direction, atol=1e-12)
    # gymnasium's pole is 1 m long, on a track from -2.4 m to 2.4 m.
    assert pole([2.4, 0, 0, 0])[0][0] - pole([-2.4, 0, 0, 0])[0][0] == pytest.approx(4.8 * length)


def test_cart_pushed_right_moves_right_and_its_pole_falls_left():
    states = record_episode(lambda obs: np.array([1]), "CartPole-v1", seed=0)
    (start, _), (axle, tip) = pole(states[0]), pole(states[-1])
    assert axle[0] > start[0]
    assert tip[0] < axle[0]


@pytest.mark.parametrize(
    ("cos", "sin", "direction"), [(1, 0, (0, -1)), (-1, 0, (0, 1)), (0, 1, (-1, 0)), (0, -1, (1, 0))]
)
def test_pendulum_is_upright_at_zero_and_grows_to_the_left(cos, sin, direction):
    rod = next(stroke for stroke in DRAWINGS["Pendulum-v1"].strokes([cos, sin, 0]) if stroke.color == BLUE)
    way = np.array([rod.x2 - rod.x1, rod.y2 - rod.y1])
    np.testing.assert_allclose(way / np.linalg.norm(way), direction, atol=1e-12)


@pytest.mark.parametrize("env_id", DRAWINGS)
def test_drawing_keeps_to_its_canvas_and_only_moves(env_id):
    drawing = DRAWINGS[env_id]
    angles = np.linspace(0, 2 * math.pi, 25)
    if env_id == "CartPole-v1":
        states = [[x, 0, lean, 0] for x in (-2.45, 0, 2.45) for lean in (-0.21, 0, 0.21)]
    else:
        states = [[math.cos(angle), math.sin(angle), 0] for angle in angles]
    frames = [drawing.strokes(state) for state in states]
    assert len({tuple((s.color, s.width, s.cap) for s in strokes) for strokes in frames}) == 1
    for stroke in sum(frames, []):
        high = stroke.width / 2
        wide = high if stroke.cap == "round" else 0
        assert wide <= min(stroke.x1, stroke.x2) and max(stroke.x1, stroke.x2) <= drawing.size[0] - wide
        assert high <= min(stroke.y1, stroke.y2) and max(stroke.y1, stroke.y2) <= drawing.size[1] - high


def test_browser_gets_the_drawing_of_every_state(player):
    data = script_data(player.html)
    assert data["steps"] == 500
    assert data["fps"] == 50
    for states, sent in zip(player.episodes.values(), data["episodes"], strict=True):
        truth = np.array([[s[2:6] for s in player.drawing.strokes(state)] for state in states])
        replayed = np.repeat(truth[:1], len(states), axis=0).reshape(len(states), -1)
        for index, start, path in sent["moves"]:
            replayed[:, index] = start + np.array(sent["paths"][path]) / 10
        assert sent["last"] == len(states) - 1
        assert np.abs(replayed.reshape(truth.shape) - truth).max() <= 0.1 + 1e-9
    assert data["card"].count("<line") == 2 * len(truth[0])


def test_what_moves_together_is_sent_once(player):
    # The cart's way, and the pole tip's two coordinates: the rest goes with the cart.
    assert [len(episode["paths"]) for episode in script_data(player.html)["episodes"]] == [3, 3]


def test_gif_plays_in_real_time_to_the_last_state(player):
    gif = Image.open(io.BytesIO(player.gif))
    seconds = 0
    for index in range(gif.n_frames):
        gif.seek(index)
        if index == 0:
            first = gif.convert("RGB")
        if index < gif.n_frames - 1:
            seconds += gif.info["duration"] / 1000
    assert gif.n_frames <= 75
    assert seconds == pytest.approx(500 / 50, rel=0.03)
    assert gif.info["loop"] == 0
    # Where the last frame has the pole of the right panel, which is 12 + 320 + 12 pixels in.
    axle, tip = pole(player.episodes["trained"][-1])
    assert blue_middle(gif.convert("RGB"), left=344) == pytest.approx((axle + tip)[0] / 2, abs=1)
    assert blue_middle(first, left=344) != pytest.approx((axle + tip)[0] / 2, abs=1)


def blue_middle(image, left, width=320):
    panel = np.asarray(image)[:, left : left + width].astype(int)
    blue = np.abs(panel - [int(BLUE[i : i + 2], 16) for i in (1, 3, 5)]).sum(axis=2) < 30
    return np.flatnonzero(blue.any(axis=0)).mean()


def test_filmstrip_shows_first_middle_and_last_step():
    states = waves(60)
    states[:, 2] = 0
    states[:, 0] = np.linspace(-2, 2, 61)
    image = Image.open(io.BytesIO(Player({"across": states}).filmstrip)).convert("RGB")
    assert image.width == 3 * 332 + 12
    middles = [blue_middle(image, left=12 + 332 * i) for i in range(3)]
    np.testing.assert_allclose(middles, [160 - 56 * 2, 160, 160 + 56 * 2], atol=1)


def test_long_words_are_not_cut():
    narrow = Player({"a": waves(5)}).filmstrip
    wide = Player({"a": waves(5)}, captions={"a": "many words " * 12}).filmstrip
    assert Image.open(io.BytesIO(wide)).width > Image.open(io.BytesIO(narrow)).width + 500


def test_small_enough_to_store():
    player = Player({"one": waves(500), "other": waves(500) * [0.9, 1, -1, 1]})
    assert len(player.gif) < 130_000
    assert len(player.filmstrip) < 12_000
    assert len(player.html) < 200_000
    assert len(json.dumps(script_data(player.html))) < 25_000


def test_same_episodes_same_bytes_and_other_episodes_another_id(player):
    again = Player(player.episodes)
    assert again._repr_mimebundle_() == player._repr_mimebundle_()
    other = Player({"untrained": player.episodes["untrained"] + 0.05, "trained": player.episodes["trained"]})
    assert Page(other.html).first("div")["id"] != Page(player.html).first("div")["id"]


def test_bundle_says_in_words_what_it_shows(player):
    data, metadata = player._repr_mimebundle_()
    sentence = "CartPole-v1. untrained: fell after 23 steps; trained: still up after 500 steps."
    assert data["text/plain"] == repr(player) == metadata["image/png"]["alt"] == sentence
    assert Page(data["text/html"]).first("img")["alt"] == sentence
    assert set(data) == {"text/html", "image/png", "text/plain"}


def test_without_scripts_a_picture_remains(player):
    page = Page(player.html)
    assert [tag for tag, _ in page.tags] == ["div", "picture", "source", "img", "script"]
    assert page.first("img")["src"].startswith("data:image/gif;base64,R0lGODlh")
    assert page.first("source")["media"] == "(prefers-reduced-motion: reduce)"


def test_controls_have_names(player):
    page = Page(script_data(player.html)["card"])
    assert page.first("input")["aria-label"] == "Step"
    assert (page.first("input")["type"], page.first("input")["max"]) == ("range", "500")
    assert page.first("svg")["aria-label"] == "untrained: fell after 23 steps"


def test_names_and_captions_cannot_become_markup():
    evil = '</script><b x="'
    plain, odd = (Player({words: waves(3)}, captions={words: words}).html for words in ("plain", evil))
    for pages in ((Page(plain), Page(odd)), [Page(script_data(html)["card"]) for html in (plain, odd)]):
        tags = [[(tag, sorted(attributes)) for tag, attributes in page.tags] for page in pages]
        assert tags[0] == tags[1]
    assert pages[1].first("svg")["aria-label"] == f"{evil}: {evil}"
    assert script_data(odd)["episodes"][0]["words"] == evil


class Page(HTMLParser):
    """The opening tags of a piece of HTML, and what its scripts hold."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.script = [], ""
        self.feed(text)
        self.close()

    def first(self, wanted):
        return next(attributes for tag, attributes in self.tags if tag == wanted)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data):
        if self.tags[-1][0] == "script":
            self.script += data


def script_data(html):
    return json.JSONDecoder().raw_decode(Page(html).script.split("const data = ", 1)[1])[0]


@pytest.mark.parametrize(
    ("last", "steps", "words"),
    [
        ([0, 0, 0.22, 0], 23, "fell after 23 steps"),
        ([0, 0, -0.22, 0], 1, "fell after 1 step"),
        ([-2.5, 0, 0.1, 0], 80, "left the track after 80 steps"),
        ([2.3, 0, 0.2, 0], 500, "still up after 500 steps"),
    ],
)
def test_cartpole_words(last, steps, words):
    states = np.zeros((steps + 1, 4))
    states[-1] = last
    assert Player({"a": states}).captions == {"a": words}


def test_pendulum_words_count_the_upright_steps():
    angles = np.radians([180, 90, 13, 11, -11, 0, -13])
    states = np.stack([np.cos(angles), np.sin(angles), 0 * angles], axis=1)
    player = Player({"swing": states}, "Pendulum-v1")
    assert player.captions == {"swing": "upright (±12°) for 3 of 6 steps"}
    assert player.fps == 20


def test_captions_replace_the_words_they_name():
    player = Player({"a": waves(9), "b": waves(9)}, captions={"b": "seed 3"})
    assert player.captions == {"a": "still up after 9 steps", "b": "seed 3"}
    assert player.fps == 50 and Player({"a": waves(9)}, fps=10).fps == 10


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"episodes": {}}, "empty"),
        ({"episodes": {"a": np.zeros((5, 3))}}, r"'a' has shape \[5, 3\]; CartPole-v1 needs states \[T\+1, 4\]"),
        ({"episodes": {"a": np.zeros(4)}}, r"shape \[4\]"),
        ({"episodes": {"a": np.zeros((1, 4))}}, "at least one step"),
        ({"episodes": {"a": np.array([[0.0] * 4, [0, 0, math.nan, 0]])}}, "'a' .* not a finite number at step 1"),
        ({"episodes": {"a": np.zeros((5, 4))}, "env_id": "Acrobot-v1"}, "'Acrobot-v1'.*CartPole-v1, Pendulum-v1"),
        ({"episodes": {"a": np.zeros((5, 4))}, "fps": 0}, "fps must be a positive"),
        ({"episodes": {"a": np.zeros((5, 4))}, "fps": math.nan}, "fps must be a positive"),
        ({"episodes": {"a": np.zeros((5, 4))}, "captions": {"b": "words"}}, "captions names 'b'"),
    ],
)
def test_bad_input_is_refused_in_a_sentence(arguments, words):
    with pytest.raises(ValueError, match=words):
        Player(**arguments)


def test_recorded_states_are_gymnasiums_own():
    env = gymnasium.make("CartPole-v1")
    state, _ = env.reset(seed=7)
    expected, over = [state], False
    while not over:
        state, _, over, _, _ = env.step(len(expected) // 3 % 2)
        expected.append(state)
    seen = []

    def act(obs):
        seen.append(obs)
        return np.array([len(seen) // 3 % 2])

    states = record_episode(act, "CartPole-v1", seed=7)
    np.testing.assert_array_equal(states, expected)
    np.testing.assert_array_equal(np.concatenate(seen), expected[:-1])
    assert states.dtype == np.float32


def test_recording_ends_at_the_time_limit_or_at_max_steps():
    assert record_episode(balance, "CartPole-v1", seed=1).shape == (501, 4)
    assert record_episode(balance, "CartPole-v1", seed=1, max_steps=40).shape == (41, 4)
    assert record_episode(balance, "CartPole-v1", seed=1, max_steps=600).shape == (601, 4)


@pytest.mark.parametrize("shape", [(1,), (1, 1)])
def test_recording_takes_continuous_actions(shape):
    states = record_episode(lambda obs: np.full(shape, 1.5), "Pendulum-v1", seed=1)
    assert states.shape == (201, 3)
    assert Player({"pushed": states}, "Pendulum-v1").steps == 200


def test_recording_refuses_what_it_cannot_step():
    with pytest.raises(ValueError, match=r"act returned shape \[1, 2\]; CartPole-v1 needs \[1\]"):
        record_episode(lambda obs: np.zeros((1, 2)), "CartPole-v1", seed=0)
    with pytest.raises(ValueError, match="max_steps must be at least 1"):
        record_episode(balance, "CartPole-v1", seed=0, max_steps=0)


def test_importing_it_pulls_in_neither_torch_nor_gymnasium():
    code = "import sys, ppo_edu.widgets.player; print({'torch', 'gymnasium', 'pygame'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
