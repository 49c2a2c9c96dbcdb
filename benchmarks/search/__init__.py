"""How soon a search has a good network, beside other searches."""
