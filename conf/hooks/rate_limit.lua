-- So many requests a second for each client address, and no more: a token bucket each.
--
-- Buckets are each worker's own, as all tables are. A client has one worker for as long as it is connected, so an
-- address with one connection gets 1/N of what N workers give together, and one with many connections all of it. The
-- limits below are those of all workers together.
--
-- args:
--   per_second   requests of one address
--   burst        how many may come at once after a pause; per_second when left out
--   addresses    how many are told apart by a worker; what is beyond shares one bucket. 10000 when left out

local args = weir.test and { per_second = 20, burst = 40, addresses = 3 } or weir.args

local per_second = args.per_second / weir.workers
local burst = math.max(1, (args.burst or args.per_second) / weir.workers)
local most = args.addresses or 10000

local limited = weir.counter("limited", "requests that were refused because their address sent too many")
local known = weir.gauge("addresses", "addresses that have a bucket")

local buckets, count = {}, 0 -- by address: {tokens, when it had them}
local function bucket_of(who)
  local bucket = buckets[who]
  if bucket then return bucket end
  if count >= most then return buckets.others end
  count = count + 1
  known:set(count)
  bucket = { burst, weir.now() }
  buckets[who] = bucket
  return bucket
end

local function tokens(bucket)
  return math.min(burst, bucket[1] + (weir.now() - bucket[2]) * per_second)
end

bucket_of("others")

-- A full bucket says no more than none.
weir.every(10, function()
  for who, bucket in pairs(buckets) do
    if who ~= "others" and tokens(bucket) >= burst then
      buckets[who] = nil
      count = count - 1
    end
  end
  known:set(count)
end)

weir.on_request(weir.READ, weir.WRITE, weir.MULTIKEY, function(req)
  local bucket = bucket_of(req.client_ip)
  local left = tokens(bucket)
  if left < 1 then
    limited:add()
    return req:reject("too many requests")
  end
  bucket[1], bucket[2] = left - 1, weir.now()
end)

local function passed(client, n)
  local passes = 0
  for _ = 1, n do
    local done = weir.test.run(weir.test.request { "GET", "a", client = client .. ":4711" })
    if done.action == "continue" then passes = passes + 1 end
  end
  return passes
end

function test_a_burst_and_then_so_many_a_second()
  weir.test.eq(passed("10.0.0.1", 30), 20)
  weir.test.eq(limited.value, 10)
  weir.test.tick(0.5)
  weir.test.eq(passed("10.0.0.1", 30), 5)
  weir.test.tick(60)
  weir.test.eq(passed("10.0.0.1", 30), 20)
end

function test_one_address_does_not_take_from_another()
  passed("10.0.0.1", 30)
  weir.test.eq(passed("10.0.0.2", 30), 20)
end

function test_addresses_beyond_the_bound_share_a_bucket()
  passed("10.0.0.1", 1)
  passed("10.0.0.2", 1)
  weir.test.eq(passed("10.0.0.3", 15) + passed("10.0.0.4", 15), 20)
end

function test_idle_addresses_are_forgotten()
  passed("10.0.0.1", 5)
  passed("10.0.0.2", 5)
  weir.test.eq(known.value, 3)
  weir.test.tick(10)
  weir.test.eq(known.value, 1)
  weir.test.eq(passed("10.0.0.3", 30), 20)
end
