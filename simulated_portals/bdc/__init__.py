"""The simulated Moroccan portal of purchase orders: `server.py` makes one, `portal.py` holds its rules."""
