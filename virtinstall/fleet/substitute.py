"""The only templates in the values of a guests file: `${NAME}`, `${NAME:-default}`, `{n}` and `{name}`."""

from __future__ import annotations

import re
from collections.abc import Mapping

_VARIABLE = re.compile(r"\$?\$\{([^{}]*)\}")
_NAME = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(?:(:?-)(.*))?", re.DOTALL)
_WRONG_PLACE = re.compile(r"\{n(:[^{}]*)?\}")
_PLACE = re.compile(r"\{\{(n(?::0?[0-9]{0,2}[dxX]?)?|name)\}\}|\{(n(?::0?[0-9]{0,2}[dxX]?)?|name)\}")


def expand_variables(text: str, variables: Mapping[str, str]) -> str:
    """Return `text` with the values of variables.

    `${NAME:-DEFAULT}` becomes the default if the variable is not set or empty, `${NAME-DEFAULT}` only if it is not set;
    `$${` is a literal `${`.

    Raises: ValueError, for an invalid variable, or for one that is not set and has no default.
    """
    if "${" not in text:
        return text

    def value(found: re.Match[str]) -> str:
        if found[0].startswith("$$"):
            return found[0][1:]
        parts = _NAME.fullmatch(found[1])
        if parts is None:
            raise ValueError(
                f"invalid variable '{found[0]}': use ${{NAME}} or ${{NAME:-DEFAULT}}, or write $${{ for a literal ${{"
            )
        name, operator, default = parts[1], parts[2], parts[3]
        known = variables.get(name)
        if known is None or (operator == ":-" and not known):
            if operator is None:
                raise ValueError(f"the variable {name} is not set: set it, or write ${{{name}:-DEFAULT}}")
            return str(default)
        return known

    return _VARIABLE.sub(value, text)


def expand_places(text: str, name: str, index: int | None) -> str:
    """Return `text` with values for `{name}`, `{n}` and `{n:02}`; `{{n}}` is a literal `{n}`.

    `index` is the number of a guest with `count`, otherwise None.

    Raises: ValueError, for `{n}` if `index` is None.
    """
    if "{n" not in text:
        return text

    def value(found: re.Match[str]) -> str:
        if found[1] is not None:
            return f"{{{found[1]}}}"
        if found[2] == "name":
            return name
        if index is None:
            raise ValueError(f"{found[0]} requires `count`; write {{{found[0]}}} for a literal {found[0]}")
        return format(index, found[2][2:])

    return _PLACE.sub(value, text)


def numbered_name(name: str, index: int | None) -> str:
    """Return the name of a guest with its number in place of `{n}` or at the end; `index` is None without `count`.

    Raises: ValueError, for `{n}` without a number, and for an invalid format.
    """
    wrong = _WRONG_PLACE.search(_PLACE.sub("", name))
    if wrong is not None:
        raise ValueError(f"invalid placeholder '{wrong[0]}': use {{n}}, {{n:02}} or {{n:02x}}")
    full = expand_places(name, name, index)
    return f"{name}-{index}" if index is not None and full == name else full


def without_number(name: str) -> str:
    """Return the group of a guest with `count`: `web` for `web`, `web{n}` and `web-{n:02}`."""
    rest = _PLACE.sub(lambda found: "" if found[1] is None else found[0], name)
    return rest.strip("-_. ") or name


def protect(text: str) -> str:
    """Return `text` with escapes for which `expand_variables` and `expand_places` return the original."""
    return _PLACE.sub(lambda found: f"{{{found[0]}}}", text).replace("${", "$${")


def unprotect(text: str) -> str:
    """Return `text`, a result of `protect`, with `{n}` and `{name}` as placeholders again."""
    return _PLACE.sub(lambda found: found[0][1:-1] if found[1] is not None else found[0], text)
