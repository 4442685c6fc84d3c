"""An entry in an image catalog: a family of operating systems, which defines the image of each release."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from virtinstall.errors import RequestError
from virtinstall.images.digest import HEX_DIGITS, digest_of
from virtinstall.images.source import CLOUD_INIT, ImageSource

_PLACES = ("{version}", "{codename}", "{variant}", "{arch}")


class Family:
    """A family of operating systems, defined by `row`, a validated entry in a catalog.

    `origin` is the path of the catalog, or `built-in`.
    """

    def __init__(self, row: Mapping[str, Any], origin: str) -> None:
        self.row = row
        self.origin = origin
        names = row.get("names") or [row.get("name")]
        self.names: list[str] = [str(name) for name in names]
        self.has_versions = "version" in row
        self.codenames: Mapping[str, str] = {str(key): str(value) for key, value in row.get("codenames", {}).items()}
        self.variants: list[str] = [str(name) for name in row.get("variants", [])]
        self.architectures: Mapping[str, str] | None = row.get("arch")

    def version_of(self, name: str) -> str | None:
        """Return the version that an image name refers to; None if the name does not belong to this family.

        The version is an empty string if the family has no versions. For example, `debian12`, `debian-12`, `bookworm`
        and `debianbookworm` refer to version 12, and `debian` to the catalog's current version.
        """
        lowered = name.lower()
        for family_name in self.names:
            if lowered == family_name.lower():
                return str(self.row["current"]) if self.has_versions else ""
            rest = lowered.removeprefix(family_name.lower())
            if rest != lowered and self.has_versions:
                version = self._version(rest.removeprefix("-"))
                if version is not None:
                    return version
        return next((version for version, codename in self.codenames.items() if codename == lowered), None)

    def _version(self, text: str) -> str | None:
        if self._covers(text):
            return text
        return next((version for version, codename in self.codenames.items() if codename == text), None)

    def _covers(self, version: str) -> bool:
        """Return whether the entry applies to a version: one that matches the pattern and is not too old."""
        oldest = self.row.get("oldest")
        fits = re.fullmatch(self.row["version"], version) is not None
        return fits and (oldest is None or natural_order(version) >= natural_order(oldest))

    def release_name(self, version: str) -> str:
        """Return the image name for the release `version`, such as `debian12`."""
        return f"{self.names[0]}{self.row.get('separator', '')}{version}" if version else self.names[0]

    def known_versions(self, os_names: Iterable[str]) -> list[str]:
        """Return the known versions of the family in ascending order.

        These are the versions in the catalog and in `os_names`, the names in the OS database. The result is `[""]` if
        the family has no versions.
        """
        if not self.has_versions:
            return [""]
        current = str(self.row["current"])
        # later ones have a code name long before they are released
        versions = {current, *(known for known in self.codenames if natural_order(known) < natural_order(current))}
        for os_name in os_names:
            prefix = str(self.row.get("os", "")).partition("{version}")[0]
            if prefix and os_name.startswith(prefix) and self._covers(os_name[len(prefix) :]):
                versions.add(os_name[len(prefix) :])
        return sorted(versions, key=natural_order)

    def current_version(self, released: Iterable[str]) -> str:
        """Return the version to which the family name alone refers; an empty string if the family has no versions.

        The result is the newest of the catalog's current version and the versions in `released`. If the family has
        long-term releases, other versions in `released` are ignored.
        """
        if not self.has_versions:
            return ""
        pattern = self.row.get("long_term") or self.row["version"]
        versions = [version for version in released if re.fullmatch(pattern, version)]
        return max([str(self.row["current"]), *versions], key=natural_order)

    def source(self, version: str, variant: str, arch: str, codename: str | None = None) -> ImageSource:
        """Return the source of the image for the release `version`.

        An empty `variant` means the default variant. `arch` is libvirt's name for the architecture. `codename` is the
        code name of the release; it is used only if the catalog does not contain the code name. None means that it is
        unknown.

        Raises: RequestError, if the family has no such variant or architecture.
        """
        name = self.release_name(version)
        variant = self._checked_variant(name, variant)
        values = {
            "version": version,
            "variant": variant,
            "arch": self._vendor_arch(name, arch),
            "codename": self.codenames.get(version) or codename or "{codename}",
        }
        row, kind, url = self.row, "url", self.row.get("url", "")
        if isinstance(url, Mapping):
            url = url.get(variant, "")
        if "directory" in row:
            kind, url = "directory", row["directory"]
        elif "index" in row:
            kind, url = "index", row["index"]["url"]
        elif str(url).startswith("/"):
            kind = "path"
        digests = [digest_of(algorithm, str(row[algorithm])) for algorithm in HEX_DIGITS if algorithm in row]
        digest = next((str(digest) for digest in reversed(digests) if digest is not None), "")
        return ImageSource(
            name=name,
            kind=kind,
            url=filled(url, values),
            arch=arch,
            variant=variant if len(self.variants) > 1 else "",
            pattern=filled(str(row.get("pattern", "")), {key: re.escape(value) for key, value in values.items()}),
            checksums=tuple(row.get("checksums", ())),
            signature=str(row.get("signature", "")),
            keyring=str(row.get("keyring", "")),
            digest=digest,
            listing=_filled_index(row["index"], values) if kind == "index" else None,
            codename_search=str(row.get("codename_search", "")),
            seed=str(_by_variant(row.get("seed", CLOUD_INIT), variant)),
            user=str(row.get("user", "")),
            firmware=tuple(_by_variant(row.get("firmware", ()), variant)),
            os_name=filled(str(row.get("os", "")), values),
            origin=self.origin,
        )

    def _checked_variant(self, name: str, variant: str) -> str:
        if not variant:
            return self.variants[0] if self.variants else ""
        for known in self.variants:
            if known.lower() == variant.lower():
                return known
        hint = f"use one of: {', '.join(self.variants)}" if self.variants else f"omit ':{variant}'"
        raise RequestError(f"the image '{name}' has no variant '{variant}'", hint=hint)

    def _vendor_arch(self, name: str, arch: str) -> str:
        if self.architectures is None:
            return arch
        if arch not in self.architectures:
            known = ", ".join(self.architectures)
            raise RequestError(
                f"the image '{name}' is not available for {arch}", hint=f"use --arch with one of: {known}"
            )
        return str(self.architectures[arch])


def natural_order(text: str) -> list[tuple[int, int, str]]:
    """Return a sort key for `text` that compares numbers by their values, so that 9 comes before 10."""
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in re.split(r"(\d+)", text) if part]


def filled(text: str, values: Mapping[str, str]) -> str:
    """Return `text` with the placeholders `{version}`, `{codename}`, `{variant}` and `{arch}` replaced by `values`.

    Other text in braces and placeholders without a value remain unchanged.
    """
    for place in _PLACES:
        text = text.replace(place, values.get(place[1:-1], place))
    return text


def _filled_index(value: Any, values: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return filled(value, values)
    if isinstance(value, Mapping):
        escaped = {key: re.escape(each) for key, each in values.items()}
        return {key: _filled_index(each, escaped if key == "pattern" else values) for key, each in value.items()}
    if isinstance(value, list):
        return [_filled_index(each, values) for each in value]
    return value


def _by_variant(value: Any, variant: str) -> Any:
    return value.get(variant, value.get("*", "")) if isinstance(value, Mapping) else value
