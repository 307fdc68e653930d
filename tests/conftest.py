"""One thread, the same examples each time, nobody's progress: a failure in CI is a failure at home."""

import os
import signal
import tempfile
from pathlib import Path

import torch
from hypothesis import settings

# Not deadline: two workers on two cores make single examples slow at random.
settings.register_profile("course", deadline=None, derandomize=True, max_examples=50)
settings.load_profile("course")
torch.set_num_threads(1)

# A run that a script starts in the background ignores Ctrl-C, and so would every test that presses it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# A test that forgets to say where answers are kept must not touch those of the person who runs it.
_nobody = tempfile.TemporaryDirectory(prefix="ppo-edu-tests-")
os.environ["PPO_EDU_PROGRESS"] = str(Path(_nobody.name, "progress.json"))


def pytest_terminal_summary(terminalreporter):
    """Prints what tests hand over with `record_property("table", text)`: a worker of xdist has no screen of its own."""
    for kind in ("passed", "failed"):
        for report in terminalreporter.stats.get(kind, []):
            for name, text in report.user_properties:
                if name == "table":
                    terminalreporter.write_line("\n" + text)
