"""--unattended for Windows: the answers and virtio drivers are on one medium, and the guest has virtio devices."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from lxml import etree

import virtinstall
from tests.compose.hosts import DATA, HostFiles, compose, os_named
from tests.servers import web_server
from tests.survey.test_seeds import _Qemu
from virtinstall.devices.interface import Interface
from virtinstall.domain.domain import Domain
from virtinstall.errors import FetchError
from virtinstall.plan import Plan, SeedFile
from virtinstall.progress import Silent
from virtinstall.rollback.undo import Undo
from virtinstall.run.boot_files import make_seeds
from virtinstall.survey.unattended import survey_unattended

NAMES = {"u": "urn:schemas-microsoft-com:unattend"}


def planned(*more: str) -> Plan:
    """Return the plan of an unattended Windows 10 on a KVM host."""
    requested = dict(word.split("=") for word in ("admin-password-file=/pw", "user-password-file=/pw", *more))
    args = ["--name", "w", "--memory", "4096", "--osinfo", "win10", "--pxe", "--disk", "none", "--network", "user"]
    facts = HostFiles((DATA / "capabilities-debian12.xml").read_text()).facts(os_named("win10"), disks=())
    seeds = survey_unattended(requested, "x86_64", facts.os, None, "x86_64", {}, lambda _path, _option: "secret")
    return compose(virtinstall.parse_request(args), facts.replace(seeds=seeds))


def test_drivers_are_downloaded_for_virtio_devices() -> None:
    """The answers contain the path of the drivers for Setup."""
    plan = planned()
    (seed,) = plan.seeds
    assert plan.final.devices_of(Interface)[0].model_type == "virtio"
    fetched = dict(seed.fetched)
    assert fetched["drivers/netkvm.inf"].endswith("/w10/amd64/netkvm.inf")
    answers = etree.fromstring(dict(seed.files)["autounattend.xml"])
    assert "E:\\drivers" in [path.text for path in answers.iterfind(".//u:PathAndCredentials/u:Path", NAMES)]


def test_drivers_can_be_omitted() -> None:
    """The guest then gets devices for which Windows has drivers."""
    plan = planned("drivers=no")
    assert plan.seeds[0].fetched == ()
    assert plan.final.devices_of(Interface)[0].model_type != "virtio"
    assert b"DriverPaths" not in dict(plan.seeds[0].files)["autounattend.xml"]


def test_drivers_are_copied_to_the_image(tmp_path: Path) -> None:
    """They are in a separate directory."""
    web = tmp_path / "web"
    web.mkdir()
    web.joinpath("netkvm.sys").write_bytes(bytes(range(256)) * 999)
    image = tmp_path / "seed.iso"
    with web_server(web) as server:
        fetched = (("drivers/netkvm.sys", f"{server.url}/netkvm.sys"),)
        seed = SeedFile(
            path=str(image), label="UNATTEND", files=(("autounattend.xml", b"<unattend/>"),), fetched=fetched
        )
        make_seeds(Plan(name="w", final=Domain(), install=None, seeds=(seed,)), _Qemu(), Undo(), Silent())  # type: ignore[arg-type]
    out = tmp_path / "netkvm.sys"
    command = ["xorriso", "-osirrox", "on", "-indev", str(image), "-extract", "/drivers/netkvm.sys", str(out)]
    subprocess.run(command, check=True, capture_output=True)
    assert out.read_bytes() == bytes(range(256)) * 999


def test_missing_drivers_are_an_error(tmp_path: Path) -> None:
    """A note explains how to omit them; no image is left."""
    image = tmp_path / "seed.iso"
    with web_server(tmp_path) as server:
        seed = SeedFile(
            path=str(image), label="UNATTEND", files=(), fetched=(("drivers/x.sys", f"{server.url}/none/x.sys"),)
        )
        with pytest.raises(FetchError) as caught, Undo() as undo:
            make_seeds(Plan(name="w", final=Domain(), install=None, seeds=(seed,)), _Qemu(), undo, Silent())  # type: ignore[arg-type]
    assert "drivers=no" in caught.value.__notes__[0]
    assert not image.exists()
