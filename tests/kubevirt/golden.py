"""Golden cases: a command line or a guests file, and the expected manifests or error.

A case is a directory of `cases/`:

    command         the command line of virt-install; `{case}` is the directory
    guests.yaml     instead: a guests file
    expected.yaml   the manifests, after the warnings as comments
    error           instead: the message and the hint

`python -m tests.kubevirt.golden --regenerate [NAME...]` writes the last two, to be reviewed with `git diff`.
"""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tests.cases.facts import ENVIRONMENT
from virtinstall.errors import VirtInstallError
from virtinstall.fleet.lab import Lab
from virtinstall.fleet.manifests import guest_manifests
from virtinstall.kubevirt.manifests import Manifests, manifests
from virtinstall.kubevirt.yaml_text import to_yaml
from virtinstall.options.fallback import fallback_for
from virtinstall.options.legacy import rewrite
from virtinstall.options.parser import parse_argv
from virtinstall.options.read import read_request
from virtinstall.request import KubevirtRequest, Request

if TYPE_CHECKING:
    from collections.abc import Sequence

CASES = Path(__file__).parent / "cases"
OUTPUTS = ("expected.yaml", "error")


def case_names() -> list[str]:
    """Return the names of all cases."""
    return sorted(path.name for path in CASES.iterdir() if path.is_dir())


def request_of(args: Sequence[str]) -> Request:
    """Return the request of a command line without the program's name. Raises: RequestError."""
    given = parse_argv(args)
    warnings = rewrite(given)
    return read_request(given, fallback_for, warnings=warnings, preview=True)


def manifests_of(name: str) -> list[Manifests]:
    """Return the manifests of a case. Raises: VirtInstallError."""
    folder = CASES / name
    command = folder / "command"
    if command.exists():
        args = shlex.split(command.read_text().replace("\\\n", " ").replace("{case}", str(folder)))[1:]
        return [manifests(request_of(args), environ=ENVIRONMENT)]
    text = (folder / "guests.yaml").read_text().replace("{case}", str(folder))
    lab = Lab.parse(text, "guests.yaml", project=name, variables={})
    return guest_manifests(lab.project, lab.guests, KubevirtRequest(), environ=ENVIRONMENT)


def outputs(name: str) -> dict[str, str]:
    """Return the contents of the files that the case must have, by name."""
    try:
        found = manifests_of(name)
    except VirtInstallError as error:
        hint = f"hint: {error.hint}\n" if error.hint else ""
        return {"error": _without_salts(f"{error.message}\n{hint}", name)}
    warnings = "".join(f"# WARNING {guest.name}: {text}\n" for guest in found for text in guest.warnings)
    documents = [document for guest in found for document in guest.documents]
    comments = [comment for guest in found for comment in guest.comments]
    return {"expected.yaml": _without_salts(warnings + to_yaml(documents, comments), name)}


def expected(name: str) -> dict[str, str]:
    """Return the contents of the files that the case has, by name."""
    paths = [CASES / name / each for each in OUTPUTS]
    return {path.name: path.read_text() for path in paths if path.exists()}


def _without_salts(text: str, name: str) -> str:
    """Return the text without random salts and the path of the case."""
    text = re.sub(r"\$6\$[./0-9A-Za-z]+\$[./0-9A-Za-z]+", "$6$SALT$HASH", text)
    return text.replace(str(CASES / name), "{case}")


def main(args: Sequence[str]) -> int:
    """Write the expected results, or print the names of the cases that differ."""
    names = [each for each in args if not each.startswith("-")] or case_names()
    for name in names:
        found = outputs(name)
        if found == expected(name):
            continue
        print(name)
        if "--regenerate" in args:
            for each in OUTPUTS:
                path = CASES / name / each
                if each in found:
                    path.write_text(found[each])
                else:
                    path.unlink(missing_ok=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
