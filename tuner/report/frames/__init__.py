"""Records as pandas tables: numbers only, no wording and no rounding."""
