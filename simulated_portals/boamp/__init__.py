"""BOAMP, the French bulletin of public contracts, simulated: its Opendatasoft interface over invented notices."""
