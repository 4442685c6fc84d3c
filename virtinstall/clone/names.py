"""The names that --auto-clone generates for the copy and its disks.

Source: the output of virt-clone: `vm` becomes `vm-clone`, then `vm-clone1`; `/a/vm.qcow2` becomes `/a/NEWNAME.qcow2` if
the file is named after the guest, and `/a/data.img` becomes `/a/data-clone.img`.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from virtinstall.clone.request import CloneRequest

_SUFFIX = "-clone"


def clone_name(original: str, taken: Collection[str]) -> str:
    """Return a name for the copy of the guest `original`; the name is not in `taken`."""
    stem, number = _stem_and_next(original)
    while (name := f"{stem}{number or ''}") in taken:
        number += 1
    return name


def _stem_and_next(original: str) -> tuple[str, int]:
    """Return the stem of the copy's name and the first number to try, 0 for none: (`vm-clone`, 0), (`vm-clone`, 8)."""
    stem = original.rstrip("0123456789")
    digits = original[len(stem) :]
    if not stem.endswith(_SUFFIX) or digits.startswith("0"):
        return original + _SUFFIX, 0
    return stem, int(digits or 0) + 1


def clone_path(path: str, original: str, name: str, taken: Collection[str]) -> str:
    """Return an unused path for the copy of the file at `path`, in the same directory.

    `original` is the name of the original guest, and `name` is the name of the copy. `taken` are the file names that
    already exist in the directory.
    """
    stem, extension = os.path.splitext(os.path.basename(path))
    stem = name if stem == original else stem + _SUFFIX
    chosen = stem + extension
    number = 0
    while chosen in taken:
        number += 1
        chosen = f"{stem}-{number}{extension}"
    return os.path.join(os.path.dirname(path), chosen)


def nvram_path(original: str, name: str, request: CloneRequest) -> str:
    """Return the path of the file for the copy's UEFI variables.

    If `request` specifies no path, the file is NAME_VARS in the directory of `original`, with the extension of
    `original`. `original` is the path of the original's UEFI variables, and `name` is the name of the copy.
    """
    extension = os.path.splitext(original)[1] or ".fd"
    return os.path.abspath(request.nvram or os.path.join(os.path.dirname(original), f"{name}_VARS{extension}"))
