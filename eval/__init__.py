"""Facts judged: question sets, metrics and baselines."""
