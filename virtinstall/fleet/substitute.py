"""The replacement of `${NAME}`, `${NAME:-DEFAULT}`, `{n}` and `{name}` in the values of a guests file."""

from __future__ import annotations

import re
from collections.abc import Mapping

from virtinstall.errors import RequestError

_VARIABLE = re.compile(r"\$?\$\{([^{}]*)\}")
_NAME = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(?:(:?-)(.*))?", re.DOTALL)
_WRONG_PLACE = re.compile(r"\{n(:[^{}]*)?\}")
_PLACE = re.compile(r"\{\{(n(?::0?[0-9]{0,2}[dxX]?)?|name)\}\}|\{(n(?::0?[0-9]{0,2}[dxX]?)?|name)\}")


def expand_variables(text: str, variables: Mapping[str, str]) -> str:
    """Return `text` with each variable, such as `${NAME}`, replaced by its value.

    `variables` maps names to values. `${NAME:-DEFAULT}` is replaced with the default if the variable is not set or is
    empty, and `${NAME-DEFAULT}` only if it is not set. `$${` is replaced with `${`.

    Raises: RequestError, if a variable is invalid, or is not set and has no default.
    """
    if "${" not in text:
        return text

    def value(found: re.Match[str]) -> str:
        if found[0].startswith("$$"):
            return found[0][1:]
        parts = _NAME.fullmatch(found[1])
        if parts is None:
            raise RequestError(
                f"invalid variable '{found[0]}'", hint="use ${NAME} or ${NAME:-DEFAULT}, or write $${ for a literal ${"
            )
        name, operator, default = parts[1], parts[2], parts[3]
        known = variables.get(name)
        if known is None or (operator == ":-" and not known):
            if operator is None:
                raise RequestError(
                    f"the variable '{name}' is not set",
                    hint=f"set the variable, or specify a default in the file: ${{{name}:-DEFAULT}}",
                )
            return str(default)
        return known

    return _VARIABLE.sub(value, text)


def expand_places(text: str, name: str, index: int | None) -> str:
    """Return `text` with `{name}` and `{n}` replaced by the name and the number of a guest.

    `{n}` can contain a format, such as `{n:02}`. `index` is the number, or None for a guest without `count`. `{{n}}` is
    replaced with `{n}`, and `{{name}}` with `{name}`.

    Raises: RequestError, if `text` contains `{n}` although `index` is None.
    """
    if "{n" not in text:
        return text

    def value(found: re.Match[str]) -> str:
        if found[1] is not None:
            return f"{{{found[1]}}}"
        if found[2] == "name":
            return name
        if index is None:
            raise RequestError(
                f"{found[0]} requires `count`", hint=f"add `count`, or write {{{found[0]}}} for a literal {found[0]}"
            )
        return format(index, found[2][2:])

    return _PLACE.sub(value, text)


def numbered_name(name: str, index: int | None) -> str:
    """Return the name of a guest, in which the number replaces `{n}` or is appended, as in `web-1`.

    `index` is the number, or None for a guest without `count`, whose name has no number.

    Raises: RequestError, if `name` contains `{n}` although `index` is None, or `{n:...}` with an invalid format.
    """
    wrong = _WRONG_PLACE.search(_PLACE.sub("", name))
    if wrong is not None:
        raise RequestError(f"invalid placeholder '{wrong[0]}'", hint="use {n}, {n:02} or {n:02x}")
    full = expand_places(name, name, index)
    return f"{name}-{index}" if index is not None and full == name else full


def without_number(name: str) -> str:
    """Return the name of the group that the guests of an entry with `count` form.

    For example, the group is `web` if `name` is `web`, `web{n}` or `web-{n:02}`.
    """
    rest = _PLACE.sub(lambda found: "" if found[1] is None else found[0], name)
    return rest.strip("-_. ") or name


def protect(text: str) -> str:
    """Return `text` with its placeholders and variables escaped.

    If `expand_variables` and `expand_places` are applied to the result, they return the original `text`.
    """
    return _PLACE.sub(lambda found: f"{{{found[0]}}}", text).replace("${", "$${")


def unprotect(text: str) -> str:
    """Return `text`, a result of `protect`, with `{n}` and `{name}` no longer escaped; variables remain escaped."""
    return _PLACE.sub(lambda found: found[0][1:-1] if found[1] is not None else found[0], text)
