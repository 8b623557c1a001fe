"""Training of the span reader; nothing at run time imports it."""
