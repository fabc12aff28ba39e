"""The demo: real processes, simulated chargers and a demo backend, started and ended by one command."""
