"""The user's own voice, as it was enrolled: takes, and how they are compared."""
