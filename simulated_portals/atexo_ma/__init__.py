"""The Moroccan Atexo portals, simulated: PRADO state, page sizes, hidden lots, stray bytes, a firewall."""
