"""Command lines: train a benchmark from flags."""
