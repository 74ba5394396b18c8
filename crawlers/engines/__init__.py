"""Spiders that several portals build on."""
