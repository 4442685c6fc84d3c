"""`python -m tests.cases [--regenerate] [NAME...]`: compare cases with the expected results, or write them again."""

from __future__ import annotations

import argparse
import difflib
import sys
import traceback
from pathlib import Path

from tests.cases.case import Case, case_names
from virtinstall.fleet.schema import schema_text

SCHEMA = Path(__file__).parents[2] / "virtinstall" / "schema" / "guests.json"


def main() -> int:
    """Return 1 if a case differs from the expected results or cannot be run, else 0."""
    parser = argparse.ArgumentParser(prog="python -m tests.cases", description=__doc__)
    parser.add_argument("--regenerate", action="store_true", help="write what is expected, for review with git diff")
    parser.add_argument("names", metavar="NAME", nargs="*", help="the cases (default: all)")
    options = parser.parse_args()
    failed = 0
    if options.regenerate and write_schema():
        print(f"{SCHEMA}: written")
    for name in options.names or case_names():
        case = Case(name)
        try:
            if options.regenerate:
                if case.write():
                    print(f"{name}: written")
            else:
                failed += _differs(name, case)
        except Exception:  # noqa: BLE001 - the other cases are of interest too
            print(f"{name}:\n{traceback.format_exc()}", file=sys.stderr)
            failed += 1
    return 1 if failed else 0


def write_schema() -> bool:
    """Write the schema of guests files, which names every option; return whether it changed."""
    text = schema_text()
    if SCHEMA.read_text() == text:
        return False
    SCHEMA.write_text(text)
    return True


def _differs(name: str, case: Case) -> int:
    expected, outputs = case.expected(), case.outputs()
    for file in sorted(expected.keys() | outputs.keys()):
        old, new = expected.get(file, "").splitlines(), outputs.get(file, "").splitlines()
        label = f"{name}/{file}"
        sys.stdout.writelines(f"{line}\n" for line in difflib.unified_diff(old, new, label, "now", lineterm=""))
    return int(expected != outputs)


if __name__ == "__main__":
    sys.exit(main())
