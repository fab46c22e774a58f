"""measure(): its plan, its session, blocks of calls, steady state."""
