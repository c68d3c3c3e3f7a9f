"""Self-contained HTML pages: templates, pictures and line charts."""
