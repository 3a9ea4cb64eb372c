"""gunicorn's configuration: what holds wherever the webhook runs. The rest comes from the command line, in `serving`.

https://gunicorn.org/reference/settings/
"""

from webhook.board import memory_directory
from webhook.sockets import REQUEST_SECONDS
from webhook.worker import LAME_DUCK_SECONDS, ReviewWorker

worker_class = ReviewWorker

# For handshakes and slow clients only: whole requests are served without a thread. Idle threads cost next to nothing.
threads = 64

# The API server keeps idle connections for 90 s (IdleConnTimeout of Go's http.DefaultTransport). Were ours cut first,
# a request could be on its way to a connection that is just being closed.
keepalive = 120

# On SIGTERM: the time for what is under way, idle connections included.
graceful_timeout = int(LAME_DUCK_SECONDS + REQUEST_SECONDS) + 2

# A worker that gives no sign of life for this long is replaced. The sign is a file's time: on a disk, a write could
# block, so it is kept in memory.
timeout = 30
worker_tmp_dir = memory_directory()

# The C parser of gunicorn_h1c: fail at once where it is missing, rather than be slow.
http_parser = "fast"

# gunicorn's own control interface would be a socket in the home directory that nothing here needs.
control_socket_disable = True

# Nothing in front of us may speak for the API server.
forwarded_allow_ips = ""
