"""Networks made anew from others: the one place that makes them, and compares."""
