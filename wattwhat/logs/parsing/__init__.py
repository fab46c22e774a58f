"""Cells, rows, streams and encodings of other tools' files."""
