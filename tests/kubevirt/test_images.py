"""Images by name: the address in the manifest."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cases.facts import ENVIRONMENT
from tests.kubevirt.golden import request_of
from virtinstall.errors import FetchError
from virtinstall.images import download
from virtinstall.kubevirt.manifests import manifests

LINE = "--name web --memory 2048 --osinfo generic --import --disk size=20,image="
INDEX = (
    b'[{"version": "41", "arch": "x86_64", "variant": "Cloud", "subvariant": "Cloud_Base",'
    b' "link": "https://example.org/Fedora-Cloud-Base-Generic-41-1.4.x86_64.qcow2", "sha256": "00", "size": "1"}]'
)


def source(image: str) -> dict[str, object]:
    """The source of the DataVolume for an image."""
    guest = manifests(request_of(f"{LINE}{image}".split()), environ=ENVIRONMENT).documents[-1]
    found: dict[str, object] = guest["spec"]["dataVolumeTemplates"][0]["spec"]["source"]
    return found


@pytest.mark.parametrize("name", ["debian12", "ubuntu24.04", "rocky9"])
def test_a_name_is_the_address_of_the_catalogue(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A vendor with stable addresses is not asked."""
    monkeypatch.setattr(download.WebReader, "read", lambda *_: pytest.fail("the network was used"))

    assert str(source(name)["http"]).startswith("{'url': 'https://")


def test_the_index_of_the_vendor_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only Fedora's index has the address of the current image."""
    monkeypatch.setattr(download.WebReader, "read", lambda *_: INDEX)

    assert source("fedora41") == {"http": {"url": "https://example.org/Fedora-Cloud-Base-Generic-41-1.4.x86_64.qcow2"}}


def test_an_index_that_cannot_be_read_is_an_error_that_names_the_option(monkeypatch: pytest.MonkeyPatch) -> None:
    """The hint works without a network."""

    def read(*_: object) -> bytes:
        raise FetchError("no network")

    monkeypatch.setattr(download.WebReader, "read", read)
    with pytest.raises(FetchError, match="--disk image=fedora41:Generic: only the vendor's index"):
        source("fedora41")


def test_default_login_of_an_image_by_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As virt-install does: without a key of this user, a password, which is only in the Secret as a hash."""
    request = request_of(["--name", "web", "--image", "debian12"])
    found = manifests(request, environ={**ENVIRONMENT, "HOME": str(tmp_path)})
    ((account, password),) = found.passwords

    assert account == "debian"
    assert [document["kind"] for document in found.documents] == ["Secret", "VirtualMachine"]
    assert password not in str(found.documents)
