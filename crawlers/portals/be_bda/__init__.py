"""Belgium's federal platform e-Procurement (BDA, Bulletin der Aanbestedingen / Bulletin des Adjudications).

It carries every Belgian notice: federal, regional and local, below and above the European thresholds.
"""
