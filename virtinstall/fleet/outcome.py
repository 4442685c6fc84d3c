"""The result of a run for one guest."""

from __future__ import annotations

import os
from typing import Any

from virtinstall.errors import RequestError, VirtInstallError
from virtinstall.record import Record


class Outcome(Record):
    """The result for one guest. `status` is `done`, `unchanged`, `failed` or `skipped`.

    `pending` is true if a part of the changes takes effect at the next boot, and `restarted` if the guest was restarted
    for them. `secrets` are generated passwords to print.
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
        """Return the outcome of a guest whose step raised `error`, with the error's message, notes and hint."""
        message = "\n".join((error.message, *getattr(error, "__notes__", ())))
        return self.replace(status="failed", message=message, hint=error.hint)

    def as_document(self) -> dict[str, Any]:
        """Return the outcome for `--output json`."""
        values = self.as_dict()
        return {**values, "seconds": round(self.seconds, 3), "secrets": list(self.secrets)}


def worker_count(jobs: int | None) -> int:
    """Return the number of guests of a host to process at the same time: `jobs`, or the default if `jobs` is None.

    Raises: RequestError, if `jobs` is less than 1.
    """
    if jobs is None:
        return min(4, (os.cpu_count() or 1) + 2)
    if jobs < 1:
        raise RequestError(f"--jobs {jobs}: must be at least 1", hint="for example: --jobs 2")
    return jobs
