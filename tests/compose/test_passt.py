"""User-mode networking: passt if libvirt and the host support it, else slirp."""

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
    """Return the backend of the guest's interface; libvirt lists the backends `listed`."""
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
def test_passt_is_used_if_libvirt_and_the_host_have_it(args: tuple[str, ...]) -> None:
    """User mode is requested, or is the default of a session connection."""
    assert backend(*args, listed=("default", "passt")) == "passt"


def test_slirp_is_used_if_libvirt_lists_no_backends() -> None:
    """libvirt 9.0 has passt in its schema, but rejects it."""
    assert backend() is None


def test_slirp_is_used_if_passt_is_not_installed() -> None:
    """libvirt lists what QEMU supports, not which programs are installed."""
    assert backend(listed=("default", "passt"), installed=False) is None


def test_passt_is_used_if_qemu_has_no_slirp() -> None:
    """It is used even if it is not installed."""
    assert backend(listed=("passt",), installed=False) == "passt"


def test_specified_backend_is_used() -> None:
    """libvirt's list of backends is not considered."""
    assert backend("--network", "user,backend.type=default", listed=("default", "passt")) == "default"
    assert backend("--network", "passt") == "passt"


def test_session_of_root_has_no_passt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """passt refuses to run as root; the system's daemon starts it as QEMU's user."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not has_passt(privileged=True, uid=0)
    program = tmp_path / "passt"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    assert has_passt(privileged=True, uid=0)
    assert has_passt(privileged=False, uid=1000)
    assert not has_passt(privileged=False, uid=0)
