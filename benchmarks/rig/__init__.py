"""What a coach is set up with to be measured, drawn or tested: a sound server, a browser, pages.

Knows the coach and nothing of benchmarks, scripts or tests, which all use it.
"""
