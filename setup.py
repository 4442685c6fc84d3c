"""All metadata is in setup.cfg; here only what it can't say.

The manual pages are built with the package, and completion goes where shells look for it.
"""

import sys
from glob import glob
from pathlib import Path

from setuptools import setup

HERE = Path(__file__).parent
# an isolated build doesn't have the project on its path, and the pages are made from its parsers
sys.path.insert(0, str(HERE))

COMPLETION = [
    ("share/bash-completion/completions", glob("completion/bash/*")),
    ("share/zsh/site-functions", glob("completion/zsh/*")),
    ("share/fish/vendor_completions.d", glob("completion/fish/*")),
]

try:
    from build_manpages import build_manpages, get_build_py_cmd, get_install_cmd
except ModuleNotFoundError:
    # a distribution's build may be without argparse-manpage: `scripts/man` has made the pages before
    pages = glob("man/*.1")
    if not pages:
        sys.exit("setup.py: error: no manual pages in man/\nhint: run scripts/man first, or install argparse-manpage")
    setup(data_files=[("share/man/man1", pages), *COMPLETION])
else:

    class BuildPages(build_manpages):
        """argparse-manpage's command, with the sub-options put in before and words marked after."""

        def run(self):
            from virtinstall.options.manual import mark_pages, write_includes

            write_includes(HERE / "man")
            super().run()
            mark_pages(HERE / "man")

    setup(
        data_files=COMPLETION,
        cmdclass={"build_manpages": BuildPages, "build_py": get_build_py_cmd(), "install": get_install_cmd()},
    )
