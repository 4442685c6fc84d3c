"""One case: its input, the results of running it, and the expected results."""

from __future__ import annotations

import json
import runpy
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.cases.facts import CASES, facts_for
from virtinstall.compose.compose import compose
from virtinstall.compose.final_xml import completed
from virtinstall.compose.validate import resolve_methods, validate_request
from virtinstall.domain.domain import Domain
from virtinstall.errors import VirtInstallError
from virtinstall.options.command import parse_request
from virtinstall.plan import Plan
from virtinstall.request import Request
from virtinstall.spec_request import request_of

OUTPUTS = ("expected.xml", "expected.txt", "defined.xml", "error")
_FOLDER = "{case}"


def case_names() -> list[str]:
    """Return the names of all cases."""
    return sorted(path.parent.name for path in CASES.glob("*/facts.json"))


class Case:
    """A directory of `tests/cases`."""

    def __init__(self, name: str) -> None:
        self.folder = CASES / name

    @property
    def args(self) -> list[str]:
        """The command line without the program's name; empty if a script describes the guest."""
        command = self.folder / "command"
        if not command.exists():
            return []
        return shlex.split(command.read_text().replace("\\\n", " ").replace(_FOLDER, str(self.folder)))[1:]

    @property
    def facts(self) -> dict[str, Any]:
        """The content of `facts.json`."""
        found: dict[str, Any] = json.loads((self.folder / "facts.json").read_text())
        return found

    def request(self) -> Request:
        """Return the request. Raises: VirtInstallError."""
        if self.args:
            request = parse_request(self.args)
        else:
            request = request_of(runpy.run_path(str(self.folder / "script.py"))["spec"])
        request = resolve_methods(request)
        validate_request(request)
        if request.install.reinstall is not None:
            request = request.replace(domain=Domain.parse((self.folder / "guest.xml").read_text()))
        return request

    def plan(self) -> Plan:
        """Return the plan for the request. Raises: VirtInstallError."""
        request = self.request()
        return compose(request, facts_for(request, self.facts))

    def outputs(self) -> dict[str, str]:
        """Return the contents of the files that the case must have, by name."""
        return {name: text.replace(str(self.folder), _FOLDER) for name, text in self._outputs().items()}

    def _outputs(self) -> dict[str, str]:
        try:
            plan = self.plan()
        except VirtInstallError as error:
            hint = f"hint: {error.hint}\n" if error.hint else ""
            return {"error": f"{error.message}\n{hint}"}
        outputs = {"expected.xml": "".join(plan.steps), "expected.txt": "".join(f"{line}\n" for line in _report(plan))}
        live = self.folder / "live.xml"
        if live.exists():
            held = Domain.parse(live.read_text())
            outputs["defined.xml"] = completed(plan.final, plan.started, held).to_xml()
        return outputs

    def expected(self) -> dict[str, str]:
        """Return the contents of the files that the case has, by name."""
        paths = [self.folder / name for name in OUTPUTS]
        return {path.name: path.read_text() for path in paths if path.exists()}

    def write(self) -> bool:
        """Write the outputs; return whether anything changed."""
        outputs = self.outputs()
        if outputs == self.expected():
            return False
        for name in OUTPUTS:
            path: Path = self.folder / name
            if name in outputs:
                path.write_text(outputs[name])
            else:
                path.unlink(missing_ok=True)
        return True


def _report(plan: Plan) -> Iterator[str]:
    yield from (action.text for action in plan.actions)
    yield from (f"note: {note}" for note in plan.notes)
    yield from (f"warning: {warning}" for warning in plan.warnings)
    for seed in plan.seeds:
        for name, content in seed.files:
            yield f"--- {name}"
            yield from content.decode().splitlines()
    for boot_file in plan.boot_files:
        for name, content in boot_file.answers:
            yield f"--- {name} in the {boot_file.what}"
            yield from content.decode().splitlines()
