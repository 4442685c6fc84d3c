"""Result of a run for one guest."""

from __future__ import annotations

import os
from typing import Any

from virtinstall.record import Record


class Outcome(Record):
    """The result for one guest. `status` is `done`, `unchanged`, `failed` or `skipped`.

    `pending`: a part of the changes takes effect at the next boot; `restarted`: the guest was shut down and started for
    them. `secrets` are generated passwords to print.
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

    def as_document(self) -> dict[str, Any]:
        """Return the outcome for `--output json`."""
        values = self.as_dict()
        return {**values, "seconds": round(self.seconds, 3), "secrets": list(self.secrets)}


def default_jobs() -> int:
    """Return the number of guests that are worked on at the same time."""
    return min(4, (os.cpu_count() or 1) + 2)
