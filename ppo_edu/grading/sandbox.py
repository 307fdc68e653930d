"""One notebook at a time, in a process of its own, so that whatever the learner's code does costs only itself.

    python -m ppo_edu.grading.sandbox     JSON lines in: {"master", "path", "training", "seconds"}; the rows out

The process that runs this imports everything once and then forks for every notebook; it never runs learners' code
itself, nor a backward pass, whose threads would not survive a fork. A child that ends in one check is followed by
another for the checks that are left. Linux only. This stops accidents and rebinding of `check`, `np` or `ppo_edu`;
someone determined can still fool it, so grade a class under a user who owns nothing.
"""

import contextlib
import ctypes
import functools
import json
import operator
import os
import pickle
import resource
import secrets
import select
import shutil
import signal
import sys
import tempfile
import time
import traceback
import types
from dataclasses import replace

WALL = 3  # times as much on the clock: a sleeping program uses no processor time
MEMORY = 1 << 30  # bytes beyond what is there before
FILES = 16 << 20  # bytes a file may have
ANSWER = 1 << 20  # bytes a result may have
MESSAGE = 2000  # characters of a message
PR_SET_CHILD_SUBREAPER = 36
GUARDED = ("builtins", "math", "numpy", "numpy.linalg", "numpy.random", "numpy.testing", "torch", "torch.autograd")


def warm_up():
    """Import what checks need; the first optimizer imports 800 modules, better here than in every child."""
    import torch

    from ppo_edu.grading.items import everything

    torch.set_num_threads(1)
    torch.optim.Adam([torch.zeros(1)])
    everything()
    for module in [module for name, module in sys.modules.items() if name.startswith("ppo_edu.grading.checks.")]:
        for name in getattr(module, "SLOW_FACTS", ()):
            setattr(module, name, functools.partial(lambda fact: fact, in_a_fork(getattr(module, name))))


def in_a_fork(function):
    """function(), computed in a child, because it may run a backward pass."""
    reader, writer = os.pipe()
    if (pid := os.fork()) == 0:
        with os.fdopen(writer, "wb") as pipe:
            pickle.dump(function(), pipe)
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        result = pickle.load(pipe)
    os.waitpid(pid, 0)
    return result


class Guard:
    """The contents of modules and of ppo_edu's classes, to be put back after a learner's code has run.

    New names may stay: numpy and torch import some of theirs late.
    """

    def __init__(self):
        names = [name for name in sys.modules if name in GUARDED or name.split(".")[0] == "ppo_edu"]
        self.modules = {name: (sys.modules[name], dict(vars(sys.modules[name]))) for name in names}
        classes = {
            thing
            for name in names
            if name.startswith("ppo_edu")
            for thing in vars(sys.modules[name]).values()
            if isinstance(thing, type) and thing.__module__.startswith("ppo_edu")
        }
        self.classes = [(thing, dict(vars(thing))) for thing in classes]

    def restore(self):
        """Put back every name that was rebound or deleted; → whether any was."""
        changed = False
        for name, (module, kept) in self.modules.items():
            sys.modules[name] = module
            if any(map(operator.is_not, map(vars(module).get, kept), kept.values())):
                vars(module).update(kept)
                changed = True
        for thing, kept in self.classes:
            for key, value in kept.items():
                if vars(thing).get(key) is not value and isinstance(value, types.FunctionType | property):
                    setattr(thing, key, value)
                    changed = True
        return changed


def in_child(sources, checks, seconds, say):
    """Run the learner's cells, in so many seconds, then each check (item, function, seconds); `say` reports."""
    from ppo_edu.grading.items import find, grade
    from ppo_edu.grading.runner import TimeLimit, passed_on, time_limit

    guard, namespace, errors = Guard(), {"__name__": "__main__"}, []
    try:
        stop_after(seconds)
        with time_limit(seconds):
            for number, source in enumerate(sources):
                try:
                    exec(compile(source, f"cell {number}", "exec"), namespace)
                except TimeLimit:
                    raise
                except BaseException as error:  # also SystemExit: a stray exit() ends a cell, not the notebook
                    errors.append(f"{type(error).__name__}: {error}"[:200].rstrip(": "))
    except TimeLimit:
        say({"stopped": f"the cells ran for more than {seconds:g} seconds"})
        return
    say({"ran": True})
    for name, function, most in checks:
        rebound = guard.restore()
        stop_after(most)
        answer = namespace.get(function)
        item = replace(find(name), seconds=most)
        report = grade(item, passed_on(answer, guard.restore) if callable(answer) else answer)
        message = report.message
        if function not in namespace:
            message = f"`{function}` was not written." + "".join(f" A cell raised {error}." for error in errors[:2])
        say({
            "item": name,
            "points": report.earned,
            "outcome": report.outcome,
            "message": message[:MESSAGE],
            "remark": "names of numpy, torch or ppo_edu were rebound, and put back" if rebound else "",
        })  # fmt: skip


def stop_after(seconds):
    """End the process, whatever it catches, a little after so many further seconds of processor time."""
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(time.process_time() + seconds) + 2, hard))


def confine(folder):
    """Limits, an empty environment, no input, no output, a folder of its own."""
    os.setsid()
    os.chdir(folder)
    os.environ.clear()
    os.environ.update({"PATH": os.defpath, "LANG": "C.UTF-8", "OMP_NUM_THREADS": "1", "MPLBACKEND": "agg"})
    os.environ.update({"HOME": folder, "TMPDIR": folder, "PPO_EDU_PROGRESS": os.path.join(folder, "progress.json")})
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    with open("/proc/self/statm", encoding="ascii") as file:
        there = int(file.read().split()[0]) * resource.getpagesize()
    limits = {
        resource.RLIMIT_AS: there + MEMORY,
        resource.RLIMIT_FSIZE: FILES,
        resource.RLIMIT_CORE: 0,
    }
    for what, most in limits.items():
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(what, (most, most))


def run_child(sources, checks, seconds):
    """Fork, listen, clean up; → (rows it sent, whether its cells came to their end, why there are no more rows)."""
    reader, writer = os.pipe()
    folder, token = tempfile.mkdtemp(), secrets.token_hex(16).encode()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            os.close(reader)
            confine(folder)
            in_child(sources, checks, seconds, functools.partial(_say, writer, token))
            status = 0
        except BaseException:
            with contextlib.suppress(BaseException):
                _say(writer, token, {"crashed": traceback.format_exc(limit=-2)[-MESSAGE:]})
        finally:
            os._exit(status)
    os.close(writer)
    try:
        said, in_time = _listen(reader, pid, token, WALL * (seconds + max(most for *_, most in checks)))
    finally:
        os.close(reader)
        status = _end(pid)
        shutil.rmtree(folder, ignore_errors=True)
    rows, ran = [message for message in said if "item" in message], {"ran": True} in said
    return rows, ran, "" if len(rows) == len(checks) else _what_happened(said, ran, status, in_time)


def _say(writer, token, message):
    data = token + json.dumps(message).encode() + b"\n"
    while data:
        data = data[os.write(writer, data) :]


def _listen(reader, pid, token, seconds):
    """(messages, whether the child ended in time); the clock starts again with every message.

    Waiting for the pipe to close would wait for processes that the child left running, too.
    """
    text, ends, deadline = b"", os.pidfd_open(pid), time.monotonic() + seconds
    try:
        while (left := deadline - time.monotonic()) > 0 and len(text) < ANSWER:
            ready = select.select([reader, ends], [], [], left)[0]
            part = os.read(reader, 65536) if reader in ready else b""
            text += part
            if token in part:
                deadline = time.monotonic() + seconds
            if ends in ready and not part:
                return _messages(text, token), True
        return _messages(text, token), False
    finally:
        os.close(ends)


def _messages(text, token):
    return [json.loads(line[len(token) :]) for line in text.split(b"\n") if line.startswith(token)]


def _end(pid):
    """Kill the child's group, wait for it, and kill whatever it left running; → its status."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
    # Killed before setsid, it has no group of its own yet.
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    for _ in range(100):  # orphans come to us, because we are their subreaper
        left = _children()
        if not left:
            break
        for child in left:
            with contextlib.suppress(ProcessLookupError, ChildProcessError):
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)
    return status


def _children():
    with contextlib.suppress(OSError), open(f"/proc/self/task/{os.getpid()}/children", encoding="ascii") as file:
        return [int(child) for child in file.read().split()]
    return []


def _what_happened(said, ran, status, in_time):
    """Why there is no result, in words."""
    where = "in the check" if ran else "while its cells ran"
    for message in said:
        if "stopped" in message:
            return f"Stopped: {message['stopped']}. Is there a loop without end?"
        if "crashed" in message:
            return f"Broke down {where}: {message['crashed'].strip().splitlines()[-1]}"
    if not in_time:
        return f"Stopped: it did not come to an end {where}."
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        if number in (signal.SIGXCPU, signal.SIGKILL):
            return f"Stopped {where} (signal {number}): too much processor time or memory, or it killed itself."
        return f"Crashed {where} (signal {number})."
    return f"Ended the whole program {where} (exit code {os.WEXITSTATUS(status)}), as `os._exit` does."


def grade_notebook(master, path, training, seconds):
    """Rows of one notebook: one per item of the master, whatever the learner's code does."""
    from ppo_edu.grading.items import find
    from ppo_edu.grading.submission import Unreadable, read_master, read_submission

    master = read_master(master)
    items = {name: find(name) for name, _ in master.checks}
    nothing = {"points": 0.0, "outcome": "raised", "message": "", "remark": ""}
    rows = {name: {"item": name, **nothing, "of": item.points} for name, item in items.items()}
    left = [(name, function, items[name].seconds or seconds) for name, function in master.checks]
    for name, item in items.items():
        if item.trains and not training:
            left = [check for check in left if check[0] != name]
            rows[name] |= {"outcome": "left out", "message": "It trains; grade it with --training."}
    remarks, sources = (), ()
    try:
        submission = read_submission(path, master)
        remarks, sources = submission.remarks, submission.sources
    except Unreadable as reason:
        for name, *_ in left:
            rows[name]["message"] = f"The notebook {reason}."
        left = []
    while left:
        found, ran, problem = run_child(sources, left, seconds)
        for row in found:
            rows[row["item"]] |= row
        left = left[len(found) :]
        # What ended the program in one check spares the others; what ended it before the checks does not.
        for name, *_ in left[: 1 if ran else None]:
            rows[name]["message"] = problem
        left = left[1:] if ran else []
    return [row | {"remark": "; ".join(filter(None, [row["remark"], *remarks]))} for row in rows.values()]


def main():
    """Serve requests from standard input until it closes."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    answers = os.fdopen(os.dup(1), "w", encoding="utf8")
    os.dup2(2, 1)  # nothing but answers goes out there
    warm_up()
    for line in sys.stdin:
        request = json.loads(line)
        answers.write(json.dumps(grade_notebook(**request)) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
