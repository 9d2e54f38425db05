-- Keys that are being worked on: `GET` says there is nothing, so that applications ask where a miss makes them ask, and
-- all else is refused with a message. No request for these keys reaches a server.
--
-- args:
--   closed   prefixes of keys and messages: {"shop:": "back at ten"}

local args = weir.test and { closed = { ["shop:"] = "back at ten" } } or weir.args

local closed = weir.prefixes(args.closed)
local misses = weir.counter("maintenance_misses", "reads that were answered with a miss")
local refused = weir.counter("maintenance_refused", "requests that were refused")

weir.on_request(weir.READ, weir.WRITE, weir.MULTIKEY, function(req)
  for i = 1, #req.keys do
    local message = closed:match(req.keys[i])
    if message then
      if req.command == "get" then
        misses:add()
        return req:answer(weir.NONE)
      end
      refused:add()
      return req:reject(message)
    end
  end
end)

local function run(...)
  return weir.test.run(weir.test.request { ... })
end

function test_a_get_is_a_miss()
  weir.test.eq(run("GET", "shop:1").answer, weir.NONE)
  weir.test.eq(misses.value, 1)
end

function test_all_else_is_refused()
  weir.test.eq(run("SET", "shop:1", "x").text, "back at ten")
  weir.test.eq(run("MGET", "page:1", "shop:1").text, "back at ten")
  weir.test.eq(refused.value, 2)
end

function test_other_keys_are_served()
  weir.test.eq(run("GET", "page:1").action, "continue")
  weir.test.eq(run("SET", "shopping", "x").action, "continue")
end
