"""Seeds: their sub-options, and the creation and removal of their files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.media.webserver import Site, WebServer
from virtinstall.errors import RequestError
from virtinstall.facts import PoolFacts
from virtinstall.plan import Plan, SeedFile
from virtinstall.progress import Silent
from virtinstall.rollback.undo import Undo
from virtinstall.run.boot_files import make_seeds
from virtinstall.survey.text_files import given_text


class _Qemu:
    """A QEMU host with the methods that the creation of seeds calls."""

    def __init__(self, pool_folder: str = "", *, local: bool = True) -> None:
        self.pool_folder = pool_folder
        self.local = local
        self.refreshed: list[str] = []

    def driver(self) -> str:
        """Return `qemu`; nothing is created with libvirt's test driver."""
        return "qemu"

    def is_local(self) -> bool:
        """Return whether the files are on this machine."""
        return self.local

    def pools(self) -> list[PoolFacts]:
        """Return one active directory pool."""
        return [PoolFacts(name="default", type="dir", target=self.pool_folder, active=True)]

    def refresh_pool(self, name: str) -> None:
        """Record the call."""
        self.refreshed.append(name)


def _plan(path: Path, *, keep: bool = False) -> Plan:
    from virtinstall.domain.domain import Domain

    seed = SeedFile(path=str(path), label="cidata", files=(("user-data", b"#cloud-config\n"),), keep=keep)
    return Plan(name="x", final=Domain(), install=None, seeds=(seed,))


def test_seed_is_created_and_removed_after_use(tmp_path: Path) -> None:
    """Its directory is created, too."""
    path = tmp_path / "boot" / "seed.iso"
    undo = Undo()
    make_seeds(_plan(path), _Qemu(), undo, Silent())  # type: ignore[arg-type]
    assert path.stat().st_size > 0
    assert undo.commit() == []
    assert not path.exists()


def test_kept_seed_is_not_removed(tmp_path: Path) -> None:
    """Its pool is refreshed; the seed of a remote guest is not created on this machine."""
    host, undo = _Qemu(str(tmp_path)), Undo()
    make_seeds(_plan(tmp_path / "seed.iso", keep=True), host, undo, Silent())  # type: ignore[arg-type]
    make_seeds(_plan(tmp_path / "sent.iso", keep=True), _Qemu(local=False), undo, Silent())  # type: ignore[arg-type]
    undo.commit()
    assert [path.name for path in tmp_path.iterdir()] == ["seed.iso"]
    assert host.refreshed == ["default"]


def test_rollback_removes_the_seed(tmp_path: Path) -> None:
    """The directory is removed, too."""
    undo = Undo()
    make_seeds(_plan(tmp_path / "boot" / "seed.iso"), _Qemu(), undo, Silent())  # type: ignore[arg-type]
    undo.roll_back()
    assert list(tmp_path.iterdir()) == []


def read_text(source: str) -> str:
    """Return the content of a file that an option names."""
    return given_text({}, source, "--cloud-init user-data")


def test_file_can_be_a_path_or_a_file_url(tmp_path: Path) -> None:
    """Both return the same text."""
    path = tmp_path / "user data"
    path.write_text("#cloud-config\nä\n")
    assert read_text(str(path)) == read_text(f"file://{tmp_path}/user%20data") == "#cloud-config\nä\n"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: None, "no such file"),
        (lambda path: path.mkdir(), "is a directory"),
        (lambda path: path.write_bytes(b"\xff\xfe"), "UTF-8"),
        (lambda path: path.write_bytes(bytes(1024 * 1024 + 1)), "larger than 1 MiB"),
    ],
)
def test_unsuitable_file_is_an_error(tmp_path: Path, make: Callable[[Path], None], message: str) -> None:
    """The error contains the option and the path."""
    path = tmp_path / "file"
    make(path)
    with pytest.raises(RequestError, match=message) as raised:
        read_text(str(path))
    assert str(path) in raised.value.message and "--cloud-init user-data" in raised.value.message


def test_dash_is_not_a_file_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A script that passes `-` must pass the text as well."""
    (tmp_path / "-").write_text("a file")
    monkeypatch.chdir(tmp_path)
    assert given_text({"--ignition": "{}"}, "-", "--ignition") == "{}"
    with pytest.raises(RequestError, match="standard input is not available"):
        read_text("-")


def test_downloaded_text_must_be_utf8() -> None:
    """A password in Latin-1 is an error, as in a file."""
    with WebServer(Site({"/good": "pässword\n".encode(), "/bad": "pässword\n".encode("latin-1")})) as web:
        assert read_text(f"{web.url}/good") == "pässword\n"
        with pytest.raises(RequestError, match=r"/bad' is not valid UTF-8 text"):
            read_text(f"{web.url}/bad")
