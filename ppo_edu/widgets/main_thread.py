"""Long work under a slider that ■ can stop.

Jupyter's interrupt reaches the kernel's main thread only, and JupyterLab runs a widget's callback in another one, a
"subshell", as soon as the kernel has them.
"""

import signal
import threading
from concurrent.futures import Future


def in_main_thread(function):
    """Call `function` in the kernel's main thread, once that is free; its result and its errors come out here.

    Without a kernel, and in the main thread itself, it is simply called.
    """
    loop = _main_loop()
    if loop is None or threading.current_thread() is threading.main_thread():
        return function()
    outcome = Future()
    loop.add_callback(_run, function, outcome)
    return outcome.result()


def _main_loop():
    from IPython import get_ipython

    return getattr(getattr(get_ipython(), "kernel", None), "io_loop", None)


def _run(function, outcome):
    # A kernel that runs no cell ignores interrupts.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        outcome.set_result(function())
    except BaseException as error:
        outcome.set_exception(error)
    finally:
        signal.signal(signal.SIGINT, before)
