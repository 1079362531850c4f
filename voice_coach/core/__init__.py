"""The pure heart: routines, what may be said, and the session. No files, clock, threads or sound."""
