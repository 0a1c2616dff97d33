"""A local page over the runs that are kept: nothing is written, nothing leaves this machine."""
