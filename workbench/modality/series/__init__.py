"""Sensor series on the screen."""
