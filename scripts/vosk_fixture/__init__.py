"""Makes the tiny Vosk model of the tests from synthetic speech; see `__main__.py`."""
