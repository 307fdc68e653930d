"""The live dashboard: what it draws, when it draws, and what it says in words."""

import math

import pytest

from ppo_edu.widgets import live
from ppo_edu.widgets.live import LiveDashboard, Panel


def history(**columns):
    length = len(next(iter(columns.values())))
    full = {panel.metric: [0.01] * length for panel in live.PANELS} | {"iteration": list(range(1, length + 1))}
    return full | {"env_steps": [4096 * (i + 1) for i in range(length)], "seconds": [0.1] * length} | columns


class Clock:
    """Time that passes only when told to."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


def dashboard(total=100, **kwargs):
    wall, cpu = Clock(), Clock()
    return LiveDashboard(total, clock=wall, cpu_clock=cpu, **kwargs), wall, cpu


def test_curves_are_the_history():
    board, *_ = dashboard(3)
    board.finish(history(**{"return": [20.0, 200.0, 480.0], "approx_kl": [0.01, 0.02, 0.005]}))
    assert list(board.lines[0].get_xdata()) == [1, 2, 3] and list(board.lines[0].get_ydata()) == [20, 200, 480]
    assert list(board.lines[1].get_ydata()) == [0.01, 0.02, 0.005]
    assert list(board.bar.get_xdata()) == [0, 1]


def test_the_words_give_the_numbers():
    board, *_ = dashboard(4)
    board.finish(history(**{"return": [20.0, 312.0], "seconds": [0.4, 0.8]}))
    assert board.text.startswith("iteration 2 of 4 · 8,192 steps · 0.8 s: mean return 312, approx. KL 0.0100")
    assert board.words.get_text() == "iteration 2 of 4 · 8,192 steps · 0.8 s"


def test_nan_leaves_a_gap_and_what_is_outside_sits_on_the_edge_as_a_triangle():
    board, *_ = dashboard(4)
    board.finish(history(**{"return": [math.nan, 20.0, math.inf], "approx_kl": [0.01, 9.0, 0.02]}))
    assert list(board.lines[0].get_xdata()) == [2, 3] and list(board.lines[0].get_ydata()) == [20, 500]
    assert list(board.outside[0].get_xdata()) == [3]
    assert list(board.lines[1].get_ydata()) == [0.01, 0.03, 0.02] and list(board.outside[1].get_xdata()) == [2]
    board.finish(history(**{"return": [math.nan] * 4}))
    assert list(board.lines[0].get_xdata()) == [] and "mean return nan" in board.text


def test_an_axis_without_fixed_limits_widens_for_its_data():
    board, *_ = dashboard(4)
    board.finish(history(entropy=[0.5, 7.0]))
    low, high = board.axes[3].get_ylim()
    assert low <= 0 and high > 7 and list(board.outside[3].get_xdata()) == []


def test_a_redraw_changes_the_picture_and_the_same_state_gives_the_same_bytes():
    def png(returns):
        board, *_ = dashboard(4)
        board.finish(history(**{"return": returns}))
        return board._render()

    assert png([20.0, 30.0]) == png([20.0, 30.0]) != png([20.0, 90.0])


def test_it_draws_at_most_twice_a_second_and_always_at_the_end():
    board, wall, cpu = dashboard(20)
    for count in range(1, 20):
        wall.now += 0.1
        cpu.now += 0.1
        board(history(**{"return": [1.0] * count}))
    assert 3 <= board.draws <= 4  # 1.9 s
    board(history(**{"return": [1.0] * 20}))
    assert list(board.bar.get_xdata()) == [0, 1]


def test_it_stays_within_its_share_of_the_cpu():
    board, wall, cpu = dashboard(1000)
    move = board._move_artists

    def costly(history):
        cpu.now += 0.05  # every redraw costs 50 ms
        move(history)

    board._move_artists = costly
    for count in range(1, 401):
        wall.now += 1.0
        cpu.now += 0.1  # and an iteration 100 ms
        board(history(**{"return": [1.0] * count}))
    assert 5 <= board.draws <= 0.05 * 400 * 0.1 / 0.05 + 1


def test_a_second_run_starts_afresh():
    board, *_ = dashboard(2)
    board(history(**{"return": [1.0, 2.0]}))
    board(history(**{"return": [5.0, 6.0]}))
    board._begin()
    board(history(**{"return": [7.0]}))
    board.finish(history(**{"return": [7.0, 8.0]}))
    assert list(board.lines[0].get_ydata()) == [7, 8]


def test_other_panels():
    board = LiveDashboard(2, panels=[Panel("loss", "loss", None, "#000000", 1)])
    board.finish({"iteration": [1], "loss": [3.0]})
    assert board.text == "iteration 1 of 2: loss 3.0"
    with pytest.raises(ValueError, match="one large panel"):
        LiveDashboard(2, panels=[])


def test_a_real_run_is_drawn_to_its_last_iteration():
    from ppo_edu.ppo import PPOConfig, train

    board = LiveDashboard(6)
    train(PPOConfig(iterations=6), board)
    assert board.draws >= 1 and list(board.bar.get_xdata()) == [0, 1]
