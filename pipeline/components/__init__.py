"""The custom components."""
