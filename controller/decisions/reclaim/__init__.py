"""The end of a volume: what is planned for its data, what follows from what the export answers, what is told of it."""
