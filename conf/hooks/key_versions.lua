-- All keys of a kind become stale at once: their version is a part of the name that servers see. Write another number
-- and reload; what was stored under the old one is never asked for again, and goes when it expires or memory is short.
-- Give keys a time to live therefore.
--
-- `user:42` becomes `user:v3:42`. A hash tag in the key stays what it is. What names no key (KEYS, SCAN) shows the
-- servers' names.
--
-- args:
--   versions   prefixes and their numbers: {"user:": 3}

local args = weir.test and { versions = { ["user:"] = 3, ["user:session:"] = 7 } } or weir.args

local versions = weir.prefixes(args.versions)

local channels = weir.prefixes { subscribe = true, psubscribe = true, ssubscribe = true, unsubscribe = true,
  punsubscribe = true, sunsubscribe = true, publish = true, spublish = true }

weir.on_request(weir.READ, weir.WRITE, weir.MULTIKEY, function(req)
  if channels:match(req.command) then return end
  for i = 1, #req.keys do
    local key = req.keys[i]
    local version, prefix = versions:match(key)
    if version then req.keys[i] = prefix .. "v" .. version .. ":" .. key:sub(#prefix + 1) end
  end
end)

local function keys(...)
  return weir.test.run(weir.test.request { ... }).keys
end

function test_keys_of_a_kind_have_its_version()
  weir.test.eq(keys("GET", "user:42"), { "user:v3:42" })
  weir.test.eq(keys("MGET", "user:1", "cart:1", "user:session:9"), { "user:v3:1", "cart:1", "user:session:v7:9" })
end

function test_the_prefix_alone_is_a_key_too()
  weir.test.eq(keys("GET", "user:"), { "user:v3:" })
end

function test_channels_stay()
  weir.test.eq(keys("PUBLISH", "user:42", "hello"), { "user:42" })
end
