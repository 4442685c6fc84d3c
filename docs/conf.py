"""Sphinx configuration of the site; `scripts/docs` builds it."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

import site_pages  # noqa: E402

import virtinstall  # noqa: E402

project = "virtinstall"
author = "The virtinstall developers"
version = release = virtinstall.__version__
extensions = ["myst_parser", "sphinx.ext.autodoc"]
myst_heading_anchors = 2
exclude_patterns = ["_build"]
html_theme = "alabaster"
smartquotes = False  # options start with two hyphens
autodoc_member_order = "bysource"
autodoc_typehints = "description"

site_pages.write_all()
