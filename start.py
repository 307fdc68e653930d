#!/usr/bin/env python3
"""Set up the course and open it: `python3 start.py`. Set it up and test it: `python3 start.py test`.

Standard library only, in syntax that Python 3.6 reads: an old Python gets a sentence, not a SyntaxError.
"""

import argparse
import contextlib
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent
OLDEST_PYTHON = (3, 11)
STAMP = "ppo-edu-stamp"
# Measured on Linux: 1.4 GB installed, and torch's 0.2 GB wheel beside it while it is unpacked.
DISK_NEEDED = 2 * 10**9

AGAIN = "then run start.py again."
NO_DISK = f"The disk is full: free about 2 GB, {AGAIN}"
NO_VENV = (
    "This Python comes without its venv module: install it "
    f"(Debian and Ubuntu: `sudo apt install python3-venv`), {AGAIN}"
)
# What installers print when the machine is the reason and not the course. The first match wins: pip ends with
# "No matching distribution" also when there was no network.
REASONS = [
    (
        "No space left on device|Errno 28|os error 28|WinError 112|not enough space on the disk",
        NO_DISK,
    ),
    (
        "Permission denied|Access is denied|Read-only file system|Errno 13|Errno 30",
        "This folder cannot be written to: close what still uses its .venv, or copy the course to a folder "
        f"of your own, {AGAIN}",
    ),
    (
        "CERTIFICATE_VERIFY_FAILED|SSLError|invalid peer certificate",
        "The secure connection for the packages was refused: check this machine's date and its proxy's "
        f"certificate, {AGAIN}",
    ),
    (
        "NewConnectionError|ConnectTimeout|ReadTimeout|Read timed out|Connection refused|Connection reset|"
        "ConnectionResetError|ProxyError|ProtocolError|IncompleteRead|Network is unreachable|name resolution|"
        "getaddrinfo failed|nodename nor servname|dns error|Could not connect|Failed to fetch",
        f"No network: the first start downloads the course's packages, so connect to the internet, {AGAIN}",
    ),
    (
        "No matching distribution found|No solution found",
        "A package of requirements.lock is not to be had for this Python, this machine (torch is built neither for "
        "Intel Macs nor for macOS before 14) or from the index in `pip config list`: take Python 3.11, 3.12 or "
        f"3.13, another machine or index, {AGAIN}",
    ),
]


class Stop(Exception):
    """The run ends here, with this sentence for the person who started it."""


def main(arguments=None):
    problem = python_problem(sys.version_info[:2])
    if problem:
        print(problem, file=sys.stderr)
        return 1
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")
    parser = argparse.ArgumentParser(description="Set up the PPO course, then open or test it.")
    parser.add_argument("action", nargs="?", choices=["open", "test"], default="open")
    parser.add_argument("--no-browser", action="store_true", help="print the address, open no browser")
    parser.add_argument("--port", type=int, help="JupyterLab's port (default: the first free one from 8888)")
    options = parser.parse_args(arguments)
    try:
        set_up(ROOT)
        if options.action == "test":
            return run_tests(ROOT)
        return open_lab(ROOT, options.port, options.no_browser)
    except Stop as stop:
        print(f"\n{stop}", file=sys.stderr)
    except OSError as error:
        print(f"\n{sentence_for(str(error))}", file=sys.stderr)
    except KeyboardInterrupt:
        print("\nStopped. Run start.py again to go on.", file=sys.stderr)
    return 1


def python_problem(version):
    if version >= OLDEST_PYTHON:
        return None
    return (
        "This course needs Python {}.{} or newer, and this is Python {}.{}: install a newer one and start "
        "with it, for instance `python3.12 start.py`."
    ).format(*OLDEST_PYTHON, *version)


# ── set-up ──────────────────────────────────────────────────────────────────────────────────────────────


def set_up(root):
    stamp = fingerprint(root)
    if is_ready(root, stamp):
        return
    with only_one(root):
        if not is_ready(root, stamp):
            build(root, stamp)


def fingerprint(root):
    """What .venv is made from. Only what reaches the installer: a new ruff rule must not cost a new .venv."""
    import tomllib  # Python 3.11; an older one has been sent away by now

    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    made_from = [
        (root / "requirements.lock").read_text(encoding="utf-8"),
        {key: project.get(key) for key in ("build-system", "project")},
        project.get("tool", {}).get("setuptools"),
        sys.version_info[:2],
        # A .venv does not survive a move: its scripts and its link to the package hold this path.
        str(root),
    ]
    return hashlib.sha256(json.dumps(made_from, sort_keys=True).encode()).hexdigest()


def is_ready(root, stamp):
    try:
        if (root / ".venv" / STAMP).read_text(encoding="utf-8") != stamp:
            return False
        # -I: found because it is installed, not because this folder happens to be on the path.
        works = [venv_python(root), "-I", "-c", "import ppo_edu"]
        return subprocess.run(works, stderr=subprocess.DEVNULL).returncode == 0
    except OSError:
        return False


def venv_python(root):
    return str(root / ".venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))


@contextlib.contextmanager
def only_one(root):
    """Hold `.setup.lock`. The system takes it from a holder that dies, so no stale lock is left to judge."""
    with open(root / ".setup.lock", "a") as file:
        # An installer that outlives a killed start.py inherits the lock and keeps it until it is done.
        os.set_inheritable(file.fileno(), True)
        if not locked(file):
            print("Another start.py is setting up this folder: waiting for it to finish.", flush=True)
            while not locked(file):
                time.sleep(0.5)
        yield


def locked(file):
    if os.name == "nt":
        import msvcrt

        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
    import fcntl

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        pass  # some network drives have no locks: better without one than not at all
    return True


def build(root, stamp):
    """Make .venv from nothing: nobody knows what is in a half-made or outdated one."""
    began = time.monotonic()
    venv = root / ".venv"
    if os.path.lexists(venv):
        print("The .venv here is unfinished, outdated or was moved: making a new one.", flush=True)
        remove(venv)
    if shutil.disk_usage(root).free < DISK_NEEDED:
        raise Stop(NO_DISK)
    if not has_venv_module():
        raise Stop(NO_VENV)
    print("Setting up .venv: once, a minute or two, 1.4 GB of disk.", flush=True)
    # sys.executable may be the .venv that was removed just now.
    must_run([getattr(sys, "_base_executable", None) or sys.executable, "-m", "venv", str(venv)])
    install(root)
    partial = venv / (STAMP + ".partial")
    partial.write_text(stamp, encoding="utf-8")
    os.replace(partial, venv / STAMP)
    print(f"Set up in {time.monotonic() - began:.0f} s.", flush=True)


def has_venv_module():
    try:
        import ensurepip  # noqa: F401 (this is the one that Debian leaves out)
        import venv  # noqa: F401
    except ImportError:
        return False
    return True


def remove(venv):
    if venv.is_symlink() or venv.is_file():
        venv.unlink()
        return
    # The stamp first: a removal that is cut short must not leave a stamped ruin.
    with contextlib.suppress(FileNotFoundError):
        (venv / STAMP).unlink()
    shutil.rmtree(venv)


def install(root):
    """Install the lock, with uv where that works and with pip where it does not, then the package itself.

    On Linux pip alone takes torch's CUDA build, gigabytes of it; uv knows where the CPU build is kept, and is
    the quicker one for the rest too. Torch goes first and by itself, because its CPU build comes from a place
    of its own: where that is out of reach uv says so in a second or two, pip takes torch from wherever pip is
    set up to look, and uv still does the rest.
    """
    python = venv_python(root)
    # pip's own five retries take 15 s for each of a hundred packages before it admits that there is no network.
    pip = [python, "-m", "pip", "install", "--no-compile", "--progress-bar", "off", "--retries", "3"]
    uv = [python, "-m", "uv", "pip", "install", "--python", python]
    lock = root / "requirements.lock"
    torch = re.search(r"(?m)^torch==\S+", lock.read_text(encoding="utf-8")).group()
    # uv is no part of the lock: like pip it is a tool, and what it cannot do pip does. It does not read pip's
    # settings, so where those name an index (a company's mirror, say) everything has to come through pip.
    with_uv = not pip_has_own_index(python) and run(pip + ["--only-binary", ":all:", "uv"])[0] == 0
    for name, what, backend in [
        (torch, [torch], ["--torch-backend", "cpu"]),
        ("the other packages", ["-r", str(lock)], []),
    ]:
        print(f"  installing {name}", flush=True)
        if not (with_uv and run(uv + backend + what, UV_HTTP_RETRIES="1")[0] == 0):
            must_run(pip + what)
    print("  installing the course", flush=True)
    # Without isolation, setuptools is the lock's and not whichever the network has today.
    must_run(pip + ["--no-deps", "--no-build-isolation", "--editable", str(root)])


def pip_has_own_index(python):
    settings = run([python, "-m", "pip", "config", "list"])[1]
    return re.search(r"\.(index-url|no-index)=", settings) is not None


def must_run(command):
    code, output = run(command)
    if code != 0:
        raise Stop(sentence_for(output))


def sentence_for(output):
    for pattern, sentence in REASONS:
        if re.search(pattern, output, re.IGNORECASE):
            return sentence
    return f"{output.strip()[-2000:]}\n\nThe set-up failed with the message above: mend that, {AGAIN}"


def run(command, **settings):
    """Run quietly; return the exit code and all that was printed. A terminal shows the latest line of it."""
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        close_fds=False,  # hands down the one inheritable file there is, the lock
        env=dict(clean_environment(), **settings),
        encoding="utf-8",
        errors="replace",
    ) as process:
        lines = []
        for line in process.stdout:
            lines.append(line)
            show_status(line)
        show_status("")
    return process.returncode, "".join(lines)


def show_status(line):
    if sys.stdout.isatty():
        width = shutil.get_terminal_size().columns - 1
        sys.stdout.write("\r" + line.strip()[:width].ljust(width) + "\r")
        sys.stdout.flush()


def clean_environment(**settings):
    """The person's environment, less what would mix other packages into .venv or send ours elsewhere."""
    unwanted = ("PYTHONPATH", "PYTHONHOME", "PIP_TARGET", "PIP_PREFIX")
    kept = {name: value for name, value in os.environ.items() if name not in unwanted}
    return dict(kept, PIP_USER="0", PIP_DISABLE_PIP_VERSION_CHECK="1", PYTHONUTF8="1", **settings)


# ── open ────────────────────────────────────────────────────────────────────────────────────────────────


def open_lab(root, port, no_browser):
    from ppo_edu.workspace import sync

    copied = sync(root)
    if copied:
        print(f"{len(copied)} new in work/: yours to change, no update overwrites them.", flush=True)
    work = root / "work"
    work.mkdir(exist_ok=True)
    ask_nothing(root)
    command = [
        venv_python(root),
        "-m",
        "jupyterlab",
        "--ip=127.0.0.1",
        f"--ServerApp.root_dir={work}",
        # The course works offline: no news, no search for updates.
        "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]
    names = sorted(path.name for path in (work / "notebooks").glob("*.ipynb"))
    if names:
        first = "00_start_here.ipynb" if "00_start_here.ipynb" in names else names[0]
        command.append(f"--LabApp.default_url=/lab/tree/notebooks/{first}")
    if port:
        command.append(f"--port={port}")
    if no_browser:
        command.append("--no-browser")
    if os.name == "nt":
        return wait_for(subprocess.Popen(command, cwd=work, env=clean_environment()))
    if os.geteuid() == 0:
        command.append("--allow-root")  # often the only user in a container, where Jupyter would refuse
    # Become Jupyter: Ctrl-C and kill then reach it, and not a parent that might leave it behind.
    os.chdir(work)
    os.execve(command[0], command, clean_environment(**home(root)))


def home(root):
    """Jupyter and IPython keep files at home: in a container without one they may use .venv."""
    place = os.path.expanduser("~")
    return {} if os.path.isdir(place) and os.access(place, os.W_OK) else {"HOME": str(root / ".venv")}


def ask_nothing(root):
    """JupyterLab's first question, whether to fetch news, would lie over a newcomer's first notebook."""
    settings = root / ".venv" / "share" / "jupyter" / "lab" / "settings"
    settings.mkdir(parents=True, exist_ok=True)
    answers = {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false"}}
    (settings / "overrides.json").write_text(json.dumps(answers), encoding="utf-8")


def wait_for(process):
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            pass  # Jupyter got it too, and knows what to do


# ── test ────────────────────────────────────────────────────────────────────────────────────────────────


def run_tests(root):
    """Run every stage, whatever the one before said; end with each runner's last line and the verdict."""
    python = [venv_python(root), "-m"]
    pytest = python + ["pytest", "-n", "2"]
    nbval = ["--nbval", "--nbval-current-env", "--nbval-cell-timeout", "120", "--dist", "loadscope"]
    with_notebooks = [name for name in ("notebooks", "solutions") if any((root / name).glob("*.ipynb"))]
    stages = [("lint", python + ["ruff", "check"]), ("tests", pytest)]
    if with_notebooks:
        stages.append(("notebooks", pytest + nbval + with_notebooks))
    last_lines, verdicts, failed = [], [], False
    for name, command in stages:
        print(f"\n── {name}: {' '.join(command[2:])}", flush=True)
        began = time.monotonic()
        # Unit tests draw nothing on a screen; a notebook's kernel brings its own backend. Nobody's own answers count.
        settings = {"MPLBACKEND": "agg"} if name == "tests" else {}
        code, output = show(command, root, PPO_EDU_PROGRESS=str(root / ".venv" / "nobody.json"), **settings)
        # 5 is pytest's "no test was found": nothing failed, but nothing was tested either.
        word = {0: "ok", 5: "FOUND NO TEST"}.get(code, "FAILED")
        failed = failed or code != 0
        verdicts.append(f"{name} {word} {time.monotonic() - began:.0f} s")
        last_lines.append(f"{name}: {last_line(output)}")
    for folder in ("notebooks", "solutions"):
        if folder not in with_notebooks:
            last_lines.append(f"notebooks: skipped {folder}/, which has none")
    if not with_notebooks:
        verdicts.append("notebooks skipped")
    print("", *last_lines, " · ".join(verdicts), sep="\n", flush=True)
    return 1 if failed else 0


def show(command, root, **variables):
    """Run with the output passed on as it comes; return the exit code and the output."""
    # Two workers on two cores: more threads would only get in each other's way.
    environment = clean_environment(OMP_NUM_THREADS="1", MKL_NUM_THREADS="1", **variables)
    pieces = []
    with subprocess.Popen(
        command,
        cwd=root,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environment,
    ) as process:
        for piece in iter(lambda: os.read(process.stdout.fileno(), 65536), b""):
            pieces.append(piece)
            sys.stdout.buffer.write(piece)
            sys.stdout.flush()
    return process.returncode, b"".join(pieces).decode("utf-8", "replace")


def last_line(output):
    """The runner's own count: ruff prints hints below it."""
    lines = output.strip().splitlines() or ["(printed nothing)"]
    counts = [line for line in lines if re.search(r"\b(passed|failed|errors?|no tests ran)\b", line)]
    return (counts or lines)[-1].strip("= ")


if __name__ == "__main__":
    sys.exit(main())
