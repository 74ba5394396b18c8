"""What the simulated portals of French tenders share: their invented tenders, their sessions and their news."""
