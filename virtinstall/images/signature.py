"""Signatures of checksum lists, verified by gpgv(1) with the keyring that a catalog names.

Source: gpgv(1). Of a clear-signed list, only the part that gpgv returns as signed is used.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile

from virtinstall.errors import FetchError

_SECONDS = 60


def can_verify(keyring: str) -> bool:
    """Return whether the keyring and gpgv(1) exist."""
    return bool(keyring) and os.path.isfile(keyring) and shutil.which("gpgv") is not None


def verified_text(text: bytes, keyring: str, name: str, signature: bytes | None = None) -> bytes:
    """Return the signed part of a clear-signed text; with a valid detached `signature`, return `text`.

    `name` is the name of the list for messages; `signature` is None if `text` contains the signature.

    Raises: FetchError, if the signature is missing, invalid or by a key that is not in the keyring.
    """
    with tempfile.TemporaryDirectory(prefix="virtinst-gpgv-") as folder:
        list_path, output = os.path.join(folder, "list"), os.path.join(folder, "signed")
        _write(list_path, text)
        command = ["gpgv", "--homedir", folder, "--keyring", os.path.abspath(keyring)]
        if signature is None:
            command += ["--output", output, list_path]
        else:
            _write(os.path.join(folder, "list.sig"), signature)
            command += [os.path.join(folder, "list.sig"), list_path]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise FetchError(f"cannot run gpgv to verify {name}: {error}") from error
        if done.returncode:
            lines = [line for line in done.stderr.splitlines() if line.startswith("gpgv:")]
            reason = lines[-1].removeprefix("gpgv:").strip() if lines else f"gpgv exited with status {done.returncode}"
            raise FetchError(
                f"the signature of {name} is not valid: {reason}",
                hint=f"check the keyring '{keyring}'; the list may have been modified in transit",
            )
        if signature is not None:
            return text
        with open(output, "rb") as file:
            return file.read()


def _write(path: str, data: bytes) -> None:
    with open(path, "wb") as file:
        file.write(data)
