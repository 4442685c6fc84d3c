"""Conversion of relative paths in a script's elements to absolute paths, because libvirt and QEMU run in other
directories.

The command line does this when it reads a value. The converter of a field shows that the field holds a path.
"""

from __future__ import annotations

from collections.abc import Iterable

from virtinstall.xml.convert import PATH_CONVERTERS
from virtinstall.xml.element import Element
from virtinstall.xml.field import Setting, XmlField


def make_paths_absolute(elements: Iterable[Element]) -> None:
    """Make the paths in the fields of `elements` absolute; URLs are not changed.

    Relative paths are relative to the working directory of this process.
    """
    for element in elements:
        for name, declared in element.declarations():
            if isinstance(declared, XmlField | Setting) and declared.convert in PATH_CONVERTERS:
                value = getattr(element, name)
                if isinstance(value, str) and value != declared.convert(value):
                    setattr(element, name, declared.convert(value))
