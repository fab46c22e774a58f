"""What measurements say together: comparing, adding up, carbon and cost, the regression check."""
