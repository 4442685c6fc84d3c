"""Relative paths in a script's elements, made absolute: libvirt and QEMU run in other directories.

The command line does so when it reads a value; a field says that it holds a path by its converter.
"""

from __future__ import annotations

from collections.abc import Iterable

from virtinstall.xml.convert import PATH_CONVERTERS
from virtinstall.xml.element import Element
from virtinstall.xml.field import Setting, XmlField


def make_paths_absolute(elements: Iterable[Element]) -> None:
    """Make the paths that fields of the elements hold absolute, by the working directory; URLs stay as they are."""
    for element in elements:
        for name, declared in element.declarations():
            if isinstance(declared, XmlField | Setting) and declared.convert in PATH_CONVERTERS:
                value = getattr(element, name)
                if isinstance(value, str) and value != declared.convert(value):
                    setattr(element, name, declared.convert(value))
