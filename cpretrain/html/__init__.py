"""Pages that need no other file: templates, pictures and line charts."""
