"""The JSON Schema for guests files, generated from the declarations of the options; published as schema/guests.json."""

from __future__ import annotations

import json
from typing import Any

from virtinstall.fleet.keys import MOST_GUESTS, options_by_key
from virtinstall.options.introspect import known_sub_options
from virtinstall.options.read import section_class
from virtinstall.options.table import Option

_VALUE = {"$ref": "#/$defs/value"}
_TEXT = {"$ref": "#/$defs/text"}
_NAMES = {"$ref": "#/$defs/names"}
_NULL = {"type": "null"}
# an editor sees the number or boolean of YAML that the loader reads as text
_SCALARS = ["string", "number", "boolean"]
_VARIABLE = r"\$\{"
_OWN: dict[str, dict[str, Any]] = {
    "count": {
        "anyOf": [
            {"type": ["integer", "null"], "minimum": 0, "maximum": MOST_GUESTS},
            {"type": "string", "pattern": f"^[0-9]+$|{_VARIABLE}"},
        ],
        "description": "Number of guests: NAME-1, NAME-2, ...; {n} in a value is replaced with the number.",
    },
    "after": {**_NAMES, "description": "Guests or groups that are created before this one."},
    "groups": {**_NAMES, "description": "Groups for the inventory, for `after` and for the command line."},
    "host": {**_NAMES, "description": "Host of the guest, one of `hosts`."},
    "spread": {
        **_NAMES,
        "minItems": 1,
        "description": "Hosts to choose from, once: a new guest is created on the one with the fewest guests.",
    },
    "state": {
        "anyOf": [{"enum": ["present", "absent", None]}, {"type": "string", "pattern": _VARIABLE}],
        "description": "absent: the guest must not exist.",
    },
}


def schema_text() -> str:
    """Return the published JSON Schema for guests files as a JSON string."""
    return json.dumps(guests_schema(), indent=1) + "\n"


def guests_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) for guests files as data."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Guests for virt-guest apply",
        "type": "object",
        "required": ["version", "guests"],
        "additionalProperties": False,
        "patternProperties": {"^x-": True},
        "properties": {
            "version": {"enum": [1, "1"]},
            "project": {**_TEXT, "description": "Name of the project; by default that of the file's directory."},
            "connect": {**_TEXT, "description": "URI of the hypervisor, as for --connect."},
            "hosts": {
                "type": ["object", "null"],
                "additionalProperties": {
                    "anyOf": [
                        {"type": _SCALARS},
                        {
                            "type": "object",
                            "required": ["connect"],
                            "additionalProperties": False,
                            "properties": {"connect": {"type": _SCALARS}},
                        },
                    ]
                },
                "description": "Hosts by name, each with the URI of its hypervisor; instead of connect.",
            },
            "defaults": {
                "anyOf": [{"$ref": "#/$defs/guest"}, _NULL],
                "description": "Options for each guest that does not set them.",
            },
            "guests": {
                "type": "object",
                "propertyNames": {"pattern": r"^[^\s/]([^/]*[^\s/])?$|\$\{"},
                "additionalProperties": {"anyOf": [{"$ref": "#/$defs/guest"}, _NULL]},
            },
        },
        "$defs": {
            "value": {"type": _SCALARS},
            "text": {"type": [*_SCALARS, "null"]},
            "names": {
                "type": [*_SCALARS, "array", "null"],
                "minLength": 1,
                "items": {"type": _SCALARS, "minLength": 1},
            },
            "guest": _guest(),
        },
    }


def _guest() -> dict[str, Any]:
    options = options_by_key()
    properties = {key: _option(option) for key, option in sorted(options.items())}
    return {"type": "object", "additionalProperties": False, "properties": {**_OWN, **properties}}


def _option(option: Option) -> dict[str, Any]:
    text = {"description": option.help}
    if option.argument == "none":
        return {**text, "type": ["boolean", "string", "integer", "null"]}
    forms: list[dict[str, Any]] = [_VALUE]
    if option.section:
        forms.append(_sub_options(option))
    items = {"anyOf": list(forms)} if len(forms) > 1 else forms[0]
    if option.repeat:
        forms.append({"type": "array", "items": items})
    return {**text, "anyOf": [*forms, _NULL]}


def _sub_options(option: Option) -> dict[str, Any]:
    """Return the schema of the sub-options, without their help, which `virt-install --OPTION help` prints."""
    known: dict[str, dict[str, Any]] = {}
    for each in known_sub_options(section_class(option)):
        for name in (each.name, *each.aliases):
            if name and "N" not in name:
                known[name] = {}
    result: dict[str, Any] = {"type": "object", "properties": known}
    if not option.is_xml:
        result["additionalProperties"] = False
    return result
