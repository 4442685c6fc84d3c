"""The directory of data that this program keeps between runs: journals, and the host keys of guests."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def state_directory(environ: Mapping[str, str], uid: int) -> str:
    """Return the directory of the data that this program keeps between runs.

    It is /var/lib/virtinstall for root, and a directory below XDG_STATE_HOME for other users. `environ` contains the
    environment variables, and `uid` is the numeric user ID.
    """
    if uid == 0:
        return "/var/lib/virtinstall"
    home = environ.get("XDG_STATE_HOME") or os.path.join(environ.get("HOME", "/"), ".local/state")
    return os.path.join(home, "virtinstall")
