-- Three operations, and a last line that a program can read.
--   wrk … -s load.lua http://host:port -- post|find|get <file>
-- post sends the file's content. find gets the ids in the file in turn, one per line. get gets the path in the file.
local requests = {}
local at = 0

local function content(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read("*a")
  file:close()
  return text
end

function init(args)
  local text = content(args[2])
  if args[1] == "post" then
    requests[1] = wrk.format("POST", "/data", {["Content-Type"] = "application/json"}, text)
  elseif args[1] == "find" then
    for id in text:gmatch("%x+") do
      requests[#requests + 1] = wrk.format("GET", "/data/" .. id)
    end
  else
    requests[1] = wrk.format("GET", text)
  end
end

function request()
  at = at % #requests + 1
  return requests[at]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format("result requests=%d micros=%d bytes=%d failed=%d p50=%d p99=%d\n",
    summary.requests, summary.duration, summary.bytes,
    errors.connect + errors.read + errors.write + errors.status, latency:percentile(50), latency:percentile(99)))
end
