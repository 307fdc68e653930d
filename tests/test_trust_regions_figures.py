"""The figures of lesson 04, read by their data and their sentences, against enumeration and Monte Carlo."""

import ipywidgets as widgets
import numpy as np
import pytest
import torch

from ppo_edu.clip import clipped_objective
from ppo_edu.figures import trust_regions as regions
from ppo_edu.figures import trust_regions_kl as measures
from ppo_edu.figures.style import new_figure
from ppo_edu.kl import approx_kl, categorical_kl, second_order_kl
from ppo_edu.mdp import draw, softmax
from ppo_edu.widgets.explorer import Explorer, sweep

HALVES = measures.halves()


def select(options, value):
    return widgets.SelectionSlider(options=options, value=value)


def there_and_back(explorer, **values):
    """The sentence at `values`; the picture must change, and setting everything back must give the same bytes."""
    before, words = explorer.png, explorer.readout
    said = explorer.set(**values)
    data = {name: _data(artist) for name, artist in explorer.artists.items()}
    assert explorer.png != before and explorer.error is None
    explorer.reset()
    assert explorer.png == before and explorer.readout == words
    return said, data


def _data(artist):
    if isinstance(artist, list):
        return [_data(a) for a in artist]
    return np.array(artist.get_data()) if hasattr(artist, "get_data") else artist


@pytest.mark.parametrize("direction", measures.DIRECTIONS)
def test_a_tilted_policy_has_the_kl_it_was_asked_for(direction):
    assert HALVES.sum() == pytest.approx(1) and np.allclose(HALVES[1:] / HALVES[:-1], 0.5)
    for kl in measures.KL_STOPS:
        probs = measures.tilted(HALVES, direction, kl)
        steps = np.diff(np.log(probs / HALVES))
        assert categorical_kl(np.log(probs), np.log(HALVES)) == pytest.approx(kl, rel=1e-6)
        assert np.allclose(steps, steps[0]) and (steps[0] > 0) == (direction == "rare actions up")


def test_moments_are_those_of_a_large_sample():
    probs = measures.tilted(HALVES, "rare actions up", 0.25)
    actions = draw(np.broadcast_to(HALVES, (400_000, 8)), np.random.default_rng(0))
    for name, (mean, std) in measures.moments(probs, HALVES).items():
        values = approx_kl(np.log(probs[actions]), np.log(HALVES[actions]), name)
        assert mean == pytest.approx(values.mean(), abs=5 * std / 400_000**0.5)
        assert std == pytest.approx(values.std(), rel=0.05)


def second_order():
    def move(artists, kl, direction):
        return measures.move_second_order(artists, HALVES, measures.tilted(HALVES, direction, kl))

    controls = {"kl": select(measures.KL_STOPS, 0.02), "direction": widgets.ToggleButtons(options=measures.DIRECTIONS)}
    return Explorer(lambda fig: measures.build_second_order(fig, HALVES), move, controls)


def test_the_second_order_form_errs_either_way():
    ours = second_order()
    sweep(ours)
    said, data = there_and_back(ours, kl=2.2)
    probs = measures.tilted(HALVES, "rare actions up", 2.2)
    assert data["dot"] == pytest.approx(np.array([[2.2], [second_order_kl(probs, HALVES) / 2.2]]))
    assert "too large" in said
    said, _ = there_and_back(ours, kl=2.2, direction="rare actions down")
    assert "80% too small" in said
    assert "right to 10 %" in ours.set(kl=0.001)
    assert [bar.get_height() for bar in ours.artists["new"]] == pytest.approx(
        measures.tilted(HALVES, "rare actions up", 0.001)
    )


def counter():
    controls = {"first": widgets.FloatSlider(value=0.5, min=0.36, max=0.64), "d": select(regions.D_STOPS, 0.1)}
    return Explorer(regions.build_counter, regions.move_counter, controls)


def test_the_counter_example_is_found_where_it_is_and_nowhere_else():
    ours = counter()
    sweep(ours)
    assert "KL 0.000" in ours.readout and "Not a counter-example yet" in ours.readout
    said, data = there_and_back(ours, first=0.6, d=0.01)
    assert "KL 0.149" in said and "That is a counter-example" in said
    assert data["dot"] == pytest.approx(np.array([[0.01], [0.14922]]), abs=1e-5)
    at_the_edge = ours.set(first=0.6, d=0.08)
    assert "both sampled ratios are in the band" in at_the_edge and "KL 0.020" in at_the_edge
    outside = ours.set(first=0.64, d=1e-8)
    assert "outside the band" in outside and "Not a counter-example" in outside


def test_the_curve_of_the_counter_example_has_no_end():
    ours = counter()
    ours.set(first=0.6)
    d, kl = ours.artists["curve"].get_data()
    last = (np.diff(kl) / np.diff(-np.log(d)))[-10:]
    assert np.allclose(last, 0.1, atol=1e-4)  # d falls by a factor e, KL grows by π_old(3)


@pytest.mark.parametrize("eps", [0.05, 0.2, 0.5])
def test_the_largest_kl_with_all_ratios_in_the_band_is_a_supremum(eps):
    draws = np.random.default_rng(0)
    old = draws.dirichlet(np.ones(4), 20_000)
    change = draws.choice([-eps, eps], old.shape)
    change[:, 3] = -(old[:, :3] * change[:, :3]).sum(1) / old[:, 3]
    inside = np.abs(change[:, 3]) <= eps
    found = regions.kl(old[inside] * (1 + change[inside]), old[inside])
    assert inside.sum() > 100 and found.max() <= regions.largest_kl(eps)
    assert found.max() > 0.98 * regions.largest_kl(eps)


@pytest.mark.parametrize("sampled", regions.SAMPLED.values())
@pytest.mark.parametrize("eps", [0.05, 0.2, 0.5])
def test_the_band_holds_the_policies_whose_sampled_ratios_it_names(sampled, eps):
    corners = regions.band_polygon(sampled, eps)
    assert np.allclose(corners.sum(1), 1) and (corners > -1e-12).all()
    ratio = (corners / regions.OLD)[:, list(sampled)]
    assert (np.abs(ratio - 1) <= eps + 1e-9).all()
    policies = np.random.default_rng(0).dirichlet(np.ones(3), 20_000)
    inside = (np.abs(policies / regions.OLD - 1) <= eps)[:, list(sampled)].all(1)
    assert inside.mean() == pytest.approx(_area(corners @ regions.CORNERS) / (3**0.5 / 4), abs=0.01)
    assert regions.kl(policies[inside]).max(initial=0) <= regions.kl(corners).max()


def _area(corners):
    x, y = corners.T
    return abs((x * np.roll(y, -1) - y * np.roll(x, -1)).sum()) / 2


@pytest.mark.parametrize("delta", [0.001, 0.02, 0.1, 2.0])
def test_the_edge_of_the_ball_has_kl_delta(delta):
    edge = regions.kl_ball(delta)
    np.testing.assert_allclose(regions.kl(edge), delta, rtol=1e-5)
    assert np.allclose(edge.sum(1), 1) and (edge > 0).all()


def test_the_simplex_says_where_there_is_a_limit():
    ours = Explorer(
        regions.build_simplex,
        regions.move_simplex,
        {
            "delta": select([0.001, 0.02, 0.1], 0.02),
            "eps": widgets.FloatSlider(value=0.2, min=0.05, max=0.5),
            "sampled": widgets.ToggleButtons(options=list(regions.SAMPLED), value="1 and 2"),
        },
        height=5.6,
    )
    sweep(ours)
    assert "KL at most 0.0204" in ours.readout and "action 3 has died out: its KL has no limit" in ours.readout
    said, _ = there_and_back(ours, sampled="1, 2 and 3")
    assert "allows KL up to 0.0204" in said
    said, data = there_and_back(ours, eps=0.1)
    assert "allows KL up to 0.1445, at (0.550, 0.440, 0.010)" in said
    assert data["dot"][1].ravel() == pytest.approx(np.array([0.55, 0.44, 0.01]) @ regions.CORNERS)
    ours.set(delta=0.1)
    edge = ours.artists["ball"].get_xy()[:-1]
    assert np.allclose(edge, regions.kl_ball(0.1) @ regions.CORNERS)


def state_of_affairs():
    draws = np.random.default_rng(0)
    old_logits, weights = draws.normal(size=(5, 3)), draws.dirichlet(np.ones(5))
    A = draws.normal(size=(5, 3))
    return old_logits, A - (softmax(old_logits) * A).sum(-1, keepdims=True), weights


@pytest.mark.parametrize("distance", [0.0, 0.05, 0.5, -0.7])
def test_the_forces_are_the_gradients(distance):
    old_logits, A, weights = state_of_affairs()
    z = torch.from_numpy(old_logits + distance * A).requires_grad_()
    old, tensor_A, w = torch.from_numpy(softmax(old_logits)), torch.from_numpy(A), torch.from_numpy(weights)[:, None]
    ratio = z.softmax(-1) / old
    plain = (w * old * ratio * tensor_A).sum()
    clipped = (w * old * clipped_objective(ratio, tensor_A, 0.2)).sum()
    kl = (w[:, 0] * categorical_kl(z, old.log())).sum()
    ours = regions.forces(softmax(z.detach().numpy()), old.numpy(), A, weights, 0.2, 2.5)
    for force, objective in zip(ours, (plain, clipped, plain - 2.5 * kl)):
        gradient = torch.autograd.grad(objective, z, retain_graph=True)[0]
        np.testing.assert_allclose(force, gradient.numpy(), atol=1e-12)


def test_inside_the_band_the_clip_is_l_cpi_and_far_out_only_the_penalty_pulls_back():
    old_logits, A, weights = state_of_affairs()
    controls = {
        "distance": widgets.FloatSlider(value=0.01, min=-0.5, max=1),
        "eps": widgets.FloatSlider(value=0.2, min=0.05, max=0.5),
        "beta": select([0.3, 1, 3, 10], 3),
    }

    def move(artists, **values):
        return regions.move_forces(artists, old_logits, A, weights, **values)

    ours = Explorer(regions.build_forces, move, controls)
    sweep(ours)
    assert "0 of 15 ratios outside" in ours.readout and "the same as L^CPI" in ours.readout
    said, data = there_and_back(ours, distance=1.0)
    assert "against the path" in said
    slopes = data["sample"][1][1]
    assert set(slopes.tolist()) == {0.0, 1.0}
    assert data["sample"][2][1].min() < 0 < data["sample"][2][1].max()


def test_estimators_are_drawn_from_their_moments():
    table = {kl: measures.moments(measures.tilted(HALVES, "rare actions up", kl), HALVES) for kl in measures.KL_STOPS}
    controls = {"kl": select(measures.KL_STOPS, 0.02), "samples": select([1, 64, 4096], 64)}
    ours = Explorer(
        lambda fig: measures.build_estimators(fig, HALVES),
        lambda artists, kl, samples: measures.move_estimators(artists, table, kl, samples),
        controls,
    )
    sweep(ours)
    said, data = there_and_back(ours, kl=2.2, samples=1)
    assert "k1 1.47, k2 2.1, k3 5.68" in said and said.endswith("average of 1: k1.")
    assert data["mean"][1][1] == pytest.approx([table[2.2]["k2"][0] / 2.2] * 2)
    k1 = data["curve"][0]
    assert k1[0] == pytest.approx(measures.KL_STOPS)
    assert k1[1] == pytest.approx([table[kl]["k1"][1] / kl for kl in measures.KL_STOPS])


def test_every_update_is_in_the_histogram_with_the_largest_marked():
    _, ax = new_figure()
    updates = {"wall": np.array([0.004, 0.009, 0.01]), "tail": np.array([1e-7, 0.002, 0.3, 5.0])}
    measures.plot_updates(ax, updates, 0.01, title="KL")
    diamonds = [line.get_xdata()[0] for line in ax.lines if line.get_marker() == "D"]
    assert diamonds == pytest.approx(np.log10([5.0, 0.01]))
    tail, wall = (np.round((p.get_data().values - p.get_data().baseline) / 0.72, 6) for p in ax.patches)
    assert tail.sum() == 4 and wall.sum() == pytest.approx(3)


def test_the_descent_figure_draws_both_ways_to_the_minimum():
    _, ax = new_figure()
    H, b = np.array([[2.5, 2.6], [2.6, 5.5]]), np.array([2.7, 0.7])
    paths = {"slow": [np.zeros(2), np.ones(2)], "fast": [np.zeros(2), np.linalg.solve(H, b)]}
    measures.plot_descent(ax, H, b, paths, title="down")
    assert [list(line.get_xdata()) for line in ax.lines] == [[0, 1], [0, np.linalg.solve(H, b)[0]]]
    assert "fast: 1 steps" in [text.get_text() for text in ax.texts]
