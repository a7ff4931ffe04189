"""Speed and endurance, measured on the machine at hand."""
