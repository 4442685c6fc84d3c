"""Strict validation with KubeVirt's schemas, which are stored outside the project.

An unknown field is an error, as for an API server with `fieldValidation=Strict`.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

_PROJECT = Path(__file__).parents[2]
FOLDER = Path(os.environ.get("VIRTINSTALL_KUBEVIRT_SCHEMAS") or _PROJECT.parent / "shared" / "kubevirt")
needs_schemas = pytest.mark.skipif(
    not (FOLDER / "virtualmachine.json").exists(),
    reason=f"KubeVirt's schemas are not in {FOLDER} (VIRTINSTALL_KUBEVIRT_SCHEMAS)",
)
_TYPES: Mapping[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list, tuple),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
}
_SECRET = {"apiVersion", "kind", "metadata", "stringData"}
_SERVICE = {"apiVersion", "kind", "metadata", "spec"}
_PORT = {"name", "port", "protocol", "targetPort"}
_METADATA = {"name", "namespace", "labels", "annotations"}


@cache
def schema(name: str) -> Mapping[str, Any]:
    """Return the schema in the file `name`.json."""
    found: Mapping[str, Any] = json.loads((FOLDER / f"{name}.json").read_text())
    return found


def problems(document: Mapping[str, Any]) -> list[str]:
    """Return everything in a document that the API server would reject."""
    found = list(_metadata(document.get("metadata"), "metadata"))
    kind = document.get("kind")
    if kind == "VirtualMachine":
        if document.get("apiVersion") != "kubevirt.io/v1":
            found.append("apiVersion")
        found += _check(document, schema("virtualmachine"), "")
        for number, each in enumerate(document["spec"].get("dataVolumeTemplates", ())):
            place = f".spec.dataVolumeTemplates[{number}]"
            found += _check(each["spec"], schema("datavolumetemplatespec")["properties"]["spec"], f"{place}.spec")
            found += _metadata(each.get("metadata"), f"{place}.metadata")
        found += _metadata({"name": "x", **document["spec"]["template"]["metadata"]}, ".spec.template.metadata")
        found += _references(document)
    elif kind == "Secret":
        found += [f"unknown: {key}" for key in document.keys() - _SECRET]
        found += [f"not text: {key}" for key, value in document["stringData"].items() if not isinstance(value, str)]
    elif kind == "Service":
        found += [f"unknown: {key}" for key in document.keys() - _SERVICE]
        found += [f"unknown: {key}" for port in document["spec"]["ports"] for key in port.keys() - _PORT]
        found += [f"unknown: {key}" for key in document["spec"].keys() - {"selector", "ports"}]
    else:
        found.append(f"kind {kind}")
    return found


def _metadata(node: Any, place: str) -> Iterator[str]:
    if not isinstance(node, dict) or "name" not in node:
        yield f"{place}: no name"
        return
    yield from (f"{place}.{key}: unknown" for key in node.keys() - _METADATA)
    for key, value in {**node.get("labels", {}), **node.get("annotations", {})}.items():
        if not isinstance(value, str):
            yield f"{place}: {key} is not text"
        if not re.fullmatch(r"([a-z0-9.-]{1,253}/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?", key):
            yield f"{place}: {key} is not a valid key"
    for key, value in node.get("labels", {}).items():
        if not re.fullmatch(r"([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?", value):
            yield f"{place}: {key}={value} is not a valid label"


def _check(value: Any, rules: Mapping[str, Any], place: str) -> Iterator[str]:
    if rules.get("x-kubernetes-int-or-string"):
        if not isinstance(value, int | str) or isinstance(value, bool):
            yield f"{place}: neither a number nor text"
        elif isinstance(value, str) and "pattern" in rules and not re.fullmatch(rules["pattern"].strip("^$"), value):
            yield f"{place}: {value} does not match"
        return
    kind = rules.get("type")
    if kind is not None:
        if not isinstance(value, _TYPES[kind]) or (isinstance(value, bool) and kind != "boolean"):
            yield f"{place}: {value!r} is not of the type {kind}"
            return
    if "enum" in rules and value not in rules["enum"]:
        yield f"{place}: {value!r} is not one of {rules['enum']}"
    if isinstance(value, str) and "pattern" in rules and not re.search(rules["pattern"], value):
        yield f"{place}: {value!r} does not match"
    if isinstance(value, list | tuple):
        if len(value) > rules.get("maxItems", len(value)):
            yield f"{place}: more than {rules['maxItems']} items"
        for number, each in enumerate(value):
            yield from _check(each, rules.get("items", {}), f"{place}[{number}]")
    if isinstance(value, dict):
        yield from _check_fields(value, rules, place)


def _check_fields(value: Mapping[str, Any], rules: Mapping[str, Any], place: str) -> Iterator[str]:
    properties, rest = rules.get("properties", {}), rules.get("additionalProperties")
    yield from (f"{place}.{key}: missing" for key in rules.get("required", ()) if key not in value)
    for key, each in value.items():
        if key in properties:
            yield from _check(each, properties[key], f"{place}.{key}")
        elif isinstance(rest, dict):
            yield from _check(each, rest, f"{place}.{key}")
        elif not rules.get("x-kubernetes-preserve-unknown-fields") and place != ".metadata":
            yield f"{place}.{key}: unknown"


def _references(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield what KubeVirt's webhooks would reject, independently of the rules in the program."""
    spec = document["spec"]["template"]["spec"]
    devices = spec["domain"]["devices"]
    volumes = [volume["name"] for volume in spec.get("volumes", ())]
    used = [each["name"] for key in ("disks", "filesystems") for each in devices.get(key, ())]
    if sorted(volumes) != sorted(used) or len(set(volumes)) != len(volumes):
        yield f"disks {used} and volumes {volumes} differ"
    networks = [network["name"] for network in spec.get("networks", ())]
    interfaces = [each["name"] for each in devices.get("interfaces", ())]
    if networks != interfaces or len(set(networks)) != len(networks):
        yield f"interfaces {interfaces} and networks {networks} differ"
    orders = [
        each["bootOrder"] for key in ("disks", "interfaces") for each in devices.get(key, ()) if "bootOrder" in each
    ]
    if len(set(orders)) != len(orders):
        yield f"boot order {orders}"
    templates = {each["metadata"]["name"] for each in document["spec"].get("dataVolumeTemplates", ())}
    for volume in spec.get("volumes", ()):
        if len(volume) != 2:
            yield f"volume with {len(volume) - 1} sources"
        for key in ("userData", "networkData"):
            for source in volume.values():
                if isinstance(source, dict) and len(str(source.get(key, "")).encode()) > 2048:
                    yield f"{key} is too long"
    yield from (f"nothing uses {name}" for name in templates if name not in json.dumps(spec["volumes"]))
    efi = spec["domain"].get("firmware", {}).get("bootloader", {}).get("efi")
    if efi is not None and "secureBoot" not in efi:
        yield "secureBoot is not written"
    if efi and efi["secureBoot"] and not spec["domain"].get("features", {}).get("smm", {}).get("enabled"):
        yield "Secure Boot without smm"
