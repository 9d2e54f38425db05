-- A tenant may write so many bytes a minute; what is more is refused until the minute is over. The tenant is what
-- stands before the first colon of a key.
--
-- A worker counts what passes it, and refuses what is more than its share. A tenant with one connection, which is one
-- worker's, gets that share and no more: give quotas for tenants with many.
--
-- args:
--   bytes_a_minute   of each tenant, on all workers together
--   tenants          those with another quota: {"acme": 100000000}
--   most             so many tenants are told apart; the others share one quota. 10000 when left out

local args = weir.test and { bytes_a_minute = 1000, tenants = { acme = 4000 }, most = 3 } or weir.args

local refused = weir.counter("over_quota", "writes that were refused because their tenant wrote too much")

local used, count = {}, 0
weir.every(60, function() used, count = {}, 0 end)

weir.on_request(weir.WRITE, function(req)
  if not req.key then return end
  local tenant = req.key:match("^([^:]+):") or "(none)"
  if not used[tenant] then
    if count >= (args.most or 10000) then tenant = "(others)" else count = count + 1 end
  end
  local bytes = (used[tenant] or 0) + req.size
  local quota = (args.tenants and args.tenants[tenant] or args.bytes_a_minute) / weir.workers
  if bytes > quota then
    refused:add()
    return req:reject("the quota of this minute is used up")
  end
  used[tenant] = bytes
end)

local function writes(tenant, n)
  local passed = 0
  for _ = 1, n do
    local done = weir.test.run(weir.test.request { "SET", tenant .. ":k", ("x"):rep(89) })
    if done.action == "continue" then passed = passed + 1 end
  end
  return passed
end

function test_a_tenant_has_a_share_of_its_quota_on_a_worker()
  local size = #"SET " + #"one:k " + 90
  weir.test.eq(writes("one", 10), 1000 // weir.workers // size)
  weir.test.eq(writes("acme", 50), 4000 // weir.workers // (size + 1))
end

function test_the_next_minute_is_a_new_one()
  local n = writes("one", 10)
  weir.test.eq(writes("one", 10), 0)
  weir.test.tick(60)
  weir.test.eq(writes("one", 10), n)
end

function test_tenants_beyond_the_bound_share_a_quota()
  for i = 1, 3 do writes("t" .. i, 1) end
  weir.test.eq(writes("u1", 3) + writes("u2", 3), 5)
end
