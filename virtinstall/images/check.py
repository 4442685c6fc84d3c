"""A check that a downloaded file is an image that can safely become a guest's disk.

A downloaded image must not refer to other files, because QEMU would open these files on this host.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from virtinstall.errors import FetchError
from virtinstall.safe_text import one_line
from virtinstall.storage.probe import probe_image
from virtinstall.units import human_size

if TYPE_CHECKING:
    from virtinstall.storage.probe import ImageInfo

VIRTUAL_LIMIT_BYTES = 8 << 40
PORTAL_HINT = "a captive portal, login page or proxy may have answered: open the URL in a browser"
_BOOT_SIGNATURE, _BOOT_OFFSET = b"\x55\xaa", 510
_GPT, _GPT_OFFSET = b"EFI PART", 512
_DASD = b"IPL1"
_HEAD_BYTES = 4096


def check_downloaded(path: str, name: str) -> ImageInfo:
    """Return the properties of the image at `path`; `name`, such as `the image 'web'`, denotes the image in messages.

    Raises: FetchError, if the file is not a disk image, or if it refers to other files, is encrypted or is too large.
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
            f"{name} has the format {info.format}; --disk image= supports only qcow2 and raw",
            hint=f"{_download(path, name)}convert it with 'qemu-img convert -O qcow2 {_file(path, name)} NEW.qcow2'; "
            "then use: --disk image=./NEW.qcow2",
        )
    if info.backing_file is not None:
        raise FetchError(
            f"{name} has the backing file '{info.backing_file}', which --disk image= does not allow",
            hint=f"if you trust the image, {_download(path, name)}use it without this check with: "
            f"--disk backing_store={_file(path, name)}",
        )
    if info.data_file is not None:
        raise FetchError(
            f"{name} has the external data file '{info.data_file}', which --disk image= does not allow",
            hint="use an image that consists of a single file",
        )
    if info.encrypted:
        raise FetchError(f"{name} is encrypted", hint="use an image that is not encrypted")
    if info.virtual_size is None or not 0 < info.virtual_size <= VIRTUAL_LIMIT_BYTES:
        size = "unknown" if info.virtual_size is None else human_size(info.virtual_size)
        raise FetchError(
            f"the virtual size of {name} is {size}; it must be between 1 byte and {human_size(VIRTUAL_LIMIT_BYTES)}",
            hint="check that this is the right image",
        )
    return info


def is_web_page(head: bytes) -> bool:
    """Return whether `head`, the first bytes of a file, is the start of an HTML page."""
    return head.lstrip(b"\xef\xbb\xbf\r\n\t ")[:15].lower().startswith((b"<!doctype html", b"<html", b"<head"))


def web_page_error(name: str) -> FetchError:
    """Return the error for a web page that a server sent instead of an image; `name` denotes the image."""
    return FetchError(f"{name} is a web page, not a disk image", hint=PORTAL_HINT)


def _download(path: str, name: str) -> str:
    """Return the first step of a hint for an image that is not a local file."""
    return "" if name == f"'{path}'" else "download it to FILE, and "


def _file(path: str, name: str) -> str:
    """Return the argument for a local image; the file of a rejected download no longer exists."""
    return shlex.quote(path) if name == f"'{path}'" else "FILE"


def _check_raw(info: ImageInfo, head: bytes, name: str) -> None:
    if info.is_iso:
        raise FetchError(f"{name} is an ISO image, not a disk image", hint="to install from an ISO image, use --cdrom")
    if not head:
        raise FetchError(f"{name} is empty", hint="use the URL or path of a qcow2 or raw disk image")
    bootable = head[_BOOT_OFFSET:][:2] == _BOOT_SIGNATURE or head[_GPT_OFFSET:].startswith(_GPT)
    if not bootable and not head.startswith(_DASD):
        start = one_line(head[:16].decode("latin-1"))
        raise FetchError(
            f"{name} is not a disk image: it begins with '{start}' and has no qcow2 header or partition table",
            hint="use the URL or path of a qcow2 or raw disk image",
        )
