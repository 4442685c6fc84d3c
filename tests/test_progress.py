"""Output of long steps: bars on a terminal, lines elsewhere."""

from __future__ import annotations

import io
import time

from virtinstall.cli.progress import progress_on


class Terminal(io.StringIO):
    """Output stream that claims to be a terminal."""

    def isatty(self) -> bool:
        """Return True."""
        return True


def transfer(stream: io.StringIO, *, quiet: bool = False, seconds: float = 0.0) -> str:
    """Return the output of a step of 4 MiB."""
    progress = progress_on(stream, quiet=quiet)
    progress.start("Retrieving 'linux'", 4 << 20)
    for _ in range(4):
        time.sleep(seconds / 4)
        progress.advance(1 << 20)
    progress.finish()
    return stream.getvalue()


def test_large_step_prints_lines_without_a_terminal() -> None:
    """There is one line at its start and one at its end, without control characters."""
    assert transfer(io.StringIO()) == "Retrieving 'linux' (4 MiB)...\nRetrieving 'linux': 4 MiB\n"


def test_long_step_shows_a_bar_on_a_terminal() -> None:
    """The bar has the rate and the remaining time; afterwards one line remains."""
    shown = transfer(Terminal(), seconds=0.8)

    assert "Retrieving 'linux':" in shown
    assert "B/s" in shown
    assert "%|" in shown
    assert shown.endswith("/s\n")
    assert "\033[3" not in shown


def test_short_step_shows_no_bar() -> None:
    """The step finishes immediately."""
    assert "%|" not in transfer(Terminal())


def test_quiet_shows_nothing() -> None:
    """A step with --quiet prints neither lines nor a bar."""
    assert transfer(Terminal(), quiet=True) == ""
