"""What is wrong with an installation or an export, why it matters, and how to mend it.

`looking` observes, the checks turn what was observed into findings and are pure, `examination` brings both together.
"""
