"""Recognition of install media from their published files."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from tests.media.isofiles import build_iso
from tests.media.layouts import LAYOUTS
from tests.media.menus import MENUS
from tests.media.trees import TREES, treeinfo
from virtinstall.errors import FetchError, RequestError
from virtinstall.media.fetcher import Target, VolumeIds
from virtinstall.media.location import open_location
from virtinstall.media.medium import Identified, InstallTree, Medium
from virtinstall.media.tree import chosen_manually, recognize
from virtinstall.progress import Progress

COUNT = int(os.environ.get("VIRTINSTALL_FUZZ", "2000"))
URL = "http://127.0.0.1/dir/"


class DictFetcher:
    """A tree held in a dict."""

    def __init__(self, files: dict[str, str], url: str | None = URL, volume: VolumeIds | None = None) -> None:
        self.files = files
        self.location = url or "/media/x.iso"
        self.install_url = url
        self.volume = volume

    def exists(self, path: str) -> bool:
        """Return whether the dict has it."""
        return path in self.files

    def read_text(self, path: str, limit: int = 1000000) -> str:
        """Return the text."""
        return self.files[path][:limit]

    def size(self, path: str) -> int | None:
        """Return its length."""
        return len(self.files[path])

    def download(self, path: str, target_file: Target, progress: Progress) -> int:
        """Write the text."""
        data = self.files[path].encode()
        target_file.write(data)
        return len(data)

    def close(self) -> None:
        """Do nothing: no file is open."""


def disc(volume_id: str) -> VolumeIds:
    """Return the identifiers of a test disc."""
    return VolumeIds(volume_id, "LINUX", "", "", 700_000_000)


def recognized(name: str, **options: str) -> InstallTree:
    """Return the tree of the given name as it is recognized over HTTP."""
    url = f"http://127.0.0.1/{name}/"
    return recognize(DictFetcher(TREES[name], url), **{"arch": "x86_64", **options})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "os_name", "argument"),
    [
        ("fedora17", "fedora17", "method"),
        ("fedora39", "fedora39", "inst.repo"),
        ("fedora-rawhide", "fedora-rawhide", "inst.repo"),
        ("rhel5", "rhel5.8", "method"),
        ("rhel6", "rhel6.0", "method"),
        ("rhel7", "rhel7.9", "inst.repo"),
        ("rhel9", "rhel9.2", "inst.repo"),
        ("centos6", "centos6.10", "method"),
        ("centos7", "centos7", "inst.repo"),
        ("centos-stream9", "centos-stream9", "inst.repo"),
        ("rocky9", "rocky9.0", "inst.repo"),
        ("almalinux9", "almalinux9.3", "inst.repo"),
        ("ol8", "ol8.5", "inst.repo"),
        ("scientific6", "scientificlinux6.9", "method"),
        ("unknown-treeinfo", None, None),
    ],
)
def test_treeinfo_tree_is_recognized(name: str, os_name: str | None, argument: str | None) -> None:
    """The argument depends on the version of the installer."""
    tree = recognized(name)
    assert (tree.kernel_path, tree.initrd_path) == ("images/pxeboot/vmlinuz", "images/pxeboot/initrd.img")
    assert tree.os_name == os_name
    assert tree.arguments == ((f"{argument}=http://127.0.0.1/{name}/",) if argument else ())


@pytest.mark.parametrize(
    ("name", "os_name", "kernel"),
    [
        ("dists/bookworm/main/installer-amd64", "debian12", "netboot/debian-installer/amd64/linux"),
        ("debian-daily", "debiantesting", "daily/netboot/debian-installer/amd64/linux"),
        ("debian-mirror", "debian12", "netboot/debian-installer/amd64/linux"),
        ("debian-cd", "debian12", "install.amd/vmlinuz"),
        ("debian-live", "debian12", "live/vmlinuz-6.1.0-18-amd64"),
        ("dists/focal/main/installer-amd64", "ubuntu20.04", "netboot/ubuntu-installer/amd64/linux"),
        ("dists/bionic/main/installer-amd64", "ubuntu18.04", "netboot/ubuntu-installer/amd64/linux"),
        ("ubuntu-live-server", "ubuntu22.04", "casper/vmlinuz"),
        ("ubuntu-server-classic", "ubuntu18.04", "install/netboot/ubuntu-installer/amd64/linux"),
        ("mageia7", "mageia7", "isolinux/x86_64/vmlinuz"),
        ("mageia-classic-iso", "mageia7", "boot/vmlinuz"),
        ("mandriva2010", "mandriva2010.2", "isolinux/alt0/vmlinuz"),
        ("alt9", "alt9.1", "syslinux/alt0/vmlinuz"),
        ("archlinux", "archlinux", "arch/boot/x86_64/vmlinuz-linux"),
        ("alpine-virt", "alpinelinux3.16", "boot/vmlinuz-virt"),
        ("generic-isolinux", None, "isolinux/vmlinuz-6.6"),
        ("generic-grub", None, "sys/bzImage"),
        ("grub-goes-on", None, "sys/vmlinuz"),
        ("slackware", None, "kernels/huge.s/bzImage"),
        ("nixos", None, "boot/nix/store/aa-linux/bzImage"),
        ("generic-paths", None, "isolinux/vmlinuz"),
        ("no-treeinfo-redhat", None, "images/pxeboot/vmlinuz"),
    ],
)
def test_tree_of_another_family_is_recognized(name: str, os_name: str | None, kernel: str) -> None:
    """The result is the OS, the kernel, and an initrd that exists."""
    tree = recognized(name)
    assert tree.os_name == os_name
    assert tree.kernel_path.endswith(kernel)
    assert tree.initrd_path in TREES[name]


@pytest.mark.parametrize(
    "name", ["opensuse11.4", "sles11sp3", "sles12sp5", "sle15sp4", "opensuse15.4", "opensusetumbleweed"]
)
def test_suse_tree_is_recognized(name: str) -> None:
    """SUSE's media name the product in different ways."""
    tree = recognized(name)
    assert tree.os_name == name
    assert tree.kernel_path == "boot/x86_64/loader/linux"
    assert tree.arguments == (f"install=http://127.0.0.1/{name}/",)


def test_agama_gets_the_place_of_its_live_image() -> None:
    """The place is a URL for a tree and a label for a disc."""
    assert recognized("agama").arguments == ("root=live:http://127.0.0.1/agama/LiveOS/squashfs.img",)
    on_disc = recognize(DictFetcher(TREES["agama"], None, disc("Install-Leap-16.0")), arch="x86_64")
    assert on_disc.arguments == ("root=live:CDLABEL=Install-Leap-16.0-x86_64", "rd.live.image")


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("fedora39", ()),
        ("debian-cd", ()),
        ("opensuse15.4", ()),
        ("archlinux", ("archisobasedir=arch", "archisodevice=UUID=2024-03-01-12-00-00-00")),
        ("alpine-virt", ("modules=loop,squashfs,sd-mod,usb-storage",)),
    ],
)
def test_installer_on_a_disc_gets_no_url(name: str, arguments: tuple[str, ...]) -> None:
    """It gets only the arguments of the disc's boot menu that locate the medium."""
    assert recognize(DictFetcher(TREES[name], None, disc("X")), arch="x86_64").arguments == arguments


def test_classic_ubuntu_disc_uses_the_installer_of_the_disc() -> None:
    """The disc also contains the network installer."""
    tree = recognize(DictFetcher(TREES["ubuntu-server-classic"], None, disc("X")), arch="x86_64")
    assert tree.kernel_path == "install/vmlinuz"


def test_paravirtual_guests_get_the_xen_kernel() -> None:
    """If the medium has no kernel for Xen, they get the usual one."""
    assert recognized("rhel5", guest_type="xen").kernel_path == "images/xen/vmlinuz"
    assert recognized("debian-cd", guest_type="xen").kernel_path == "install.amd/xen/vmlinuz"
    assert recognized("ubuntu-live-server", guest_type="xen").kernel_path == "casper/vmlinuz"


def test_treeinfo_section_depends_on_the_architecture() -> None:
    """A guest for i686 uses the section of i386; if there is only one section, it is used."""
    two = treeinfo("Fedora", "20", "i386") + "[images-x86_64]\nkernel = k64\ninitrd = i64\n"
    assert recognize(DictFetcher({".treeinfo": two}), arch="i686").kernel_path == "images/pxeboot/vmlinuz"
    one = treeinfo("Fedora", "20", "armhfp")
    assert recognize(DictFetcher({".treeinfo": one}), arch="armv7l").kernel_path == "images/pxeboot/vmlinuz"


def test_alpine_netboot_gets_modules_and_repository() -> None:
    """Their URLs are derived from the location."""
    url = "http://127.0.0.1/alpine/v3.16/releases/x86_64/netboot/"
    tree = recognize(DictFetcher(TREES["alpine-netboot"], url), arch="x86_64")
    repository = "alpine_repo=http://127.0.0.1/alpine/v3.16/main"
    assert tree.arguments == ("ip=dhcp", f"modloop={url}modloop-lts", repository)
    assert tree.os_name == "alpinelinux3.16"


def test_suse_installer_gets_an_nfs_url() -> None:
    """SUSE's installer requires nfs://HOST/PATH."""
    tree = recognize(DictFetcher(TREES["sle15sp4"], "nfs:host:/tree"), arch="x86_64")
    assert tree.arguments == ("install=nfs://host/tree",)


def test_os_database_overrides_the_medium() -> None:
    """The OS that the `.treeinfo` suggests comes second."""
    requested: list[Medium] = []

    def identify(medium: Medium) -> Identified:
        requested.append(medium)
        return Identified("centos7.0")

    tree = recognize(DictFetcher(TREES["centos7"]), arch="x86_64", identify=identify)
    assert tree.os_names[:2] == ("centos7.0", "centos7")
    assert requested[0].treeinfo is not None
    assert (requested[0].treeinfo.family, requested[0].treeinfo.version) == ("CentOS", "7")


def test_kernel_paths_of_the_database_are_used() -> None:
    """The disc has no description."""
    files = {"odd/kernel": "k", "odd/initrd": "i"}
    known = Identified("voidlinux", "odd/kernel", "odd/initrd")
    tree = recognize(DictFetcher(files, None, disc("VOID")), arch="x86_64", identify=lambda _: known)
    assert (tree.kernel_path, tree.os_name) == ("odd/kernel", "voidlinux")


def test_microcode_is_not_used_as_initrd() -> None:
    """A GRUB entry may list several images."""
    assert recognized("grub-goes-on").initrd_path == "sys/rd"


def test_error_for_an_unknown_medium_has_a_hint() -> None:
    """It also lists the paths that were looked for."""
    with pytest.raises(FetchError, match=r"no installable distribution .* looked for \.treeinfo") as caught:
        recognized("nothing")
    assert "kernel=PATH,initrd=PATH" in str(caught.value.hint)
    with pytest.raises(FetchError) as caught:
        recognize(DictFetcher(TREES["nothing"], None, disc("FREEBSD")), arch="x86_64")
    assert "for other operating systems, such as Windows or BSD, use --cdrom" in str(caught.value.hint)


def test_specified_kernel_and_initrd_need_no_recognition() -> None:
    """Both are required, and both files must exist."""
    fetcher = DictFetcher({"frib.img": "k", "/frob.img": "i", "frob.img": "i"})
    tree = chosen_manually(fetcher, "frib.img", "/frob.img")
    assert (tree.kernel_path, tree.initrd_path, tree.arguments) == ("frib.img", "frob.img", ())
    with pytest.raises(RequestError, match="must be used together"):
        chosen_manually(fetcher, "frib.img", None)
    with pytest.raises(FetchError, match=r"no such file: .*/none"):
        chosen_manually(fetcher, "frib.img", "none")


def test_tree_on_an_iso_image_is_recognized(tmp_path: Path) -> None:
    """The result is the same as for a tree."""
    files = {name: text.encode() for name, text in TREES["debian-live"].items()}
    fetcher = open_location(str(build_iso(tmp_path / "x.iso", files)))
    tree = recognize(fetcher, arch="x86_64")
    assert tree.kernel_path == "live/vmlinuz-6.1.0-18-amd64"
    assert tree.arguments == ("boot=live", "components")
    assert tree.volume is not None


def test_kernel_outside_the_tree_is_an_error() -> None:
    """A `.treeinfo` can name only files in its tree."""
    hostile = treeinfo("Fedora", "39").replace("images/pxeboot", "../../etc")
    with pytest.raises(FetchError, match=r"^invalid \.treeinfo file in .* is outside the install location") as caught:
        recognize(DictFetcher({".treeinfo": hostile}), arch="x86_64")
    assert caught.value.hint == "use another install tree"


def test_damaged_text_causes_no_traceback() -> None:
    """The result is a tree or a FetchError. VIRTINSTALL_FUZZ is the number of texts."""
    dice = random.Random(1)
    trees = [*TREES.values(), *(layout.files for layout in [*LAYOUTS, *MENUS])]
    trees = [files for files in trees if any(len(text) > 1 for text in files.values())]
    scraps = ["[", "]", "=", "\n", "%(x)s", "..", "/", "\0", "9" * 400, " = ", "[general]\n", "label\n", "\ud800", "é"]
    for _ in range(COUNT):
        files = dict(dice.choice(trees))
        path = dice.choice([each for each in files if len(files[each]) > 1])
        text = files[path]
        for _ in range(dice.randrange(1, 6)):
            at = dice.randrange(len(text) + 1)
            text = text[:at] + dice.choice(scraps) + text[at + dice.randrange(8) :]
        files[path] = text
        try:
            tree = recognize(DictFetcher(files), arch=dice.choice(["x86_64", "i686", "aarch64"]))
        except FetchError:
            continue
        assert ".." not in tree.kernel_path.split("/")
