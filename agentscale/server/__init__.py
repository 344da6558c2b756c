"""Answers HTTP on loopback: the simulator of an experiment, or a recording, as an OpenAI-compatible server.

`doors` says what stands behind it: `simulated` and `recorded`. `bodies` checks requests, `replies` and `vectors` spell
answers, `application` puts them on paths, `hosting` on a port. `faults` plans trouble and `answers` makes it; it is
carried out by `speaking` over a bare connection, by `troubling` around the application.
"""
