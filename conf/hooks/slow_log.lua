-- Requests that took too long are named in the log with their key, and one of so many of the others as well.
--
-- When a request is answered its keys are gone, as the memory they were in. So a hook keeps the key beforehand, in a
-- ring, and req.note says where; a place that was used again in the meantime is known by its number.
--
-- At most ten lines a second and worker are logged; `slow` counts all. Whoever reads the log reads keys.
--
-- args:
--   slow_ms   from so many milliseconds on a request is slow. 0 when left out: each is
--   one_of    of the others, one of so many is logged too; 0, none, when left out

local args = weir.test and { slow_ms = 10, one_of = 100 } or weir.args

local slow_us = (args.slow_ms or 0) * 1000
local one_of = args.one_of or 0
local slow = weir.counter("slow", "requests that took longer than slow_ms")

local RING = 4096 -- more are not under way on a worker, as a rule
local ring, last = {}, 0

weir.on_request(weir.READ, weir.WRITE, function(req)
  last = last + 1
  ring[last % RING] = { last, req.key or "(no key)" }
  req.note = last
end)

weir.on_response(weir.READ, weir.WRITE, function(req, rsp)
  local is_slow = rsp.latency_us >= slow_us
  if is_slow then slow:add() end
  if not is_slow and (one_of == 0 or req.note % one_of ~= 0) then return end
  local kept = ring[req.note % RING]
  local key = kept and kept[1] == req.note and kept[2] or "(key not kept)"
  weir.log.notice(is_slow and "slow:" or "sample:", req.command, string.format("%q", key:sub(1, 64)),
    rsp.latency_us // 1000 .. " ms", rsp.size .. " bytes", rsp.error or "ok", "of", req.client)
end)

local function ask(key, ms)
  local request = weir.test.request { "GET", key }
  weir.test.run(request)
  weir.test.respond(request, { latency_us = ms * 1000 })
end

function test_what_is_slow_is_counted()
  ask("a", 9)
  weir.test.eq(slow.value, 0)
  ask("b", 10)
  weir.test.eq(slow.value, 1)
end

function test_the_key_is_that_of_the_request()
  local first, second = weir.test.request { "GET", "first" }, weir.test.request { "GET", "second" }
  weir.test.run(first)
  weir.test.run(second)
  weir.test.respond(second, { latency_us = 20000 })
  weir.test.eq(weir.test.log(), 'slow: get "second" 20 ms 5 bytes ok of 127.0.0.1:50000')
  weir.test.respond(first, { latency_us = 30000, error = "timeout" })
  weir.test.eq(weir.test.log(), 'slow: get "first" 30 ms 5 bytes timeout of 127.0.0.1:50000')
end

function test_a_key_whose_place_was_taken_is_not_mistaken()
  local first = weir.test.request { "GET", "first" }
  weir.test.run(first)
  for i = 1, RING do weir.test.run(weir.test.request { "GET", "k" .. i }) end
  weir.test.respond(first, { latency_us = 20000 })
  weir.test.eq(weir.test.log(), 'slow: get "(key not kept)" 20 ms 5 bytes ok of 127.0.0.1:50000')
end

function test_one_of_a_hundred_is_a_sample()
  for i = 1, 99 do ask("k" .. i, 1) end
  weir.test.eq(weir.test.log(), nil)
  ask("k100", 1)
  weir.test.eq(weir.test.log(), 'sample: get "k100" 1 ms 5 bytes ok of 127.0.0.1:50000')
end
