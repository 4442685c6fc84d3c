"""A guests file -> Lab: defaults, `count`, substitution, and the requests of the command line's own machinery."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from virtinstall.compose.interfaces import want_addresses
from virtinstall.errors import RequestError
from virtinstall.fleet.conflicts import Exclusive, conflicts, exclusive_values
from virtinstall.fleet.keys import FILE_KEYS, OWN_KEYS, options_by_key, suggestion
from virtinstall.fleet.lab_guest import LabGuest, request_of
from virtinstall.fleet.nodes import Fields, FileError, Items, Node, Text, parse
from virtinstall.fleet.substitute import expand_places, expand_variables
from virtinstall.fleet.values import Expand, Value, Wrong, given_value, values_of, wrong_value
from virtinstall.named import NamedTuple
from virtinstall.safe_text import require_xml

if TYPE_CHECKING:
    from virtinstall.options.table import Option

R = TypeVar("R")

_MOST_GUESTS = 100_000
_NAME = re.compile(r"[^\x00-\x20/]([^\x00-\x1f/]*[^\x00-\x20/])?")


class Loaded(NamedTuple):
    """Content of a file."""

    project: str
    sets_project: bool
    guests: tuple[LabGuest, ...]
    connect: str | None
    hosts: Mapping[str, str]


def load(data: str | bytes, label: str, project: str, variables: Mapping[str, str]) -> Loaded:
    """Return the content of a file. Raises: FileError; several mistakes are reported together."""
    if isinstance(data, bytes):
        try:
            data = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise FileError(f"{label}: the file is not UTF-8 (byte {error.start})") from None
    return _Loader(label, variables).load(parse(data, label), project)


class _Loader:
    def __init__(self, label: str, variables: Mapping[str, str]) -> None:
        self.label = label
        self.variables = variables
        self.problems: list[FileError] = []
        self.exclusive: dict[str, Exclusive] = {}
        self.hosts: dict[str, str] = {}
        self.empty_groups: set[str] = set()

    def error(self, node: Node, text: str, hint: str | None = None) -> FileError:
        return FileError(f"{self.label}:{node.line}:{node.column}: {text}", hint=hint)

    def load(self, root: Node, project: str) -> Loaded:
        if not isinstance(root, Fields):
            raise self.error(root, "the file must be a mapping", "a guests file starts with: version: 1")
        self._check_top(root)
        defaults = self._fields(root, "defaults")
        for key, value in defaults.values.items():
            self._check_key(key, defaults.keys[key], "defaults")
            option = options_by_key().get(key)
            if option is not None:
                self._reported(partial(self._values, "defaults", key, value, option))
        self.hosts = self._reported(partial(self._read_hosts, root)) or {}
        guests: list[LabGuest] = []
        found = self._fields(root, "guests")
        for key, node in found.values.items():
            guests += self._reported(partial(self._guests, key, found.keys[key], node, defaults)) or ()
        self._reported(partial(self._check_together, guests))
        raise_together(self.problems)
        return Loaded(
            project=self._text_of(root, "project") or project,
            sets_project=bool(self._text_of(root, "project")),
            guests=self._with_expanded_after(guests),
            connect=self._text_of(root, "connect"),
            hosts=self.hosts,
        )

    def _read_hosts(self, root: Fields) -> dict[str, str]:
        """Return the URI of each host."""
        found = {}
        for name, node in self._fields(root, "hosts").values.items():
            uri = node
            if isinstance(node, Fields):
                for key, where in node.keys.items():
                    if key != "connect":
                        raise self.error(where, f"hosts.{name}.{key}: unknown key{suggestion(key, ['connect'])}")
                uri = node.values.get("connect", node)
            if not isinstance(uri, Text) or uri.is_null:
                raise self.error(
                    uri, f"hosts.{name}: a URI is expected", f"{name}: {{connect: qemu+ssh://root@{name}/system}}"
                )
            found[name] = self._expanded(uri, f"hosts.{name}")
        if found and root.get("connect") is not None:
            raise self.error(root.keys["connect"], "connect: the file names hosts", "omit connect, or hosts")
        return found

    def _place_of(self, name: str, node: Fields, own: Fields) -> tuple[str | None, tuple[str, ...]]:
        """Return `host` and `spread` of a guest; what it sets itself replaces both of the defaults."""
        source = node if node.get("host") or node.get("spread") else own
        host, spread = self._names(source, "host", name), self._names(source, "spread", name)
        key = source.values.get("spread") or source.values.get("host") or node
        if len(host) > 1 or (host and spread):
            raise self.error(key, f"{name}: host is one name; spread is a list to choose from", "omit one of them")
        for each in (*host, *spread):
            if each not in self.hosts:
                raise self.error(
                    key, f"{name}: unknown host '{each}'{suggestion(each, self.hosts)}", "hosts: lists them"
                )
        if self.hosts and not (host or spread):
            if len(self.hosts) > 1:
                raise self.error(node, f"{name}: host is missing", f"host: {next(iter(self.hosts))}, or spread: [...]")
            return next(iter(self.hosts)), ()
        return host[0] if host else None, spread

    def _reported(self, step: Callable[[], R]) -> R | None:
        try:
            return step()
        except FileError as error:
            self.problems.append(error)
            return None

    def _check_top(self, root: Fields) -> None:
        for key, node in root.keys.items():
            if key not in FILE_KEYS and not key.startswith("x-"):
                raise self.error(node, f"{key}: unknown key{suggestion(key, FILE_KEYS)}")
        version = root.get("version")
        if version is None:
            raise self.error(root, "version is missing", "write `version: 1`")
        if not isinstance(version, Text) or version.text != "1":
            raise self.error(version, "version: only version 1 is known")
        if root.get("guests") is None:
            raise self.error(root, "guests is missing", "write `guests: {NAME: {...}}`")

    def _fields(self, parent: Fields, key: str) -> Fields:
        node = parent.get(key)
        if node is None:
            return Fields(1, 1)
        if not isinstance(node, Fields):
            raise self.error(node, f"{key}: a mapping is expected")
        return node

    def _text_of(self, parent: Fields, key: str) -> str | None:
        node = parent.get(key)
        if node is None:
            return None
        if not isinstance(node, Text):
            raise self.error(node, f"{key}: one value is expected")
        return self._expanded(node, key)

    def _expanded(self, node: Text, path: str) -> str:
        try:
            return expand_variables(node.text, self.variables)
        except ValueError as error:
            raise self.error(node, f"{path}: {error}") from None

    def _check_key(self, key: str, node: Node, owner: str) -> None:
        known = (*options_by_key(), *OWN_KEYS)
        if key not in known:
            raise self.error(node, f"{owner}.{key}: unknown key{suggestion(key, known)}")

    def _guests(self, name: str, key: Node, node: Node, defaults: Fields) -> list[LabGuest]:
        """The guests that one entry makes."""
        if isinstance(node, Text) and node.is_null:
            node = Fields(key.line, key.column)
        if not isinstance(node, Fields):
            raise self.error(node, f"{name}: a mapping is expected")
        for each, where in node.keys.items():
            self._check_key(each, where, name)
        count = self._count(node, defaults, name)
        own = Fields(node.line, node.column)
        for each in OWN_KEYS:
            found = node.get(each) or defaults.get(each)
            if found is not None:
                own.values[each] = found
        state = own.get("state")
        if state is not None and not (isinstance(state, Text) and state.text in ("present", "absent")):
            raise self.error(state, f"{name}.state: it is present or absent")
        absent = isinstance(state, Text) and state.text == "absent"
        after, groups = self._names(own, "after", name), self._names(own, "groups", name)
        if count is not None and name not in groups:
            groups = (*groups, name)
        if count == 0:
            self.empty_groups.update(groups)
        host, spread = self._place_of(name, node, own)
        values = [] if absent else self._all_values(name, node, defaults)
        places = tuple(self._network_places(values))
        made = []
        for index in (None,) if count is None else range(1, count + 1):
            guest = LabGuest(
                name=self._name(name, key, index),
                place=f"{self.label}:{key.line}:{key.column}",
                after=after,
                groups=groups,
                index=index,
                host=host,
                spread=spread,
                network_places=places,
                absent=absent,
            )
            made.append(guest if absent else self._with_options(guest, values))
        return made

    def _network_places(self, values: Iterable[tuple[str, Option, list[Value]]]) -> Iterator[str]:
        """Return the position of each network's address, or of the network."""
        for _, option, each in values:
            for value in each if option.dest == "network" else ():
                node = (value.pairs or {}).get("ip", value.node)
                yield f"{self.label}:{node.line}:{node.column}"

    def _count(self, node: Fields, defaults: Fields, name: str) -> int | None:
        if defaults.get("count") is not None:
            raise self.error(defaults.keys["count"], "defaults.count: a count belongs to one guest")
        found = node.get("count")
        if found is None:
            return None
        text = self._expanded(found, f"{name}.count") if isinstance(found, Text) else ""
        if not (text.isascii() and text.isdecimal()) or int(text) > _MOST_GUESTS:
            raise self.error(found, f"{name}.count: a number up to {_MOST_GUESTS} is expected")
        return int(text)

    def _name(self, name: str, key: Node, index: int | None) -> str:
        full = expand_places(name, name, index)
        if index is not None and full == name:
            full = f"{name}-{index}"
        if not _NAME.fullmatch(full):
            raise self.error(
                key, f"'{full}' cannot be the name of a guest", "a slash, or a space at an end, is not allowed"
            )
        return full

    def _names(self, own: Fields, key: str, name: str) -> tuple[str, ...]:
        node = own.get(key)
        nodes = node.values if isinstance(node, Items) else [] if node is None else [node]
        found = []
        for each in nodes:
            if not isinstance(each, Text) or each.is_null:
                raise self.error(each, f"{name}.{key}: names are expected")
            found.append(self._expanded(each, f"{name}.{key}"))
        return tuple(found)

    def _all_values(self, name: str, node: Fields, defaults: Fields) -> list[tuple[str, Option, list[Value]]]:
        """(key, option, values) of the guest, with those of the defaults that it does not replace."""
        own = {options_by_key()[key].dest for key in node.values if key in options_by_key()}
        found = []
        for key, value in defaults.values.items():
            option = options_by_key().get(key)
            if option is not None and option.dest not in own:
                found.append((key, option, self._values("defaults", key, value, option)))
        below = {options_by_key()[key].dest: each for key, each in defaults.values.items() if key in options_by_key()}
        for key, value in node.values.items():
            option = options_by_key().get(key)
            if option is not None:
                found.append((key, option, self._values(name, key, value, option, below.get(option.dest))))
        return found

    def _values(self, owner: str, key: str, node: Node, option: Option, below: Node | None = None) -> list[Value]:
        try:
            return values_of(node, option, below)
        except Wrong as wrong:
            raise self.error(wrong.node, f"{owner}.{key}{wrong.path}: {wrong.message}", wrong.hint) from None

    def _with_options(self, guest: LabGuest, values: Iterable[tuple[str, Option, list[Value]]]) -> LabGuest:
        """Return the guest with its options. Its request is created once, to validate them. Raises: FileError."""
        given: dict[str, object] = {}
        name, index = guest.name, guest.index

        def expand(node: Text) -> str:
            text = expand_places(self._expanded(node, name), name, index)
            require_xml(f"{self.label}:{node.line}:{node.column}", text)
            if text.startswith("~/"):
                text = os.path.expanduser(text)
            return text

        for key, option, each in values:
            try:
                value = given_value(each, option, expand)
            except Wrong as wrong:
                raise self.error(wrong.node, f"{name}.{key}{wrong.path}: {wrong.message}") from None
            if value is not None:
                given[option.dest] = value
        try:
            domain = request_of(name, given).domain
        except RequestError as error:
            raise self._located(name, values, expand, error) from None
        self.exclusive[name] = exclusive_values(domain, guest)
        return guest.replace(given=given, has_addresses=want_addresses(domain))

    def _located(
        self, name: str, values: Iterable[tuple[str, Option, list[Value]]], expand: Expand, error: RequestError
    ) -> FileError:
        """Return the error at the value that causes it alone, if there is one."""
        for key, option, each in values:
            for value in each:
                alone = self._alone(name, option, value, expand)
                if alone is None:
                    continue
                for sub, text in (value.pairs or {}).items():
                    part = Value(text, f"{value.path}.{sub}", {sub: text})
                    below = self._alone(name, option, part, expand)
                    if below is not None:
                        return self._at(part, name, key, below)
                return self._at(value, name, key, alone)
        return FileError(f"{self.label}: {name}: {error.message}", hint=error.hint)

    def _at(self, value: Value, name: str, key: str, error: RequestError) -> FileError:
        text = f"{name}.{key}{value.path}: {wrong_value(error, key)}"
        return self.error(value.node, text, error.hint)

    def _alone(self, name: str, option: Option, value: Value, expand: Expand) -> RequestError | None:
        try:
            request_of(name, {option.dest: given_value([value], option, expand)})
        except RequestError as error:
            return error
        return None

    def _check_together(self, guests: list[LabGuest]) -> None:
        names: dict[str, LabGuest] = {}
        groups = self.empty_groups | {group for guest in guests for group in guest.groups}
        for guest in guests:
            if guest.name in names:
                raise FileError(f"{guest.place}: two guests have the name '{guest.name}'")
            names[guest.name] = guest
        for guest in guests:
            for other in guest.after:
                if other not in names and other not in groups:
                    near = suggestion(other, [*names, *groups])
                    raise FileError(f"{guest.place}: {guest.name}.after: there is no guest or group '{other}'{near}")
        self.problems += conflicts(guests, self.exclusive)

    def _with_expanded_after(self, guests: list[LabGuest]) -> tuple[LabGuest, ...]:
        """Groups in `after` become their guests. Raises: FileError, when guests wait for each other."""
        members: dict[str, list[str]] = {}
        for guest in guests:
            for group in guest.groups:
                members.setdefault(group, []).append(guest.name)
        names = {guest.name for guest in guests}
        done = [
            guest.replace(
                after=tuple(
                    dict.fromkeys(
                        each
                        for other in guest.after
                        for each in ([other] if other in names else members.get(other, []))
                        if each != guest.name
                    )
                )
            )
            for guest in guests
        ]
        waiting = {guest.name: set(guest.after) for guest in done}
        while free := [name for name, after in waiting.items() if not after & waiting.keys()]:
            for name in free:
                del waiting[name]
        if waiting:
            place = next(guest.place for guest in done if guest.name in waiting)
            raise FileError(f"{place}: these guests wait for each other (after): {', '.join(sorted(waiting)[:5])}")
        return tuple(done)


def raise_together(problems: list[FileError]) -> None:
    """Raise what was found, in one error."""
    if not problems:
        return
    hints = list(dict.fromkeys(problem.hint for problem in problems if problem.hint))
    lines = list(dict.fromkeys(problem.message for problem in problems))
    raise FileError("\n".join(lines), hint="; ".join(hints[:3]) or None)
