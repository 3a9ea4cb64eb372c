"""Copies of volumes: the job, what it reads and writes, and the marks by which another process tells how far it is."""
