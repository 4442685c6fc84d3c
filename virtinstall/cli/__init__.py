"""The commands: the only package that prints, prompts or chooses exit statuses."""
