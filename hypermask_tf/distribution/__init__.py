"""Learners under `tf.distribute`."""
