"""How well the tutor does: query sets, metrics, calibration. ``python -m eval --help``; see ``eval/README.md``."""
