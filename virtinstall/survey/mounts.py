"""The file systems that are mounted on this machine.

Source: proc(5), /proc/self/mounts; fstab(5) for the escapes of spaces.
"""

from __future__ import annotations

from pathlib import Path


def mounts(table: Path = Path("/proc/self/mounts")) -> tuple[tuple[str, str], ...]:
    """Return the mount point and the file system type of each mount, in the order of the file `table`.

    The result is empty if the file does not exist.
    """
    if not table.exists():
        return ()
    found = []
    for line in table.read_text(errors="surrogateescape").splitlines():
        fields = line.split(" ")
        found.append((_unescaped(fields[1]), fields[2]))
    return tuple(found)


def _unescaped(text: str) -> str:
    for code, character in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        text = text.replace(code, character)
    return text
