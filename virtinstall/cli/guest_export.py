"""`virt-guest export -f FILE --format kubevirt`: print the guests of a file in another format; change nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from virtinstall.cli.log import Log


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("names", metavar="NAME", nargs="*", help="Guest or group in the file; all by default.")
    parser.add_argument("-f", "--file", metavar="FILE", help="Guests file (YAML or JSON); - is standard input.")
    parser.add_argument(
        "--format", choices=("kubevirt",), required=True, help="Output format: kubevirt (manifests for a cluster)."
    )
    parser.add_argument(
        "--kubevirt-drop",
        metavar="OPTION",
        action="append",
        default=[],
        help="Options that the manifests omit: graphics, disk.snapshot; can be repeated.",
    )
    parser.add_argument("--kubevirt-namespace", metavar="NAME", help="Namespace of the guests.")


def run(given: Namespace, log: Log) -> int:
    """Run the action; return the exit status. Raises: VirtInstallError."""
    from virtinstall.cli.guest_diff import load_lab
    from virtinstall.cli.print_kubevirt import print_manifests
    from virtinstall.fleet.manifests import guest_manifests
    from virtinstall.request import KubevirtRequest

    lab = load_lab(given)
    options = KubevirtRequest(drop=tuple(given.kubevirt_drop), namespace=given.kubevirt_namespace)
    print_manifests(guest_manifests(lab.project, lab.chosen(given.names), options))
    return 0
