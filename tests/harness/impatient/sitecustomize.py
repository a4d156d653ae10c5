"""With this folder on PYTHONPATH, a process has no threads that wait for banks: whoever buys waits by themselves.

For the control of the silent banks: the shop knows nothing of it. No test module: Python imports it by its name.
"""

from concurrent.futures import Future, ThreadPoolExecutor

_submit = ThreadPoolExecutor.submit


def _at_once(pool, work, /, *arguments, **options):
    if pool._thread_name_prefix != "bank":
        return _submit(pool, work, *arguments, **options)
    done = Future()
    done.set_result(work(*arguments, **options))
    return done


ThreadPoolExecutor.submit = _at_once
