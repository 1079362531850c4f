"""How well the coach listens, in figures. Run `python -m benchmarks.hearing` in a checkout."""
