"""Seeds, from the sub-options of the command line to the creation and removal of files."""

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
    """As much of a host as making seeds asks for."""

    def __init__(self, pool_folder: str = "", *, local: bool = True) -> None:
        self.pool_folder = pool_folder
        self.local = local
        self.refreshed: list[str] = []

    def driver(self) -> str:
        """A QEMU host: with libvirt's test driver nothing is created."""
        return "qemu"

    def is_local(self) -> bool:
        """Whether its files are this machine's."""
        return self.local

    def pools(self) -> list[PoolFacts]:
        """One running pool of files."""
        return [PoolFacts(name="default", type="dir", target=self.pool_folder, active=True)]

    def refresh_pool(self, name: str) -> None:
        """Read again."""
        self.refreshed.append(name)


def _plan(path: Path, *, keep: bool = False) -> Plan:
    from virtinstall.domain.domain import Domain

    seed = SeedFile(path=str(path), label="cidata", files=(("user-data", b"#cloud-config\n"),), keep=keep)
    return Plan(name="x", final=Domain(), install=None, seeds=(seed,))


def test_a_seed_is_created_at_the_planned_path_and_removed(tmp_path: Path) -> None:
    """The directory is created with it; the image is removed after use."""
    path = tmp_path / "boot" / "seed.iso"
    undo = Undo()
    make_seeds(_plan(path), _Qemu(), undo, Silent())  # type: ignore[arg-type]
    assert path.stat().st_size > 0
    assert undo.commit() == []
    assert not path.exists()


def test_a_seed_that_the_guest_keeps_stays(tmp_path: Path) -> None:
    """The pool of its folder lists it; a seed for another host is stored there, not here."""
    host, undo = _Qemu(str(tmp_path)), Undo()
    make_seeds(_plan(tmp_path / "seed.iso", keep=True), host, undo, Silent())  # type: ignore[arg-type]
    make_seeds(_plan(tmp_path / "sent.iso", keep=True), _Qemu(local=False), undo, Silent())  # type: ignore[arg-type]
    undo.commit()
    assert [path.name for path in tmp_path.iterdir()] == ["seed.iso"]
    assert host.refreshed == ["default"]


def test_a_failed_run_leaves_nothing(tmp_path: Path) -> None:
    """Neither the image nor its directory."""
    undo = Undo()
    make_seeds(_plan(tmp_path / "boot" / "seed.iso"), _Qemu(), undo, Silent())  # type: ignore[arg-type]
    undo.roll_back()
    assert list(tmp_path.iterdir()) == []


def read_text(source: str) -> str:
    """What an option names, nothing being typed."""
    return given_text({}, source, "--cloud-init user-data")


def test_text_by_path_and_by_file_address(tmp_path: Path) -> None:
    """Both have the same result."""
    path = tmp_path / "user data"
    path.write_text("#cloud-config\nä\n")
    assert read_text(str(path)) == read_text(f"file://{tmp_path}/user%20data") == "#cloud-config\nä\n"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: None, "no such file"),
        (lambda path: path.mkdir(), "Is a directory"),
        (lambda path: path.write_bytes(b"\xff\xfe"), "UTF-8"),
        (lambda path: path.write_bytes(bytes(1024 * 1024 + 1)), "larger than 1 MiB"),
    ],
)
def test_files_that_can_not_be_it(tmp_path: Path, make: Callable[[Path], None], message: str) -> None:
    """A clear error that names the file."""
    path = tmp_path / "file"
    make(path)
    with pytest.raises(RequestError, match=message) as raised:
        read_text(str(path))
    assert str(path) in raised.value.message and "--cloud-init user-data" in raised.value.message


def test_standard_input_is_not_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Not even if a file has that name; a script that passes `-` passes the text too."""
    (tmp_path / "-").write_text("a file")
    monkeypatch.chdir(tmp_path)
    assert given_text({"--ignition": "{}"}, "-", "--ignition") == "{}"
    with pytest.raises(RequestError, match="standard input was not read"):
        read_text("-")


def test_what_is_fetched_is_never_altered() -> None:
    """A password in Latin-1, or compressed user data, is refused from a server too, as from a file."""
    with WebServer(Site({"/good": "pässword\n".encode(), "/bad": "pässword\n".encode("latin-1")})) as web:
        assert read_text(f"{web.url}/good") == "pässword\n"
        with pytest.raises(RequestError, match=r"/bad' is not valid UTF-8 text"):
            read_text(f"{web.url}/bad")
