"""People's own files: what lies where, read, divided, and described."""
