"""`--qemu-commandline`: arguments and environment passed to QEMU unchanged.

Source: https://libvirt.org/kbase/qemu-passthrough-security.html
"""

from __future__ import annotations

from virtinstall.domain.section import Section
from virtinstall.xml.children import Children
from virtinstall.xml.convert import shell_arguments
from virtinstall.xml.element import Element
from virtinstall.xml.field import Suboption, XmlField
from virtinstall.xml.kinds import TEXT


class QemuArgument(Element):
    """<qemu:arg>: one argument for QEMU."""

    tag = "qemu:arg"

    value: XmlField[str] = XmlField("./@value", TEXT, "One argument of QEMU.")


class QemuVariable(Element):
    """<qemu:env>: one environment variable for QEMU."""

    tag = "qemu:env"

    name: XmlField[str] = XmlField("./@name", TEXT, "Name of an environment variable of QEMU.")
    value: XmlField[str] = XmlField("./@value", TEXT, "Value of an environment variable of QEMU.")


def _add_arguments(commandline: QemuCommandline, text: str) -> None:
    given = shell_arguments(text)
    if not given:
        commandline.arguments.clear()
    for word in given:
        commandline.arguments.append(QemuArgument(value=word))


def _set_variable(commandline: QemuCommandline, text: str) -> None:
    name, equals, value = text.partition("=")
    if not text:
        commandline.variables.clear()
        return
    if not name or not equals:
        raise ValueError("must be NAME=VALUE")
    for variable in commandline.variables:
        if variable.name == name:
            variable.value = value
            return
    commandline.variables.append(QemuVariable(name=name, value=value))


class QemuCommandline(Section):
    """<qemu:commandline>: arguments and environment variables that libvirt passes to QEMU unchanged."""

    tag = "qemu:commandline"

    args_option = Suboption(
        "args",
        _add_arguments,
        "Arguments, split as in a shell; `args=` can be omitted. Commas do not end the value.",
        commas=True,
    )
    env_option = Suboption(
        "env", _set_variable, "One environment variable: `env=NAME=VALUE`. Commas do not end the value.", commas=True
    )
    arguments: Children[QemuArgument] = Children("./qemu:arg", QemuArgument, prefix=None)
    variables: Children[QemuVariable] = Children("./qemu:env", QemuVariable, prefix=None)

    @classmethod
    def cut_whole(cls, text: str) -> list[tuple[str, str]] | None:
        """Return `text`, the complete value of the option, as one pair for the sub-option `args` or `env`.

        The result is None for `clearxml` and XPath edits, whose values are split at commas.
        """
        key, equals, value = text.partition("=")
        if equals and key in ("args", "env"):
            return [(key, value)]
        if equals and (key == "clearxml" or key.startswith("xpath")):
            return None
        return [("args", text)]
