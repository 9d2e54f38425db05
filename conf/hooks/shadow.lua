-- A share of the traffic is sent to another pool as well, to try new servers, a new version, another hash: with real
-- requests, whose clients notice nothing. What the shadow replies is thrown away, and a copy that would have to wait is
-- dropped, so a slow shadow slows nobody.
--
-- The share is one of keys, not of requests: of a key that is in it the shadow gets every read and every write, and so
-- it has the data that reads ask for. Transactions are not copied.
--
-- args:
--   to        the pool that gets the copies
--   percent   of the keys
--   writes_only   true: reads are not copied

local args = weir.test and { to = "shadow", percent = 50 } or weir.args

local shadow, percent = weir.pool(args.to), args.percent

local function mirror(req)
  if req.is_pinned then return end
  for i = 1, #req.keys do
    if weir.crc32(req.keys[i]) % 100 < percent then return req:mirror(shadow) end
  end
end

weir.on_request(weir.WRITE, mirror)
if not args.writes_only then
  weir.on_request(weir.READ, function(req)
    if not req.is_write then mirror(req) end
  end)
end

local function run(...)
  return weir.test.run(weir.test.request { ... })
end

function test_a_share_of_the_keys_is_copied_and_goes_on_all_the_same()
  local n = 0
  for i = 1, 1000 do
    local done = run("GET", "key" .. i)
    weir.test.eq({ done.action, done.pool }, { "continue", "test" })
    if done.mirror == "shadow" then n = n + 1 end
  end
  if n < 450 or n > 550 then error(n .. " of 1000") end
end

function test_reads_and_writes_of_a_key_go_together()
  for i = 1, 100 do
    weir.test.eq(run("SET", "key" .. i, "x").mirror, run("GET", "key" .. i).mirror)
  end
end

function test_one_key_of_the_share_is_enough()
  local inside, outside
  for i = 1, 100 do
    if run("GET", "key" .. i).mirror then inside = "key" .. i else outside = "key" .. i end
  end
  weir.test.eq(run("MSET", outside, "x", inside, "x").mirror, "shadow")
  weir.test.eq(run("MSET", outside, "x").mirror, nil)
end
