"""Golden cases: a request, the facts about a host, and the complete XML or error that must come of them.

A case is a directory:

    command         the command line (or `script.py`, which sets `spec` to a `GuestSpec`);
                    `{case}` is the directory
    facts.json      the host, by name of a directory in `hosts/`, and what differs from it
    guest.xml       only with --reinstall: the guest as it is
    expected.xml    what `--print-xml` prints: the installation's XML, if there is one, then the final XML
    expected.txt    what the creation would do, and its warnings
    error           in place of both: the message and the hint

`python -m tests.cases --regenerate [NAME...]` writes the last three, to be reviewed with `git diff`.
"""
