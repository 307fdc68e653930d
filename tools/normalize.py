"""Run notebooks and store them in the one form that git and nbval compare.

    python -m tools.normalize notebooks/*.ipynb             tidy what is stored
    python -m tools.normalize --execute notebooks/*.ipynb   run from a fresh kernel first, and print its seconds
    python -m tools.normalize --check notebooks/*.ipynb     run, compare, change nothing

Running and tidying twice on one machine gives the same bytes, but for the outputs of cells tagged
`nbval-ignore-output`: training differs between processors, and in its seconds even on one.
"""

import argparse
import base64
import io
import json
import os
import re
import struct
import sys
import tempfile
import time
from pathlib import Path

import nbformat

KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
IGNORED = "nbval-ignore-output"
# Outputs that belong to one machine or one moment, and would be wrong on every other.
FOREIGN = {
    "a path of this machine": r"(?<![\w.])/(?:home|root|tmp|usr|opt|var|Users|work)/[\w.]|site-packages|[A-Z]:\\Users",
    "an object's address": r"\bat 0x[0-9a-f]{6,}",
    "a warning": r"\b\w*Warning:",
}


def main(argv=None):
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.normalize", description=__doc__.splitlines()[0])
    parser.add_argument("notebooks", nargs="+", type=Path)
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--execute", action="store_true", help="run from a fresh kernel and store")
    mode.add_argument("--check", action="store_true", help="run from a fresh kernel and compare with what is stored")
    arguments = parser.parse_args(argv)
    problems = []
    for path in arguments.notebooks:
        problems += process(path, arguments.execute or arguments.check, arguments.check)
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


def process(path, execute, check):
    """Tidy, run or check one notebook; returns sentences about what is wrong with it."""
    stored = path.read_text(encoding="utf8")
    raw = json.loads(stored)
    for position, cell in enumerate(raw["cells"]):  # nbformat would invent an id, another one each time
        cell.setdefault("id", f"cell-{position}")
    notebook = nbformat.reads(json.dumps(raw), as_version=4)
    if execute:
        began = time.perf_counter()
        if problem := run(notebook, path.parent):
            return [f"{path.name}: {problem}"]
        print(f"{path.parent.name}/{path.name}: {time.perf_counter() - began:.0f} s", flush=True)
    text = nbformat.writes(normalize(notebook)) + "\n"
    problems = [f"{path.name}: {problem}" for problem in foreign(notebook)]
    if check:
        problems += [f"{path.name}: {problem}" for problem in differences(json.loads(stored), json.loads(text))]
    elif text != stored:
        path.write_text(text, encoding="utf8", newline="\n")
    return problems


def run(notebook, folder):
    """Execute every cell from a fresh kernel in `folder`; returns a sentence if one raised."""
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    client = NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(folder)}})
    try:
        with tempfile.TemporaryDirectory() as empty:
            # A printed set would change from run to run, and the maintainer's own answers are no part of a lesson.
            settings = {"PYTHONHASHSEED": "0", "PPO_EDU_PROGRESS": str(Path(empty, "progress.json"))}
            client.execute(env=os.environ | settings)
    except CellExecutionError as error:
        cell = next(c for c in notebook.cells if any(o.output_type == "error" for o in c.get("outputs", [])))
        return f"cell {cell.id} raised {error.ename}: {error.evalue}"


def normalize(notebook):
    """Drop what changes from run to run or belongs to one machine; returns the notebook, changed in place."""
    notebook.metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    count = 0
    for cell in notebook.cells:
        tags = cell.metadata.get("tags")
        kept = {k: v for k, v in cell.metadata.items() if k in ("nbgrader", "jupyter")}
        cell.metadata = kept | ({"tags": tags} if tags else {})
        if cell.cell_type == "code":
            cell.outputs = [tidy(output) for output in merge_streams(cell.outputs)]
            if cell.execution_count is not None:
                count += 1
                cell.execution_count = count
            for output in cell.outputs:
                if output.output_type == "execute_result":
                    output.execution_count = cell.execution_count
    return notebook


def merge_streams(outputs):
    """Pieces of one stream that follow each other become one output: where a flush fell is chance."""
    merged = []
    for output in outputs:
        if merged and output.output_type == "stream" == merged[-1].output_type and output.name == merged[-1].name:
            merged[-1].text += output.text
        else:
            merged.append(output)
    return merged


def tidy(output):
    """Without the widget's view where a picture or a page is stored beside it, and without words inside pictures.

    A picture that was saved in JupyterLab comes twice, the second time as HTML for its alternative text.
    """
    output.pop("transient", None)
    if "data" in output:
        if "image/png" in output.data and "".join(output.data.get("text/html", "")).startswith("<img "):
            output.data.pop("text/html")
        if {"image/png", "text/html"} & set(output.data):
            output.data.pop(WIDGET_VIEW, None)
        if "image/png" in output.data:
            output.data["image/png"] = without_text(output.data["image/png"])
        output.metadata = {k: v for k, v in output.get("metadata", {}).items() if k in output.data}
    return output


def without_text(png_base64):
    """The same pixels without the chunks that hold words or times (matplotlib's version, for one)."""
    png = base64.b64decode("".join(png_base64))
    source, kept = io.BytesIO(png), [png[:8]]
    source.seek(8)
    while head := source.read(8):
        length, kind = struct.unpack(">I4s", head)
        body = source.read(length + 4)
        if kind not in (b"tEXt", b"iTXt", b"zTXt", b"tIME"):
            kept += [head, body]
    return base64.b64encode(b"".join(kept)).decode("ascii")


def foreign(notebook):
    """Sentences naming each cell whose output belongs to this machine or this moment."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            parts = [output.get("text", "")] + [v for k, v in output.get("data", {}).items() if k.startswith("text/")]
            text = "".join("".join(part) for part in parts)
            if output.get("name") == "stderr":
                yield f"cell {cell.id} writes to stderr: {text[:60]!r}"
            for what, pattern in FOREIGN.items():
                if found := re.search(pattern, text):
                    yield f"cell {cell.id} shows {what}: {found.group()!r}"


def differences(stored, fresh):
    """Sentences naming each cell that came out differently, the outputs of ignored cells left out."""
    if [c["id"] for c in stored["cells"]] != [c["id"] for c in fresh["cells"]]:
        return ["its cells are not in normal form; run `make refresh`"]
    for cells in (stored["cells"], fresh["cells"]):
        for cell in cells:
            if IGNORED in cell["metadata"].get("tags", []):
                cell["outputs"] = []
    changed = [a["id"] for a, b in zip(stored["cells"], fresh["cells"], strict=True) if a != b]
    problems = [f"cell {name} came out differently from what is stored" for name in changed]
    if stored["metadata"] != fresh["metadata"]:
        problems.append("its metadata is not in normal form")
    return problems


if __name__ == "__main__":
    raise SystemExit(main())
