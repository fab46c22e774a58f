"""What can be run again and again: a callable, a command, a torch model and its state."""
