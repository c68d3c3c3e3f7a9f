"""The running process: its messages, cancellation, resources, threads and caches."""
