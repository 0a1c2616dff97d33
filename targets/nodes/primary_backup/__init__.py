"""The reference primary-backup node (Alsberg and Day 1976; Lin et al., PacificA, 2008)."""
