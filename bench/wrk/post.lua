-- Posts the bodies of a file, one after the other, for ever. Each line of the file: path, tab, body.
-- wrk ... -s post.lua -- FILE [NAME=VALUE ...]     (NAME=VALUE: further headers)
-- At the end it prints one line of JSON: requests, seconds, and errors of every kind.

local requests = {}
local position = 0

function init(arguments)
  local headers = { ["Content-Type"] = "application/json", ["Accept"] = "application/json, */*" }
  for index = 2, #arguments do
    local name, value = arguments[index]:match("^([^=]+)=(.*)$")
    headers[name] = value
  end
  for line in io.lines(arguments[1]) do
    local path, body = line:match("^([^\t]+)\t(.*)$")
    requests[#requests + 1] = wrk.format("POST", path, headers, body)
  end
  position = math.random(#requests) -- the threads do not walk in step
end

function request()
  position = position % #requests + 1
  return requests[position]
end

function done(summary, latency, _)
  local errors = summary.errors
  io.write(string.format('\n{"requests": %d, "seconds": %.6f, "p50_ms": %.3f, "p99_ms": %.3f, ',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
  io.write(string.format('"errors": {"status": %d, "connect": %d, "read": %d, "write": %d, "timeout": %d}}\n',
    errors.status, errors.connect, errors.read, errors.write, errors.timeout))
end
