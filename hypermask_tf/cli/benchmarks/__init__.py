"""What `apps/benchmark.py` is made of."""
