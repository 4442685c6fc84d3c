"""argv -> Request in one call, for scripts that speak the command line's language."""

from __future__ import annotations

from collections.abc import Sequence

from virtinstall.request import Request


def parse_request(argv: Sequence[str]) -> Request:
    """The request that these words of a command line make; old spellings are understood.

    Raises: RequestError (UsageError where the line itself can't be read).
    """
    from virtinstall.options.fallback import fallback_for
    from virtinstall.options.legacy import rewrite
    from virtinstall.options.parser import parse_argv
    from virtinstall.options.read import read_request

    given = parse_argv(argv)
    warnings = rewrite(given)
    preview = given.print_xml is not None
    return read_request(given, fallback_for, warnings=warnings, preview=preview)
