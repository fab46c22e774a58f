"""Tables as nvidia-smi writes them, fast where they are regular."""
