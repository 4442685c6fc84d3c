"""The loading of a guests file: defaults, `count`, placeholders, variables, and the request of each guest."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING

from virtinstall.compose.interfaces import want_addresses
from virtinstall.errors import RequestError
from virtinstall.fleet.conflicts import Exclusive, conflicts, exclusive_values
from virtinstall.fleet.head import read_head
from virtinstall.fleet.inventory_guest import RESERVED_GROUPS
from virtinstall.fleet.keys import MOST_GUESTS, OWN_KEYS, options_by_key, unknown_key
from virtinstall.fleet.lab_guest import LabGuest, request_of
from virtinstall.fleet.nodes import Fields, FileError, Node, Text, decoded, parse
from virtinstall.fleet.order import with_order, wrong_names
from virtinstall.fleet.source import Source, together
from virtinstall.fleet.substitute import expand_places, numbered_name, without_number
from virtinstall.fleet.values import Expand, Value, Wrong, given_value, values_of, wrong_value
from virtinstall.named import NamedTuple
from virtinstall.safe_text import require_xml
from virtinstall.similar import did_you_mean

if TYPE_CHECKING:
    from virtinstall.options.table import Option

_NAME = re.compile(r"[^\x00-\x20/]([^\x00-\x1f/]*[^\x00-\x20/])?")


class Loaded(NamedTuple):
    """The content of a guests file.

    `project` is the name of the project, and `sets_project` is true if the file sets it. `connect` is the connection
    URI that the file sets, or None. `hosts` maps the names of hosts to connection URIs.
    """

    project: str
    sets_project: bool
    guests: tuple[LabGuest, ...]
    connect: str | None
    hosts: Mapping[str, str]


def load(data: str | bytes, label: str, project: str, variables: Mapping[str, str]) -> Loaded:
    """Load the content of a guests file.

    Error messages use `label` as the file name. `project` is the name of the project if the file does not set one.
    `variables` maps the names in `${NAME}` to their values.

    Raises: FileError, with one line for each error in the file.
    """
    text = decoded(data, label) if isinstance(data, bytes) else data
    return _Loader(Source(label, variables)).load(parse(text, label), project)


def _rejected(text: str) -> str:
    return f", not '{text}'" if text else ""


class _Loader:
    def __init__(self, source: Source) -> None:
        self.source = source
        self.error = source.error
        self.exclusive: dict[str, Exclusive] = {}
        self.hosts: Mapping[str, str] = {}
        self.keys: set[str] = set()
        self.empty_groups: set[str] = set()
        self.failed: list[str] = []
        self.after: dict[str, list[tuple[str, str]]] = {}
        self.groups: dict[str, list[tuple[str, str]]] = {}

    def load(self, root: Node, project: str) -> Loaded:
        source = self.source
        if not isinstance(root, Fields):
            raise self.error(root, "the file must be a mapping", "start the file with `version: 1`")
        head = read_head(source, root)
        self.hosts = head.hosts
        defaults = source.reported(partial(source.fields, root, "defaults")) or Fields(1, 1)
        self._check_defaults(defaults)
        if root.get("guests") is None and not source.problems:
            source.problems.append(self.error(root, "`guests` is missing", "write `guests: {NAME: {...}}`"))
        guests: list[LabGuest] = []
        found = source.reported(partial(source.fields, root, "guests")) or Fields(1, 1)
        self.keys = set(found.values)
        for key, node in found.values.items():
            found_guests = source.reported(partial(self._guests, found.keys[key], node, defaults))
            if found_guests is None:
                self.failed.append(without_number(key))
            guests += found_guests or ()
        source.problems += wrong_names(guests, self.after, self.groups, self.empty_groups, self.failed)
        source.problems += conflicts(guests, self.exclusive)
        if source.problems:
            raise together(source.problems)
        return Loaded(
            project=head.project or project,
            sets_project=bool(head.project),
            guests=with_order(guests),
            connect=head.connect,
            hosts=head.hosts,
        )

    def _check_defaults(self, defaults: Fields) -> None:
        for key, value in defaults.values.items():
            self.source.reported(partial(self._check_key, key, defaults.keys[key], "defaults"))
            option = options_by_key().get(key)
            if option is not None:
                self.source.reported(partial(self._values, "defaults", key, value, option))

    def _place_of(self, name: str, node: Fields, own: Fields) -> tuple[str | None, tuple[str, ...]]:
        """Return `host` and `spread` of a guest; if it sets one of them, both of the defaults are ignored."""
        source = node if node.get("host") or node.get("spread") else own
        host, spread = (self.source.names(source, key, name) for key in ("host", "spread"))
        key = source.values.get("spread") or source.values.get("host") or node
        if len(host) > 1:
            raise self.error(
                key, f"{name}.host: must be a single host", f"write `spread: [{', '.join(each for each, _ in host)}]`"
            )
        if host and spread:
            raise self.error(key, f"{name}: `host` and `spread` cannot be used together", "omit one of them")
        if source.get("spread") and not spread:
            raise self.error(
                key, f"{name}.spread: must list at least one host", f"write `spread: [{', '.join(self.hosts)}]`"
            )
        for each, where in (*host, *spread):
            if each not in self.hosts:
                hint = f"define the host in the file: `hosts: {{{each}: {{connect: qemu+ssh://root@{each}/system}}}}`"
                raise self.error(where, f"{name}: unknown host '{each}'", did_you_mean(each, self.hosts, hint))
        if self.hosts and not (host or spread):
            if len(self.hosts) > 1:
                hint = f"write `host: {next(iter(self.hosts))}`, or `spread: [{', '.join(self.hosts)}]`"
                raise self.error(node, f"{name}: `host` is missing", hint)
            return next(iter(self.hosts)), ()
        return host[0][0] if host else None, tuple(each for each, _ in spread)

    def _check_key(self, key: str, node: Node, owner: str) -> None:
        if key not in options_by_key() and key not in OWN_KEYS:
            text, hint = unknown_key(key)
            raise self.error(node, f"{owner}.{key}: {text}", hint)

    def _guests(self, key: Node, node: Node, defaults: Fields) -> list[LabGuest]:
        """Return the guests of one entry."""
        assert isinstance(key, Text)
        name = self.source.expanded(key, key.text)
        if isinstance(node, Text) and node.is_null:
            node = Fields(key.line, key.column)
        if not isinstance(node, Fields):
            raise self.error(node, f"{name}: must be a mapping", f"for example: `{name}: {{image: debian-12}}`")
        with self.source.reported_together():
            for each, where in node.keys.items():
                self.source.reported(partial(self._check_key, each, where, name))
        count = self._count(node, defaults, name)
        own = Fields(node.line, node.column)
        for each in OWN_KEYS:
            found = node.get(each) or defaults.get(each)
            if found is not None:
                own.values[each] = found
        absent = self._is_absent(own, name)
        after, groups = self.source.names(own, "after", name), self._groups(own, name)
        members = tuple(dict.fromkeys(group for group, _ in groups))
        group = without_number(name)
        if count is not None and group not in self.keys - {key.text}:
            members = tuple(dict.fromkeys((*members, group)))
        if count == 0:
            self.empty_groups.update(members)
        host, spread = self._place_of(name, node, own)
        values = [] if absent else self._all_values(name, node, defaults)
        places = tuple(self._network_places(values))
        guests = []
        for index in (None,) if count is None else range(1, count + 1):
            guest = LabGuest(
                name=self._name(name, key, index),
                place=self.source.place(key),
                after=tuple(each for each, _ in after),
                groups=members,
                index=index,
                host=host,
                spread=spread,
                network_places=places,
                absent=absent,
            )
            for all_places, named in ((self.after, after), (self.groups, groups)):
                all_places[guest.name] = [(each, self.source.place(where)) for each, where in named]
            guests.append(guest if absent else self._with_options(guest, values))
        return guests

    def _is_absent(self, own: Fields, name: str) -> bool:
        state = own.get("state")
        text = self.source.expanded(state, f"{name}.state") if isinstance(state, Text) else ""
        if state is not None and text not in ("present", "absent"):
            raise self.error(state, f"{name}.state: must be present or absent{_rejected(text)}")
        return text == "absent"

    def _groups(self, own: Fields, name: str) -> list[tuple[str, Node]]:
        found = self.source.names(own, "groups", name)
        for group, node in found:
            if group in RESERVED_GROUPS:
                raise self.error(node, f"{name}.groups: Ansible reserves the name '{group}'", "use another group name")
        return found

    def _network_places(self, values: Iterable[tuple[str, Option, list[Value]]]) -> Iterator[str]:
        """Yield the position of each network's address, or of the network if it has none."""
        for _, option, each in values:
            for value in each if option.dest == "network" else ():
                node = (value.pairs or {}).get("ip", value.node)
                yield self.source.place(node)

    def _count(self, node: Fields, defaults: Fields, name: str) -> int | None:
        if defaults.get("count") is not None:
            text = "defaults.count: not allowed"
            raise self.error(defaults.keys["count"], text, "set `count` for a guest instead")
        found = node.get("count")
        if found is None:
            return None
        text = self.source.expanded(found, f"{name}.count") if isinstance(found, Text) else ""
        if not (text.isascii() and text.isdecimal()) or int(text) > MOST_GUESTS:
            raise self.error(found, f"{name}.count: must be a number from 0 to {MOST_GUESTS}{_rejected(text)}")
        return int(text)

    def _name(self, name: str, key: Node, index: int | None) -> str:
        try:
            full = numbered_name(name, index)
        except RequestError as error:
            raise self.error(key, f"{name}: {error.message}", error.hint) from None
        if not _NAME.fullmatch(full):
            hint = "omit slashes, control characters, and leading and trailing spaces"
            raise self.error(key, f"invalid guest name '{full}'", hint)
        return full

    def _all_values(self, name: str, node: Fields, defaults: Fields) -> list[tuple[str, Option, list[Value]]]:
        """Return (key, option, values) of the guest, including defaults that the guest does not replace."""
        own = {options_by_key()[key].dest for key in node.values if key in options_by_key()}
        below = {options_by_key()[key].dest: each for key, each in defaults.values.items() if key in options_by_key()}
        requested = [("defaults", key, value) for key, value in defaults.values.items()]
        found = []
        with self.source.reported_together():
            for owner, key, value in (*requested, *((name, key, value) for key, value in node.values.items())):
                option = options_by_key().get(key)
                if option is None or (owner is not name and option.dest in own):
                    continue
                merged = below.get(option.dest) if owner is name else None
                values = self.source.reported(partial(self._values, owner, key, value, option, merged))
                found.append((key, option, values or []))
        return found

    def _values(self, owner: str, key: str, node: Node, option: Option, below: Node | None = None) -> list[Value]:
        try:
            return values_of(node, option, below)
        except Wrong as wrong:
            raise self.error(wrong.node, f"{owner}.{key}{wrong.path}: {wrong.message}", wrong.hint) from None

    def _with_options(self, guest: LabGuest, values: Iterable[tuple[str, Option, list[Value]]]) -> LabGuest:
        """Return the guest with its options; its request is created once, to validate them.

        Raises: FileError.
        """
        given: dict[str, object] = {}
        name, index = guest.name, guest.index

        def expand(node: Text) -> str:
            text = self.source.expanded(node, name)
            try:
                text = expand_places(text, name, index)
            except RequestError as error:
                raise self.error(node, f"{name}: {error.message}", error.hint) from None
            require_xml(self.source.place(node), text)
            if text.startswith("~/"):
                text = os.path.expanduser(text)
            return text

        def given_of(key: str, option: Option, each: list[Value]) -> object:
            try:
                return given_value(each, option, expand)
            except Wrong as wrong:
                raise self.error(wrong.node, f"{name}.{key}{wrong.path}: {wrong.message}") from None

        with self.source.reported_together():
            for key, option, each in values:
                value = self.source.reported(partial(given_of, key, option, each))
                if value is not None:
                    given[option.dest] = value
        try:
            domain = request_of(name, given).domain
        except RequestError as error:
            self.source.problems += self._located(name, values, expand, error)
            raise self.source.problems.pop() from None
        self.exclusive[name] = exclusive_values(domain, guest)
        return guest.replace(given=given, has_addresses=want_addresses(domain))

    def _located(
        self, name: str, values: Iterable[tuple[str, Option, list[Value]]], expand: Expand, error: RequestError
    ) -> list[FileError]:
        """Return an error for each value that alone causes one; if there is no such value, the error itself."""
        found = [
            self._part_of(name, key, option, value, expand, alone)
            for key, option, each in values
            for value in each
            if (alone := self._alone(name, option, value, expand)) is not None
        ]
        return found or [FileError(f"{self.source.label}: {name}: {error.message}", hint=error.hint)]

    def _part_of(
        self, name: str, key: str, option: Option, value: Value, expand: Expand, error: RequestError
    ) -> FileError:
        """Return the error at the sub-option that alone causes one, or at the whole value."""
        for sub, text in (value.pairs or {}).items():
            part = Value(text, f"{value.path}.{sub}", {sub: text})
            below = self._alone(name, option, part, expand)
            if below is not None:
                return self._at(part, name, key, below)
        return self._at(value, name, key, error)

    def _at(self, value: Value, name: str, key: str, error: RequestError) -> FileError:
        text = f"{name}.{key}{value.path}: {wrong_value(error, key, value.path)}"
        return self.error(value.node, text, error.hint)

    def _alone(self, name: str, option: Option, value: Value, expand: Expand) -> RequestError | None:
        try:
            request_of(name, {option.dest: given_value([value], option, expand)})
        except RequestError as error:
            return error
        return None
