"""Recognizers of install media, one file per family of distributions."""
