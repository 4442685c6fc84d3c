"""XML bound to Python attributes, over lxml."""
