"""The result of a run for one guest."""

from __future__ import annotations

import os
from typing import Any

from virtinstall.errors import RequestError, VirtInstallError
from virtinstall.record import Record


class Outcome(Record):
    """The result for one guest.

    `action` is the action that was requested, as in `Comparison`, and `status` is `done`, `unchanged`, `failed` or
    `skipped`. `message` is the error message or the reason why the guest was skipped, and `hint` is the hint of the
    error; each of them is None if there is none. `seconds` is the duration of the action. `pending` is true if changes
    take effect only after the guest is shut down and started again, and `restarted` is true if the run restarted the
    guest. `secrets` are generated passwords to print.
    """

    name: str
    action: str
    status: str
    message: str | None = None
    hint: str | None = None
    seconds: float = 0.0
    pending: bool = False
    restarted: bool = False
    secrets: tuple[str, ...] = ()

    def failed(self, error: VirtInstallError) -> Outcome:
        """Return a copy of this outcome with the status `failed` and the message (with notes) and hint of `error`."""
        message = "\n".join((error.message, *getattr(error, "__notes__", ())))
        return self.replace(status="failed", message=message, hint=error.hint)

    def as_document(self) -> dict[str, Any]:
        """Return the outcome as data for `--output json`."""
        values = self.as_dict()
        return {**values, "seconds": round(self.seconds, 3), "secrets": list(self.secrets)}


def worker_count(jobs: int | None) -> int:
    """Return the number of guests to process at the same time on a host: `jobs`, or the default if `jobs` is None.

    Raises: RequestError, if `jobs` is less than 1.
    """
    if jobs is None:
        return min(4, (os.cpu_count() or 1) + 2)
    if jobs < 1:
        raise RequestError(f"--jobs {jobs}: must be at least 1", hint="for example: --jobs 2")
    return jobs
