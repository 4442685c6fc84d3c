"""All metadata is in setup.cfg; here only what it can't say: the manual page is built with the package."""

import sys
from pathlib import Path

from build_manpages import build_manpages, get_build_py_cmd, get_install_cmd
from setuptools import setup

# an isolated build doesn't have the project on its path, and the page is made from its parser
sys.path.insert(0, str(Path(__file__).parent))

setup(cmdclass={"build_manpages": build_manpages, "build_py": get_build_py_cmd(), "install": get_install_cmd()})
