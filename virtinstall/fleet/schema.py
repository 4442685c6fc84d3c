"""The JSON Schema of a guests file, generated from the declarations of the options; published as schema/guests.json."""

from __future__ import annotations

import json
from typing import Any

from virtinstall.fleet.keys import options_by_key
from virtinstall.options.introspect import known_sub_options
from virtinstall.options.read import section_class
from virtinstall.options.table import Option

_VALUE = {"$ref": "#/$defs/value"}
_NAMES = {"$ref": "#/$defs/names"}
_OWN: dict[str, dict[str, Any]] = {
    "count": {
        "type": ["integer", "string"],
        "description": "Number of guests: NAME-1, NAME-2, ...; {n} in a value is replaced by the number.",
    },
    "after": {**_NAMES, "description": "Guests or groups that are created before this one."},
    "groups": {**_NAMES, "description": "Groups of the inventory, and names for `after` and the command line."},
    "host": {"type": "string", "description": "Host of the guest, one of `hosts`."},
    "spread": {**_NAMES, "description": "Hosts to choose from: the one with the fewest guests; it is chosen once."},
    "state": {"enum": ["present", "absent"], "description": "absent: the guest must not exist."},
}


def schema_text() -> str:
    """Return the schema as it is published."""
    return json.dumps(guests_schema(), indent=1) + "\n"


def guests_schema() -> dict[str, Any]:
    """Return the schema (draft 2020-12)."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Guests for virt-guest apply",
        "type": "object",
        "required": ["version", "guests"],
        "additionalProperties": False,
        "patternProperties": {"^x-": True},
        "properties": {
            "version": {"enum": [1, "1"]},
            "project": {"type": "string", "description": "Name of the whole; by default the directory's."},
            "connect": {"type": "string", "description": "URI of the hypervisor, as for --connect."},
            "hosts": {
                "type": "object",
                "additionalProperties": {
                    "anyOf": [
                        {"type": "string"},
                        {
                            "type": "object",
                            "required": ["connect"],
                            "additionalProperties": False,
                            "properties": {"connect": {"type": "string"}},
                        },
                    ]
                },
                "description": "Hosts by name, each with the URI of its hypervisor; instead of connect.",
            },
            "defaults": {
                "$ref": "#/$defs/guest",
                "description": "Options of each guest that does not set them itself.",
            },
            "guests": {"type": "object", "additionalProperties": {"anyOf": [{"$ref": "#/$defs/guest"}, _NULL]}},
        },
        "$defs": {
            "value": {"type": ["string", "number", "boolean", "null"]},
            "names": {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]},
            "guest": _guest(),
        },
    }


_NULL = {"type": "null"}


def _guest() -> dict[str, Any]:
    options = options_by_key()
    properties = {key: _option(option) for key, option in sorted(options.items())}
    return {"type": "object", "additionalProperties": False, "properties": {**_OWN, **properties}}


def _option(option: Option) -> dict[str, Any]:
    text = {"description": option.help}
    if option.argument == "none":
        return {**text, "type": ["boolean", "string", "null"]}
    forms: list[dict[str, Any]] = [_VALUE]
    if option.section:
        forms.append(_sub_options(option))
    if option.repeat:
        forms.append({"type": "array", "items": {"anyOf": list(forms)} if len(forms) > 1 else forms[0]})
    return {**text, "anyOf": forms}


def _sub_options(option: Option) -> dict[str, Any]:
    """Names only: the help of each is printed by `virt-install --OPTION help`, and libvirt's schema has more."""
    known: dict[str, dict[str, Any]] = {}
    for each in known_sub_options(section_class(option)):
        for name in (each.name, *each.aliases):
            if name and "N" not in name:
                known[name] = {}
    result: dict[str, Any] = {"type": "object", "properties": known}
    if not option.is_xml:
        result["additionalProperties"] = False
    return result
