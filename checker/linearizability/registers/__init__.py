"""Registers and compare-and-set registers: preparation, search kernels, the engine over keys."""
