"""The figures of lesson 09, read by their data and their sentences."""

import ipywidgets as widgets
import numpy as np
import pytest

from ppo_edu import data
from ppo_edu.figures import rlhf as figures
from ppo_edu.figures import rlhf_tokens
from ppo_edu.figures.style import new_figure
from ppo_edu.widgets.explorer import Explorer, sweep

TABLE, _ = data.read("rlhf_beta")
BETAS = np.unique(TABLE["kl_coef"])[::-1]
KEYS = ("proxy", "gold", "kl", "sft_gold", "optimum_proxy", "optimum_gold", "optimum_kl", "effective_samples")
RUNS = {
    model: {key: np.hstack([data.curves(TABLE, key, model=model, kl_coef=b) for b in BETAS]) for key in KEYS}
    | {"kl_coef": BETAS}
    for model in ("counts", "counts and presence")
}
COURSE, _ = data.read("rlhf_time")
METHODS, _ = data.read("rlhf_methods")
SAID = [("we will fix it . " + "great " * 6 + "great", 3.2, -2.6), ("i can open it .", -0.5, 0.0)]


def there_and_back(explorer, **values):
    before, words = explorer.png, explorer.readout
    said = explorer.set(**values)
    assert explorer.error is None and explorer.png != before
    explorer.reset()
    assert explorer.png == before and explorer.readout == words
    return said


def test_every_stored_sweep_has_ten_seeds():
    assert {runs[key].shape for runs in RUNS.values() for key in KEYS} == {(10, len(BETAS))}
    assert len(BETAS) == 8 and BETAS[-1] == 0
    for beta in (0, 0.1, 0.3):
        assert data.curves(COURSE, "gold", model="counts", kl_coef=beta).shape == (10, 60)
    for method in set(METHODS["method"]):
        assert data.curves(METHODS, "gold", method=method).shape == (10, 1)
    sentences, _ = data.read("rlhf_sentences")
    for beta in BETAS:
        assert ((sentences["kl_coef"] == beta) & (sentences["iteration"] == 0)).sum() == 8
    best, _ = data.read("rlhf_best_of_n")
    assert data.curves(best, "gold", n=256).shape == (10, 1)


def test_what_the_lesson_claims_of_beta_holds_in_the_stored_runs():
    runs = RUNS["counts"]
    gold, start = runs["gold"], runs["sft_gold"][:, 0]
    assert 0 < gold.mean(0).argmax() < len(BETAS) - 1
    assert (gold[:, -1] < start).all() and (runs["proxy"][:, -1] > 1).all()
    half = list(BETAS).index(0.5)
    for key in ("proxy", "gold", "kl"):
        assert np.abs(runs[key] - runs[f"optimum_{key}"])[:, half].mean() < 0.08


def goodhart():
    return Explorer(
        figures.build_goodhart,
        lambda artists, beta, model: figures.move_goodhart(artists, RUNS[model], beta, SAID),
        {
            "beta": widgets.SelectionSlider(options=[(f"{b:g}", b) for b in BETAS], value=0.3),
            "model": widgets.Dropdown(options=list(RUNS)),
        },
    )


def test_the_beta_explorer_rings_the_chosen_beta():
    explorer = goodhart()
    assert "β = 0.3: proxy" in explorer.readout and "best mean gold" in explorer.readout
    place, runs = list(BETAS).index(0), RUNS["counts"]
    said = there_and_back(explorer, beta=0)
    assert f"gold {runs['gold'][:, place].mean():.2f}" in said
    explorer.set(beta=0)
    for ring, name in zip(explorer.artists["rings"], ("proxy", "gold")):
        assert ring.get_ydata() == pytest.approx([runs[name][:, place].mean()])
        assert ring.get_xdata() == pytest.approx([np.sqrt(np.maximum(runs["kl"][:, place], 0)).mean()])
    assert len(explorer.artists["dots"][1].get_ydata()) == 10 * len(BETAS)
    there_and_back(goodhart(), model="counts and presence")
    sweep(goodhart())


def test_everything_lies_inside_the_axes():
    explorer = goodhart()
    for model in RUNS:
        explorer.set(model=model)
        for dots in explorer.artists["dots"]:
            ax = dots.axes
            assert ax.get_xlim()[0] < dots.get_xdata().min() and dots.get_xdata().max() < ax.get_xlim()[1]
            assert ax.get_ylim()[0] < dots.get_ydata().min() and dots.get_ydata().max() < ax.get_ylim()[1]


def test_sentences_stand_beside_the_figure():
    artists = goodhart().artists
    assert artists["said"][0].get_text().replace("\n", " ") == f"“{SAID[0][0]}”"
    assert artists["marks"][1].get_text() == "proxy -0.50, gold +0.00" and artists["said"][2].get_text() == ""


def timeline():
    curves = {
        b: {k: data.curves(COURSE, k, model="counts", kl_coef=b) for k in ("proxy", "gold", "kl")} for b in (0, 0.1)
    }
    explorer = Explorer(
        figures.build_time,
        lambda artists, iteration, beta: figures.move_time(artists, curves[beta], beta, iteration, SAID),
        {"iteration": widgets.IntSlider(3, 1, 60), "beta": widgets.SelectionSlider(options=[0, 0.1])},
    )
    return explorer, curves


def test_the_time_explorer_reads_the_median_at_the_cursor():
    explorer, curves = timeline()
    there_and_back(explorer, iteration=40)
    said = explorer.set(iteration=60)
    assert f"gold {np.median(curves[0]['gold'][:, 59]):.2f}" in said and "Gold is highest in iteration" in said
    assert explorer.artists["cursor"].get_xdata() == [60, 60]
    assert np.allclose(explorer.artists["seeds"][13].get_ydata(), curves[0]["gold"][3])
    there_and_back(timeline()[0], beta=0.1)
    sweep(timeline()[0])


def test_the_token_table_shows_what_it_is_given():
    table = {
        "old_logprobs": np.array([-1.0, -2.0, -0.5]),
        "ref_logprobs": np.array([-1.5, -2.0, -0.25]),
        "values": np.array([0.1, 0.2, 0.3]),
        "advantages": np.array([1.0, -1.0, 0.5]),
        "ratio": np.array([1.5, 1.5, 1.0]),
        "rewards": np.array([-0.25, 0.0, 2.125]),
    }
    explorer = Explorer(
        rlhf_tokens.build_tokens,
        lambda artists, score: rlhf_tokens.move_tokens(artists, ["we", "fix", "<end>"], table, score, 0.5, 0.2),
        {"score": widgets.FloatSlider(2.0, min=-1, max=3)},
        height=3.7,
    )
    rows = np.array([cell.get_text() for cell in explorer.artists["cells"]]).reshape(-1, rlhf_tokens.LENGTH)
    assert rows[2].tolist() == ["0.50", "0.00", "-0.25"] + [""] * 9 and rows[-1, :3].tolist() == [
        "1.50 ✗",
        "1.50",
        "1.00",
    ]
    assert "log π_old(y)/π_ref(y) = +0.25" in explorer.readout and "1 of 3 words are silent" in explorer.readout
    there_and_back(explorer, score=0.5)


def test_problem_5_has_three_policies():
    explorer = Explorer(
        rlhf_tokens.build_three,
        lambda artists, old, new, advantage: rlhf_tokens.move_three(artists, 0.01, old, new, advantage),
        {
            "old": widgets.SelectionSlider(options=[0.01, 0.02, 0.028, 0.03], value=0.028),
            "new": widgets.SelectionSlider(options=[0.01, 0.03, 0.05], value=0.03),
            "advantage": widgets.ToggleButtons(options=[1, -1]),
        },
        height=3.6,
    )
    assert "ratio is 1.071, while π_θ/π_ref is 3.00" in explorer.readout and "up, with slope Â" in explorer.readout
    literal = there_and_back(explorer, old=0.01)
    assert "ratio is 3.000" in literal and "not at all: the sample is silent" in literal and "(+0.00)" in literal
    assert "down, with slope Â" in explorer.set(old=0.01, advantage=-1)
    assert explorer.artists["push"][1].get_marker() == "<"
    explorer.reset()
    sweep(explorer)


def test_calibration_is_measured_in_equally_filled_bins():
    fig, ax = new_figure()
    said = np.linspace(0.1, 0.9, 8000)
    happened = np.random.default_rng(0).random(8000) < said
    assert np.abs(figures.plot_calibration(ax, said, happened)).max() < 0.06
    assert figures.plot_calibration(new_figure()[1], said, np.ones(8000)) == pytest.approx(
        1 - said.reshape(8, -1).mean(1)
    )


def test_the_optimum_is_hollow_where_samples_are_too_few():
    fig, ax = new_figure()
    figures.plot_optimum(ax, RUNS["counts"], "gold")
    faces = {line.get_markerfacecolor(): len(line.get_xdata()) for line in ax.lines if line.get_marker() == "D"}
    few = (np.median(RUNS["counts"]["effective_samples"], 0) < 100).sum()
    assert faces["white"] == few > 0


def test_best_of_n_starts_at_no_distance():
    fig, ax = new_figure()
    figures.plot_best_of(ax, [1, 4, 16], np.array([[0, 1, 2.0]] * 2), np.array([[1, 2, 1.5]] * 2), 2.0)
    assert ax.lines[0].get_xdata() == pytest.approx([0, np.sqrt(np.log(4) - 0.75), np.sqrt(np.log(16) - 15 / 16)])
