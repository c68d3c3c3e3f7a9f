"""What the running process says, may use and keeps: console, cancel, memory, threads."""
