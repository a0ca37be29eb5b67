"""Pictures of runs, of capacity, of task inference and of a network's units."""
