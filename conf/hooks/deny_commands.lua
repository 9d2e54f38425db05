-- Commands that only operators may use, each with a message for whoever tries.
--
-- What ends a transaction or a connection (EXEC, DISCARD, UNWATCH, RESET, QUIT) cannot be refused: refuse MULTI and
-- WATCH. For SELECT, and for all that is administrative, the redis protocol has options of its own that need no script:
-- `select: deny`, `admin_commands: deny`.
--
-- args:
--   deny         commands and messages: {flushall: "use DEL"}
--   allow_from   networks of operators: [10.0.9.0/24]

local args = weir.test and { deny = { flushall = "use DEL", keys = "use SCAN" }, allow_from = { "10.0.9.0/24" } }
  or weir.args

local networks, messages, names = {}, {}, {}
for _, network in ipairs(args.allow_from or {}) do networks[network] = true end
for name, message in pairs(args.deny) do
  names[#names + 1] = name
  messages[name:lower()] = message
end
local operators = weir.networks(networks)

local denied = weir.counter("denied", "commands that were refused because they are for operators")

weir.on_request(names, function(req)
  if operators:match(req.client_ip) then return end
  denied:add()
  req:reject("'" .. req.command .. "' is for operators: " .. messages[req.command])
end)

local function run(client, ...)
  return weir.test.run(weir.test.request { client = client, ... })
end

function test_they_are_refused_and_counted()
  weir.test.eq(run("10.0.1.1:4711", "FLUSHALL").text, "'flushall' is for operators: use DEL")
  weir.test.eq(run("10.0.1.1:4711", "KEYS", "*").text, "'keys' is for operators: use SCAN")
  weir.test.eq(denied.value, 2)
end

function test_operators_may()
  weir.test.eq(run("10.0.9.1:4711", "FLUSHALL").action, "continue")
  weir.test.eq(denied.value, 0)
end

function test_others_are_not_looked_at()
  weir.test.eq(run("10.0.1.1:4711", "DEL", "a").action, "continue")
end
