"""The SSH host key of a new guest: created here and passed in its seed, so that the first connection can be verified.

Source: https://docs.cloud-init.io/en/latest/reference/modules.html#ssh (ssh_keys); ssh-keygen(1).
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from typing import TYPE_CHECKING

from virtinstall.record import Record, field

if TYPE_CHECKING:
    from collections.abc import Mapping

_SECONDS = 20


class HostKey(Record):
    """An SSH host key: the public and the private key in OpenSSH's formats."""

    public: str
    private: str = field(secret=True)

    def cloud_config(self) -> dict[str, str]:
        """Return the key as the value of `ssh_keys` in a cloud-init configuration."""
        return {"ed25519_private": self.private, "ed25519_public": self.public}


def new_host_key(environ: Mapping[str, str]) -> HostKey | None:
    """Return a new Ed25519 key; None if ssh-keygen is not installed or fails.

    `environ` contains the environment variables; XDG_RUNTIME_DIR specifies the directory for temporary files.
    """
    # preferred to /tmp: a directory in memory that only this user can read, if there is one
    runtime = environ.get("XDG_RUNTIME_DIR") or "/run"
    with tempfile.TemporaryDirectory(dir=runtime if os.access(runtime, os.W_OK) else None) as folder:
        path = os.path.join(folder, "key")
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "virtinstall", "-f", path]
        try:
            subprocess.run(command, check=True, stdin=subprocess.DEVNULL, capture_output=True, timeout=_SECONDS)
            with open(path, encoding="ascii") as private, open(f"{path}.pub", encoding="ascii") as public:
                kind, key, *_ = public.read().split()
                return HostKey(public=f"{kind} {key}", private=private.read())
        except (OSError, ValueError, subprocess.SubprocessError):
            return None
