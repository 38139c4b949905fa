"""One search: its plan, its loop over an executor, its folder."""
