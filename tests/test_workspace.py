"""The learner's copies are never lost and never overwritten."""

import shutil
import sys

import pytest

from ppo_edu.workspace import reset, sync


@pytest.fixture
def root(tmp_path):
    for name in ("notebooks/00_start_here", "notebooks/05_gae", "exercises/05_gae", "exercises/15_extra"):
        write(tmp_path / f"{name}.ipynb", f"published {name}")
    return tmp_path


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def names(paths, root):
    return [path.relative_to(root / "work").as_posix() for path in paths]


def test_sync_copies_everything_once(root):
    assert names(sync(root), root) == [
        "notebooks/00_start_here.ipynb",
        "notebooks/05_gae.ipynb",
        "exercises/05_gae.ipynb",
        "exercises/15_extra.ipynb",
    ]
    assert (root / "work/exercises/05_gae.ipynb").read_text() == "published exercises/05_gae"
    assert sync(root) == []


def test_sync_adds_what_is_new_and_keeps_what_is_the_learners(root):
    sync(root)
    write(root / "work/notebooks/05_gae.ipynb", "my answers")
    write(root / "notebooks/05_gae.ipynb", "published again")
    write(root / "notebooks/06_new.ipynb", "new")
    assert names(sync(root), root) == ["notebooks/06_new.ipynb"]
    assert (root / "work/notebooks/05_gae.ipynb").read_text() == "my answers"


def test_sync_leaves_behind_what_jupyter_and_python_left_there(root):
    write(root / "notebooks/.ipynb_checkpoints/05_gae-checkpoint.ipynb", "")
    write(root / "exercises/__pycache__/helper.pyc", "")
    sync(root)
    assert not list((root / "work").rglob("*checkpoint*")) and not list((root / "work").rglob("*.pyc"))


def test_sync_keeps_relative_links_and_data(root):
    write(root / "notebooks/data/table.csv", "1,2")
    sync(root)
    assert (root / "work/notebooks/../exercises/05_gae.ipynb").exists()
    assert (root / "work/notebooks/data/table.csv").read_text() == "1,2"


def test_an_interrupted_copy_is_done_again(root, monkeypatch):
    def half(source, target):
        target.write_text("publ")
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "copyfile", half)
        with pytest.raises(KeyboardInterrupt):
            sync(root)
    sync(root)
    assert (root / "work/notebooks/00_start_here.ipynb").read_text() == "published notebooks/00_start_here"
    assert not list((root / "work").rglob("*.partial"))


@pytest.mark.parametrize("folder", ["notebooks", "exercises"])
def test_sync_does_without_a_missing_folder(root, folder):
    shutil.rmtree(root / folder)
    assert sync(root)


@pytest.mark.parametrize("number", [5, "5", "05", " 05 "])
def test_reset_restores_both_and_keeps_the_learners(root, number):
    sync(root)
    write(root / "work/notebooks/05_gae.ipynb", "my notes")
    write(root / "work/exercises/05_gae.ipynb", "my answers")
    write(root / "work/exercises/15_extra.ipynb", "another lesson")
    restored = reset(root, number)
    assert names([r.path for r in restored], root) == ["notebooks/05_gae.ipynb", "exercises/05_gae.ipynb"]
    assert (root / "work/exercises/05_gae.ipynb").read_text() == "published exercises/05_gae"
    assert restored[1].backup.read_text() == "my answers"
    assert str(restored[1]).endswith("as published again; yours is kept as 05_gae.backup-1.ipynb")
    assert (root / "work/exercises/15_extra.ipynb").read_text() == "another lesson"


def test_a_second_reset_keeps_both_backups(root):
    for attempt in ("first", "second"):
        sync(root)
        write(root / "work/notebooks/05_gae.ipynb", attempt)
        reset(root, 5)
    assert (root / "work/notebooks/05_gae.backup-1.ipynb").read_text() == "first"
    assert (root / "work/notebooks/05_gae.backup-2.ipynb").read_text() == "second"


def test_reset_leaves_an_unchanged_file_and_brings_back_a_deleted_one(root):
    sync(root)
    (root / "work/notebooks/05_gae.ipynb").unlink()
    (restored,) = reset(root, 5)
    assert restored.backup is None and restored.path.exists()
    assert str(restored) == "notebooks/05_gae.ipynb is as published again"
    assert reset(root, 5) == []


@pytest.mark.parametrize("number", ["99", "gae", "", "../05", 1])
def test_an_unknown_number_names_those_there_are(root, number):
    with pytest.raises(ValueError, match="choose one of 00, 05, 15"):
        reset(root, number)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps no execute bit to take away")
def test_a_read_only_original_gives_a_copy_that_can_be_changed(root):
    (root / "notebooks/05_gae.ipynb").chmod(0o444)
    sync(root)
    assert (root / "work/notebooks/05_gae.ipynb").stat().st_mode & 0o200
