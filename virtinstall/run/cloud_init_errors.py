"""Errors that cloud-init reports, in its result.json and on the console, as text.

Source: https://docs.cloud-init.io/en/latest/explanation/failure_states.html (result.json: `v1.errors`). The entries of
`v1.errors` are representations of Python objects: `('scripts_user', RuntimeError('Runparts: 1 failures in 1 attempted
commands'))`.
"""

from __future__ import annotations

import ast
import json
import re

from virtinstall.safe_text import one_line

_FAILED_MODULE = re.compile(rb"\[WARNING\]: (?:Running module|Failed to run module) ([\w-]+)\b(.*)")
_FAILED = b"failed"
MOST_ERRORS = 20


def errors_of(result: bytes) -> list[str]:
    """Return the errors in `result`, the contents of cloud-init's result.json.

    The list is empty if the contents are not valid.
    """
    try:
        errors = json.loads(result)["v1"]["errors"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return []
    # each stage reports the errors of the earlier ones again
    found = dict.fromkeys(map(str, errors)) if isinstance(errors, list) else {}
    return [_as_text(error) for error in list(found)[:MOST_ERRORS]]


def error_on_console(line: bytes) -> str | None:
    """Return the error that a line of console output reports about a cloud-init module; None if it reports no error."""
    found = _FAILED_MODULE.search(line)
    if found is None or (b"Running module" in line and _FAILED not in found[2]):
        return None
    return f"{found[1].decode()}: failed"


def _as_text(error: str) -> str:
    """Return `MODULE: MESSAGE` if `error` is Python's notation of a module and an exception, otherwise `error`."""
    try:
        parts = ast.parse(error, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return one_line(error)
    if not isinstance(parts, ast.Tuple) or len(parts.elts) != 2:
        return one_line(error)
    module, exception = parts.elts
    if not (isinstance(exception, ast.Call) and isinstance(exception.func, ast.Name)):
        return one_line(error)
    if not (isinstance(module, ast.Constant) and isinstance(module.value, str)):
        return one_line(error)
    texts = [str(argument.value) for argument in exception.args if isinstance(argument, ast.Constant)]
    return one_line(f"{module.value}: {', '.join(texts) or exception.func.id}")
