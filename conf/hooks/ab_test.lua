-- Some of the users are served by another pool, always the same ones, with all of their keys: their number is taken
-- from the key. Tags count how many requests each group has.
--
-- args:
--   pool      of group B; group A has this one
--   percent   how many of the users are in group B
--   user      a Lua pattern that finds the user in a key; "^user:(%d+)" when left out. Keys without one are A's

local args = weir.test and { pool = "b", percent = 20 } or weir.args

local pool_b = weir.pool(args.pool)
local user = args.user or "^user:(%d+)"
local hash = weir.hash("murmur3") -- another one than the pools', or B would get some servers' users only

local function is_b(key)
  local id = key:match(user)
  return id ~= nil and hash(id) % 100 < args.percent
end

weir.on_request(weir.READ, weir.WRITE, weir.MULTIKEY, function(req)
  if not req.key then return end
  local b = is_b(req.key)
  for i = 2, #req.keys do
    if is_b(req.keys[i]) ~= b then return req:reject("these keys are of users of both groups") end
  end
  req.tag = b and "B" or "A"
  if not b then return end
  if req.is_pinned then return req:reject("transactions are not possible for users of group B") end
  req:to(pool_b)
end)

local function run(...)
  return weir.test.run(weir.test.request { ... })
end

function test_all_keys_of_a_user_are_in_one_group()
  local n = 0
  for i = 1, 1000 do
    local done = run("GET", "user:" .. i .. ":name")
    weir.test.eq(run("HSET", "user:" .. i .. ":cart", "f", "v").pool, done.pool)
    weir.test.eq(done.tag, done.pool == "b" and "B" or "A")
    if done.pool == "b" then n = n + 1 end
  end
  if n < 150 or n > 250 then error(n .. " of 1000 users") end
end

function test_keys_without_a_user_stay()
  weir.test.eq(run("GET", "settings").pool, "test")
end

function test_users_of_both_groups_in_one_request_are_refused()
  local a, b
  for i = 1, 100 do
    if run("GET", "user:" .. i).pool == "b" then b = "user:" .. i else a = "user:" .. i end
  end
  weir.test.eq(run("MGET", a, b).text, "these keys are of users of both groups")
end
