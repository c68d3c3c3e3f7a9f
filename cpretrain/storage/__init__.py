"""Files that are whole or not there, locks, records, and parsers with limits."""
