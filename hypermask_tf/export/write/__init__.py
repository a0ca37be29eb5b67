"""Stage: a finished network → the bytes of its file, small and labelled."""
