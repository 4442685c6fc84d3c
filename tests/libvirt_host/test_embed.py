"""`--connect embed`: the driver's directory and its contents."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from virtinstall.errors import StorageError
from virtinstall.libvirt_host.embed import embed_root, embed_uri, prepare, root_of


def test_place() -> None:
    """It is below the user's data directory; root's is where QEMU's user can get to."""
    assert embed_root({"HOME": "/home/a"}, 1000) == "/home/a/.local/share/virtinstall"
    assert embed_root({"HOME": "/home/a", "XDG_DATA_HOME": "/d"}, 1000) == "/d/virtinstall"
    assert embed_root({"HOME": "/root"}, 0) == "/var/lib/virtinstall/embed"


def test_uri_there_and_back() -> None:
    """A directory with a space is kept in the URI; other URIs are not embed URIs."""
    assert root_of(embed_uri("/d/with blank")) == "/d/with blank"
    assert root_of("qemu:///system") is None
    assert root_of("test:///default") is None


@pytest.mark.skipif(os.geteuid() == 0, reason="root's directory has to be open to QEMU's user")
def test_preparing(tmp_path: Path) -> None:
    """The setting that disables virtlogd is added once; the user's settings are kept."""
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "qemu.conf").write_text("user = 1\n")

    prepare(str(tmp_path))
    prepare(str(tmp_path))

    text = (tmp_path / "etc" / "qemu.conf").read_text()
    assert text.startswith("user = 1\n")
    assert text.count("stdio_handler") == 1


def test_unusable_directory(tmp_path: Path) -> None:
    """A file where the directory should be is one clear error."""
    (tmp_path / "file").write_text("")

    with pytest.raises(StorageError, match="embedded driver cannot use"):
        prepare(str(tmp_path / "file" / "below"))
