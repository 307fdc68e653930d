"""The README: its examples run, its links and pictures exist, its table of lessons is complete."""

import doctest
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = ["README.md", "CONTRIBUTING.md", "INSTRUCTORS.md"]


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


def test_the_folders_it_names_are_the_folders_there_are():
    named = set(re.findall(r"^\| `(\w+)/`", (ROOT / "README.md").read_text(encoding="utf8"), re.M))
    assert all((ROOT / folder).is_dir() for folder in named)
    shipped = {p.parent.relative_to(ROOT).parts[0] for p in ROOT.glob("*/*.*") if p.parent.name[0] != "."}
    assert named == shipped - {"work", "build", "__pycache__"} - {n for n in shipped if n.endswith(".egg-info")}
