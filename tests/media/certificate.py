"""A certificate for 127.0.0.1, for tests of HTTPS."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """Create a self-signed certificate and its key; skip the test if openssl is not installed."""
    if not shutil.which("openssl"):
        pytest.skip("openssl creates the test certificate")
    certificate, key = folder / "cert.pem", folder / "key.pem"
    options = "-x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=test -addext subjectAltName=IP:127.0.0.1"
    command = ["openssl", "req", *options.split(), "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    return certificate, key
