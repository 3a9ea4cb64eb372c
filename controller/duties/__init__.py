"""The controller's duties: each has its own election, queue and threads, so that none holds up another."""
