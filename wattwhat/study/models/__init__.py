"""Where the models of a study come from: one source a file."""
