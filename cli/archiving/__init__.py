"""How `nfs-steward archive` tells which archives there are, and what became of one."""
