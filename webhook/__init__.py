"""Reviews in, patches out.

A review comes in by `endpoint` and `guards`, and `admission` sees to it that it is answered. `reviews` picks the rules,
which stand in a module for each kind and are pure; `decision` is what they say, `patch` and `answers` put it on the
wire. `serving` starts gunicorn, `worker` is its event loop, and `duty` what a worker does beside answering.
"""
