"""The only package that touches an export."""
