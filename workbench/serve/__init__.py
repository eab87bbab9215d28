"""What stands in front of everything that is served: whose request it is, from where, how large, and in what time."""
