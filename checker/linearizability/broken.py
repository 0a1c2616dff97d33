"""The exception for our own errors, so that none is ever taken for a finding."""


class BrokenSearch(Exception):
    """A re-check contradicts the search: an error of this program, not of the system tested."""
