"""What a namespace may ask for, kept as its labels and its profile say: a ResourceQuota and a LimitRange."""
