"""Starting processes so that none of them outlives the testbed, however the testbed ends.

One supervisor process for each testbed is the parent of everything in it. It ends all of them when it is told to,
when the process that started it is gone (its end of a socket pair closes, whatever the cause), and by
`PR_SET_PDEATHSIG` when it is killed itself.
"""
