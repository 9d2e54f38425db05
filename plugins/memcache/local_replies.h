// What weir answers by itself, in memcached's words, and the shape of every error. Any thread.
#pragma once

#include <weir/out.h>
#include <weir/protocol.h>

#include <string_view>

namespace weir::memcache {

// In weir_req.user of a WEIR_ROUTE_LOCAL request.
enum class Local : uint32_t {
  kError,      // unknown, or the wrong number of words
  kBadFormat,  // a key too long, a number that is none
  kBadExptime,
  kBadDelta,
  kDeleteUsage,
  kEnd,  // gat without a key
  kMetaNoop,
  kTooManyOptions,
  kInvalidFlag,
  kDenied,
  kOneServerOnly,
  kDumpBehindOthers,
  kWatchBehindOthers
};

weir_status answer_locally(const weir_scope *scope, uint64_t user, weir_out *out);

// What to say when the core has no words of its own: those that clients of twemproxy know.
std::string_view default_text(uint32_t err);

// "SERVER_ERROR <text>" or what else fits err; text is cleaned of bytes that would end the line.
weir_status answer_error(const weir_scope *scope, uint32_t err, weir_bytes text, weir_out *out);

// The same in the form of the request's own dialect. req: NULLABLE
weir_status answer_failure(const weir_scope *scope, const weir_req *req, uint32_t err, weir_bytes text, weir_out *out);

// prefix, text cleaned of what would end the line, and CRLF.
weir_status push_line(const weir_scope *scope, std::string_view prefix, weir_bytes text, weir_out *out);

}  // namespace weir::memcache
