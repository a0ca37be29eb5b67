"""Stage: a float32 `.tflite` file → the same network in fewer bits."""
