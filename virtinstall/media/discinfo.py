"""Install trees with `.discinfo` instead of `.treeinfo`: RHEL up to 5.0, CentOS up to 5.3 and Fedora up to 8.

The lines of the file are a time stamp, the release, the architecture, the disc numbers, and the package directories.

Source: anaconda's makestamp, as in the trees at vault.centos.org and archives.fedoraproject.org.
"""

from __future__ import annotations

import re

from virtinstall.media.medium import TreeInfo

_RELEASE = re.compile(
    r"(Fedora(?: Core)?|Red Hat Enterprise Linux|CentOS|Scientific Linux)\D{0,30}?(\d{1,2}(?:\.\d{1,2})?)\b"
)
# CentOS calls each release "Final": its folders and its mirrors' addresses are more precise
_CENTOS = re.compile(r"/(\d(?:\.\d{1,2})?)/os/")


def parse_discinfo(text: str, location: str) -> TreeInfo | None:
    """Return the information in a `.discinfo` file; None if the file is invalid or its release is not supported.

    `text` is the contents of the file. `location` is the path or URL of the tree; the version of CentOS is read from
    it.
    """
    lines = [line.strip() for line in text.splitlines()[:8]]
    if len(lines) < 3:
        return None
    arch = lines[2]
    if release := _RELEASE.match(lines[1]):
        return TreeInfo(family=release[1].removesuffix(" Core"), version=release[2], arch=arch)
    if any(line.startswith("CentOS/") for line in lines[3:]):
        found = _CENTOS.search(f"{location}/")
        return TreeInfo(family="CentOS", version=found[1] if found else "4", arch=arch)
    return None
