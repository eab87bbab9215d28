"""Tables on the screen and in the report."""
