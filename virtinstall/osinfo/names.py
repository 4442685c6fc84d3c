"""Names of operating systems: their order, their versions, old spellings, and interpretations of unknown names.

Source: osinfo-db's short IDs; the order is that of `virt-install --osinfo list`; code names are those of Debian and
Ubuntu releases.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import groupby

from virtinstall.osinfo.index import Index, System

# names in earlier versions of virt-install
_OLD_NAMES = {
    "vista": "winvista",
    "winxp64": "winxp",
    "fedora_rawhide": "fedora-rawhide",
}

# names of earlier versions of virt-install that no system in the database has; `linux` is the newest generic Linux
_OLD_SYSTEMS = {
    "virtio26": "linux",
    "generic26": "linux",
    "generic24": "generic",
    "debiansid": "debiantesting",
}

# prefixes that people and media use, and those of the database; the first match applies
_BEGINNINGS = {
    "sles15": "sle15",
    "sled15": "sle15",
    "windows20": "win2k",
    "win20": "win2k",
    "windows": "win",
    "rockylinux": "rocky",
    "oraclelinux": "ol",
    "centosstream": "centos-stream",
    "macos10": "macosx10",
}

# the same, if a version follows
_BEFORE_VERSIONS = {
    "alma": "almalinux",
    "leap": "opensuse",
    "opensuse-leap": "opensuse",
    "opensuseleap": "opensuse",
}

# releases that an old database contains neither by number nor by code name
CODE_NAMES = {
    "debianbookworm": "debian12",
    "debiantrixie": "debian13",
    "debianforky": "debian14",
    "ubuntulunar": "ubuntu23.04",
    "ubuntumantic": "ubuntu23.10",
    "ubuntunoble": "ubuntu24.04",
    "ubuntuoracular": "ubuntu24.10",
    "ubuntuplucky": "ubuntu25.04",
    "ubuntuquesting": "ubuntu25.10",
}

Version = tuple[int, ...]


def other_spelling(name: str) -> str | None:
    """Return another spelling of `name` that the database may contain; None if no other spelling is known."""
    if name in _OLD_NAMES:
        return _OLD_NAMES[name]
    return next((new + name[len(old) :] for old, new in _BEGINNINGS.items() if name.startswith(old)), None)


def joined_spelling(name: str) -> str | None:
    """Return `name` in lowercase and without the separator before the version, for example `debian12` for `Debian-12`.

    Some product names are also replaced, for example `alma` by `almalinux`. Return None if nothing changes.
    """
    joined = re.sub(r"[-_ ](?=\d)", "", name.lower())
    line, _ = split_name(joined)
    joined = _BEFORE_VERSIONS.get(line, line) + joined[len(line) :]
    return joined if joined != name else None


def old_system(name: str) -> str | None:
    """Return the current name for a name that only earlier versions of virt-install accepted; None for other names."""
    return _OLD_SYSTEMS.get(name)


def list_order(name: str) -> list[tuple[int, int, str]]:
    """Return a key that sorts names in alphabetical order, but higher numbers first."""
    key = []
    for is_number, letters in groupby(name, str.isdecimal):
        text = "".join(letters)
        key.append((0, -int(text), "") if is_number else (1, 0, text))
    return key


def split_name(name: str) -> tuple[str, Version]:
    """Return the product line and the version in a name.

    For example, `rhel6.10` is split into `rhel` and (6, 10), `sle15sp4` into `sle` and (15, 4), and `gentoo` into
    `gentoo` and ().
    """
    end = len(name)
    version: list[int] = []
    while end and name[end - 1].isdecimal() and name[end - 1].isascii():
        start = end
        while start and name[start - 1].isdecimal() and name[start - 1].isascii():
            start -= 1
        version.insert(0, int(name[start:end]))
        end = start
        joint = next((word for word in (".", "sp", "r") if name[:start].endswith(word)), "")
        before = start - len(joint)
        if not joint or not before or not name[before - 1].isdecimal():
            break
        end = before
    return name[:end], tuple(version)


def line_of(name: str) -> str:
    """Return the product line of a name, for example `debian` for `debian13` and for `debiantrixie`."""
    return split_name(CODE_NAMES.get(name, name))[0]


def version_of(name: str) -> Version:
    """Return the version in a name, such as (13,) for `debian13` or `debiantrixie`; an empty tuple if it has none."""
    return split_name(CODE_NAMES.get(name, name))[1]


def find_system(name: str, index: Index) -> tuple[System, bool] | None:
    """Return the operating system in `index` for `name`, and whether this is exactly the one that `name` denotes.

    A name with only a major version, such as `rhel6`, denotes the newest minor version. If the minor version in `name`
    is newer than all known ones, the newest known minor version is returned. If the major version is newer than all
    known ones or is missing, as in `debian`, the newest operating system of the product line is returned. For any other
    unknown name, None is returned.
    """
    if name in index.by_name:
        return index.by_name[name], True
    line, version = split_name(CODE_NAMES.get(name, name))
    members = _members(line, index)
    if not line or not members:
        return None
    same_major = {known: system for known, system in members.items() if version and known[0] == version[0]}
    if same_major:
        newest = max(same_major)
        if len(version) == 1:
            return same_major[newest], name not in CODE_NAMES
        return (same_major[newest], False) if version > newest else None
    newest = _newest(members)
    return (members[newest], False) if not version or version > newest else None


def _members(line: str, index: Index) -> dict[Version, System]:
    """Return the systems of a line that have a version."""
    found: dict[Version, System] = {}
    for name, system in index.by_name.items():
        if name.startswith(line):
            its_line, version = split_name(name)
            if its_line == line and version:
                found[version] = system
    return found


def _newest(members: dict[Version, System]) -> Version:
    """Return the newest version by date, because numbers do not always grow: Windows 98 and openSUSE 42 are older than
    11 and 15.

    The highest number without a date was not released when the database was created: it is the newest.
    """
    highest = max(members)
    if not members[highest].release_date:
        return highest
    dated = {version: system.release_date for version, system in members.items() if system.release_date}
    return max(dated, key=lambda version: (dated[version], version))


def nearest(name: str, known: Iterable[str]) -> list[str]:
    """Return up to four of the `known` names that are similar to `name`, the most similar first."""
    from virtinstall.similar import similar_names

    return similar_names(name, known, 4)
