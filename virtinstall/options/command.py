"""The parsing of a virt-install command line into a Request, for scripts."""

from __future__ import annotations

from collections.abc import Sequence

from virtinstall.request import Request


def parse_request(argv: Sequence[str]) -> Request:
    """Return the request that `argv`, the arguments of virt-install without the command's name, describes.

    Old spellings of options are accepted.

    Raises: RequestError, if a value is invalid; UsageError, if the command line cannot be parsed.
    """
    from virtinstall.options.fallback import fallback_for
    from virtinstall.options.legacy import rewrite
    from virtinstall.options.parser import parse_argv
    from virtinstall.options.read import read_request

    given = parse_argv(argv)
    warnings = rewrite(given)
    preview = given.print_xml is not None
    return read_request(given, fallback_for, warnings=warnings, preview=preview)
