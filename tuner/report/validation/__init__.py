"""What no stored record may hold, though it has the right form."""
