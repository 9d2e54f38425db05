#include "core/plugin/info.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir::plugin {
namespace {

using testing::HasSubstr;

class Info : public testing::Test {
 protected:
  void load(const std::string &name) {
    Status loaded = registry_.load(std::string(EVIL_DIR) + "/" + name + ".so");
    ASSERT_TRUE(loaded) << loaded.error().text;
  }
  Registry registry_;
};

TEST_F(Info, TellsAllOfAFileInText) {
  load("good");
  const std::string path = std::string(EVIL_DIR) + "/good.so";
  EXPECT_EQ(
      info_text(registry_, registry_.modules()[0]),
      "org.example.evil 1.2\n"
      "  file        " +
          path +
          "\n"
          "  abi         0.1\n"
          "  vendor      Example\n"
          "  license     MIT\n"
          "  url         -\n"
          "  requires    weir.config/1\n"
          "\n"
          "  protocol evil_good: for tests\n"
          "    client_state_size 16\n"
          "    server_state_size 8\n"
          "    max_head 65536\n"
          "    has create, destroy, parse_req, parse_rsp, reply\n"
          "    does not have worker_init, worker_fini, render, merge, handshake, probe, retag, lease, profile_idle, "
          "closed, args, decode\n"
          "    configuration keys\n"
          "      colour (string, default green, also directly in the pool): The colour of \"things\".\n"
          "      password (string, secret): What opens them.\n"
          "      depth (int 1..9): How deep.\n"
          "    commands (3)\n"
          "      (other)\n"
          "      get      read\n"
          "      set      write multikey\n"
          "\n"
          "  hash evil_hash_good: for tests too\n"
          "    bits 32\n"
          "    has run\n"
          "    does not have create, destroy\n"
          "    configuration keys: not described\n");
}

TEST_F(Info, TellsTheSameInJson) {
  load("good");
  const std::string json = info_json(registry_, registry_.modules()[0]);
  EXPECT_THAT(json, HasSubstr(R"({"id": "org.example.evil", "version": "1.2", "vendor": "Example", )"));
  EXPECT_THAT(json, HasSubstr(R"("abi": {"major": 0, "minor": 1}, "requires": ["weir.config/1"])"));
  EXPECT_THAT(json, HasSubstr(R"("client_state_size": 16, "server_state_size": 8, "max_head": 65536)"));
  EXPECT_THAT(json, HasSubstr(R"("present": ["create", "destroy", "parse_req", "parse_rsp", "reply"])"));
  EXPECT_THAT(json, HasSubstr(R"({"name": "colour", "type": "string", "default": "green", "flags": ["pool"], )"
                              R"("help": "The colour of \"things\"."})"));
  EXPECT_THAT(json, HasSubstr(R"({"name": "depth", "type": "int", "default": null, "min": 1, "max": 9, )"));
  EXPECT_THAT(json, HasSubstr(R"x("commands": [{"name": "(other)", "flags": []}, )x"
                              R"x({"name": "get", "flags": ["read"]})x"));
  EXPECT_THAT(json, HasSubstr(R"("bits": 32)"));
}

TEST_F(Info, ListsAllFilesAndMarksWhatIsNotUsed) {
  EXPECT_EQ(list_text(registry_), "no plugins are loaded\n");
  EXPECT_EQ(list_json(registry_), R"({"plugins": []})");
  load("good");
  load("unknown_kind");
  const std::string text = list_text(registry_);
  EXPECT_THAT(text, HasSubstr("/good.so (org.example.evil 1.2)\n  protocol      evil_good         for tests\n"));
  EXPECT_THAT(text, HasSubstr("  kind 77       evil_hash_unknown_kind  for tests too (not used"));
  const std::string json = list_json(registry_);
  EXPECT_THAT(json, HasSubstr(R"("kind": "kind 77", "name": "evil_hash_unknown_kind", "summary": "for tests too", )"
                              R"("used": false})"));
}

}  // namespace
}  // namespace weir::plugin
