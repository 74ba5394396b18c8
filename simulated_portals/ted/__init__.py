"""The simulated TED (`eu_ted`): `server.py` makes one, `portal.py` holds its rules."""
