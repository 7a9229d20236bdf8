"""Files and their history in git."""
