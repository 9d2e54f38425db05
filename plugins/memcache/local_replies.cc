#include "local_replies.h"

#include <cstring>
#include <string_view>

#include <weir/inline.h>

#include "command_table.h"
#include "packet_answers.h"
#include "request_word.h"

namespace weir::memcache {
namespace {

constexpr std::string_view kTexts[] = {
    "ERROR\r\n",
    "CLIENT_ERROR bad command line format\r\n",
    "CLIENT_ERROR invalid exptime argument\r\n",
    "CLIENT_ERROR invalid numeric delta argument\r\n",
    "CLIENT_ERROR bad command line format.  Usage: delete <key> [noreply]\r\n",
    "END\r\n",
    "MN\r\n",
    "CLIENT_ERROR options flags too long\r\n",
    "CLIENT_ERROR invalid flag\r\n",
    "SERVER_ERROR an administrative command, which the pool denies (admin_commands)\r\n",
    "SERVER_ERROR this command acts on a single server: send it to the server itself, not through the proxy\r\n",
    "ERROR cannot pipeline other commands before metadump\r\n",
    "ERROR cannot pipeline other commands before watch\r\n",
};

constexpr uint64_t kMaxText = 1024;  // an error longer than this helps nobody

weir_status push(std::string_view text, weir_out *out) {
  return weir_push_lit(out, text.data(), text.size());
}

// A copy in the arena with every byte that could end or garble a line made a space.
weir_status push_clean(const weir_scope *scope, weir_bytes text, weir_out *out) {
  uint64_t len = text.len < kMaxText ? text.len : kMaxText;
  if (len == 0) return WEIR_OK;
  auto *copy = static_cast<uint8_t *>(scope->arena->alloc(scope->arena, len, 1));
  if (!copy) return WEIR_E_NOMEM;
  for (uint64_t i = 0; i < len; ++i) copy[i] = text.ptr[i] < 0x20 || text.ptr[i] == 0x7f ? ' ' : text.ptr[i];
  return weir_push_mem(out, copy, len);
}

// A filter may choose the kind of its error.
bool says_error(std::string_view text) {
  return text.starts_with("CLIENT_ERROR ") || text.starts_with("SERVER_ERROR ");
}

weir_bytes bytes_of(std::string_view text) {
  return {reinterpret_cast<const uint8_t *>(text.data()), text.size()};
}

}  // namespace

weir_status push_line(const weir_scope *scope, std::string_view prefix, weir_bytes text, weir_out *out) {
  if (weir_status st = push(prefix, out); st != WEIR_OK) return st;
  if (weir_status st = push_clean(scope, text, out); st != WEIR_OK) return st;
  return push("\r\n", out);
}

std::string_view default_text(uint32_t err) {
  switch (err) {
    case WEIR_ERR_TIMEOUT:
      return "Connection timed out";
    case WEIR_ERR_NO_SERVER:
      return "Connection refused";
    case WEIR_ERR_UPSTREAM:
      return "Connection reset by peer";
    case WEIR_ERR_REJECTED:
      return "refused by a filter";
    case WEIR_ERR_CROSS:
      return "the keys of one command lie on different servers";
    case WEIR_ERR_OVERLOAD:
      return "the proxy is overloaded";
    case WEIR_ERR_SHUTDOWN:
      return "the proxy is stopping";
    case WEIR_ERR_AUTH:
      return "the server refused the proxy's credentials";
    default:
      return "internal error of the proxy";
  }
}

weir_status answer_locally(const weir_scope *scope, uint64_t user, weir_out *out) {
  if (is_binary(user)) return answer_packet(scope, unpack_packet(user), out);
  constexpr uint64_t kCount = sizeof(kTexts) / sizeof(kTexts[0]);
  return push(kTexts[user < kCount ? user : 0], out);
}

weir_status answer_error(const weir_scope *scope, uint32_t err, weir_bytes text, weir_out *out) {
  switch (err) {
    case WEIR_ERR_TOO_BIG:
      return push("SERVER_ERROR object too large for cache\r\n", out);
    case WEIR_ERR_BAD_REQUEST:
      return text.len ? push_line(scope, "CLIENT_ERROR ", text, out) : push("ERROR\r\n", out);
    case WEIR_ERR_REJECTED:
      if (says_error({reinterpret_cast<const char *>(text.ptr), text.len})) return push_line(scope, {}, text, out);
      [[fallthrough]];
    default:
      return push_line(scope, "SERVER_ERROR ", text.len ? text : bytes_of(default_text(err)), out);
  }
}

weir_status answer_failure(const weir_scope *scope, const weir_req *req, uint32_t err, weir_bytes text, weir_out *out) {
  if (req && is_binary(req->user)) return answer_packet_error(scope, unpack_packet(req->user), err, text, out);
  // A server that shuts down closes its connections, and that is the answer.
  if (req && command(req->cmd).shape == Shape::kShutdown && err == WEIR_ERR_UPSTREAM) return WEIR_OK;
  return answer_error(scope, err, text, out);
}

}  // namespace weir::memcache
