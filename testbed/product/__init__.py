"""nfs-steward itself on a testbed: installed from its chart, its programs started as processes on this machine."""
