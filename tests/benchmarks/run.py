"""`make bench`: the trainer and GAE against Stable-Baselines3, on one thread, in one table.

Seed by seed the contestants take turns, and ratios are taken within a turn before their median is: a machine that
is busy for a minute then slows both sides of a ratio. Other people's load shows less in CPU seconds than in wall.
"""

import argparse
import json
import math
import os
import platform
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
WHO = ("ours", "sb3-tuned", "sb3-default")
PARTS = ("solve", "gae", "process")
HEADER = ("median (lowest–highest)", "ours", "SB3 tuned", "SB3 default", "tuned ÷ ours", "default ÷ ours")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5, metavar="N", help="runs per contestant (default 5)")
    parser.add_argument("--only", choices=PARTS, action="append", help="this part alone; may be repeated")
    parser.add_argument("--python", metavar="PATH", help="use this interpreter, make no .venv-bench")
    options = parser.parse_args()
    if options.seeds < 1:
        parser.error("--seeds must be at least 1")
    python = options.python or environment(ROOT / ".venv-bench")
    parts, seeds, rows = options.only or PARTS, range(1, options.seeds + 1), []
    facts = machine(python)
    if "solve" in parts:
        rows += solve_rows([[solve(python, who, seed) for who in WHO] for seed in seeds])
    if "process" in parts:
        rows += process_rows([[process(python, who, seed) for who in WHO[:2]] for seed in seeds])
    if "gae" in parts:
        rows += gae_rows(json.loads(run(python, HERE / "gae_speed.py")))
    print(f"{facts}; {len(seeds)} seeds\n")
    print(table(rows))


# ── the environment ──────────────────────────────────────────────────────────────────────────────────────────


def environment(venv):
    """The interpreter of `venv`, which is made from nothing unless a stamp says that it is complete."""
    torch = re.search(r"(?m)^torch==\S+", (ROOT / "requirements.lock").read_text(encoding="utf8")).group()
    others = ["stable-baselines3", "tqdm"]
    stamp, made_from = venv / "complete", json.dumps([str(venv), platform.python_version(), torch, *others])
    python = str(venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))
    if stamp.is_file() and stamp.read_text(encoding="utf8") == made_from:
        return python
    shutil.rmtree(venv, ignore_errors=True)
    # pip runs inside the new environment: one made while .venv is active would otherwise borrow its settings.
    must([getattr(sys, "_base_executable", None) or sys.executable, "-m", "venv", str(venv)])
    (venv / ".gitignore").write_text("*\n", encoding="utf8")
    pip = [python, "-m", "pip", "install"]
    # Torch goes first and alone, as in start.py: uv, where start.py could use it, knows where the CPU build is,
    # and what comes after finds its torch there instead of choosing one.
    uv = [sys.executable, "-m", "uv", "pip", "install", "--python", python, "--torch-backend", "cpu", torch]
    progress(f"making {venv.name}: {torch}")
    if subprocess.run(uv, capture_output=True).returncode != 0:
        must([*pip, torch])
    progress(f"making {venv.name}: {', '.join(others)}")
    must([*pip, *others])
    stamp.write_text(made_from, encoding="utf8")
    return python


def must(command, **settings):
    """Standard output of a command; the end of its complaints if it fails."""
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf8", **settings)
    if done.returncode != 0:
        raise SystemExit(f"{done.stdout[-1000:]}\n{done.stderr[-3000:]}\n{Path(command[0]).name} failed, see above")
    return done.stdout


def run(python, *arguments):
    """Standard output of `python arguments…`, on one thread and with this repository's package."""
    one_thread = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "MKL", "OPENBLAS")}
    return must([python, *map(str, arguments)], env={**os.environ, **one_thread, "PYTHONPATH": str(ROOT)})


def machine(python):
    """Processor and versions, in one line."""
    packages = ("torch", "stable-baselines3", "gymnasium", "numpy")
    code = f"import platform as p, importlib.metadata as m; print(p.python_version(), *map(m.version, {packages}))"
    versions = zip(("Python", *packages), run(python, "-c", code).split())
    try:
        cpu = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text(encoding="utf8")).group(1)
    except (OSError, AttributeError):
        cpu = platform.processor() or platform.machine()
    return ", ".join([f"{cpu}, {os.cpu_count()} cores, one thread", *map(" ".join, versions)])


def progress(line):
    print(line, file=sys.stderr, flush=True)


# ── the measurements ─────────────────────────────────────────────────────────────────────────────────────────


def solve(python, who, seed):
    result = json.loads(run(python, HERE / "solve.py", who, seed))
    solved, end = result["solved"], result["end"]
    when = f"solved in {solved['cpu']:.2f} CPU s, {solved['steps']:,} steps" if solved else "not solved"
    progress(f"{who} seed {seed}: {when}; {end['return']:.0f} at the end, {end['cpu']:.2f} CPU s")
    return result


def process(python, who, seed):
    """Wall and CPU seconds of a whole process, imports included; ours also evaluates, as it always does."""
    import resource  # POSIX has it, Windows does not

    def children():
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        return usage.ru_utime + usage.ru_stime

    command = ["-m", "ppo_edu", "train", "--seed", seed] if who == "ours" else [HERE / "sb3_tuned.py", seed]
    wall, cpu = time.perf_counter(), children()
    run(python, *command)
    result = dict(wall=time.perf_counter() - wall, cpu=children() - cpu)
    progress(f"{who} seed {seed}: whole process {result['wall']:.2f} s, {result['cpu']:.2f} CPU s")
    return result


# ── the table ────────────────────────────────────────────────────────────────────────────────────────────────


def number(x):
    """Three digits that matter; no number is infinite but the time of a run that never got there."""
    if math.isinf(x):
        return "never"
    return f"{x:,.0f}" if x >= 99.95 else f"{x:.3g}"


def spread(values):
    """Median (lowest–highest)."""
    return f"{number(median(values))} ({number(min(values))}–{number(max(values))})"


def paired(label, turns, ratios=True):
    """A table row of `turns`: one list per seed, one number per contestant, ours first."""
    columns = list(zip(*turns))
    cells = [spread(column) for column in columns] + [""] * (len(WHO) - len(columns))
    for column in columns[1:] if ratios else ():
        both = [theirs / ours for ours, theirs in zip(columns[0], column) if math.isfinite(ours)]
        cells.append(spread(both) if both else "")
    return label, *cells


def solve_rows(turns):
    """`turns`: for each seed, one result of solve.py per contestant."""

    def each(read):
        return [[read(result) for result in turn] for turn in turns]

    def solved(name):
        return each(lambda result: result["solved"][name] if result["solved"] else math.inf)

    def end(name):
        return each(lambda result: result["end"][name])

    got_there = [f"{sum(map(math.isfinite, column))} of {len(turns)}" for column in zip(*solved("cpu"))]
    return [
        paired("import, s", each(lambda result: result["imports"])),
        ("training to sampled return ≥ 475: runs that got there", *got_there),
        paired("… wall s", solved("wall")),
        paired("… CPU s", solved("cpu")),
        paired("… environment steps", solved("steps")),
        paired("training to the end of the budget: wall s", end("wall")),
        paired("… CPU s", end("cpu")),
        paired("… environment steps", end("steps")),
        paired("… sampled return", end("return"), ratios=False),
    ]


def process_rows(turns):
    """`turns`: for each seed, the wall and CPU seconds per contestant."""
    return [
        paired(f"{label} s", [[result[clock] for result in turn] for turn in turns])
        for clock, label in (("wall", "whole process to the end of the budget: wall"), ("cpu", "… CPU"))
    ]


def gae_rows(results):
    """`results`: what gae_speed.py printed."""
    return [
        (
            f"GAE ({r['T']}, {r['N']}), ms: td_errors {number(r['td_errors'])} + gae {number(r['gae'])} + targets",
            *(number(r["ours"]), number(r["sb3"]), "", number(r["ratio"])),
        )
        for r in results
    ]


def table(rows):
    """Rows of text under the header, as aligned Markdown."""
    rows = [(*row, *[""] * (len(HEADER) - len(row))) for row in (HEADER, *rows)]
    widths = [max(map(len, column)) for column in zip(*rows)]
    rows.insert(1, tuple("-" * width for width in widths))
    return "\n".join("| " + " | ".join(cell.ljust(w) for cell, w in zip(row, widths)) + " |" for row in rows)


if __name__ == "__main__":
    main()
