"""An install medium: its description, its identification by the OS database, and the files that start its
installer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from virtinstall.media.fetcher import VolumeIds


@dataclass(frozen=True)
class TreeInfo:
    """The contents of a `.treeinfo` or `.discinfo` file.

    The `<treeinfo>` rules in osinfo-db are compared with the strings `family`, `version`, `arch` and `variant`.
    `images` maps the name of each image section, such as `x86_64`, to a mapping from the names of its images, such as
    `kernel`, to their paths. `stage2` is the path of anaconda's main image, or an empty string. `new_format` is true if
    the file has the format of productmd.
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

    `distro` is the name of the distribution family, or of the method that found the files, such as `boot menu`. Paths
    are relative to the location. `os_names` are osinfo short IDs derived from the medium, the most specific first; the
    installed OS database may not contain all of them. `arguments` are the kernel arguments with which the installer
    finds its packages. `treeinfo` is None if the medium has no `.treeinfo` or `.discinfo` file; `volume` is None if the
    medium is not an ISO image.
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
        """The most specific osinfo short ID; None if `os_names` is empty."""
        return self.os_names[0] if self.os_names else None


@dataclass(frozen=True)
class Medium:
    """The input of OS detection: an ISO image's identifiers and a tree's `.treeinfo` contents, each None if missing."""

    volume: VolumeIds | None
    treeinfo: TreeInfo | None


@dataclass(frozen=True)
class Identified:
    """The result of OS detection.

    `os_name` is the osinfo short ID. `kernel_path` and `initrd_path` are relative to the location, or None if unknown.
    """

    os_name: str
    kernel_path: str | None = None
    initrd_path: str | None = None


Identify = Callable[[Medium], "Identified | None"]
