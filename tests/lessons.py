"""The explorers of a notebook as live objects, for tests and benchmarks that move every slider."""

import contextlib
import io
import json
from pathlib import Path

from ppo_edu.widgets.explorer import Explorer

ROOT = Path(__file__).parent.parent
LESSONS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def explorers(notebook):
    """Run the code cells of a notebook in this process; returns its explorers by variable name."""
    scope = {"__name__": "__main__", "display": lambda *shown: None}
    with contextlib.redirect_stdout(io.StringIO()):
        for cell in json.loads(Path(notebook).read_text(encoding="utf8"))["cells"]:
            if cell["cell_type"] == "code":
                exec(compile("".join(cell["source"]), f"{Path(notebook).name} {cell['id']}", "exec"), scope)
    return {name: value for name, value in scope.items() if isinstance(value, Explorer)}
