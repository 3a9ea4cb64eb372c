"""How `nfs-steward archive` tells which archives there are."""
