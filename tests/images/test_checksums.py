"""Checksum lists in the formats that vendors use."""

from __future__ import annotations

import base64
import json

import pytest

from virtinstall.images.checksums import find_digest, list_names

SHA256, SHA512, OTHER = "ab" * 32, "cd" * 64, "12" * 32
SIGNED = """-----BEGIN PGP SIGNED MESSAGE-----
Hash: SHA256

{text}
- -dashed line
-----BEGIN PGP SIGNATURE-----

iQIzBAEBCAAdFiEE
-----END PGP SIGNATURE-----
"""


@pytest.mark.parametrize(
    "text",
    [
        f"{OTHER}  other.qcow2\n{SHA256}  disk.qcow2\n",
        f"{OTHER} *other.qcow2\n{SHA256} *disk.qcow2\n",
        f"{SHA256.upper()}  disk.qcow2\r\n{OTHER}  xdisk.qcow2\r\n",
        f"{SHA256}  ./images/disk.qcow2\n{OTHER}  disk.qcow2.xz\n",
        f"# disk.qcow2: 123 bytes\nSHA256 (disk.qcow2) = {SHA256}\nSHA256 (other.qcow2) = {OTHER}\n",
        f"MD5 (disk.qcow2) = {'0' * 32}\nSHA256 (disk.qcow2) = {SHA256}\n",
        f"{SHA256}\n",
        f"SHA256: {SHA256}\n",
        f"\ufeff{SHA256}  disk.qcow2\n",
        SIGNED.format(text=f"SHA256 (disk.qcow2) = {SHA256}"),
        SIGNED.format(text=f"{SHA256}  disk.qcow2"),
    ],
)
def test_digest_is_found_in_every_format(text: str) -> None:
    """Examples are GNU, BSD, a single line, a clear-signed list, CRLF line ends, and paths with directories."""
    found = find_digest(text, "disk.qcow2")
    assert found is not None
    assert str(found) == f"sha256:{SHA256}"


def test_strongest_algorithm_is_chosen() -> None:
    """A list may have several digests of one file."""
    found = find_digest(f"SHA512 (a) = {SHA512}\nSHA256 (a) = {SHA256}\n", "a")
    assert found is not None
    assert found.algorithm == "sha512"


def test_digest_in_debian_json_is_found() -> None:
    """cloud.debian.org publishes a JSON document for each image, with Base64 without padding."""
    encoded = base64.b64encode(bytes.fromhex(SHA512)).decode().rstrip("=")
    document = {"items": [{"metadata": {"annotations": {"cloud.debian.org/digest": f"sha512:{encoded}"}}}]}
    found = find_digest(json.dumps(document), "debian-12.qcow2")
    assert found is not None
    assert str(found) == f"sha512:{SHA512}"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<!DOCTYPE html><html></html>",
        f"{SHA256}  other.qcow2\n",
        f"{'a' * 32}  disk.qcow2\n",
        f"{'a' * 40}  disk.qcow2\n",
        f"{'g' * 64}  disk.qcow2\n",
        f"{SHA256}\n{OTHER}\n",
        "[]",
        "{",
        '{"items": [1]}',
        '{"items": {"metadata": 3}}',
    ],
)
def test_unsuitable_lists_have_no_digest(text: str) -> None:
    """Examples are another file's digest, a weak or ambiguous one, and a web page."""
    assert find_digest(text, "disk.qcow2") is None


def test_unsigned_part_of_a_signed_list_is_ignored() -> None:
    """Text before and after the signed message is not part of it."""
    text = SIGNED.format(text=f"{OTHER}  other.qcow2") + f"{SHA256}  disk.qcow2\n"
    assert find_digest(text, "disk.qcow2") is None


def test_list_contains_the_names_of_its_directory() -> None:
    """The list serves as an index of the directory."""
    assert list_names(f"{SHA256}  a.qcow2\nSHA256 (b.qcow2) = {OTHER}\n# c\n") == ["a.qcow2", "b.qcow2"]
