"""Directories of this program for images, kernels and seeds, created when they are first needed."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

from virtinstall.errors import StorageError
from virtinstall.rollback.signals import deferred_signals
from virtinstall.safe_text import reason_of

if TYPE_CHECKING:
    from virtinstall.rollback.undo import Undo


def make_directory(directory: str, undo: Undo) -> None:
    """Create `directory` and its missing parents.

    Other users can enter the created directories, but cannot list their contents. The removal of each created directory
    is pushed to `undo`.

    Raises: StorageError, if a directory cannot be created.
    """
    for each in reversed(_missing(directory)):
        with deferred_signals():
            try:
                os.mkdir(each, 0o711)
            except FileExistsError:
                continue
            except OSError as error:
                hint = "run as a user with write permission, or use another directory"
                raise StorageError(
                    f"cannot create the directory '{each}': {reason_of(error)}",
                    hint=hint if isinstance(error, PermissionError) else None,
                ) from error
            undo.push(f"the directory '{each}'", partial(_remove_empty, each))


def can_make(directory: str) -> bool:
    """Return whether `directory` exists or can be created by this user, without creating it."""
    missing = _missing(directory)
    return not missing or os.access(os.path.dirname(missing[-1]), os.W_OK | os.X_OK)


def _missing(directory: str) -> list[str]:
    """Return `directory` and its parents that do not exist, the innermost first."""
    missing = []
    directory = os.path.abspath(directory)
    while not os.path.exists(directory):
        missing.append(directory)
        directory = os.path.dirname(directory)
    return missing


def _remove_empty(directory: str) -> None:
    if os.path.isdir(directory) and not os.listdir(directory):  # another run may use it meanwhile
        os.rmdir(directory)
