"""Population search on Ray: the only folder that imports ray."""
