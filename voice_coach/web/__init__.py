"""A page beside the mat, served by the coach itself. Knows nothing of sound, and delays nothing."""
