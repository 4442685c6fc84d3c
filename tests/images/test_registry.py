"""Containerdisks from a registry on loopback."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from tests.images.disks import MIB, qcow2
from tests.images.fetching import Client
from tests.images.vendor import Vendor
from virtinstall.errors import FetchError, RequestError
from virtinstall.images.registry import credentials, parse_reference
from virtinstall.images.source import ImageSource

NAME = "disks/fedora"


def layer(files: dict[str, bytes], form: int = tarfile.PAX_FORMAT) -> bytes:
    """Return a layer with these files."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return gzip.compress(buffer.getvalue())


class Registry:
    """A repository of a registry on the vendor's server."""

    def __init__(self, vendor: Vendor) -> None:
        self.vendor = vendor

    def put(self, path: str, document: Any) -> str:
        """Publish a manifest by digest and by `path`; return the digest."""
        data = json.dumps(document).encode()
        digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
        for name in (path, digest):
            self.vendor.files[f"/v2/{NAME}/manifests/{name}"] = data
        return digest

    def push(self, layers: list[bytes], tag: str = "42", arch: str = "amd64") -> str:
        """Publish an image; return the digest of its manifest."""
        described = []
        for data in layers:
            digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
            self.vendor.files[f"/v2/{NAME}/blobs/{digest}"] = data
            described.append({"digest": digest, "size": len(data)})
        manifest = self.put(f"{tag}-{arch}", {"schemaVersion": 2, "layers": described})
        index = {"manifests": [{"digest": manifest, "platform": {"architecture": arch, "os": "linux"}}]}
        self.put(tag, index)
        return manifest

    def source(self, reference: str = ":42", arch: str = "x86_64") -> ImageSource:
        """Return the source of the image, as for `docker://`."""
        server = self.vendor.url.removeprefix("http://")
        text = f"{server}/{NAME}{reference}"
        return ImageSource(f"docker://{text}", "registry", text, arch=arch, seed="cloud-init", origin="registry")


@pytest.fixture
def registry(vendor: Vendor) -> Registry:
    """A registry on the vendor's server."""
    return Registry(vendor)


@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT])
@pytest.mark.parametrize("prefix", ["disk/", "./disk/"])
def test_disk_of_the_platform_is_extracted(
    registry: Registry, client: Client, tmp_path: Path, form: int, prefix: str
) -> None:
    """The file is below /disk in a layer of the platform's manifest; the digest of the layer is verified."""
    data = qcow2(tmp_path, padding=MIB)
    registry.push([layer({"etc/passwd": b"root", f"{prefix}{'n' * 60}.qcow2": data}, form)])
    image = client.fetch(registry.source())
    assert Path(image.path).read_bytes() == data
    assert image.verified == "digest"
    assert client.fetch(registry.source()) == image
    assert sum("/blobs/" in request for request in registry.vendor.requests) == 1


def test_long_name_of_the_disk_is_supported(registry: Registry, client: Client, tmp_path: Path) -> None:
    """It is stored in an extended header of the archive."""
    data = qcow2(tmp_path)
    for form in (tarfile.PAX_FORMAT, tarfile.GNU_FORMAT):
        registry.push([layer({f"disk/{'n' * 200}.qcow2": data + bytes([form])}, form)], tag=f"t{form}")
        assert client.fetch(registry.source(f":t{form}")).virtual_size == 8 * MIB


def test_disk_may_be_in_any_layer(registry: Registry, client: Client, tmp_path: Path) -> None:
    """Another layer is above that of the disk."""
    data = qcow2(tmp_path)
    registry.push([layer({"disk/a.qcow2": data}), layer({"usr/doc": b"text"})])
    assert Path(client.fetch(registry.source()).path).read_bytes() == data


def test_image_is_fetched_by_digest(registry: Registry, client: Client, tmp_path: Path) -> None:
    """Another manifest than that with the digest is an error."""
    data = qcow2(tmp_path)
    digest = registry.push([layer({"disk/a.qcow2": data})])
    assert Path(client.fetch(registry.source(f"@{digest}")).path).read_bytes() == data
    registry.vendor.files[f"/v2/{NAME}/manifests/{digest}"] = b"{}"
    with pytest.raises(FetchError, match="checksum mismatch for a manifest"):
        Client(tmp_path / "other").fetch(registry.source(f"@{digest}"))


def test_credentials_of_podman_are_used_for_a_token(registry: Registry, client: Client, tmp_path: Path) -> None:
    """After a 401, a token is requested with the stored login."""
    vendor = registry.vendor
    data = qcow2(tmp_path)
    registry.push([layer({"disk/a.qcow2": data})])
    vendor.tokens["/v2/"] = "secret-token"
    query = "service=test&scope=repository%3Ax%3Apull"
    vendor.files["/token"] = json.dumps({"token": "secret-token"}).encode()
    server = vendor.url.removeprefix("http://")
    login = base64.b64encode(b"anna:pass").decode()
    auth = tmp_path / "auth.json"
    auth.write_text(json.dumps({"auths": {server: {"auth": login}}}))
    client.environment["REGISTRY_AUTH_FILE"] = str(auth)
    assert Path(client.fetch(registry.source()).path).read_bytes() == data
    assert f"GET /token?{query} 200" in vendor.requests
    assert any(headers.get("Authorization") == f"Basic {login}" for headers in vendor.headers)


@pytest.mark.parametrize("response", [b"<html>", b"[]", b"{}", b'{"token": 3}', b"\xff", b"[" * 100_000])
def test_response_without_a_token_is_an_error(
    registry: Registry, client: Client, tmp_path: Path, response: bytes
) -> None:
    """The server that issues tokens may answer anything."""
    registry.push([layer({"disk/a.qcow2": qcow2(tmp_path)})])
    registry.vendor.tokens["/v2/"] = "secret-token"
    registry.vendor.files["/token"] = response
    with pytest.raises(FetchError, match="did not issue an access token"):
        client.fetch(registry.source())


def test_credentials_are_used_for_their_registry_only(tmp_path: Path) -> None:
    """Another registry has a similar host name."""
    auth = tmp_path / "auth.json"
    auth.write_text(json.dumps({"auths": {"quay.io": {"auth": base64.b64encode(b"a:b").decode()}}}))
    environment = {"REGISTRY_AUTH_FILE": str(auth), "HOME": str(tmp_path)}
    assert credentials("quay.io", environment) is not None
    assert credentials("quay.io.example", environment) is None


def test_layer_with_a_wrong_digest_is_an_error(registry: Registry, client: Client, tmp_path: Path) -> None:
    """The image is not stored in the cache."""
    registry.push([layer({"disk/a.qcow2": qcow2(tmp_path)})])
    vendor = registry.vendor
    for path in list(vendor.files):
        if "/blobs/" in path:
            vendor.files[path] = layer({"disk/a.qcow2": qcow2(tmp_path, padding=3)})
    with pytest.raises(FetchError, match="checksum mismatch for"):
        client.fetch(registry.source())
    assert client.cache.files() == []


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ([{"usr/doc": b"text"}], "not a containerdisk"),
        ([{"disk/a.img": b"1", "disk/b.img": b"2"}], "more than one disk image"),
        ([{"disk/a.img": b"text" * 1000}], "not a disk image"),
    ],
)
def test_image_without_exactly_one_disk_is_an_error(
    registry: Registry, client: Client, layers: list[dict[str, bytes]], message: str
) -> None:
    """Other container images, for example, have no file below /disk."""
    registry.push([layer(each) for each in layers])
    with pytest.raises(FetchError, match=message):
        client.fetch(registry.source())
    assert client.left() == []


def test_missing_platform_is_an_error(registry: Registry, client: Client, tmp_path: Path) -> None:
    """The hint lists the existing ones."""
    registry.push([layer({"disk/a.qcow2": qcow2(tmp_path)})])
    with pytest.raises(FetchError, match="not available for aarch64") as caught:
        client.fetch(registry.source(arch="aarch64"))
    assert "x86_64" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("text", "base"),
    [
        ("quay.io/containerdisks/fedora:42", "https://quay.io/v2/containerdisks/fedora"),
        ("fedora", "https://registry-1.docker.io/v2/library/fedora"),
        ("anna/disk:1", "https://registry-1.docker.io/v2/anna/disk"),
        ("localhost:5000/disk", "http://localhost:5000/v2/disk"),
        ("host.example:5000/a/b@sha256:" + "a" * 64, "https://host.example:5000/v2/a/b"),
    ],
)
def test_reference_is_parsed(text: str, base: str) -> None:
    """It consists of registry, repository, tag and digest."""
    assert parse_reference(text).base == base


@pytest.mark.parametrize("text", ["", "quay.io/", "quay.io/UPPER", "quay.io/a:b:c", "quay.io/../x"])
def test_invalid_reference_is_an_error(text: str) -> None:
    """No request is sent."""
    with pytest.raises(RequestError, match="invalid container reference"):
        parse_reference(text)
