"""What takes minutes, by hand before a release (`make full`): claims over many seeds, notebooks run again."""

import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from joblib import Parallel, delayed
from lessons import LESSONS, explorers

from ppo_edu.ppo import PPOConfig, evaluate, train
from ppo_edu.widgets.explorer import sweep

ROOT = Path(__file__).parent.parent
pytestmark = pytest.mark.slow


def final_returns(seed):
    agent, _ = train(PPOConfig(seed=seed))
    return evaluate(agent).mean(), evaluate(agent, greedy=True).mean()


def test_the_default_run_solves_cartpole_on_at_least_19_of_20_seeds(record_property):
    results = Parallel(n_jobs=2)(delayed(final_returns)(seed) for seed in range(1, 21))
    rows = (f"{seed:4d}  {sampled:7.1f}  {greedy:6.1f}" for seed, (sampled, greedy) in enumerate(results, start=1))
    record_property("table", "\n".join(["seed  sampled  greedy", *rows]))
    assert sum(sampled >= 475 and greedy >= 475 for sampled, greedy in results) >= 19


def test_running_every_notebook_again_gives_what_is_stored():
    notebooks = [str(p) for folder in ("notebooks", "solutions") for p in sorted((ROOT / folder).glob("*.ipynb"))]
    result = subprocess.run(
        [sys.executable, "-m", "tools.normalize", "--check", *notebooks], cwd=ROOT, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("notebook", LESSONS, ids=lambda path: path.stem)
def test_every_slider_of_every_lesson_goes_over_its_range(notebook):
    """nbval moves no slider: no position may raise, and every control must change the picture."""
    for explorer in explorers(notebook).values():
        before = explorer.png
        sweep(explorer, steps=9)
        assert explorer.png == before, "back where it began, another picture"


def patient(address, tries=60):
    """Open an address whose server may not listen yet: Jupyter prints where it will be a moment before it is."""
    for _ in range(tries):
        try:
            return urllib.request.urlopen(address)
        except urllib.error.URLError as error:
            if not isinstance(error.reason, ConnectionRefusedError):
                raise
            time.sleep(0.5)
    raise TimeoutError(address)


def test_the_first_command_of_the_readme_serves_the_first_lesson():
    """`start.py` becomes JupyterLab: the server answers with the notebook, to those who hold the token only."""
    command = [sys.executable, "start.py", "--no-browser"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as server:
        try:
            lines = server.stdout
            found = (re.search(r"(http://127\.0\.0\.1:\d+)/lab/tree/(\S+)\?token=(\w+)", line) for line in lines)
            address, notebook, token = next(filter(None, found)).groups()
            with patient(f"{address}/api/contents/{notebook}?content=0&token={token}") as answer:
                assert notebook.endswith(".ipynb") and b'"type": "notebook"' in answer.read()
            with pytest.raises(urllib.error.HTTPError, match="403"):
                urllib.request.urlopen(f"{address}/api/contents/{notebook}?content=0")
        finally:
            server.terminate()
