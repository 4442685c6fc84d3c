"""Directories of ours, made when they are first needed: for images, kernels and seeds."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

from virtinstall.errors import StorageError
from virtinstall.rollback.signals import deferred_signals

if TYPE_CHECKING:
    from virtinstall.rollback.undo import Undo


def make_directory(directory: str, undo: Undo) -> None:
    """Make what is missing of `directory`, so that other users may pass but not list it.

    Raises: StorageError; what was made is in `undo`.
    """
    for each in reversed(_missing(directory)):
        with deferred_signals():
            try:
                os.mkdir(each, 0o711)
            except FileExistsError:
                continue
            except OSError as error:
                raise StorageError(f"could not make the directory '{each}': {error.strerror}") from error
            undo.push(f"directory {each}", partial(_remove_empty, each))


def can_make(directory: str) -> bool:
    """Whether we may make it, or it is there; nothing is tried out."""
    missing = _missing(directory)
    return not missing or os.access(os.path.dirname(missing[-1]), os.W_OK | os.X_OK)


def _missing(directory: str) -> list[str]:
    """The directory and those above it that aren't there, the innermost first."""
    missing = []
    directory = os.path.abspath(directory)
    while not os.path.exists(directory):
        missing.append(directory)
        directory = os.path.dirname(directory)
    return missing


def _remove_empty(directory: str) -> None:
    if os.path.isdir(directory) and not os.listdir(directory):  # another run may use it by now
        os.rmdir(directory)
