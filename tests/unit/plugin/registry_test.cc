#include "core/plugin/registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace weir::plugin {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

std::string evil(const std::string &name) {
  return std::string(EVIL_DIR) + "/" + name + ".so";
}

// "" when the file was loaded.
std::string refusal(const std::string &path) {
  Registry registry;
  Status loaded = registry.load(path);
  EXPECT_EQ(registry.modules().size(), loaded ? 1u : 0u);
  EXPECT_EQ(registry.components().empty(), !loaded);
  return loaded ? "" : loaded.error().text;
}

class Files : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "weir_registry_XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string path(const std::string &name) const { return (folder_ / name).string(); }
  std::string write(const std::string &name, const std::string &bytes) const {
    std::ofstream(path(name), std::ios::binary) << bytes;
    return path(name);
  }
  static std::string read(const std::string &file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  fs::path folder_;
};

TEST(Registry, LoadsAGoodFile) {
  Registry registry;
  Status loaded = registry.load(evil("good"));
  ASSERT_TRUE(loaded) << loaded.error().text;
  ASSERT_EQ(registry.modules().size(), 1u);
  EXPECT_STREQ(registry.modules()[0].info->id, "org.example.evil");
  EXPECT_EQ(registry.modules()[0].path, evil("good"));
  EXPECT_EQ(registry.components().size(), 2u);

  const Component *protocol = registry.find(WEIR_K_PROTOCOL, "evil_good");
  ASSERT_NE(protocol, nullptr);
  EXPECT_EQ(protocol->module, &registry.modules()[0]);
  EXPECT_NE(registry.find(WEIR_K_HASH, "evil_hash_good"), nullptr);
  EXPECT_EQ(registry.find(WEIR_K_HASH, "evil_good"), nullptr);
  EXPECT_EQ(registry.find(WEIR_K_PROTOCOL, "evil"), nullptr);
}

TEST(Registry, CatalogsComponentsWithTheirSchemas) {
  Registry registry;
  ASSERT_TRUE(registry.load(evil("good")));
  config::Catalog catalog = registry.catalog();
  ASSERT_EQ(catalog.size(), 2u);
  EXPECT_EQ(catalog[0].kind, uint32_t{WEIR_K_PROTOCOL});
  EXPECT_EQ(catalog[0].name, "evil_good");
  ASSERT_NE(catalog[0].schema, nullptr);
  EXPECT_STREQ(catalog[0].schema->keys[0].name, "colour");
  EXPECT_EQ(catalog[1].name, "evil_hash_good");
  EXPECT_EQ(catalog[1].schema, nullptr);
}

TEST(Registry, TakesWhatTheLibrarySaysItDoesWhenItIsMappedAsItsOwnBusiness) {
  EXPECT_EQ(refusal(evil("good")), "");  // its constructor has run, or its entry would return null
}

TEST(Registry, ReadsNothingBehindTheEndOfAShortTable) {
  Registry registry;
  Status loaded = registry.load(evil("optional_cut"));
  ASSERT_TRUE(loaded) << loaded.error().text;
  const Component *c = registry.find(WEIR_K_PROTOCOL, "evil_optional_cut");
  ASSERT_NE(c, nullptr);
  const auto &ops = *static_cast<const weir_protocol *>(c->info->ops);
  EXPECT_NE(ops.reply, nullptr);
  EXPECT_EQ(ops.render, nullptr);
  EXPECT_EQ(ops.args, nullptr);
}

TEST_F(Files, ThatWereReplacedAreLoadedAnewBesideTheOldOnes) {
  const std::string at = path("plugin.so");
  fs::copy_file(evil("good"), at);
  Registry before;
  ASSERT_TRUE(before.load(at));
  for (int i = 0; i < 3; ++i) {
    fs::copy_file(evil(i % 2 == 0 ? "largest_state" : "good"), path("new.so"));
    fs::rename(path("new.so"), at);
    Registry now;
    Status loaded = now.load(at);
    ASSERT_TRUE(loaded) << loaded.error().text;
    EXPECT_NE(now.modules()[0].info, before.modules()[0].info);
    EXPECT_EQ(now.find(WEIR_K_PROTOCOL, "evil_good") != nullptr, i % 2 == 1);
    EXPECT_EQ(now.modules()[0].path, at);
    Registry again;
    ASSERT_TRUE(again.load(at));
    EXPECT_EQ(again.modules()[0].info, now.modules()[0].info);
  }
  EXPECT_NE(before.find(WEIR_K_PROTOCOL, "evil_good"), nullptr);  // its code is there still
}

TEST_F(Files, ThatWereWrittenOverWhileInUseAreRefused) {
  const std::string at = path("plugin.so");
  fs::copy_file(evil("good"), at);
  Registry before;
  ASSERT_TRUE(before.load(at));
  fs::last_write_time(at, fs::last_write_time(at) + std::chrono::seconds(5));
  Registry now;
  Status loaded = now.load(at);
  ASSERT_FALSE(loaded);
  EXPECT_THAT(loaded.error().text, AllOf(HasSubstr(at), HasSubstr("written over"), HasSubstr("mv")));
}

TEST_F(Files, AreTheSameUnderAnyName) {
  Registry registry;
  ASSERT_TRUE(registry.load(evil("good")));
  EXPECT_TRUE(registry.load(evil("good")));
  EXPECT_TRUE(registry.load(std::string(EVIL_DIR) + "/../evil/good.so"));
  fs::create_symlink(evil("good"), path("link.so"));
  EXPECT_TRUE(registry.load(path("link.so")));
  EXPECT_EQ(registry.modules().size(), 1u);
  EXPECT_EQ(registry.components().size(), 2u);
}

TEST_F(Files, WithTheSameComponentsAreRefusedByBothNames) {
  Registry registry;
  ASSERT_TRUE(registry.load(evil("good")));
  fs::copy_file(evil("good"), path("copy.so"));
  for (const std::string &other : {evil("namesake"), path("copy.so")}) {
    Status loaded = registry.load(other);
    ASSERT_FALSE(loaded);
    EXPECT_THAT(loaded.error().text, AllOf(HasSubstr(other), HasSubstr("brings the protocol 'evil_good'"),
                                           HasSubstr(evil("good")), HasSubstr("load only one of the two")));
  }
  EXPECT_EQ(registry.components().size(), 2u);
}

TEST_F(Files, ThatAreNoLibrariesAreRefusedByTheirSort) {
  EXPECT_THAT(refusal(path("none.so")), AllOf(HasSubstr(path("none.so")), HasSubstr("does not exist")));
  EXPECT_THAT(refusal(folder_.string()), HasSubstr("is a folder"));
  EXPECT_THAT(refusal(write("empty.so", "")), HasSubstr("is empty"));
  EXPECT_THAT(refusal(write("text.so", "hello, world\n")), HasSubstr("no ELF header"));
  EXPECT_THAT(refusal(write("script.so", "INPUT(/lib/libc.so.6)\n")), HasSubstr("no ELF header"));
  EXPECT_THAT(refusal(write("short.so", "\177ELF")), HasSubstr("is cut short"));
  EXPECT_THAT(refusal(write("archive.so", "!<arch>\n")), HasSubstr("is a static library"));
  EXPECT_THAT(refusal("/proc/self/exe"), HasSubstr("is a program"));
  EXPECT_THAT(refusal("/dev/null"), HasSubstr("is not a regular file"));
}

TEST_F(Files, OfAnotherSortOfElfAreRefused) {
  const std::string good = read(evil("good"));
  std::string bytes = good;
  bytes[4] = 1;  // 32 bits
  EXPECT_THAT(refusal(write("class.so", bytes)), HasSubstr("not a 64-bit little-endian"));
  bytes = good;
  bytes[18] = 0x16;  // S/390
  EXPECT_THAT(refusal(write("machine.so", bytes)), HasSubstr("another kind of machine"));
  bytes = good;
  bytes[16] = 1;  // relocatable
  EXPECT_THAT(refusal(write("object.so", bytes)), HasSubstr("is an object file"));
  bytes = good;
  bytes[16] = 4;  // core dump
  EXPECT_THAT(refusal(write("core.so", bytes)), HasSubstr("is not a shared library"));
  bytes = good;
  bytes[60] = bytes[61] = 0;  // no sections
  EXPECT_THAT(refusal(write("stripped.so", bytes)), HasSubstr("has no section table"));
}

// Wherever a copy was interrupted, it is noticed before anything is mapped.
TEST_F(Files, CutAnywhereAreRefused) {
  const std::string good = read(evil("good"));
  for (size_t part = 1; part < 64; ++part) {
    const size_t length = good.size() * part / 64;
    EXPECT_THAT(refusal(write("cut.so", good.substr(0, length))), HasSubstr("is cut short")) << length;
  }
  EXPECT_THAT(refusal(write("cut.so", good.substr(0, good.size() - 1))), HasSubstr("is cut short"));
}

TEST_F(Files, WithHostileHeadersAreRefusedInsteadOfBelieved) {
  const std::string good = read(evil("good"));
  for (size_t at : {32u, 40u, 54u, 56u, 58u, 60u, 62u}) {  // offsets, sizes and counts of both tables
    std::string bytes = good;
    bytes[at] = bytes[at + 1] = '\xff';
    EXPECT_NE(refusal(write("hostile.so", bytes)), "") << at;
  }
  // Every section claims to be huge.
  std::string bytes = good;
  uint64_t table = 0;
  bytes.copy(reinterpret_cast<char *>(&table), sizeof table, 40);
  for (size_t at = table + 32; at + 8 <= bytes.size(); at += 64) bytes.replace(at, 8, 8, '\x7f');
  EXPECT_THAT(refusal(write("huge.so", bytes)), HasSubstr("is cut short"));
}

TEST_F(Files, EverybodyMayWriteAreRefused) {
  fs::copy_file(evil("good"), path("open.so"));
  ASSERT_EQ(::chmod(path("open.so").c_str(), 0666), 0);
  EXPECT_THAT(refusal(path("open.so")), AllOf(HasSubstr("written by everybody"), HasSubstr("chmod o-w")));
  ASSERT_EQ(::chmod(path("open.so").c_str(), 0644), 0);
  EXPECT_EQ(refusal(path("open.so")), "");
}

TEST_F(Files, OfAFolderThatEverybodyMayWriteAreNotLoaded) {
  fs::copy_file(evil("good"), path("b.so"));
  ASSERT_EQ(::chmod(folder_.c_str(), 0777), 0);
  Registry registry;
  std::vector<Error> errors = registry.load_folder(folder_.string());
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_THAT(errors[0].text, AllOf(HasSubstr(folder_.string()), HasSubstr("written by everybody")));
  EXPECT_TRUE(registry.modules().empty());
}

TEST_F(Files, OfAFolderAreLoadedInOrderPastTheBadOnes) {
  fs::copy_file(evil("good"), path("b.so"));
  fs::copy_file(evil("largest_state"), path("c.so"));
  write("a.so", "text");
  write("readme.txt", "not looked at");
  Registry registry;
  std::vector<Error> errors = registry.load_folder(folder_.string());
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_THAT(errors[0].text, HasSubstr("a.so"));
  ASSERT_EQ(registry.modules().size(), 2u);
  EXPECT_EQ(registry.modules()[0].path, path("b.so"));
  EXPECT_EQ(registry.modules()[1].path, path("c.so"));

  errors = registry.load_folder(path("none"));
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_THAT(errors[0].text, HasSubstr("cannot be read"));
}

TEST(Registry, ListsKindsItDoesNotKnowButDoesNotUseThem) {
  for (const char *name : {"unknown_kind", "discovery"}) {
    Registry registry;
    Status loaded = registry.load(evil(name));
    ASSERT_TRUE(loaded) << loaded.error().text;
    EXPECT_EQ(registry.components().size(), 2u);
    EXPECT_EQ(registry.catalog().size(), 1u);
    EXPECT_EQ(registry.find(77, "evil_hash_unknown_kind"), nullptr);
    EXPECT_EQ(registry.find(WEIR_K_DISCOVERY, "evil_hash_discovery"), nullptr);
  }
}

TEST(Registry, KnowsTheFolderBesideTheProgram) {
  const fs::path program = fs::read_symlink("/proc/self/exe");
  EXPECT_EQ(shipped_folder(), (program.parent_path().parent_path() / "lib/weir/plugins").string());
}

struct Refused {
  const char *file;
  std::vector<const char *> says;
};

class Refusal : public testing::TestWithParam<Refused> {};

TEST_P(Refusal, SaysWhatIsWrong) {
  const std::string text = refusal(evil(GetParam().file));
  EXPECT_THAT(text, HasSubstr(evil(GetParam().file)));
  for (const char *part : GetParam().says) EXPECT_THAT(text, HasSubstr(part));
}

const Refused kRefused[] = {
    {"no_entry", {"exports no weir_plugin_v0()"}},
    {"open_no_entry", {"exports no weir_plugin_v0()"}},
    {"like_an_entry", {"exports no weir_plugin_v0()"}},
    {"other_major", {"plugin ABI major 9", "this weir speaks 0", "rebuild it with SDK 0.1"}},
    {"extra_symbols", {"exports other names", "evil_", "and 1 more", "weir_add_plugin()"}},
    {"unresolved", {"cannot be loaded", "undefined symbol: weir_nowhere_to_be_found"}},
    {"null_module", {"returned NULL"}},
    {"short_module", {"64 bytes", "at least 72", "sizeof(weir_module)"}},
    {"other_minor", {"built for plugin ABI 0.7", "this weir speaks 0.1", "rebuild with SDK 0.1"}},
    {"newer_core", {"ABI 0.9 or later", "newer weir"}},
    {"null_string", {"null vendor"}},
    {"empty_id", {"empty id"}},
    {"no_components", {"0 components", "1 to 64"}},
    {"many_components", {"65 components", "1 to 64"}},
    {"null_name", {"names component 0 null"}},
    {"illegal_name", {"names component 0 illegally", "a-z"}},
    {"twins", {"two components", "protocol 'twin'"}},
    {"null_summary", {"protocol 'evil_null_summary'", "summary is null"}},
    {"null_ops", {"hash 'evil_hash_null_ops'", "ops are null"}},
    {"missing_function", {"parse_rsp() is null", "mandatory"}},
    {"short_ops", {"struct_size of its weir_protocol", "sizeof(weir_protocol)"}},
    {"large_state", {"client_state_size is 1025", "at most 1024"}},
    {"tagged", {"WEIR_P_TAGGED", "not in this core"}},
    {"greets", {"WEIR_P_SERVER_GREETS", "not in this core"}},
    {"unknown_flag", {"unknown flags (4096)", "not in this core"}},
    {"null_command", {"name of command 1 is null"}},
    {"same_commands", {"command 'set' is in the table twice"}},
    {"loud_command", {"command 1 is not legal", "lower case"}},
    {"no_other", {"row 0", "'help'", "\"(other)\""}},
    {"no_commands", {"command table is empty"}},
    {"odd_bits", {"bits are 48", "32 or 64"}},
    {"unknown_extension", {"weir.telepathy/3", "weir.config/1, weir.stats/1, weir.pools/1"}},
    {"illegal_key", {"schema", "no legal name"}},
    {"same_keys", {"key 'depth'", "twice"}},
    {"odd_key_type", {"key 'colour'", "unknown type 99"}},
};

INSTANTIATE_TEST_SUITE_P(Of, Refusal, testing::ValuesIn(kRefused),
                         [](const testing::TestParamInfo<Refused> &one) { return std::string(one.param.file); });

}  // namespace
}  // namespace weir::plugin
