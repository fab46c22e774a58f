"""Where the cells of a study run: one launcher a file; queues, placement and retries are the engines' own."""
