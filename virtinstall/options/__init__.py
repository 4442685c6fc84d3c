"""The command line: options, sub-options, old spellings."""
