-- Who uses how much: requests, errors and latency of each tenant, whom the first part of a key tells.
--
-- A tag does most of it: weir counts tagged requests under it. Beside that, this script counts slow requests of each
-- tenant, and how large replies are.
--
-- args:
--   tenants   prefixes of keys and names: {"t1:": "acme"}. All other keys are "others"
--   slow_ms   from when on a request is slow

local args = weir.test and { tenants = { ["t1:"] = "acme", ["t2:"] = "umbra" }, slow_ms = 10 } or weir.args

local tenants = weir.prefixes(args.tenants)
local slow_us = (args.slow_ms or 10) * 1000
local slow = { others = weir.counter("slow_others", "slow requests for keys of no tenant") }
for _, name in pairs(args.tenants) do slow[name] = weir.counter("slow_" .. name, "slow requests of this tenant") end
local sizes = weir.histogram("reply_bytes", "how large replies are")

weir.on_request(weir.READ, weir.WRITE, function(req)
  if req.key then req.tag = tenants:match(req.key) or "others" end
end)

weir.on_response(weir.READ, weir.WRITE, function(req, rsp)
  sizes:observe(rsp.size)
  if req.tag and rsp.latency_us > slow_us then slow[req.tag]:add() end
end)

local function run(latency_us, ...)
  local request = weir.test.request { ... }
  local done = weir.test.run(request)
  weir.test.respond(request, { latency_us = latency_us, size = 5 })
  return done
end

function test_requests_are_counted_under_their_tenant()
  weir.test.eq(run(1, "GET", "t1:a").tag, "acme")
  weir.test.eq(run(1, "SET", "t2:a", "x").tag, "umbra")
  weir.test.eq(run(1, "GET", "t3:a").tag, "others")
  weir.test.eq(run(1, "DBSIZE").tag, nil)
end

function test_slow_ones_are_counted()
  run(9999, "GET", "t1:a")
  weir.test.eq(slow.acme.value, 0)
  run(10001, "GET", "t1:a")
  run(10001, "GET", "a")
  run(10001, "DBSIZE")
  weir.test.eq({ slow.acme.value, slow.umbra.value, slow.others.value }, { 1, 0, 1 })
  weir.test.eq(sizes.value, 4)
end
