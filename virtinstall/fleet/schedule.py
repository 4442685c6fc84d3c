"""The execution of a step for each guest, in the order of `after` or in parallel; a failure affects only dependents."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from queue import SimpleQueue
from typing import Generic, TypeVar

T = TypeVar("T")


def run_in_order(
    after: Mapping[str, Sequence[str]],
    step: Callable[[str], T],
    skip: Callable[[str, str], T],
    failed: Callable[[T], bool],
    jobs: int,
    *,
    pool_of: Callable[[str], str] = lambda name: "",
    interrupt: Callable[[], None] = lambda: None,
    on_result: Callable[[T], None] | None = None,
) -> dict[str, T]:
    """Call `step` with each name, in threads; return the results by name.

    `after` maps each name to its predecessors, whose steps must be finished first. A step that fails must not raise an
    exception, but return a result for which `failed` returns True. If the step of a predecessor failed or was skipped,
    `skip(name, cause)` is called instead of `step(name)` and returns the result; `cause` is the name whose step failed.
    `pool_of` returns the name of the thread pool for a name; by default, all names use the same pool. Each pool has
    `jobs` threads. `on_result` is called in the current thread with each result as soon as it is known.

    If the current thread is interrupted, `interrupt` is called, no further steps are started, and the function waits
    until the running steps have ended.

    Raises: the exception that interrupted the current thread.
    """
    run = _Run(after, step, skip, failed, on_result)
    with ExitStack() as stack:
        pools = {
            pool: stack.enter_context(ThreadPoolExecutor(max_workers=max(1, jobs), thread_name_prefix="guest"))
            for pool in dict.fromkeys(map(pool_of, after))
        }
        try:
            run.until_done(pools, pool_of, max(1, jobs))
        except BaseException:
            interrupt()
            for pool in pools.values():
                pool.shutdown(wait=True, cancel_futures=True)
            run.finish_rest()
            raise
    return {name: run.results[name] for name in after}


class _Run(Generic[T]):
    """The state of a run. The cost of a name does not depend on the number of names."""

    def __init__(
        self,
        after: Mapping[str, Sequence[str]],
        step: Callable[[str], T],
        skip: Callable[[str, str], T],
        failed: Callable[[T], bool],
        on_result: Callable[[T], None] | None,
    ) -> None:
        self.on_result = on_result
        self.done: SimpleQueue[tuple[str, Future[T]]] = SimpleQueue()
        self.step = step
        self.skip = skip
        self.failed = failed
        self.results: dict[str, T] = {}
        self.causes: dict[str, str] = {}
        self.before = {name: [each for each in names if each in after] for name, names in after.items()}
        self.missing = {name: len(names) for name, names in self.before.items()}
        self.dependents: dict[str, list[str]] = {}
        for name, names in self.before.items():
            for each in names:
                self.dependents.setdefault(each, []).append(name)
        self.ready = deque(name for name, count in self.missing.items() if not count)

    def until_done(self, pools: Mapping[str, ThreadPoolExecutor], pool_of: Callable[[str], str], jobs: int) -> None:
        """Run the steps until every name has a result; each pool runs at most `jobs` steps at the same time.

        `pools` maps the names of thread pools to the pools, and `pool_of` returns the name of the pool for a name.
        """
        done = self.done
        queues: dict[str, deque[str]] = {pool: deque() for pool in pools}
        running = dict.fromkeys(pools, 0)
        while len(self.results) < len(self.missing):
            while self.ready:
                name = self.ready.popleft()
                cause = next((self.causes[each] for each in self.before[name] if each in self.causes), None)
                if cause is None:
                    queues[pool_of(name)].append(name)
                else:
                    self.finish(name, self.skip(name, cause), cause)
            for pool, names in queues.items():
                while names and running[pool] < jobs:
                    name = names.popleft()
                    future = pools[pool].submit(self.step, name)
                    future.add_done_callback(lambda future, name=name: done.put((name, future)))  # type: ignore[misc]
                    running[pool] += 1
            if any(running.values()):
                name, future = done.get()
                running[pool_of(name)] -= 1
                result = future.result()
                self.finish(name, result, name if self.failed(result) else None)

    def finish(self, name: str, result: T, cause: str | None) -> None:
        """Record the result for `name`; the names that waited only for this result become ready.

        `cause` is the name whose step failed, either `name` or a predecessor; None if no step failed.
        """
        self.results[name] = result
        if self.on_result is not None:
            self.on_result(result)
        if cause is not None:
            self.causes[name] = cause
        for each in self.dependents.get(name, ()):
            self.missing[each] -= 1
            if not self.missing[each]:
                self.ready.append(each)

    def finish_rest(self) -> None:
        """Call `on_result` for the steps that were running when the current thread was interrupted."""
        while not self.done.empty():
            _, future = self.done.get()
            if self.on_result is not None and not future.cancelled() and future.exception() is None:
                self.on_result(future.result())
