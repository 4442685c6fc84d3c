"""Answers specified as `-`, which are typed at the terminal (passwords without echo) or read from standard input.

The answers are read once, before planning, because planning may be repeated.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

from virtinstall.errors import RequestError
from virtinstall.request import TYPED
from virtinstall.secret import Secret

if TYPE_CHECKING:
    from virtinstall.request import Request


def with_typed_answers(request: Request) -> Request:
    """Return `request` with the values that the user types for answers that are specified as `-`.

    Raises: RequestError, if there is no standard input, or if a password and its repetition differ.
    """
    install = request.install
    wanted = [
        f"{option} {key}"
        for option, values in (("--cloud-init", install.cloud_init), ("--unattended", install.unattended))
        if isinstance(values, Mapping)
        for key, value in values.items()
        if value == TYPED
    ]
    if install.ignition == TYPED:
        wanted.append("--ignition")
    if not wanted:
        return request
    # passwords are a line each, anything else is all that follows
    wanted.sort(key=lambda option: not _is_password(option))
    return request.replace(install=install.replace(typed={option: Secret(_read(option)) for option in wanted}))


def _is_password(option: str) -> bool:
    return option.endswith("password-file")


def _read(option: str) -> str:
    stream = sys.stdin
    if stream is None:
        raise RequestError(f"{option}=-: standard input is not available", hint="specify a file instead of '-'")
    if not _is_password(option):
        return stream.read()
    if not stream.isatty():
        return stream.readline()
    from getpass import getpass

    password = getpass(f"Password for {option} (not shown): ")
    if getpass("Repeat the password: ") != password:
        raise RequestError(
            f"{option}=-: the two passwords differ", hint="run the command again, and type the same password twice"
        )
    return password
