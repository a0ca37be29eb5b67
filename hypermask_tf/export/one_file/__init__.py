"""One file for all tasks: a signature each, and what they share stored once."""
