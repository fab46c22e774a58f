"""The built-in estimate: CPU time and memory times stated watts, where no sensor reads."""
