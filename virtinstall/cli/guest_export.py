"""`virt-guest export NAME...`: print existing guests as a guests file; `-f FILE --format kubevirt`: as manifests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from virtinstall.options.usage import UsageError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from virtinstall.cli.log import Log


TAKES_GUESTS = True
"""Whether the arguments are names of guests, for completion."""


def add_arguments(parser: ArgumentParser) -> None:
    """Add the options of this subcommand to `parser`."""
    parser.add_argument(
        "names",
        metavar="NAME",
        nargs="*",
        help="Existing guest; with -f, a guest or group in the file; default: all guests.",
    )
    parser.add_argument(
        "-f", "--file", metavar="FILE", help="Guests file (YAML or JSON) for --format kubevirt; `-` is standard input."
    )
    parser.add_argument(
        "--format",
        choices=("yaml", "kubevirt"),
        help="Output format: `yaml` (a guests file; default), or, with -f, `kubevirt` (KubeVirt manifests).",
    )
    parser.add_argument(
        "--kubevirt-drop",
        metavar="OPTION",
        action="append",
        default=[],
        help="Options to omit from the manifests: `graphics` or `disk.snapshot,pm`; can be repeated.",
    )
    parser.add_argument("--kubevirt-namespace", metavar="NAME", help="Kubernetes namespace for the guests.")


def run(given: Namespace, log: Log) -> int:
    """Print the guests file or the manifests; return the exit status.

    Raises: VirtInstallError.
    """
    if given.file is None:
        return _export_existing(given)
    if given.format != "kubevirt":
        raise UsageError("-f requires --format kubevirt", hint="add --format kubevirt, or omit -f")
    from virtinstall.cli.guest_diff import load_lab
    from virtinstall.cli.print_kubevirt import print_manifests
    from virtinstall.fleet.manifests import guest_manifests
    from virtinstall.request import KubevirtRequest

    lab = load_lab(given)
    options = KubevirtRequest(drop=tuple(given.kubevirt_drop), namespace=given.kubevirt_namespace)
    print_manifests(guest_manifests(lab.project, lab.chosen(given.names), options))
    return 0


def _export_existing(given: Namespace) -> int:
    from virtinstall.cli.connection import connect
    from virtinstall.fleet.export import export, export_text

    if given.format == "kubevirt":
        raise UsageError(
            "--format kubevirt requires a guests file",
            hint="create a guests file with: virt-guest export NAME > guests.yaml; then add: -f guests.yaml",
        )
    if not given.names:
        raise UsageError("no guest specified", hint="specify the guest's name, for example: virt-guest export web")
    with connect(given.connect) as hypervisor:
        guests = export(hypervisor, given.names)
    print(export_text(guests, given.connect), end="")
    return 0
