"""`--print-xml [STEP]`: print the XML of a plan."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from virtinstall.errors import RequestError

if TYPE_CHECKING:
    from virtinstall.cli.messages import Messages
    from virtinstall.plan import Plan


def print_step(plan: Plan, step: str, messages: Messages) -> int:
    """Print the plan's XML for the installation (`step` is `1`), for the finished guest (`2`), or both (`all`).

    If the guest has no separate installation, `1` prints its only XML. Return the exit status.

    Raises: RequestError, if `step` is `2` and the guest has no separate installation.
    """
    documents = plan.steps
    if step == "all":
        print("".join(documents), end="")
        if len(documents) > 1 and not sys.stdout.isatty():
            messages.note(
                "printed two XML documents: the installation and the finished guest; "
                "print one with --print-xml 1 or --print-xml 2"
            )
        return 0
    if int(step) > len(documents):
        raise RequestError(
            f"--print-xml {step}: there is only one XML document, because the guest has no separate installation",
            hint="use --print-xml 1",
        )
    print(documents[int(step) - 1], end="")
    return 0
