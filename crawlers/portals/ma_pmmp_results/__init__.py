"""Morocco's national portal: every announcement that is not a call, and what became of the calls."""
