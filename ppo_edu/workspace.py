"""The learner's own copies, `work/notebooks/` and `work/exercises/`, where neither git nor a test looks.

Standard library only: start.py calls this before, or without, the packages of the course.
"""

import os
import shutil
from pathlib import Path
from typing import NamedTuple

FOLDERS = ("notebooks", "exercises")


class Restored(NamedTuple):
    """One file put back as published; `backup` is where the learner's version went, if there was one."""

    path: Path
    backup: Path | None

    def __str__(self):
        kept = f"; yours is kept as {self.backup.name}" if self.backup else ""
        return f"{self.path.parent.name}/{self.path.name} is as published again{kept}"


def sync(root):
    """Copy what is published and not yet in `work/`, overwrite nothing, and return the copies made."""
    copied = []
    for source, target in _pairs(Path(root)):
        if not target.exists():
            _copy(source, target)
            copied.append(target)
    return copied


def reset(root, number):
    """Put the lesson and the exercise with this number (5 or "05") back as published; return what changed.

    The learner's version is renamed, never deleted: `05_gae.backup-1.ipynb`, then `-2`, and so on.
    Raises ValueError, naming the numbers there are, when there is no such lesson.
    """
    pairs = _pairs(Path(root))
    wanted = str(number).strip()
    chosen = [pair for pair in pairs if wanted and pair[0].name.startswith(f"{wanted:0>2}_")]
    if not chosen:
        numbers = sorted({source.name[:2] for source, _ in pairs if source.name[:2].isdigit()})
        raise ValueError(f"no lesson has the number {number!r}; choose one of {', '.join(numbers) or 'none'}")
    restored = []
    for source, target in chosen:
        backup = None
        if target.exists():
            if target.read_bytes() == source.read_bytes():
                continue
            backup = _free_name(target)
            target.rename(backup)
        _copy(source, target)
        restored.append(Restored(target, backup))
    return restored


def _pairs(root):
    """Every published file with its place in `work/`."""
    pairs = []
    for folder in FOLDERS:
        for source in sorted((root / folder).rglob("*")):
            inside = source.relative_to(root)
            hidden = any(part.startswith((".", "__")) for part in inside.parts)
            if source.is_file() and not hidden:
                pairs.append((source, root / "work" / inside))
    return pairs


def _free_name(target):
    number = 1
    while (backup := target.with_name(f"{target.stem}.backup-{number}{target.suffix}")).exists():
        number += 1
    return backup


def _copy(source, target):
    # Through a temporary name, so that an interruption leaves no half notebook for sync to keep.
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(target.name + ".partial")
    shutil.copyfile(source, partial)
    os.replace(partial, target)
