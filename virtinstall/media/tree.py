"""`--location`: the recognition of an install medium, and the kernel and initrd that start its installer.

Each family of distributions has a recognizer (treeinfo.py and distros/); boot loader configurations and well-known
paths are used for all other media.

Source: virt-install(1), --location; the layouts are cited where they are used.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from virtinstall.errors import FetchError, RequestError
from virtinstall.media.fetcher import clean_path, no_such_file
from virtinstall.media.medium import Identified, Identify, InstallTree, Medium
from virtinstall.media.probe import Probe

if TYPE_CHECKING:
    from virtinstall.media.fetcher import Fetcher
    from virtinstall.media.medium import TreeInfo

_MOST_LISTED = 8
_ARCHES = ("x86_64", "aarch64", "i686", "ppc64le", "s390x")
# folders of trees on mirrors, below the folder that users specify: RHEL 8 and later, Fedora, CentOS to 7, Scientific
# Linux, openSUSE
_BELOW = ("BaseOS/{}/os", "Server/{}/os", "Everything/{}/os", "os/{}", "{}/os", "{}", "os", "repo/oss")


def recognize(fetcher: Fetcher, *, arch: str, guest_type: str = "hvm", identify: Identify | None = None) -> InstallTree:
    """Find the files that start the installer at the fetcher's location, and return their paths and properties.

    `arch` is libvirt's name for the guest's architecture; `guest_type` is `hvm`, or `xen` for a paravirtual guest.
    `identify` is called at most once, to look up the medium in an OS database; None skips the lookup.

    Raises: FetchError, if the location cannot be read or does not contain a known install medium.
    """
    from virtinstall.media.distros import bootconfig, debian, others
    from virtinstall.media.treeinfo import read_treeinfo, tree_from_treeinfo

    probe = Probe(fetcher)
    treeinfo = read_treeinfo(probe)
    medium = Medium(fetcher.volume, treeinfo)
    known = identify(medium) if identify and (medium.volume or treeinfo) else None
    tree = (
        tree_from_treeinfo(probe, treeinfo, arch, guest_type)
        or _of_family(probe, arch, guest_type)
        or _from_database(probe, known)
        or bootconfig.recognize(probe)
        or others.recognize_by_path(probe, arch)
    )
    if tree is None:
        raise _unknown(probe, treeinfo, arch)
    names = tree.os_names or debian.names_of(probe.text(".disk/info") or "")
    names = names or (() if medium.volume else debian.names_of_archive(probe.location))
    if known is not None:
        names = (known.os_name, *names)
    return replace(tree, os_names=tuple(dict.fromkeys(names)), treeinfo=treeinfo, volume=fetcher.volume)


def chosen_manually(fetcher: Fetcher, kernel: str | None, initrd: str | None) -> InstallTree:
    """Return the install tree for the files that `--location LOCATION,kernel=...,initrd=...` specifies.

    Raises: RequestError, if `kernel` or `initrd` is missing; FetchError, if the location does not contain one of these
    files.
    """
    if not kernel or not initrd:
        raise RequestError(
            "--location kernel= and initrd= must be used together",
            hint="use --location LOCATION,kernel=PATH,initrd=PATH",
        )
    for path in (kernel, initrd):
        if not fetcher.exists(path):
            hint = "specify kernel= and initrd= as paths relative to the install location"
            raise no_such_file(fetcher.location, path, in_image=fetcher.volume is not None, hint=hint)
    return InstallTree("manual", clean_path(kernel), clean_path(initrd), volume=fetcher.volume)


def _of_family(probe: Probe, arch: str, guest_type: str) -> InstallTree | None:
    from virtinstall.media.distros import debian, others, suse

    return (
        debian.recognize(probe, arch, guest_type)
        or suse.recognize(probe, arch, guest_type)
        or others.recognize(probe, arch)
    )


def _from_database(probe: Probe, known: Identified | None) -> InstallTree | None:
    from virtinstall.media.distros.bootconfig import menu_arguments

    if known is None or not known.kernel_path or not known.initrd_path:
        return None
    pair = probe.first_pair([(known.kernel_path, known.initrd_path)])
    if pair is None:
        return None
    # use all arguments of the menu: NixOS's kernel needs its init
    return InstallTree(known.os_name, *pair, arguments=menu_arguments(probe, pair[0]))


def _unknown(probe: Probe, treeinfo: TreeInfo | None, arch: str) -> FetchError:
    paths = probe.looked_for
    shown = ", ".join(paths[:_MOST_LISTED])
    more = f" and {len(paths) - _MOST_LISTED} more paths" if len(paths) > _MOST_LISTED else ""
    hint = "for an unknown Linux distribution, specify the files with: --location LOCATION,kernel=PATH,initrd=PATH"
    start = _location_hint(probe, treeinfo, arch)
    return FetchError(
        f"no installable distribution found at '{probe.location}': looked for {shown}{more}",
        hint=f"{start}; or, {hint}",
    )


def _location_hint(probe: Probe, treeinfo: TreeInfo | None, arch: str) -> str:
    """Return the hint for a location that does not start an installer."""
    # if nothing was found, no further queries are needed
    others = _ARCHES if probe.found else ()
    if other := next((each for each in others if each != arch and _of_family(probe, each, "hvm")), None):
        return f"the install tree is for {other}, not for {arch}: use --arch {other}"
    if probe.volume is not None:
        return "for other operating systems, such as Windows or BSD, use --cdrom"
    if treeinfo is not None:
        return (
            "the .treeinfo file lists no kernel: instead of a package repository, use an install tree, for example "
            "BaseOS/x86_64/os/"
        )
    from virtinstall.media.distros.debian import names_of_archive

    if any(name.startswith("ubuntu") for name in names_of_archive(probe.location)):
        return "newer Ubuntu releases have no install tree: use the server ISO image"
    folders = (each.format({"i686": "i386"}.get(arch, arch)) for each in _BELOW)
    below = next((folder for folder in folders if probe.has(f"{folder}/.treeinfo")), None)
    location = f"{probe.location.rstrip('/')}/{below}/"
    return f"use the install tree {location}" if below else "use the top directory of the install tree"
