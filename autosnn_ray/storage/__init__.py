"""Where runs are kept: folders, and their copies behind URLs."""
