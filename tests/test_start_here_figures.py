"""Lesson 00: what its pictures hold, what the sentences say, the gradients behind them, and its list of lessons."""

import json
import re
from pathlib import Path

import ipywidgets as widgets
import numpy as np
import pytest

from ppo_edu.figures.start_here import (
    build_baseline,
    build_score,
    build_training,
    gradient_moments,
    judge,
    move_baseline,
    move_score,
    move_training,
)
from ppo_edu.ppo import History
from ppo_edu.widgets.explorer import Explorer, sweep

POLICY, MEANS, NOISE = np.array([0.4, 0.3, 0.2, 0.1]), np.array([8.0, 9.0, 10.0, 13.0]), 1.0


def history(returns, entropy=0.4):
    made_up = History()
    for k, value in enumerate(returns, start=1):
        made_up.add(**{"return": value}, entropy=entropy, seconds=0.05 * k)
    return made_up


def training():
    def move(artists, lr):
        run = history([20.0, np.nan, 1000 * lr])
        return move_training(artists, run, 20.0, 1000 * lr, lr, 0.2)

    slider = widgets.SelectionSlider(options=[0.05, 0.1, 0.5], value=0.5)
    return Explorer(build_training, move, {"lr": slider}, ncols=2, height=3.5)


def test_a_run_is_drawn_without_its_gaps_and_put_in_words():
    ours = training()
    (line,) = ours.artists["line"]
    assert list(line.get_xdata()) == [1, 3] and list(line.get_ydata()) == [20, 500]
    assert [bar.get_width() for bar in ours.artists["bars"]] == [20, 500]
    assert [number.get_text() for number in ours.artists["numbers"]] == ["20", "500"]
    assert ours.readout.startswith("Trained in 0.2 s, step size 0.5, ε = 0.2. The pole stayed up 20 steps before, now")
    assert "now 500: learned." in ours.readout
    before = ours.png
    assert "now 50: not there yet" in ours.set(lr=0.05) and ours.png != before
    ours.reset()
    assert ours.png == before
    sweep(ours)


def test_a_training_that_was_stopped_says_so_even_before_its_first_iteration_ended():
    artists = training().artists
    run = history([])
    run.stopped = "interrupted in iteration 1 of 40"
    words = move_training(artists, run, 22.0, 22.0, 0.006, 0.2)
    assert words.startswith("Stopped: interrupted in iteration 1 of 40, step size 0.006")
    assert words.endswith("What was learned until then is kept.")
    assert list(artists["line"][0].get_xdata()) == []


@pytest.mark.parametrize(
    ("returns", "after", "entropy", "verdict"),
    [
        ([20, 300, 500], 500, 0.4, "learned"),
        ([20, 200, 250], 500, 0.01, "learned"),
        ([20, 9, 9], 9, 0.0, "collapsed"),
        ([20, 30, 42], 42, 0.65, "hardly learned"),
        ([20, 480, 220], 250, 0.1, "learned and lost"),
        ([20, 200, 300], 290, 0.6, "not there yet"),
    ],
)
def test_a_run_is_judged(returns, after, entropy, verdict):
    assert judge(np.array(returns), after, entropy)[0] == verdict


def score():
    def move(artists, p, taken):
        policy = np.array([p, *((1 - p) * np.array([0.5, 0.3, 0.2]))])
        return move_score(artists, policy, np.eye(4)[taken - 1] - policy, taken)

    controls = {
        "p": widgets.FloatSlider(value=0.4, min=0.05, max=0.9),
        "taken": widgets.ToggleButtons(options=[1, 2, 3, 4]),
    }
    return Explorer(build_score, move, controls, ncols=2)


def test_the_score_is_one_hot_minus_policy():
    ours = score()
    ours.set(taken=2)
    np.testing.assert_allclose([bar.get_height() for bar in ours.artists["policy"]], [0.4, 0.3, 0.18, 0.12])
    np.testing.assert_allclose([bar.get_height() for bar in ours.artists["push"]], [-0.4, 0.7, -0.18, -0.12])
    assert "Action 2 was taken; it had probability 0.30. Its logit is pushed up by 0.70" in ours.readout
    assert ours.artists["words"].get_text() == "sum 0.00, length 0.83"
    assert [bar.get_hatch() for bar in ours.artists["push"]] == ["///", None, "///", "///"]
    assert [words.get_text() for words in ours.artists["above"]][1] == "0.30\ntaken"


def test_the_score_explorer_sweeps_clean_and_comes_back():
    ours = score()
    before = ours.png
    said = sweep(ours)
    assert ours.png == before
    assert said["p", 0.05].endswith("A rare action pushes hard.") and said["p", 0.9].endswith("pushes little.")


def baseline():
    return Explorer(
        lambda fig: build_baseline(fig, POLICY, MEANS, NOISE, (0, 20)),
        lambda artists, b: move_baseline(artists, POLICY, MEANS, NOISE, b),
        {"b": widgets.FloatSlider(value=0, min=0, max=20, step=0.2)},
        ncols=2,
    )


def enumerated(b):
    """The same moments from the definition: every action, and a reward of two equally likely values."""
    samples = [
        (POLICY[a] / 2, (MEANS[a] + side * NOISE - b) * (np.eye(4)[a] - POLICY)) for a in range(4) for side in (-1, 1)
    ]
    mean = sum(weight * g for weight, g in samples)
    return mean, sum(weight * (g - mean) ** 2 for weight, g in samples)


@pytest.mark.parametrize("b", [0.0, 9.2, 20.0, -3.0])
def test_a_baseline_moves_the_variance_and_not_the_mean(b):
    mean, variance = gradient_moments(POLICY, MEANS, NOISE, b)
    np.testing.assert_allclose(mean, enumerated(b)[0], atol=1e-12)
    np.testing.assert_allclose(variance, enumerated(b)[1], atol=1e-12)
    np.testing.assert_allclose(mean, POLICY * (MEANS - POLICY @ MEANS), atol=1e-12)


def test_the_baseline_explorer_shows_these_numbers():
    ours = baseline()
    (point,), (whiskers,) = ours.artists["point"], ours.artists["whiskers"]
    before = ours.png
    assert ours.readout.startswith("b = 0.0: variance 66.7, 29.0 times that at b = V.")
    assert list(point.get_ydata()) == [pytest.approx(66.696)]
    assert "(−0.48, −0.06, +0.16, +0.38), whatever b is" in ours.readout
    assert "variance 2.3, 1.0 times" in ours.set(b=9.2)
    low, high, gap = np.reshape(whiskers.get_ydata(), (4, 3)).T
    mean, variance = gradient_moments(POLICY, MEANS, NOISE, 9.2)
    np.testing.assert_allclose(low, mean - np.sqrt(variance))
    np.testing.assert_allclose(high, mean + np.sqrt(variance))
    assert np.isnan(gap).all()
    ours.reset()
    assert ours.png == before
    sweep(ours)


def markdown(path):
    cells = json.loads(path.read_text(encoding="utf8"))["cells"]
    return "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")


def minutes_of(text):
    """Those of the core path, and those of the sections marked ○."""
    core, words, brackets = re.search(r"(\d+)[^,(]*(?:, and (\d+) for ○|\(\+(\d+)\))?", text).groups()
    return int(core), int(words or brackets or 0)


def test_the_lists_name_every_lesson_and_its_minutes():
    root = Path(__file__).parent.parent
    stated = {}
    for path in sorted((root / "notebooks").glob("*.ipynb")):
        stated[path.name[:2]] = minutes_of(re.search(r"^\| Time \|(.*)\|$", markdown(path), re.M)[1])
    start_here = markdown(root / "notebooks/00_start_here.ipynb")
    here = re.findall(r"^\| \[?\*\*(\d\d)\*\* .*?\|.*?\| (.*?) \|.*\|$", start_here, re.M)
    assert {number: minutes_of(text) for number, text in here} == stated
    readme = (root / "README.md").read_text(encoding="utf8")
    rows = re.findall(r"^\| \[(\d\d) .*?\]\(notebooks/\S+\) \|.*?\| (.*?) \|.*\|$", readme, re.M)
    assert {number: minutes_of(text) for number, text in rows} == stated
    assert round(sum(core for core, _ in stated.values()) / 60) == 9 and "about nine hours" in readme
