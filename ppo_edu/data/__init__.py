"""Stored results of sweeps that take too long for a notebook, written by `python -m tools.precompute`.

Each CSV begins with `#` lines that say with which settings, versions and in how many seconds it was made.
"""

import csv
from pathlib import Path

import numpy as np


def read(name):
    """The stored sweep `name` as (columns, notes): arrays by column name (numbers where they are), and the notes.

    Raises `FileNotFoundError` for a sweep that was never stored.
    """
    lines = (Path(__file__).parent / f"{name}.csv").read_text(encoding="utf8").splitlines()
    notes = [line[2:] for line in lines if line.startswith("# ")]
    header, *rows = csv.reader(line for line in lines if not line.startswith("#"))
    return {key: _numbers(column) for key, column in zip(header, zip(*rows, strict=True), strict=True)}, notes


def _numbers(column):
    try:
        return np.array(column, dtype=float)
    except ValueError:
        return np.array(column)


def curves(columns, value, **where):
    """One row per seed of column `value`, over the iterations, where the other columns equal `where`: [S, I]."""
    chosen = np.ones(len(columns["seed"]), dtype=bool)
    for name, wanted in where.items():
        chosen &= columns[name] == wanted
    seeds = np.unique(columns["seed"][chosen])
    return np.stack([columns[value][chosen & (columns["seed"] == seed)] for seed in seeds])
