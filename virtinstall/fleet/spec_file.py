"""The conversion of command-line options to a guests file with the same meaning, which is the reverse of `load`."""

from __future__ import annotations

import re
from argparse import Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from virtinstall.errors import RequestError
from virtinstall.fleet.keys import key_of, options_by_key
from virtinstall.fleet.nodes import Text
from virtinstall.fleet.substitute import protect, unprotect
from virtinstall.fleet.values import as_text
from virtinstall.options.fallback import fallback_for
from virtinstall.options.read import read_request, section_class
from virtinstall.options.suboptions import cut, says_none

if TYPE_CHECKING:
    from virtinstall.options.suboptions import Pair
    from virtinstall.options.table import Option

_NUMBER = re.compile(r"0|-?[1-9][0-9]{0,8}")
DEFAULT_NAME = "guest"


def spec_document(given: Namespace) -> dict[str, Any]:
    """Return a guests file, as a dictionary, that has the same meaning as a command line.

    `given` are the parsed options, in which old spellings have been replaced (`legacy.rewrite`). If the command line
    has no installation method, because it only prints XML, the guest in the file boots from its disk.

    Raises: RequestError, if the command line is invalid, or if a guests file cannot contain one of the options.
    """
    for dest in ("reinstall", "finish"):
        if getattr(given, dest) is not None:
            raise RequestError(f"--{dest} and --output spec cannot be used together", hint="omit --output spec")
    guest: dict[str, Any] = {}
    seen: set[str] = set()
    for option in options_by_key().values():
        value = getattr(given, option.dest)
        if value is None or (option.dest in seen and option.argument != "none"):
            continue
        if option.argument == "none":
            if value == option.stores:
                guest[key_of(option)] = True
            continue
        seen.add(option.dest)
        values = [_value(each, option) for each in (value if isinstance(value, list) else [value])]
        if given.count is not None:
            values = [_with_places(each) for each in values]
        guest[key_of(option)] = values[0] if len(values) == 1 and not _is_list(option) else values
    request = read_request(Namespace(**vars(given)), fallback_for)
    if given.print_xml is not None and not request.install.has_method:
        guest["import"] = True
    document: dict[str, Any] = {"version": 1}
    if given.connect is not None:
        document["connect"] = plain(given.connect)
    name = DEFAULT_NAME if given.name is None else given.name
    if given.count is not None:
        if given.name is None:
            raise RequestError(
                "--count requires --name", hint="for example, create web-1, web-2 and web-3 with: --name web --count 3"
            )
        guest = {"count": given.count, **guest}
    document["guests"] = {protect(name) if given.count is None else _with_places(protect(name)): guest}
    return document


def spec_text(given: Namespace) -> str:
    """Return a guests file, as YAML, that has the same meaning as a command line.

    `given` has the same meaning as for `spec_document`.

    Raises: the same errors as `spec_document`.
    """
    import yaml

    return str(yaml.safe_dump(spec_document(given), sort_keys=False, allow_unicode=True, width=100))


def _with_places(value: Any) -> Any:
    """Return a value in which `{n}` and `{name}` are no longer protected: --count replaces them too."""
    if isinstance(value, dict):
        return {key: _with_places(each) for key, each in value.items()}
    return unprotect(value) if isinstance(value, str) else value


def _is_list(option: Option) -> bool:
    return option.describes == "device" or (option.repeat and not option.section)


def _value(value: Any, option: Option) -> Any:
    text = str(value)
    if option.argument == "optional" and text == option.bare:
        return True
    if not option.section:
        return plain(text)
    cls = section_class(option)
    if says_none(cls, text):
        return text
    fallback = fallback_for(cls)
    name = f"--{key_of(option)}"
    pairs = cut(cls, name, text, fallback)
    if len(pairs) == 1 and pairs[0].bare:
        return plain(text)
    values = {pair.key: pair.value for pair in pairs}
    # some texts mean more than their pairs: those stay as they are
    if pairs and len(values) == len(pairs):
        nodes = {key: Text(1, 1, value) for key, value in values.items()}
        again = as_text(nodes, option, lambda node: node.text)
        try:
            if _same(cut(cls, name, again, fallback), pairs):
                return {key: plain(value) for key, value in values.items()}
        except RequestError:
            pass
    return plain(text)


def _same(left: Sequence[Pair], right: Sequence[Pair]) -> bool:
    return [pair[:3] for pair in left] == [pair[:3] for pair in right]


def plain(text: str) -> Any:
    """Return `text` as a value for a guests file.

    A whole number of up to nine digits, without leading zeros, is returned as an integer. Any other text is returned as
    a string with its placeholders escaped.
    """
    return int(text) if _NUMBER.fullmatch(text) else protect(text)
