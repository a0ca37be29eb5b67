"""The file that turns sounds into the inputs of a run's tasks."""
