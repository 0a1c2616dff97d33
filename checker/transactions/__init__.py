"""Isolation of transactions: which anomalies a history shows, and which levels they refute."""
