#include "core/route/filters.h"

#include <algorithm>

namespace weir::route {
namespace {

constexpr uint32_t kErrorBytes = 1024;

// What is wrong with what it wants, or nothing.
std::string fault_of(const weir_filter &filter, const weir_protocol &protocol, const std::vector<uint8_t> &want) {
  for (uint32_t i = 0; i < protocol.cmd_count; ++i) {
    const std::string command = std::string("'") + protocol.cmds[i].name + "'";
    if ((want[i] & ~(0U | WEIR_WANT_REQUEST | WEIR_WANT_RESPONSE)) != 0) {
      return "its interests() set unknown bits (" + std::to_string(want[i]) + ") for the command " + command;
    }
    if (want[i] == WEIR_WANT_RESPONSE) {
      return "its interests() want responses to the command " + command + " without its requests";
    }
    if ((want[i] & WEIR_WANT_RESPONSE) != 0 && filter.on_response == nullptr) {
      return "its interests() want responses, and it has no on_response()";
    }
  }
  return "";
}

std::string printable(const char *text, size_t len) {
  std::string out(text, len);
  for (char &c : out) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  while (out.ends_with(' ')) out.pop_back();
  return out;
}

}  // namespace

bool Filters::ask(const weir_protocol &protocol, std::string_view protocol_name, const config::Use &use,
                  const std::string &path, config::Complaints &complaints) {
  const plugin::Instance &instance = *all.back();
  const weir_filter &filter = instance.filter();
  std::vector<uint8_t> want(protocol.cmd_count);
  char bytes[kErrorBytes];
  weir_errbuf err{.ptr = bytes, .cap = kErrorBytes, .len = 0};
  const weir_bytes name{reinterpret_cast<const uint8_t *>(protocol_name.data()), protocol_name.size()};
  std::string fault;
  if (filter.interests(instance.inst(), name, protocol.cmds, protocol.cmd_count, want.data(), &err) == WEIR_OK) {
    fault = fault_of(filter, protocol, want);
  } else {
    fault = printable(bytes, std::min(err.len, kErrorBytes));
    if (fault.empty()) fault = "it refused to say which commands it wants to see, without saying why";
  }
  if (!fault.empty()) {
    complaints.add(use.place, path, use.name + ": " + fault);
    return false;
  }
  const auto bit = static_cast<uint8_t>(1U << (all.size() - 1));
  for (uint32_t i = 0; i < protocol.cmd_count; ++i) {
    if ((want[i] & WEIR_WANT_REQUEST) != 0) requests[i] |= bit;
    if ((want[i] & WEIR_WANT_RESPONSE) != 0) responses[i] |= bit;
  }
  return true;
}

}  // namespace weir::route
