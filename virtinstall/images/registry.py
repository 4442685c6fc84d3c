"""Containerdisks: the layer of an OCI or Docker image that contains the disk, found through the registry protocol.

Source: OCI distribution specification (pull), OCI image specification (index, manifest, platform), the Docker
registry v2 token flow, containers-auth.json(5) for credentials.
"""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import urlencode, urlsplit

from virtinstall.errors import FetchError, RequestError
from virtinstall.images.catalogue_file import is_loopback
from virtinstall.images.check import PORTAL_HINT
from virtinstall.images.digest import Digest, digest_of, new_hash
from virtinstall.json_loader import parse_json
from virtinstall.named import NamedTuple

_OTHER_HINT = "use another containerdisk"
_DOCKER_HUB, _DOCKER_SERVER = "docker.io", "registry-1.docker.io"
_INDEXES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
_MANIFESTS = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
_ACCEPT = {"Accept": ", ".join((*_INDEXES, *_MANIFESTS))}
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm", "i686": "386"}
_REFERENCE = re.compile(
    r"(?P<host>[^/]+)/(?P<path>[a-z0-9]+(?:(?:[._-]|__|-+)[a-z0-9]+|/[a-z0-9]+)*)"
    r"(?::(?P<tag>\w[\w.-]{0,127}))?(?:@(?P<digest>[a-z0-9]+:[0-9a-f]{32,}))?"
)
_CHALLENGE = re.compile(r'(\w+)="([^"]*)"')


class RegistryWeb(Protocol):
    """A reader of documents in a container registry."""

    def read(self, url: str, headers: Mapping[str, str] | None = None) -> bytes:
        """Return the document at `url`; `headers` are additional request headers.

        Raises: FetchError, if the document cannot be read; the error has the `status` and `challenge` of the response.
        """


class Reference(NamedTuple):
    """The parts of a container reference, such as `quay.io/containerdisks/fedora:42`.

    If the reference does not contain them, `tag` is `latest` and `digest` is an empty string.
    """

    server: str
    path: str
    tag: str
    digest: str

    @property
    def name(self) -> str:
        """The name of the repository in messages: `docker://SERVER/PATH`."""
        return f"docker://{self.server}/{self.path}"

    @property
    def base(self) -> str:
        """The base URL of the repository."""
        scheme = "http" if is_loopback(f"http://{self.server}") else "https"
        return f"{scheme}://{self.server}/v2/{self.path}"


class Layer(NamedTuple):
    """A layer to download; `headers` authorize the download, and `size` is in bytes, or None if unknown."""

    url: str
    digest: Digest
    headers: Mapping[str, str]
    size: int | None = None


def parse_reference(text: str) -> Reference:
    """Return the parts of a container reference; a reference without a registry refers to Docker Hub.

    Raises: RequestError, if the reference is invalid.
    """
    host, slash, rest = text.partition("/")
    if not slash or not ("." in host or ":" in host or host == "localhost"):
        rest = text if slash else f"library/{text}"
        host = _DOCKER_HUB
    match = _REFERENCE.fullmatch(f"{host}/{rest}")
    if match is None:
        raise RequestError(
            f"invalid container reference 'docker://{text}'",
            hint="use docker://REGISTRY/NAME:TAG, for example: docker://quay.io/containerdisks/fedora:42",
        )
    server = _DOCKER_SERVER if host == _DOCKER_HUB else host
    return Reference(server, match["path"], match["tag"] or "latest", match["digest"] or "")


class Registry:
    """A repository in a container registry, from which `web` reads documents.

    `environment` contains the environment variables that locate the credentials.
    """

    def __init__(self, reference: Reference, web: RegistryWeb, environment: Mapping[str, str]) -> None:
        self._reference = reference
        self._web = web
        self._environment = environment
        self._headers: dict[str, str] = {}
        self._login_hint = f"log in with: podman login {reference.server}"

    def layers(self, arch: str) -> list[Layer]:
        """Return the layers of the image for an architecture, the topmost layer first.

        `arch` is libvirt's name for the architecture.

        Raises: FetchError, if the manifest cannot be read or is invalid, or if the image is not available for the
        architecture.
        """
        wanted = self._reference.digest or self._reference.tag
        document = self._manifest(wanted)
        if "manifests" in document:
            document = self._manifest(self._platform_digest(document, arch))
        layers = document.get("layers")
        if not isinstance(layers, list) or not layers:
            raise FetchError(f"'{self._reference.name}' has no layers", hint=_OTHER_HINT)
        return [self._layer(each) for each in reversed(layers)]

    def _layer(self, entry: Any) -> Layer:
        text = str(entry.get("digest", "")) if isinstance(entry, dict) else ""
        algorithm, _, value = text.partition(":")
        digest = digest_of(algorithm, value)
        if digest is None:
            raise FetchError(f"invalid digest '{text}' of a layer in '{self._reference.name}'", hint=_OTHER_HINT)
        size = entry.get("size")
        url = f"{self._reference.base}/blobs/{digest}"
        return Layer(url, digest, dict(self._headers), size if isinstance(size, int) else None)

    def _platform_digest(self, index: Mapping[str, Any], arch: str) -> str:
        wanted = _ARCHITECTURES.get(arch, arch)
        found = [each for each in index["manifests"] if isinstance(each, dict)]
        platforms = [(each.get("platform") or {}, str(each.get("digest", ""))) for each in found]
        for platform, digest in platforms:
            if platform.get("architecture") == wanted and platform.get("os", "linux") == "linux":
                return digest
        ours = {theirs: name for name, theirs in _ARCHITECTURES.items()}
        # attestations have the architecture "unknown"
        listed = {str(platform.get("architecture")) for platform, _ in platforms} - {"unknown"}
        raise FetchError(
            f"'{self._reference.name}:{self._reference.tag}' is not available for {arch}",
            hint=f"use --arch with one of: {', '.join(sorted(ours.get(each, each) for each in listed))}",
        )

    def _manifest(self, name: str) -> dict[str, Any]:
        data = self._read(f"{self._reference.base}/manifests/{name}")
        algorithm, colon, value = name.partition(":")
        if colon:
            # the manifest that a digest names must have that digest
            expected = digest_of(algorithm, value)
            computed = None if expected is None else new_hash(expected.algorithm)
            if computed is None or expected is None:
                raise FetchError(f"invalid digest '{name}' of a manifest in '{self._reference.name}'", hint=_OTHER_HINT)
            computed.update(data)
            if computed.hexdigest() != expected.value:
                raise FetchError(
                    f"checksum mismatch for a manifest in '{self._reference.name}': expected {name}, "
                    f"computed {algorithm}:{computed.hexdigest()}",
                    hint="try again later; if the error persists, do not use the image",
                )
        document = _json_object(data)
        if document is None:
            raise FetchError(
                f"the response from the registry '{self._reference.server}' is not a manifest", hint=PORTAL_HINT
            )
        return document

    def _read(self, url: str) -> bytes:
        try:
            return self._read_authorized(url)
        except FetchError as error:
            if error.status in (401, 403):
                error.hint = self._login_hint
            elif error.status in (404, 410):
                error.hint = "check the name and the tag of the image"
            raise

    def _read_authorized(self, url: str) -> bytes:
        try:
            return self._web.read(url, {**_ACCEPT, **self._headers})
        except FetchError as error:
            if error.status != 401 or "Authorization" in self._headers:
                raise
            self._headers = self._authorize(error.challenge)
        return self._web.read(url, {**_ACCEPT, **self._headers})

    def _authorize(self, challenge: str) -> dict[str, str]:
        """Return the header that answers a challenge: a token, or the credentials themselves."""
        scheme, _, rest = challenge.partition(" ")
        login = credentials(self._reference.server, self._environment)
        basic = {} if login is None else {"Authorization": f"Basic {login}"}
        if scheme.lower() == "basic" and basic:
            return basic
        values = dict(_CHALLENGE.findall(rest))
        realm = values.get("realm", "")
        parts = urlsplit(realm)
        if scheme.lower() != "bearer" or not (parts.scheme == "https" or is_loopback(realm)):
            raise FetchError(f"the registry '{self._reference.server}' requires a login", hint=self._login_hint)
        scope = values.get("scope") or f"repository:{self._reference.path}:pull"
        query = urlencode({"service": values.get("service", ""), "scope": scope})
        answer = _json_object(self._web.read(f"{realm}{'&' if parts.query else '?'}{query}", basic)) or {}
        token = answer.get("token") or answer.get("access_token")
        if not isinstance(token, str) or not token:
            raise FetchError(
                f"the registry '{self._reference.server}' did not issue an access token", hint=self._login_hint
            )
        return {"Authorization": f"Bearer {token}"}


def _json_object(data: bytes) -> dict[str, Any] | None:
    try:
        document = parse_json(data)
    except ValueError:
        return None
    return document if isinstance(document, dict) else None


def credentials(server: str, environment: Mapping[str, str]) -> str | None:
    """Return the stored credentials for the registry `server`: `USER:PASSWORD` in base64; None if there are none.

    `environment` contains the environment variables that locate the files of podman and docker.
    """
    for path in _credential_files(environment):
        try:
            with open(path, "rb") as file:
                stored = (_json_object(file.read()) or {}).get("auths")
        except OSError:
            continue
        if not isinstance(stored, dict):
            continue
        for name in (server, f"https://{server}", f"https://{server}/v1/", "https://index.docker.io/v1/"):
            if name.startswith("https://index.docker.io") and server != _DOCKER_SERVER:
                continue
            entry = stored.get(name)
            if isinstance(entry, dict) and isinstance(entry.get("auth"), str) and _is_login(entry["auth"]):
                return str(entry["auth"])
    return None


def _is_login(text: str) -> bool:
    try:
        return b":" in base64.b64decode(text, validate=True)
    except ValueError:
        return False


def _credential_files(environment: Mapping[str, str]) -> list[str]:
    home = environment.get("HOME") or "/"
    config = environment.get("XDG_CONFIG_HOME") or os.path.join(home, ".config")
    runtime = environment.get("XDG_RUNTIME_DIR")
    named = environment.get("REGISTRY_AUTH_FILE")
    return [
        *([named] if named else []),
        *([os.path.join(runtime, "containers", "auth.json")] if runtime else []),
        os.path.join(config, "containers", "auth.json"),
        os.path.join(environment.get("DOCKER_CONFIG") or os.path.join(home, ".docker"), "config.json"),
    ]
