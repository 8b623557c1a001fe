"""Training of the span reader; nothing that answers imports it."""
