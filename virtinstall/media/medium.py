"""An install medium: what it says of itself, what the OS database knows of it, what starts its installer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from virtinstall.media.fetcher import VolumeIds


@dataclass(frozen=True)
class TreeInfo:
    """The words of a `.treeinfo`: what osinfo-db's `<treeinfo>` rules compare, and the images by section.

    `stage2` is the image that anaconda's kernel starts; `new_format`: productmd wrote it, not its forerunners.
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
    """What starts the installer of an install medium.

    Paths are relative to the location. `os_names` are osinfo short ids as the medium itself says,
    the most exact first; some may not be in the installed OS database. `arguments` are what the
    installer's kernel must be given to find its packages.
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
        """The most exact osinfo short id, or None where the medium doesn't say."""
        return self.os_names[0] if self.os_names else None


@dataclass(frozen=True)
class Medium:
    """What an OS database can tell an OS by: the identifiers of an image, the words of a tree."""

    volume: VolumeIds | None
    treeinfo: TreeInfo | None


@dataclass(frozen=True)
class Identified:
    """What an OS database knows of a medium: short id, and where kernel and initrd are, if it says."""

    os_name: str
    kernel_path: str | None = None
    initrd_path: str | None = None


Identify = Callable[[Medium], "Identified | None"]
