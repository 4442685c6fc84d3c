"""Policy: the choice of everything that a request leaves open. Pure."""
