"""What each command does with its words; `virtinstall.main` calls them and prints their errors."""
