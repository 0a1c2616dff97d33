"""A matrix of runs: systems, workloads, faults and seeds in a file, run and judged one by one.

matrix.toml ─► reading ─► expansion ─► cells ─► order ─► running ─► outcomes ─► told
                 └ every problem, with its line      └ simulated: side by side; others: alone
"""
