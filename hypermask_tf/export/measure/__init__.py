"""What a file costs on a device: kernels, memory, latency, bytes."""
