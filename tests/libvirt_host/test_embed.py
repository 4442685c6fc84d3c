"""`--connect embed`: the driver's directory and its contents."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from virtinstall.errors import StorageError
from virtinstall.libvirt_host.embed import embed_root, embed_uri, prepare, root_of


def test_directory_of_the_embedded_driver_depends_on_the_user() -> None:
    """It is below the user's data directory; root's directory must be accessible for QEMU's user."""
    assert embed_root({"HOME": "/home/a"}, 1000) == "/home/a/.local/share/virtinstall"
    assert embed_root({"HOME": "/home/a", "XDG_DATA_HOME": "/d"}, 1000) == "/d/virtinstall"
    assert embed_root({"HOME": "/root"}, 0) == "/var/lib/virtinstall/embed"


def test_uri_contains_the_directory() -> None:
    """A space is preserved; other URIs have no directory."""
    assert root_of(embed_uri("/d/with blank")) == "/d/with blank"
    assert root_of("qemu:///system") is None
    assert root_of("test:///default") is None


@pytest.mark.skipif(os.geteuid() == 0, reason="root's directory has to be open to QEMU's user")
def test_prepare_adds_the_setting_for_virtlogd_once(tmp_path: Path) -> None:
    """Settings of the user are kept."""
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "qemu.conf").write_text("user = 1\n")

    prepare(str(tmp_path))
    prepare(str(tmp_path))

    text = (tmp_path / "etc" / "qemu.conf").read_text()
    assert text.startswith("user = 1\n")
    assert text.count("stdio_handler") == 1


def test_unusable_directory_is_an_error(tmp_path: Path) -> None:
    """A file is in the path of the directory."""
    (tmp_path / "file").write_text("")

    with pytest.raises(StorageError, match="for the embedded driver"):
        prepare(str(tmp_path / "file" / "below"))
