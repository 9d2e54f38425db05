-- Tenants that see only their own keys: each key gets the prefix of the tenant whose network the client is in.
--
-- Clients notice nothing: `GET name` asks for acme:name, and where a reply names keys it has those that the client
-- gave. What reaches beyond a tenant's keys is refused: commands about all keys (KEYS, SCAN, FLUSHALL, stats), and what
-- you name in `refuse`. For redis these should be scripts and SORT, which can touch any key, and channels, which would
-- be shared.
--
-- args:
--   networks   of clients, and the prefix of their keys: {"10.1.0.0/16": "acme:"}. Others are refused
--   prefix     instead: one for all clients of the pool
--   refuse     commands that are not for tenants

local args = weir.test and { networks = { ["10.1.0.0/16"] = "acme:", ["10.1.9.0/24"] = "lab:" }, refuse = { "eval" } }
  or weir.args

local tenants = weir.networks(args.networks or {})
local harmless = { version = true, mn = true, noop = true } -- no keys, but nobody's data either: memcached's

if args.refuse then
  weir.on_request(args.refuse, function(req)
    req:reject("'" .. req.command .. "' is not for tenants: it could reach the keys of others")
  end)
end

-- What weir does not know may have keys that it does not see.
weir.on_request("(other)", function(req) req:reject("unknown commands are not for tenants") end)

weir.on_request(weir.READ, weir.WRITE, weir.MULTIKEY, weir.ADMIN, function(req)
  local prefix = args.prefix or tenants:match(req.client_ip)
  if not prefix then
    req:reject("your address belongs to no tenant")
  elseif req.key then
    req:prefix(prefix)
  elseif not harmless[req.command] then
    req:reject("'" .. req.command .. "' is not for tenants: it is about the keys of all")
  end
end)

local function from(client, words)
  words.client = client
  return weir.test.run(weir.test.request(words))
end

function test_keys_get_the_prefix_of_the_network()
  weir.test.eq(from("10.1.2.3:4711", { "GET", "name" }).key, "acme:name")
  weir.test.eq(from("10.1.2.3:4711", { "MGET", "a", "b" }).keys, { "acme:a", "acme:b" })
end

function test_the_narrowest_network_counts()
  weir.test.eq(from("10.1.9.1:4711", { "GET", "name" }).key, "lab:name")
end

function test_strangers_are_refused()
  weir.test.eq(from("10.2.0.1:4711", { "GET", "name" }).text, "your address belongs to no tenant")
end

function test_nothing_is_about_the_keys_of_all()
  weir.test.eq(from("10.1.2.3:4711", { "FLUSHALL" }).action, "reject")
  weir.test.eq(from("10.1.2.3:4711", { "DBSIZE" }).action, "reject")
  weir.test.eq(from("10.1.2.3:4711", { "CONFIG", "GET", "dir", keys = {} }).action, "reject")
  weir.test.eq(from("10.1.2.3:4711", { "EVAL", "return 1", "0", keys = {} }).action, "reject")
  weir.test.eq(from("10.1.2.3:4711", { "NONESUCH", "acme:a" }).action, "reject")
end
