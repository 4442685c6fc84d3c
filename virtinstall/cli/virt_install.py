"""`virt-install`: run the action that the options request."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from virtinstall.cli.log import Log

PROG = "virt-install"


def run(arguments: list[str], log: Log) -> int:
    """Run virt-install with `arguments`, those after the command's name; return the exit status.

    Raises: VirtInstallError.
    """
    from virtinstall.options.parser import HELP_FLAGS, help_wanted, parse_argv

    given = parse_argv(arguments, PROG)
    if given.version:
        from virtinstall import __version__

        print(__version__)
        return 0
    if given.help:
        from virtinstall.options.parser import build_parser

        print(build_parser(PROG).format_help(), end="")
        return 0
    if given.image in HELP_FLAGS:
        # what follows the name are the sub-options of --disk
        given.disk = given.image
    wanted = help_wanted(given)
    if wanted:
        from virtinstall.options.introspect import help_text
        from virtinstall.options.read import section_class

        for option in wanted:
            print(help_text(option, section_class(option)), end="")
        return 0
    # each action is imported only when requested
    if given.osinfo == "list":
        from virtinstall.cli.list_systems import list_systems

        return list_systems(given.output)
    if given.image == "list":
        from virtinstall.cli.list_images import list_images

        return list_images(given.output)
    if given.test_media_detection:
        from virtinstall.cli.detect_media import detect_media

        print(detect_media(given.test_media_detection, given.arch, given.os_type))
        return 0
    if given.output == "spec":
        from virtinstall.cli.print_spec import print_spec

        return print_spec(given)
    if given.output == "kubevirt":
        from virtinstall.cli.print_kubevirt import print_kubevirt

        return print_kubevirt(given)
    if given.finish is not None:
        from virtinstall.cli.finish import finish

        return finish(given)
    from virtinstall.cli.install import install

    return install(given, log)
