"""Where hearing, the session and speaking meet."""
