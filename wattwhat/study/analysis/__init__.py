"""What a study found: effects of its factors, correlations, the best settings, what accuracy costs."""
