"""The reference node of two-phase commit over sharded keys (Gray, "Notes on Data Base
Operating Systems", 1978; presumed abort as in R*: Mohan, Lindsay and Obermarck, 1986)."""
