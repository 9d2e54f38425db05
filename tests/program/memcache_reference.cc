// Prints docs/memcache.md with its tables made anew from the plugin's own: what stands between the marks is replaced,
// the rest is as it was. memcache_reference docs/memcache.md > new
#include <cstdio>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>

#include "plugins/memcache/command_table.h"
#include "plugins/memcache/opcode_table.h"
#include "plugins/memcache/stats_rules.h"

namespace weir::memcache {
namespace {

// What becomes of it in a pool of several servers.
std::string several(const Command &row) {
  switch (row.shape) {
    case Shape::kGet:
    case Shape::kGat:
      return "split by server; the values in the order of the keys, one END";
    case Shape::kStore:
    case Shape::kCas:
    case Shape::kArith:
    case Shape::kDelete:
    case Shape::kTouch:
      return "by its key";
    case Shape::kMeta:
    case Shape::kMetaStore:
      return "by its key, without its base64";
    case Shape::kMetaNoop:
      return "weir answers";
    case Shape::kVersion:
      return "any live server";
    case Shape::kVerbosity:
    case Shape::kFlush:
      return "every live server; OK when all say OK, else the first failure";
    case Shape::kStats:
      return "every live server; joined, see below";
    case Shape::kQuit:
      return "weir closes the connection, after what came before is answered";
    case Shape::kAdmin:
    case Shape::kShutdown:
    case Shape::kWatch:
      return "refused: it acts on a single server";
    case Shape::kUnknown:
    case Shape::kBinary:
      return "";
  }
  return "";
}

// And in a pool of one.
std::string one(const Command &row) {
  switch (row.shape) {
    case Shape::kMetaNoop:
    case Shape::kQuit:
      return "the same";
    case Shape::kAdmin:
      return "forwarded; administrative";
    case Shape::kShutdown:
    case Shape::kWatch:
      return "forwarded, over a server connection of the client's own; administrative";
    default:
      return "forwarded";
  }
}

void print_commands(std::ostream &out) {
  out << "| Command | With several servers | With one server |\n|---|---|---|\n";
  for (uint16_t id = 1; id < kCommandCount; ++id) {
    const Command &row = command(id);
    if (row.shape == Shape::kBinary) continue;
    out << "| `" << row.name << "` | " << several(row) << " | " << one(row) << " |\n";
  }
}

std::string of_packet(const OpcodeRow &row) {
  switch (row.cmd) {
    case kNoop:
      return "weir answers";
    case kQuit:
      return "weir closes the connection";
    case kVersion:
      return "any live server";
    case kFlushAll:
      return "every live server";
    case kStats:
      return "every live server; joined, see below";
    case kSasl:
      return "weir answers \"Unknown command\", as a server without SASL";
    default:
      return "by its key";
  }
}

std::string kept(Hides hides) {
  return hides == Hides::kNothing ? "" : hides == Hides::kMiss ? "a miss" : "a success";
}

void print_opcodes(std::ostream &out) {
  out << "| Opcode | Name | Where it goes | What a quiet one keeps to itself |\n|---|---|---|---|\n";
  for (uint32_t opcode = 0; opcode < kOpcodes; ++opcode) {
    const OpcodeRow &row = opcode_row(static_cast<uint8_t>(opcode));
    if (row.layout == Layout::kUnknown) continue;
    char number[8];
    std::snprintf(number, sizeof number, "0x%02x", opcode);
    out << "| `" << number << "` | " << row.name << " | " << of_packet(row) << " | " << kept(row.hides) << " |\n";
  }
}

std::string of_many(Joins how) {
  switch (how) {
    case Joins::kSum:
      return "the sum";
    case Joins::kLeast:
      return "the least";
    case Joins::kMost:
      return "the most";
    case Joins::kFirst:
      return "the first server's";
    case Joins::kEach:
      return "what all say, or each server's with commas between";
  }
  return "";
}

void print_statistics(std::ostream &out) {
  out << "| Statistic | Of several servers |\n|---|---|\n";
  for (const StatsRule &rule : kStatsRules) out << "| `" << rule.name << "` | " << of_many(rule.joins) << " |\n";
  out << "| every other number | " << of_many(Joins::kSum) << " |\n";
  out << "| everything else | " << of_many(Joins::kEach) << " |\n";
}

// Replaces what stands between the marks of this table. False: they are not there.
bool replace(std::string &doc, const std::string &what, void (*print)(std::ostream &)) {
  const std::string first = "<!-- The table of " + what + " begins: memcache_reference makes it. -->\n";
  const std::string last = "<!-- The table of " + what + " ends. -->\n";
  size_t begin = doc.find(first), end = doc.find(last);
  if (begin == std::string::npos || end == std::string::npos || end < begin) return false;
  std::ostringstream table;
  print(table);
  begin += first.size();
  doc.replace(begin, end - begin, "\n" + table.str() + "\n");
  return true;
}

int run(const char *path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  std::string doc = text.str();
  if (!replace(doc, "commands", print_commands) || !replace(doc, "opcodes", print_opcodes) ||
      !replace(doc, "statistics", print_statistics)) {
    std::cerr << path << ": expected the marks of three tables, found fewer\n";
    return 1;
  }
  std::cout << doc;
  return 0;
}

}  // namespace
}  // namespace weir::memcache

int main(int argc, char **argv) {
  if (argc == 2) return weir::memcache::run(argv[1]);
  std::cerr << "memcache_reference docs/memcache.md > new\n";
  return 1;
}
