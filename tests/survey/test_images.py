"""Login and cache directory of --image, on libvirt's test driver."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.compose.test_disk_sources import FILES
from virtinstall.cli.main import main
from virtinstall.survey.images import cache_directory, user_keys

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ1wEyy0nPzV8BMrXyvBrdRXSKYdzR3nSm6kyxJyqvWB a@b"


def write_key(home: Path, name: str, text: str) -> None:
    """Write a file to ~/.ssh."""
    (home / ".ssh").mkdir(exist_ok=True)
    (home / ".ssh" / name).write_text(f"{text}\n")


def test_public_keys_of_the_user_are_found(tmp_path: Path) -> None:
    """Private keys and other files are ignored."""
    assert user_keys({"HOME": str(tmp_path)}) == ()
    write_key(tmp_path, "id_ed25519.pub", KEY)
    write_key(tmp_path, "id_rsa.pub", "ssh-rsa AAAA b@c")
    write_key(tmp_path, "id_ed25519", "-----BEGIN OPENSSH PRIVATE KEY-----")
    write_key(tmp_path, "id_odd.pub", "-----BEGIN OPENSSH PRIVATE KEY-----")
    write_key(tmp_path, "known_hosts", "host ssh-rsa AAAA")
    assert user_keys({"HOME": str(tmp_path)}) == (KEY, "ssh-rsa AAAA b@c")


def test_cache_is_in_the_image_directory_if_it_is_writable(tmp_path: Path) -> None:
    """Otherwise it is in the user's cache, which QEMU of the system cannot read; the directory is not created yet."""
    host = FILES.facts().host.replace(image_dir=str(tmp_path / "images"))
    environ = {"HOME": "/home/anna"}
    assert cache_directory(host, environ) == (f"{tmp_path}/images/.virtinstall", True)
    private = "/home/anna/.cache/virtinstall/images"
    assert cache_directory(host.replace(image_dir="/dev/null/images"), environ) == (private, False)
    assert cache_directory(host.replace(local=False), environ) == (private, False)
    assert cache_directory(host.replace(driver="test"), environ) == (private, False)
    assert cache_directory(host, {"VIRTINSTALL_IMAGE_CACHE": "/srv/cache"}) == ("/srv/cache", True)
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home directory of a user without an SSH key, whose catalogue has one image."""
    path = tmp_path / "golden.yaml"
    path.write_text("images: [{name: golden, url: 'https://x.org/golden.qcow2', checksums: [SHA256SUMS], user: admin}]")
    for name, value in {"HOME": str(tmp_path), "VIRTINSTALL_IMAGES": str(path), "SUDO_USER": ""}.items():
        monkeypatch.setenv(name, value)
    for name in ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "VIRTINSTALL_IMAGE_CACHE"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


COMMAND = ("--connect", "test:///default", "--name", "web", "--image", "golden", "--arch", "i686", "--network", "none")


def test_preview_downloads_nothing(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--print-xml contacts no server; the digest is not known yet."""
    assert main([*COMMAND, "--osinfo", "linux2020", "--print-xml", "--output", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    (image,) = document["images"]
    assert (image["name"], image["digest"], image["verified"]) == ("golden", None, None)
    assert document["login"]["user"] == "admin"
    assert len(document["login"]["password"]) >= 12
    assert not (home / ".cache" / "virtinstall" / "images").exists()


def test_ssh_key_replaces_the_password(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No password is generated for a user with an SSH key."""
    write_key(home, "id_ed25519.pub", KEY)
    assert main([*COMMAND, "--osinfo", "linux2020", "--print-xml", "--output", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["login"] == {"user": "admin", "password": None}


def test_cloud_init_option_replaces_the_default_login(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The options of the user are not extended."""
    args = (*COMMAND, "--osinfo", "linux2020", "--cloud-init", "root-password-generate=on")
    assert main([*args, "--print-xml", "--output", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["login"] is None


def test_list_of_images_starts_with_those_of_the_user(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is printed as text or JSON."""
    assert main(["--image", "list"]) == 0
    assert capsys.readouterr().out.splitlines()[1].split()[0] == "golden"
    assert main(["--image", "list", "--output", "json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert listed[0]["name"] == "golden"
    assert listed[0]["origin"] == os.environ["VIRTINSTALL_IMAGES"]
    assert {"debian12", "ubuntu24.04", "fedora42"} <= {image["name"] for image in listed}
