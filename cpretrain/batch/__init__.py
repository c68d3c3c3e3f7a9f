"""One function over many files: in this process, on local workers, on a cluster."""
