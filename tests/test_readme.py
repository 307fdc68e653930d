"""The README: its examples run, its links and pictures exist, its table of lessons is complete."""

import doctest
import importlib
import itertools
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = ["README.md", "CONTRIBUTING.md", "INSTRUCTORS.md", "FORMULAS.md"]


@pytest.mark.parametrize("page", PAGES)
def test_examples_print_what_they_say(page):
    assert doctest.testfile(str(ROOT / page), module_relative=False).failed == 0


@pytest.mark.parametrize("page", PAGES)
def test_links_and_pictures_exist(page):
    targets = re.findall(r"\]\(([^)#]+)", (ROOT / page).read_text(encoding="utf8"))
    assert {t for t in targets if not t.startswith("http") and not (ROOT / t).exists()} == set()


def test_the_table_lists_every_lesson():
    text = (ROOT / "README.md").read_text(encoding="utf8")
    lessons = {p.name for p in (ROOT / "notebooks").glob("*.ipynb")}
    assert lessons == set(re.findall(r"\]\(notebooks/([^)]+)\)", text))


def test_the_formula_sheet_names_every_formula_and_nothing_else():
    named = set(re.findall(r"`(\w+)\.(\w+)`", (ROOT / "FORMULAS.md").read_text(encoding="utf8")))
    for module, function in named:
        assert callable(getattr(importlib.import_module(f"ppo_edu.{module}"), function)), (module, function)
    there = {
        (module, name)
        for module in ("ratio", "clip", "kl", "gae", "loss", "entropy")
        for name, thing in vars(importlib.import_module(f"ppo_edu.{module}")).items()
        if callable(thing) and thing.__module__ == f"ppo_edu.{module}" and name[0] != "_"
    }
    # Named beside their formula, for other policies, or a second way to the same number.
    beside = {
        "log_ratio", "gradient_is_zero", "gaussian_kl", "gaussian_entropy", "logprobs_and_entropy",
        "gae_by_definition", "n_step_advantage", "effective_horizon", "clipped_value_loss",
    }  # fmt: skip
    assert {name for module, name in there - named} == beside


def test_each_lesson_leads_to_the_one_before_and_the_one_after():
    lessons = sorted((ROOT / "notebooks").glob("*.ipynb"))
    last = {path: json.loads(path.read_text(encoding="utf8"))["cells"][-1] for path in lessons}
    for before, after in itertools.pairwise(lessons):
        assert f"({after.name})" in "".join(last[before]["source"]), f"{before.name} does not lead on"
        assert f"({before.name})" in "".join(last[after]["source"]), f"{after.name} does not lead back"


def test_each_lesson_leads_to_its_exercise():
    for path in (ROOT / "exercises").glob("*.ipynb"):
        lesson = ROOT / "notebooks" / path.name
        assert f"(../exercises/{path.name})" in lesson.read_text(encoding="utf8"), path.name


def test_the_folders_it_names_are_the_folders_there_are():
    named = set(re.findall(r"^\| `(\w+)/`", (ROOT / "README.md").read_text(encoding="utf8"), re.M))
    assert all((ROOT / folder).is_dir() for folder in named)
    shipped = {p.parent.relative_to(ROOT).parts[0] for p in ROOT.glob("*/*.*") if p.parent.name[0] != "."}
    assert named == shipped - {"work", "build", "__pycache__"} - {n for n in shipped if n.endswith(".egg-info")}
