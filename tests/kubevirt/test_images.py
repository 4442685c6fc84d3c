"""Images by name: their URL in the manifest."""

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
    """Return the source of the DataVolume for an image."""
    guest = manifests(request_of(f"{LINE}{image}".split()), environ=ENVIRONMENT).documents[-1]
    found: dict[str, object] = guest["spec"]["dataVolumeTemplates"][0]["spec"]["source"]
    return found


@pytest.mark.parametrize("name", ["debian12", "ubuntu24.04", "rocky9"])
def test_url_comes_from_the_catalogue(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """No request is sent if the vendor has stable URLs."""
    monkeypatch.setattr(download.WebReader, "read", lambda *_: pytest.fail("the network was used"))

    assert str(source(name)["http"]).startswith("{'url': 'https://")


def test_url_comes_from_the_index_of_the_vendor(monkeypatch: pytest.MonkeyPatch) -> None:
    """The current image of Fedora is listed only in its index."""
    monkeypatch.setattr(download.WebReader, "read", lambda *_: INDEX)

    assert source("fedora41") == {"http": {"url": "https://example.org/Fedora-Cloud-Base-Generic-41-1.4.x86_64.qcow2"}}


def test_unreadable_index_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the option."""

    def read(*_: object) -> bytes:
        raise FetchError("no network")

    monkeypatch.setattr(download.WebReader, "read", read)
    with pytest.raises(
        FetchError, match="--disk image=fedora41:Generic: cannot read the image URL from the vendor's index"
    ):
        source("fedora41")


def test_image_by_name_has_a_default_login(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without an SSH key of the user, a password is generated; the Secret contains only its hash."""
    request = request_of(["--name", "web", "--image", "debian12"])
    found = manifests(request, environ={**ENVIRONMENT, "HOME": str(tmp_path)})
    ((account, password),) = found.passwords

    assert account == "debian"
    assert [document["kind"] for document in found.documents] == ["Secret", "VirtualMachine"]
    assert password not in str(found.documents)
