"""The commands: flags, a call, and what is printed."""
