"""The reference Raft node (Ongaro and Ousterhout, "In Search of an Understandable …", 2014)."""
