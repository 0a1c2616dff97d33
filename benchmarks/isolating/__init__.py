"""What `benchmarks/transactions.py` is made of."""
