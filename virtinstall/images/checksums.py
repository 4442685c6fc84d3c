"""Checksum lists as vendors publish them: in GNU or BSD format, as a single digest, or as Debian's JSON.

The lists may be clear-signed.

Source: coreutils' sha256sum(1) (`HEX  name`, `HEX *name`, `\\` before an escaped name), OpenSSL's and BSD's
`SHA256 (name) = HEX`, RFC 9580 section 7 (cleartext signature framework, dash escapes).
"""

from __future__ import annotations

import re
from typing import Any

from virtinstall.images.digest import Digest, digest_by_length, digest_of, strongest
from virtinstall.json_loader import parse_json

_BSD = re.compile(r"^(SHA-?\d+)\s*\((.+)\)\s*=\s*([0-9A-Fa-f]+)$", re.IGNORECASE)
_GNU = re.compile(r"^(\\?)([0-9A-Fa-f]{64,128})(?: [ *]|\s+)(.+)$")
_BARE = re.compile(r"^(?:(SHA-?\d+)\s*[:=]\s*)?([0-9A-Fa-f]{64,128})$", re.IGNORECASE)
_SIGNED = "-----BEGIN PGP SIGNED MESSAGE-----"
_SIGNATURE = "-----BEGIN PGP SIGNATURE-----"
_DEBIAN_DIGEST = "cloud.debian.org/digest"


def find_digest(text: str, name: str) -> Digest | None:
    """Return the strongest digest for the file `name` in a checksum list; None if the list contains no digest for it.

    `text` is the contents of the list. A list that consists of a single digest without a file name applies to any file.
    """
    text = without_signature(text)
    if text.lstrip().startswith(("{", "[")):
        return _from_json(text)
    named: list[Digest] = []
    bare: list[Digest] = []
    for line in text.splitlines():
        line = line.strip("\ufeff\r ")
        if line.startswith("#"):
            continue
        entry = _named_entry(line)
        if entry is not None:
            if entry[1] is not None and _same_file(entry[0], name):
                named.append(entry[1])
        elif match := _BARE.match(line):
            found = digest_of(match[1], match[2]) if match[1] else digest_by_length(match[2])
            bare.extend([found] if found is not None else [])
    if named:
        return strongest(named)
    return bare[0] if len(bare) == 1 else None


def list_names(text: str) -> list[str]:
    """Return the file names in a checksum list in GNU or BSD format, in order and without duplicates."""
    entries = (_named_entry(line.strip("\ufeff\r ")) for line in without_signature(text).splitlines())
    return list(dict.fromkeys(entry[0] for entry in entries if entry is not None))


def is_signed(text: str) -> bool:
    """Return whether `text` is a clear-signed message."""
    return text.lstrip("\ufeff\r\n ").startswith(_SIGNED)


def without_signature(text: str) -> str:
    """Return the signed part of a clear-signed message, without dash escapes; return any other `text` unchanged."""
    if not is_signed(text):
        return text
    _, _, rest = text.partition(_SIGNED)
    lines = rest.splitlines()[1:]
    # the armor headers (Hash: SHA256) end with an empty line
    start = next((number + 1 for number, line in enumerate(lines) if not line.strip()), 0)
    kept = []
    for line in lines[start:]:
        if line.startswith(_SIGNATURE):
            break
        kept.append(line.removeprefix("- "))
    return "\n".join(kept) + "\n"


def _named_entry(line: str) -> tuple[str, Digest | None] | None:
    """Return the file name and the digest in a line; the digest is None if its algorithm is not secure."""
    if match := _BSD.match(line):
        return match[2], digest_of(match[1], match[3])
    if match := _GNU.match(line):
        name = match[3]
        if match[1]:
            name = name.replace("\\n", "\n").replace("\\r", "\r").replace("\\\\", "\\")
        return name, digest_by_length(match[2])
    return None


def _same_file(listed: str, name: str) -> bool:
    return listed == name or listed.rpartition("/")[2] == name


def _from_json(text: str) -> Digest | None:
    """Return the digest in the JSON that Debian publishes for each image."""
    try:
        document = parse_json(text)
    except ValueError:
        return None
    found: list[Digest] = []
    items = document.get("items", []) if isinstance(document, dict) else []
    for item in items if isinstance(items, list) else []:
        annotations = _at(item, "metadata", "annotations")
        value = annotations.get(_DEBIAN_DIGEST) if isinstance(annotations, dict) else None
        if isinstance(value, str):
            algorithm, _, encoded = value.partition(":")
            digest = digest_of(algorithm, encoded)
            found.extend([digest] if digest is not None else [])
    return strongest(found) if len(set(found)) == 1 else None


def _at(value: Any, *keys: str) -> Any:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value
