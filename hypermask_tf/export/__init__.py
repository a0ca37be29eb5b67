"""The edge tool: bakes the tasks of a run into LiteRT files and verifies each.

Importing this package loads neither TensorFlow nor LiteRT; each module imports what
it needs when it is called.
"""
