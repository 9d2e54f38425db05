-- A share of the keys is served by another pool: the same keys each time, and with a higher share the same and more.
-- Raise `percent` step by step and reload.
--
-- Keys with a hash tag go together: `cart:{42}` and `user:{42}`. Requests that would need both pools are refused, and
-- so are transactions on keys of the other pool. Requests without keys (DBSIZE, FLUSHALL) stay here.
--
-- args:
--   green     the other pool
--   percent   how much of the keys are its

local args = weir.test and { green = "green", percent = 50 } or weir.args

local green, percent = weir.pool(args.green), args.percent

-- Not by the hash that the pools use: the share would then be cut out of some servers only.
local function is_green(key)
  return weir.crc32(key:match("{([^}]+)}") or key) % 100 < percent
end

weir.on_request(weir.READ, weir.WRITE, weir.MULTIKEY, function(req)
  if not req.key then return end
  local to_green = is_green(req.key)
  for i = 2, #req.keys do
    if is_green(req.keys[i]) ~= to_green then return req:reject("these keys are in two pools: give them a hash tag") end
  end
  if not to_green then return end
  if req.is_pinned then return req:reject("transactions are not possible on this key for now") end
  req:to(green)
end)

local function run(...)
  return weir.test.run(weir.test.request { ... })
end

function test_about_that_share_of_the_keys_goes_there()
  local n = 0
  for i = 1, 1000 do
    if run("GET", "key" .. i).pool == "green" then n = n + 1 end
  end
  if n < 450 or n > 550 then error(n .. " of 1000") end
end

function test_a_key_that_is_green_stays_green_when_the_share_grows()
  local was = {}
  percent = 10
  for i = 1, 300 do was[i] = run("GET", "key" .. i).pool end
  percent = 60
  for i = 1, 300 do
    if was[i] == "green" then weir.test.eq(run("GET", "key" .. i).pool, "green") end
  end
end

function test_a_hash_tag_keeps_keys_together()
  for i = 1, 50 do
    weir.test.eq(run("MGET", "cart:{" .. i .. "}", "user:{" .. i .. "}").action, "continue")
  end
end

function test_keys_of_both_pools_are_refused()
  local blue, other
  for i = 1, 100 do
    if run("GET", "key" .. i).pool == "green" then other = "key" .. i else blue = "key" .. i end
  end
  weir.test.eq(run("MGET", blue, other).text, "these keys are in two pools: give them a hash tag")
  weir.test.eq(run("MGET", other, blue).action, "reject")
end

function test_a_transaction_cannot_have_keys_of_the_other_pool()
  percent = 100
  weir.test.eq(weir.test.run(weir.test.request { "GET", "a", pinned = true }).action, "reject")
end
