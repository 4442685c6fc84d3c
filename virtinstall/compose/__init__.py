"""Policy, pure: what the user left open is chosen here."""
