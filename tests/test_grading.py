"""The machinery of the checks: outcomes, limits, what a report says and where, what is recorded, what is revealed."""

import contextlib
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
import torch

from ppo_edu import progress
from ppo_edu.grading import check, reveal, runner
from ppo_edu.grading.checks.clipped_objective_bets import BATCHES, measured
from ppo_edu.grading.formula import autograd, central_difference, shown
from ppo_edu.grading.items import find, grade

NAMES = ("clipped_objective", "gradient_is_zero", "clip_fractions", "proof_order", "k_epochs")


@pytest.fixture(autouse=True)
def own_progress(tmp_path, monkeypatch):
    monkeypatch.setenv("PPO_EDU_PROGRESS", str(tmp_path / "progress.json"))
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)


def right(ratio, advantages, clip_eps):
    return np.minimum(ratio * advantages, np.clip(ratio, 1 - clip_eps, 1 + clip_eps) * advantages)


def wrong(ratio, advantages, clip_eps):
    return np.clip(ratio, 1 - clip_eps, 1 + clip_eps) * advantages


def stub(*inputs):
    raise NotImplementedError()


def endless(*inputs):
    while True:
        with contextlib.suppress(Exception):
            time.sleep(0.01)


# ── the four outcomes ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", NAMES)
def test_a_stub_a_none_and_a_missing_return_are_not_attempted(name):
    for answer in (stub, None, lambda *inputs: None):
        report = getattr(check, name)(answer)
        assert report.outcome == "not attempted" and report.earned == 0 and len(report.hints) == 3


def test_one_way_without_a_return_is_wrong_and_its_case_is_shown():
    def adaptive_kl_coef(kl_coef, kl, target):
        if kl > 1.5 * target:
            return 2 * kl_coef
        if kl < target / 1.5:
            return kl_coef / 2

    report = grade(find("adaptive_kl_coef"), adaptive_kl_coef)
    assert (report.outcome, report.earned) == ("wrong", 0)
    assert "a way through it without a `return`" in report.message
    assert report.case.inputs.startswith("kl_coef = ") and report.case.got == "None"


@pytest.mark.parametrize(
    "source, returns",
    [
        ("def f(x):\n    return x", True),
        ("def f(x):\n    return True", True),
        ("def f(x):\n    if x:\n        return 3", True),
        ("f = lambda x: x", True),
        ("def f(x):\n    x + 1", False),
        ("def f(x):\n    return None", False),
        ("def f(x):\n    if x:\n        return\n    raise NotImplementedError()", False),
    ],
)
def test_whether_a_function_returns_anything_is_read_from_its_code(source, returns):
    scope = {}
    exec(source, scope)
    assert runner.returns_values(scope["f"]) == returns


def test_what_stands_in_backticks_is_code_in_html_and_as_written_in_text():
    report = grade(find("iqm"), lambda scores: None)
    assert "<code>return</code>" in report._repr_html_() and "`return`" in repr(report)


def test_a_nan_is_spoken_of_only_where_the_case_shows_one():
    def iqm(scores):
        ordered = np.sort(scores)
        return ordered[len(ordered) // 4 : 3 * len(ordered) // 4].mean()

    report = grade(find("iqm"), iqm)
    assert "nan" not in report.case.got and "There is a nan" not in report.message


def test_a_stub_that_another_answer_uses_is_named():
    def gradient_is_zero(*inputs):
        raise NotImplementedError()

    def clip_fractions(ratio, advantages, clip_eps):
        return 0.5, gradient_is_zero(ratio, advantages, clip_eps).mean()

    report = check.clip_fractions(clip_fractions)
    assert report.outcome == "not attempted" and "uses `gradient_is_zero`" in report.message


def test_an_exception_is_shown_with_the_learners_own_line():
    def deep(ratio, advantages, clip_eps):
        return np.linalg.inv(ratio)

    report = check.clipped_objective(deep)
    assert report.outcome == "raised" and report.earned == 0
    assert "LinAlgError" in report.message and "`return np.linalg.inv(ratio)`" in report.message


def test_leaving_python_costs_only_the_check_and_the_stop_button_still_works():
    def leaves(*inputs):
        sys.exit(1)

    def interrupted(*inputs):
        raise KeyboardInterrupt

    assert check.clipped_objective(leaves).outcome == "raised"
    with pytest.raises(KeyboardInterrupt):
        check.clipped_objective(interrupted)


def test_a_value_instead_of_the_function_is_told_so():
    report = check.clipped_objective(2.4)
    assert report.outcome == "raised" and "`check.clipped_objective(clipped_objective)`" in report.message


@pytest.mark.skipif(not hasattr(signal, "SIGALRM"), reason="no alarm on this system")
def test_a_loop_without_end_is_stopped_and_the_alarm_is_put_back(monkeypatch):
    monkeypatch.setattr(runner, "SECONDS", 0.2)
    before = signal.getsignal(signal.SIGALRM)
    report = check.clipped_objective(endless)
    assert report.outcome == "raised" and "loop without end" in report.message
    assert signal.getsignal(signal.SIGALRM) is before and signal.getitimer(signal.ITIMER_REAL) == (0, 0)


@pytest.mark.skipif(not hasattr(signal, "SIGALRM"), reason="no alarm on this system")
def test_what_the_check_itself_computes_is_not_on_the_clock():
    with runner.time_limit(0.1):
        with runner.no_time_limit():
            time.sleep(0.7)
        with pytest.raises(runner.TimeLimit):
            time.sleep(2)


@pytest.mark.skipif(not hasattr(signal, "SIGALRM"), reason="no alarm on this system")
def test_processor_time_is_limited_and_waiting_costs_less():
    with runner.time_limit(0.2):
        time.sleep(0.5)
        start = time.process_time()
        with pytest.raises(runner.TimeLimit):
            while True:
                pass
        assert time.process_time() - start < 0.5


def test_a_check_works_in_a_thread_where_there_is_no_alarm():
    reports = []
    thread = threading.Thread(target=lambda: reports.append(check.clipped_objective(right)))
    thread.start()
    thread.join()
    assert reports[0].outcome == "correct"


def test_an_unknown_check_names_those_there_are():
    with pytest.raises(AttributeError, match=r"no check called 'clip'; there are .*clip_fractions, clipped_objective"):
        check.clip  # noqa: B018


# ── what a report says ───────────────────────────────────────────────────────────────────────────────────────────


def test_a_wrong_answer_shows_the_case_the_belief_and_folded_hints():
    report = check.clipped_objective(wrong)
    html = report._repr_html_()
    assert "expected 1, got 1.6" in repr(report) and "clip without the min" in repr(report)
    assert "✗ not yet" in html and html.count("<details>") == 3 and "<td>1.6</td>" in html
    assert "Â &gt; 0" in html and "Â > 0" not in html


def test_the_designs_example_reads_as_promised():
    def bad_actions_capped_above(ratio, advantages, clip_eps):
        capped = np.where((advantages < 0) & (ratio > 1.2), 1.2, ratio)
        return right(capped, advantages, clip_eps)

    report = check.clipped_objective(bad_actions_capped_above)
    assert str(report.case) == "ratio = 2.5, Â = −2, ε = 0.2: expected −5, got −2.4"
    assert report.message.startswith("A bad action that became likelier: min keeps the unclipped branch")


def test_a_correct_answer_has_no_hints_and_says_why_it_matters():
    report = check.clipped_objective(right)
    assert report.hints == () and "pays nothing for going on" in report.message
    assert "✓ passed" in report._repr_html_() and "✗" not in report._repr_html_()


@pytest.mark.parametrize("answer, score", [(right, "4"), (wrong, "0"), (stub, "0"), (lambda *i: 1 / 0, "0")])
def test_under_nbgrader_a_report_is_its_score_and_nothing_is_recorded(monkeypatch, answer, score):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    report = check.clipped_objective(answer)
    assert repr(report) == score and report._repr_html_() is None
    assert progress.read() == {}


def test_half_an_answer_earns_a_part():
    report = check.clipped_objective(lambda r, A, e: right(r, abs(A), e))
    assert report.outcome == "wrong" and report.earned == 1


@pytest.mark.parametrize("name", NAMES)
def test_an_items_points_are_those_of_its_steps(name):
    bet = {"outside": "some", "silent": "all", "training": "rises", "held_out": "rises as much"}
    answer = {"proof_order": lambda: "becfag", "k_epochs": lambda: bet}.get(name, right)
    steps = grade(find(name), answer).steps
    assert sum(step.points for step in steps) == find(name).points and all(step.points > 0 for step in steps)


@pytest.mark.parametrize("name", NAMES)
def test_hints_do_not_hold_the_answer(name):
    item = find(name)
    lines = [line.strip() for line in item.answer.splitlines()]
    assert not any(line in hint for line in lines for hint in item.hints)


# ── what is recorded, what is revealed ───────────────────────────────────────────────────────────────────────────


def test_points_are_recorded_once_attempted():
    check.clipped_objective(stub)
    assert progress.read() == {}
    check.clipped_objective(wrong)
    check.clipped_objective(right)
    entry = progress.read()["points"]["03_clipped_objective/clipped_objective"]
    assert (entry["first"]["points"], entry["best"]["points"], entry["best"]["of"]) == (0, 4, 4)


def test_predictions_are_kept_beside_what_was_measured():
    bet = {"outside": "none", "silent": "all", "training": "rises", "held_out": "rises as much"}
    report = check.k_epochs(lambda: bet)
    assert report.outcome == "correct" and "1 of 4 came true" in report.message
    words = progress.read()["prediction"]["03_clipped_objective/outside"]["latest"]["words"]
    assert words == "you said “none”, measured “some”"


@pytest.mark.parametrize("name", NAMES)
def test_reveal_shows_the_answer_and_remembers_that_it_did(name):
    assert find(name).answer in repr(reveal(name))
    assert f"03_clipped_objective/{name}" in progress.read()["reveal"]


# ── the parts ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_whatever_comes_back_becomes_float64():
    for answer in ([1, 2], (1.0, torch.tensor(2.0)), np.float32([1, 2]), torch.tensor([1.0, 2.0], requires_grad=True)):
        result = runner.numbers(answer)
        assert result.dtype == np.float64 and result.tolist() == [1, 2]
    assert runner.numbers(torch.tensor(3)).shape == () and runner.numbers([True, False]).tolist() == [1, 0]
    for answer in ("three", {"a": 1}, [1, "x"]):
        with pytest.raises(runner.Unusable):
            runner.numbers(answer)


def test_the_learner_works_on_copies():
    mine = np.array([1.0, 2.0])

    def doubles(x):
        x *= 2
        return x

    assert runner.call(doubles, mine)[1] == [0] and mine.tolist() == [1, 2]


def test_both_slopes_are_those_of_a_known_line():
    inputs = (np.array([1.0, 2.0]), np.array([3.0, -4.0]))
    assert autograd(lambda x, y: x * y, inputs).tolist() == [3, -4]
    assert central_difference(lambda xs: xs[0] * xs[1], inputs) == pytest.approx(np.array([3, -4]))
    assert autograd(lambda x, y: x.detach() * y, inputs).tolist() == [0, 0]
    assert autograd(lambda x, y: float(x.sum()), inputs) is None


def test_numbers_read_as_a_learner_writes_them():
    assert shown(-5.0) == "−5" and shown(1 / 3) == "0.3333" and shown(np.array([0.5, -2.0])) == "[0.5, −2]"
    assert shown(np.arange(60.0)) == "[0, 1, 2, 3, 4, 5, … 60 in all]"


def test_the_seed_moves_the_draws_but_not_the_verdict():
    item = find("clipped_objective")
    assert {grade(item, right, seed).outcome for seed in range(5)} == {"correct"}
    first, second = (item.judge.parts[2].probes(seed)[-1][0] for seed in (0, 1))
    assert not np.array_equal(first, second)
    draws = [inputs for inputs in item.judge.parts[2].probes(0) if len(inputs[0]) > 4]
    assert sum(len(inputs[0]) for inputs in draws) >= 50 and {0, 0.1, 0.3} <= {inputs[2] for inputs in draws}


def test_the_bet_is_about_something_that_is_so_by_a_wide_margin():
    assert {question: choice for question, (choice, _) in measured().items()} == {
        "outside": "some",
        "silent": "not all",
        "training": "rises",
        "held_out": "rises much less or falls",
    }


@pytest.mark.slow
def test_what_the_bet_is_about_is_so_for_other_batches_too():
    """Ten other groups of batches: an exercise whose truth were a matter of luck would teach luck."""
    truths = [measured(first_seed=2000 + BATCHES * group) for group in range(10)]
    assert all({q: c for q, (c, _) in t.items()} == {q: c for q, (c, _) in truths[0].items()} for t in truths)


def test_importing_the_checks_is_cheap():
    code = "import sys, ppo_edu.grading; print({'torch', 'matplotlib', 'gymnasium', 'IPython'} & set(sys.modules))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "set()"
