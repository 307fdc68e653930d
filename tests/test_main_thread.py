"""■ under a slider: what JupyterLab runs in a thread of its own is done in the main thread, where interrupts arrive."""

import queue
import signal
import threading
import time

import pytest
from jupyter_client.manager import start_new_kernel

from ppo_edu.widgets import main_thread
from ppo_edu.widgets.main_thread import in_main_thread


class Loop:
    """A kernel's event loop that runs one callback when told to."""

    def __init__(self):
        self.waiting = queue.Queue()

    def add_callback(self, function, *arguments):
        self.waiting.put((function, arguments))

    def run_one(self):
        function, arguments = self.waiting.get(timeout=5)
        function(*arguments)


@pytest.fixture
def loop(monkeypatch):
    ours = Loop()
    monkeypatch.setattr(main_thread, "_main_loop", lambda: ours)
    return ours


def from_a_thread(function, loop):
    """Ask for `function` from a thread, run the loop here; returns what came back there."""
    came = []

    def ask():
        try:
            came.append(in_main_thread(function))
        except BaseException as error:
            came.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    loop.run_one()
    thread.join(5)
    return came[0]


def test_a_thread_gets_its_work_done_in_the_main_thread(loop):
    assert from_a_thread(threading.current_thread, loop) is threading.main_thread()


def test_what_is_raised_there_is_raised_here(loop):
    error = from_a_thread(lambda: 1 / 0, loop)
    assert isinstance(error, ZeroDivisionError)


def test_an_interrupt_arrives_though_the_kernel_ignored_it_before(loop):
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        error = from_a_thread(lambda: signal.raise_signal(signal.SIGINT), loop)
        assert isinstance(error, KeyboardInterrupt) and signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_in_the_main_thread_and_without_a_kernel_it_is_a_plain_call(loop, monkeypatch):
    assert in_main_thread(lambda: 3) == 3 and loop.waiting.empty()
    monkeypatch.setattr(main_thread, "_main_loop", lambda: None)
    with pytest.raises(ZeroDivisionError):
        in_main_thread(lambda: 1 / 0)


SLIDER = """
import time
import ipywidgets as widgets
from ppo_edu.widgets.explorer import Explorer

said = []
def update(artists, x):
    try:
        if x > 2:
            said.append("working")
            time.sleep(10)
        said.append("ready")
    except KeyboardInterrupt:
        said.append("stopped")
    return "a sentence"

slider = widgets.IntSlider(value=1, min=1, max=9)
explorer = Explorer(lambda fig: {}, update, {"x": slider}, slow=True)
print(slider.model_id)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGALRM"), reason="Windows interrupts a kernel in another way")
def test_the_stop_button_stops_an_explorer_in_a_subshell():
    """As JupyterLab does it: the slider's message goes to a subshell, the interrupt to the process."""
    manager, client = start_new_kernel(kernel_name="python3")
    try:
        model = printed(client, SLIDER)
        client.control_channel.send(client.session.msg("create_subshell_request"))
        subshell = client.get_control_msg(timeout=20)["content"]["subshell_id"]
        # The first one is still answered in the main thread, where the slider was made.
        for value in (2, 4):
            state = {"method": "update", "state": {"value": value}, "buffer_paths": []}
            message = client.session.msg("comm_msg", {"comm_id": model, "data": state})
            message["header"]["subshell_id"] = subshell
            client.shell_channel.send(message)
            time.sleep(1)
        manager.interrupt_kernel()
        assert printed(client, "print(said)") == "['ready', 'ready', 'working', 'stopped']"
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def printed(client, code):
    texts = []
    client.execute_interactive(code, timeout=30, output_hook=lambda m: texts.append(m["content"].get("text", "")))
    return "".join(texts).strip()
