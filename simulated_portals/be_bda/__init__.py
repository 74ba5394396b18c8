"""The simulated Belgian federal portal (`be_bda`): `server.py` makes one and runs it, `portal.py` holds its rules."""
