"""Operations on an existing guest: list its parts and addresses, log in, run a command, reset it, delete it."""
