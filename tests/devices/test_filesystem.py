"""--filesystem: the attribute for each kind of source, and the options for 9p, virtiofs and containers."""

from __future__ import annotations

import pytest

from tests.devices.parsed import line, parsed
from virtinstall.devices.filesystem import Filesystem
from virtinstall.errors import RequestError


def test_first_two_values_are_source_and_target() -> None:
    """The most common use has a directory of the host and a mount tag."""
    assert line(parsed(Filesystem, "/srv/share,mytag")) == (
        '<filesystem><source dir="/srv/share"/><target dir="mytag"/></filesystem>'
    )


@pytest.mark.parametrize(
    ("type", "attribute"),
    [
        ("mount", "dir"),
        ("bind", "dir"),
        ("template", "name"),
        ("file", "file"),
        ("block", "dev"),
        ("ram", "usage"),
    ],
)
def test_source_depends_on_the_type(type: str, attribute: str) -> None:
    """The type determines the attribute of the source; the order of the sub-options does not matter."""
    assert line(parsed(Filesystem, f"source=X,target=/t,type={type}")) == (
        f'<filesystem type="{type}"><source {attribute}="X"/><target dir="/t"/></filesystem>'
    )


def test_mode_is_an_old_name_of_accessmode() -> None:
    """Both set the same attribute."""
    assert parsed(Filesystem, "mode=squash").accessmode == "squash"


def test_virtiofs_settings_are_in_the_binary_element() -> None:
    """Switches are written as on or off."""
    text = (
        "type=mount,driver.type=virtiofs,driver.queue=1024,binary.path=/usr/libexec/virtiofsd,binary.xattr=yes,"
        "binary.cache.mode=always,binary.lock.posix=off,binary.lock.flock=1,binary.sandbox.mode=chroot,"
        "source.socket=/run/fs.sock,target.dir=tag"
    )
    assert line(parsed(Filesystem, text)) == (
        '<filesystem type="mount"><source socket="/run/fs.sock"/><target dir="tag"/>'
        '<binary path="/usr/libexec/virtiofsd" xattr="on"><cache mode="always"/>'
        '<lock posix="off" flock="on"/><sandbox mode="chroot"/></binary>'
        '<driver queue="1024" type="virtiofs"/></filesystem>'
    )


def test_readonly_is_an_empty_element() -> None:
    """`readonly=on` creates the empty element, `readonly=off` removes it."""
    filesystem = parsed(Filesystem, "readonly=on")
    assert line(filesystem) == "<filesystem><readonly/></filesystem>"
    assert line(parsed(Filesystem, "readonly=off", filesystem)) == "<filesystem/>"
    with pytest.raises(RequestError, match="--filesystem readonly=maybe: must be on, off, yes or no"):
        parsed(Filesystem, "readonly=maybe")


def test_sizes_and_modes_are_not_converted() -> None:
    """For example, octal modes keep their zeros."""
    filesystem = parsed(Filesystem, "fmode=0644,dmode=0755,space_hard_limit=10G,space_soft_limit=5G")
    assert (filesystem.fmode, filesystem.dmode) == ("0644", "0755")
    assert (filesystem.space_hard_limit, filesystem.space_soft_limit) == ("10G", "5G")
