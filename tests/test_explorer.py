"""Explorers without a browser: what moves, what is said, what happens to an error, and back again."""

import threading

import ipywidgets as widgets
import numpy as np
import pytest

from ppo_edu import data
from ppo_edu.figures.clipped_objective import (
    VARIANTS,
    build_clip,
    build_epochs,
    move_clip,
    move_epochs,
    objective,
    slope,
)
from ppo_edu.widgets import explorer as module
from ppo_edu.widgets.explorer import Explorer, sweep


def build(fig):
    return {"line": fig.axes[0].plot([0, 1], [0, 1])[0]}


def update(artists, height, word="up"):
    if height > 8:
        raise ValueError(f"{height} is too high")
    artists["line"].set_ydata([0, height / 10])
    return f"{word} to {height}"


def explorer(**kwargs):
    controls = {
        "height": widgets.IntSlider(value=2, min=0, max=10),
        "word": widgets.Dropdown(options=["up", "down"]),
    }
    return Explorer(build, update, controls, alt="A line.", **kwargs)


def test_a_control_moves_the_artist_and_the_sentence_and_back_again_gives_the_same_bytes():
    ours = explorer()
    before = ours.png
    assert ours.set(height=5) == "up to 5" and list(ours.artists["line"].get_ydata()) == [0, 0.5]
    assert ours.png != before
    ours.reset()
    assert ours.png == before and ours.readout == "up to 2"


def test_an_error_is_said_in_the_sentences_place_and_the_controls_stay_alive():
    ours = explorer()
    view = ours.view
    assert ours.set(height=9).startswith("ValueError: 9 is too high")
    assert "9 is too high" in ours._words.value and ours.set(height=3) == "up to 3" and ours.error is None
    assert len(view.children) == 4  # the last one shows nothing: it gives the sliders their names


def test_the_live_view_names_the_picture_and_announces_the_sentence():
    ours = explorer()
    _ = ours.view
    assert 'alt="A line."' in ours._picture.value and 'width="960" height="450"' in ours._picture.value
    assert 'aria-live="polite"' in ours._words.value and "up to 2" in ours._words.value
    ours.set(height=7)
    assert "up to 7" in ours._words.value


def test_a_saved_notebook_has_the_picture_the_words_and_the_widgets():
    bundle, metadata = explorer()._repr_mimebundle_()
    assert {"image/png", "text/plain", "application/vnd.jupyter.widget-view+json"} <= set(bundle)
    assert bundle["text/plain"] == metadata["image/png"]["alt"] == "A line. up to 2"


def test_a_sweep_finds_errors_and_controls_that_do_nothing():
    with pytest.raises(ValueError, match="too high"):
        sweep(explorer())
    still = Explorer(build, lambda artists, x: "still", {"x": widgets.IntSlider(min=0, max=3)})
    with pytest.raises(ValueError, match="x never changes the picture"):
        sweep(still)


def clip_explorer():
    ratio, A = np.array([0.5, 1.0, 1.5, 0.5, 1.0, 1.5]), np.array([1, 1, 1, -1, -1, -1.0])
    return Explorer(
        build_clip,
        lambda artists, **values: move_clip(artists, ratio, A, **values),
        {
            "eps": widgets.FloatSlider(value=0.2, min=0.05, max=0.45),
            "variant": widgets.ToggleButtons(options=VARIANTS, value="min (PPO)"),
        },
        height=6.0,
    )


def test_explorer_a_sweeps_clean_and_says_who_is_silent():
    ours = clip_explorer()
    assert len(sweep(ours)) == 7 + 4
    assert "1 of 3 good actions and 1 of 3 bad ones" in ours.readout
    assert "0 of 3 good actions and 0 of 3 bad ones" in ours.set(variant="no clip")
    assert "2 of 3 good actions and 2 of 3 bad ones" in ours.set(variant="clip without min")


def test_explorer_a_draws_the_objective_and_fills_who_has_a_gradient():
    ours = clip_explorer()
    alive, silent = ours.artists["alive"], ours.artists["silent"]
    assert sorted(alive[0].get_xdata()) == [0.5, 1.0] and list(silent[0].get_xdata()) == [1.5]
    assert sorted(alive[1].get_xdata()) == [1.0, 1.5] and list(silent[1].get_xdata()) == [0.5]
    ours.set(eps=0.4)
    assert ours.artists["band"][0].get_x() == pytest.approx(0.6) and ours.artists["upper"][0].get_position()[0] == 1.4


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("sign", [1, -1])
def test_the_slope_under_each_variant_is_its_finite_difference(variant, sign):
    ratio = np.linspace(0.013, 1.987, 100)
    rise = objective(variant, ratio + 1e-6, sign, 0.2) - objective(variant, ratio - 1e-6, sign, 0.2)
    np.testing.assert_allclose(slope(variant, ratio, sign, 0.2), rise / 2e-6, atol=1e-6)


def test_explorer_b_shows_the_stored_sweep():
    stored, _ = data.read("clip_epochs")
    epochs, edges = np.unique(stored["epoch"]), np.linspace(-2, 2, 33)
    metrics = ("surrogate", "held_out", "kl", "outside", "silent", "start", "return")
    curves = {m: data.curves(stored, m, clip=1, learning_rate=0.003) for m in metrics}
    assert curves["return"].shape == (10, 18)

    def move(artists, K):
        counts = np.ones((3, 32))
        return move_epochs(artists, curves, counts, edges, epochs, K)

    slider = widgets.SelectionSlider(options=[1, 2, 4, 10, 30, 100], value=10)
    ours = Explorer(lambda fig: build_epochs(fig, epochs, edges, 0.1), move, {"K": slider}, height=6.4)
    sweep(ours)
    np.testing.assert_allclose(ours.artists["train"].get_ydata(), curves["surrogate"].mean(0))
    assert ours.artists["cursor"].get_xdata() == [10, 10]
    assert ours.set(K=100).startswith(f"After 100 epochs, mean of 10 seeds: KL {curves['kl'][:, -1].mean():.3f}; ")


def test_controls_that_are_set_together_are_drawn_once():
    drawn = []

    def counted(artists, **values):
        drawn.append(values)
        return update(artists, **values)

    sliders = {"height": widgets.IntSlider(value=2, max=10), "word": widgets.Dropdown(options=["up", "down"])}
    ours = Explorer(build, counted, sliders)
    assert ours.set(height=5, word="down") == "down to 5" and len(drawn) == 2
    ours.set(height=5)
    assert len(drawn) == 2
    ours.reset()
    assert len(drawn) == 3 and drawn[0] == drawn[2]


def test_a_value_no_control_has_is_refused_and_the_explorer_lives_on():
    ours = explorer()
    with pytest.raises(Exception, match="[Ii]nvalid"):
        ours.set(word="sideways")
    assert ours.set(height=3) == "up to 3"


def test_a_button_walks_through_values_and_draws_each():
    said = []
    ours = explorer(buttons={"climb": lambda now: ({"height": now["height"] + k} for k in (1, 2))})
    original, ours._update = (
        ours._update,
        lambda artists, **values: said.append(original(artists, **values)) or said[-1],
    )
    assert ours.press("climb") == "up to 4" and said == ["up to 3", "up to 4"]
    climb = next(child for child in ours.view.children[0].children if getattr(child, "description", "") == "climb")
    climb.click()
    assert ours.values["height"] == 6 and "up to 6" in ours._words.value


def test_starting_over_forgets_what_the_update_remembers():
    seen = []

    def remembering(artists, height, word):
        seen.append(height)
        return f"so far {seen}"

    ours = Explorer(build, remembering, explorer().controls, forget=seen.clear)
    assert ours.set(height=5) == "so far [2, 5]" and ours.set(height=2) == "so far [2, 5, 2]"
    ours.reset()
    assert ours.readout == "so far [2]"


def by_hand(ours, seconds, monkeypatch):
    """Let time pass, then do what the browser asks for: a click for `None`, else the state of a control, by name."""
    now = [100.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    start_over = next(c for c in ours.view.children[0].children if getattr(c, "description", "") == "Start over")
    for name, state, later in seconds:
        now[0] += later
        start_over.click() if name is None else ours.controls[name].set_state(state)
    return ours.values


START = {"height": 2, "word": "up"}


def test_what_was_moved_before_start_over_and_comes_after_it_is_put_back(monkeypatch):
    """While a training keeps the kernel, the browser sends the first value, the click, and only then the last value."""
    ours = explorer()
    before = ours.png
    waiting = [("height", {"value": 5}, 0), ("word", {"index": 1}, 0), (None, None, 0.01)]
    late = [("height", {"value": 7}, 0.02), ("word", {"index": 1}, 0.02)]
    assert by_hand(ours, waiting + late, monkeypatch) == START
    assert ours.png == before and ours.readout == "up to 2"
    assert by_hand(ours, [("height", {"value": 7}, 1)], monkeypatch) == START | {"height": 7}


def test_a_control_that_is_moved_after_start_over_moves(monkeypatch):
    moved = [("height", {"value": 5}, 0), (None, None, 0.5), ("height", {"value": 7}, 0.1)]
    ours = explorer()
    assert by_hand(ours, moved, monkeypatch) == START | {"height": 7} and ours.readout == "up to 7"
    moved = [("height", {"value": 5}, 0), (None, None, 0.01), ("height", {"value": 7}, 0.6)]
    assert by_hand(explorer(), moved, monkeypatch) == START | {"height": 7}


def test_start_over_after_a_training_elsewhere_wins_even_when_it_comes_first(monkeypatch):
    """The click waits for the main thread, the values for another one: whichever is first, the click was last."""
    training = explorer(slow=True)
    ours = explorer()
    by_hand(training, [("height", {"value": 5}, 0)], monkeypatch)
    late = [(None, None, 0.05), ("height", {"value": 5}, 0.05), ("height", {"value": 7}, 0.1)]
    assert by_hand(ours, late, monkeypatch) == START and ours.readout == "up to 2"
    assert by_hand(training, [(None, None, 0), ("height", {"value": 7}, 0.1)], monkeypatch) == START
    assert "Computing" not in training._words.value


def test_a_value_that_comes_from_another_thread_while_one_starts_over_is_not_lost():
    arrived = threading.Event()

    def slow_enough(artists, height, word):
        if height == 2 and late.ident and late.is_alive():
            ours.controls["height"].observe(lambda change: arrived.set(), names="value")
            late_may_go.set()
            arrived.wait(5)
        return update(artists, height, word)

    ours, late_may_go = explorer(), threading.Event()
    late = threading.Thread(target=lambda: (late_may_go.wait(5), ours.controls["height"].set_state({"value": 4})))
    ours.set(height=5)
    ours._update = slow_enough
    late.start()
    start_over = next(c for c in ours.view.children[0].children if getattr(c, "description", "") == "Start over")
    start_over.click()
    late.join(5)
    assert ours.values["height"] == ours._drawn["height"] and ours.readout == f"up to {ours.values['height']}"


def test_an_interrupt_leaves_the_explorer_alive_with_a_sentence():
    def interrupted(artists, height, word):
        if height > 8:
            raise KeyboardInterrupt
        return update(artists, height, word)

    ours = Explorer(build, interrupted, explorer().controls, slow=True)
    _ = ours.view
    assert ours.set(height=9).startswith("Stopped.") and "Stopped." in ours._words.value
    assert ours.set(height=3) == "up to 3"


def test_a_slow_explorer_says_that_it_is_at_work():
    seen = []
    ours = explorer(slow=True)
    _ = ours.view
    ours._update = lambda artists, **values: seen.append(ours._words.value) or "done"
    assert ours.set(height=4) == "done" and "■ stops it" in seen[0] and "■" not in ours._words.value
