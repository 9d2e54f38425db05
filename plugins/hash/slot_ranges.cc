#include "plugins/hash/slot_ranges.h"

#include <charconv>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/hash/build.h"
#include "plugins/hash/hashes.h"
#include "plugins/hash/slots.h"

namespace weir::hash {
namespace {

std::string_view text_of(weir_bytes bytes) {
  return {reinterpret_cast<const char *>(bytes.ptr), static_cast<size_t>(bytes.len)};
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

bool read_slot(std::string_view text, uint32_t &slot) {
  const auto read = std::from_chars(text.data(), text.data() + text.size(), slot);
  return read.ec == std::errc() && read.ptr == text.data() + text.size() && slot < kClusterSlots;
}

// "7" or "0-5460"
bool read_range(std::string_view text, SlotRange &range) {
  const size_t dash = text.find('-');
  const bool one = dash == std::string_view::npos;
  return read_slot(trimmed(text.substr(0, dash)), range.first) &&
         read_slot(trimmed(one ? text : text.substr(dash + 1)), range.last) && range.first <= range.last;
}

// "0-100, 200"; throws what is wrong with it.
void read_list(std::string_view server, std::string_view text, std::vector<SlotRange> &ranges) {
  while (true) {
    const size_t comma = text.find(',');
    SlotRange range{std::string(server), 0, 0};
    if (!read_range(trimmed(text.substr(0, comma)), range)) {
      throw std::invalid_argument("expected slots such as 0-5460 or 0-100,200, each at most 16383, found '" +
                                  std::string(text.substr(0, std::min<size_t>(comma, 40))) + "'");
    }
    ranges.push_back(std::move(range));
    if (comma == std::string_view::npos) return;
    text.remove_prefix(comma + 1);
  }
}

bool read_ranges(const weir_config &config, const weir_node *node, std::vector<SlotRange> &ranges) {
  if (config.kind(node) != WEIR_N_MAP || config.count(node) == 0) {
    config.complain(node, "expected a map from servers' names to slots, such as {\"10.0.0.1:6379\": 0-16383}");
    return false;
  }
  for (uint32_t i = 0; i < config.count(node); ++i) {
    weir_bytes server{}, text{};
    const weir_node *entry = config.at(node, i, &server);
    if (config.str(entry, &text) != WEIR_OK) return false;
    try {
      read_list(text_of(server), text_of(text), ranges);
    } catch (const std::invalid_argument &wrong) {
      config.complain(entry, wrong.what());
      return false;
    }
  }
  return true;
}

}  // namespace

void *read_slot_ranges(const weir_host *host, weir_errbuf *err) {
  const auto *config = static_cast<const weir_config *>(host->extension(host, WEIR_EXT_CONFIG));
  const weir_node *root = config == nullptr ? nullptr : config->root(host);
  const weir_node *node = root == nullptr ? nullptr : config->get(root, "ranges");
  if (node == nullptr) return nullptr;
  try {
    auto ranges = std::make_unique<std::vector<SlotRange>>();
    if (read_ranges(*config, node, *ranges)) return ranges.release();  // else it has complained
  } catch (const std::exception &failed) {
    explain(err, failed.what());
  }
  return nullptr;
}

void drop_slot_ranges(void *inst) {
  delete static_cast<std::vector<SlotRange> *>(inst);
}

}  // namespace weir::hash
