"""The life of a guest after its creation: what belongs to it, its addresses, logging in, resetting, deleting it."""
