"""Linearizability of registers: the search, its certificate, and what a violation means."""
