"""Charging sessions: readings in one unit, energy that can be true, a course to draw, and the rows behind them."""
