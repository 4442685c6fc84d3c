"""`virt-install ... --output kubevirt`: print the manifests of the guest; change nothing and contact no host."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argparse import Namespace

    from virtinstall.kubevirt.manifests import Manifests

_MOST_NAMES = 5
"""Guests that a warning names."""


def print_kubevirt(given: Namespace) -> int:
    """Print the KubeVirt manifests of the requested guests; return the exit status.

    Raises: RequestError, which names each option that KubeVirt does not support.
    """
    from virtinstall.cli.typed_answers import with_typed_answers
    from virtinstall.kubevirt.manifests import manifests
    from virtinstall.options.fallback import fallback_for
    from virtinstall.options.legacy import rewrite
    from virtinstall.options.read import read_request

    given.output = None
    old_spellings = rewrite(given)
    if given.count is None:
        requests = [read_request(given, fallback_for, warnings=old_spellings, preview=True)]
    else:
        from virtinstall.fleet.several import numbered_guests

        guests = numbered_guests(given, old_spellings, preview=True)
        requests = [guest.request for guest in guests if guest.request is not None]
    print_manifests([manifests(with_typed_answers(each)) for each in requests])
    return 0


def print_manifests(guests: Sequence[Manifests]) -> None:
    """Print the manifests to standard output, and warnings and generated passwords to standard error."""
    from virtinstall.cli.messages import Messages
    from virtinstall.kubevirt.yaml_text import to_yaml

    messages = Messages()
    warned: dict[str, list[str]] = {}
    for guest in guests:
        for warning in guest.warnings:
            warned.setdefault(warning, []).append(guest.name)
        for account, password in guest.passwords:
            print(f"Password of '{account}' in the guest '{guest.name}': {password}", file=sys.stderr)
    for warning, names in warned.items():
        more = len(names) - _MOST_NAMES
        shown = f"{', '.join(names[:_MOST_NAMES])}{f' and {more} more' if more > 0 else ''}"
        messages.warn(warning if len(names) == len(guests) else f"{shown}: {warning}")
    documents = [document for guest in guests for document in guest.documents]
    comments = [comment for guest in guests for comment in guest.comments]
    print(to_yaml(documents, comments), end="")
