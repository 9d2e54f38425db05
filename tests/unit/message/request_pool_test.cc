#include <gtest/gtest.h>

#include <vector>

#include "core/message/request.h"
#include "core/message/split.h"

namespace weir {
namespace {

TEST(RequestPool, ARequestLivesUntilItsLastHolderLetsGo) {
  ChunkPool chunks;
  RequestPool pool(chunks);
  Request *request = pool.get(nullptr, weir_req{});
  request->holders = 3;
  request->reply.append(chunks, "bytes", 5);
  request->split = Split::make(chunks, 2, nullptr, 0, {nullptr, 0});
  pool.release(request);
  pool.release(request);
  EXPECT_EQ(pool.in_use(), 1U);
  EXPECT_EQ(request->reply.size(), 5U);
  pool.release(request);
  EXPECT_EQ(pool.in_use(), 0U);
  EXPECT_EQ(chunks.in_use(), 0U) << "its reply and bookkeeping went with it";
}

TEST(RequestPool, AReusedRequestIsLikeNew) {
  ChunkPool chunks;
  RequestPool pool(chunks);
  Request *first = pool.get(nullptr, weir_req{});
  first->holders = 1;
  first->done = first->begun = true;
  first->held_back = 2;
  first->part.abandoned = true;
  first->req.flags = 7;
  first->reply.append(chunks, "bytes", 5);
  first->split = Split::make(chunks, 2, nullptr, 0, {nullptr, 0});
  pool.release(first);
  Request *second = pool.get(nullptr, weir_req{});
  EXPECT_EQ(second, first);
  EXPECT_FALSE(second->done || second->begun || second->part.abandoned);
  EXPECT_EQ(second->held_back + second->req.flags + second->holders, 0U);
  EXPECT_EQ(second->owner, nullptr);
  EXPECT_EQ(second->split, nullptr);
  EXPECT_TRUE(second->reply.empty());
  second->holders = 1;
  pool.release(second);
}

TEST(RequestPool, TrimmingKeepsWhatWasNeeded) {
  ChunkPool chunks;
  RequestPool pool(chunks);
  std::vector<Request *> held;
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 50; ++i) {
      held.push_back(pool.get(nullptr, weir_req{}));
      held.back()->holders = 1;
    }
    EXPECT_EQ(pool.in_use(), 50U);
    for (Request *request : held) pool.release(request);
    held.clear();
    EXPECT_FALSE(pool.trim()) << "all were needed since the last time";
    EXPECT_TRUE(pool.trim());
    EXPECT_FALSE(pool.trim()) << "none is left";
    EXPECT_EQ(pool.in_use(), 0U);
  }
}

}  // namespace
}  // namespace weir
