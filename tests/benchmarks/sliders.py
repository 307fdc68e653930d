"""How long a slider takes to become a picture, in CPU milliseconds of the kernel, for every explorer of every lesson.

    python tests/benchmarks/sliders.py [notebook …]

Each control goes over its range; a step is the update, the drawing, the PNG and the HTML that goes to the page.
An explorer that computes on release (over 50 ms by design) is marked so.
"""

import contextlib
import io
import sys
import time
from pathlib import Path
from statistics import median

import matplotlib

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
matplotlib.use("agg")

from lessons import LESSONS, explorers  # noqa: E402

from ppo_edu.widgets.explorer import positions  # noqa: E402


def steps(explorer):
    """CPU milliseconds of every step of every control over its range."""
    explorer.view  # noqa: B018 - the page's widgets, made when first asked for
    spent = []
    for name, control in explorer.controls.items():
        for value in positions(control, 9):
            if control.value != value:
                start = time.process_time()
                with contextlib.redirect_stdout(io.StringIO()):
                    explorer.set(**{name: value})
                spent.append(1000 * (time.process_time() - start))
        explorer.reset()
    return spent


def main(paths):
    print(f"{'lesson':<28}{'explorer':<24}{'steps':>6}{'median ms':>11}{'slowest':>9}")
    for path in paths:
        for name, explorer in explorers(path).items():
            spent = steps(explorer)
            timed = f"{len(spent):>6}{median(spent):>11.0f}{max(spent):>9.0f}"
            print(f"{path.stem:<28}{name:<24}{timed}{'   on release' if explorer.slow else ''}", flush=True)


if __name__ == "__main__":
    main([Path(argument) for argument in sys.argv[1:]] or LESSONS)
