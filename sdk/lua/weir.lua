---@meta weir
-- What a weir script can say and see, for editors that know LuaCATS annotations. Nothing runs this file: point your
-- editor at its folder ("workspace.library" of lua-language-server).
--
-- A script is one file of Lua 5.4. It runs once a worker when weir starts or reloads: that is the time to register
-- hooks, look up pools and make counters. The hooks then run for the requests they are registered for. In ten lines:
--
--     local archive = weir.pool("archive")
--     local denied = weir.counter("denied", "FLUSHALL and FLUSHDB that were refused")
--
--     weir.on_request(weir.READ, weir.WRITE, function(req)
--       req:prefix("v2:")                                  -- every key, also those of an MGET
--       if req.key and req.key:find("^v2:old:") then req:to(archive) end
--     end)
--
--     weir.on_request("flushall", "flushdb", function(req)
--       denied:add()
--       req:reject("not here")
--     end)
--
-- What there is of Lua: the basic functions without dofile, load, loadfile, collectgarbage, xpcall and require; string
-- without dump; table; math; utf8. No io, os, package, debug, coroutine. print() goes to the log. `__gc` cannot be set.
-- Globals are made while the script loads; in a hook, an assignment to a new one is an error, and so is reading one
-- that does not exist: write `local`. Each worker has a state of its own: globals and weir.shared are not shared
-- between workers.
--
-- A hook that fails (an error, too many instructions, too much memory) fails its request or lets it pass, as `on_error`
-- says.

---@class weir
---@field args table<string, any>  `args:` of the configuration; empty when there are none
---@field worker integer  the number of this worker, from 1
---@field workers integer  how many workers there are: divide a limit that is for all of them by it
---@field protocol string  what the pool speaks: "redis", "memcache", ...
---@field shared table  one table of this worker for all hooks and timers of the script
---@field READ string  all commands that read ("@read")
---@field WRITE string  all commands that write ("@write")
---@field ADMIN string  all commands that are for operators ("@admin")
---@field MULTIKEY string  all commands that may have several keys ("@multikey")
---@field ALL string  every command ("*")
---@field NONE weir.Answer  for req:answer(): there is nothing. A null, a miss
---@field DONE weir.Answer  for req:answer(): what a write that succeeded says. OK, STORED, DELETED
---@field log weir.Log
---@field test weir.Test  only under `weir lua-test`
weir = {}

---@class weir.Answer

-- Hooks ---------------------------------------------------------------------------------------------------------------

--- Has fn called for requests before their keys are hashed. Names are commands of the pool's protocol, in any case; a
--- subcommand belongs to its container ("config"), req:arg(1) tells which it is; "(other)" is what the protocol does
--- not know. Classes are weir.READ and the like. Names and classes may also come as one list. Commands no hook asks for
--- cost nothing. Only while the script loads.
---
--- Several hooks for a command run in the order of registration, until one rejects, answers or drops. A hook returns
--- nothing.
---
---     weir.on_request("get", "mget", function(req) req:prefix("v2:") end)
---     weir.on_request({ weir.WRITE, "eval" }, function(req) req:reject("read only") end)
---@param ... string | string[] | fun(req: weir.Request)  names and classes, at last the function
function weir.on_request(...) end

--- Has fn called when a request that went to a server was answered, or failed. It changes nothing any more.
---
---     local slow = weir.counter("slow", "replies after more than 10 ms")
---     weir.on_response(weir.READ, function(req, rsp)
---       if rsp.latency_us > 10000 then slow:add() end
---     end)
---@param ... string | string[] | fun(req: weir.Request, rsp: weir.Response)  names and classes, at last the function
function weir.on_response(...) end

--- A request, as one hook is called with it. Valid until the hook returns: keep what you need of it, not itself.
---@class weir.Request
---@field command string  its name, lower case; "(other)" when the protocol does not know it
---@field key string?  the first key; nil when it has none, and in on_response(). Assign to rewrite it
---@field keys weir.Keys  all keys. None in on_response()
---@field argc integer  how many arguments follow the command's word. 0 in on_response()
---@field is_read boolean
---@field is_write boolean
---@field is_pinned boolean  it is part of a transaction, takes a connection for longer than itself or is about
---  channels: it stays in its pool, and to() would be an error
---@field size integer  bytes of the whole request. 0 in on_response()
---@field client string  the client's address: "10.0.0.1:4711", "[::1]:4711"
---@field client_ip string  the same without the port: "10.0.0.1", "::1"
---@field listener string  the address it connected to, as in `listen`
---@field protocol string  "redis", "memcache", ...
---@field pool weir.Pool  where it goes as things stand
---@field tag string?  assign at most 64 bytes to have the request counted under that name in the stats
---@field note integer  a number of the script's own, 0 at first: assigned in on_request(), it is there in
---  on_response(). conf/hooks/slow_log.lua keeps keys by it
local Request = {}

--- #keys and keys[i]; assign keys[i] to rewrite that key. A key cannot become empty.
---
---     for i = 1, #req.keys do req.keys[i] = req.keys[i]:lower() end
---@class weir.Keys
---@operator len: integer
---@field [integer] string

--- The i-th argument as the client sent it, nil when there are fewer; arg(0) is the command's own word.
---@param i integer
---@return string?
function Request:arg(i) end

--- Puts text in front of every key: the cheapest way to rewrite them all.
--- The keys of PUBLISH, SUBSCRIBE and the like are channels, and rewriting them, in whichever way, is an error.
---@param text string
function Request:prefix(text) end

--- Sends the request to another pool, or to one server of it, whatever its keys say.
---
---     local replicas = weir.pool("replicas")
---     weir.on_request(weir.READ, function(req) req:to(replicas) end)
---@param pool weir.Pool
---@param server? integer  from 1 to #pool
function Request:to(pool, server) end

--- Sends a copy to another pool, too. Its reply is thrown away, and no hook hears of it; a copy that would have to wait
--- is dropped, as are those of commands of more than 16,384 keys. `mirrored` and `mirror_dropped` of the pool's stats
--- count them.
---@param pool weir.Pool
function Request:mirror(pool) end

--- Refuses the request: the client gets an error with this message.
---@param message string
function Request:reject(message) end

--- Answers in the server's place, in the form of the protocol.
---
---     req:answer("a value")   req:answer(42)   req:answer(weir.NONE)   req:answer(weir.DONE)
---@param value string | integer | weir.Answer
function Request:answer(value) end

--- Closes the client's connection.
function Request:drop() end

--- How a request ended.
---@class weir.Response
---@field ok boolean  the servers answered, and no error
---@field error nil | "reply" | "timeout" | "no server" | "closed" | "protocol" | "weir"  nil when ok; "reply": a server
---  answered with an error; "weir": weir answered with an error for another reason
---@field size integer  bytes of the servers' replies, or of weir's error
---@field latency_us integer  microseconds from the hook to the last byte of the reply
---@field pool weir.Pool  where it was sent
---@field server integer?  from 1; nil when it was none, or several
local Response = {}

-- Pools ---------------------------------------------------------------------------------------------------------------

--- A pool of the same protocol by its name; without a name, the pool the script belongs to. Only while the script
--- loads; a name that is none stops it there.
---@param name? string
---@return weir.Pool
function weir.pool(name) end

--- #pool is the number of its servers.
---@class weir.Pool
---@field name string
---@operator len: integer
local Pool = {}

--- The number of a server by its name in the configuration, "host:port" or its alias. Only while the script loads.
---@param name string
---@return integer
function Pool:server(name) end

--- Where a key lies now in this pool; nil when nowhere, as all its servers are down. Only in on_request().
---@param key string
---@return integer?
function Pool:server_of(key) end

-- Time ----------------------------------------------------------------------------------------------------------------

--- Seconds of a clock that never goes backwards, since some time in the past. Read once a turn of the worker's loop.
---@return number
function weir.now() end

--- Seconds since 1970, UTC.
---@return number
function weir.time() end

--- Calls fn again and again, the first time in that many seconds, on each worker.
---@param seconds number  at least 0.001
---@param fn fun()
---@return weir.Timer
function weir.every(seconds, fn) end

--- Calls fn once. Both may also be called by hooks and timers.
---@param seconds number
---@param fn fun()
---@return weir.Timer
function weir.after(seconds, fn) end

---@class weir.Timer
local Timer = {}

--- No more calls. One that is over is ignored.
function Timer:cancel() end

-- Statistics and log --------------------------------------------------------------------------------------------------

--- A number that only grows, shown in the pool's stats. Only while the script loads.
---@param name string  lower case letters, digits and '_'
---@param help? string  one sentence
---@return weir.Counter
function weir.counter(name, help) end

---@class weir.Counter
---@field value integer  this worker's
local Counter = {}
---@param n? integer  1 when left out; not negative
function Counter:add(n) end

--- A number that goes up and down. What the stats show is the sum over the workers. Only while the script loads.
---@param name string
---@param help? string
---@return weir.Gauge
function weir.gauge(name, help) end

---@class weir.Gauge
---@field value integer  this worker's
local Gauge = {}
---@param n integer  not negative
function Gauge:set(n) end
---@param n? integer  1 when left out; may be negative
function Gauge:add(n) end

--- Values by size: the stats show their count, sum, maximum and quantiles. Only while the script loads.
---@param name string  with its unit: "size_bytes"
---@param help? string
---@return weir.Histogram
function weir.histogram(name, help) end

---@class weir.Histogram
---@field value integer  how many were observed by this worker
local Histogram = {}
---@param v number  not negative; rounded down
function Histogram:observe(v) end

--- Lines of weir's log; arguments are joined by blanks. At most ten a second and worker, the others are counted. Log no
--- secrets and no values. print() is weir.log.notice().
---@class weir.Log
weir.log = {}
--- Shown from `-v 6` on: weir does not log it by default.
---@param ... any
function weir.log.info(...) end
---@param ... any
function weir.log.notice(...) end
---@param ... any
function weir.log.warn(...) end
---@param ... any
function weir.log.error(...) end

-- Hashes and prefixes -------------------------------------------------------------------------------------------------

--- A hash function by the name that a pool's `hash` would have. Only while the script loads. The result may be negative
--- when it has 64 bits; `h % n` is from 0 to n - 1 all the same.
---
---     local hash = weir.hash("fnv1a_64")
---     weir.on_request("get", function(req)
---       if hash(req.key) % 100 < 5 then req:to(green) end   -- always the same 5 percent of the keys
---     end)
---@param name string
---@return fun(key: string): integer
function weir.hash(name) end

--- CRC-16/XMODEM, as Redis Cluster cuts its slots by: weir.crc16(tag) % 16384.
---@param text string
---@return integer
function weir.crc16(text) end

--- CRC-32, as in zip.
---@param text string
---@return integer
function weir.crc32(text) end

--- A set of prefixes, each with a value. Made while the script loads: finding the longest that a text begins with takes
--- one step a byte, however many there are.
---
---     local tenants = weir.prefixes { ["t1:"] = "one", ["t2:"] = "two" }
---     weir.on_request(weir.ALL, function(req)
---       if req.key then req.tag = tenants:match(req.key) end
---     end)
---@param values table<string, any>
---@return weir.Prefixes
function weir.prefixes(values) end

---@class weir.Prefixes
local Prefixes = {}
---@param text string
---@return any value  of the longest prefix; nil when there is none
---@return string? prefix
function Prefixes:match(text) end

--- A set of at most 1000 networks, each with a value, written as in `routes:`: "10.0.0.0/8", "fd00::/8", one address,
--- or "unix" for clients of unix sockets. Made while the script loads.
---
---     local operators = weir.networks { ["10.0.9.0/24"] = true, ["::1"] = true }
---     weir.on_request("flushall", function(req)
---       if not operators:match(req.client_ip) then req:reject("not for you") end
---     end)
---@param values table<string, any>
---@return weir.Networks
function weir.networks(values) end

---@class weir.Networks
local Networks = {}
---@param address string  as req.client_ip has it
---@return any value  of the narrowest network that it lies in; nil when there is none
function Networks:match(address) end

-- Tests ---------------------------------------------------------------------------------------------------------------
--
-- `weir lua-test [--protocol NAME] [--arg NAME=VALUE]... SCRIPT...` runs each global function of a script whose name
-- begins with `test_`, each in a fresh state, without servers. The protocol is redis if none is named. In tests every
-- name is a pool, of four servers unless weir.test.servers() says otherwise, the script is that of worker 1 of 2, and
-- time only passes by weir.test.tick().
--
--     function test_keys_get_a_prefix()
--       local done = weir.test.run(weir.test.request { "MGET", "a", "b" })
--       weir.test.eq(done.keys, { "v2:a", "v2:b" })
--     end

---@class weir.Test
weir.test = {}

--- What a request is made of: its words, and what is not as usual.
---@class weir.test.Words
---@field [integer] string  the command's word and its arguments
---@field keys? string[]  its keys. If left out: the first argument; with several keys all, with mset every other
---@field client? string  "127.0.0.1:50000"
---@field listener? string  "127.0.0.1:22121"
---@field pool? string  the pool's name: "test"
---@field pinned? boolean  what req.is_pinned is

---@class weir.test.Request

--- A request to try hooks with.
---@param words weir.test.Words
---@return weir.test.Request
function weir.test.request(words) end

---@class weir.test.Result
---@field action "continue" | "reject" | "answer" | "drop" | "error"
---@field key string?  the first key
---@field keys string[]  all keys as they are now
---@field pool string  the name of the pool it goes to
---@field server integer?  when the script chose one
---@field mirror string?  the name of the pool that gets a copy
---@field text string?  of a rejection
---@field answer string | integer | weir.Answer | nil
---@field tag string?
---@field error string?  the message of a hook that failed

--- Runs the hooks of on_request() for it.
---@param request weir.test.Request
---@return weir.test.Result
function weir.test.run(request) end

---@class weir.test.Outcome
---@field latency_us? integer
---@field error? "reply" | "timeout" | "no server" | "closed" | "protocol" | "weir"
---@field size? integer
---@field server? integer

--- Runs the hooks of on_response() for a request that weir.test.run() had. An error in them is an error here.
---@param request weir.test.Request
---@param outcome? weir.test.Outcome
function weir.test.respond(request, outcome) end

--- Lets that many seconds pass: timers that are due run, in their order.
---@param seconds number
function weir.test.tick(seconds) end

--- The last line that the script logged since this was asked before, or since the test began; nil when there is none.
---@return string?
function weir.test.log() end

--- Says how many servers a pool has.
---@param pool weir.Pool
---@param servers integer
function weir.test.servers(pool, servers) end

--- Fails the test unless both are equal; tables are compared by what is in them.
---@param found any
---@param expected any
function weir.test.eq(found, expected) end

return weir
