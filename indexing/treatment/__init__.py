"""What later texts say of the authorities that they cite: treatment, history, depth, status, parentheticals, notes."""
