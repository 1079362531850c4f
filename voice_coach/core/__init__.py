"""The pure heart: routines, what may be said, the session. No files, clock, threads or sound."""
