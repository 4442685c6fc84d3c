"""Run a step for each guest: in the order of `after`, else in parallel; a failure skips only what comes after it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TypeVar

T = TypeVar("T")


def run_in_order(
    after: Mapping[str, Sequence[str]],
    step: Callable[[str], T],
    skip: Callable[[str, str], T],
    failed: Callable[[T], bool],
    jobs: int,
) -> dict[str, T]:
    """Return the result of each name. `skip(name, cause)` makes that of a name whose predecessor failed.

    A step must not raise what `failed` can report. When this thread is interrupted, no more steps begin, and those that
    run are waited for: each guest is complete or absent. Raises: what interrupted it.
    """
    results: dict[str, T] = {}
    causes: dict[str, str] = {}
    waiting = {name: [each for each in names if each in after] for name, names in after.items()}
    running: dict[Future[T], str] = {}
    with ThreadPoolExecutor(max_workers=max(1, jobs), thread_name_prefix="guest") as pool:
        try:
            while waiting or running:
                for name in [name for name, names in waiting.items() if all(each in results for each in names)]:
                    cause = next((causes[each] for each in waiting.pop(name) if each in causes), None)
                    if cause is None:
                        running[pool.submit(step, name)] = name
                    else:
                        results[name], causes[name] = skip(name, cause), cause
                if not running:
                    continue
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    name = running.pop(future)
                    results[name] = future.result()
                    if failed(results[name]):
                        causes[name] = name
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    return {name: results[name] for name in after}
