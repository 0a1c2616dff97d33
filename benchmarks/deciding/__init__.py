"""Histories to decide, who decides them, and what it costs: parts of linearizability.py."""
