"""Small line charts drawn with Pillow, because matplotlib takes a second to import."""
