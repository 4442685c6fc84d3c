"""Golden cases: a request, the facts about a host, and the complete XML or error that is expected.

A case is a directory:

    command         the command line (or `script.py`, which sets `spec` to a `GuestSpec`);
                    `{case}` is the directory
    facts.json      the name of a host in `hosts/`, and the facts that differ from that host's
    guest.xml       only with --reinstall: the XML of the existing guest
    expected.xml    what `--print-xml` prints: the installation's XML, if there is one, then the final XML
    expected.txt    the actions of the creation, and its warnings
    error           instead of both: the message and the hint

`python -m tests.cases --regenerate [NAME...]` writes the last three, to be reviewed with `git diff`.
"""
