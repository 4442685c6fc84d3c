"""Install trees with a `.treeinfo` file: those of the Red Hat family and of newer SUSE releases.

Source: productmd's treeinfo-1.0, 1.1 and 1.2 formats
(https://productmd.readthedocs.io/en/latest/treeinfo-1.2.html); anaconda's boot options, inst.repo
(an installable tree has a .treeinfo, and in it the [stage2] that anaconda starts); the installation
guides of RHEL 5 and 6, method=; linuxrc's install=.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from virtinstall.errors import FetchError
from virtinstall.media.fetcher import clean_path
from virtinstall.media.medium import InstallTree, TreeInfo

if TYPE_CHECKING:
    from collections.abc import Mapping

    from virtinstall.media.probe import Probe

_FILES = (".treeinfo", "treeinfo")
_I386 = ("i386", "i486", "i586", "i686")
_FIRST_INST_REPO = {"fedora": 19, "redhat": 7}


def read_treeinfo(probe: Probe) -> TreeInfo | None:
    """Return the contents of the location's `.treeinfo` or `.discinfo` file; None if there is no valid one."""
    for path in _FILES:
        text = probe.text(path)
        parsed = parse_treeinfo(text) if text else None
        if parsed is not None:
            return parsed
    from virtinstall.media.discinfo import parse_discinfo

    text = probe.text(".discinfo")
    return parse_discinfo(text, probe.location) if text else None


def parse_treeinfo(text: str) -> TreeInfo | None:
    """Return the parsed contents of a `.treeinfo` file; None if the file is invalid.

    `text` is the contents of the file.
    """
    sections = _sections(text)
    general, release, tree = (sections.get(name, {}) for name in ("general", "release", "tree"))
    images = {name.removeprefix("images-"): values for name, values in sections.items() if name.startswith("images-")}
    if not (general or release) and not images:
        return None
    return TreeInfo(
        family=general.get("family") or release.get("name", ""),
        version=general.get("version") or release.get("version", ""),
        arch=general.get("arch") or tree.get("arch", ""),
        variant=general.get("variant", ""),
        images=images,
        stage2=sections.get("stage2", {}).get("mainimage", ""),
        new_format=bool(release),
    )


def _sections(text: str) -> dict[str, dict[str, str]]:
    """Return the keys and values of each section; other lines are ignored.

    configparser would reject the whole file because of one invalid line, and accepts some that cause errors later.
    """
    sections: dict[str, dict[str, str]] = {}
    current: dict[str, str] = {}
    for raw in text.removeprefix("\ufeff").splitlines():
        line = raw.strip()
        if line.startswith("[") and line.endswith("]"):
            current = sections.setdefault(line[1:-1].strip(), {})
        elif "=" in line and line[0] not in "#;":
            key, _, value = line.partition("=")
            current[key.strip().lower()] = value.strip()
    return sections


def tree_from_treeinfo(probe: Probe, info: TreeInfo | None, arch: str, guest_type: str) -> InstallTree | None:
    """Return the install tree that `info` describes; None if `info` is None or describes no tree for the guest.

    If `info` lists no images, the kernel and initrd are looked for at the usual paths. `arch` is libvirt's name for the
    guest's architecture; `guest_type` is `hvm` or `xen`.

    Raises: FetchError, if `info` lists a kernel or initrd outside the location.
    """
    if info is None:
        return None
    images = _images(info, arch, guest_type) or _usual_images(probe, info, arch)
    if images is None:
        return None
    argument = url_argument(info)
    return InstallTree(
        distro=info.family or "treeinfo",
        kernel_path=_path(probe, images["kernel"]),
        initrd_path=_path(probe, images["initrd"]),
        os_names=os_names(info),
        arguments=_arguments(probe, info, argument, images["kernel"]),
    )


def _path(probe: Probe, path: str) -> str:
    try:
        return clean_path(path)
    except FetchError as error:
        raise FetchError(
            f"invalid .treeinfo file in '{probe.location}': {error.message}", hint="use another install tree"
        ) from error


def _arguments(probe: Probe, info: TreeInfo, argument: str | None, kernel: str) -> tuple[str, ...]:
    """Return the kernel arguments with which the installer finds the rest of the tree."""
    url = probe.install_url
    if argument == "install":
        from virtinstall.media.distros.suse import agama_arguments, linuxrc_url, uses_agama

        if uses_agama(probe, info.version):
            return agama_arguments(probe, clean_path(kernel))
        url = linuxrc_url(url) if url else None
    return (f"{argument}={url}",) if argument and url else ()


def url_argument(info: TreeInfo) -> str | None:
    """Return the name of the kernel argument for the install source, such as `inst.repo`; None if it is unknown.

    For an unknown family, the installer is assumed to be anaconda if `info` names a main image or is in productmd's
    format. The argument is then `inst.repo` if `info` is in productmd's format or its main image is in `LiveOS/`;
    otherwise, it is the older `method`.
    """
    family = info.family.lower()
    if "suse" in family:
        return "install"
    kind = "fedora" if family.startswith("fedora") else "redhat"
    if kind == "redhat" and _red_hat_name(family) is None:
        if not info.stage2 and not info.new_format:
            return None
        return "inst.repo" if info.new_format or info.stage2.startswith("LiveOS/") else "method"
    major = re.match(r"\d+", info.version)
    # Rawhide and similar versions are names: they are newer than any number.
    if major is None or int(major[0][:9]) >= _FIRST_INST_REPO[kind]:
        return "inst.repo"
    return "method"


def os_names(info: TreeInfo) -> tuple[str, ...]:
    """Return the osinfo short IDs for the tree, the most specific first.

    The result is an empty tuple if the family or the version is unknown.
    """
    family, version = info.family.lower(), info.version.lower()
    if "suse" in family:
        from virtinstall.media.distros.suse import suse_names

        return suse_names(f"{info.family} {info.version}")
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,30}", version):
        return ()
    if family.startswith("fedora"):
        return (f"fedora{version}" if version[0].isdigit() else f"fedora-{version}", "fedora-unknown")
    name = _red_hat_name(family)
    if name is None:
        return ()
    major, _, rest = version.partition(".")
    minor = rest.partition(".")[0]
    exact = (f"{name}{major}.{minor}",) if minor else ()
    if name == "centos-stream":
        return (f"centos-stream{major}",)
    return (*exact, f"{name}{major}", f"{name}{major}.0", f"{name}{major}-unknown", f"{name}-unknown")


def _images(info: TreeInfo, arch: str, guest_type: str) -> Mapping[str, str] | None:
    """Return the section for the guest's type, for the tree's architecture, or the only one; None if there is none."""
    names = (info.arch, arch, *(_I386 if arch in _I386 else ()))
    wanted = [*(["xen"] if guest_type == "xen" else []), *names]
    others = [name for name in info.images if name != "xen"]
    if len(others) == 1:
        wanted.append(others[0])
    for name in wanted:
        section = info.images.get(name, {})
        if section.get("kernel") and section.get("initrd"):
            return section
    return None


def _usual_images(probe: Probe, info: TreeInfo, arch: str) -> Mapping[str, str] | None:
    """Return the usual places of kernel and initrd in the family, for a `.treeinfo` without images; None if unknown."""
    if info.images:
        return None
    folders = ("images/pxeboot", *(("ppc/ppc64",) if arch.startswith("ppc64") else ()))
    pairs = [(f"{folder}/vmlinuz", f"{folder}/initrd.img") for folder in folders]
    if arch == "s390x":
        pairs.append(("images/kernel.img", "images/initrd.img"))
    pair = probe.first_pair(pairs)
    return {"kernel": pair[0], "initrd": pair[1]} if pair else None


def _red_hat_name(family: str) -> str | None:
    """Return the family's name in osinfo's short IDs if it is similar to Red Hat Enterprise Linux; None otherwise."""
    table = (
        ("red hat enterprise linux", "rhel"),
        ("centos stream", "centos-stream"),
        ("centos", "centos"),
        ("rocky", "rocky"),
        ("almalinux", "almalinux"),
        ("oracle linux", "ol"),
        ("enterprise linux", "oel"),
        ("asianux", "asianux"),
        ("scientific", "scientificlinux"),
        ("circle", "circle"),
        ("miracle", "miraclelinux"),
        ("eurolinux", "eurolinux"),
        ("navy", "navylinux"),
    )
    return next((name for start, name in table if family.startswith(start)), None)
