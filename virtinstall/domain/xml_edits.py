"""`--xml`: edits of the finished XML by XPath.

The edits are common to all options (`virtinstall.xml.override`). This option adds the short form, in which the whole
value is one edit.
"""

from __future__ import annotations

from virtinstall.domain.section import Section


class XmlEdits(Section):
    """--xml: XPath edits of the complete domain XML."""

    @classmethod
    def cut_whole(cls, text: str) -> list[tuple[str, str]] | None:
        """Return `text`, an edit XPATH=VALUE, as one pair for the sub-option `xpath.set`.

        The result is None if `text` starts with a sub-option such as `xpath.set=` or `xpath0.delete=`.
        """
        key, equals, _ = text.partition("=")
        if equals and key.startswith("xpath") and key.partition(".")[2]:
            return None
        return [("xpath.set", text)]
