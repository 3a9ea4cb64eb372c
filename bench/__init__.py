"""How fast nfs-steward is beside its peers: `python -m bench` prints one table and writes `build/bench.json`.

Every row is measured in one run on one machine, in rounds that alternate between the contestants; figures are medians.
What carries over to other machines are the ratios. The whole run is confined to two processor cores.
"""
