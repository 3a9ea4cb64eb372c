"""What should happen, given what is observed: pure functions that return actions, and the actions' vocabulary."""
