"""Files in TensorFlow Lite Micro's interpreter, the one for microcontrollers."""
