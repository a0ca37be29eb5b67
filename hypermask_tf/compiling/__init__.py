"""What a learner is compiled with: kept, copied, saved, and put back for each task."""
