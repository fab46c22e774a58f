"""Showing Measurements: on a terminal, in a notebook, on a page. Nothing here measures anything."""
