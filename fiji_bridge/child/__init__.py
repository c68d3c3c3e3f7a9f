"""Code that runs in the child process, beside Java."""
