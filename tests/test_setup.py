"""The set-up files agree with each other, and start.py trusts nothing half-made and says what stops it."""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

import start

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
DEPENDENCIES = [Requirement(line) for line in PROJECT["dependencies"]]
TEST_DEPENDENCIES = [Requirement(line) for line in PROJECT["optional-dependencies"]["test"]]
LOCK_LINES = [line for line in (ROOT / "requirements.lock").read_text().splitlines() if line[:1] != "#"]
CONDA_NAMES = {"matplotlib-base": "matplotlib"}


# ── the files in step ───────────────────────────────────────────────────────────────────────────────────


def locked_versions():
    return {canonicalize_name(r.name): r for r in map(Requirement, LOCK_LINES)}


def conda_lines():
    """The entries of environment.yml; no YAML parser is worth a dependency for one flat list."""
    text = (ROOT / "environment.yml").read_text()
    return re.findall(r"(?m)^  - ([^\s:]+)$", text.split("dependencies:")[1])


@pytest.mark.parametrize("needed", DEPENDENCIES + TEST_DEPENDENCIES, ids=str)
def test_the_lock_has_every_dependency_in_a_version_that_fits(needed):
    pin = locked_versions()[canonicalize_name(needed.name)]
    (version,) = pin.specifier
    assert needed.specifier.contains(version.version) and pin.marker is None


def test_the_lock_has_names_and_versions_only():
    for line in LOCK_LINES:
        assert re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][0-9A-Za-z.]*( ; [^#@\\]+)?", line), line
    assert not [line for line in LOCK_LINES if re.match("nvidia|cuda|triton", line)]


def test_the_lock_has_one_version_of_each_package_on_any_python():
    for python in ("3.11.2", "3.11.9", "3.12.1", "3.13.0"):
        where = {"python_full_version": python, "python_version": python[:4]}
        names = [Requirement(line).name for line in LOCK_LINES if holds(Requirement(line).marker, where)]
        assert len(names) == len(set(names))


def holds(marker: Marker | None, where):
    return marker is None or marker.evaluate(where)


@pytest.mark.parametrize("name", ["pexpect", "ptyprocess", "pywinpty", "colorama"])
def test_packages_of_one_system_stay_there(name):
    marker = locked_versions()[name].marker
    for platform, os_name in [("linux", "posix"), ("darwin", "posix"), ("win32", "nt")]:
        here = marker.evaluate({"sys_platform": platform, "os_name": os_name})
        assert here == ((platform == "win32") == (name in ("pywinpty", "colorama")))


def test_conda_has_the_same_dependencies():
    listed = {}
    for line in conda_lines():
        name, specifier = re.fullmatch(r"([a-z0-9-]+)(.*)", line).groups()
        listed[CONDA_NAMES.get(name, name)] = specifier
    python = listed.pop("python")
    assert listed.pop("pip") == ""
    assert re.fullmatch(r"=3\.\d+", python), "Binder needs one exact minor version"
    assert SpecifierSet(PROJECT["requires-python"]).contains(python[1:] + ".0")
    assert listed == {r.name: str(r.specifier) for r in DEPENDENCIES if r.name != "torch"}
    by_pip = re.findall(r"(?m)^      - (.+)$", (ROOT / "environment.yml").read_text())
    assert by_pip == [f"torch=={locked_torch()}", "-e ."]


def locked_torch():
    (version,) = locked_versions()["torch"].specifier
    return version.version


def test_torch_is_pinned_the_same_everywhere():
    assert [str(r) for r in DEPENDENCIES if r.name == "torch"] == [f"torch=={locked_torch()}"]


def test_the_oldest_python_is_the_same_everywhere():
    oldest = ".".join(map(str, start.OLDEST_PYTHON))
    assert PROJECT["requires-python"] == f">={oldest}"
    assert f"sys.version_info < {start.OLDEST_PYTHON}" in (ROOT / ".ci/run").read_text()
    assert f'python: ["{oldest}"' in (ROOT / ".github/workflows/ci.yml").read_text()


# ── start.py as a file ──────────────────────────────────────────────────────────────────────────────────


def test_an_old_python_can_read_start_py():
    ast.parse((ROOT / "start.py").read_text(), feature_version=(3, 6))


@pytest.mark.parametrize("file", ["start.py", "ppo_edu/__init__.py", "ppo_edu/workspace.py"])
def test_set_up_needs_the_standard_library_only(file):
    names = set()
    for node in ast.walk(ast.parse((ROOT / file).read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            names.add(node.module.split(".")[0])
    assert names <= sys.stdlib_module_names | {"ppo_edu"}


def test_too_old_a_python_gets_a_sentence(monkeypatch, capsys):
    monkeypatch.setattr(start.sys, "version_info", (3, 8, 18))
    assert start.main([]) == 1
    assert "needs Python 3.11 or newer, and this is Python 3.8:" in capsys.readouterr().err


@pytest.mark.parametrize("version", [(3, 11), (3, 13), (4, 0)])
def test_a_new_python_gets_none(version):
    assert start.python_problem(version) is None


# ── what .venv is trusted for ───────────────────────────────────────────────────────────────────────────


@pytest.fixture
def root(tmp_path):
    for name in ("requirements.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


@pytest.fixture
def installer(root, monkeypatch):
    """Stands in for venv, uv and pip: notes each command; `answers` says how some of them end."""
    commands, answers = [], {}

    def run(command, **settings):
        commands.append(" ".join(map(str, command)))
        if "venv" in command:
            (root / ".venv").mkdir()
        for word, answer in answers.items():
            if word in commands[-1]:
                return answer
        return 0, ""

    monkeypatch.setattr(start, "run", run)
    run.commands, run.answers = commands, answers
    return run


def edit(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_the_stamp_changes_with_the_lock_the_project_the_place_and_the_python(root, monkeypatch):
    stamps = [start.fingerprint(root)]
    edit(root / "requirements.lock", "tqdm==", "tqdm==9")
    stamps.append(start.fingerprint(root))
    edit(root / "pyproject.toml", '"tqdm>=4.66"', '"tqdm>=4.67"')
    stamps.append(start.fingerprint(root))
    shutil.copytree(root, root / "moved")
    stamps.append(start.fingerprint(root / "moved"))
    monkeypatch.setattr(start.sys, "version_info", (3, 99, 0))
    stamps.append(start.fingerprint(root))
    assert len(set(stamps)) == 5


def test_the_stamp_ignores_what_installs_nothing(root):
    before = start.fingerprint(root)
    edit(root / "pyproject.toml", "[tool.ruff]", "[tool.ruff]\nfix = true")
    assert start.fingerprint(root) == before


def test_a_venv_is_ready_only_with_its_stamp_and_a_python_that_finds_the_package(root):
    stamp = start.fingerprint(root)
    python = Path(start.venv_python(root))
    assert not start.is_ready(root, stamp)
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    assert not start.is_ready(root, stamp), "no stamp"
    (root / ".venv" / start.STAMP).write_text("of another lock")
    assert not start.is_ready(root, stamp), "another stamp"
    (root / ".venv" / start.STAMP).write_text(stamp)
    python.unlink()
    python.symlink_to(root / "gone")
    assert not start.is_ready(root, stamp), "a Python that was removed"
    python.unlink()
    python.write_text("#!/bin/sh\nexit 1\n")
    python.chmod(0o755)
    assert not start.is_ready(root, stamp), "a Python without the package"
    python.write_text("#!/bin/sh\nexit 0\n")
    assert start.is_ready(root, stamp)


def test_the_stamp_is_written_last(root, installer):
    installer.answers["--editable"] = 1, "some trouble"
    with pytest.raises(start.Stop, match="some trouble"):
        start.set_up(root)
    assert (root / ".venv").is_dir() and not (root / ".venv" / start.STAMP).exists()
    del installer.answers["--editable"]
    (root / ".venv/left_over").touch()
    start.set_up(root)
    assert (root / ".venv" / start.STAMP).read_text() == start.fingerprint(root)
    assert not (root / ".venv/left_over").exists()


@pytest.mark.parametrize("kind", ["folder", "file", "link"])
def test_whatever_stands_in_the_way_is_replaced(root, installer, kind):
    elsewhere = root / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "precious").touch()
    venv = root / ".venv"
    {"folder": venv.mkdir, "file": venv.touch, "link": lambda: venv.symlink_to(elsewhere)}[kind]()
    start.set_up(root)
    assert (venv / start.STAMP).exists() and not venv.is_symlink()
    assert (elsewhere / "precious").exists()


def test_a_removal_cut_short_leaves_no_stamp(root, monkeypatch):
    (root / ".venv").mkdir()
    (root / ".venv" / start.STAMP).touch()

    def cut_short(folder):
        raise KeyboardInterrupt

    monkeypatch.setattr(shutil, "rmtree", cut_short)
    with pytest.raises(KeyboardInterrupt):
        start.remove(root / ".venv")
    assert not (root / ".venv" / start.STAMP).exists()


@pytest.mark.skipif(sys.platform == "win32", reason="the holder is told over a pipe")
def test_a_second_start_waits_for_the_first_and_a_killed_one_leaves_no_lock(root, monkeypatch):
    holder = f"import pathlib, start\nwith start.only_one(pathlib.Path({str(root)!r})): print('held'); input()"
    command = [sys.executable, "-uc", holder]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=ROOT, **pipes) as first:
        assert first.stdout.readline() == "held\n"
        waits = []
        monkeypatch.setattr(start.time, "sleep", lambda seconds: waits.append(first.kill() or first.wait()))
        with start.only_one(root):
            assert len(waits) == 1


# ── installing ──────────────────────────────────────────────────────────────────────────────────────────


def installs(installer):
    """Who installed what, in order: ("uv", "torch")."""
    found = []
    for command in installer.commands:
        match = re.search(r"-m (pip|uv) .*?install .*?(torch(?===)|requirements\.lock$|--editable|uv$)", command)
        if match:
            found.append(match.groups())
    return found


def test_uv_installs_and_pip_is_not_needed(root, installer):
    start.install(root)
    everything = [("pip", "uv"), ("uv", "torch"), ("uv", "requirements.lock"), ("pip", "--editable")]
    assert installs(installer) == everything
    assert "--torch-backend cpu" in installer.commands[2]


def test_pip_does_what_uv_cannot(root, installer):
    installer.answers["-m uv"] = 2, "dns error"
    start.install(root)
    by_pip = [what for who, what in installs(installer) if who == "pip"]
    assert by_pip == ["uv", "torch", "requirements.lock", "--editable"]


def test_pip_does_everything_where_uv_cannot_be_had(root, installer):
    installer.answers["--only-binary"] = 1, "No matching distribution found for uv"
    start.install(root)
    assert {who for who, _ in installs(installer)} == {"pip"}


@pytest.mark.parametrize("setting", ["global.index-url='a mirror'", ":env:.no-index='1'"])
def test_the_persons_own_index_is_the_only_one_used(root, installer, setting):
    installer.answers["config list"] = 0, setting
    start.install(root)
    assert installs(installer) == [("pip", "torch"), ("pip", "requirements.lock"), ("pip", "--editable")]


def test_other_packages_do_not_leak_in(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "somewhere")
    monkeypatch.setenv("PIP_TARGET", "somewhere")
    monkeypatch.setenv("PIP_USER", "1")
    environment = start.clean_environment()
    assert not {"PYTHONPATH", "PIP_TARGET"} & set(environment) and environment["PIP_USER"] == "0"


FAILURES = {
    "ERROR: Could not install packages: OSError: [Errno 28] No space left on device": "The disk is full",
    "error: failed to write: No space left on device (os error 28)": "The disk is full",
    "WARNING: Retrying after connection broken by 'NewConnectionError(... in name resolution)'\n"
    "ERROR: No matching distribution found for torch==2.13.0": "No network",
    "ConnectTimeoutError(<pip._vendor...>)": "No network",
    "ERROR: No matching distribution found for torch==2.13.0": "A package of requirements.lock",
    "ERROR: Could not install packages due to an OSError: [Errno 13] Permission denied": "This folder cannot",
    "SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED]": "The secure connection",
}


@pytest.mark.parametrize("printed, sentence", FAILURES.items())
def test_a_failing_pip_ends_in_a_sentence(root, installer, monkeypatch, capsys, printed, sentence):
    monkeypatch.setattr(start, "ROOT", root)
    installer.answers["-m uv"] = installer.answers["-m pip install"] = 1, printed
    assert start.main([]) == 1
    error = capsys.readouterr().err.strip()
    assert error.startswith(sentence) and error.endswith("then run start.py again.") and "\n" not in error


def test_a_failure_nobody_foresaw_is_shown(installer):
    installer.answers["anything"] = 1, "what the installer said"
    with pytest.raises(start.Stop, match="what the installer said\n\nThe set-up failed"):
        start.must_run(["anything"])


def test_a_full_disk_is_noticed_before_the_download(root, installer, monkeypatch, capsys):
    monkeypatch.setattr(start, "ROOT", root)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10**9, 10**9 - 1, 1))
    assert start.main([]) == 1
    assert capsys.readouterr().err.strip() == start.NO_DISK and not installer.commands


def test_a_python_without_venv_is_told_what_to_install(root, installer, monkeypatch, capsys):
    monkeypatch.setattr(start, "ROOT", root)
    monkeypatch.setitem(sys.modules, "ensurepip", None)
    assert start.main([]) == 1
    assert capsys.readouterr().err.strip() == start.NO_VENV


# ── opening ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def lab(root, monkeypatch):
    """Stands in for JupyterLab: opens and returns the command line it was given."""
    monkeypatch.setattr(start.os, "chdir", lambda folder: None)
    given = []
    monkeypatch.setattr(start.os, "execve", lambda path, command, environment: given.append(command))

    def open_lab(port=None, no_browser=False):
        start.open_lab(root, port, no_browser)
        return given[-1]

    return open_lab


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot become another program")
def test_jupyter_is_reached_from_this_machine_only_and_by_its_token(root, lab):
    command = lab()
    assert "--ip=127.0.0.1" in command and f"--ServerApp.root_dir={root / 'work'}" in command
    assert not [option for option in command if re.search("token|password|no-browser|--port", option)]
    assert "--no-browser" in lab(no_browser=True) and "--port=8901" in lab(port=8901)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot become another program")
def test_jupyter_opens_on_the_start_or_else_the_first_notebook_there_is(root, lab, capsys):
    first = "--LabApp.default_url=/lab/tree/notebooks/"
    assert not [option for option in lab() if option.startswith(first)]
    with_notebook(root, "notebooks")
    assert f"{first}05_gae.ipynb" in lab() and "1 new in work/" in capsys.readouterr().out
    (root / "notebooks/00_start_here.ipynb").touch()
    assert f"{first}00_start_here.ipynb" in lab()


# ── testing ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def runners(monkeypatch):
    """Stands in for ruff and pytest; `codes` are the exit codes still to be given."""
    commands, codes, settings = [], [0, 0, 0], []

    def show(command, root, **variables):
        commands.append(command[2:])
        settings.append(variables)
        return codes[len(commands) - 1], f"...\n===== {len(commands)} passed =====\n"

    monkeypatch.setattr(start, "show", show)
    show.commands, show.codes, show.settings = commands, codes, settings
    return show


def with_notebook(root, *folders):
    for folder in folders:
        (root / folder).mkdir()
        (root / folder / "05_gae.ipynb").touch()


def test_every_stage_runs_and_the_verdict_comes_last(root, runners, capsys):
    with_notebook(root, "notebooks", "solutions")
    assert start.run_tests(root) == 0
    assert [command[0] for command in runners.commands] == ["ruff", "pytest", "pytest"]
    assert runners.commands[2][-2:] == ["notebooks", "solutions"]
    backends = [settings.get("MPLBACKEND") for settings in runners.settings]
    assert backends == [None, "agg", None]  # under agg a notebook would show no figure
    assert all("PPO_EDU_PROGRESS" in settings for settings in runners.settings)
    assert capsys.readouterr().out.splitlines()[-4:] == [
        "lint: 1 passed",
        "tests: 2 passed",
        "notebooks: 3 passed",
        "lint ok 0 s · tests ok 0 s · notebooks ok 0 s",
    ]


@pytest.mark.parametrize("stage, code, word", [(0, 1, "FAILED"), (1, 1, "FAILED"), (1, 5, "FOUND NO TEST")])
def test_one_bad_stage_fails_the_run_and_stops_no_other(root, runners, capsys, stage, code, word):
    with_notebook(root, "solutions")
    runners.codes[stage] = code
    assert start.run_tests(root) == 1
    assert len(runners.commands) == 3 and f"{['lint', 'tests'][stage]} {word}" in capsys.readouterr().out


def test_without_notebooks_that_stage_says_that_it_was_skipped(root, runners, capsys):
    assert start.run_tests(root) == 0
    out = capsys.readouterr().out
    assert len(runners.commands) == 2 and out.endswith(" · notebooks skipped\n")
    assert "skipped notebooks/, which has none" in out and "skipped solutions/, which has none" in out


def test_output_is_passed_on_and_kept(root, capfd):
    code, output = start.show([sys.executable, "-c", "print('Ê_t · λ'); raise SystemExit(3)"], root)
    assert code == 3 and output.strip() == capfd.readouterr().out.strip() == "Ê_t · λ"


@pytest.mark.parametrize(
    "output, count",
    [
        ("Found 3 errors.\n[*] 2 fixable with `--fix`.\n", "Found 3 errors."),
        ("...\n===== 1 failed, 8 passed in 2.00s =====\n", "1 failed, 8 passed in 2.00s"),
        ("Segmentation fault\n", "Segmentation fault"),
        ("", "(printed nothing)"),
    ],
)
def test_the_runners_own_count_is_repeated(output, count):
    assert start.last_line(output) == count
