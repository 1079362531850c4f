"""How the journal is kept on disk: its events, its database, its lock. Knows nothing of sound."""
