"""How well the coach listens and keeps time, in figures.

`python -m benchmarks.hearing` and `python -m benchmarks.coaching` measure it in a checkout.
"""
