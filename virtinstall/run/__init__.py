"""Boot, follow and finish a guest."""
