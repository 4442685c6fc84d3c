"""Build the manual pages and install completion files; all metadata is in setup.cfg."""

import sys
from glob import glob
from pathlib import Path

from setuptools import setup

HERE = Path(__file__).parent
# the pages are generated from the parsers, which an isolated build cannot import otherwise
sys.path.insert(0, str(HERE))

COMPLETION = [
    ("share/bash-completion/completions", glob("completion/bash/*")),
    ("share/zsh/site-functions", glob("completion/zsh/*")),
    ("share/fish/vendor_completions.d", glob("completion/fish/*")),
]

try:
    from build_manpages import build_manpages, get_build_py_cmd, get_install_cmd
except ModuleNotFoundError:
    # without argparse-manpage (a distribution's build), the pages must exist: `scripts/man` builds them
    pages = glob("man/*.1")
    if not pages:
        sys.exit("setup.py: error: no manual pages in man/\nhint: run scripts/man first, or install argparse-manpage")
    setup(data_files=[("share/man/man1", pages), *COMPLETION])
else:

    class BuildPages(build_manpages):
        """argparse-manpage's command; inserts the sub-options before, and formats backticks after."""

        def run(self):
            from virtinstall.options.manual import mark_pages, write_includes

            write_includes(HERE / "man")
            super().run()
            mark_pages(HERE / "man")

    setup(
        data_files=COMPLETION,
        cmdclass={"build_manpages": BuildPages, "build_py": get_build_py_cmd(), "install": get_install_cmd()},
    )
