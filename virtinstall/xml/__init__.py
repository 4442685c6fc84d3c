"""XML bound to Python attributes, based on lxml."""
