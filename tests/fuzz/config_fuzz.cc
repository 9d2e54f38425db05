// Any text goes through reading and checking without harm; a configuration that is accepted prints as one that is
// accepted again and prints the same, but for what it says of secrets.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <string>
#include <string_view>

#include "core/config/load.h"
#include "tests/unit/config/fixed_catalog.h"

using namespace weir::config;

namespace {

[[noreturn]] void fail(const char *what, const std::string &first, const std::string &second) {
  std::fprintf(stderr, "%s\n--- first\n%s\n--- second\n%s\n", what, first.c_str(), second.c_str());
  std::abort();
}

// A secret that the text itself holds is printed as a comment, once.
std::string without_comments(const std::string &printed) {
  std::istringstream lines(printed);
  std::string out;
  for (std::string line; std::getline(lines, line);) {
    size_t first = line.find_first_not_of(' ');
    if (first == std::string::npos || line[first] != '#') out += line + '\n';
  }
  return out;
}

std::string print_again(const std::string &printed) {
  Complaints complaints;
  auto root = read_text(printed, "printed", complaints);
  if (!root) fail("what was printed cannot be read", printed, complaints.text());
  auto settings = check(root, testing::fixed_catalog(), complaints);
  if (!settings) fail("what was printed is not accepted", printed, complaints.text());
  return print(*settings, testing::fixed_catalog());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  Complaints complaints;
  auto root = read_text({reinterpret_cast<const char *>(data), size}, "fuzz", complaints);
  if (!root) {
    if (complaints.empty()) std::abort();
    return 0;
  }
  plugins_of(*root, complaints);
  auto settings = check(root, testing::fixed_catalog(), complaints);
  if (!settings.has_value() != !complaints.empty()) fail("refused without a reason", complaints.text(), "");
  if (complaints.empty() != complaints.text().empty()) std::abort();
  if (!settings) return 0;
  std::string printed = print(*settings, testing::fixed_catalog());
  if (printed.size() > size_t{1} << 19) return 0;  // what aliases unfolded to need not fit into one file
  std::string again = print_again(printed);
  if (without_comments(printed) != without_comments(again)) fail("what was printed prints differently", printed, again);
  return 0;
}
