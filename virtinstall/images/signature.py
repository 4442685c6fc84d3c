"""Signatures of checksum lists, verified by gpgv(1) with the keyring that a catalog names.

Source: gpgv(1). Of a clear-signed list, only the part that gpgv returns as signed is used.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile

from virtinstall.errors import FetchError
from virtinstall.safe_text import reason_of

_SECONDS = 60


def can_verify(keyring: str) -> bool:
    """Return whether signatures can be verified: `keyring` must be an existing file, and gpgv(1) must be installed."""
    return bool(keyring) and os.path.isfile(keyring) and shutil.which("gpgv") is not None


def verified_text(text: bytes, keyring: str, name: str, signature: bytes | None = None) -> bytes:
    """Verify the signature of a checksum list, and return the signed data.

    `signature` is a detached signature of `text`; if it is None, `text` is a clear-signed message, and only its signed
    part is returned. `keyring` is the path of the keyring; `name` is the name of the list in messages.

    Raises: FetchError, if the signature is missing, invalid, or from a key that is not in the keyring.
    """
    with tempfile.TemporaryDirectory(prefix="virtinst-gpgv-") as folder:
        list_path, output = os.path.join(folder, "list"), os.path.join(folder, "signed")
        _write(list_path, text)
        command = ["gpgv", "--homedir", folder, "--keyring", os.path.abspath(keyring), "--status-fd", "1"]
        if signature is None:
            command += ["--output", output, list_path]
        else:
            _write(os.path.join(folder, "list.sig"), signature)
            command += [os.path.join(folder, "list.sig"), list_path]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
        except subprocess.TimeoutExpired as error:
            raise FetchError(
                f"cannot verify '{name}': gpgv did not finish within {_SECONDS} seconds", hint="run the command again"
            ) from error
        except OSError as error:
            raise FetchError(f"cannot verify '{name}': cannot run gpgv: {reason_of(error)}") from error
        if done.returncode:
            lines = [line for line in done.stderr.splitlines() if line.startswith("gpgv:")]
            reason = lines[-1].removeprefix("gpgv:").strip() if lines else f"gpgv exited with status {done.returncode}"
            if "NO_PUBKEY" in done.stdout:
                raise FetchError(
                    f"cannot verify '{name}': the signing key is not in the keyring '{keyring}'",
                    hint="add the vendor's key to the keyring, or update the package that provides the keyring",
                )
            raise FetchError(
                f"invalid signature for '{name}': {reason}",
                hint="do not use the image: the file may have been modified in transit; "
                "to download the file and its signature again, run the command again",
            )
        if signature is not None:
            return text
        with open(output, "rb") as file:
            return file.read()


def _write(path: str, data: bytes) -> None:
    with open(path, "wb") as file:
        file.write(data)
