"""Objects whose history is unambiguous, decided in near-linear time: one file an object."""
