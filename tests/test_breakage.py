"""What was tried to break the course and is tested nowhere else; CONTRIBUTING.md has the list of everything."""

import contextlib
import io
import json
import math
import os
import re
import signal
import socket
import subprocess
import sys
import textwrap
import time

import matplotlib.pyplot as plt
import numpy as np
import pytest
from jupyter_client.manager import start_new_kernel
from lessons import LESSONS, ROOT
from test_arrays import EVERY
from test_main_thread import printed

import start
from ppo_edu import clip, gae, mdp
from ppo_edu.grading.items import find
from ppo_edu.ppo import PPOConfig, train
from tools import precompute

SMALL = PPOConfig(num_envs=4, num_steps=32, iterations=3, num_minibatches=2)
HURRY = {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}


def python(*arguments, **environment):
    """Run Python with these variables changed, None removes one; what came of it."""
    changed = os.environ | HURRY | environment
    kept = {name: value for name, value in changed.items() if value is not None}
    command = [sys.executable, *map(str, arguments)]
    return subprocess.run(command, env=kept, capture_output=True, text=True, timeout=120)


def code_cells(path):
    cells = json.loads(path.read_text(encoding="utf8"))["cells"]
    return [(cell["id"], "".join(cell["source"])) for cell in cells if cell["cell_type"] == "code"]


def run_cell(path, cell, source, scope):
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(source, f"{path.name} {cell}", "exec"), scope)
    plt.close("all")


def fresh_scope():
    return {"__name__": "__main__", "display": lambda *shown: None}


# ── the stop button ──────────────────────────────────────────────────────────────────────────────────────────────


def test_a_run_after_an_interrupted_one_is_the_run_that_was_asked_for():
    def interrupt(history):
        signal.raise_signal(signal.SIGINT)

    _, whole = train(SMALL)
    _, cut = train(SMALL, interrupt)
    _, again = train(SMALL)
    assert cut.stopped and not again.stopped
    assert again["approx_kl"] == whole["approx_kl"] and cut["approx_kl"] == whole["approx_kl"][:1]


TRAINING = """
from ppo_edu.ppo import PPOConfig, train
agent, history = train(PPOConfig(num_envs=4, num_steps=32, num_minibatches=2, iterations=ITERATIONS))
print(history.stopped, len(history["return"]))
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows interrupts a kernel in another way")
def test_a_training_cell_is_interrupted_and_run_again_in_a_real_kernel():
    manager, client = start_new_kernel(kernel_name="python3")
    try:
        printed(client, "import ppo_edu.ppo")
        client.execute(TRAINING.replace("ITERATIONS", "100_000"))
        time.sleep(2)
        manager.interrupt_kernel()
        assert printed(client, "print(history.stopped)").startswith("interrupted in iteration")
        assert printed(client, TRAINING.replace("ITERATIONS", "3")) == "None 3"
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def test_stopping_a_stored_sweep_leaves_the_file_that_was_there(tmp_path, monkeypatch):
    """The table is written after the last run, so an interruption before that changes nothing."""

    def stopped(name, jobs):
        yield "a note"
        raise KeyboardInterrupt

    (tmp_path / "cartpole_clip.csv").write_text("as it was")
    monkeypatch.setattr(precompute, "DATA", tmp_path)
    monkeypatch.setitem(precompute.RUNNERS, "cartpole_clip", stopped)
    with pytest.raises(KeyboardInterrupt):
        precompute.sweep("cartpole_clip", 1)
    assert (tmp_path / "cartpole_clip.csv").read_text() == "as it was"


# ── cells in any order ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # a warning made an error inside an optional package's C code ends the process
@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_cell_whose_earlier_cells_were_skipped_runs_or_names_what_it_misses(path):
    """Python's own NameError names the missing variable; anything else would send the learner the wrong way."""
    (_, imports), *later = code_cells(path)
    scope = fresh_scope()
    run_cell(path, "imports", imports, scope)
    for cell, source in later:
        with contextlib.suppress(NameError):
            run_cell(path, cell, source, dict(scope))


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # a warning made an error inside an optional package's C code ends the process
@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_every_cell_can_be_run_twice(path):
    scope = fresh_scope()
    for cell, source in code_cells(path):
        for _ in range(2):
            run_cell(path, cell, source, scope)


def test_a_learner_who_overwrites_our_names_breaks_their_notebook_only():
    """The package looks its names up in its own modules; running the import cell again mends the notebook."""
    scope = fresh_scope()
    imports = "import numpy as np\nfrom ppo_edu.grading import check\nfrom ppo_edu.gae import gae, td_errors"
    exec(imports, scope)
    exec("np = gae = td_errors = sum = min = max = range = len = None", scope)
    assert "'NoneType' object is not callable" in str(raised(lambda: exec("gae([1.0], [0], 0.9, 0.8)", scope)))
    exec("del sum, min, max, range, len; import numpy as np", scope)
    exec("def gae(deltas, dones, gamma, gae_lambda):\n" + textwrap.indent(find("gae").answer, "    "), scope)
    assert scope["check"].gae(scope["gae"]).outcome == "correct"
    assert gae.gae([1.0, 1.0], [0, 0], 0.5, 1.0).tolist() == [1.5, 1.0]
    exec("check = 3", scope)
    assert "'int' object has no attribute 'gae'" in str(raised(lambda: exec("check.gae(gae)", scope)))
    exec(imports, scope)
    assert scope["check"].gae(scope["gae"]).outcome == "correct"


def raised(function):
    with pytest.raises(Exception) as caught:
        function()
    return caught.value


# ── a machine without this or that ───────────────────────────────────────────────────────────────────────────────

FIGURE = """
import matplotlib.pyplot as plt
from ppo_edu.figures.style import use_style
from ppo_edu.progress import record
use_style()
fig, ax = plt.subplots()
ax.plot([0, 1])
fig.savefig("{file}")
record("reveal", "03/slope")
print(plt.get_backend().lower())
"""


def test_no_display_and_no_backend_named(tmp_path):
    bare = dict.fromkeys(("DISPLAY", "WAYLAND_DISPLAY", "MPLBACKEND"))
    done = python("-c", FIGURE.format(file=tmp_path / "a.png"), **bare)
    assert done.returncode == 0 and (tmp_path / "a.png").stat().st_size > 1000
    assert done.stdout.strip() == "agg" or sys.platform in ("win32", "darwin")
    assert done.stderr == ""


@pytest.mark.skipif(os.name == "nt", reason="Windows calls the home folder by another name")
def test_a_home_folder_that_cannot_be_written_costs_a_sentence(tmp_path):
    """matplotlib keeps its fonts in a temporary folder and says so; progress says that it could not be saved."""
    nowhere = {"HOME": "/dev/null", "PPO_EDU_PROGRESS": None, "MPLCONFIGDIR": None}
    xdg = dict.fromkeys(("XDG_CONFIG_HOME", "XDG_CACHE_HOME"))
    done = python("-c", FIGURE.format(file=tmp_path / "a.png"), MPLBACKEND="agg", **nowhere, **xdg)
    assert done.returncode == 0 and (tmp_path / "a.png").stat().st_size > 1000
    assert "Your progress could not be saved: Not a directory.\n" in done.stdout
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(os.name == "nt", reason="Windows calls the home folder by another name")
def test_jupyter_gets_a_home_where_there_is_none(tmp_path, monkeypatch):
    for place, changed in ((tmp_path, {}), ("/dev/null", {"HOME": str(ROOT / ".venv")})):
        monkeypatch.setenv("HOME", str(place))
        assert start.home(ROOT) == changed


def test_no_home_folder_named_at_all(tmp_path):
    done = python("-c", FIGURE.format(file=tmp_path / "a.png"), MPLBACKEND="agg", HOME=None)
    assert done.returncode == 0 and "Traceback" not in done.stderr


def test_a_whole_lesson_runs_where_nothing_connects(monkeypatch):
    asked = []

    def refuse(*arguments, **named):
        asked.append(arguments[1:])
        raise OSError(101, "Network is unreachable")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    path = next(path for path in LESSONS if path.stem.startswith("02"))
    scope = fresh_scope()
    for cell, source in code_cells(path):
        run_cell(path, cell, source, scope)
    assert asked == []


# ── a full disk ──────────────────────────────────────────────────────────────────────────────────────────────────

FULL = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (200, 200))  # as on a full disk: a file begins, and its end does not fit
"""
needs_limits = pytest.mark.skipif(os.name == "nt", reason="Windows has no limit on the size of files")


@needs_limits
def test_progress_on_a_full_disk_keeps_what_was_there(tmp_path):
    file = tmp_path / "progress.json"
    keep = "from ppo_edu.progress import record\nrecord('points', '{}', points=1, of=1)\nprint('went on')"
    python("-c", keep.format("03/a"), PPO_EDU_PROGRESS=str(file))
    before = file.read_bytes()
    done = python("-c", FULL + keep.format("03/b"), PPO_EDU_PROGRESS=str(file))
    assert done.returncode == 0 and done.stderr == ""
    assert done.stdout == "Your progress could not be saved: File too large.\nwent on\n"
    assert file.read_bytes() == before and not list(tmp_path.glob("*.partial"))


@needs_limits
@pytest.mark.parametrize("option", ["--save", "--csv"])
def test_training_on_a_full_disk_ends_in_a_sentence(tmp_path, option):
    command = ["train", "--iterations", "4", "--episodes", "1", option, str(tmp_path / "file")]
    done = python("-c", FULL + f"from ppo_edu.cli import main\nsys.exit(main({command}))")
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr and done.stderr.startswith("python -m ppo_edu train: "), done.stderr


@needs_limits
def test_a_workspace_on_a_full_disk_holds_no_half_notebook(tmp_path):
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "00_big.ipynb").write_text("x" * 1000)
    done = python("-c", FULL + f"from ppo_edu.workspace import sync\nsync({str(tmp_path)!r})")
    assert "File too large" in done.stderr
    assert not (tmp_path / "work" / "notebooks" / "00_big.ipynb").exists()


# ── inputs nobody meant ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("value", [1e300, -1e300, math.inf, -math.inf, 5e-324, 0.0])
def test_numbers_beyond_reason_pass_without_a_warning(name, value):
    """What the numbers mean is the caller's business; the shape is kept, and numpy is not heard."""
    function, count, rest = EVERY[name]
    plain = np.shape(function(*([np.ones((2, 3))] * count), *rest))
    assert np.shape(function(*([np.full((2, 3), value)] * count), *rest)) == plain


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", EVERY)
def test_a_million_rows_take_under_a_second(name):
    function, count, rest = EVERY[name]
    rows = [np.full((250_000, 4), 0.25)] * count
    began = time.process_time()
    function(*rows, *rest)
    assert time.process_time() - began < 1


def test_the_recursion_takes_nothing_nan_and_much():
    assert gae.gae([], [], 0.9, 0.8).shape == (0,) and gae.td_errors([], [], [], [], 0.9).shape == (0,)
    advantages = gae.gae([1.0, math.nan, 1.0, 1.0], [0, 0, 1, 0], 0.9, 0.8)
    assert np.isnan(advantages[:2]).all() and advantages[2:].tolist() == [1, 1], "nan does not cross an episode's end"
    assert gae.gae(np.ones((20_000, 8)), np.zeros((20_000, 8)), 1.0, 1.0)[0, 0] == 20_000


@pytest.mark.parametrize("value", [-0.1, math.nan, "0.2", None, [0.1, 0.2]])
def test_a_clip_range_that_is_none_is_refused_by_name(value):
    for function, count, _ in (EVERY[name] for name in EVERY if EVERY[name][2] == (0.2,)):
        with pytest.raises((ValueError, TypeError), match="clip_eps must be"):
            function(*([np.ones(2)] * count), value)


@pytest.mark.parametrize("value", [-0.1, 1.1, math.nan, "0.9", None, [0.9]])
def test_a_discount_that_is_none_is_refused_by_name(value):
    for name, ask in (
        ("gamma", lambda: gae.gae([1.0], [0], value, 0.8)),
        ("gae_lambda", lambda: gae.gae([1.0], [0], 0.9, value)),
        ("gamma", lambda: gae.td_errors([1.0], [0.0], [0.0], [0], value)),
        ("gamma", lambda: gae.effective_horizon(value, 0.9)),
        ("gamma", lambda: mdp.chain(gamma=value)),
    ):
        with pytest.raises((ValueError, TypeError), match=f"{name} must "):
            ask()


@pytest.mark.parametrize("junk", ["a", {}, {1: 2}, [[1, 2], [3]], np.array(["a"]), np.array([1j]), [None, 1]])
def test_text_objects_and_ragged_lists_are_refused_by_name(junk):
    with pytest.raises((TypeError, ValueError), match="advantages (must be a number|has rows of different lengths)"):
        clip.clipped_objective(1.0, junk, 0.2)
    with pytest.raises((TypeError, ValueError), match="deltas (must be a number|has rows of different lengths)"):
        gae.gae(junk, [0], 0.9, 0.8)


# ── the list itself ──────────────────────────────────────────────────────────────────────────────────────────────


def test_the_tests_that_contributing_names_are_there():
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf8")
    named = re.findall(r"`test_(\w+)::(\w+)`", page)
    for file, name in named:
        assert f"def test_{name}(" in (ROOT / "tests" / f"test_{file}.py").read_text(encoding="utf8"), (file, name)
    assert len(named) > 40
