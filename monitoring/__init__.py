"""Judges runs and sources: incidents for operators, and sentences that say how each source is doing."""
