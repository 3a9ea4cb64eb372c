"""Limits that the export's own file system keeps: project quotas on XFS and ext4, qgroups on btrfs."""
