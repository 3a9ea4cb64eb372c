"""How `nfs-steward adopt` tells what it found and did."""
