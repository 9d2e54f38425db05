-- Keys go to pools by their longest prefix; all others stay in this pool. Without Lua: conf/prefix_routes.yml. Take
-- this one when the pools are to see keys without the prefix, or when the choice needs more than a prefix.
--
-- A request whose keys belong to several pools is refused: a script sends it to one only. (`routes:` can split it.)
--
-- args:
--   routes   prefixes and names of pools: {"session:": "sessions"}
--   strip    true: the pool sees keys without their prefix

local args = weir.test and { routes = { ["session:"] = "sessions", ["session:old:"] = "archive" }, strip = true }
  or weir.args

local pools = {}
for prefix, name in pairs(args.routes) do pools[prefix] = weir.pool(name) end
local routes = weir.prefixes(pools)

weir.on_request(weir.READ, weir.WRITE, weir.MULTIKEY, function(req)
  if not req.key then return end
  local pool = routes:match(req.key)
  for i = 1, #req.keys do
    local other, prefix = routes:match(req.keys[i])
    if other ~= pool then return req:reject("these keys belong to several pools") end
    if args.strip and prefix and #prefix < #req.keys[i] then req.keys[i] = req.keys[i]:sub(#prefix + 1) end
  end
  if not pool then return end
  if req.is_pinned then return req:reject("transactions are not possible on keys of this prefix") end
  req:to(pool)
end)

local function run(...)
  return weir.test.run(weir.test.request { ... })
end

function test_the_longest_prefix_says_where_a_key_goes()
  weir.test.eq(run("GET", "session:1").pool, "sessions")
  weir.test.eq(run("SET", "session:old:1", "x").pool, "archive")
  weir.test.eq(run("GET", "page:1").pool, "test")
end

function test_the_pool_sees_keys_without_their_prefix()
  weir.test.eq(run("MGET", "session:1", "session:2").keys, { "1", "2" })
  weir.test.eq(run("GET", "page:1").key, "page:1")
end

function test_keys_of_several_pools_do_not_go_together()
  weir.test.eq(run("MGET", "session:1", "page:1").text, "these keys belong to several pools")
  weir.test.eq(run("MGET", "page:1", "session:1").action, "reject")
end
