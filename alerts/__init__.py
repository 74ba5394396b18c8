"""Saved profiles, their matches, the digests that tell people, and the outbox that delivers them."""
