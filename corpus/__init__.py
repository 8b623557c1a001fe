"""Facts in: documents and how they are read."""
