"""Ray, and nothing else: the executor that evaluates candidates on it, and training by several processes."""
