"""What `--dry-run` prints: each thing that would be made, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from virtinstall.plan import actions_of

if TYPE_CHECKING:
    from virtinstall.plan import Plan


def preview_text(plan: Plan) -> str:
    """The plan for people, a line each thing that would be made or done."""
    return "".join(f"  would {action.text}\n" for action in actions_of(plan))
