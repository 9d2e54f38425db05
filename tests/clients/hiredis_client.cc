// What the README of hiredis shows: the synchronous interface, pipelining, transactions, subscriptions.
#include <gtest/gtest.h>
#include <hiredis/hiredis.h>

#include <cstdlib>
#include <memory>
#include <string>

namespace {

struct Free {
  void operator()(redisContext *c) const { redisFree(c); }
  void operator()(redisReply *r) const { freeReplyObject(r); }
};
using Context = std::unique_ptr<redisContext, Free>;
using Reply = std::unique_ptr<redisReply, Free>;

Context connected() {
  const char *port = getenv("POOL_PORT");
  timeval patience{60, 0};
  Context c(redisConnectWithTimeout("127.0.0.1", port ? atoi(port) : 6379, patience));
  if (c && !c->err) redisSetTimeout(c.get(), patience);
  return c;
}

template <class... Args>
Reply command(const Context &c, const char *format, Args... args) {
  return Reply(static_cast<redisReply *>(redisCommand(c.get(), format, args...)));
}

Reply next_reply(const Context &c) {
  void *reply = nullptr;
  if (redisGetReply(c.get(), &reply) != REDIS_OK) return nullptr;
  return Reply(static_cast<redisReply *>(reply));
}

std::string text(const Reply &r) {
  if (!r) return "(no reply)";
  return r->type == REDIS_REPLY_NIL ? "(nil)" : std::string(r->str ? r->str : "", r->len);
}

TEST(Hiredis, SendsCommandsAndReadsReplies) {
  Context c = connected();
  ASSERT_TRUE(c && !c->err);
  EXPECT_EQ("PONG", text(command(c, "PING")));
  EXPECT_EQ("OK", text(command(c, "SET %s %s", "foo", "hello world")));
  EXPECT_EQ("OK", text(command(c, "SET %b %b", "bar\r\n", size_t{5}, "a\0b", size_t{3})));
  EXPECT_EQ("hello world", text(command(c, "GET foo")));
  EXPECT_EQ(std::string("a\0b", 3), text(command(c, "GET %b", "bar\r\n", size_t{5})));
  EXPECT_EQ("(nil)", text(command(c, "GET nothing")));
  EXPECT_EQ(REDIS_REPLY_ERROR, command(c, "INCR foo")->type);
}

TEST(Hiredis, ReadsNestedReplies) {
  Context c = connected();
  command(c, "DEL mylist");
  for (int i = 0; i < 10; ++i) command(c, "LPUSH mylist element-%d", i);
  Reply list = command(c, "LRANGE mylist 0 -1");
  ASSERT_EQ(REDIS_REPLY_ARRAY, list->type);
  ASSERT_EQ(10u, list->elements);
  EXPECT_STREQ("element-9", list->element[0]->str);
  EXPECT_STREQ("element-0", list->element[9]->str);
  Reply both = command(c, "EVAL %s 0", "return {1, {'two', false}}");
  EXPECT_EQ(1, both->element[0]->integer);
  EXPECT_EQ(REDIS_REPLY_NIL, both->element[1]->element[1]->type);
}

TEST(Hiredis, Pipelines) {
  Context c = connected();
  for (int i = 0; i < 2000; ++i) {
    redisAppendCommand(c.get(), "SET pipe%d %d", i, i);
    redisAppendCommand(c.get(), "GET pipe%d", i);
  }
  for (int i = 0; i < 2000; ++i) {
    ASSERT_EQ("OK", text(next_reply(c)));
    ASSERT_EQ(std::to_string(i), text(next_reply(c)));
  }
}

TEST(Hiredis, TakesArgumentsAsAVector) {
  Context c = connected();
  const char *argv[] = {"MSET", "v1", "one", "v2", "two", "v3", "three"};
  const size_t lengths[] = {4, 2, 3, 2, 3, 2, 5};
  Reply set(static_cast<redisReply *>(redisCommandArgv(c.get(), 7, argv, lengths)));
  EXPECT_EQ("OK", text(set));
  Reply got = command(c, "MGET v1 v2 v3 v4");
  ASSERT_EQ(4u, got->elements);
  EXPECT_STREQ("three", got->element[2]->str);
  EXPECT_EQ(REDIS_REPLY_NIL, got->element[3]->type);
}

TEST(Hiredis, RunsATransaction) {
  Context c = connected();
  EXPECT_EQ("OK", text(command(c, "MULTI")));
  EXPECT_EQ("QUEUED", text(command(c, "SET {t}a 1")));
  EXPECT_EQ("QUEUED", text(command(c, "INCR {t}a")));
  Reply done = command(c, "EXEC");
  ASSERT_EQ(2u, done->elements);
  EXPECT_EQ(2, done->element[1]->integer);
}

TEST(Hiredis, HearsWhatIsPublished) {
  Context subscriber = connected(), publisher = connected();
  Reply confirmed = command(subscriber, "SUBSCRIBE channel");
  ASSERT_EQ(3u, confirmed->elements);
  EXPECT_STREQ("subscribe", confirmed->element[0]->str);
  command(publisher, "PUBLISH channel hello");
  Reply message = next_reply(subscriber);
  ASSERT_TRUE(message);
  ASSERT_EQ(3u, message->elements);
  EXPECT_STREQ("hello", message->element[2]->str);
}

}  // namespace
