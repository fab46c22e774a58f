"""Meters read in a running process: the meter set and its inputs, the sampler, windows."""
