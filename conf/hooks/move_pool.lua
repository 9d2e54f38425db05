-- A cache moves to new servers while it is used. Go through the phases by changing `phase` and a reload:
--
--   copy     all goes to this pool as ever, and writes are copied to the new one
--   switch   all goes to the new pool, and writes are copied back: going back to `copy` loses nothing
--   done     all goes to the new pool; when it stays, make it the pool itself
--
-- Stay in `copy` for as long as your longest time to live: what was written before the phase began is not in the new
-- pool. (To ask the new pool and then, after a miss, the old one is not possible: a script decides before a request is
-- sent, and hears of the reply when it is on its way to the client.) Copies are sent without waiting and are dropped
-- where they would have to wait, so this is for caches, which may miss; a store is moved by replication.
--
-- Transactions and subscriptions stay in this pool in each phase: end them before `switch`.
--
-- args:
--   to      the new pool
--   phase   copy, switch or done

local args = weir.test and { to = "new", phase = "copy" } or weir.args

local phase, old, new = args.phase, weir.pool(), weir.pool(args.to)
if phase ~= "copy" and phase ~= "switch" and phase ~= "done" then
  error("args.phase: expected copy, switch or done, found '" .. tostring(phase) .. "'", 0)
end

weir.on_request(weir.READ, weir.WRITE, weir.MULTIKEY, function(req)
  if req.is_pinned then
    if phase == "copy" then return end
    return req:reject("this pool moves: no transactions now")
  end
  if phase ~= "copy" then req:to(new) end
  if not req.is_write or phase == "done" then return end
  req:mirror(phase == "copy" and new or old)
end)

local function run(...)
  local done = weir.test.run(weir.test.request { ... })
  return { done.pool, done.mirror or "-" }
end

function test_in_copy_writes_go_to_both_and_reads_stay()
  weir.test.eq(run("SET", "a", "x"), { "test", "new" })
  weir.test.eq(run("GET", "a"), { "test", "-" })
end

function test_in_switch_the_new_pool_serves_and_the_old_one_is_kept_warm()
  phase = "switch"
  weir.test.eq(run("SET", "a", "x"), { "new", "test" })
  weir.test.eq(run("GET", "a"), { "new", "-" })
end

function test_when_done_nothing_is_copied()
  phase = "done"
  weir.test.eq(run("SET", "a", "x"), { "new", "-" })
  weir.test.eq(run("GET", "a"), { "new", "-" })
end

function test_transactions_end_before_the_switch()
  local words = { "SET", "a", "x", pinned = true }
  weir.test.eq(weir.test.run(weir.test.request(words)).action, "continue")
  phase = "switch"
  weir.test.eq(weir.test.run(weir.test.request(words)).action, "reject")
end
