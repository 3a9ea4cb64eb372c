"""A package: without this file pytest would keep what is made once for the folder until the very end."""
