"""An install medium: its description, its identification by the OS database, and the files that start its
installer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from virtinstall.media.fetcher import VolumeIds


@dataclass(frozen=True)
class TreeInfo:
    """The contents of a `.treeinfo`: the texts that osinfo-db's `<treeinfo>` rules compare, and the images by section.

    `stage2` is the image that anaconda's kernel starts. `new_format`: productmd wrote the file, not a predecessor.
    """

    family: str
    version: str
    arch: str
    variant: str = ""
    images: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    stage2: str = ""
    new_format: bool = False


@dataclass(frozen=True)
class InstallTree:
    """The files that start the installer of an install medium.

    Paths are relative to the location. `os_names` are osinfo short IDs derived from the medium, the most exact first;
    some may be missing in the installed OS database. `arguments` are the kernel arguments with which the installer
    finds its packages.
    """

    distro: str
    kernel_path: str
    initrd_path: str
    os_names: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    treeinfo: TreeInfo | None = None
    volume: VolumeIds | None = None

    @property
    def os_name(self) -> str | None:
        """The most exact osinfo short ID; None if the medium does not contain one."""
        return self.os_names[0] if self.os_names else None


@dataclass(frozen=True)
class Medium:
    """The input of OS detection: the identifiers of an image and the texts of a tree; None for missing ones."""

    volume: VolumeIds | None
    treeinfo: TreeInfo | None


@dataclass(frozen=True)
class Identified:
    """The result of OS detection: the short ID, and the paths of kernel and initrd if the database contains them."""

    os_name: str
    kernel_path: str | None = None
    initrd_path: str | None = None


Identify = Callable[[Medium], "Identified | None"]
