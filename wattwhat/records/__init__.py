"""What all other rooms speak: quantities, channels, measurements, budgets, and how they are written down."""
