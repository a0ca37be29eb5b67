"""Export of a learner at hand, with data given as arrays."""
