"""The state of one conversion: a copy of the request that is emptied step by step, the manifest, and the problems."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence
from typing import TYPE_CHECKING, Any

from virtinstall.errors import RequestError
from virtinstall.kubevirt.leaves import Leaf, drain, edits, option_of, plain
from virtinstall.kubevirt.table import IGNORED, reason
from virtinstall.named import NamedTuple

if TYPE_CHECKING:
    from virtinstall.domain.domain import Domain
    from virtinstall.osinfo.record import OsRecord
    from virtinstall.request import InstallRequest, KubevirtRequest, Request
    from virtinstall.seed.password import ReadFile
    from virtinstall.xml.element import Element

Node = dict[str, Any]
"""A mapping of the manifest."""

_SECRET_NAMES = ("passw", "secret", "session", "dhcert", "product-key")
_MOST_SHOWN = 60


class Problem(NamedTuple):
    """A reason why a request cannot be converted.

    `hint` is None if there is none. `drop` is the option for --kubevirt-drop that avoids the problem, or None.
    """

    message: str
    hint: str | None = None
    drop: str | None = None


class Comment(NamedTuple):
    """A comment above the key `key` of the mapping `node` in a manifest."""

    node: Node
    key: str
    text: str


class Conversion:
    """The state of the conversion of one guest.

    `domain` is a copy of the request's domain, from which each value is removed when it is mapped. `os` is the guest's
    operating system, or a similar one if `os_is_known` is false. `arch` is libvirt's name for the guest's architecture,
    such as `x86_64`.

    In the VirtualMachine, `spec` is the value of `spec`, `template` that of `spec.template.spec`, `machine` that of
    `domain` in `template`, and `devices` that of `devices` in `machine`. `secrets` and `services` are further
    documents. `secret_places` has a pair of a mapping and a key for each item of `secrets`, in the same order:
    `mapping[key]` is the name of the Secret. `passwords` are pairs of an account and its generated password.
    """

    def __init__(
        self, request: Request, system: OsRecord, arch: str, environ: Mapping[str, str], read_file: ReadFile
    ) -> None:
        self.request = request
        self.domain: Domain = request.domain.clone()
        self.install: InstallRequest = request.install
        self.options: KubevirtRequest = request.kubevirt
        self.os = system
        self.arch = arch
        self.environ = environ
        self.read_file = read_file
        self.os_is_known = False
        self.name = ""
        self.devices: Node = {}
        self.machine: Node = {}
        self.template: Node = {}
        self.spec: Node = {}
        self.labels: dict[str, str] = {}
        self.annotations: dict[str, str] = {}
        self.networks: list[Node] = []
        self.volumes: list[Node] = []
        self.data_volumes: list[Node] = []
        self.secrets: list[Node] = []
        self.secret_places: list[tuple[Node, str]] = []
        self.services: list[Node] = []
        self.comments: list[Comment] = []
        self.warnings: list[str] = []
        self.passwords: list[tuple[str, str]] = []
        self.problems: list[Problem] = []

    @property
    def defaults(self) -> bool:
        """Whether to add the defaults for the operating system; with a preference, the cluster adds them instead."""
        return self.options.preference is None

    def take(self, element: Element, attribute: str) -> Any:
        """Return the value of an attribute, and remove the value because it is mapped; None if it is not set."""
        value = getattr(element, attribute)
        if value is not None:
            setattr(element, attribute, None)
        return value

    def refuse(self, option: str, name: str, value: object, why: str, hint: str | None = None) -> None:
        """Report a value that KubeVirt does not support; the parameters are the same as for `refusal`."""
        self.problems.append(refusal(option, name, value, why, hint))

    def break_rule(self, rule: str, hint: str, drop: str | None = None) -> None:
        """Report a rule of KubeVirt that the manifest breaks.

        `drop` is the option for --kubevirt-drop that avoids the problem, or None.
        """
        self.problems.append(Problem(f"KubeVirt would reject the guest: {rule}", hint, drop))

    def leave(self, option: str, leaves: Sequence[Leaf]) -> None:
        """Report values that no mapping has used, except for those without an effect on the manifest."""
        for leaf in leaves:
            if f"{option}.{plain(leaf.names[0])}" not in IGNORED:
                self.refuse(option, leaf.names[0], leaf.value, reason(option, plain(leaf.names[0])))

    def comment(self, node: Node, key: str, text: str) -> None:
        """Add a comment above the key `key` of the mapping `node`."""
        self.comments.append(Comment(node, key, text))

    def add_secret(self, suffix: str, texts: dict[str, str], node: Node, key: str) -> None:
        """Add a Secret with the strings `texts`, and set the key `key` of the mapping `node` to the name of the Secret.

        The name consists of the guest's name and `suffix`.
        """
        node[key] = f"{self.name}-{suffix}"
        metadata: Node = {"name": node[key]}
        self.secrets.append({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": texts})
        self.secret_places.append((node, key))

    def warn(self, text: str) -> None:
        """Add a warning, unless the same warning was added before."""
        if text not in self.warnings:
            self.warnings.append(text)

    def fail(self) -> None:
        """Raise one RequestError for all problems, if there are any."""
        if self.problems:
            raise error_of(self.problems)


def error_of(problems: Sequence[Problem]) -> RequestError:
    """Return one error for all problems, with a line for each."""
    lines = dict.fromkeys(problem.message for problem in problems)
    hints = dict.fromkeys(problem.hint for problem in problems if problem.hint)
    drops = dict.fromkeys(problem.drop for problem in problems if problem.drop)
    joined = "; ".join(hints)
    if drops:
        what = "option" if len(drops) == 1 else "options"
        omit = f"omit the {what} with: --kubevirt-drop {','.join(drops)}"
        # an alternative to the hint, or the solution of another problem
        separator = ", or " if len(problems) == 1 else "; "
        joined = f"{joined}{separator}{omit}" if joined else omit
    return RequestError("\n".join(lines), hint=joined or None)


def leave_device(conversion: Conversion, device: Element) -> None:
    """Report the values of a device that no mapping has used, and remove them from the device."""
    option = option_of(device.tag)
    for leaf in edits(device):
        conversion.refuse(option, leaf.names[0], leaf.value, "the manifest is derived from the options, not from XML")
    conversion.leave(option, drain(device))


def refusal(option: str, name: str, value: object, why: str, hint: str | None = None) -> Problem:
    """Return the problem that KubeVirt does not support a value.

    `option` is the option without dashes, and `name` its sub-option, or an empty string for the whole option. `why` is
    the reason, or a suggestion that starts with `use`.
    """
    shown = str(value)
    if any(word in name.lower() for word in _SECRET_NAMES):
        shown = "***"
    if len(shown) > _MOST_SHOWN:
        shown = shown[:_MOST_SHOWN] + "..."
    what = f" {name}={shown}" if name else f" {shown}" if shown else ""
    drop = f"{option}.{plain(name)}" if name else option
    separator = ";" if why.startswith("use ") else ":"
    return Problem(f"--{option}{what}: not supported by KubeVirt{separator} {why}", hint, drop)


def quantity(size_bytes: int) -> str:
    """Return a size in Kubernetes notation, such as `2Gi`, with the largest binary unit that needs no fraction."""
    for unit, power in (("Gi", 30), ("Mi", 20), ("Ki", 10)):
        if size_bytes and size_bytes % (1 << power) == 0:
            return f"{size_bytes >> power}{unit}"
    return str(size_bytes)


def add(node: MutableMapping[str, Any], key: str, value: Any) -> None:
    """Set the key `key` of `node`, unless the value is None."""
    if value is not None:
        node[key] = value


def section(node: Node, *keys: str) -> Node:
    """Return the mapping below the nested `keys` of `node`; create missing mappings."""
    for key in keys:
        node = node.setdefault(key, {})
    return node
