"""--unattended: pykickstart, anaconda's parser, accepts each kickstart in the system's version."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from virtinstall.osinfo.record import OsRecord
from virtinstall.seed.answers import AnswerTarget, Installer, answer_files, read_answers

parser = pytest.importorskip("pykickstart.parser")
version = pytest.importorskip("pykickstart.version")

SYSTEMS = [
    *(("fedora", str(number), f"F{number}") for number in range(12, 43)),
    *(("rhel", release, f"RHEL{release.partition('.')[0]}") for release in ("6.0", "7.9", "8.6", "9.0", "10.0")),
    ("rhel", "8-unknown", "RHEL8"),
    ("fedora", None, "F42"),
]
PASSWORDS = {"admin-password-file": "/pw", "user-password-file": "/pw"}
URL = "http://me@host:81/os/x86_64"


def read(distro: str, release: str | None, dialect: str, **wanted: Any) -> Any:
    """Return the kickstart for a system, parsed with the syntax of its version."""
    installer = Installer("kickstart", wanted.get("profile", "jeos"), "x.ks", in_initrd=True)
    record = OsRecord(id="x", short_ids=(wanted.get("short_id", "x"),), distro=distro, version=release)
    answers = read_answers(wanted.get("values", PASSWORDS), installer, record, "me", lambda _path, _option: "secret\n")
    answers = replace(answers, install_url=wanted.get("url"))
    text = answer_files(answers, AnswerTarget("web-1", "x86_64", "/dev/vda"))["x.ks"].decode()
    try:
        handler = version.makeVersion(dialect)
    except version.KickstartVersionError:
        pytest.skip(f"pykickstart does not support {dialect}")
    parser.KickstartParser(handler).readKickstartFromString(text)
    return handler


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
@pytest.mark.parametrize(("distro", "release", "dialect"), SYSTEMS)
@pytest.mark.parametrize("profile", ["jeos", "desktop"])
def test_kickstart_is_valid(distro: str, release: str | None, dialect: str, profile: str) -> None:
    """It has passwords and a URL, or neither, in all versions."""
    handler = read(distro, release, dialect, profile=profile, url=URL)
    assert handler.url.url == URL
    assert handler.rootpw.isCrypted and handler.user.userList[0].isCrypted
    assert handler.ignoredisk.onlyuse == ["vda"]
    assert read(distro, release, dialect, profile=profile, values={}).rootpw.password == "!"


def test_silverblue_is_installed_from_an_ostree() -> None:
    """It has no packages."""
    handler = read("fedora", "36", "F36", profile="desktop", short_id="silverblue36")
    assert handler.ostreesetup.ref == "fedora/36/x86_64/silverblue"
    assert not handler.packages.groupList and not handler.packages.packageList
