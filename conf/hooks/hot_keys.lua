-- Keys that everybody reads, in several copies on several servers: a read of `top` becomes one of `top#1`, `top#2`, ...
--
-- Which copy is said by the client's address. A client thus always meets the same one: it reads what it wrote, and
-- nothing older than what it has read. Copies are not updated together, so writes are of two kinds:
--   - A client that missed may store what it fetched, if it gives it a time to live: it fills its own copy, which ends
--     by itself. (SETEX, PSETEX, SET with EX, PX, EXAT or PXAT; memcached's set and add with an expiry time.)
--   - All other writes to the bare key are refused, since they would change one copy and leave the others as they were.
--     Who updates or invalidates names them all: `MSET top#1 .. top#2 ..`, `DEL top#1 top#2 ..`.
-- Keys whose place is said by a hash tag would have all copies on one server: do not name those.
--
-- args:
--   keys     the hot keys, and only those
--   copies   how many of each

local args = weir.test and { keys = { "top" }, copies = 4 } or weir.args

local copies = args.copies or 8
local hot = {}
for _, key in ipairs(args.keys or {}) do hot[key] = true end

local with_expiry = { EX = true, PX = true, EXAT = true, PXAT = true }
local function is_fill(req)
  if req.protocol == "memcache" then
    local expiry = tonumber(req:arg(3)) -- set KEY FLAGS EXPIRY BYTES
    return (req.command == "set" or req.command == "add") and expiry ~= nil and expiry > 0
  end
  if req.command == "setex" or req.command == "psetex" then return true end
  if req.command ~= "set" then return false end
  for i = 3, req.argc do
    if with_expiry[req:arg(i):upper()] then return true end
  end
  return false
end

weir.on_request(weir.READ, weir.WRITE, weir.MULTIKEY, function(req)
  local suffix
  for i = 1, #req.keys do
    local key = req.keys[i]
    if hot[key] then
      if not suffix then
        if not (req.is_read and not req.is_write) and not is_fill(req) then
          return req:reject("a hot key: write all its copies, " .. key .. "#1 to " .. key .. "#" .. copies)
        end
        suffix = "#" .. weir.crc32(req.client_ip) % copies + 1
      end
      req.keys[i] = key .. suffix
    end
  end
end)

local function run(client, words)
  words.client = client .. ":4711"
  return weir.test.run(weir.test.request(words))
end

function test_clients_are_spread_over_all_copies_and_each_keeps_its_own()
  local seen, n = {}, 0
  for i = 1, 100 do
    local client = "10.0.0." .. i
    local key = run(client, { "GET", "top" }).key
    weir.test.eq(run(client, { "GET", "top" }).key, key)
    if not seen[key] then seen[key], n = true, n + 1 end
  end
  weir.test.eq(n, 4)
end

function test_other_keys_beside_a_hot_one_stay_as_they_are()
  local keys = run("10.0.0.1", { "MGET", "a", "top", "top10" }).keys
  weir.test.eq({ keys[1], keys[3] }, { "a", "top10" })
  weir.test.eq(keys[2]:sub(1, 4), "top#")
end

function test_a_client_fills_the_copy_that_it_reads()
  local read = run("10.0.0.7", { "GET", "top" }).key
  weir.test.eq(run("10.0.0.7", { "SET", "top", "x", "ex", "60" }).key, read)
  weir.test.eq(run("10.0.0.7", { "SETEX", "top", "60", "x" }).key, read)
end

function test_what_would_change_one_copy_only_is_refused()
  for _, words in ipairs { { "SET", "top", "x" }, { "DEL", "top" }, { "INCR", "top" }, { "EXPIRE", "top", "9" } } do
    weir.test.eq(run("10.0.0.1", words).text, "a hot key: write all its copies, top#1 to top#4")
  end
  weir.test.eq(run("10.0.0.1", { "DEL", "top#1", "top#2" }).keys, { "top#1", "top#2" })
end
