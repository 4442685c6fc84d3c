"""`--connect embed`: libvirt's QEMU driver inside this process, without a daemon.

The driver stores all its files in one directory, requires libvirt's event loop, and does not support storage pools or
virtual networks. Source: https://libvirt.org/drvqemu.html#connections-to-the-embedded-driver
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from virtinstall.errors import HypervisorError, StorageError
from virtinstall.safe_text import reason_of

QEMU_USER = "libvirt-qemu"
SOCKET_DIRECTORY = "s"
"""The directory, below the driver's directory, for sockets whose usual paths would be too long."""
_FOR_ROOT = "/var/lib/virtinstall/embed"
_CONF_LINES = '# without it QEMU\'s output needs a running virtlogd\nstdio_handler = "file"\n'


def embed_root(environ: Mapping[str, str], uid: int) -> str:
    """Return the default directory of the embedded driver: `virtinstall` in the user's data directory.

    `environ` contains the environment variables, and `uid` is the numeric user ID. For root without XDG_DATA_HOME, the
    directory is /var/lib/virtinstall/embed, because the user that QEMU runs as cannot access root's home directory.
    """
    data = environ.get("XDG_DATA_HOME")
    if not data and uid == 0:
        return _FOR_ROOT
    return os.path.join(data or os.path.join(environ.get("HOME") or "/", ".local/share"), "virtinstall")


def embed_uri(root: str) -> str:
    """Return the URI that opens the embedded driver in the directory `root`."""
    from urllib.parse import quote

    return f"qemu:///embed?root={quote(root)}"


def root_of(uri: str) -> str | None:
    """Return the directory in a URI of the embedded driver; None for other URIs, and for a URI without a directory."""
    if "/embed" not in uri:
        return None
    from urllib.parse import parse_qs, urlsplit

    try:
        parts = urlsplit(uri)
    except ValueError:
        return None  # libvirt reports what is wrong with it
    if parts.scheme != "qemu" or parts.path != "/embed":
        return None
    return next(iter(parse_qs(parts.query).get("root", ())), None)


def log_environment(root: str) -> dict[str, str]:
    """Return environment variables with which libvirt writes its log to a file below `root` instead of standard error.

    libvirt's child processes do not write to this file. They print only errors, to standard error
    (https://libvirt.org/logging.html).
    """
    outputs = {"LIBVIRT_LOG_OUTPUTS": f"3:file:{root}/log/libvirt.log"}
    return outputs | {"LIBVIRT_DEBUG": "4", "LIBVIRT_LOG_FILTERS": "3:*"}


def prepare(root: str) -> None:
    """Create the directories and the configuration file below `root` that the embedded driver needs.

    If this process runs as root, also check that the user that QEMU runs as can access `root`.

    Raises: StorageError, if a file or directory cannot be created or accessed; HypervisorError, if the user that QEMU
    runs as does not exist.
    """
    from pathlib import Path

    try:
        for name in ("etc", "log", "images", "boot", SOCKET_DIRECTORY):
            Path(root, name).mkdir(parents=True, exist_ok=True, mode=0o755)
        conf = Path(root, "etc", "qemu.conf")
        text = conf.read_text() if conf.exists() else ""
        if "stdio_handler" not in text:
            conf.write_text(text + _CONF_LINES)
    except OSError as error:
        raise StorageError(
            f"cannot prepare the directory '{root}' for the embedded driver: {reason_of(error)}",
            hint=_other_directory(root),
        ) from None
    if os.geteuid() == 0:
        _require_access(root)


def _other_directory(root: str) -> str:
    """Return the hint to use a directory other than `root`; only root can use root's default directory."""
    other = _FOR_ROOT if os.geteuid() == 0 and root != _FOR_ROOT else "DIRECTORY"
    return f'use another directory: --connect "qemu:///embed?root={other}"'


def _require_access(root: str) -> None:
    """Check that the user that QEMU runs as can enter `root` and every directory above it."""
    from virtinstall.storage.access import find_blocked
    from virtinstall.storage.qemu_account import QemuUser, find_account

    account = find_account(QemuUser(QEMU_USER, None))
    if account is None:
        raise HypervisorError(
            f"no such user: '{QEMU_USER}'; libvirt runs QEMU as this user",
            hint="install libvirt's QEMU driver with: apt install libvirt-daemon-system",
        )
    blocked = find_blocked(f"{root}/images", account, write=False, owner_is_given=True)
    if blocked:
        raise StorageError(
            f"QEMU runs as the user '{QEMU_USER}', who cannot access '{blocked[0].path}'",
            hint=f"run `{' && '.join(found.command for found in blocked)}`, or {_other_directory(root)}",
        )
