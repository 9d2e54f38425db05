-- Reads go to a pool of replicas, all else stays. With one thing that `routes:` (conf/read_write.yml) cannot do: for a
-- moment after a write its key is read where it was written, so that nobody misses the write because a replica is late.
--
-- The moment is kept by each worker for itself, and so it holds for the client that wrote (a client has one worker),
-- and for some of the others. Transactions stay with the primary, with all they read.
--
-- args:
--   replicas   the pool to read from
--   settle     seconds after a write in which its key is read from the primary; 0 = never

local args = weir.test and { replicas = "replicas", settle = 2 } or weir.args

local replicas = weir.pool(args.replicas)
local settle = args.settle or 1
local kMost = 10000 -- keys that are remembered; with more at once all reads go to the primary until they have settled

-- Keys written in this period and in the one before: to forget is to drop a table.
local recent, before, count, full = {}, {}, 0, false
if settle > 0 then
  weir.every(settle, function()
    before, recent, full, count = recent, {}, count > kMost, 0
  end)

  weir.on_request(weir.WRITE, function(req)
    for i = 1, #req.keys do
      count = count + 1
      if count <= kMost then recent[req.keys[i]] = true end
    end
  end)
end

weir.on_request(weir.READ, function(req)
  if req.is_write or req.is_pinned or full or count > kMost then return end
  for i = 1, #req.keys do
    local key = req.keys[i]
    if recent[key] or before[key] then return end
  end
  req:to(replicas)
end)

local function pool_of(...)
  return weir.test.run(weir.test.request { ... }).pool
end

function test_reads_go_to_replicas_and_writes_do_not()
  weir.test.eq(pool_of("GET", "a"), "replicas")
  weir.test.eq(pool_of("MGET", "a", "b"), "replicas")
  weir.test.eq(pool_of("SET", "a", "1"), "test")
end

function test_a_key_is_read_where_it_was_written_for_a_moment()
  pool_of("SET", "a", "1")
  weir.test.eq(pool_of("GET", "a"), "test")
  weir.test.eq(pool_of("MGET", "b", "a"), "test")
  weir.test.eq(pool_of("GET", "b"), "replicas")
  weir.test.tick(2)
  weir.test.eq(pool_of("GET", "a"), "test")
  weir.test.tick(2)
  weir.test.eq(pool_of("GET", "a"), "replicas")
end

function test_a_flood_of_writes_is_not_remembered_but_obeyed()
  for i = 1, kMost + 1 do pool_of("SET", "key" .. i, "1") end
  weir.test.eq(pool_of("GET", "elsewhere"), "test")
  weir.test.tick(4)
  weir.test.eq(pool_of("GET", "elsewhere"), "replicas")
end

function test_a_transaction_reads_where_it_writes()
  weir.test.eq(weir.test.run(weir.test.request { "GET", "a", pinned = true }).pool, "test")
end
