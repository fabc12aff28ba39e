"""Pages of one installation."""
