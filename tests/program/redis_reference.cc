// Prints docs/redis.md with its table of commands made anew from the plugin's own: what stands between the two marks is
// replaced, the rest is as it was. redis_reference docs/redis.md > new
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>

#include "plugins/redis/command_table.h"
#include "plugins/redis/reasons.h"

namespace weir::redis {
namespace {

constexpr std::string_view kBegin = "<!-- The table of commands begins: redis_reference makes it. -->\n";
constexpr std::string_view kEnd = "<!-- The table of commands ends. -->\n";

std::string merged(const Command &row) {
  switch (row.merge()) {
    case Merge::kNone:
      return "";
    case Merge::kArray:
      return ", one array in the order of the keys";
    case Merge::kSum:
      return ", the sum";
    case Merge::kStatus:
    case Merge::kForget:
      return ", OK when all say so";
    case Merge::kConcat:
      return ", all elements";
    case Merge::kFirst:
    case Merge::kLearn:
      return ", the first one's answer";
    case Merge::kAvailable:
      return ", 1 where all say 1 or weir can bring it there";
    case Merge::kDistinct:
      return ", all elements, each once";
    case Merge::kSumPairs:
      return ", the numbers added up";
    case Merge::kLargest:
      return ", the largest number";
    case Merge::kLeast:
      return ", the least number";
    case Merge::kPickOne:
      return ", one of the answers that are not nil";
    case Merge::kOneSucceeds:
      return ", OK when one says so";
    case Merge::kUnion:
      return ", the members that any key has";
    case Merge::kIntersection:
      return ", the members that all keys have";
    case Merge::kDifference:
      return ", the members that only the first key has";
    case Merge::kCountCommon:
      return ", the number of members that all keys have";
    case Merge::kInfo:
      return ", counts added up, and weir's own section";
    case Merge::kCursor:
      return ", and then the next";
  }
  return "";
}

std::string by_keys(const Command &row) {
  if (row.spec == KeySpec::kNumkeys && row.numkeys() <= NumkeysStyle::kScriptName)
    return "by its keys, on one server; without any, the first";
  bool one = (row.flags & kMultiKey) == 0;
  if (row.flags & kBlocks) return "by its keys, on one server, over a connection of its own";
  if (row.full_name() == "publish" || row.full_name() == "spublish") return "by its channel";
  return one ? "by its key" : "by its keys, on one server";
}

// What becomes of it in a pool of several servers.
std::string several(const Command &row) {
  switch (row.policy) {
    case Policy::kKeys:
      return by_keys(row);
    case Policy::kSplit:
      return "split by server" + merged(row);
    case Policy::kAll:
      return "every server" + merged(row);
    case Policy::kAny:
      return "any live server";
    case Policy::kFirst:
      return "the first server";
    case Policy::kScan:
      return "the server that the cursor names" + merged(row);
    case Policy::kLocal:
    case Policy::kTail:
    case Policy::kLocalMany:
      return "weir answers";
    case Policy::kOneServer:
      return "refused: it concerns one server";
    case Policy::kRefused:
      return "refused: " + std::string(reason(row.why()));
    case Policy::kContainer:
      return "weir answers";  // alone
    case Policy::kTransaction:
      return "a transaction, on one server";
    case Policy::kSubscription:
      return row.subscription() == SubscriptionWord::kPsubscribe ||
                     row.subscription() == SubscriptionWord::kPunsubscribe
                 ? "a subscription, on every server"
                 : "a subscription, by its channels";
  }
  return "";
}

// And in a pool of one.
std::string one(const Command &row) {
  switch (row.policy) {
    case Policy::kLocal:
    case Policy::kTail:
      return "weir answers";
    case Policy::kRefused:
      return "refused";
    default:
      return "forwarded";
  }
}

void print_row(const Command &row, std::ostream &out) {
  std::string name(row.full_name());
  if (size_t bar = name.find('|'); bar != std::string::npos) name[bar] = ' ';
  out << "| `" << name << "` | " << several(row) << " | " << one(row);
  if (row.flags & kAdmin) out << "; administrative";
  out << " |\n";
}

void print_table(std::ostream &out) {
  out << "| Command | With several servers | With one server |\n|---|---|---|\n";
  for (uint32_t i = 1; i < kCommandCount; ++i) {
    const Command &row = kCommands[i];
    if (row.policy != Policy::kContainer || row.full_name() == "command") print_row(row, out);
    std::string prefix = std::string(row.full_name()) + "|";
    for (uint32_t sub = 1; sub < kSubcommandCount; ++sub)
      if (kSubcommands[sub].full_name().starts_with(prefix)) print_row(kSubcommands[sub], out);
  }
}

int run(const char *path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  std::string doc = text.str();
  size_t begin = doc.find(kBegin), end = doc.find(kEnd);
  if (begin == std::string::npos || end == std::string::npos || end < begin) {
    std::cerr << path << ": expected the two marks of the table of commands, found none\n";
    return 1;
  }
  std::cout << doc.substr(0, begin) << kBegin << "\n";
  print_table(std::cout);
  std::cout << "\n" << doc.substr(end);
  return 0;
}

}  // namespace
}  // namespace weir::redis

int main(int argc, char **argv) {
  if (argc == 2) return weir::redis::run(argv[1]);
  std::cerr << "redis_reference docs/redis.md > new\n";
  return 1;
}
