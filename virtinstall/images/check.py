"""Check whether a downloaded file is an image that may become a guest's disk.

A downloaded image must not name other files: QEMU would open them on this host.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from virtinstall.errors import FetchError
from virtinstall.safe_text import one_line
from virtinstall.storage.probe import probe_image
from virtinstall.units import human_size

if TYPE_CHECKING:
    from virtinstall.storage.probe import ImageInfo

VIRTUAL_LIMIT_BYTES = 8 << 40
_BOOT_SIGNATURE, _BOOT_OFFSET = b"\x55\xaa", 510
_GPT, _GPT_OFFSET = b"EFI PART", 512
_DASD = b"IPL1"
_HEAD_BYTES = 4096


def check_downloaded(path: str, name: str) -> ImageInfo:
    """The properties of the image at `path`; `name` is for messages.

    Raises: FetchError, if it is not an image, or not a safe one.
    """
    with open(path, "rb") as file:
        head = file.read(_HEAD_BYTES)
    if is_web_page(head):
        raise web_page_error(name)
    info = probe_image(path)
    if info.format == "raw":
        _check_raw(info, head, name)
    elif info.format != "qcow2":
        raise FetchError(
            f"{name} is a {info.format} image, which cannot be the base of a disk",
            hint="convert it with qemu-img convert -O qcow2, and use the result: --disk image=/PATH",
        )
    if info.backing_file is not None:
        raise FetchError(f"{name} refers to another file, '{info.backing_file}': downloaded images must not")
    if info.data_file is not None:
        raise FetchError(f"{name} stores its data in another file, '{info.data_file}': downloaded images must not")
    if info.encrypted:
        raise FetchError(f"{name} is encrypted", hint="download it, and use it by its path with its secret")
    if info.virtual_size is None or not 0 < info.virtual_size <= VIRTUAL_LIMIT_BYTES:
        limit = human_size(VIRTUAL_LIMIT_BYTES)
        size = (
            "is unknown" if info.virtual_size is None else f"{human_size(info.virtual_size)} is not from 1 to {limit}"
        )
        raise FetchError(f"{name}: the virtual size {size}", hint="check the source of the image")
    return info


def is_web_page(head: bytes) -> bool:
    """Whether a file begins as HTML does."""
    return head.lstrip(b"\xef\xbb\xbf\r\n\t ")[:15].lower().startswith((b"<!doctype html", b"<html", b"<head"))


def web_page_error(name: str) -> FetchError:
    """The error for a web page in place of an image."""
    return FetchError(
        f"{name} is a web page, not a disk image",
        hint="a captive portal, a login page or a proxy may have answered: open the URL in a browser",
    )


def _check_raw(info: ImageInfo, head: bytes, name: str) -> None:
    if info.is_iso:
        raise FetchError(f"{name} is an ISO image", hint="install from it with --cdrom")
    bootable = head[_BOOT_OFFSET:][:2] == _BOOT_SIGNATURE or head[_GPT_OFFSET:].startswith(_GPT)
    if not bootable and not head.startswith(_DASD):
        start = one_line(head[:16].decode("latin-1"))
        raise FetchError(
            f"{name} is not a disk image (no qcow2 header, no partition table); it begins with '{start}'",
            hint="check the address: it must be that of a qcow2 or raw disk image",
        )
