"""Networks with weights, for measurements."""
