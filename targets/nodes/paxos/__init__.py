"""The reference Multi-Paxos node (Lamport, "Paxos Made Simple", 2001, section 3)."""
