"""Images by name on real guests: one option is sufficient for an SSH login, and parallel runs share one download."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.images.disks import MIB, qcow2
from tests.images.vendor import Vendor, serve
from tests.live.cloud_guest import isolated_network
from tests.live.machine import Connection, cache_of, finish, start_virt_install
from virtinstall.cli.status import Status

pytestmark = [pytest.mark.live, pytest.mark.parametrize("connection", ["system"], indirect=True)]
GATEWAY, ADDRESS = "192.168.197.1", "192.168.197.20"
NETWORK = f"""<network><name>vitest-images</name><forward mode='open'/><bridge name='vitest-images'/>
<ip address='{GATEWAY}' prefix='24'><dhcp><range start='{ADDRESS}' end='{ADDRESS}'/></dhcp></ip></network>"""
CATALOGUE = """
images:
- names: [debian]
  version: "[0-9]+"
  current: "12"
  codenames: {{"12": bookworm}}
  url: {url}/{{codename}}/latest/debian-{{version}}-{{variant}}-{{arch}}.qcow2
  checksums: [SHA512SUMS]
  variants: [generic, genericcloud]
  arch: {{x86_64: amd64}}
  user: debian
  os: debian{{version}}
"""
PATH = "/bookworm/latest/debian-12-generic-amd64.qcow2"


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    """A vendor's server that publishes debian12."""
    with serve(Vendor()) as site:
        yield site


@pytest.fixture
def environ(connection: Connection, work: Path, vendor: Vendor) -> dict[str, str]:
    """The environment of a user with an SSH key, an empty cache and the vendor's catalogue."""
    catalogue, home = work / "images.yaml", work / "home"
    catalogue.write_text(CATALOGUE.format(url=vendor.url))
    (home / ".ssh").mkdir(parents=True)
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", home / ".ssh" / "id_ed25519"], check=True)
    return {
        **connection.full_environ(),
        "HOME": str(home),
        "VIRTINSTALL_IMAGES": str(catalogue),
        "VIRTINSTALL_IMAGE_CACHE": str(work / "cache"),
    }


@pytest.fixture
def network(connection: Connection, work: Path) -> Iterator[str]:
    """An isolated network with DHCP of this host and its guests."""
    with isolated_network(connection, work, "vitest-images", NETWORK) as name:
        yield name


def ssh(environ: dict[str, str], *options: str) -> str:
    """Return the output of `id -un` in the guest, as the user debian."""
    known = ("StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "ConnectTimeout=20", *options)
    args = [word for option in known for word in ("-o", option)]
    printed = subprocess.run(
        ["setsid", "-w", "ssh", "-q", *args, f"debian@{ADDRESS}", "id -un"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env=environ,
    )
    return printed.stdout.strip()


def start_with_image(
    environ: dict[str, str], network: str, connection: Connection, work: Path, name: str, *options: str
) -> subprocess.Popen[str]:
    """Start a virt-install that creates a guest of debian12 and waits for cloud-init."""
    return start_virt_install(
        *("--connect", connection.option, "--virt-type", "qemu", "--cpu", "qemu64", "--graphics", "none"),
        *("--vcpus", "1", "--name", name, "--image", f"debian12,path={work}/disk.qcow2"),
        *("--network", f"network={network}", "--wait-for", "cloud-init", "--timeout", "6m", "--output", "json"),
        *options,
        environ=environ,
    )


def publish(vendor: Vendor) -> None:
    """Publish the repository's cloud image as debian12."""
    image = cache_of("cloud-image", 600) / "cloud.qcow2"
    vendor.publish(PATH, image.read_bytes(), sums="SHA512SUMS", algorithm="sha512")


def test_image_option_is_sufficient_for_an_ssh_login(
    vendor: Vendor, environ: dict[str, str], network: str, connection: Connection, work: Path, guest_name: str
) -> None:
    """`--image debian12` downloads, verifies and boots the image; the login is the user's SSH key."""
    publish(vendor)
    outcome = finish(start_with_image(environ, network, connection, work, guest_name), 420).ok()
    document = json.loads(outcome.output[outcome.output.index("\n{\n") :])
    assert document["images"][0]["verified"] == "digest"
    assert document["images"][0]["digest"].startswith("sha512:")
    assert document["login"] == {**document["login"], "user": "debian", "password": None}
    key = Path(environ["HOME"]) / ".ssh" / "id_ed25519"
    assert ssh(environ, f"IdentityFile={key}", "BatchMode=yes") == "debian"
    assert connection.xml(guest_name).find("devices/disk[@device='cdrom']/source") is None, "the seed is removed"


def test_generated_password_logs_in_although_cloud_init_failed(
    vendor: Vendor, environ: dict[str, str], network: str, connection: Connection, work: Path, guest_name: str
) -> None:
    """Without a key. The failed command is named, as text; cloud-init's failure has an exit status; the guest runs."""
    (Path(environ["HOME"]) / ".ssh" / "id_ed25519.pub").unlink()
    publish(vendor)
    process = start_with_image(
        environ, network, connection, work, guest_name, "--cloud-init", "clouduser-password-generate=on,run=/bin/false"
    )
    outcome = finish(process, 420)
    assert outcome.status == Status.CLOUD_INIT_FAILED, outcome.output
    assert "scripts" in outcome.output and "Error(" not in outcome.output
    assert connection.state(guest_name) == "running"
    (password,) = re.findall("Password for .* is: (.*)", outcome.output)
    document = json.loads(outcome.output[outcome.output.index("\n{\n") :])
    assert list(document["passwords"].values()) == [password]
    requested = work / "askpass"
    requested.write_text(f"#!/bin/sh\necho '{password}'\n")
    requested.chmod(0o700)
    with_password = {**environ, "SSH_ASKPASS": str(requested), "SSH_ASKPASS_REQUIRE": "force", "DISPLAY": ":0"}
    assert ssh(with_password, "PreferredAuthentications=password", "NumberOfPasswordPrompts=1") == "debian"


def test_twenty_parallel_runs_share_one_download(
    vendor: Vendor, environ: dict[str, str], connection: Connection, work: Path
) -> None:
    """Twenty overlays have the same backing file."""
    data = qcow2(work, padding=32 * MIB)
    vendor.publish(PATH, data, sums="SHA512SUMS", algorithm="sha512")
    vendor.delay_seconds = 0.002
    names = [f"vitest-images-{os.getpid()}-{number}" for number in range(20)]
    try:
        runs = [
            start_virt_install(
                *("--connect", connection.option, "--virt-type", "qemu", "--graphics", "none", "--memory", "32"),
                *("--name", name, "--disk", f"image=debian12,path={work}/{name}.qcow2", "--network", "none"),
                "--noautoconsole",
                environ=environ,
            )
            for name in names
        ]
        outcomes = [finish(process, 300).ok() for process in runs]
        assert sum("waiting for another run" in outcome.output for outcome in outcomes) > 0
        assert vendor.gets(PATH) == 1
        (base,) = (work / "cache" / "by-digest").iterdir()
        assert base.read_bytes() == data
        for name in names:
            shown = subprocess.run(
                ["qemu-img", "info", "-U", f"{work}/{name}.qcow2"], capture_output=True, text=True, check=True
            )
            assert f"backing file: {base}" in shown.stdout
    finally:
        for name in names:
            connection.remove(name)
