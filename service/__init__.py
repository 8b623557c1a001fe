"""Facts out: readers, answers with citations, the command line and the HTTP service."""
