"""Studies: what is made of several runs, each with a journal of its own, so that all of it can be resumed."""
