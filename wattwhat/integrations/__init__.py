"""wattwhat inside other frameworks: one file each."""
