"""Judges a run while it goes on, event by event, in bounded memory."""
