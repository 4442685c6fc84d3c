"""The parts of a guests file other than its guests: version, project, connection and hosts."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from virtinstall.fleet.keys import FILE_KEYS
from virtinstall.fleet.nodes import Fields, Text
from virtinstall.fleet.source import Source
from virtinstall.named import NamedTuple
from virtinstall.similar import did_you_mean

# keys of other tools
_INSTEAD = {"services": "guests", "vms": "guests", "domains": "guests", "machines": "guests", "name": "project"}


class Head(NamedTuple):
    """The values at the top of a guests file.

    `project` is the name of the project, and `connect` is the connection URI; each of them is None if the file does not
    set it. `hosts` maps the names of hosts to connection URIs.
    """

    project: str | None
    connect: str | None
    hosts: Mapping[str, str]


def read_head(source: Source, root: Fields) -> Head:
    """Check the version of a guests file, and return the other values at the top of the file.

    `root` is the mapping that the file contains. Errors are added to `source.problems`.
    """
    for key, node in root.keys.items():
        if key not in FILE_KEYS and not key.startswith("x-"):
            hint = did_you_mean(key, FILE_KEYS, f"use one of: {', '.join(FILE_KEYS)}")
            if key in _INSTEAD:
                hint = f"use `{_INSTEAD[key]}`"
            source.problems.append(source.error(node, f"{key}: unknown key", hint))
    source.reported(partial(_check_version, source, root))
    hosts: dict[str, str] = {}
    found = source.reported(partial(source.fields, root, "hosts"))
    for name in found.values if found is not None else ():
        assert found is not None
        # a name with a wrong URI is known: its guests are not wrong
        hosts[name] = source.reported(partial(_uri, source, found, name)) or ""
    if hosts and root.get("connect") is not None:
        text = "`connect` and `hosts` cannot be used together"
        source.problems.append(source.error(root.keys["connect"], text, "omit one of them"))
    return Head(
        project=source.reported(partial(source.text_of, root, "project")),
        connect=source.reported(partial(source.text_of, root, "connect")),
        hosts=hosts,
    )


def _check_version(source: Source, root: Fields) -> None:
    version = root.get("version")
    if version is None:
        raise source.error(root, "`version` is missing", "write `version: 1`")
    if not isinstance(version, Text) or version.text != "1":
        shown = f" '{version.text}'" if isinstance(version, Text) else ""
        raise source.error(version, f"version: unsupported version{shown}", "write `version: 1`")


def _uri(source: Source, hosts: Fields, name: str) -> str:
    """Return the URI of a host."""
    node = hosts.values[name]
    uri = node
    if isinstance(node, Fields):
        for key, where in node.keys.items():
            if key != "connect":
                raise source.error(where, f"hosts.{name}.{key}: unknown key", "use `connect`")
        uri = node.values.get("connect", node)
    text = "" if not isinstance(uri, Text) or uri.is_null else source.expanded(uri, f"hosts.{name}")
    if not text:
        hint = f"write `{name}: {{connect: qemu+ssh://root@{name}/system}}`"
        raise source.error(uri, f"hosts.{name}: must be a URI", hint)
    return text
