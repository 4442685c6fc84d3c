"""`virt-install ... --output spec`: print the equivalent guests file."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argparse import Namespace


def print_spec(given: Namespace) -> int:
    """Print the guests file that is equivalent to the options; return the exit status.

    Raises: RequestError, if the options are not valid.
    """
    from virtinstall.fleet.spec_file import spec_text
    from virtinstall.options.legacy import rewrite

    given.output = None
    for warning in rewrite(given):
        print(f"WARNING  {warning}", file=sys.stderr)
    print(spec_text(given), end="")
    return 0
