"""One script per figure, each against a peer or a limit in one run: `python -m benchmarks.<name>`."""
