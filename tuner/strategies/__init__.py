"""The article's rules of thumb as small immutable values that fold over records."""
