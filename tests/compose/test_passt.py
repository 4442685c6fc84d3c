"""User-mode networking: passt where libvirt and the host have it, else slirp."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.compose.hosts import DATA, HostFiles, compose
from virtinstall.devices.interface import Interface
from virtinstall.options.command import parse_request
from virtinstall.survey.networks import has_passt

CAPABILITIES = (DATA / "capabilities-debian12.xml").read_text()
DOMAIN_CAPABILITIES = (DATA / "domain-capabilities-kvm-q35.xml").read_text()
BACKENDS = "<interface supported='yes'><enum name='backendType'>{}</enum></interface></devices>"


def backend(*args: str, listed: tuple[str, ...] = (), installed: bool = True) -> str | None:
    """The back end of the guest's interface, where libvirt lists `listed`."""
    values = "".join(f"<value>{name}</value>" for name in listed)
    text = DOMAIN_CAPABILITIES
    if listed:
        text = text.replace("</devices>", BACKENDS.format(values))
    facts = HostFiles(CAPABILITIES, text).facts(disks=())
    facts = facts.replace(host=facts.host.replace(passt=installed, privileged=False))
    request = parse_request(["--name", "x", "--memory", "512", "--disk", "none", "--pxe", *args])
    (interface,) = compose(request, facts).final.devices_of(Interface)
    assert interface.type == "user"
    return interface.backend_type


@pytest.mark.parametrize("args", [(), ("--network", "user"), ("--network", "default,model=e1000")])
def test_passt_where_libvirt_and_the_host_have_it(args: tuple[str, ...]) -> None:
    """Asked for as user, or the default of a session."""
    assert backend(*args, listed=("default", "passt")) == "passt"


def test_slirp_where_libvirt_does_not_list_backends() -> None:
    """libvirt 9.0 has passt in its schema, but rejects it, and does not list it."""
    assert backend() is None


def test_slirp_where_passt_is_not_installed() -> None:
    """libvirt lists what QEMU could do, not which programs there are."""
    assert backend(listed=("default", "passt"), installed=False) is None


def test_passt_where_there_is_no_slirp() -> None:
    """A QEMU without slirp has nothing else."""
    assert backend(listed=("passt",), installed=False) == "passt"


def test_what_was_asked_for_stays() -> None:
    """A back end that was named is taken."""
    assert backend("--network", "user,backend.type=default", listed=("default", "passt")) == "default"
    assert backend("--network", "passt") == "passt"


def test_root_has_no_user_mode_passt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """passt refuses to run as root; the system's daemon starts it as QEMU's user."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not has_passt(privileged=True, uid=0)
    program = tmp_path / "passt"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    assert has_passt(privileged=True, uid=0)
    assert has_passt(privileged=False, uid=1000)
    assert not has_passt(privileged=False, uid=0)
