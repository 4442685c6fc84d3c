"""Recognition of media with an old or unusual layout, and their labels."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.media.isofiles import build_iso
from tests.media.layouts import LAYOUTS, Layout
from tests.media.menus import MENUS
from tests.media.test_tree import DictFetcher, disc
from tests.media.trees import TREES, productmd
from tests.media.webserver import Site, WebServer
from virtinstall.errors import FetchError
from virtinstall.media.discinfo import parse_discinfo
from virtinstall.media.labels import name_of_label
from virtinstall.media.location import open_location
from virtinstall.media.medium import Identified
from virtinstall.media.tree import recognize
from virtinstall.survey.media import media_facts


@pytest.mark.parametrize("layout", [*LAYOUTS, *MENUS], ids=lambda layout: layout.name)
def test_published_layout_is_recognized(layout: Layout) -> None:
    """The result is the kernel, an initrd that exists, the OS, and the installer's arguments."""
    if layout.label is None:
        fetcher = DictFetcher(layout.files, layout.url)
    else:
        fetcher = DictFetcher(layout.files, None, disc(layout.label))
    tree = recognize(fetcher, arch=layout.arch)
    assert (tree.kernel_path, tree.os_name) == (layout.kernel, layout.os_name)
    assert " ".join(tree.arguments) == layout.arguments
    assert tree.initrd_path in layout.files


def test_kernel_from_the_database_gets_the_arguments_of_the_menu() -> None:
    """NixOS's kernel cannot start without the `init=` of the disc's menu."""
    menu = (
        "LABEL boot\nLINUX /boot/bzImage\nAPPEND init=/nix/store/xx/init root=LABEL=nixos quiet\nINITRD /boot/initrd\n"
    )
    files = {"boot/bzImage": "k", "boot/initrd": "i", "isolinux/isolinux.cfg": menu}
    known = Identified("nixos-22.05", "boot/bzImage", "boot/initrd")
    tree = recognize(DictFetcher(files, None, disc("nixos")), arch="x86_64", identify=lambda _: known)
    assert tree.arguments == ("init=/nix/store/xx/init", "root=LABEL=nixos")


@pytest.mark.parametrize(
    ("files", "hint"),
    [
        ({"BaseOS/x86_64/os/.treeinfo": "x"}, "use the install tree http://127.0.0.1/dir/BaseOS/x86_64/os/; or, for"),
        ({"os/x86_64/.treeinfo": "x"}, "use the install tree http://127.0.0.1/dir/os/x86_64/; or, for"),
        ({"repo/oss/.treeinfo": "x"}, "use the install tree http://127.0.0.1/dir/repo/oss/; or, for"),
        (
            {".treeinfo": productmd("Rocky Linux", "Rocky", "9.2")[:200].partition("[images")[0]},
            "the .treeinfo file lists no kernel",
        ),
    ],
)
def test_hint_describes_why_a_folder_is_not_a_medium(files: dict[str, str], hint: str) -> None:
    """It names the install tree below the folder, or the missing part of `.treeinfo`."""
    with pytest.raises(FetchError) as caught:
        recognize(DictFetcher(files), arch="x86_64")
    assert hint in str(caught.value.hint)


@pytest.mark.parametrize("name", ["opensusetumbleweed", "debian-mirror", "mageia7"])
def test_hint_for_another_architecture_suggests_arch(name: str) -> None:
    """The medium's architecture is known from its files."""
    with pytest.raises(FetchError) as caught:
        recognize(DictFetcher({path: text for path, text in TREES[name].items() if "cfg" not in path}), arch="aarch64")
    assert "the install tree is for x86_64, not for aarch64: use --arch x86_64" in str(caught.value.hint)


def test_hint_for_an_ubuntu_release_suggests_the_iso_image() -> None:
    """The archive has no install tree since Ubuntu installs from its live image."""
    with pytest.raises(FetchError) as caught:
        recognize(DictFetcher({}, "http://archive.ubuntu.com/ubuntu/dists/noble/"), arch="x86_64")
    assert "use the server ISO image" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("text", "location"),
    [
        ("", ""),
        ("1.0\n37\nx86_64\n", "http://h/37/os/"),
        ("1.0\nFinal\nx86_64\n", "http://h/5.0/os/"),
        ("1.0\nRed Hat Enterprise Linux\nx86_64\n", ""),
    ],
)
def test_discinfo_without_a_release_is_ignored(text: str, location: str) -> None:
    """Newer trees have the file, too, but it contains only a number."""
    assert parse_discinfo(text, location) is None


def test_centos_without_a_version_is_centos_4() -> None:
    """A copy of the tree contains neither the name nor the version."""
    info = parse_discinfo("1.0\nFinal\nx86_64\n1\nCentOS/base\n", "/srv/tree")
    assert info is not None
    assert (info.family, info.version, info.arch) == ("CentOS", "4", "x86_64")


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("Fedora-E-dvd-x86_64-42", "fedora42"),
        ("Fedora-S-dvd-ppc64le-42", "fedora42"),
        ("Fedora-WS-Live-41-1-4", "fedora41"),
        ("Fedora-Live-Desktop-x86_64-20-1", "fedora20"),
        ("Fedora-SB-ostree-x86_64-41", "silverblue41"),
        ("Fedora-WS-Live-rawh-20240310-n-0", None),
        ("fedora-coreos-41.20250215.3.0", "fedora-coreos-stable"),
        ("RHEL-10-0-BaseOS-x86_64", "rhel10.0"),
        ("CentOS-Stream-10-BaseOS-x86_64", "centos-stream10"),
        ("AlmaLinux-10-0-x86_64-dvd", "almalinux10"),
        ("Rocky-10-0-x86_64-dvd", "rocky10.0"),
        ("OL-9-4-0-BaseOS-x86_64", "ol9.4"),
        ("Ubuntu-Server 24.04 LTS amd64", "ubuntu24.04"),
        ("Ubuntu 25.10 amd64", "ubuntu25.10"),
        ("Debian 13.0.0 amd64 n", "debian13"),
        ("Gentoo-amd64-20240310", "gentoo"),
        ("alpine-std 3.21.0 x86_64", "alpinelinux3.21"),
        ("openSUSE-Leap-15.6-NET-x86_64Build709", "opensuse15.6"),
        ("Install-SLES-16.0-x86_64", "sle16"),
        ("CCCOMA_X64FRE_EN-US_DV9", None),
        ("", None),
    ],
)
def test_label_identifies_the_os(label: str, name: str | None) -> None:
    """The labels are those of published images, and the ids are those that the OS database would use."""
    assert name_of_label(label) == name


def test_image_on_the_web_is_attached(tmp_path: Path) -> None:
    """The installer reads the rest from the disc, which the guest reads from the web."""
    files = {
        ".disk/info": b'Ubuntu-Server 24.04 LTS "Noble Numbat" - Release amd64 (20240423)',
        "casper/vmlinuz": b"k",
        "casper/initrd": b"i",
    }
    image = build_iso(tmp_path / "x.iso", files).read_bytes()
    with WebServer(Site(files={"/x.iso": image})) as server:
        url = f"{server.url}/x.iso"
        fetcher = open_location(url)
        facts = media_facts(url, recognize(fetcher, arch="x86_64"))
        fetcher.close()
    assert (facts.is_iso, facts.attach, facts.location) == (True, True, url)
