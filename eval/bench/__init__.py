"""How fast and how small Attaché is, each figure beside an alternative measured in the same run."""
