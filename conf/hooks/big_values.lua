-- Large requests are refused before a server sees them, and large replies are counted and named in the log: the values
-- that make everybody wait. (`request_limit` is against abuse: it closes the client.)
--
-- args:
--   most   bytes of a request, and of a reply

local args = weir.test and { most = 100 } or weir.args

local most = args.most
local refused = weir.counter("large_requests", "requests that were refused because they were too large")
local large = weir.counter("large_replies", "replies that were larger than they should be")
local sizes = weir.histogram("request_bytes", "how large requests that write are")

weir.on_request(weir.WRITE, weir.MULTIKEY, function(req)
  sizes:observe(req.size)
  if req.size > most then
    refused:add()
    req:reject("a request of " .. req.size .. " bytes; at most " .. most .. " are welcome: cut the value in pieces")
  end
end)

weir.on_response(weir.READ, function(req, rsp)
  if rsp.size > most then
    large:add()
    weir.log.warn("a reply of", rsp.size, "bytes to", req.command, "of", req.client_ip)
  end
end)

function test_a_large_write_is_refused()
  local done = weir.test.run(weir.test.request { "SET", "a", ("x"):rep(100) })
  weir.test.eq(done.action, "reject")
  weir.test.eq(refused.value, 1)
end

function test_a_small_one_is_not()
  weir.test.eq(weir.test.run(weir.test.request { "SET", "a", "x" }).action, "continue")
  weir.test.eq({ refused.value, sizes.value }, { 0, 1 })
end

function test_a_large_reply_is_counted()
  for _, size in ipairs { 100, 101 } do
    local request = weir.test.request { "GET", "a" }
    weir.test.run(request)
    weir.test.respond(request, { size = size })
  end
  weir.test.eq(large.value, 1)
end
