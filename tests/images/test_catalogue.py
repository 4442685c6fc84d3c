"""Names of images: families of releases, the user's catalogues, and the OS database."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from tests.osinfo.database import Database
from virtinstall.errors import RequestError
from virtinstall.images import catalogue_file
from virtinstall.images.catalogue import ImageCatalogue
from virtinstall.images.catalogue_file import built_in, parse_catalogue

PACKAGE = Path(catalogue_file.__file__).parents[1]
SCHEMA = json.loads((PACKAGE / "schema" / "images.json").read_text())


def catalogue(tmp_path: Path, text: str = "", **os_files: str) -> ImageCatalogue:
    """Return a catalogue with a user's file and the test OS database."""
    database = Database(tmp_path)
    for name, content in os_files.items():
        database.write_os(f"local/os/x.org/{name}.xml", f"http://x.org/{name}", name, content)
    environment = {**database.environment, "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / "config")}
    if text:
        folder = tmp_path / "config" / "virtinstall" / "images.d"
        folder.mkdir(parents=True)
        (folder / "mine.yaml").write_text(text)
    return ImageCatalogue(environment, database.catalog())


@pytest.mark.parametrize(
    ("name", "label", "url"),
    [
        ("debian12", "debian12:generic", "bookworm/latest/debian-12-generic-amd64.qcow2"),
        ("debian-12", "debian12:generic", "bookworm/latest/debian-12-generic-amd64.qcow2"),
        ("Debian12", "debian12:generic", "bookworm/latest/debian-12-generic-amd64.qcow2"),
        ("bookworm", "debian12:generic", "bookworm/latest/debian-12-generic-amd64.qcow2"),
        ("debianbookworm", "debian12:generic", "bookworm/latest/debian-12-generic-amd64.qcow2"),
        ("debian12:genericcloud", "debian12:genericcloud", "debian-12-genericcloud-amd64.qcow2"),
        ("debian12:GenericCloud", "debian12:genericcloud", "debian-12-genericcloud-amd64.qcow2"),
        ("debian14", "debian14:generic", "forky/latest/debian-14-generic-amd64.qcow2"),
        ("debian31", "debian31:generic", "{codename}/latest/debian-31-generic-amd64.qcow2"),
        ("ubuntu24.04", "ubuntu24.04:server", "releases/24.04/release/ubuntu-24.04-server-cloudimg-amd64.img"),
        ("noble", "ubuntu24.04:server", "releases/24.04/release/ubuntu-24.04-server-cloudimg-amd64.img"),
        ("ubuntu32.04", "ubuntu32.04:server", "releases/32.04/release/ubuntu-32.04-server-cloudimg-amd64.img"),
        ("fedora77", "fedora77:Generic", "https://fedoraproject.org/releases.json"),
        ("centos-stream12", "centos-stream12", "12-stream/x86_64/images/CentOS-Stream-GenericCloud-12-latest"),
        ("rocky9:lvm", "rocky9:LVM", "Rocky-9-GenericCloud-LVM.latest.x86_64.qcow2"),
        ("almalinux10", "almalinux10", "AlmaLinux-10-GenericCloud-latest.x86_64.qcow2"),
        ("tumbleweed", "opensusetumbleweed", "openSUSE-Tumbleweed-Minimal-VM.x86_64-Cloud.qcow2"),
        ("arch", "archlinux:cloudimg", "Arch-Linux-x86_64-cloudimg.qcow2"),
        ("alpine3.30:uefi", "alpinelinux3.30:uefi", "alpine/v3.30/releases/cloud/"),
        ("freebsd15.1", "freebsd15.1:ufs", "VM-IMAGES/15.1-RELEASE/amd64/Latest/"),
        ("fedora-coreos", "fedora-coreos-stable", "streams/stable.json"),
        ("docker://quay.io/x/y:1", "docker://quay.io/x/y:1", "quay.io/x/y:1"),
    ],
)
def test_name_of_an_image_resolves_to_its_url(tmp_path: Path, name: str, label: str, url: str) -> None:
    """Future releases of a family are named like the existing ones."""
    source = catalogue(tmp_path).find(name, "x86_64")
    assert source.label == label
    assert source.url.endswith(url) or url in source.url


def test_name_without_a_version_is_the_current_release(tmp_path: Path) -> None:
    """The OS database may have a newer release than this package."""
    released = "<version>31</version><release-date>2050-01-01</release-date>"
    unreleased = "<version>32</version><release-status>prerelease</release-status>"
    assert catalogue(tmp_path / "a").find("debian", "x86_64").name == "debian13"
    newer = catalogue(tmp_path / "b", debian31=released, debian32=unreleased)
    assert newer.find("debian", "x86_64").name == "debian31"


def test_code_name_comes_from_the_database(tmp_path: Path) -> None:
    """The catalogue does not have the code name of the release."""
    found = catalogue(tmp_path, debian31="<codename>Zurg</codename>").find("debian31", "x86_64")
    assert "/zurg/latest/" in found.url


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("debain12", "unknown image 'debain12'"),
        ("debian12:foo", "no variant 'foo'"),
        ("almalinux9:foo", "no variant 'foo'"),
        ("debian3", "unknown image"),
        ("ftp://host/disk.qcow2", "unsupported URL scheme 'ftp'"),
    ],
)
def test_errors_have_a_hint(tmp_path: Path, name: str, message: str) -> None:
    """The names are misspelled, have an unknown variant, or have no image."""
    with pytest.raises(RequestError, match=message) as caught:
        catalogue(tmp_path).find(name, "x86_64")
    assert caught.value.hint


def test_hint_for_a_misspelled_name_contains_the_correct_name(tmp_path: Path) -> None:
    """Other similar names may follow."""
    with pytest.raises(RequestError) as caught:
        catalogue(tmp_path).find("debain12", "x86_64")
    assert "debian12" in str(caught.value.hint)


def test_missing_architecture_is_an_error(tmp_path: Path) -> None:
    """The hint lists the existing ones."""
    with pytest.raises(RequestError, match="not available for s390x") as caught:
        catalogue(tmp_path).find("debian12", "s390x")
    assert "aarch64" in str(caught.value.hint)


def test_url_contains_the_vendors_name_of_the_architecture(tmp_path: Path) -> None:
    """libvirt uses aarch64, Debian arm64."""
    assert "arm64" in catalogue(tmp_path).find("debian12", "aarch64").url


def test_url_of_an_os_without_a_family_comes_from_the_database(tmp_path: Path) -> None:
    """Checksum lists in the same directory are tried."""
    content = """<image arch='x86_64' format='vmdk'><url>https://x.org/a.vmdk</url></image>
    <image arch='x86_64' format='qcow2' cloud-init='true'><variant id='mini'/><url>https://x.org/mini.qcow2</url></image>
    <image arch='aarch64' format='containerdisk'><url>docker://x.org/puffin:1</url></image>"""
    found = catalogue(tmp_path, puffin9=content)
    source = found.find("puffin9:mini", "x86_64")
    assert (source.url, source.seed, source.guess) == ("https://x.org/mini.qcow2", "cloud-init", True)
    assert found.find("puffin9", "aarch64").kind == "registry"
    assert "puffin9" in [image.name for image in found.listed()]
    with pytest.raises(RequestError, match="not available"):
        found.find("puffin9:huge", "x86_64")


def test_user_catalogue_overrides_the_built_in_one(tmp_path: Path) -> None:
    """A private mirror can replace the vendor's server."""
    text = """
images:
- names: [debian]
  version: "[0-9]+"
  current: "12"
  url: https://mirror.example/debian-{version}.qcow2
- name: golden
  url: https://images.example/golden.qcow2
  sha256: "{digest}"
  user: admin
- name: local
  url: /srv/images/local.qcow2
""".replace("{digest}", "ab" * 32)
    found = catalogue(tmp_path, text)
    assert found.find("debian12", "x86_64").url == "https://mirror.example/debian-12.qcow2"
    assert found.find("golden", "x86_64").digest == "sha256:" + "ab" * 32
    assert found.find("local", "x86_64").kind == "path"
    assert found.listed()[0].name == "debian12"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[]", "not a mapping"),
        ("images: 3", "not a list"),
        ("images: [3]", "not a mapping"),
        ("pictures: []", "unknown key 'pictures'"),
        ("images: [{name: x, url: 'https://h/x', colour: red}]", "unknown key 'colour'"),
        ("images: [{url: 'https://h/x'}]", "either 'name' or 'names'"),
        ("images: [{name: x}]", "exactly one of 'url', 'directory' and 'index'"),
        ("images: [{name: x, url: 'http://h/x'}]", "not protected"),
        ("images: [{name: x, url: 'ftp://h/x'}]", "not an http or https URL"),
        ("images: [{name: x, url: 'https://h/x', sha256: 'ab'}]", "invalid sha256 digest 'ab'"),
        ("images: [{name: x, url: 'https://h/x', version: '['}]", "must be used together"),
        ("images: [{name: x, url: 'https://h/x', version: '[', current: '1'}]", "not a valid regular expression"),
        ("images: [{name: x, directory: 'https://h/'}]", "requires 'pattern'"),
        ("images: [{name: x, url: 'https://h/x', current: 12, version: '1'}]", "is not a string"),
        ("sources: [{simplestreams: 'http://h/x'}]", "not protected"),
        ("sources: [{}]", "must have either 'simplestreams' or 'virt-builder'"),
        ("images: [", "invalid YAML: a value is missing"),
    ],
)
def test_invalid_catalogue_is_an_error(tmp_path: Path, text: str, problem: str) -> None:
    """The error names the file and the problem."""
    with pytest.raises(RequestError, match=problem) as caught:
        catalogue(tmp_path, text).find("debian12", "x86_64")
    assert "mine.yaml" in str(caught.value)


def test_missing_file_in_the_environment_variable_is_an_error(tmp_path: Path) -> None:
    """$VIRTINSTALL_IMAGES is not silently ignored."""
    database = Database(tmp_path)
    environment = {**database.environment, "VIRTINSTALL_IMAGES": str(tmp_path / "no.yaml")}
    with pytest.raises(RequestError, match="no such file"):
        ImageCatalogue(environment, database.catalog()).find("debian12", "x86_64")


def test_built_in_catalogue_conforms_to_the_schema() -> None:
    """The parser, which requires HTTPS, accepts it as well."""
    path = PACKAGE / "images" / "families.json"
    document = json.loads(path.read_text())
    jsonschema.validate(document, SCHEMA)
    assert len(parse_catalogue(document, str(path)).families) == len(built_in().families)


@pytest.mark.parametrize(
    "row",
    [
        {"name": "x"},
        {"url": "https://h/x"},
        {"name": "x", "url": "https://h/x", "colour": "red"},
        {"name": "x", "directory": "https://h/"},
        {"name": "x", "url": "https://h/x", "version": "1"},
        {"name": "x", "url": "https://h/x", "current": 12, "version": "1"},
    ],
)
def test_schema_and_parser_reject_the_same_rows(row: dict[str, Any]) -> None:
    """Editors report the same errors as the program."""
    document = yaml.safe_load(yaml.safe_dump({"images": [row]}))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, SCHEMA)
    with pytest.raises(RequestError):
        parse_catalogue(document, "x")


def test_credentials_in_a_url_are_not_shown(tmp_path: Path) -> None:
    """They are a password or a token in the query."""
    found = catalogue(tmp_path)
    assert found.find("https://anna:secret@x.org/disk.qcow2?token=secret", "x86_64").label == "https://x.org/disk.qcow2"
    with pytest.raises(RequestError) as caught:
        found.find("ftp://anna:secret@x.org/disk.qcow2", "x86_64")
    assert "secret" not in str(caught.value)
